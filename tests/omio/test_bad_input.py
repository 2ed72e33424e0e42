"""Bad input: FileNotFoundError or one OmioError with the remedy, from every door; nothing is written."""

from __future__ import annotations

import os
import pickle
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

import omio
from omio_core.errors import CorruptFileError, NoReaderError, OmioError, ReadError


def _png() -> bytes:
    """A whole PNG of one grey pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


BAD = {
    "empty": b"",
    "text": b"I took this on Tuesday.\n" * 50,
    "png": _png(),
    "two bytes": b"II",
    "a header alone": b"II*\0\x08\0\0\0",
    "a header that points outside": b"II*\0\xff\xff\xff\x7f",
    "zeros": bytes(1000),
    "BigTIFF cut in its header": b"II+\0\x08\0\0\0",
    "OME-XML and nothing else": b'<?xml version="1.0"?><OME/>',
}


@pytest.fixture(params=BAD)
def bad(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A file named .tif that is none."""
    path = tmp_path / "in" / "a.tif"
    path.parent.mkdir()
    path.write_bytes(BAD[request.param])
    return path


DOORS = {
    "imread": omio.imread,
    "imread lazily": lambda path: omio.imread(path, lazy=True),
    "imopen": omio.imopen,
    "explain": omio.explain,
    "preview": lambda path: omio.imopen(path).preview(),
    "convert": omio.convert_to_ometiff,
}


@pytest.mark.parametrize("door", DOORS)
def test_nothing_there(door: str, tmp_path: Path) -> None:
    """Python's own error, that names the file."""
    with pytest.raises(FileNotFoundError, match=r"missing\.tif"):
        DOORS[door](tmp_path / "missing.tif")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("door", DOORS)
def test_a_file_that_is_no_picture(door: str, bad: Path) -> None:
    """One error with path and remedy, that survives pickling."""
    with pytest.raises((NoReaderError, CorruptFileError)) as caught:
        DOORS[door](bad)
    error = caught.value
    assert str(bad) in str(error)
    assert error.evidence
    assert pickle.loads(pickle.dumps(error)).args == error.args
    assert error.__cause__ is not error, "what walks the causes would never end"
    assert [p.name for p in bad.parent.iterdir()] == ["a.tif"]


def test_it_says_what_to_do(tmp_path: Path) -> None:
    """An empty file and a foreign one have a remedy each."""
    path = tmp_path / "a.tif"
    path.write_bytes(b"")
    with pytest.raises(NoReaderError, match=r"empty \(0 bytes\)") as caught:
        omio.imread(path)
    assert "copy it again" in caught.value.remedy
    path.write_bytes(_png())
    with pytest.raises(NoReaderError) as caught:
        omio.imread(path)
    assert "install a plugin" in caught.value.remedy


