"""Every codec and every spelling of an array decodes to what zarr-python wrote."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numcodecs
import numpy as np
import pytest

import omio
from omio_core.errors import CorruptFileError, LimitExceededError, ReadError, UnsupportedFeatureError
from omio_core.settings import using

from .made import CHAINS, array, codecs, group, image, multiscale, ramp

PIXELS = ramp(5, 19, 23)

COMPRESSORS: dict[str, Any] = {
    "none": None,
    "blosc-zstd": numcodecs.Blosc("zstd", 1, numcodecs.Blosc.BITSHUFFLE),
    "blosc-lz4": numcodecs.Blosc("lz4", 5, numcodecs.Blosc.SHUFFLE),
    "blosc-zlib": numcodecs.Blosc("zlib", 1, numcodecs.Blosc.NOSHUFFLE),
    "blosc-blosclz": numcodecs.Blosc("blosclz", 1),
    "zstd": numcodecs.Zstd(1),
    "zstd-checksum": numcodecs.Zstd(1, checksum=True),
    "gzip": numcodecs.GZip(1),
    "zlib": numcodecs.Zlib(1),
    "bz2": numcodecs.BZ2(1),
    "lzma": numcodecs.LZMA(preset=1),
    "lz4": numcodecs.LZ4(),
}
FILTERS: dict[str, list[Any]] = {
    "delta": [numcodecs.Delta(dtype="<u2")],
    "shuffle": [numcodecs.Shuffle(2)],
    "crc32": [numcodecs.CRC32()],
    "adler32": [numcodecs.Adler32()],
    "fletcher32": [numcodecs.Fletcher32()],
    "scale-and-delta": [numcodecs.FixedScaleOffset(0, 1, "<u2", "<i4"), numcodecs.Delta("<i4")],
    "as-type": [numcodecs.AsType("<u4", "<u2")],
}


@pytest.mark.parametrize("name", CHAINS)
def test_chains_of_zarr_3(name: str, tmp_path: Path) -> None:
    group(tmp_path, {"multiscales": [multiscale("zyx", [[1, 1, 1]])]})
    codecs(tmp_path / "0", PIXELS, (2, 8, 10), CHAINS[name])
    (whole, _), opened = omio.imread(tmp_path), omio.imopen(tmp_path)
    np.testing.assert_array_equal(whole[0, :, 0], PIXELS)
    np.testing.assert_array_equal(opened[:, 3:4, :, 5:17, 7:21][0, :, 0], PIXELS[3:4, 5:17, 7:21])


@pytest.mark.parametrize("name", COMPRESSORS)
@pytest.mark.parametrize("order", ["C", "F"])
def test_compressors_of_zarr_2(name: str, order: str, tmp_path: Path) -> None:
    more = {"order": order, "compressors": COMPRESSORS[name], "chunk_key_encoding": {"name": "v2", "separator": "/"}}
    image(tmp_path, PIXELS, "zyx", version="0.4", chunks=(2, 8, 10), **more)
    assert (tmp_path / "0" / "1" / "0" / "2").is_file()
    np.testing.assert_array_equal(omio.imread(tmp_path)[0][0, :, 0], PIXELS)


@pytest.mark.parametrize("name", FILTERS)
def test_filters_of_zarr_2(name: str, tmp_path: Path) -> None:
    more = {"filters": FILTERS[name], "compressors": numcodecs.Zstd(1)}
    image(tmp_path, PIXELS, "zyx", version="0.4", chunks=(2, 8, 10), **more)
    assert (tmp_path / "0" / "1.0.2").is_file()
    np.testing.assert_array_equal(omio.imread(tmp_path)[0][0, :, 0], PIXELS)


def test_separators_that_the_metadata_leaves_out(tmp_path: Path) -> None:
    """The default is a dot; but what lies in folders was written with slashes."""
    image(
        tmp_path, PIXELS, "zyx", version="0.4", chunks=(2, 8, 10), chunk_key_encoding={"name": "v2", "separator": "/"}
    )
    document = json.loads((tmp_path / "0" / ".zarray").read_text())
    del document["dimension_separator"]
    (tmp_path / "0" / ".zarray").write_text(json.dumps(document))
    np.testing.assert_array_equal(omio.imread(tmp_path)[0][0, :, 0], PIXELS)


@pytest.mark.parametrize("encoding", [{"name": "v2"}, {"name": "default", "configuration": {"separator": "."}}])
def test_names_of_chunks_of_zarr_3(encoding: dict[str, Any], tmp_path: Path) -> None:
    group(tmp_path, {"multiscales": [multiscale("zyx", [[1, 1, 1]])]})
    codecs(tmp_path / "0", PIXELS, (2, 8, 10), CHAINS["zstd"], chunk_key_encoding=encoding)
    assert not (tmp_path / "0" / "c").exists()
    np.testing.assert_array_equal(omio.imread(tmp_path)[0][0, :, 0], PIXELS)


@pytest.mark.parametrize("version", ["0.4", "0.5"])
@pytest.mark.parametrize(
    "dtype", ["?", "i1", "u1", "i2", "u2", ">u2", "i4", "u4", "i8", "u8", "f2", "f4", ">f8", "c8", "c16"]
)
def test_types_of_pixels(dtype: str, version: str, tmp_path: Path) -> None:
    pixels = (ramp(7, 9) % 2).astype(dtype) if dtype == "?" else ramp(7, 9).astype(dtype)
    if version == "0.5":
        pixels = pixels.astype(pixels.dtype.newbyteorder("="))
    image(tmp_path, pixels, "yx", version=version, chunks=(4, 5))
    read, _ = omio.imread(tmp_path)
    assert read.dtype == pixels.dtype.newbyteorder("=")
    np.testing.assert_array_equal(read[0, 0, 0], pixels)


@pytest.mark.parametrize(
    ("dtype", "fill", "value"),
    [
        ("float32", "NaN", np.nan),
        ("float32", "-Infinity", -np.inf),
        ("float32", 0.1, np.float32(0.1)),
        ("float64", "0x7ff0000000000000", np.inf),
        ("uint64", 2**64 - 1, 2**64 - 1),
        ("int8", -5, -5),
        ("bool", True, True),
        ("complex64", [2, 0], 2),
    ],
)
def test_fill_values(dtype: str, fill: Any, value: Any, tmp_path: Path) -> None:
    group(tmp_path, {"multiscales": [multiscale("yx", [[1, 1]])]})
    codecs(tmp_path / "0", np.zeros((4, 6), dtype), (4, 3), CHAINS["raw"], fill_value=fill)
    (tmp_path / "0" / "c" / "0" / "1").unlink()
    with pytest.warns(omio_warning(), match="absent"):
        read, _ = omio.imread(tmp_path)
    np.testing.assert_array_equal(read[0, 0, 0, :, 3:], np.full((4, 3), value, dtype))
    assert not read[0, 0, 0, :, :3].any()


def omio_warning() -> type[Warning]:
    from omio_core.errors import AbsentPlanesWarning

    return AbsentPlanesWarning


LITTLE = {"name": "bytes", "configuration": {"endian": "little"}}


def chunks(*shape: int) -> dict[str, Any]:
    return {"chunk_grid": {"name": "regular", "configuration": {"chunk_shape": shape}}}


REFUSED: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "a codec that nobody knows": ({"codecs": [LITTLE, {"name": "magic"}]}, UnsupportedFeatureError, "magic"),
    "no bytes": ({"codecs": [{"name": "zstd"}]}, UnsupportedFeatureError, "bytes"),
    "a text type": ({"data_type": "string"}, UnsupportedFeatureError, "string"),
    "a grid that is not regular": ({"chunk_grid": {"name": "rectilinear"}}, UnsupportedFeatureError, "rectilinear"),
    "a storage transformer": ({"storage_transformers": [{"name": "x"}]}, UnsupportedFeatureError, "transformer"),
    "no shape": ({"shape": None}, CorruptFileError, "shape"),
    "a shape of texts": ({"shape": ["4", "6"]}, CorruptFileError, "shape"),
    "an empty shape": ({"shape": [0, 6]}, CorruptFileError, "shape"),
    "a negative chunk": (chunks(4, -3), CorruptFileError, "chunk_shape"),
    "chunks of another rank": (chunks(4), CorruptFileError, "do not fit"),
    "a fill value that is none": ({"fill_value": "much"}, CorruptFileError, "fill_value"),
    "a fill value beyond the type": ({"fill_value": 70_000}, CorruptFileError, "fill_value"),
    "chunks that no memory holds": (chunks(2**40, 2**20), LimitExceededError, "too large"),
    "a group": ({"node_type": "group"}, CorruptFileError, "node_type"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused_arrays(name: str, tmp_path: Path) -> None:
    changes, error, word = REFUSED[name]
    group(tmp_path, {"multiscales": [multiscale("yx", [[1, 1]])]})
    codecs(tmp_path / "0", ramp(4, 6), (4, 3), CHAINS["raw"])
    document = json.loads((tmp_path / "0" / "zarr.json").read_text())
    (tmp_path / "0" / "zarr.json").write_text(json.dumps({**document, **changes}))
    with pytest.raises(error, match=word):
        omio.imread(tmp_path)


@pytest.mark.parametrize("codec", ["pickle", "json2", "vlen-utf8", "categorize"])
def test_codecs_that_run_or_hold_no_pixels(codec: str, tmp_path: Path) -> None:
    """The pickle of numcodecs would run what the file says."""
    image(tmp_path, ramp(4, 6), "yx", version="0.4", compressors=None)
    document = json.loads((tmp_path / "0" / ".zarray").read_text())
    (tmp_path / "0" / ".zarray").write_text(json.dumps({**document, "filters": [{"id": codec}]}))
    with pytest.raises(UnsupportedFeatureError, match=codec):
        omio.imread(tmp_path)


def test_a_chunk_of_few_bytes_declares_gigabytes(tmp_path: Path) -> None:
    group(tmp_path, {"multiscales": [multiscale("yx", [[1, 1]])]})
    codecs(tmp_path / "0", ramp(4, 6), (4, 6), CHAINS["zstd"])
    document = json.loads((tmp_path / "0" / "zarr.json").read_text())
    document["chunk_grid"]["configuration"]["chunk_shape"] = [40_000, 40_000]
    (tmp_path / "0" / "zarr.json").write_text(json.dumps(document))
    with using(max_memory=1 << 34), pytest.raises(LimitExceededError, match="far smaller"):
        omio.imread(tmp_path)


@pytest.mark.parametrize("name", [n for n in COMPRESSORS if n != "none"])
def test_a_chunk_of_other_lengths(name: str, tmp_path: Path) -> None:
    image(tmp_path, ramp(4, 6), "yx", version="0.4", compressors=COMPRESSORS[name])
    for pixels in (ramp(4, 5), ramp(4, 7), ramp(400, 600)):
        (tmp_path / "0" / "0.0").write_bytes(bytes(COMPRESSORS[name].encode(pixels)))
        with pytest.raises(ReadError, match="damaged"):
            omio.imread(tmp_path)
    (tmp_path / "0" / "0.0").write_bytes(b"")
    with pytest.raises(ReadError, match="damaged"):
        omio.imread(tmp_path)


def test_v3_filters_of_numcodecs(tmp_path: Path) -> None:
    chain = [
        {"name": "numcodecs.delta", "configuration": {"dtype": "<u2"}},
        {"name": "bytes", "configuration": {"endian": "little"}},
        {"name": "numcodecs.zlib", "configuration": {"level": 1}},
        {"name": "numcodecs.adler32", "configuration": {}},
    ]
    group(tmp_path, {"multiscales": [multiscale("yx", [[1, 1]])]})
    with warnings.catch_warnings():  # zarr 3.1 warns that they are not in the specification, newer ones do not
        warnings.filterwarnings("ignore", "Numcodecs codecs are not in the Zarr", UserWarning)
        codecs(tmp_path / "0", ramp(9, 11), (4, 6), chain)
    np.testing.assert_array_equal(omio.imread(tmp_path)[0][0, 0, 0], ramp(9, 11))


def test_uncompressed_edges_keep_their_place(tmp_path: Path) -> None:
    """The chunks at the end of an axis have as many pixels as the others."""
    group(tmp_path, {"multiscales": [multiscale("yx", [[1, 1]])]})
    array(tmp_path / "0", ramp(9, 11), (64, 64), compressors=None)
    assert (tmp_path / "0" / "c" / "0" / "0").stat().st_size == 64 * 64 * 2
    np.testing.assert_array_equal(omio.imread(tmp_path)[0][0, 0, 0], ramp(9, 11))
