"""Resolutions: SubIFDs, reduced pages in the chain, and what is no resolution; and the walk along the chain."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

import omio
from omio_core.contract import Box
from omio_core.errors import CorruptFileError, LimitExceededError
from omio_core.files.local import locate
from omio_core.settings import using
from omio_plugins.tiff._read import open_tiff

REDUCED = {"subfiletype": 1}


def ramp(*shape: int, dtype: str = "u2") -> np.ndarray:
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


def level(path: Path, index: int, image: int = 0) -> np.ndarray:
    """All pixels of a resolution with native axes."""
    opened = open_tiff(locate(path))
    try:
        described = opened.images[image]
        shape = described.levels[index].shape
        out = np.empty(shape, described.dtype)
        opened.read_into(out, image, Box.whole(shape), index)
        return out
    finally:
        opened.close()


def shapes(image) -> list[tuple[int, ...]]:
    return [one.shape for one in image.levels]


# --- SubIFDs


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("bigtiff", [False, True])
@pytest.mark.parametrize("stored", [{}, {"tile": (16, 16), "compression": "zlib"}])
def test_ome_pyramid(tmp_path: Path, byteorder: str, bigtiff: bool, stored: dict) -> None:
    path = tmp_path / "a.ome.tif"
    array = ramp(2, 3, 64, 80)
    metadata = {"axes": "TCYX", "PhysicalSizeX": 0.25, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 0.5}
    metadata["PhysicalSizeYUnit"] = "µm"
    with tifffile.TiffWriter(path, byteorder=byteorder, bigtiff=bigtiff, ome=True) as writer:
        writer.write(array, subifds=2, metadata=metadata, photometric="minisblack", **stored)
        writer.write(array[..., ::2, ::2], photometric="minisblack", **REDUCED, **stored)
        writer.write(array[..., ::4, ::4], photometric="minisblack", **REDUCED, **stored)
    with omio.imopen(path) as image:
        assert image.levels == ((2, 1, 3, 64, 80), (2, 1, 3, 32, 40), (2, 1, 3, 16, 20))
        np.testing.assert_array_equal(image.to_numpy()[:, 0], array)
        np.testing.assert_array_equal(image.level(1).to_numpy()[:, 0], array[..., ::2, ::2])
        np.testing.assert_array_equal(image.level(2)[1, 0, 2], array[1, 2, ::4, ::4])
        facts = image.level(1).metadata.facts
        assert (facts.physical_size_x.value, facts.physical_size_x.origin) == (0.5, "derived")
        assert facts.physical_size_y.value == 1.0
        assert image.metadata.facts.physical_size_x.origin == "file"


@pytest.mark.parametrize("metadata", [None, {"axes": "ZYX"}])
def test_pyramids_of_other_flavours(tmp_path: Path, metadata: dict | None, describe) -> None:
    path = tmp_path / "a.tif"
    array = ramp(3, 32, 40)
    with tifffile.TiffWriter(path) as writer:
        for planes in [array] if metadata else [plane[None] for plane in array]:
            writer.write(planes, subifds=1, metadata=metadata, photometric="minisblack")
            writer.write(planes[:, ::2, ::2], photometric="minisblack", metadata=None, **REDUCED)
    (image,) = describe(path)
    assert shapes(image) == [(3, 32, 40), (3, 16, 20)]
    np.testing.assert_array_equal(level(path, 0), array)
    np.testing.assert_array_equal(level(path, 1), array[:, ::2, ::2])
    assert image.kind == ("TIFF written by tifffile" if metadata else "pyramidal TIFF")


def test_rgb_pyramid(tmp_path: Path, describe) -> None:
    path = tmp_path / "a.tif"
    array = ramp(32, 48, 3, dtype="u1")
    with tifffile.TiffWriter(path) as writer:
        writer.write(array, subifds=1, photometric="rgb", tile=(16, 16), metadata=None)
        writer.write(array[::2, ::2], photometric="rgb", tile=(16, 16), metadata=None, **REDUCED)
    (image,) = describe(path)
    assert (image.axes, shapes(image)) == ("YXS", [(32, 48, 3), (16, 24, 3)])
    np.testing.assert_array_equal(level(path, 1), array[::2, ::2])


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (ramp(16, 20, dtype="u1"), "u1|uint8"),
        (ramp(16, 20, 3), "YXS"),
        (ramp(64, 80), "64|80x64"),
        (ramp(32, 40), "40x32"),
    ],
)
def test_what_is_no_resolution_is_left_out_and_told(tmp_path: Path, other: np.ndarray, why: str, describe) -> None:
    path = tmp_path / "a.tif"
    array = ramp(32, 40)
    with tifffile.TiffWriter(path) as writer:
        writer.write(array, subifds=2, metadata=None)
        writer.write(other, metadata=None, photometric="rgb" if other.ndim == 3 else "minisblack", **REDUCED)
        writer.write(array[::4, ::4], metadata=None, **REDUCED)
    (image,) = describe(path)
    assert shapes(image) == [(32, 40), (8, 10)]
    assert "SubIFD 0 is no smaller resolution" in image.assumptions[0]
    np.testing.assert_array_equal(level(path, 1), array[::4, ::4])
    assert any(part in image.assumptions[0] for part in why.split("|"))


def test_unmarked_sub_ifds_count_if_the_shape_is_the_pictures(tmp_path: Path, describe) -> None:
    path = tmp_path / "a.tif"
    array = ramp(33, 41)
    with tifffile.TiffWriter(path) as writer:
        writer.write(array, subifds=2, metadata=None)
        writer.write(array[::2, ::2], metadata=None)
        writer.write(array[:8, :40], metadata=None)
    (image,) = describe(path)
    assert shapes(image) == [(33, 41), (17, 21)]
    assert "another shape" in image.assumptions[0]


def test_levels_come_in_order_of_size_and_each_size_once(tmp_path: Path, describe) -> None:
    path = tmp_path / "a.tif"
    array = ramp(32, 40)
    with tifffile.TiffWriter(path) as writer:
        writer.write(array, subifds=3, metadata=None)
        for step in (4, 2, 2):
            writer.write(array[::step, ::step], metadata=None, **REDUCED)
    (image,) = describe(path)
    assert shapes(image) == [(32, 40), (16, 20), (8, 10)]
    assert "as large as SubIFD 1" in image.assumptions[0]


def test_only_what_all_pages_have(tmp_path: Path, describe) -> None:
    path = tmp_path / "a.tif"
    array = ramp(2, 32, 40)
    with tifffile.TiffWriter(path) as writer:
        for plane, number in zip(array, (2, 1), strict=True):
            writer.write(plane, subifds=number, metadata=None)
            for k in range(number):
                writer.write(plane[:: 2 << k, :: 2 << k], metadata=None, **REDUCED)
    (image,) = describe(path)
    assert shapes(image) == [(2, 32, 40), (2, 16, 20)]
    assert "more SubIFDs than others" in image.assumptions[0]


Make = Callable[..., Path]


def offset_of(path: Path, page: int) -> int:
    with tifffile.TiffFile(path) as file:
        return file.pages[page].offset


@pytest.mark.parametrize("target", ["itself", "another", "outside", "nothing", "twice"])
def test_sub_ifds_that_cannot_be(make: Make, page, describe, target: str) -> None:
    number = 2 if target == "twice" else 1
    pages = [page(t330=(4, (0,) * number)), page(2, 2), page(2, 2, t254=(4, 1))]
    path = make(pages, data=bytes(12))
    data = bytearray(path.read_bytes())
    where = {"itself": offset_of(path, 0), "another": offset_of(path, 1), "outside": 1 << 30, "nothing": 8}
    at = where.get(target, offset_of(path, 2))
    entry = data.index(struct.pack("<HHI", 330, 4, number))
    if number == 1:
        data[entry + 8 : entry + 12] = struct.pack("<I", at)
    else:
        data[entry + 8 : entry + 12] = struct.pack("<I", len(data))
        data += struct.pack("<2I", at, at)
        unlink = offset_of(path, 1)
        n = struct.unpack_from("<H", data, unlink)[0]
        data[unlink + 2 + 12 * n : unlink + 6 + 12 * n] = bytes(4)  # the third page is no longer in the chain
    path.write_bytes(bytes(data))
    with pytest.raises(CorruptFileError, match="damaged"):
        describe(path)


def test_a_sub_ifd_whose_pixels_are_not_there(make: Make, page, describe) -> None:
    """The tables are sound, what they point at is not: found when that level is read, and only then."""
    small = page(2, 2, t254=(4, 1), t259=(3, 8), t273=(4, 1 << 20))
    path = make([page(t330=(4, 0)), small], data=bytes(12))
    data = bytearray(path.read_bytes())
    at = offset_of(path, 1)
    entry = data.index(struct.pack("<HHI", 330, 4, 1))
    data[entry + 8 : entry + 12] = struct.pack("<I", at)
    first = offset_of(path, 0)
    n = struct.unpack_from("<H", data, first)[0]
    data[first + 2 + 12 * n : first + 6 + 12 * n] = bytes(4)
    path.write_bytes(bytes(data))
    assert shapes(describe(path)[0]) == [(3, 4), (2, 2)]
    assert level(path, 0).shape == (3, 4)
    with pytest.raises(CorruptFileError):
        level(path, 1)


@pytest.mark.parametrize("kind", [1, 3])
def test_sub_ifds_of_a_type_that_is_no_offset(make: Make, page, describe, kind: int) -> None:
    with pytest.raises(CorruptFileError, match="no offset"):
        describe(make([page(t330=(kind, b"\1\0" if kind == 1 else 8))], data=bytes(12)))


def test_more_sub_ifds_than_make_sense(make: Make, page, describe) -> None:
    with pytest.raises(CorruptFileError, match="at most 64"):
        describe(make([page(t330=(4, tuple(range(65))))], data=bytes(12)))


def test_sub_ifds_count_as_pages(tmp_path: Path, describe) -> None:
    path = tmp_path / "a.tif"
    array = ramp(4, 16, 16)
    with tifffile.TiffWriter(path) as writer:
        writer.write(array, subifds=1, metadata=None, photometric="minisblack")
        writer.write(array[:, ::2, ::2], metadata=None, photometric="minisblack", **REDUCED)
    with using(max_pages=8):
        assert len(describe(path)[0].levels) == 2
    with using(max_pages=7), pytest.raises(LimitExceededError, match="too many pages"):
        describe(path)


# --- reduced pages in the chain


@pytest.mark.parametrize("interleaved", [True, False])
def test_reduced_pages_behind_their_picture(tmp_path: Path, interleaved: bool, describe) -> None:
    path = tmp_path / "a.tif"
    array = ramp(3, 32, 40)
    with tifffile.TiffWriter(path) as writer:
        for planes in [plane[None] for plane in array] if interleaved else [array]:
            writer.write(planes, metadata=None, photometric="minisblack")
            for step in (2, 4):
                writer.write(planes[:, ::step, ::step], metadata=None, photometric="minisblack", **REDUCED)
    (image,) = describe(path)
    assert (image.kind, shapes(image)) == ("pyramidal TIFF", [(3, 32, 40), (3, 16, 20), (3, 8, 10)])
    for index, step in enumerate((1, 2, 4)):
        np.testing.assert_array_equal(level(path, index), array[:, ::step, ::step])


def test_a_thumbnail_of_another_type_is_no_resolution(tmp_path: Path, describe) -> None:
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(ramp(32, 40), metadata=None)
        writer.write(ramp(16, 20, 3, dtype="u1"), metadata=None, photometric="rgb", **REDUCED)
    (image,) = describe(path)
    assert shapes(image) == [(32, 40)]
    assert "left out" in image.assumptions[0]


def test_smaller_pages_that_are_not_marked_are_images(tmp_path: Path, describe) -> None:
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(ramp(32, 40), metadata=None)
        writer.write(ramp(16, 20), metadata=None)
    assert [shapes(image) for image in describe(path)] == [[(32, 40)], [(16, 20)]]


def test_a_reduced_page_behind_some_only(tmp_path: Path, describe) -> None:
    path = tmp_path / "a.tif"
    array = ramp(32, 40)
    with tifffile.TiffWriter(path) as writer:
        writer.write(array, metadata=None)
        writer.write(array[::2, ::2], metadata=None, **REDUCED)
        writer.write(array, metadata=None)
    (image,) = describe(path)
    assert shapes(image) == [(2, 32, 40)]
    assert "1 of 2 pages" in image.assumptions[0]


# --- the walk along the chain, read ahead where IFDs lie at equal distances


def chained(path: Path, offsets: list[int], *, links: list[int] | None = None, widths: list[int] | None = None) -> Path:
    """Pages of one row, whose IFDs lie at `offsets`; the pixel of page k is k, at byte 8 + k."""
    n = len(offsets)
    links = links or [*offsets[1:], 0]
    size = 2 + 12 * 6 + 4
    data = bytearray(max(offsets) + size)
    data[:8] = struct.pack("<2sHI", b"II", 42, offsets[0])
    data[8 : 8 + n] = bytes(k % 256 for k in range(n))
    for k, (offset, link) in enumerate(zip(offsets, links, strict=True)):
        width = (widths or [1] * n)[k]
        tags = ((256, 1, width), (257, 1, 1), (258, 1, 8), (259, 1, 1), (273, 1, 8 + k), (279, 1, width))
        table = b"".join(struct.pack("<HHII", code, 4, count, value) for code, count, value in tags)
        data[offset : offset + size] = struct.pack("<H", 6) + table + struct.pack("<I", link)
    path.write_bytes(bytes(data))
    return path


def pixels(path: Path) -> list[int]:
    return level(path, 0).ravel().tolist()


N = 300
STEPS = {
    "close": [512 + 80 * k for k in range(N)],
    "far": [512 + 8192 * k for k in range(N)],
    "backwards": [512 + 80 * (N - k) for k in range(N)],
    "in two runs": [512 + 80 * k for k in range(150)] + [60_000 + 96 * k for k in range(150)],
    "irregular": [512 + 80 * k + 2 * (k * k % 7) + 20 * (k // 20) for k in range(N)],
}


@pytest.mark.parametrize("name", STEPS)
def test_every_page_is_found_in_order(tmp_path: Path, name: str) -> None:
    offsets = STEPS[name]
    if name == "irregular":
        offsets = sorted({512 + 100 * k + k * k % 7 * 2 for k in range(N)})
    path = chained(tmp_path / "a.tif", offsets)
    assert pixels(path) == [k % 256 for k in range(N)]


def test_a_page_unlinked_from_the_middle_is_not_read(tmp_path: Path) -> None:
    """As libtiff's TIFFUnlinkDirectory leaves it: the table is still there, and no link leads to it."""
    offsets = STEPS["close"]
    links = [*offsets[1:], 0]
    links[99] = offsets[101]
    path = chained(tmp_path / "a.tif", offsets, links=links)
    assert pixels(path) == [k % 256 for k in range(N) if k != 100]


