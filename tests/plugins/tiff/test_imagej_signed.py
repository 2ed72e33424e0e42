"""Signed 16-bit pixels that ImageJ stores as unsigned, 32768 above their values: they are int16 by every way."""

from __future__ import annotations

import itertools
import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from click.testing import CliRunner

import omio
from omio.cli.app import app
from omio_core.errors import AbsentPlanesWarning, UnsupportedFeatureError
from omio_plugins.tiff import _presence

LINES = ("cf=0", "c0=-32768.0", "c1=1.0", "vunit=Gray Value", "min=29768.0", "max=35768.0")
WHY = (
    "pixels are signed 16-bit by ImageJ's calibration (cf=0, c0=-32768, c1=1): they are stored as unsigned, and 32768 "
    "is subtracted"
)


def signed(*shape: int) -> np.ndarray:
    """Both ends of the type, zero, and no plane like another."""
    values = np.arange(np.prod(shape), dtype="i4") * 37 % 65536 - 32768
    values[:4] = (-32768, 32767, 0, -1)
    return values.astype("i2").reshape(shape)


def stored(values: np.ndarray) -> np.ndarray:
    return (values.astype("i4") + 32768).astype("u2")


def described(*lines: str, **dimensions: int) -> str:
    sizes = [f"{name}={n}" for name, n in dimensions.items()]
    return "\n".join(("ImageJ=1.53t", *sizes, *(lines or LINES), "loop=false")) + "\n"


def write(path: Path, values: np.ndarray, **options: Any) -> Path:
    """TZCYX signed pixels as ImageJ stores them."""
    t, z, c, *_ = values.shape
    text = described(images=t * z * c, channels=c, slices=z, frames=t, hyperstack=1)
    options = {"photometric": "minisblack", "description": text, **options}
    tifffile.imwrite(path, stored(values).reshape(-1, *values.shape[3:]), metadata=None, **options)
    return path


STORED: dict[str, dict[str, Any]] = {
    "one run": {},
    "big-endian": {"byteorder": ">"},
    "strips": {"rowsperstrip": 4},
    "big-endian strips": {"byteorder": ">", "rowsperstrip": 4},
    "pages apart": {"contiguous": False},
    "zlib": {"compression": "zlib"},
    "zlib, predictor": {"compression": "zlib", "predictor": True, "rowsperstrip": 5},
    "LZW": {"compression": "lzw", "byteorder": ">"},
    "tiles": {"tile": (16, 16)},
    "zlib tiles": {"tile": (16, 16), "compression": "zlib"},
    "BigTIFF": {"bigtiff": True},
}


def found(data: Path) -> Path:
    path = data / "found" / "ij152_from_int16.tif"
    if not path.is_file():
        pytest.skip(f"{path.name} is not among the real files")
    return path


# --- reading


def test_a_found_file(data: Path, tmp_path: Path) -> None:
    path = found(data)
    array, metadata = omio.imread(path)
    with tifffile.TiffFile(path) as file:
        raw = file.pages[0].asarray()
    assert (raw.dtype, array.dtype) == (np.uint16, np.int16)
    assert (int(array.min()), int(array.max())) == (-100, 219)
    np.testing.assert_array_equal(array[0, 0, 0], raw.astype("i4") - 32768)
    assert metadata["Annotations"]["imagej"]["vunit"] == "Gray Value"
    for options in ({}, {"profile": "fiji"}):
        (target,) = omio.convert_to_ometiff(path, tmp_path, collision="number", verify="pixels", **options)
        again, known = omio.imread(target)
        assert again.dtype == np.int16
        np.testing.assert_array_equal(again, array)
        assert WHY in known["Annotations"]["omio/assumptions"]["assumption"][0]


@pytest.mark.parametrize("kind", STORED)
@pytest.mark.parametrize("shape", [(2, 3, 2, 20, 24), (1, 1, 1, 20, 24), (1, 5, 1, 40, 24)])
def test_every_way_to_the_pixels(tmp_path: Path, kind: str, shape: tuple[int, ...]) -> None:
    values = signed(*shape)
    path = write(tmp_path / "a.tif", values, **STORED[kind])
    array, metadata = omio.imread(path)
    assert (array.dtype, metadata["Annotations"]["imagej"]["c0"]) == (np.int16, -32768.0)
    np.testing.assert_array_equal(array, values)
    with omio.imopen(path) as image:
        assert image.dtype == np.int16
        lazy = image.to_dask()
        assert lazy.dtype == np.int16
        np.testing.assert_array_equal(lazy.compute(), values)
        np.testing.assert_array_equal(pickle.loads(pickle.dumps(image)).to_numpy(), values)
        assert image[0, 0, 0, 0, 1] == 32767
        for y, x in itertools.product(((0, 20), (3, 4), (5, 19)), ((0, 24), (2, 9), (23, 24))):
            cut = (slice(None), slice(0, 1), slice(None), slice(*y), slice(*x))
            np.testing.assert_array_equal(image[cut], values[cut])