@pytest.mark.parametrize("door", DOORS)
def test_a_folder(door: str, tmp_path: Path) -> None:
    """No picture: the remedy is to name a file in it."""
    (tmp_path / "folder").mkdir()
    with pytest.raises(NoReaderError, match="is a folder") as caught:
        DOORS[door](tmp_path / "folder")
    assert "name the files" in caught.value.remedy
    assert list((tmp_path / "folder").iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe(tmp_path: Path) -> None:
    """It would block for ever: refused before it is opened."""
    os.mkfifo(tmp_path / "a.tif")
    with pytest.raises(ReadError, match="neither a file nor a folder"):
        omio.imread(tmp_path / "a.tif")


@pytest.mark.parametrize("name", ["", "a\0b.tif", "x" * 5000])
def test_a_name_that_is_none(name: str) -> None:
    """Never a foreign kind of error; the empty name is the folder one stands in."""
    with pytest.raises((FileNotFoundError, OmioError)):
        omio.imread(name)


FORMS = {
    "imagej": {"imagej": True, "metadata": {"axes": "ZYX"}},
    "ome": {"ome": True, "metadata": {"axes": "ZYX"}},
    "shaped": {"metadata": {"axes": "ZYX"}},
    "plain": {"metadata": None},
    "deflated": {"metadata": {"axes": "ZYX"}, "compression": "zlib"},
    "big-endian": {"metadata": {"axes": "ZYX"}, "byteorder": ">"},
}


@pytest.mark.filterwarnings("ignore::omio_core.errors.AssumedAxesWarning")  # `plain` names no axes, cut or whole
@pytest.mark.parametrize("form", FORMS)
def test_cut_short(form: str, tmp_path: Path) -> None:
    """Cut anywhere: an OmioError, or all the pixels; never fewer, never zeros in their place."""
    whole = tmp_path / "whole.tif"
    pixels = np.random.default_rng(1).integers(1, 60000, (3, 40, 50), np.uint16)
    tifffile.imwrite(whole, pixels, photometric="minisblack", **FORMS[form])
    data = whole.read_bytes()
    array, _ = omio.imread(whole)
    np.testing.assert_array_equal(array.squeeze(), pixels)
    path = tmp_path / "cut.tif"
    refused: dict[int, str] = {}
    for kept in sorted({*range(1, 17), *range(20, len(data), len(data) // 24), len(data) - 1}):
        path.write_bytes(data[:kept])
        try:
            again, _ = omio.imread(path)
        except OmioError as error:
            refused[kept] = str(error)
        else:
            np.testing.assert_array_equal(again, array, err_msg=f"cut after {kept} of {len(data)} bytes")
        path.unlink()
    assert len(refused) > 20
    assert {kept: said for kept, said in refused.items() if str(path) not in said} == {}


@pytest.mark.parametrize("form", FORMS)
def test_a_conversion_of_what_is_cut_short_writes_nothing(form: str, tmp_path: Path) -> None:
    """No file, no temporary, whether the damage shows in the directories or only in the pixels."""
    path = tmp_path / "in" / "a.tif"
    path.parent.mkdir()
    pixels = np.random.default_rng(1).integers(1, 60000, (3, 40, 50), np.uint16)
    tifffile.imwrite(path, pixels, photometric="minisblack", **FORMS[form])
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.raises(OmioError):
        omio.convert_to_ometiff(path, tmp_path / "out", axes="ZYX")
    with pytest.raises(OmioError):
        omio.convert_to_ometiff(path, axes="ZYX")
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["a.tif"]


def test_pixels_that_do_not_decode(tmp_path: Path) -> None:
    """The directories are sound and a strip is not: an error at the read, and no converted file."""
    path = tmp_path / "a.tif"
    pixels = np.random.default_rng(1).integers(0, 60000, (64, 64), np.uint16)
    tifffile.imwrite(path, pixels, metadata=None, compression="zlib", rowsperstrip=16)
    with tifffile.TiffFile(path) as file:
        offset = file.pages[0].dataoffsets[2]
    data = bytearray(path.read_bytes())
    data[offset : offset + 40] = b"\xff" * 40
    path.write_bytes(data)
    assert omio.explain(path).to_dict()["images"][0]["shape"] == [1, 1, 1, 64, 64]
    with pytest.raises(CorruptFileError, match=r"a\.tif"):
        omio.imread(path)
    with pytest.raises(CorruptFileError, match=r"a\.tif"):
        omio.convert_to_ometiff(path, tmp_path / "out")
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["a.tif"]


def test_a_file_that_changes_under_an_open_image(plane: Path, tree: Callable[[], dict[str, bytes]]) -> None:
    """Its pixels are refused, not mixed."""
    with omio.imopen(plane) as image:
        assert image[0, 0, 0, 0, 3] == 3
        tifffile.imwrite(plane, np.ones((9, 9), np.uint8), metadata=None)
        before = tree()
        with pytest.raises(ReadError, match="has changed"):
            image[0, 0, 0]
        with pytest.raises(ReadError, match="has changed"):
            omio.imwrite(plane.with_name("out.ome.tif"), image)
    assert tree() == before
