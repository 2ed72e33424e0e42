"""OME-TIFF: which page is which plane, and what does not fit is never a picture."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import example, given
from hypothesis import strategies as st

from omio_core.contract import Box
from omio_core.errors import CorruptFileError
from omio_core.files.local import locate
from omio_core.ome.read import TiffData
from omio_plugins.tiff import _planes
from omio_plugins.tiff._pages import PagesInOrder
from omio_plugins.tiff._read import open_tiff

UUID = "urn:uuid:6a71d83a-f78c-11ea-8b96-1c1b0d65d910"
OTHER = "urn:uuid:00000000-f78c-11ea-8b96-1c1b0d65d910"
ORDERS = ["XYZCT", "XYZTC", "XYCTZ", "XYCZT", "XYTCZ", "XYTZC"]


def pixels(
    order: str = "XYZCT",
    z: int = 1,
    c: int = 1,
    t: int = 1,
    inside: str = "",
    x: int = 4,
    y: int = 3,
    kind: str = "uint8",
) -> str:
    return (
        f'<Image ID="Image:0" Name="one"><Pixels ID="Pixels:0" DimensionOrder="{order}" Type="{kind}" SizeX="{x}" '
        f'SizeY="{y}" SizeZ="{z}" SizeC="{c}" SizeT="{t}">{inside}</Pixels></Image>'
    )


def document(*images: str, uuid: str | None = None) -> tuple[int, bytes]:
    stated = f' UUID="{uuid}"' if uuid else ""
    return 2, f'<?xml version="1.0"?><OME{stated}>{"".join(images)}</OME>'.encode() + b"\0"


@pytest.fixture
def made(make: Callable[..., Path], page: Callable[..., dict]) -> Callable[..., Path]:
    """Write an OME-TIFF of 3x4 pages, the k-th of which is full of the number k + 1."""

    def write(xml: tuple[int, bytes], number: int, **tags: object) -> Path:
        pages = [page(t273=(4, 8 + 12 * k), **tags) for k in range(number)]
        pages[0][270] = xml
        return make(pages, data=b"".join(bytes([(k + 1) % 256] * 12) for k in range(number)), name="own.ome.tif")

    return write


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("inside", ["", "<TiffData/>", '<TiffData IFD="0" PlaneCount="24"/>'])
def test_every_order(made, read, describe, order: str, inside: str) -> None:
    path = made(document(pixels(order, 2, 3, 4, inside)), 24)
    (image,) = describe(path)
    assert image.axes == order[:1:-1] + "YX"
    assert image.name == "one"
    (array,) = read(path)
    sizes = {"Z": 2, "C": 3, "T": 4}
    slow, middle, fast = order[:1:-1]
    for k, values in enumerate(itertools.product(range(sizes[slow]), range(sizes[middle]), range(sizes[fast]))):
        at = dict(zip((slow, middle, fast), values, strict=True))
        assert (array[at["T"], at["Z"], at["C"]] == k + 1).all()


def test_each_plane_named_by_itself_in_any_order(made, read) -> None:
    named = "".join(f'<TiffData FirstZ="{2 - k}" IFD="{k}" PlaneCount="1"/>' for k in range(3))
    (array,) = read(made(document(pixels(z=3, inside=named)), 3))
    assert array[0, :, 0, 0, 0].tolist() == [3, 2, 1]


@pytest.mark.parametrize("order", ORDERS)
def test_planes_named_one_by_one_are_as_those_named_at_once(made, read, describe, order: str) -> None:
    """What OMIO and Bio-Formats write, in the order of the pages: as cheap as one TiffData for all."""
    slow, middle, fast = order[:1:-1]
    sizes = {"Z": 2, "C": 3, "T": 4}
    ranges = (range(sizes[axis]) for axis in (slow, middle, fast))
    named = "".join(
        f'<TiffData IFD="{ifd}" First{slow}="{i}" First{middle}="{j}" First{fast}="{k}" PlaneCount="1"/>'
        for ifd, (i, j, k) in enumerate(itertools.product(*ranges))
    )
    each = made(document(pixels(order, 2, 3, 4, named)), 24)
    (image,), (array,) = describe(each), read(each)
    with contextlib.closing(open_tiff(locate(each))) as opened:
        assert isinstance(opened._pictures[0].levels[0].pages, PagesInOrder)
    once = made(document(pixels(order, 2, 3, 4, '<TiffData IFD="0" PlaneCount="24"/>')), 24)
    (other,) = describe(once)
    assert (image.axes, image.levels, image.assumptions) == (other.axes, other.levels, ())
    np.testing.assert_array_equal(array, read(once)[0])


def test_a_run_of_planes_is_held_against_the_file_and_the_others(made, describe, read) -> None:
    def named(*pairs: tuple[int, int]) -> str:
        return "".join(f'<TiffData IFD="{ifd}" FirstZ="{z}" PlaneCount="1"/>' for ifd, z in pairs)

    def path(inside: str, z: int = 6, number: int = 6) -> Path:
        return made(document(pixels(z=z, inside=inside)), number)

    run = [(k, k) for k in range(4)]
    with pytest.raises(CorruptFileError, match="lacks pages"):
        describe(path(named(*run), number=3))
    with pytest.raises(CorruptFileError, match="two pages for one plane"):
        describe(path(named(*run, (5, 1))))
    assert read(path(named(*run, *run)))[0][0, :, 0, 0, 0].tolist() == [1, 2, 3, 4, 0, 0]
    # a gap in the planes, a gap in the pages, and two that change places
    assert read(path(named((0, 0), (1, 1), (2, 3), (3, 4))))[0][0, :, 0, 0, 0].tolist() == [1, 2, 0, 3, 4, 0]
    assert read(path(named((0, 0), (1, 1), (3, 2), (4, 3))))[0][0, :, 0, 0, 0].tolist() == [1, 2, 4, 5, 0, 0]
    assert read(path(named((0, 0), (2, 1), (1, 2), (3, 3))))[0][0, :, 0, 0, 0].tolist() == [1, 3, 2, 4, 0, 0]
    (image,) = describe(path(named(*run, (4, 6), (5, 7)), z=4))
    assert image.assumptions == ("2 TiffData name planes outside the declared sizes and are left out",)


_DATA = st.builds(
    TiffData,
    ifd=st.sampled_from([None, 0, 1, 2]),
    first_z=st.integers(0, 3),
    first_t=st.integers(0, 2),
    count=st.sampled_from([None, 0, 1, 1, 1, 2]),
    file_name=st.sampled_from([None, None, None, "a"]),
)
_RUNS = st.builds(
    lambda ifd, z, n, name: [TiffData(ifd=ifd + k, first_z=z + k, count=1, file_name=name) for k in range(n)],
    st.integers(0, 2),
    st.integers(0, 3),
    st.integers(1, 5),
    st.sampled_from([None, "a"]),
)


@example([[TiffData(count=1), TiffData(ifd=1, first_z=1, count=1)]])  # no IFD is IFD 0 where one plane is meant
@given(st.lists(st.one_of(_DATA.map(lambda one: [one]), _RUNS), max_size=6))
def test_stretches_say_what_each_element_says(parts: list[list[TiffData]]) -> None:
    every = [one for part in parts for one in part]
    planes = _planes.Planes(axes="TCZ", lead=(2, 1, 3), name="made")

    def said(found: Iterable[tuple[TiffData, int | None]]) -> list[Any]:
        """Of each plane its page; what is not of one plane each as it is."""
        one_each = []
        for data, flat in found:
            if flat is None or data.count in (None, 0) or (data.ifd is None and data.count != 1):
                one_each.append((data, flat))
            else:
                one_each += [((data.ifd or 0) + k, flat + k, data.file_name) for k in range(data.count or 0)]
        return one_each

    found = [*_planes.stretches(planes.flat(every))]
    assert said(found) == said(planes.flat(every))
    assert len(found) <= len(every)


def test_an_ifd_without_a_count_is_one_plane(made, describe) -> None:
    (image,) = describe(made(document(pixels(z=3, inside='<TiffData IFD="1" FirstZ="2"/>')), 3))
    assert image.levels[0].present == (Box(((2, 3), (0, 3), (0, 4))),)


def test_several_images_in_one_file(tmp_path: Path, read, describe) -> None:
    path = tmp_path / "a.ome.tif"
    first, second = np.arange(96, dtype="u1").reshape(2, 6, 8), np.arange(150, dtype="u2").reshape(5, 6, 5)
    with tifffile.TiffWriter(path) as writer:
        writer.write(first, metadata={"axes": "TYX", "Name": "a"}, photometric="minisblack")
        writer.write(second, metadata={"axes": "CYX", "Name": "b"}, photometric="minisblack")
    assert [(i.axes, i.name) for i in describe(path)] == [("TYX", "a"), ("CYX", "b")]
    arrays = read(path)
    np.testing.assert_array_equal(arrays[0][:, 0, 0], first)
    np.testing.assert_array_equal(arrays[1][0, 0], second)


@pytest.mark.parametrize("planar", [False, True])
def test_rgb_takes_three_of_c(tmp_path: Path, read, describe, planar: bool) -> None:
    path = tmp_path / "a.ome.tif"
    array = np.arange(2 * 5 * 3 * 42).reshape((2, 3, 6, 35) if planar else (2, 6, 35, 3)).astype("u1")
    tifffile.imwrite(
        path, array, metadata={"axes": "ZSYX" if planar else "ZYXS"}, photometric="rgb", compression="zlib"
    )
    (image,) = describe(path)
    assert image.axes == ("ZSYX" if planar else "ZYXS")
    assert [c.samples for c in image.facts().channels] in ([3], [])
    (read_back,) = read(path)
    np.testing.assert_array_equal(read_back[0], array if planar else array.transpose(0, 3, 1, 2))


def test_planes_without_a_page_are_absent(made, describe, read) -> None:
    named = '<TiffData IFD="0" FirstT="0" PlaneCount="1"/><TiffData IFD="1" FirstT="3" PlaneCount="1"/>'
    path = made(document(pixels(t=5, inside=named)), 2)
    (image,) = describe(path)
    assert [box.spans[0] for box in image.levels[0].present] == [(0, 1), (3, 4)]
    assert read(path)[0][:, 0, 0, 0, 0].tolist() == [1, 0, 0, 2, 0]


def test_a_file_that_declares_a_billion_planes(made, describe) -> None:
    (image,) = describe(made(document(pixels("XYZCT", 1000, 1000, 1000)), 7))
    assert image.levels[0].shape == (1000, 1000, 1000, 3, 4)
    assert [box.spans[:3] for box in image.levels[0].present] == [((0, 1), (0, 1), (0, 7))]
    with pytest.raises(CorruptFileError, match="lacks pages"):
        describe(
            made(document(pixels(z=1000, c=1000, t=1000, inside='<TiffData IFD="0" PlaneCount="1000000000"/>')), 7)
        )


def test_naming_planes_again_and_again_does_not_hang(made, describe) -> None:
    again = '<TiffData IFD="0" PlaneCount="300"/>' * 20_000
    with pytest.raises(CorruptFileError, match="again and again"):
        describe(made(document(pixels(t=300, inside=again)), 300))


@pytest.mark.parametrize(
    ("xml", "said"),
    [
        (pixels(z=2, inside='<TiffData IFD="5" FirstZ="1"/>'), "names IFD 5"),
        (pixels(z=2, inside='<TiffData IFD="0"/><TiffData IFD="1"/>'), "two pages for one plane"),
        (pixels(z=2, inside='<TiffData IFD="0" FirstZ="9"/>'), "no plane"),
    ],
)
def test_contradictions_are_errors(made, describe, xml: str, said: str) -> None:
    with pytest.raises(CorruptFileError) as caught:
        describe(made(document(xml), 2))
    assert said in str(caught.value)
    assert caught.value.path.endswith("own.ome.tif")
    assert 'description="ignore"' in caught.value.remedy


@pytest.mark.parametrize(
    ("xml", "said"),
    [
        (pixels(x=5), "SizeX x SizeY is 5 x 3, the pages are 4 x 3"),
        (pixels(y=-1), "SizeX x SizeY is no size, the pages are 4 x 3"),
        (pixels(kind="uint16"), "Type is 'uint16', the pages are uint8"),
        (pixels(kind="float"), "Type is 'float', the pages are uint8"),
        (pixels(kind="words"), "Type is 'words', the pages are uint8"),
    ],
)
def test_pages_decide_where_the_xml_says_otherwise(made, read, describe, xml: str, said: str) -> None:
    path = made(document(xml), 1)
    (image,) = describe(path)
    assert (image.levels[0].shape, image.dtype) == ((3, 4), np.uint8)
    assert len(image.warnings) == 1
    assert image.warnings[0].startswith(said)
    assert read(path)[0].ravel().tolist() == [1] * 12


@pytest.mark.parametrize("xml", [pixels(z=0), pixels(z=-4), "", "<Image>", pixels().replace("SizeZ", "&SizeZ")])
def test_pages_without_usable_xml_are_one_unlabelled_axis(made, read, describe, xml: str) -> None:
    path = made(document(xml), 2)
    (image,) = describe(path)
    assert (image.axes, image.kind) == ("QYX", "OME-TIFF")
    assert len(image.warnings) == 1
    assert "nknown" in image.warnings[0]
    assert read(path)[0][:, 0, 0, 0, 0].tolist() == [1, 2]


def test_pages_that_the_xml_does_not_mention_are_told(made, describe) -> None:
    (image,) = describe(made(document(pixels(z=2)), 3))
    assert image.warnings == ("the file has 3 full pages, and its OME-XML describes 2: 1 is not read",)
    assert describe(made(document(pixels(z=2)), 2))[0].warnings == ()


def test_bombs_in_xml_are_not_parsed(make, page, describe) -> None:
    bomb = b'<!DOCTYPE OME [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]><OME>&b;</OME>\0'
    (image,) = describe(make([page(t270=(2, bomb))], data=bytes(12)))
    assert "DOCTYPE" in image.warnings[0]


def test_planes_outside_the_declared_sizes_are_told(made, describe) -> None:
    named = '<TiffData IFD="0"/><TiffData IFD="1" FirstZ="1"/>'
    (image,) = describe(made(document(pixels(inside=named)), 2))
    assert image.assumptions == ("1 TiffData name planes outside the declared sizes and are left out",)


def test_a_type_that_only_the_xml_tells(made, read, describe) -> None:
    path = made(document(pixels(kind="int8", inside='<TiffData IFD="0"/>')), 200)
    (image,) = describe(path)
    assert image.dtype == np.int8
    assert "int8" in image.assumptions[0]
    assert read(path)[0].dtype == np.int8
    stated = made(document(pixels(kind="int8", inside='<TiffData IFD="0"/>')), 1, t339=(3, 1))
    (image,) = describe(stated)
    assert (image.dtype, image.warnings) == (np.uint8, ("Type is 'int8', the pages are uint8: the pages are right",))


def named_file(uuid: str, name: str) -> str:
    return f'<TiffData IFD="0"><UUID FileName="{name}">{uuid}</UUID></TiffData>'


@pytest.mark.parametrize(
    ("root", "uuid", "name"),
    [
        (UUID, UUID, "before.ome.tif"),  # renamed
        (UUID, UUID.upper(), "own.ome.tif"),
        (None, OTHER, "own.ome.tif"),
        (None, OTHER, "before.ome.tif"),
        (UUID, OTHER, "own.ome.tif"),
    ],
)
def test_a_renamed_file_reads(made, describe, root: str | None, uuid: str, name: str) -> None:
    (image,) = describe(made(document(pixels(inside=named_file(uuid, name)), uuid=root), 1))
    assert image.levels[0].present is None


@pytest.mark.parametrize("name", ["../other.ome.tif", "/etc/passwd", "C:\\other.ome.tif"])
def test_planes_in_files_elsewhere_are_refused_by_name(made, describe, name: str) -> None:
    two = named_file(UUID, "own.ome.tif") + named_file(OTHER, name).replace('IFD="0"', 'IFD="0" FirstZ="1"')
    with pytest.raises(CorruptFileError) as caught:
        describe(made(document(pixels(z=2, inside=two), uuid=UUID), 1))
    assert caught.value.file_name == name


@pytest.mark.parametrize("name", ["../own.ome.tif", "/data/own.ome.tif", "C:\\data\\own.ome.tif", "./own.ome.tif"])
def test_the_only_file_may_name_the_folder_it_was_in(made, describe, name: str) -> None:
    (image,) = describe(made(document(pixels(inside=named_file(OTHER, name)), uuid=UUID), 1))
    assert image.levels[0].present is None
    assert image.kind == "OME-TIFF"


def test_a_file_that_stands_beside_is_not_a_former_name(made, describe, tmp_path: Path) -> None:
    (tmp_path / "other.ome.tif").write_bytes(b"")
    with pytest.raises(CorruptFileError) as caught:
        describe(made(document(pixels(inside=named_file(OTHER, "other.ome.tif"))), 1))
    assert caught.value.path == str(tmp_path / "other.ome.tif")


def test_planes_before_2009_are_counted_by_another_name(made, read) -> None:
    inside = '<TiffData IFD="0" NumPlanes="2"/><TiffData IFD="2" FirstZ="2" NumPlanes="1"/>'
    old = pixels(z=3, inside=inside).replace("Type=", "PixelType=").replace("uint8", "Uint8")
    (array,) = read(made(document(old), 3))
    assert array[0, :, 0, 0, 0].tolist() == [1, 2, 3]
