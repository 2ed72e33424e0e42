"""The options of the OME-TIFF writer: compressions, predictors, pyramids, dimension orders, "auto", digests."""

from __future__ import annotations

import itertools
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

import omio
from omio_core.errors import CorruptFileError, WriteError
from omio_core.images.image import Image
from omio_core.ome import read
from omio_core.pixels import digests
from omio_plugins.ome_tiff import _auto, _bands, _check, _codecs, _plan, _write

Save = Callable[..., Any]
Noisy = Callable[..., NDArray[Any]]
TAGS = {
    "none": 1, "zlib": 8, "lzw": 5, "zstd": 50000, "lzma": 34925, "packbits": 32773, "png": 34933, "jpeg2000": 34712,
    "jpegxl": 50002, "webp": 50001,
}  # fmt: skip
BYTEWISE = ("none", "zlib", "lzw", "zstd", "lzma", "packbits")


def of(array: NDArray[Any], axes: str = "TZCYX") -> Image:
    return Image.of_array(array, axes=axes)


def provenance(path: Path, index: int = 0) -> Any:
    with tifffile.TiffFile(path) as tif:
        return read.ome_facts(tif.pages[0].description, index).annotations["omio/provenance"]


# --- compressions


def test_every_compression_is_named_here() -> None:
    assert {name: codec.tag for name, codec in _codecs.CODECS.items()} == TAGS


@pytest.mark.parametrize("tile", [0, 32])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "float64"])
@pytest.mark.parametrize("name", BYTEWISE)
def test_compressions_of_bytes(tmp_path: Path, save: Save, noisy: Noisy, name: str, dtype: str, tile: int) -> None:
    array = noisy(2, 1, 2, 45, 70, dtype=dtype)
    path = tmp_path / "a.ome.tif"
    save(path, of(array), compression=name, tile=tile)
    with tifffile.TiffFile(path) as tif:
        assert tif.pages[1].compression == TAGS[name]
        np.testing.assert_array_equal(tif.asarray().reshape(array.shape), array)
    np.testing.assert_array_equal(omio.imread(path)[0], array)