def test_planes_behind_one_ifd(make, page, read) -> None:
    """As ImageJ stores what has 4 GB and more."""
    values = signed(1, 3, 1, 3, 4)
    text = described(images=3, slices=3).encode() + b"\0"
    path = make([page(t258=(3, 16), t270=(2, text), t279=(4, 24))], data=stored(values).tobytes())
    (array,) = read(path)
    np.testing.assert_array_equal(array, values)


@pytest.mark.parametrize("sample_format", [None, 1, 2, 4])
def test_what_the_tag_says_of_the_sign(make, page, read, sample_format: int | None) -> None:
    """Pixels that are signed by SampleFormat (2) are as they are; 1 is unsigned, 4 undefined."""
    values = signed(1, 1, 1, 3, 4)
    tags = page(t258=(3, 16), t270=(2, described().encode() + b"\0"), t279=(4, 24))
    if sample_format is not None:
        tags[339] = (3, sample_format)
    (array,) = read(make([tags], data=(values if sample_format == 2 else stored(values)).tobytes()))
    assert array.dtype == np.int16
    np.testing.assert_array_equal(array, values)


def test_pages_that_are_no_stack(tmp_path: Path) -> None:
    """Each page has the calibration of its own description."""
    one, two = signed(1, 1, 1, 8, 9), signed(1, 1, 1, 5, 6)
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(stored(one)[0, 0, 0], description=described(), metadata=None, photometric="minisblack")
        writer.write(stored(two)[0, 0, 0], metadata=None, photometric="minisblack")
    first, second = omio.imread(path, return_list=True)[0]
    np.testing.assert_array_equal(first, one)
    np.testing.assert_array_equal(second, stored(two))


def test_every_level(tmp_path: Path) -> None:
    values = signed(64, 48)
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as writer:
        options: dict[str, Any] = {"photometric": "minisblack", "metadata": None}
        writer.write(stored(values), subifds=2, description=described(), tile=(16, 16), **options)
        writer.write(stored(values)[::2, ::2], subfiletype=1, tile=(16, 16), compression="zlib", **options)
        writer.write(stored(values)[::4, ::4], subfiletype=1, **options)
    with omio.imopen(path) as image:
        assert len(image.levels) == 3
        for k, step in enumerate((1, 2, 4)):
            level = image.level(k)
            assert level.dtype == np.int16
            np.testing.assert_array_equal(level.to_numpy()[0, 0, 0], values[::step, ::step])


def test_samples_of_a_pixel(tmp_path: Path) -> None:
    """ImageJ opens 48-bit RGB as three 16-bit channels, and calibrates them alike (1.53t)."""
    values = signed(9, 11, 3)
    for planar in ("contig", "separate"):
        array = stored(values) if planar == "contig" else np.moveaxis(stored(values), -1, 0)
        path = tmp_path / f"{planar}.tif"
        tifffile.imwrite(
            path, array, photometric="rgb", planarconfig=planar, description=described(), metadata=None
        )  # fmt: skip
        read, _ = omio.imread(path)
        np.testing.assert_array_equal(read[0, 0], np.moveaxis(values, -1, 0))


@pytest.mark.parametrize("looked", [True, False])
def test_what_is_not_stored_is_zero(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, looked: bool) -> None:
    """Also where there are too many strips to have looked at all: then the reader fills them."""
    if not looked:
        monkeypatch.setattr(_presence, "_MOST_LOOKED_AT", 1)
    values = signed(1, 1, 1, 64, 48)
    path = write(tmp_path / "a.tif", values, tile=(16, 16))
    with tifffile.TiffFile(path, mode="r+") as file:
        for code in (324, 325):
            tag = file.pages[0].tags[code]
            tag.overwrite([0, *tag.value[1:]])
    values[..., :16, :16] = 0
    with pytest.warns(AbsentPlanesWarning, match="filled with 0"):
        array, _ = omio.imread(path)
    np.testing.assert_array_equal(array, values)


# --- maps, words, conversions


@pytest.mark.parametrize("kind", ["one run", "strips", "zlib"])
def test_no_map_and_why(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path / "a.tif", signed(1, 3, 1, 9, 11), **STORED[kind])
    with omio.imopen(path) as image, pytest.raises(UnsupportedFeatureError, match="cannot be mapped") as told:
        image.to_memmap()
    assert WHY in told.value.evidence


