"""Stores in zip files: stored and deflated members, a folder around them, checksums, damage."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

import omio
from omio_core.errors import CorruptFileError, OmioError, ReadError, UnsupportedFeatureError
from omio_core.files.memory import MemoryLocation
from omio_core.images.opening import open_source

from .made import CHAINS, codecs, group, image, multiscale, ramp, zipped

PIXELS = ramp(4, 16, 20)


def store(folder: Path, chain: str = "zstd") -> Path:
    group(folder, {"multiscales": [multiscale("zyx", [[2, 0.5, 0.5]])]})
    codecs(folder / "0", PIXELS, (2, 8, 10), CHAINS[chain])
    return folder


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("inside", ["", "image.ome.zarr/"])
@pytest.mark.parametrize("chain", ["zstd", "shards"])
def test_zip_files(method: int, inside: str, chain: str, tmp_path: Path) -> None:
    path = zipped(store(tmp_path / "a", chain), tmp_path / "a.ozx", method=method, inside=inside)
    pixels, facts = omio.imread(path)
    np.testing.assert_array_equal(pixels[0, :, 0], PIXELS)
    assert facts["PhysicalSizeX"] == 0.5
    assert (omio.imopen(path)[:, 1:2, :, 3:5, 9:11][0, :, 0] == PIXELS[1:2, 3:5, 9:11]).all()


def test_zarr_2_in_a_zip_file_by_any_name(tmp_path: Path) -> None:
    image(tmp_path / "a", PIXELS, "zyx", version="0.4", chunks=(2, 8, 10))
    path = zipped(tmp_path / "a", tmp_path / "data.bin")
    np.testing.assert_array_equal(omio.imread(path)[0][0, :, 0], PIXELS)


def test_a_zip_file_that_is_no_local_file(tmp_path: Path) -> None:
    data = zipped(store(tmp_path / "a"), tmp_path / "a.zip").read_bytes()
    (found,) = open_source(MemoryLocation("/a.ome.zarr.zip", {"/a.ome.zarr.zip": data})).images
    np.testing.assert_array_equal(found[:][0, :, 0], PIXELS)


def test_sixty_four_bits(tmp_path: Path) -> None:
    """As written where the sizes are not known beforehand."""
    folder = store(tmp_path / "a")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for file in sorted(f for f in folder.rglob("*") if f.is_file()):
            with archive.open(file.relative_to(folder).as_posix(), "w", force_zip64=True) as member:
                member.write(file.read_bytes())
    data = (tmp_path / "a.zip").read_bytes()
    at = data.rindex(b"PK\x05\x06")
    count, size, start = struct.unpack("<HII", data[at + 10 : at + 20])
    record = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, start)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, at, 1)
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    (tmp_path / "b.zip").write_bytes(data[:at] + record + locator + end)
    np.testing.assert_array_equal(omio.imread(tmp_path / "b.zip")[0][0, :, 0], PIXELS)


def test_the_last_of_two_members_of_one_name_counts(tmp_path: Path) -> None:
    path = zipped(store(tmp_path / "a", "raw"), tmp_path / "a.zip")
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("0/c/0/0/0", np.zeros((2, 8, 10), "u2").tobytes())
    assert not omio.imread(path)[0][0, :2, 0, :8, :10].any()


def test_every_flipped_bit_of_a_stored_chunk_is_an_error(tmp_path: Path) -> None:
    """The codec has no checksum; the zip file has."""
    path = zipped(store(tmp_path / "a", "raw"), tmp_path / "a.zip")
    data = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("0/c/1/1/1")
    first = info.header_offset + 30 + len(info.filename)
    for k in range(0, info.file_size, 37):
        damaged = bytearray(data)
        damaged[first + k] ^= 1 << k % 8
        path.write_bytes(damaged)
        with pytest.raises(CorruptFileError, match="CRC-32"):
            omio.imread(path)


@pytest.mark.parametrize("chain", ["zstd", "shards"])
def test_a_zip_file_cut_short_or_damaged(chain: str, tmp_path: Path) -> None:
    data = zipped(store(tmp_path / "a", chain), tmp_path / "a.zip", method=zipfile.ZIP_DEFLATED).read_bytes()
    path, errors = tmp_path / "b.zip", 0
    for k in range(120):
        damaged = bytearray(data if k % 3 else data[: len(data) * k // 120])
        if k % 3:
            damaged[(k * 7919) % len(data)] ^= 1 << k % 8
        path.write_bytes(damaged)
        try:
            pixels = omio.imread(path, reader="ome_zarr", absent_planes="raise")[0]
        except OmioError:
            errors += 1
            continue
        np.testing.assert_array_equal(pixels[0, :, 0], PIXELS)
    assert errors > 60


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    path = zipped(store(tmp_path / "a"), tmp_path / "a.zip")
    data = bytearray(path.read_bytes())
    at = data.rindex(b"0/c/1/1/1") - 46  # its entry in the directory
    assert data[at : at + 4] == b"PK\x01\x02"
    data[at + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(UnsupportedFeatureError, match="encrypted"):
        omio.imread(path)


def test_a_member_that_declares_terabytes(tmp_path: Path) -> None:
    path = zipped(store(tmp_path / "a"), tmp_path / "a.zip", method=zipfile.ZIP_DEFLATED)
    data = bytearray(path.read_bytes())
    at = data.rindex(b"0/c/1/1/1") - 46
    data[at + 24 : at + 28] = struct.pack("<I", 0xFFFFFFF0)
    path.write_bytes(data)
    with pytest.raises(ReadError, match="declares too much"):
        omio.imread(path)


def test_another_zip_file_is_not_claimed(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.txt", "a")
    with pytest.raises(OmioError, match="a zip file without the metadata of a Zarr"):
        omio.imread(tmp_path / "a.zip")
