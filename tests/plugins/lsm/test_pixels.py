"""Pixels of every kind of LSM file, against what was written and against tifffile."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

from omio_core.contract import Box
from omio_core.errors import CorruptFileError, OmioWarning, UnsupportedFeatureError
from omio_core.files.local import locate
from omio_core.images import opening
from omio_plugins.lsm._read import open_lsm

from .made import LZW, Way, ramp, stack, write
from .samples import KINDS

Read = Callable[[Path], tuple[tuple, list[np.ndarray]]]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind(kind: str, tmp_path: Path, read: Read) -> None:
    one = KINDS[kind](tmp_path / "a.lsm")
    images, arrays = read(one.file.path)
    assert images[0].axes == one.native
    assert [array.shape for array in arrays] == [array.shape for array in one.arrays]
    assert [array.dtype for array in arrays] == [array.dtype for array in one.arrays]
    assert all(np.array_equal(a, b) for a, b in zip(arrays, one.arrays, strict=True))
    assert images[0].kind.startswith("LSM, ")


@pytest.mark.parametrize("kind", [k for k in KINDS if k not in ("chunky", "mixed")])
def test_tifffile_agrees(kind: str, tmp_path: Path) -> None:
    one = KINDS[kind](tmp_path / "a.lsm")
    assert one.by_tifffile
    opened = open_lsm(locate(one.file.path))
    flat = []
    for k, image in enumerate(opened.images):
        shape = image.levels[0].shape
        out = np.empty(shape, image.dtype)
        opened.read_into(out, k, Box.whole(shape), 0)
        flat.append(out.tobytes())
    opened.close()
    with tifffile.TiffFile(one.file.path) as file:
        theirs = file.series[0].asarray()
        axes = file.series[0].axes
    assert b"".join(flat) == theirs.tobytes()
    assert axes.lstrip("MP") == one.native


def test_mixed_types_are_promoted_and_said(tmp_path: Path, read: Read) -> None:
    (image,), _ = read(KINDS["mixed"](tmp_path / "a.lsm").file.path)
    assert image.dtype == np.float32
    assert image.assumptions == ("the channels have 8, 16, 32 bits: all are given as float32",)
    assert image.levels[0].blocks == (1, 1, 7, 9)


def test_eight_and_twelve_bits_become_sixteen(tmp_path: Path, read: Read) -> None:
    ifd = [ramp(7, 9), ramp(7, 9, dtype="u2") * np.uint16(16)]
    (image,), (array,) = read(write(tmp_path / "a.lsm", [ifd], {"DataType": 0}).path)
    assert image.dtype == np.uint16
    assert np.array_equal(array[0, 0], np.stack([ifd[0].astype("u2"), ifd[1]]))


@pytest.mark.parametrize("way", [Way(compression=LZW), Way(strips=2)])
def test_mixed_types_by_regions(tmp_path: Path, way: Way) -> None:
    ifds = [[ramp(8, 9) + np.uint8(k), ramp(8, 9, dtype="u2")] for k in range(3)]
    made_file = write(tmp_path / "a.lsm", ifds, {"DimensionZ": 3, "DataType": 0}, way=way)
    opened = open_lsm(locate(made_file.path))
    box = Box(((1, 3), (0, 2), (2, 7), (3, 8)))
    out = np.empty(box.shape[::-1], np.uint16).T
    opened.read_into(out, 0, box, 0)
    opened.close()
    wanted = np.array([[c.astype("u2") for c in ifd] for ifd in ifds])[1:, :, 2:7, 3:8]
    assert np.array_equal(out, wanted)


# --- what writers misstate


@pytest.mark.parametrize(
    "extra",
    [
        {278: (4, (1,))},  # RowsPerStrip says a row each, and there is one strip a channel
        {317: (3, (2,))},  # a predictor where nothing is compressed
        {284: None},  # PlanarConfiguration missing
        {258: (3, (12, 12))},  # 12 bits in two bytes
    ],
)
def test_tags_are_set_right(tmp_path: Path, read: Read, extra: dict) -> None:
    array = ramp(2, 7, 9, dtype="u2")
    _, (got,) = read(write(tmp_path / "a.lsm", [list(array)], {"DataType": 2}, way=Way(extra=extra)).path)
    assert np.array_equal(got[0, 0], array)


@pytest.mark.parametrize("elsewhere", [True, False])
def test_two_depths_may_stand_elsewhere(tmp_path: Path, read: Read, elsewhere: bool) -> None:
    array = ramp(2, 7, 9, dtype="u2")
    way = Way(bits_elsewhere=elsewhere, thumbnails=False)
    _, (got,) = read(write(tmp_path / "a.lsm", [list(array)], {"DataType": 2}, way=way).path)
    assert got.dtype == np.uint16
    assert np.array_equal(got[0, 0], array)


def test_floats_without_a_sample_format(tmp_path: Path, read: Read) -> None:
    array = ramp(7, 9, dtype="f4") / np.float32(7)
    (image,), (got,) = read(write(tmp_path / "a.lsm", [[array]], way=Way(extra={339: None})).path)
    assert np.array_equal(got[0, 0, 0], array)
    assert any("32 bits are floats" in said for said in image.assumptions)


def test_without_thumbnails(tmp_path: Path, read: Read) -> None:
    array = ramp(3, 1, 7, 9)
    _, (got,) = read(write(tmp_path / "a.lsm", stack(array), {"DimensionZ": 3}, way=Way(thumbnails=False)).path)
    assert np.array_equal(got[0], array)


# --- dimensions

LEFT_OUT = "the file holds 6 planes, of which those beyond 4 are left out"


def test_fewer_planes_than_declared_are_absent(tmp_path: Path, read: Read) -> None:
    array = ramp(3, 1, 7, 9)
    info = {"ScanType": 3, "DimensionTime": 5}
    (image,), (got,) = read(write(tmp_path / "a.lsm", stack(array), info).path)
    assert image.levels[0].shape == (5, 7, 9)
    assert image.levels[0].present == (Box(((0, 3), (0, 7), (0, 9))),)
    assert image.assumptions == ("the file holds 3 of 5 planes",)
    assert np.array_equal(got[:3, 0], array)


def test_planes_that_were_not_written_are_absent(tmp_path: Path, read: Read) -> None:
    array = ramp(2, 1, 7, 9)
    path = tmp_path / "a.lsm"
    write(path, stack(array), {"ScanType": 3, "DimensionTime": 2})
    with tifffile.TiffFile(path, mode="r+") as file:
        file.pages[2].tags[273].overwrite(0)
    (image,), (got,) = read(path)
    assert image.levels[0].present == (Box(((0, 1), (0, 7), (0, 9))),)
    assert np.array_equal(got[0, 0], array[0])


@pytest.mark.parametrize(
    ("info", "shape", "said"),
    [
        ({"DimensionTime": 0, "DimensionZ": 0}, (6, 1), ()),
        ({"DimensionTime": 0, "DimensionZ": 3}, (2, 3), ()),
        ({"DimensionTime": 2, "DimensionZ": 0}, (2, 3), ()),
        ({"DimensionTime": 1, "DimensionZ": 3}, (2, 3), ("CZ_LSMINFO says 1 time points, the file holds 2",)),
        ({"DimensionTime": 1, "DimensionZ": 4}, (1, 4), (LEFT_OUT,)),
        ({"DimensionTime": 6, "DimensionX": 8}, (6, 1), ("CZ_LSMINFO says 8 columns, the pages have 9",)),
        ({"DimensionTime": 6, "DimensionY": 8}, (6, 1), ("CZ_LSMINFO says 8 rows, the pages have 7",)),
        ({"DimensionTime": 6, "DimensionChannels": 2}, (6, 1), ("CZ_LSMINFO says 2 channels, the pages have 1",)),
        ({"DimensionTime": 6, "ScanType": 99}, (6, 1), ("ScanType 99 is unknown: the rows of a page are taken for Y",)),
    ],
)  # fmt: skip
def test_dimensions_that_do_not_fit(
    tmp_path: Path, read: Read, info: dict, shape: tuple[int, int], said: tuple[str, ...]
) -> None:
    array = ramp(6, 1, 7, 9)
    (image,), (got,) = read(write(tmp_path / "a.lsm", stack(array), {"ScanType": 6, **info}).path)
    assert got.shape[:2] == shape
    assert image.assumptions == said
    assert np.array_equal(got.reshape(-1, 7, 9), array[: len(got.reshape(-1, 7, 9)), 0])


def test_a_line_scan_whose_rows_are_no_times(tmp_path: Path, read: Read) -> None:
    info = {"ScanType": 2, "DimensionTime": 1, "DimensionY": 7}
    (image,), (got,) = read(write(tmp_path / "a.lsm", [[ramp(7, 9)]], info).path)
    assert image.axes == "YX"
    assert got.shape == (1, 1, 1, 7, 9)
    said = "CZ_LSMINFO says line scan, but pages have as many rows as it says of Y: taken for it"
    assert image.assumptions == (said,)


def test_channels_with_pages_of_their_own(tmp_path: Path, read: Read) -> None:
    array = ramp(3, 2, 7, 9)
    ifds = [[plane] for plane in array.reshape(-1, 7, 9)]
    (image,), (got,) = read(write(tmp_path / "a.lsm", ifds, {"DimensionZ": 3, "DimensionChannels": 2}).path)
    assert image.axes == "ZCYX"
    assert np.array_equal(got[0], array)
    assert "each channel has pages of its own" in image.assumptions[0]


def test_phases_and_rotations(tmp_path: Path, read: Read) -> None:
    array = ramp(2, 3, 4, 1, 7, 9)  # phase, rotation, Z
    info = {"DimensionZ": 4, "DimensionsReserved": [3, 2] + [0] * 14}
    (image,), (got,) = read(write(tmp_path / "a.lsm", stack(array), info).path)
    assert image.axes == "HRZYX"
    assert got.shape == (1, 4, 6, 7, 9)
    assert np.array_equal(got[0].transpose(1, 0, 2, 3).reshape(2, 3, 4, 7, 9), array[:, :, :, 0])


def test_an_aborted_series_of_positions(tmp_path: Path, read: Read) -> None:
    array = ramp(2, 3, 1, 7, 9)  # P, T
    info = {"ScanType": 3, "DimensionTime": 4, "DimensionP": 2}
    images, arrays = read(write(tmp_path / "a.lsm", stack(array), info).path)
    assert [image.name for image in images] == ["position 1", "position 2"]
    assert images[0].assumptions == ("the file holds 6 of 8 planes",)
    assert all(np.array_equal(got[:3, 0], one) for got, one in zip(arrays, array, strict=True))


def test_positions_that_are_not_there(tmp_path: Path, read: Read) -> None:
    array = ramp(5, 1, 7, 9)
    images, arrays = read(write(tmp_path / "a.lsm", stack(array), {"DimensionZ": 2, "DimensionP": 1000}).path)
    assert len(images) == 3
    assert images[0].assumptions == ("the file holds 5 of 2000 planes", "of 1000 positions and tiles there are 3")
    assert np.array_equal(arrays[1][0, :, 0], array[2:4, 0])


# --- what is refused


def test_pages_that_differ(tmp_path: Path, read: Read) -> None:
    path = write(tmp_path / "a.lsm", [[ramp(7, 9)], [ramp(7, 8)]], {"DimensionZ": 2}).path
    with pytest.raises(CorruptFileError, match="page 2") as caught:
        read(path)
    assert "where the first page is" in caught.value.evidence


def test_a_tag_that_is_no_lsminfo(tmp_path: Path, read: Read) -> None:
    path = write(tmp_path / "a.lsm", [[ramp(7, 9)]], {"MagicNumber": 7}).path
    with pytest.raises(CorruptFileError, match="no CZ_LSMINFO"):
        read(path)


def test_an_lsminfo_that_ends_too_soon(tmp_path: Path, read: Read) -> None:
    path = write(tmp_path / "a.lsm", [[ramp(7, 9)]], size=60).path
    with pytest.raises(CorruptFileError, match="ends too soon") as caught:
        read(path)
    assert "OriginX" in caught.value.evidence or "VoxelSize" in caught.value.evidence


@pytest.mark.parametrize("size", [1, 3, 4, 7, 8, 11])
def test_an_lsminfo_that_says_it_holds_nothing(tmp_path: Path, read: Read, size: int) -> None:
    path = write(tmp_path / "a.lsm", [[ramp(7, 9)]], {"StructureSize": size}).path
    with pytest.raises(CorruptFileError, match="ends too soon") as caught:
        read(path)
    assert f"StructureSize {size}" in caught.value.evidence


@pytest.mark.parametrize("bits", [(64, 64), (0, 8), (33, 33)])
def test_depths_that_lsm_has_not(tmp_path: Path, read: Read, bits: tuple[int, int]) -> None:
    array = ramp(2, 7, 9)
    path = write(tmp_path / "a.lsm", [list(array)], way=Way(extra={258: (3, bits)}, thumbnails=False)).path
    with pytest.raises((UnsupportedFeatureError, CorruptFileError)):
        read(path)


def test_big_endian_is_refused_by_name(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "a.lsm"
    tag = (34412, 7, 4, b"abcd", True)
    tifffile.imwrite(path, ramp(7, 9), byteorder=">", extratags=[tag], photometric="minisblack", metadata=None)
    with pytest.raises(UnsupportedFeatureError, match="big-endian") as caught:
        read(path)
    assert 'reader="tiff"' in caught.value.remedy


# --- maps


MAPPED = {
    "tzc": True, "single": True, "unknown-sizes": True, "line": True, "xz": True, "xz-time": True, "places": True,
    "twelve-bits": True, "strips": True, "chunky": True, "mixed": False, "lzw": False, "lzw-strips": False,
    "floats": False,  # a thumbnail of 6 bytes between planes: their distance is no number of whole pixels
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_map_shows_the_pixels_where_they_lie_as_they_are(kind: str, tmp_path: Path) -> None:
    """Channels of a page behind one another, a thumbnail between pages; not where compressed or of several types."""
    one = KINDS[kind](tmp_path / "a.lsm")
    for k, array in enumerate(one.arrays):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OmioWarning)
            (image,) = opening.open_source(one.file.path).pick(k)
        with image:
            if MAPPED[kind]:
                assert np.array_equal(image.to_memmap(), array)
                continue
            with pytest.raises(UnsupportedFeatureError, match="cannot be mapped"):
                image.to_memmap()


def test_no_map_of_strips_at_irregular_distances(tmp_path: Path) -> None:
    array = ramp(4, 2, 7, 9)
    way = Way(thumbnails=False, place=lambda k, at: at + 8 * k)
    write(tmp_path / "a.lsm", stack(array), {"DimensionZ": 4}, way=way)
    with opening.open_source(tmp_path / "a.lsm").images[0] as image:
        assert np.array_equal(image.to_numpy()[0], array)
        with pytest.raises(UnsupportedFeatureError, match="at regular distances"):
            image.to_memmap()


def test_the_colours_of_a_display_are_none_of_the_pixels(tmp_path: Path) -> None:
    """A PhotometricInterpretation other than grey is that of how a page is shown: nothing is told of it."""
    array = ramp(3, 1, 7, 9)
    write(tmp_path / "a.lsm", stack(array), {"DimensionZ": 3}, way=Way(extra={262: (3, (3,))}))
    with opening.open_source(tmp_path / "a.lsm").images[0] as image:
        assert image.metadata.assumptions == ()
        assert np.array_equal(image.to_numpy()[0], array)