@pytest.mark.parametrize("axes", ["TZCYX", "TZYXS"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("name", ["png", "jpeg2000", "jpegxl"])
def test_compressions_of_pictures(tmp_path: Path, save: Save, noisy: Noisy, name: str, dtype: str, axes: str) -> None:
    array = noisy(2, 1, 1, 45, 70, dtype=dtype) if axes == "TZCYX" else noisy(3, 2, 45, 70, dtype=dtype)
    array = array if axes == "TZCYX" else np.ascontiguousarray(np.moveaxis(array[:, :, None], 0, -1))[:, 0][:, None]
    source = of(array, axes)
    path = tmp_path / "a.ome.tif"
    save(path, source, compression=name)
    with tifffile.TiffFile(path) as tif:
        assert tif.pages[0].compression == TAGS[name]
    np.testing.assert_array_equal(omio.imread(path)[0], source.to_numpy())


def test_webp_keeps_rgb(tmp_path: Path, save: Save, noisy: Noisy) -> None:
    source = of(np.moveaxis(noisy(3, 45, 70, dtype="uint8"), 0, -1).copy(), "YXS")
    save(tmp_path / "a.ome.tif", source, compression="webp")
    np.testing.assert_array_equal(omio.imread(tmp_path / "a.ome.tif")[0], source.to_numpy())


@pytest.mark.parametrize("name", ["jpegxl", "png", "jpeg2000"])
def test_colours_under_a_transparent_alpha_are_kept(tmp_path: Path, save: Save, noisy: Noisy, name: str) -> None:
    """An encoder may blank what nobody sees; here every value is a measurement."""
    array = np.moveaxis(noisy(4, 45, 70, dtype="uint8"), 0, -1).copy()
    array[..., 3] = 0
    save(tmp_path / "a.ome.tif", of(array, "YXS"), compression=name)
    np.testing.assert_array_equal(omio.imread(tmp_path / "a.ome.tif")[0], of(array, "YXS").to_numpy())


@pytest.mark.parametrize("tile", [0, 32])
@pytest.mark.parametrize("axes", ["TZCYX", "TZYXS"])
@pytest.mark.parametrize(("dtype", "tag"), [("uint8", 2), ("uint16", 2), ("int32", 2), ("float32", 3), ("float64", 3)])
@pytest.mark.parametrize("name", ["zlib", "zstd", "lzw", "lzma"])
def test_predictors(
    tmp_path: Path, save: Save, noisy: Noisy, name: str, dtype: str, tag: int, axes: str, tile: int
) -> None:
    array = noisy(2, 1, 3, 45, 70, dtype=dtype)
    source = of(array if axes == "TZCYX" else np.moveaxis(array, 2, -1).copy(), axes)
    path = tmp_path / "a.ome.tif"
    save(path, source, compression=name, predictor=True, tile=tile)
    with tifffile.TiffFile(path) as tif:
        assert tif.pages[0].predictor == tag
        there = tif.asarray().reshape(source.shape) if axes == "TZCYX" else np.moveaxis(tif.asarray(), -1, 1)
        np.testing.assert_array_equal(there.reshape(source.shape), source.to_numpy())
    np.testing.assert_array_equal(omio.imread(path)[0], source.to_numpy())


@pytest.mark.parametrize(
    ("dtype", "options", "said"),
    [
        ("uint16", {"compression": "gzip"}, "no compression 'gzip'"),
        ("uint16", {"compression": 8}, "no compression 8"),
        ("float32", {"compression": "png"}, "cannot take"),
        ("uint16", {"compression": "webp"}, "cannot take"),
        ("uint16", {"compression": "packbits", "predictor": True}, "no predictor"),
        ("complex64", {"predictor": True}, "no predictor"),
        ("uint16", {"predictor": "yes"}, "predictor cannot be"),
        ("uint16", {"pyramid": -1}, "pyramid cannot be"),
        ("uint16", {"pyramid": "all"}, "pyramid cannot be"),
        ("uint16", {"pyramid": 9}, "no 9 levels"),
        ("uint16", {"pyramid": 1, "tile": 0}, "has tiles"),
        ("uint16", {"pyramid_method": "median"}, "pyramid_method cannot be"),
        ("uint16", {"order": "TZCYX"}, "order cannot be"),
        ("uint16", {"compression_level": "auto", "compression": "zstd"}, "encoders of zlib"),
    ],
)
def test_what_does_not_go_together(
    tmp_path: Path, save: Save, noisy: Noisy, dtype: str, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(WriteError, match=said) as caught:
        save(tmp_path / "a.ome.tif", of(noisy(1, 1, 1, 20, 30, dtype=dtype)), **options)
    assert caught.value.remedy
    assert list(tmp_path.iterdir()) == []


# --- orders


@pytest.mark.parametrize("order", ["".join(("XY", *rest)) for rest in itertools.permutations("ZCT")])
@pytest.mark.parametrize("axes", ["TZCYX", "TZCYXS"])
def test_every_dimension_order(tmp_path: Path, save: Save, order: str, axes: str) -> None:
    shape = (2, 3, 4, 9, 11) if axes == "TZCYX" else (2, 3, 2, 9, 11, 3)
    source = of(np.arange(np.prod(shape), dtype="uint16").reshape(shape), axes)
    path = tmp_path / "a.ome.tif"
    save(path, source, order=order)
    with tifffile.TiffFile(path) as tif:
        description = read.parse_ome(tif.pages[0].description).images[0]
        assert f'DimensionOrder="{order}"' in tif.pages[0].description
        page, step = tif.pages[1].asarray(), "TZC".index(order[2])
        at = [0, 0, 0]
        at[step] = 1 if axes == "TZCYX" or order[2] != "C" else 3
        wanted = source.to_numpy()[tuple(at)]
        np.testing.assert_array_equal(page if page.ndim == 2 else page[..., 0], wanted)
    assert (description.size_t, description.size_z) == shape[:2]
    np.testing.assert_array_equal(omio.imread(path)[0], source.to_numpy())


# --- pyramids


def levels(path: Path, series: int = 0) -> list[NDArray[Any]]:
    with tifffile.TiffFile(path) as tif:
        return [level.asarray() for level in tif.series[series].levels]


def mean(plane: NDArray[Any]) -> NDArray[Any]:
    """The definition, pixel by pixel: the mean of 2 x 2, halves upwards, the odd last row and column left out."""
    y, x = plane.shape[0] // 2 * 2, plane.shape[1] // 2 * 2
    parts = plane[:y, :x].astype("float64" if plane.dtype.kind == "f" else object)
    total = parts[::2, ::2] + parts[1::2, ::2] + parts[::2, 1::2] + parts[1::2, 1::2]
    return (total / 4 if plane.dtype.kind == "f" else (total + 2) // 4).astype(plane.dtype)


@pytest.mark.parametrize("banded", [False, True])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "int32", "float32"])
def test_mean_levels(tmp_path: Path, save: Save, monkeypatch: pytest.MonkeyPatch, dtype: str, banded: bool) -> None:
    if banded:
        monkeypatch.setattr(_plan, "BAND", 10_000)
        monkeypatch.setattr(_plan, "BAND_BOX", 4_000)
    random = np.random.default_rng(0)
    least, most = (np.iinfo(dtype).min, np.iinfo(dtype).max) if dtype != "float32" else (-9, 9)
    array = random.uniform(least, most, (2, 1, 2, 203, 151)).astype(dtype)
    path = tmp_path / "a.ome.tif"
    save(path, of(array), pyramid=3, tile=16)
    found = levels(path)
    assert [one.shape[-2:] for one in found] == [(203, 151), (101, 75), (50, 37), (25, 18)]
    flat = array.reshape(-1, 203, 151)
    for level in found:
        np.testing.assert_array_equal(level.reshape(flat.shape), flat)
        flat = np.stack([mean(plane) for plane in flat])
    image = omio.imopen(path)
    assert image.levels == tuple((2, 1, 2, *one.shape[-2:]) for one in found)
    np.testing.assert_array_equal(image.level(2).to_numpy().reshape(found[2].shape), found[2])
    said = provenance(path)["pyramid"]
    assert said["levels"] == 3
    assert "mean" in said.values()


@pytest.mark.parametrize("banded", [False, True])
def test_nearest_levels_of_rgb(tmp_path: Path, save: Save, monkeypatch: pytest.MonkeyPatch, banded: bool) -> None:
    if banded:
        monkeypatch.setattr(_plan, "BAND", 10_000)
        monkeypatch.setattr(_plan, "BAND_BOX", 4_000)
    array = np.random.default_rng(1).integers(0, 255, (130, 70, 3), np.uint8)
    path = tmp_path / "a.ome.tif"
    save(path, of(array, "YXS"), pyramid=2, pyramid_method="nearest", tile=32)
    found = levels(path)
    np.testing.assert_array_equal(found[1], array[:130:2, :70:2])
    np.testing.assert_array_equal(found[2], array[:128:4, :68:4])
    assert "nearest" in provenance(path)["pyramid"].values()


def test_as_many_levels_as_make_the_last_one_small(tmp_path: Path, save: Save) -> None:
    path = tmp_path / "a.ome.tif"
    save(path, of(np.zeros((1, 1, 1, 1100, 2100), np.uint8)), pyramid=True)
    assert [one.shape for one in levels(path)] == [(1100, 2100), (550, 1050), (275, 525), (137, 262)]
    save(path, of(np.zeros((1, 1, 1, 100, 200), np.uint8)), pyramid=True)
    assert len(levels(path)) == 1
    assert "pyramid" not in provenance(path)


@pytest.mark.parametrize(("height", "width"), [(1, 90_000), (3, 40_000), (40_000, 1)])
def test_levels_of_thin_planes(
    tmp_path: Path, save: Save, monkeypatch: pytest.MonkeyPatch, height: int, width: int
) -> None:
    monkeypatch.setattr(_plan, "BAND", 10_000)
    array = np.random.default_rng(2).integers(0, 255, (height, width), np.uint8)
    path = tmp_path / "a.ome.tif"
    save(path, of(array, "YX"), pyramid=4, pyramid_method="nearest", tile=64)
    found = levels(path)
    assert [one.shape for one in found] == [(max(1, height >> i), max(1, width >> i)) for i in range(5)]
    ys, xs = (16 if height > 15 else 1), (16 if width > 15 else 1)
    np.testing.assert_array_equal(found[4], array[::ys, ::xs][: found[4].shape[0], : found[4].shape[1]])


class Chunked:
    """An array of chunks that notes how much is asked for at once."""

    def __init__(self, array: NDArray[Any], chunks: tuple[int, ...]):
        self._array, self.chunks = array, chunks
        self.shape, self.dtype, self.most = array.shape, array.dtype, 0

    def __getitem__(self, key: Any) -> NDArray[Any]:
        part: NDArray[Any] = self._array[key]
        self.most = max(self.most, part.nbytes)
        return part


@pytest.mark.parametrize("method", ["mean", "nearest"])
@pytest.mark.parametrize("chunks", [(16, 40), (48, 40), (40, 24), (203, 40), (16, 151), (3, 151), (203, 151)])
@pytest.mark.parametrize("pyramid", [0, 3])
def test_planes_whose_rows_of_tiles_are_large(
    tmp_path: Path, save: Save, monkeypatch: pytest.MonkeyPatch, chunks: tuple[int, int], method: str, pyramid: int
) -> None:
    """They are read in smaller parts, along the chunks; tiles, levels and digests are the same."""
    array = np.random.default_rng(0).integers(0, 999, (2, 203, 151, 3), np.uint16)
    options = {"tile": 16, "pyramid": pyramid, "pyramid_method": method}
    whole = save(tmp_path / "whole.ome.tif", of(array, "TYXS"), **options)
    monkeypatch.setattr(_plan, "BAND", 10_000)
    monkeypatch.setattr(_plan, "BAND_BOX", 2_000)
    monkeypatch.setattr(_bands, "TASK", 1_000)
    source = Chunked(array, (1, *chunks, 3))
    parts = save(tmp_path / "parts.ome.tif", of(source, "TYXS"), **options)
    assert source.most < array.nbytes // 4 or chunks[0] > 48
    assert parts.digests == whole.digests
    with tifffile.TiffFile(tmp_path / "whole.ome.tif") as a, tifffile.TiffFile(tmp_path / "parts.ome.tif") as b:
        assert len(a.series[0].levels) == len(b.series[0].levels) == pyramid + 1
        for one, other in zip(a.series[0].levels, b.series[0].levels, strict=True):
            np.testing.assert_array_equal(one.asarray(), other.asarray())
            assert [page.databytecounts for page in one.pages] == [page.databytecounts for page in other.pages]


def test_a_wide_plane_is_never_whole_in_memory(tmp_path: Path, save: Save) -> None:
    """Of 256 MiB, one row of tiles (16 MiB), its levels, and a few parts."""
    chunk = np.arange(512 * 2048, dtype=np.uint16).reshape(512, 2048)

    class Slide:
        shape, dtype, chunks = (8192, 16384), chunk.dtype, chunk.shape

        def __getitem__(self, key: tuple[slice, slice]) -> NDArray[Any]:
            y, x = (np.arange(one.start, one.stop) % n for one, n in zip(key, chunk.shape, strict=True))
            return chunk[np.ix_(y, x)]

    source = of(Slide(), "YX")
    tracemalloc.start()
    try:
        save(tmp_path / "a.ome.tif", source, pyramid=True, compression_level=1)
        assert tracemalloc.get_traced_memory()[1] < 100 << 20
    finally:
        tracemalloc.stop()


def test_sizes_of_levels_follow(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    omio.imwrite(path, np.zeros((64, 64), np.uint8), axes="YX", pixel_size=0.5, pyramid=1, tile=16)
    sizes = [omio.imopen(path).level(i).metadata.facts.physical_size_x for i in (0, 1)]
    assert [size.value for size in sizes if size] == [0.5, 1.0]
    with tifffile.TiffFile(path) as tif:
        assert tif.series[0].levels[1].pages[0].tags["XResolution"].value == (10_000, 1)


def test_pyramids_of_several_images_in_bigtiff(tmp_path: Path, save: Save, noisy: Noisy) -> None:
    first, second = of(noisy(2, 1, 1, 100, 80)), of(noisy(1, 3, 1, 60, 90, dtype="uint8"))
    path = tmp_path / "a.ome.tif"
    save(path, first, second, pyramid=2, tile=16, bigtiff=True)
    assert path.read_bytes()[:4] == b"II+\0"
    for index, source in enumerate((first, second)):
        np.testing.assert_array_equal(omio.imread(path, image=index)[0], source.to_numpy())
        assert len(levels(path, index)) == 3


def test_a_level_that_lies_outside_is_refused(tmp_path: Path, save: Save, noisy: Noisy) -> None:
    source = of(noisy(1, 1, 1, 64, 64))
    path = tmp_path / "a.ome.tif"
    save(path, source, pyramid=1, tile=16)
    _check.check(str(path), [source])
    with tifffile.TiffFile(path) as tif:
        page = tif.series[0].levels[1].pages[0]
        at = {name: page.tags[name].valueoffset for name in ("TileOffsets", "ImageWidth", "NewSubfileType")}
    for name, damaged in {"TileOffsets": b"\xff\xff\xff\x7f", "ImageWidth": b"\x21", "NewSubfileType": b"\0"}.items():
        data = bytearray(path.read_bytes())
        data[at[name] : at[name] + len(damaged)] = damaged
        broken = tmp_path / "b.ome.tif"
        broken.write_bytes(data)
        with pytest.raises(CorruptFileError):
            _check.check(str(broken), [source])


# --- the fastest encoder


def test_auto_says_what_it_took(tmp_path: Path, save: Save, noisy: Noisy) -> None:
    array = noisy(4, 1, 1, 200, 300)
    path = tmp_path / "a.ome.tif"
    save(path, of(array), compression_level="auto")
    np.testing.assert_array_equal(tifffile.imread(path).reshape(array.shape), array)
    said = provenance(path)["compression"]
    assert said["encoder"].rpartition(" level ")[0] in ("libdeflate", "igzip")
    assert "times as fast as libdeflate level 3" in said["why"]


def test_auto_takes_no_encoder_that_makes_larger_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """However fast: an encoder that only copies is never chosen."""

    def copies(segment: NDArray[Any], level: int) -> bytes:
        return bytes(segment.nbytes)

    monkeypatch.setattr(
        _auto, "_candidates", lambda: iter([("copies", copies, 1), ("libdeflate level 3", _codecs.zlib, 3)])
    )
    from omio_core.contract import WriteRequest

    image = of(np.zeros((1, 1, 1, 300, 300), np.uint16))
    chosen = _auto.fastest(_plan.plan(0, image, WriteRequest(compression_level="auto")))
    assert (chosen.encode, chosen.compression_level) == (_codecs.zlib, 3)
    assert chosen.metadata.provenance["compression"]["encoder"] == "libdeflate level 3"


def test_auto_without_isal_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, save: Save, noisy: Noisy) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    save(tmp_path / "a.ome.tif", of(noisy(1, 1, 1, 50, 60)), compression_level="auto")
    said = provenance(tmp_path / "a.ome.tif")["compression"]
    assert said["encoder"].startswith("libdeflate")
    assert "isal" in said["not tried"]


# --- digests


@pytest.mark.parametrize("axes", ["TZCYX", "TZCYXS"])
@pytest.mark.parametrize("banded", [False, True])
@pytest.mark.parametrize("order", ["XYCTZ", "XYZCT"])
def test_digests_are_those_of_the_planes(
    tmp_path: Path, save: Save, monkeypatch: pytest.MonkeyPatch, order: str, banded: bool, axes: str
) -> None:
    if banded:
        monkeypatch.setattr(_plan, "BAND", 1_000)
        monkeypatch.setattr(_plan, "BAND_BOX", 400)
        monkeypatch.setattr(_plan, "STRIP", 300)
    shape = (2, 3, 2, 40, 30) if axes == "TZCYX" else (2, 3, 2, 40, 30, 3)
    source = of(np.random.default_rng(3).integers(0, 999, shape, np.uint16), axes)
    path = tmp_path / "a.ome.tif"
    (found,) = save(path, source, order=order).digests
    pixels = source.to_numpy()
    assert found == tuple(digests.plane_digest(pixels[i]) for i in np.ndindex(pixels.shape[:3]))
    assert provenance(path)["digests"]["planes"].split() == list(found)
    assert tuple(digests.image_digests(omio.imopen(path))) == found


def test_digests_are_of_the_values_as_written(tmp_path: Path, save: Save) -> None:
    source = of(np.array([[True, False]]).reshape(1, 1, 1, 1, 2))
    (found,) = save(tmp_path / "a.ome.tif", source).digests
    assert found == (digests.plane_digest(np.array([[1, 0]], np.uint8)),)


def test_very_many_digests_are_one(tmp_path: Path, save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_write, "MOST_DIGESTS", 3)
    source = of(np.arange(4 * 6, dtype="uint8").reshape(4, 1, 1, 2, 3))
    save(tmp_path / "a.ome.tif", source)
    said = provenance(tmp_path / "a.ome.tif")["digests"]
    assert "planes" not in said
    assert len(said["all"]) == 64


# --- for ImageJ


def test_fiji_has_two_descriptions(tmp_path: Path) -> None:
    """The OME-XML first, which every reader but ImageJ takes; what those readers see of it is shown in ``readers``."""
    path = tmp_path / "a.ome.tif"
    array = np.arange(2 * 3 * 2 * 4 * 5, dtype="uint16").reshape(2, 3, 2, 4, 5)
    said = {"pixel_size": (0.25, 0.5, 2.0), "time_increment": 3.0, "channel_names": ["a", "µ"]}
    omio.imwrite(path, array, axes="TZCYX", profile="fiji", verify="pixels", **said)
    with tifffile.TiffFile(path) as tif:
        page = tif.pages[0]
        texts = [tag.value for tag in page.tags if tag.code == 270]
        assert texts[0].startswith("<?xml")
        assert texts[1].splitlines() == [
            "ImageJ=1.53t", "images=12", "channels=2", "slices=3", "frames=2", "hyperstack=true", "mode=composite",
            "unit=\\u00B5m", "spacing=2.0", "finterval=3.0", "loop=false",
        ]  # fmt: skip
        assert (page.tags[282].value, page.tags[283].value, page.tags[296].value) == ((4, 1), (2, 1), 1)
        assert tif.is_ome
    again, metadata = omio.imread(path)
    np.testing.assert_array_equal(again, array)
    assert [metadata[f"PhysicalSize{a}"] for a in "XYZ"] == [0.25, 0.5, 2.0]
    assert [c["Name"] for c in metadata["Channels"]] == ["a", "µ"]


def test_fiji_is_told_no_length_that_is_unknown(tmp_path: Path) -> None:
    """Without the size of a pixel, a unit would make it 1 µm."""
    path = tmp_path / "a.ome.tif"
    omio.imwrite(path, np.zeros((3, 4, 5), "uint8"), axes="ZYX", pixel_size={"Z": 2.0}, profile="fiji")
    with tifffile.TiffFile(path) as tif:
        text = next(tag.value for tag in list(tif.pages[0].tags)[::-1] if tag.code == 270)
    assert text.startswith("ImageJ=")
    assert "unit" not in text
    assert "spacing" not in text


@pytest.mark.parametrize(
    ("dtype", "said", "why"),
    [
        ("float64", {}, "not float64"),
        ("uint16", {"tile": 16}, "no tiles"),
        ("uint16", {"pyramid": 1}, "a pyramid has tiles"),
        ("uint16", {"bigtiff": True}, "no BigTIFF"),
        ("float32", {"predictor": True}, "of float32 it does not undo a predictor"),
        ("int16", {"predictor": True}, "of int16 it does not undo a predictor"),
        ("uint16", {"order": "XYZCT"}, "its order"),
        ("uint16", {"compression": "zstd"}, "compressions"),
        ("uint16", {"profile": "imagej"}, "profile cannot be"),
    ],
)
def test_what_fiji_cannot_open_is_refused(tmp_path: Path, dtype: str, said: dict[str, Any], why: str) -> None:
    with pytest.raises(WriteError) as caught:
        omio.imwrite(tmp_path / "a.ome.tif", np.zeros((20, 30), dtype), axes="YX", **{"profile": "fiji", **said})
    assert why in f"{caught.value.what} {caught.value.evidence}"
    assert list(tmp_path.iterdir()) == []
