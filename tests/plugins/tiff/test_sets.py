"""OME-TIFF sets: any member gives the whole, and what is missing is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import omio
from omio_core.contract import Box
from omio_core.errors import (
    AbsentDataError,
    AbsentPlanesWarning,
    AssumedAxesWarning,
    CorruptFileError,
    LimitExceededError,
    OmioError,
    UnsupportedFeatureError,
)
from omio_core.files.local import locate
from omio_core.images.opening import open_source
from omio_core.images.overrides import Overrides, Request
from omio_core.pixels.handles import HANDLES
from omio_core.policies import Policies
from omio_core.settings import using
from omio_plugins.tiff._read import open_tiff

from .made import MAKERS, Made, binary_only, companion, image, master, ome, partly, placed, ramp, tiff


@pytest.fixture(autouse=True)
def _let_go() -> Iterator[None]:
    """What the core keeps open for a next read is closed."""
    yield
    HANDLES.clear()


def arrays(path: Path, **policies: str) -> list[np.ndarray]:
    source = open_source(path, Request(policies=Policies(**policies)))
    return [one.to_numpy() for one in source.images]


# --- any member gives the whole


@pytest.mark.parametrize("make", MAKERS)
def test_any_member_gives_the_whole(tmp_path: Path, make: Callable[..., Made], read, describe) -> None:
    paths, array = make(tmp_path)
    for path in paths:
        (one,) = describe(path)
        assert (one.axes, one.name, one.kind) == ("TYX", "the image", "OME-TIFF set")
        assert one.levels[0].present is None
        assert one.absent_files == ()
        np.testing.assert_array_equal(read(path)[0], array)


@pytest.mark.parametrize("make", MAKERS)
def test_every_file_is_a_member_and_the_opened_one_is_the_first(tmp_path: Path, make: Callable[..., Made]) -> None:
    paths, _ = make(tmp_path)
    for path in paths:
        opened = open_tiff(locate(path))
        assert opened.members[0] == locate(path)
        assert sorted(map(str, opened.members)) == sorted(map(str, paths))
        opened.close()


@pytest.mark.parametrize("make", MAKERS)
def test_facts_are_the_same_from_every_member(tmp_path: Path, make: Callable[..., Made], describe) -> None:
    paths, _ = make(tmp_path)
    assert len({str(describe(path)[0].facts()) for path in paths}) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_a_companion_in_any_encoding(tmp_path: Path, encoding: str, read, describe) -> None:
    paths, array = companion(tmp_path)
    text = paths[0].read_text("utf-8").replace('Name="the image"', 'Name="µ"')
    if encoding != "utf-8":
        text = text.replace('encoding="UTF-8"', f'encoding="{encoding.removesuffix("-sig")}"')
    paths[0].write_bytes(text.encode(encoding))
    for path in paths[:2]:
        assert describe(path)[0].name == "µ"
        np.testing.assert_array_equal(read(path)[0], array)


def test_planes_of_a_file_are_those_that_it_has_where_no_count_is_said(tmp_path: Path, read) -> None:
    array = ramp(6, 5, 7)
    planes = [placed("a.tif", 0, "", T=0), placed("b.tif", 1, "", T=2), placed("c.tif", 2, 'IFD="1"', T=5)]
    text = ome(image(planes, array, T=6), 0)
    path = tiff(tmp_path / "a.tif", array[:2], text)
    tiff(tmp_path / "b.tif", array[2:5])
    tiff(tmp_path / "c.tif", array[[0, 5]])
    np.testing.assert_array_equal(read(path)[0][:, 0, 0], array)


def test_two_images_over_three_files(tmp_path: Path, read, describe) -> None:
    first, second = ramp(4, 5, 7), ramp(2, 3, 8, 6, dtype="u1")
    one = [placed("a.tif", 0, 'IFD="0" PlaneCount="2"', T=0), placed("b.tif", 1, 'IFD="0" PlaneCount="2"', T=2)]
    two = [placed("b.tif", 1, 'IFD="2" PlaneCount="3"', T=0), placed("c.tif", 2, 'IFD="0" PlaneCount="3"', T=1)]
    text = image(one, first, "one", T=4) + image(two, second, "two", Z=3, T=2)
    tiff(tmp_path / "a.tif", first[:2], ome(text, 0))
    with tifffile.TiffWriter(tmp_path / "b.tif") as writer:
        said = ome(binary_only("a.tif", 0), 1)
        writer.write(first[2:], description=said, metadata=None, photometric="minisblack")
        writer.write(second[0], metadata=None, photometric="minisblack")
    tiff(tmp_path / "c.tif", second[1], ome(binary_only("a.tif", 0), 2))
    for name in ("a.tif", "b.tif", "c.tif"):
        assert [(i.name, i.axes) for i in describe(tmp_path / name)] == [("one", "TYX"), ("two", "TZYX")]
        got = read(tmp_path / name)
        np.testing.assert_array_equal(got[0][:, 0, 0], first)
        np.testing.assert_array_equal(got[1][:, :, 0], second)


def test_members_may_be_stored_unlike(tmp_path: Path, read) -> None:
    array = ramp(5, 40, 36)
    ways: list[dict[str, Any]] = [
        {}, {"byteorder": ">"}, {"compression": "zlib", "predictor": True}, {"tile": (16, 16)},
        {"bigtiff": True, "rowsperstrip": 7, "compression": "lzw"},
    ]  # fmt: skip
    planes = [placed(f"{k}.tif", k, C=k) for k in range(5)]
    for k, options in enumerate(ways):
        tiff(tmp_path / f"{k}.tif", array[k], ome(image(planes, array, C=5), k), **options)
    for k in range(5):
        np.testing.assert_array_equal(read(tmp_path / f"{k}.tif")[0][0, 0], array)


def test_rgb_and_pyramids_in_a_set(tmp_path: Path, read, describe) -> None:
    array = ramp(2, 64, 48, 3, dtype="u1")
    planes = [placed(f"{k}.tif", k, Z=k) for k in range(2)]
    text = (
        '<Image Name="rgb"><Pixels DimensionOrder="XYCZT" Type="uint8" SizeX="48" SizeY="64" SizeZ="2" SizeC="3" '
        f'SizeT="1">{"".join(planes)}</Pixels></Image>'
    )
    for k in range(2):
        with tifffile.TiffWriter(tmp_path / f"{k}.tif") as writer:
            writer.write(array[k], subifds=1, description=ome(text, k), metadata=None, photometric="rgb")
            writer.write(array[k, ::2, ::2], subfiletype=1, metadata=None, photometric="rgb")
    (one,) = describe(tmp_path / "1.tif")
    assert [level.shape for level in one.levels] == [(2, 64, 48, 3), (2, 32, 24, 3)]
    np.testing.assert_array_equal(read(tmp_path / "1.tif")[0], array.transpose(0, 3, 1, 2)[None])
    opened = open_tiff(locate(tmp_path / "0.tif"))
    small = np.zeros((2, 32, 24, 3), "u1")
    opened.read_into(small, 0, Box.whole(small.shape), 1)
    opened.close()
    np.testing.assert_array_equal(small, array[:, ::2, ::2])


def test_a_series_of_thorimage(tmp_path: Path, read) -> None:
    """OME-XML of 2010-06 in the first file, which the others point at."""
    array = ramp(2, 4, 6, 8)
    names = [[f"Chan{c}_0001_0001_0001_{t + 1:04}.tif" for c in "AB"] for t in range(4)]
    planes = [placed(names[t][c], 2 * t + c, T=t, C=c) for t in range(4) for c in range(2)]
    ns = "http://www.openmicroscopy.org/Schemas/OME/2010-06"
    for t in range(4):
        for c in range(2):
            inside = image(planes, array, C=2, T=4) if t == c == 0 else binary_only(names[0][0], 0)
            tiff(tmp_path / names[t][c], array[c, t], ome(inside, 2 * t + c, ns))
    for name in (names[0][0], names[0][1], names[3][1]):
        np.testing.assert_array_equal(read(tmp_path / name)[0][:, 0], array.transpose(1, 0, 2, 3))


def test_a_set_is_converted(tmp_path: Path) -> None:
    paths, array = companion(tmp_path)
    (target,) = omio.convert_to_ometiff(paths[2], tmp_path / "converted")
    np.testing.assert_array_equal(omio.imread(target)[0], array)
    assert tifffile.imread(target).tobytes() == array.tobytes()


def test_the_record_names_every_member(tmp_path: Path) -> None:
    paths, _ = companion(tmp_path)
    _, metadata = omio.imread(paths[2])
    sources = metadata["Annotations"]["omio/provenance"]["source"]
    assert sources[0]["name"] == paths[2].name
    assert sorted(one["name"] for one in sources) == sorted(path.name for path in paths)


# --- what is not there


@pytest.mark.parametrize("make", MAKERS)
def test_missing_members_are_an_error_or_0(tmp_path: Path, make: Callable[..., Made]) -> None:
    paths, array = make(tmp_path, 4)
    gone = paths.pop(2)
    gone.unlink()
    lost = array.copy()
    lost[int(gone.name[1])] = 0
    for path in paths:
        with pytest.raises(AbsentDataError) as caught:
            open_source(path)
        assert caught.value.absent == (gone.name,)
        with pytest.warns(AbsentPlanesWarning) as warned:
            (got,) = arrays(path, absent_files="warn")
        assert any(gone.name in str(one.message) for one in warned)
        np.testing.assert_array_equal(got, lost)


def test_missing_members_by_the_face(tmp_path: Path) -> None:
    paths, array = master(tmp_path)
    paths[1].unlink()
    paths[2].unlink()
    with pytest.raises(AbsentDataError, match=r"t1\.ome\.tif, t2\.ome\.tif"):
        omio.imread(paths[0])
    with pytest.warns(AbsentPlanesWarning):
        pixels, _ = omio.imread(paths[0], absent_files="warn")
    np.testing.assert_array_equal(pixels[0], array[0])
    assert not pixels[1:].any()


@pytest.mark.parametrize("kind", ["uint16", "float"])
def test_an_image_of_which_no_file_is_there_keeps_its_place(tmp_path: Path, kind: str, describe) -> None:
    array = ramp(2, 5, 7)
    text = image([placed("gone.tif", 9, T=k) for k in range(2)], array, "lost", T=2).replace("uint16", kind)
    rgb = (
        '<Image Name="rgb"><Pixels DimensionOrder="XYCZT" Type="uint8" SizeX="7" SizeY="5" SizeZ="1" SizeC="3" '
        f'SizeT="1"><Channel SamplesPerPixel="3"/>{placed("away.tif", 8)}</Pixels></Image>'
    )
    path = tiff(tmp_path / "a.tif", array[0], ome(text + rgb + image([placed("a.tif", 0)], array[0], "there"), 0))
    lost, colours, there = describe(path)
    assert (lost.name, lost.axes, lost.levels[0].shape, lost.levels[0].present) == ("lost", "TYX", (2, 5, 7), ())
    assert lost.dtype == {"uint16": np.uint16, "float": np.float32}[kind]
    assert (lost.absent_files, colours.absent_files, there.absent_files) == (("gone.tif",), ("away.tif",), ())
    assert (colours.axes, colours.levels[0].shape) == ("YXS", (5, 7, 3))
    with pytest.warns(AbsentPlanesWarning):
        got = arrays(path, absent_files="warn")
    assert not got[0].any()
    np.testing.assert_array_equal(got[2][0, 0, 0], array[0])


def test_an_image_of_no_file_and_no_type_is_an_error(tmp_path: Path) -> None:
    array = ramp(5, 7)
    text = image([placed("gone.tif", 9)], array).replace("uint16", "words")
    with pytest.raises(CorruptFileError, match="no type of pixel"):
        open_tiff(locate(tiff(tmp_path / "a.tif", array, ome(text, 0))))


def test_a_file_whose_metadata_are_not_there_has_its_pages(tmp_path: Path) -> None:
    array = ramp(3, 5, 7)
    path = tiff(tmp_path / "a.tif", array, ome(binary_only("set.companion.ome", 100), 0))
    with pytest.raises(AbsentDataError) as caught:
        open_source(path, Request(overrides=Overrides(axes="TYX")))
    assert caught.value.absent == ("set.companion.ome",)
    with pytest.warns(AbsentPlanesWarning), pytest.warns(AssumedAxesWarning):
        (got,) = arrays(path, absent_files="warn")
    np.testing.assert_array_equal(got[:, 0, 0], array)


def test_a_part_whose_metadata_are_not_there_is_a_part(tmp_path: Path, read, describe) -> None:
    paths, array = partly(tmp_path)
    paths[0].unlink()
    (one,) = describe(paths[2])
    assert (one.name, one.absent_files) == ("a part", ("set.companion.ome",))
    np.testing.assert_array_equal(read(paths[2])[0], array[1:2])


# --- what is there and is not what it should be


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path, plane: path.write_bytes(b""), "no TIFF header"),
        (lambda path, plane: path.write_bytes(b"no TIFF at all, but words"), "no TIFF header"),
        (lambda path, plane: path.write_bytes(path.read_bytes()[:20]), "damaged"),
        (lambda path, plane: tiff(path, plane[:-1], ome("", 1)), "contradicts"),
        (lambda path, plane: tiff(path, plane.astype("u1"), ome("", 1)), "contradicts"),
        (lambda path, plane: tiff(path, plane.astype("f4"), ome("", 1)), "contradicts"),
        (lambda path, plane: tiff(path, np.stack([plane] * 3, -1), ome("", 1), photometric="rgb"), "contradicts"),
    ],
)
def test_a_member_that_is_not_what_it_should_be(
    tmp_path: Path, spoil: Callable[[Path, np.ndarray], Any], said: str
) -> None:
    paths, array = master(tmp_path)
    spoil(paths[1], array[1, 0, 0])
    for path in (paths[0], paths[2]):
        with pytest.raises(CorruptFileError, match=said) as caught:
            open_tiff(locate(path))
        assert caught.value.path == str(paths[1])


def test_a_member_with_too_few_pages(tmp_path: Path) -> None:
    array = ramp(4, 5, 7)
    planes = [placed("a.tif", 0, 'IFD="0" PlaneCount="2"', T=0), placed("b.tif", 1, 'IFD="0" PlaneCount="2"', T=2)]
    path = tiff(tmp_path / "a.tif", array[:2], ome(image(planes, array, T=4), 0))
    tiff(tmp_path / "b.tif", array[2])
    with pytest.raises(CorruptFileError, match=r"names IFD 1 of .*b\.tif, which has 1"):
        open_tiff(locate(path))


def test_members_together_are_held_against_the_settings(tmp_path: Path) -> None:
    paths, _ = master(tmp_path, 4)
    with using(max_pages=3), pytest.raises(LimitExceededError, match="OMIO_MAX_PAGES"):
        open_tiff(locate(paths[0]))
    paths, _ = companion(tmp_path)
    with using(max_xml=64), pytest.raises(LimitExceededError, match="OMIO_MAX_XML"):
        open_tiff(locate(paths[0]))


@pytest.mark.parametrize(
    ("inside", "kind", "said"),
    [
        ("<TiffData/>", AbsentDataError, "names no file"),
        ('<TiffData IFD="0"/>', AbsentDataError, "names no file"),
        ("", AbsentDataError, "names no file"),
        ("<MetadataOnly/>", AbsentDataError, "names no file"),
        ('<BinData Length="4">AAAA</BinData>', UnsupportedFeatureError, "BinData"),
    ],
)
def test_a_document_without_files(tmp_path: Path, inside: str, kind: type[OmioError], said: str) -> None:
    path = tmp_path / "a.ome.xml"
    path.write_text(ome(image([inside], ramp(5, 7))))
    with pytest.raises(kind, match=said) as caught:
        open_source(path)
    assert caught.value.path == str(path)


def test_documents_that_are_none(tmp_path: Path, describe) -> None:
    path = tmp_path / "a.companion.ome"
    path.write_text(ome(""))
    with pytest.raises(CorruptFileError, match="describes no image"):
        describe(path)
    path.write_text(ome("<Image>"))
    with pytest.raises(CorruptFileError, match="malformed"):
        describe(path)
    path.write_text('<!DOCTYPE OME [<!ENTITY a "b">]>' + ome("").partition("?>")[2])
    with pytest.raises(CorruptFileError, match="DOCTYPE"):
        describe(path)
    member = tiff(tmp_path / "a.tif", ramp(5, 7), ome(binary_only(path.name), 0))
    for text in ("<OME>", "words", ome(binary_only("a.tif", 0)), ome("")):
        path.write_text(text)
        (image,) = describe(member)
        assert (image.axes, image.absent_files) == ("YX", ())
        assert image.warnings[0].startswith("the metadata of its set, a.companion.ome: ")


def test_the_metadata_of_another_set_are_refused(tmp_path: Path) -> None:
    paths, array = companion(tmp_path)
    stray = tiff(tmp_path / "t0.ome.tif", array[0, 0, 0], ome(binary_only("set.companion.ome", 44), 0))
    with pytest.raises(CorruptFileError, match="not the metadata") as caught:
        open_tiff(locate(stray))
    assert caught.value.path == str(paths[0])
