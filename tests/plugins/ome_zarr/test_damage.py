"""Bits flipped in chunks and shards: an error wherever a checksum stands, and never a crash or a hang."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import omio
from omio_core.errors import OmioError

from .made import CHAINS, codecs, group, multiscale, ramp

SUMMED = ("zstd-checksum", "gzip", "blosc-lz4-crc32c", "shards", "shards-index-first", "shards-in-shards")
PIXELS = ramp(4, 16, 20)


def flips(folder: Path, count: int, seed: int) -> tuple[int, int]:
    """Flip one bit at a time in the chunks; return how many were errors, and how many wrong pixels."""
    dice = random.Random(seed)
    files = sorted(f for f in (folder / "0" / "c").rglob("*") if f.is_file())
    errors = wrong = 0
    for _ in range(count):
        file = dice.choice(files)
        sound = file.read_bytes()
        damaged = bytearray(sound)
        damaged[dice.randrange(len(sound))] ^= 1 << dice.randrange(8)
        file.write_bytes(damaged)
        try:
            pixels, _ = omio.imread(folder, absent_planes="raise")
            wrong += not np.array_equal(pixels[0, :, 0], PIXELS)
        except OmioError:
            errors += 1
        file.write_bytes(sound)
    return errors, wrong


def make(folder: Path, chain: str) -> None:
    group(folder, {"multiscales": [multiscale("zyx", [[1, 1, 1]])]})
    codecs(folder / "0", PIXELS, (2, 8, 10), CHAINS[chain])


@pytest.mark.parametrize("chain", SUMMED)
def test_flipped_bits_are_errors(chain: str, tmp_path: Path) -> None:
    """Of 40 in each of six stores; a bit that means nothing, as the time in the header of gzip, changes no pixel."""
    make(tmp_path, chain)
    errors, wrong = flips(tmp_path, 40, seed=1)
    assert wrong == 0
    assert errors >= (33 if chain == "gzip" else 38)


@pytest.mark.parametrize("options", [{}, {"shards": False}], ids=["shards", "chunks"])
def test_of_200_bits_flipped_in_what_omio_wrote_none_is_a_wrong_picture(
    options: dict[str, Any], tmp_path: Path
) -> None:
    """At most 2 change no pixel; in any file of any level, the indices of shards included."""
    pixels = np.random.default_rng(3).integers(0, 4000, (1, 2, 1, 40, 50), np.uint16)
    path = omio.imwrite(tmp_path / "a.ome.zarr", pixels, axes="TZCYX", tile=32, pyramid=1, **options)
    dice, unseen = random.Random(4), 0
    files = sorted(f for f in path.rglob("*") if f.is_file() and f.suffix not in (".json", ".xml") and f.name[0] != ".")
    sound = _levels(path)
    for _ in range(200):
        file = dice.choice(files)
        data = file.read_bytes()
        damaged = bytearray(data)
        damaged[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        file.write_bytes(damaged)
        try:
            read = _levels(path)
        except OmioError:
            read = None
        file.write_bytes(data)
        if read is not None:
            unseen += 1
            for expected, found in zip(sound, read, strict=True):
                np.testing.assert_array_equal(found, expected)
    assert unseen <= 2


def _levels(path: Path) -> list[np.ndarray]:
    with omio.imopen(path, absent_planes="raise") as image:
        return [image.level(number).to_numpy() for number in range(len(image.levels))]


@pytest.mark.parametrize("chain", ["raw", "zstd", "blosc", "transpose", "shards-transposed"])
def test_flipped_bits_without_a_checksum_end_in_an_error_or_in_pixels(chain: str, tmp_path: Path) -> None:
    make(tmp_path, chain)
    errors, wrong = flips(tmp_path, 20, seed=2)
    assert errors + wrong <= 20


@pytest.mark.parametrize("chain", ["raw", "zstd", "gzip", "blosc", "shards", "shards-index-first", "shards-in-shards"])
def test_chunks_cut_short(chain: str, tmp_path: Path) -> None:
    make(tmp_path, chain)
    (file,) = (f for f in sorted((tmp_path / "0" / "c").rglob("*"))[-1:] if f.is_file())
    sound = file.read_bytes()
    for tenth in range(10):
        file.write_bytes(sound[: len(sound) * tenth // 10])
        with pytest.raises(OmioError, match="damaged"):
            omio.imread(tmp_path)
