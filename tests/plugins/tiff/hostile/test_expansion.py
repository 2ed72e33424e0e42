"""Pixels that expand to more than is declared, declarations beyond what can be stored, and stacks that end too soon."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile

import omio
from omio_core.errors import LimitExceededError
from tests.fuzz.bounded import Answer

Ask = Callable[..., Answer]
Make = Callable[..., Path]
Page = Callable[..., dict]

GIB = 1 << 30


def deflate_bomb(size: int = 4 * GIB) -> bytes:
    """Some megabytes of zlib that inflate to `size` zeros: one block that stands by itself, again and again."""
    packer = zlib.compressobj(9)
    begun = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(1 << 24)) + packer.flush(zlib.Z_FULL_FLUSH)
    return (begun or b"\x78\xda") + block * (size >> 24)


def zstd_bomb(size: int = 4 * GIB) -> bytes:
    """A frame of blocks that are one byte repeated 131,072 times each (RFC 8878, 3.1.1.2)."""
    block = (1 << 17 << 3 | 1 << 1).to_bytes(3, "little") + b"\0"
    return b"\x28\xb5\x2f\xfd\x00\x58" + block * ((size >> 17) - 1) + b"\x03\0\0\0"


def test_the_bombs_are_bombs() -> None:
    """They inflate as they should, as far as one looks."""
    assert len(zlib.decompressobj().decompress(deflate_bomb(1 << 26), 1 << 25)) == 1 << 25
    assert len(imagecodecs.zstd_decode(zstd_bomb(1 << 24))) >= (1 << 24) - (1 << 17)


@pytest.mark.parametrize("compression", [8, 32946, 50000])
@pytest.mark.parametrize("predictor", [1, 2])
@pytest.mark.parametrize("tiled", [False, True])
def test_a_strip_that_expands_to_gigabytes(
    compression: int, predictor: int, tiled: bool, make: Make, page: Page, ask: Ask
) -> None:
    """64x64 pixels are declared."""
    data = zstd_bomb() if compression == 50000 else deflate_bomb()
    tags = {"t259": (3, compression), "t317": (3, predictor), "t279": (4, len(data))}
    if tiled:
        tags |= {"t322": (3, 64), "t323": (3, 64), "t324": (4, 8), "t325": (4, len(data))}
    answer = ask(make([page(64, 64, **tags)], data=data))
    assert answer.outcome in ("CorruptFileError", "LimitExceededError", "pixels")
    if answer.pictures is not None:  # what is beyond the strip was never decoded
        assert answer.pictures[0].shape == (1, 1, 1, 64, 64)


@pytest.mark.parametrize("compression", [1, 5, 8, 7, 32773, 34712, 50000])
@pytest.mark.parametrize("side", [100_000, 1 << 31])
@pytest.mark.parametrize("rows", [1, 100_000])
def test_a_hundred_bytes_that_declare_ten_gigabytes(
    compression: int, side: int, rows: int, make: Make, page: Page, refused: Ask
) -> None:
    tags = page(1, 1, t256=(4, side), t257=(4, side), t278=(4, rows), t259=(3, compression), t279=(4, 100))
    refused(make([tags], data=zlib.compress(bytes(100_000))[:100]))


def test_a_hundred_thousand_strips_that_are_all_the_same(make: Make, page: Page, refused: Ask) -> None:
    """Each is a megabyte in a kilobyte; together they are 100 GB."""
    data = zlib.compress(bytes(1 << 20), 9)
    number = 100_000
    tags = page(
        1024,
        1,
        t257=(4, number * 1024),
        t278=(4, 1024),
        t259=(3, 8),
        t273=(4, (8,) * number),
        t279=(4, (len(data),) * number),
    )
    refused(make([tags], data=data), "CorruptFileError", "LimitExceededError")


def test_pages_that_share_their_pixels(make: Make, page: Page, refused: Ask) -> None:
    """10,000 pages of a megabyte each, all of the same kilobyte."""
    data = zlib.compress(bytes(1 << 20), 9)
    tags = page(1024, 1024, t259=(3, 8), t279=(4, len(data)))
    refused(make([tags] * 10_000, data=data), "LimitExceededError", "CorruptFileError")


def test_tiles_that_are_not_stored(make: Make, page: Page, refused: Ask) -> None:
    """A sparse file of 10 GB, of which nothing is there."""
    number = (100_000 // 512 + 1) ** 2
    tags = page(1, 1, t256=(4, 100_000), t257=(4, 100_000), t322=(3, 512), t323=(3, 512))
    tags |= {324: (4, (0,) * number), 325: (4, (0,) * number)}
    refused(make([tags], data=bytes(12)), "LimitExceededError", "CorruptFileError", "AbsentDataError")


@pytest.mark.parametrize("compression", [1, 5, 8])
@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize("tiled", [False, True])
def test_a_picture_of_which_nothing_is_stored(
    compression: int, number: int, tiled: bool, make: Make, page: Page, ask: Ask
) -> None:
    """Every offset is 0: all of it is absent, which is told."""
    tags = {"t322": (3, 16), "t323": (3, 16), "t324": (4, 0), "t325": (4, 0)} if tiled else {"t273": (4, 0)}
    answer = ask(make([page(t259=(3, compression), **tags)] * number, data=bytes(12)))
    assert answer.outcome in ("pixels", "AbsentDataError", "CorruptFileError")
    assert answer.error is not None or "AbsentPlanesWarning" in answer.warnings


@pytest.mark.parametrize("predictor", [1, 2])
@pytest.mark.parametrize("length", [0, 1, 11, 13])
@pytest.mark.parametrize("compression", [8, 32946, 5, 32773, 50000])
def test_a_strip_that_ends_too_soon(
    predictor: int, length: int, compression: int, make: Make, page: Page, ask: Ask
) -> None:
    """A strip of other than its 12 bytes is an error, or pixels that were all there."""
    pack = {5: imagecodecs.lzw_encode, 32773: imagecodecs.packbits_encode, 50000: imagecodecs.zstd_encode}
    data = (
        pack.get(compression, zlib.compress)(bytes(range(length))) or b"\x80"
    )  # PackBits: nothing (TIFF 6.0, section 9)
    tags = page(t259=(3, compression), t317=(3, predictor), t279=(4, len(data)))
    answer = ask(make([tags], data=data))
    if length < 12:
        assert answer.error is not None, "pixels are read that are not there"
    assert answer.outcome in ("pixels", "CorruptFileError")


# --- ImageJ stacks


def imagej(path: Path, pixels: bytes, description: bytes, *, behind: bytes = b"", side: int = 64) -> Path:
    """Write a stack as ImageJ does: one table in front, then the pixels of all planes (ij/io/TiffEncoder.java)."""
    text = description.ljust(4, b"\0") + b"\0"
    start = 8 + 2 + 12 * 10 + 4
    tags = {
        256: (3, 1, side), 257: (3, 1, side), 258: (3, 1, 8), 259: (3, 1, 1), 262: (3, 1, 1),
        270: (2, len(text), start), 273: (4, 1, start + len(text)), 277: (3, 1, 1), 278: (3, 1, side),
        279: (4, 1, side * side),
    }  # fmt: skip
    table = b"".join(struct.pack("<HHII", code, *entry) for code, entry in sorted(tags.items()))
    path.write_bytes(b"II*\0\x08\0\0\0" + struct.pack("<H", 10) + table + bytes(4) + text + pixels + behind)
    return path


DECLARED = b"ImageJ=1.54f\nimages=5\nslices=5\nunit=pixel\n"


def test_a_whole_stack_of_one_table(tmp_path: Path, ask: Ask) -> None:
    answer = ask(imagej(tmp_path / "a.tif", bytes(5 * 4096), DECLARED))
    assert [one.shape for one in answer.pictures] == [(1, 5, 1, 64, 64)]


@pytest.mark.parametrize("stored", [0, 1, 4096, 4 * 4096, 5 * 4096 - 1])
def test_a_stack_that_is_short(stored: int, tmp_path: Path, refused: Ask) -> None:
    """One plane less than declared, and one byte less: never fewer planes than the file says."""
    refused(imagej(tmp_path / "a.tif", bytes(stored), DECLARED), "CorruptFileError")


def test_a_short_stack_with_its_table_behind(make: Make, page: Page, refused: Ask) -> None:
    """What stands where the last plane should be is the table: no pixels."""
    pixels = np.full(4 * 12, 7, "u1").tobytes()
    path = make([page(t270=(2, DECLARED + b"\0"))], data=pixels)
    assert path.stat().st_size > 8 + 5 * 12
    refused(path, "CorruptFileError")


def test_a_short_shaped_file_with_its_table_behind(make: Make, page: Page, refused: Ask) -> None:
    path = make([page(t270=(2, b'{"shape": [5, 3, 4], "truncated": true}\0'))], data=bytes(4 * 12))
    refused(path, "CorruptFileError")


@pytest.mark.parametrize(
    "said",
    [
        b"images=0", b"images=-5", b"images=5\nslices=0", b"images=4294967296", b"images=" + b"9" * 5000, b"images=1e9",
        b"images=5\nslices=99999999\nframes=99999999\nchannels=99999999", b"slices=1000000000", b"images=nan",
        b"images=", b"images=5\nchannels=-1\nslices=-5", b"images=true", b"images=" + "٣".encode(),
    ],
)  # fmt: skip
def test_stacks_of_a_length_that_cannot_be(said: bytes, tmp_path: Path, ask: Ask) -> None:
    answer = ask(imagej(tmp_path / "a.tif", bytes(5 * 4096), b"ImageJ=1.54f\n" + said + b"\n"))
    assert answer.outcome in ("pixels", "CorruptFileError", "LimitExceededError")
    if answer.pictures is not None:
        assert answer.pictures[0].shape[-2:] == (64, 64)


def test_channels_that_are_nearly_all_absent(tmp_path: Path) -> None:
    """An absent plane costs nothing, but each channel its metadata: 600,000 of them took more than ten seconds."""
    path = tmp_path / "a.ome.tif"
    tifffile.imwrite(path, np.zeros((3, 4), np.uint8), metadata={"axes": "YX"})
    with tifffile.TiffFile(path) as tif:
        text = tif.pages[0].description.replace('SizeC="1"', 'SizeC="600000"')
    tifffile.imwrite(path, np.zeros((3, 4), np.uint8), description=text.encode(), metadata=None)
    with pytest.raises(LimitExceededError, match="far more channels") as caught:
        omio.imopen(path, absent_planes="warn")
    assert "600,000" in (caught.value.evidence or "")