def test_a_page_of_another_kind_in_the_middle(tmp_path: Path, describe) -> None:
    path = chained(tmp_path / "a.tif", STEPS["close"], widths=[2 if k == 200 else 1 for k in range(N)])
    assert [shapes(image) for image in describe(path)] == [[(299, 1, 1)], [(1, 2)]]
    assert pixels(path) == [k % 256 for k in range(N) if k != 200]


@pytest.mark.parametrize("back", [0, 1, 150, 299])
@pytest.mark.parametrize("name", ["close", "far"])
def test_a_chain_that_comes_back(tmp_path: Path, name: str, back: int, describe) -> None:
    offsets = STEPS[name]
    path = chained(tmp_path / "a.tif", offsets, links=[*offsets[1:], offsets[back]])
    with pytest.raises(CorruptFileError, match=f"damaged.*\n.*comes back to offset {offsets[back]}|longer than the"):
        describe(path)


def test_more_pages_than_allowed(tmp_path: Path, describe) -> None:
    path = chained(tmp_path / "a.tif", STEPS["close"])
    with using(max_pages=N):
        assert shapes(describe(path)[0]) == [(N, 1, 1)]
    with using(max_pages=N - 1), pytest.raises(LimitExceededError, match="too many pages"):
        describe(path)


def test_a_chain_cut_short(tmp_path: Path, describe) -> None:
    path = chained(tmp_path / "a.tif", STEPS["close"])
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(CorruptFileError, match="page 299"):
        describe(path)


@pytest.mark.parametrize("rgb", [True, False])
def test_many_pages_by_tifffile(tmp_path: Path, rgb: bool) -> None:
    path = tmp_path / "a.tif"
    array = ramp(200, 4, 5, *([3] * rgb), dtype="u1")
    with tifffile.TiffWriter(path) as writer:
        for plane in array:
            writer.write(plane, metadata=None, photometric="rgb" if rgb else "minisblack")
    np.testing.assert_array_equal(level(path, 0), array)


def test_planes_not_stored_are_told_apart_among_many(tmp_path: Path, describe) -> None:
    path = chained(tmp_path / "a.tif", STEPS["close"])
    data = bytearray(path.read_bytes())
    for k in (7, 250):
        at = STEPS["close"][k] + 2 + 12 * 4 + 8
        data[at : at + 4] = bytes(4)
    path.write_bytes(bytes(data))
    (image,) = describe(path)
    present = image.levels[0].present
    assert [box.spans[0] for box in present] == [(0, 7), (8, 250), (251, 300)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert omio.imread(path)[0].ravel().tolist() == [0 if k in (7, 250) else k % 256 for k in range(N)]
