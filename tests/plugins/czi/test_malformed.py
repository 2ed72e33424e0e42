"""Each lie of header, directory and sub-block has its own error, before anything is allocated for it."""

from __future__ import annotations

import os
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

import omio
from omio_core.contract import locate
from omio_core.errors import CorruptFileError, FileChangedError, LimitExceededError, OmioError, ReadError
from omio_core.settings import using
from omio_plugins.czi._read import open_czi

from .made import ZSTD0, Block, ramp, write

DIRECTORY = 32 + 52  # where the header has its position


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Two planes, with metadata."""
    return write(tmp_path / "a.czi", [Block(pixels=ramp(6, 8, start=t), at={"T": t}) for t in range(2)], xml=b"<a/>")


def changed(path: Path, at: int, code: str, *values: int | bytes) -> Path:
    data = bytearray(path.read_bytes())
    struct.pack_into(f"<{code}", data, at, *values)
    path.write_bytes(data)
    return path


def directory(path: Path) -> int:
    return int(struct.unpack_from("<q", path.read_bytes(), DIRECTORY)[0])


@pytest.mark.parametrize(
    ("at", "code", "value", "told"),
    [
        (0, "10s", b"ZISRAWFLIE", "no CZI"),
        (DIRECTORY, "q", 0, "no directory"),
        (DIRECTORY, "q", -5, "no directory"),
        (DIRECTORY, "q", 1 << 62, "ends too soon"),
        (DIRECTORY, "q", 544, "ZISRAWDIRECTORY is missing"),
    ],
)
def test_the_header(made: Path, at: int, code: str, value: int, told: str) -> None:
    with pytest.raises(CorruptFileError, match=told) as caught:
        open_czi(locate(changed(made, at, code, value)))
    assert str(made) in str(caught.value)


@pytest.mark.parametrize(("position", "told"), [(544, "are missing"), (1 << 40, "do not lie in the file")])
def test_a_header_that_finds_no_metadata_costs_the_facts(made: Path, position: int, told: str, describe, read) -> None:
    whole = read(made)
    (image,) = describe(changed(made, DIRECTORY + 8, "q", position))
    assert told in image.facts().warnings[0]
    np.testing.assert_array_equal(read(made)[0], whole[0])


@pytest.mark.parametrize(
    ("at", "code", "value", "told"),
    [
        (24, "q", 1 << 50, "does not fit"),
        (24, "q", -1, "does not fit"),
        (24, "q", 100, "too short"),
        (32, "i", 0, "does not hold"),
        (32, "i", -1, "does not hold"),
        (32, "i", 3, "ends too soon|does not hold"),
        (32, "i", 1 << 30, "does not hold"),
        (160, "2s", b"DX", "damaged"),
        (160 + 28, "i", 41, "damaged"),
        (160 + 28, "i", -1, "damaged"),
        (160 + 28, "i", 0, "damaged"),
        (160 + 6, "q", -32, "does not lie in the file"),
        (160 + 6, "q", 1 << 60, "does not lie in the file"),
        (160 + 32 + 8, "i", 0, "has no pixels"),
        (160 + 32 + 8, "i", -7, "has no pixels"),
        (160 + 32 + 16, "i", 1 << 30, "does not lie in the file"),
    ],
)
def test_the_directory(made: Path, at: int, code: str, value: int, told: str) -> None:
    with pytest.raises(CorruptFileError, match=told):
        open_czi(locate(changed(made, directory(made) + at, code, value)))


@pytest.mark.parametrize(
    ("at", "code", "value", "told"),
    [
        (0, "14s", b"ZISRAWSUBBLACK", "sub-block is missing"),
        (32, "i", -1, "contradicts itself"),
        (32, "i", 1 << 30, "does not fit"),
        (40, "q", -1, "does not fit"),
        (40, "q", 1 << 62, "does not fit"),
        (40, "q", 90, "ends too soon"),
        (48, "2s", b"DE", "sub-block is missing"),
        (48 + 2, "i", 0, "contradicts the directory"),
        (48 + 18, "i", 5, "contradicts the directory"),
        (48 + 28, "i", 200, "contradicts itself"),
        (48 + 32 + 16, "i", 9, "contradicts the directory"),
    ],
)
def test_a_subblock(made: Path, at: int, code: str, value: int, told: str, read, describe) -> None:
    """The other plane is read all the same, and so is the description."""
    changed(made, 544 + at, code, value)
    assert describe(made)[0].levels[0].shape == (2, 6, 8)
    with pytest.raises(CorruptFileError, match=told) as caught:
        read(made)
    assert caught.value.subblock == 0


def test_limits_are_held_before_anything_is_made(tmp_path: Path, describe) -> None:
    blocks = [Block(pixels=ramp(4, 4), at={"T": t}) for t in range(9)]
    path = write(tmp_path / "a.czi", blocks)
    with using(max_pages=8), pytest.raises(LimitExceededError, match="too many sub-blocks"):
        describe(path)
    sparse = write(tmp_path / "b.czi", [Block(pixels=ramp(4, 4), at={"T": t}) for t in (0, 2_000_000_000)])
    with pytest.raises(LimitExceededError, match="too many planes"):
        describe(sparse)
    wide = write(tmp_path / "c.czi", [Block(pixels=ramp(4, 4), at={"C": c}) for c in (0, 2000)])
    with pytest.raises(LimitExceededError, match="more channels"):
        describe(wide)
    sizes = {"X": (1 << 20, 1 << 20), "Y": (1 << 20, 1 << 20)}
    bomb = Block(pixels=ramp(4, 4), compression=ZSTD0, entry={"sizes": sizes})
    with pytest.raises(LimitExceededError, match="far more pixels"):
        describe(write(tmp_path / "d.czi", [bomb]))


def test_a_picture_may_be_far_larger_than_its_tiles(tmp_path: Path, describe) -> None:
    """What is absent costs nothing: the core refuses it only where somebody wants it whole."""
    ends = [Block(pixels=ramp(4, 4), at={"X": x, "Y": x, "M": k}) for k, x in enumerate((-(2**31), 2**31 - 5))]
    (image,) = describe(write(tmp_path / "a.czi", ends))
    assert image.levels[0].shape == (2**32 - 1, 2**32 - 1)
    assert len(image.levels[0].present) == 2


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_czi(locate(tmp_path / "nothing.czi"))
    with pytest.raises(ReadError):
        open_czi(locate(tmp_path))
    (tmp_path / "empty.czi").touch()
    with pytest.raises(CorruptFileError):
        open_czi(locate(tmp_path / "empty.czi"))
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.czi")
        with pytest.raises(ReadError):
            open_czi(locate(tmp_path / "pipe.czi"))


def test_a_directory_that_changed_is_noticed_by_the_facts(made: Path, describe) -> None:
    (image,) = pickle.loads(pickle.dumps(describe(made)))
    entries = image.facts.args[0]
    assert len(entries.entries) == 2
    (again,) = pickle.loads(pickle.dumps(describe(made)))
    changed(made, directory(made) + 160 + 32 + 4, "i", 3)
    with pytest.raises(FileChangedError):
        _ = again.facts.args[0].entries


def test_a_description_is_small_and_needs_no_file(tmp_path: Path) -> None:
    blocks = [Block(pixels=ramp(2, 2), at={"S": s, "X": 5 * s}) for s in range(200)]
    path = write(tmp_path / "a.czi", blocks)
    opened = open_czi(locate(path))
    opened.close()
    path.unlink()
    assert all(len(pickle.dumps(one)) < 2000 for one in opened.images)
    assert len(pickle.loads(pickle.dumps(opened.images))) == 200


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.filterwarnings("ignore::omio_core.errors.OmioWarning")
def test_any_byte_may_be_damaged(made: Path, seed: int) -> None:
    """In this process: header, directory and sub-blocks, each byte in turn."""
    whole = made.read_bytes()
    start = directory(made)
    structure = [*range(32, 112), *range(544, 544 + 140), *range(start, start + 160 + 2 * 112)]
    outcomes = {"error": 0, "pixels": 0}
    for at in structure[seed::2]:
        data = bytearray(whole)
        data[at] ^= 0x81 if seed else 0x7F
        made.write_bytes(data)
        try:
            omio.imread(made, return_list=True)
        except OmioError:
            outcomes["error"] += 1
        else:
            outcomes["pixels"] += 1
    assert outcomes["error"] > 50
    assert outcomes["pixels"] > 20