def test_it_is_explained(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", signed(1, 3, 1, 9, 11))
    explained = omio.explain(path)
    assert explained.to_dict()["images"][0]["dtype"] == "int16"
    assert explained.to_dict()["images"][0]["assumptions"] == [WHY]
    done = CliRunner().invoke(app, ["info", "--explain", str(path)])
    assert done.exit_code == 0
    assert WHY in done.stdout


@pytest.mark.parametrize("options", [{}, {"profile": "fiji"}, {"compression_level": 0, "tile": 0}, {"tile": 16}])
@pytest.mark.parametrize("kind", ["one run", "zlib tiles"])
def test_after_conversion(tmp_path: Path, kind: str, options: dict[str, Any]) -> None:
    values = signed(2, 3, 2, 20, 24)
    path = write(tmp_path / "a.tif", values, **STORED[kind])
    (target,) = omio.convert_to_ometiff(path, tmp_path / "out", verify="pixels", **options)
    with tifffile.TiffFile(target) as file:
        assert file.pages[0].dtype == np.int16
        assert 'Type="int16"' in file.pages[0].tags[270].value
    array, _ = omio.imread(target)
    assert array.dtype == np.int16
    np.testing.assert_array_equal(array, values)
    (compared,) = omio.diff(path, target).images
    assert compared.pixels.verdict == "equal"


def test_merged_with_what_is_signed_anyway(tmp_path: Path) -> None:
    values = signed(1, 1, 1, 9, 11)
    paths = [write(tmp_path / "t0.tif", values), tmp_path / "t1.tif"]
    tifffile.imwrite(paths[1], values[0, 0, 0][::-1], metadata=None, photometric="minisblack")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        array, _ = omio.imread(paths, merge="T")
    assert array.dtype == np.int16
    np.testing.assert_array_equal(array[:, 0, 0], [values[0, 0, 0], values[0, 0, 0][::-1]])


# --- what is none


NONE: dict[str, tuple[str, ...]] = {
    "no calibration": ("vunit=Gray Value",),
    "another intercept": ("cf=0", "c0=-32767.0", "c1=1.0", "vunit=Gray Value"),
    "another slope": ("cf=0", "c0=-32768.0", "c1=2.0", "vunit=Gray Value"),
    "another function": ("cf=1", "c0=-32768.0", "c1=1.0", "vunit=Gray Value"),
    "optical density": ("cf=21", "vunit=Uncalibrated OD"),
    "no function": ("c0=-32768.0", "c1=1.0", "vunit=Gray Value"),
    "no slope": ("cf=0", "c0=-32768.0", "vunit=Gray Value"),
    "no numbers": ("cf=false", "c0=-32768.0", "c1=true", "vunit=Gray Value"),
    "clipped at zero": (*LINES, "zeroclip=true"),
    "Hounsfield": ("cf=0", "c0=-1024.0", "c1=1.0", "vunit=HU"),
}


@pytest.mark.parametrize("kind", NONE)
def test_another_calibration_is_no_type(tmp_path: Path, kind: str) -> None:
    values = stored(signed(1, 1, 1, 9, 11))
    path = tmp_path / "a.tif"
    text = described(*NONE[kind])
    tifffile.imwrite(path, values[0, 0, 0], description=text, metadata=None, photometric="minisblack")
    array, metadata = omio.imread(path)
    assert array.dtype == np.uint16
    np.testing.assert_array_equal(array, values)
    known = metadata["Annotations"]["imagej"]
    assert set(known) >= {line.partition("=")[0] for line in NONE[kind]}
    assert "omio/assumptions" not in metadata["Annotations"]
    with omio.imopen(path) as image:
        assert isinstance(image.to_memmap(), np.memmap)


@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "u4", "i4", "f2", "f4"])
def test_another_type_is_as_it_is(tmp_path: Path, dtype: str) -> None:
    values = np.arange(99).reshape(9, 11).astype(dtype)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, values, description=described(), metadata=None, photometric="minisblack")
    array, metadata = omio.imread(path)
    assert array.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(array[0, 0, 0], values)
    assert metadata["Annotations"]["imagej"]["cf"] == 0


def test_twelve_bits_are_as_they_are(make, page) -> None:
    tags = page(t258=(3, 12), t270=(2, described().encode() + b"\0"), t279=(4, 18))
    array, _ = omio.imread(make([tags], data=b"\x00\x1f\xff" * 6))
    assert array.dtype == np.uint16
    assert array.ravel().tolist() == [1, 0xFFF] * 6


def test_a_description_that_is_not_imagej_s(tmp_path: Path) -> None:
    values = stored(signed(9, 11))
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, values, description="\n".join(LINES), metadata=None, photometric="minisblack")
    assert omio.imread(path)[0].dtype == np.uint16
