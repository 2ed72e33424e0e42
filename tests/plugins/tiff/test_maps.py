"""Maps of TIFFs: they show the pixels that are read, and are not offered where pixels do not lie as they are."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import omio
from omio_core.errors import OmioWarning, UnsupportedFeatureError
from omio_plugins.tiff import _presence

from .made import companion, image, ome, placed, ramp, tiff


def opened(path: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OmioWarning)
        return omio.imopen(path)


def compare(path: Path, dtype: str | None = None) -> np.ndarray:
    """Whole and a part of every resolution are the pixels that are read."""
    with opened(path) as whole:
        for k in range(len(whole.levels)):
            one = whole.level(k)
            seen, pixels = one.to_memmap(), one.to_numpy()
            assert isinstance(seen, np.memmap)
            assert not seen.flags.writeable
            assert np.array_equal(seen, pixels)
            part = one.at(Y=slice(1, None), X=slice(2, 4), T=-1)
            assert np.array_equal(part.to_memmap(), pixels[-1:, :, :, 1:, 2:4])
            assert dtype is None or seen.dtype == np.dtype(dtype)
        return whole.to_numpy()


def refused(path: Path) -> str:
    """It is readable all the same; gives the words."""
    with opened(path) as one:
        with pytest.raises(UnsupportedFeatureError, match="cannot be mapped") as told:
            one.to_memmap()
        assert one.to_numpy().size
    return str(told.value)


KINDS: dict[str, tuple[tuple[int, ...], dict[str, Any]]] = {
    "tifffile's own": ((4, 3, 9, 11), {"photometric": "minisblack", "metadata": {"axes": "TZYX"}}),
    "RGB": ((4, 9, 11, 3), {"photometric": "rgb"}),
    "ImageJ": ((2, 3, 2, 9, 11), {"imagej": True, "metadata": {"axes": "TZCYX"}}),
    "plain": ((5, 9, 11), {"photometric": "minisblack", "metadata": None}),
    "one page": ((9, 11), {"photometric": "minisblack", "metadata": None}),
    "strips": ((5, 9, 11), {"photometric": "minisblack", "metadata": None, "rowsperstrip": 4}),
    "strips of a row": ((5, 9, 11), {"photometric": "minisblack", "metadata": None, "rowsperstrip": 1}),
    "OME-TIFF": ((2, 3, 2, 9, 11), {"ome": True, "photometric": "minisblack", "metadata": {"axes": "TZCYX"}}),
    "BigTIFF": ((5, 9, 11), {"photometric": "minisblack", "bigtiff": True, "rowsperstrip": 4}),
    "one IFD for all": ((50, 9, 11), {"photometric": "minisblack", "metadata": {"truncate": True}}),
    "CMYK": ((9, 11, 4), {"photometric": "separated", "metadata": None}),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
def test_pixels_are_those_that_are_read(tmp_path: Path, kind: str, order: str, dtype: str) -> None:
    shape, options = KINDS[kind]
    array = ramp(*shape, dtype=dtype)
    path = tmp_path / ("a.ome.tif" if options.get("ome") else "a.tif")
    tifffile.imwrite(path, array, byteorder=order, **options)
    found = compare(path, order + dtype)
    assert found.size == array.size


@pytest.mark.parametrize("shape", [(2, 3, 2, 20, 11), (1, 1, 1, 700, 400), (3, 1, 1, 700, 400), (1, 1, 3, 300, 20)])
@pytest.mark.parametrize("tile", [None, 0])
def test_what_omio_writes_without_compression(tmp_path: Path, shape: tuple[int, ...], tile: int | None) -> None:
    array = ramp(*shape)
    path = omio.imwrite(tmp_path / "a.ome.tif", array, compression_level=0, tile=tile)
    assert np.array_equal(compare(path, "<u2"), array)


def test_smaller_resolutions(tmp_path: Path) -> None:
    """Every resolution is mapped, with its own distances: planes of one lie among those of the others."""
    array = ramp(3, 64, 48)
    path = tmp_path / "a.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        writer.write(array, subifds=2, photometric="minisblack", metadata={"axes": "TYX"})
        writer.write(array[:, ::2, ::2], subfiletype=1, photometric="minisblack")
        writer.write(array[:, ::4, ::4], subfiletype=1, photometric="minisblack", compression="zlib")
    with omio.imopen(path) as one:
        for k, step in enumerate((1, 2)):
            assert np.array_equal(one.level(k).to_memmap()[:, 0, 0], array[:, ::step, ::step])
        with pytest.raises(UnsupportedFeatureError, match="cannot be mapped"):
            one.level(2).to_memmap()


def test_gaps_between_planes(tmp_path: Path) -> None:
    """Tables of tags between planes, as programs have it that write page by page."""
    array = ramp(7, 9, 11)
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as writer:
        for plane in array:
            writer.write(plane, metadata=None, contiguous=False, photometric="minisblack", description="d")
    assert np.array_equal(compare(path)[:, 0, 0], array)


def test_planes_in_another_order_than_their_axes(tmp_path: Path, make, page) -> None:
    """Distances along the axes are what they are: of OME-TIFF, whose XML places pages at will."""
    array = ramp(2, 3, 5, 7)  # as stored: C, Z
    planes = [placed(None, None, inside=f'IFD="{3 * c + z}"', C=c, Z=z) for c in range(2) for z in range(3)]
    xml = ome(image([p.replace("<UUID></UUID>", "") for p in planes], array, order="XYCZT", Z=3, C=2))
    path = tiff(tmp_path / "a.ome.tif", array, xml)
    assert np.array_equal(compare(path)[0], array.transpose(1, 0, 2, 3))


def test_an_odd_place_in_the_file(make, page) -> None:
    data = bytes(range(1, 50))
    path = make([page(t258=(3, 16), t273=(4, 9), t279=(4, 24))], data=data)
    assert compare(path)[0, 0, 0, 0, 0] == 2 + 256 * 3


def test_a_length_that_the_writer_did_not_know(make, page) -> None:
    assert compare(make([page(t279=(4, 0))], data=bytes(range(12)))).ravel().tolist() == list(range(12))


def test_a_type_that_only_the_xml_tells(tmp_path: Path) -> None:
    array = ramp(5, 7, dtype="f4")
    path = tiff(tmp_path / "a.ome.tif", array.view("u4"), ome(image(["<TiffData/>"], array)))
    assert np.array_equal(compare(path, "<f4")[0, 0, 0], array)


@pytest.mark.parametrize("looked", [True, False])
@pytest.mark.parametrize("far", [True, False])
def test_many_pages_of_several_strips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, looked: bool, far: bool) -> None:
    """Their tables are looked at one by one, or where they are close together; else nothing is offered."""
    if not looked:
        monkeypatch.setattr(_presence, "_MOST_PAGES_LOOKED_AT", 0)
    array = ramp(60, 40, 60)
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as writer:
        for part in array if far else [array]:
            writer.write(part, metadata=None, photometric="minisblack", rowsperstrip=9, contiguous=not far)
    if looked or not far:
        assert np.array_equal(compare(path)[:, 0, 0], array)
    else:
        assert "at regular distances" in refused(path)


COMPRESSED = {
    "zlib": {"compression": "zlib"},
    "LZW": {"compression": "lzw"},
    "tiles": {"tile": (16, 16)},
    "a tile that is the plane": {"tile": (32, 48)},
    "zlib, predictor": {"compression": "zlib", "predictor": True},
}


@pytest.mark.parametrize("stored", COMPRESSED)
def test_not_offered_of_what_is_not_stored_as_it_is(tmp_path: Path, stored: str) -> None:
    tifffile.imwrite(tmp_path / "a.tif", ramp(3, 32, 48), metadata=None, photometric="minisblack", **COMPRESSED[stored])
    assert "does not find them stored as they are, at regular distances" in refused(tmp_path / "a.tif")


def _planar(path: Path) -> None:
    tifffile.imwrite(path, ramp(3, 9, 11, dtype="u1"), photometric="rgb", planarconfig="separate", metadata=None)


def _bits(path: Path) -> None:
    tifffile.imwrite(path, ramp(9, 11) > 50, photometric="minisblack", metadata=None)


def _unequal(path: Path) -> None:
    with tifffile.TiffWriter(path) as writer:
        for k, plane in enumerate(ramp(4, 9, 11)):
            text = "x" * (k * 8 + 40)
            writer.write(plane, metadata=None, contiguous=False, photometric="minisblack", description=text)


def _partly_compressed(path: Path) -> None:
    xml = ome(image(["<TiffData/>"], ramp(9, 11), Z=2))
    with tifffile.TiffWriter(path) as writer:
        for k, plane in enumerate(ramp(2, 9, 11)):
            options = {"compression": "zlib"} if k else {"description": xml}
            writer.write(plane, metadata=None, contiguous=False, photometric="minisblack", **options)


def _backwards(path: Path) -> None:
    array = ramp(3, 9, 11)
    planes = [placed(None, None, inside=f'IFD="{2 - z}"', Z=z).replace("<UUID></UUID>", "") for z in range(3)]
    tiff(path, array, ome(image(planes, array, Z=3)))


@pytest.mark.parametrize("kind", [_planar, _bits, _unequal, _partly_compressed, _backwards])
def test_not_offered(tmp_path: Path, kind: Callable[[Path], None]) -> None:
    kind(tmp_path / "a.tif")
    assert "at regular distances" in refused(tmp_path / "a.tif")


@pytest.mark.parametrize(
    "tags",
    [
        {"t266": (3, 2)},  # FillOrder: bits the other way round
        {"t317": (3, 2)},  # a predictor, though nothing is compressed
        {"t278": (3, 1), "t273": (4, (8, 16, 12)), "t279": (4, (4, 4, 4))},  # strips that change places
    ],
)
def test_not_offered_of_pages_made_by_hand(make, page, tags: dict[str, Any]) -> None:
    refused(make([page(**tags)], data=bytes(range(12))))


def test_not_offered_of_several_files(tmp_path: Path) -> None:
    paths, array = companion(tmp_path)
    assert "at regular distances" in refused(paths[1])
    with omio.imopen(paths[1]) as one:
        assert np.array_equal(one.to_numpy()[:, 0, 0], array[:, 0, 0])


def test_offered_of_the_one_file_of_a_companion(tmp_path: Path) -> None:
    """The metadata are elsewhere, the pixels in one file."""
    array = ramp(3, 5, 7)
    planes = [placed("a.ome.tif", 0, inside=f'IFD="{k}"', T=k) for k in range(3)]
    (tmp_path / "a.companion.ome").write_text(ome(image(planes, array, T=3), 9), "utf-8")
    tiff(tmp_path / "a.ome.tif", array, ome('<BinaryOnly MetadataFile="a.companion.ome" UUID="urn:uuid:'
         '00000000-0000-0000-0000-00000000000a"/>', 0))  # fmt: skip
    assert np.array_equal(compare(tmp_path / "a.companion.ome")[:, 0, 0], array)


def test_not_offered_of_what_is_absent(make, page) -> None:
    path = make([page(), page(t273=(4, 0), t279=(4, 0)), page()], data=bytes(12))
    assert "absent" in refused(path) or "regular" in refused(path)


def test_not_offered_beyond_the_end(make, page) -> None:
    """It opens, and reading says that it ends too soon; a map would end the process."""
    whole = make([page()], data=bytes(12))
    path = make([page(t273=(4, whole.stat().st_size - 4))], data=bytes(12))
    with opened(path) as one, pytest.raises(UnsupportedFeatureError, match="cannot be mapped"):
        one.to_memmap()


def test_a_strip_that_is_too_short_is_no_map(make, page) -> None:
    path = make([page(t279=(4, 5))], data=bytes(12))
    with opened(path) as one, pytest.raises(UnsupportedFeatureError, match="cannot be mapped"):
        one.to_memmap()


def test_a_sparse_axis_of_samples_and_channels(tmp_path: Path) -> None:
    """Samples of several channels do not follow one another: the reader tells where they lie, the map says why not."""
    tifffile.imwrite(tmp_path / "a.tif", ramp(2, 9, 11, 3, dtype="u1"), photometric="rgb", metadata={"axes": "CYXS"})
    assert "do not follow one another" in refused(tmp_path / "a.tif")
