"""A text is not the picture: each flaw of a description, in files made in code and in real ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import omio
from omio_core.errors import AmbiguousAxesError, AssumedAxesWarning, CorruptFileError, MetadataWarning, OmioError
from omio_core.settings import using
from tests.plugins.tiff.made import image, ome, placed, ramp, tiff

ARRAY = ramp(3, 5, 7)
COMMENT = '<CommentAnnotation ID="A:0"><Value>words</Value></CommentAnnotation>'
NOTE = f"<StructuredAnnotations>{COMMENT}</StructuredAnnotations>"
SOUND = ome(image(['<Channel Name="a"/><TiffData/>'], ARRAY, Z=3) + NOTE)

# what is used although the text has a flaw: everything, or everything before it
USED: dict[str, Callable[[str], str | bytes]] = {
    "stray byte after the end": lambda xml: xml + "\x01",
    "two stray bytes": lambda xml: xml + "\x02\x03",
    "words after the end": lambda xml: xml + "done",
    "line break before the declaration": lambda xml: "\n" + xml,
    "blanks before the declaration": lambda xml: " \r\n\t" + xml,
    "stray byte before the declaration": lambda xml: b"\xff" + xml.encode(),
    "control character in a note": lambda xml: xml.replace("words", "wo\x01rds"),
    "bare ampersand in a note": lambda xml: xml.replace("words", "a & b"),
    "cut in a note": lambda xml: xml[: xml.index("words")],
    "NUL in a note": lambda xml: xml.replace("words", "wo\0rds"),
}
LOST: dict[str, Callable[[str], str | bytes]] = {
    "control character in a name": lambda xml: xml.replace('"a"', '"a\x01"'),
    "character reference to none": lambda xml: xml.replace('"a"', '"&#1;"'),
    "bare ampersand in a name": lambda xml: xml.replace('"a"', '"a & b"'),
    "cut in Pixels": lambda xml: xml[: xml.index("<TiffData")],
    "DOCTYPE": lambda xml: xml.replace("<OME", "<!DOCTYPE OME><OME"),
    "unknown encoding": lambda xml: xml.replace("UTF-8", "no-such-one"),
    "no size": lambda xml: xml.replace('SizeZ="3"', 'SizeZ="three"'),
}


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str | bytes], Path]:
    def write(text: str | bytes, name: str = "a.ome.tif") -> Path:
        data = text.encode() if isinstance(text, str) else text
        return tiff(tmp_path / name, ARRAY, data)

    return write


@pytest.mark.parametrize("flaw", USED)
def test_what_stands_before_a_flaw_is_used(flaw: str, written: Callable[..., Path]) -> None:
    path = written(USED[flaw](SOUND))
    with pytest.warns(MetadataWarning) as told:
        array, metadata = omio.imread(path)
    assert len(told) == 1
    assert metadata["Channels"][0]["Name"] == "a"
    np.testing.assert_array_equal(array[0, :, 0], ARRAY)


@pytest.mark.parametrize("flaw", LOST)
def test_pages_without_a_usable_text_are_one_unlabelled_axis(flaw: str, written: Callable[..., Path]) -> None:
    path = written(LOST[flaw](SOUND))
    with pytest.warns(AssumedAxesWarning), pytest.warns(MetadataWarning, match="Unknown for it: which planes"):
        array, metadata = omio.imread(path)
    assert metadata["Channels"][0]["Name"] is None
    np.testing.assert_array_equal(array[:, 0, 0], ARRAY)
    with pytest.raises(AmbiguousAxesError):
        omio.imread(path, axes="raise")
    with pytest.warns(MetadataWarning):
        assert omio.imread(path, axes="ZYX")[0].shape == (1, 3, 1, 5, 7)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_readable(encoding: str, written: Callable[..., Path]) -> None:
    array, metadata = omio.imread(written(SOUND.replace("UTF-8", "UTF-16").encode(encoding)))
    assert metadata["Channels"][0]["Name"] == "a"
    np.testing.assert_array_equal(array[0, :, 0], ARRAY)


def test_a_text_over_the_cap_is_not_parsed(written: Callable[..., Path]) -> None:
    path = written(SOUND)
    with (
        using(max_xml=len(SOUND) - 1),
        pytest.warns(AssumedAxesWarning),
        pytest.warns(MetadataWarning, match="too long"),
    ):
        assert omio.imread(path)[0].shape == (3, 1, 1, 5, 7)


def test_a_name_that_promises_ome_xml_is_told(written: Callable[..., Path]) -> None:
    with pytest.warns(AssumedAxesWarning), pytest.warns(MetadataWarning, match="no OME-XML is found"):
        omio.imread(written(SOUND[:38]))


def test_no_set_is_followed(tmp_path: Path) -> None:
    planes = [placed(f"t{k}.ome.tif", k, T=k) for k in range(3)]
    for k in range(3):
        text = ome(image(['<Channel Name="\x01"/>', *planes], ARRAY, T=3), k)
        tiff(tmp_path / f"t{k}.ome.tif", ARRAY[k], text)
    with pytest.warns(MetadataWarning, match="whether other files belong to it"):
        array, _ = omio.imread(tmp_path / "t1.ome.tif")
    np.testing.assert_array_equal(array, ARRAY[1][None, None, None])


def test_the_pages_behind_the_last_usable_image_are_an_image(written: Callable[..., Path]) -> None:
    first = image(['<TiffData IFD="0" PlaneCount="1"/>'], ARRAY)
    second = image(['<Channel Name="\x01"/>', '<TiffData IFD="1" PlaneCount="2"/>'], ARRAY, Z=2)
    with pytest.warns(MetadataWarning, match="further images"), pytest.warns(AssumedAxesWarning):
        arrays, _ = omio.imread(written(ome(first + second)), return_list=True)
    assert [array.shape for array in arrays] == [(1, 1, 1, 5, 7), (2, 1, 1, 5, 7)]
    np.testing.assert_array_equal(arrays[1][:, 0, 0], ARRAY[1:])


@pytest.mark.parametrize(
    ("order", "inside", "shape"),
    [
        ("XYCZ", "<TiffData/>", (1, 3, 2)),
        ("", "<TiffData/>", (6, 1, 1)),
        ("CZTYX", "<TiffData/>", (6, 1, 1)),
        ("none", "".join(f'<TiffData IFD="{k}" FirstC="{k % 2}" FirstZ="{k // 2}"/>' for k in range(6)), (1, 3, 2)),
    ],
)
def test_an_order_that_is_none(tmp_path: Path, order: str, inside: str, shape: tuple[int, ...]) -> None:
    array = ramp(3, 2, 5, 7)
    text = ome(image([inside], array, order=order, Z=3, C=2))
    path = tiff(tmp_path / "a.ome.tif", array.reshape(6, 5, 7), text)
    with pytest.warns() as told:
        got, _ = omio.imread(path)
    assert [one.category for one in told] == [*([AssumedAxesWarning] if shape[0] == 6 else []), MetadataWarning]
    assert "DimensionOrder" in str(told[-1].message)
    assert got.shape[:3] == shape
    np.testing.assert_array_equal(got.reshape(6, 5, 7), array.reshape(6, 5, 7))


def test_an_order_is_not_needed_for_one_long_axis(tmp_path: Path) -> None:
    with pytest.warns(MetadataWarning, match="not more than one of its axes"):
        got, _ = omio.imread(tiff(tmp_path / "a.ome.tif", ARRAY, ome(image(["<TiffData/>"], ARRAY, order="", T=3))))
    assert got.shape == (3, 1, 1, 5, 7)


def test_a_number_of_channels_that_is_not_the_samples_of_the_pages(tmp_path: Path) -> None:
    array = ramp(5, 7, 3, dtype="u1")
    text = ome(image(["<TiffData/>"], array[..., 0], C=1))
    path = tiff(tmp_path / "a.ome.tif", array, text, photometric="rgb")
    with pytest.warns(MetadataWarning, match=r"SizeC is 1, and page 0 has 3 samples"):
        got, metadata = omio.imread(path)
    assert (got.shape, metadata["SamplesPerPixel"]) == ((1, 1, 3, 5, 7), 3)


# --- the way round


def test_ignoring_the_description_gives_the_pages(tmp_path: Path, written: Callable[..., Path]) -> None:
    far = ome(image(['<TiffData IFD="9"/>'], ARRAY, Z=3))
    path = written(far)
    with pytest.raises(CorruptFileError, match="lacks pages") as caught:
        omio.imread(path)
    assert 'description="ignore"' in caught.value.remedy
    with pytest.warns(AssumedAxesWarning):
        array, metadata = omio.imread(path, description="ignore")
    np.testing.assert_array_equal(array[:, 0, 0], ARRAY)
    assert "lacks" not in str(metadata)
    assert omio.imread(path, description="ignore", axes="ZYX")[0].shape == (1, 3, 1, 5, 7)


@pytest.mark.parametrize(
    "text", [ome(image(['<TiffData IFD="3"/>'], ARRAY, Z=3)), '{"shape": [9, 5, 7], "truncated": true}']
)
def test_every_error_about_a_text_names_it_and_it_helps(tmp_path: Path, text: str) -> None:
    path = tiff(tmp_path / "a.tif", ARRAY, text)
    with pytest.raises(OmioError) as caught:
        omio.imread(path, axes="ZYX")
    assert 'description="ignore"' in (caught.value.remedy or "")
    array, _ = omio.imread(path, description="ignore", axes="ZYX")
    np.testing.assert_array_equal(array[0, :, 0], ARRAY)


def test_a_damaged_page_is_not_helped_by_it(make, page) -> None:
    with pytest.raises(CorruptFileError) as caught:
        omio.imread(make([page(t256=(3, 0))], data=bytes(12)))
    assert "description" not in (caught.value.remedy or "")


def test_a_value_that_is_none(written: Callable[..., Path]) -> None:
    with pytest.raises(OmioError, match="description cannot be 'no'"):
        omio.imread(written(SOUND), description="no")


# --- counts of ImageJ


@pytest.mark.parametrize(
    ("text", "shape", "said"),
    [
        ("ImageJ=1.53\nimages=-3\nslices=3", (3, 1, 1), "images=-3"),
        ("ImageJ=1.53\nimages=3\nslices=0", (3, 1, 1), "slices=0"),
        ("ImageJ=1.53\nimages=10\nslices=3", (1, 3, 1), "10 images, the file has 3 pages"),
        ("ImageJ=1.53\nimages=10\nslices=10", (3, 1, 1), "10 images, the file has 3 pages"),
    ],
)
@pytest.mark.filterwarnings("ignore::omio_core.errors.AssumedAxesWarning")
def test_counts_that_are_wrong_while_pages_are_whole(
    tmp_path: Path, text: str, shape: tuple[int, ...], said: str
) -> None:
    with pytest.warns(MetadataWarning, match=said):
        array, _ = omio.imread(tiff(tmp_path / "a.tif", ARRAY, text))
    assert array.shape[:3] == shape
    np.testing.assert_array_equal(array.reshape(ARRAY.shape), ARRAY)


def test_one_page_for_a_stack_that_is_not_there_stays_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorruptFileError):
        omio.imread(tiff(tmp_path / "a.tif", ARRAY[0], "ImageJ=1.53\nimages=10\nslices=10"))


# --- real files and their likes


@pytest.mark.parametrize(
    ("name", "shape", "channels"),
    [
        ("ome_soh.ome.tif", (3, 1, 1), ["ch0"]),
        ("ome_ctrl.ome.tif", (3, 1, 1), [None]),
        ("ome_amp.ome.tif", (3, 1, 1), [None]),
        ("ome_ilastik.tiff", (1, 3, 2), [None, None]),
        ("pyvips_ome_uint8.ome.tif", (1, 1, 4), [None] * 4),
        ("ome_more_pages.ome.tif", (1, 3, 1), ["ch0"]),
    ],
)
@pytest.mark.filterwarnings("ignore::omio_core.errors.AssumedAxesWarning")
def test_found_files(data: Path, name: str, shape: tuple[int, ...], channels: list[str | None]) -> None:
    with pytest.warns(MetadataWarning):
        array, metadata = omio.imread(data / "found" / name)
    assert array.shape[:3] == shape
    assert [channel["Name"] for channel in metadata["Channels"]] == channels
