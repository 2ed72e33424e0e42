"""The plugin keeps the contract of OMIO, and reads and writes what README.md says."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from omio_slab import READER, WRITER

import omio
from omio_core.contract import CorruptFileError
from omio_core.testing import PluginContract, ReaderContract, Sample, WriterContract

PIXELS = np.arange(2 * 3 * 1 * 5 * 7, dtype="<u2").reshape(2, 3, 1, 5, 7)
FLOATS = np.linspace(-1, 1, 12, dtype="<f4").reshape(1, 1, 1, 3, 4)
SIZES = (250.0, 500.0, 1000.0, 100.0)  # nanometres in X, Y and Z, and milliseconds


def slab(sizes: tuple[float, ...] = (0, 0, 0, 0), pixels: np.ndarray = PIXELS) -> bytes:
    """Return a SLAB file of two images, made from the tables of README.md and not by the writer."""
    begin = 8 + 2 * 72
    first = struct.pack("<6I4d2Q", *pixels.shape, 2, *sizes, begin, 0)
    second = struct.pack("<6I4d2Q", *FLOATS.shape, 5, 0, 0, 0, 0, begin + pixels.nbytes, 0)
    return b"SLAB" + struct.pack("<2H", 1, 2) + first + second + pixels.tobytes() + FLOATS.tobytes()


class TestPlugin(PluginContract):
    plugin = "omio_slab"


class TestReader(ReaderContract):
    reader = READER

    def samples(self, folder: Path) -> Mapping[str, Path | Sample]:
        (folder / "silent.slab").write_bytes(slab())
        (folder / "sized.slab").write_bytes(slab(SIZES))
        return {
            "silent": Sample(path=folder / "silent.slab", arrays={0: PIXELS, 1: FLOATS}),
            "sized": Sample(
                path=folder / "sized.slab",
                arrays={0: PIXELS, 1: FLOATS},
                sizes={
                    0: {"PhysicalSizeX": 0.25, "PhysicalSizeY": 0.5, "PhysicalSizeZ": 1.0, "TimeIncrement": 0.1},
                },
            ),
            "upside down": Sample(
                path=folder / "silent.slab", arrays={0: PIXELS[..., ::-1, :]}, options={"upside_down": True}
            ),
        }


class TestWriter(WriterContract):
    writer = WRITER
    reader = READER


@pytest.mark.parametrize(
    ("offset", "value"),
    [(6, b"\0\0"), (8, b"\0\0\0\0"), (28, b"\x07"), (8, b"\xff\xff\xff\xff"), (64, b"\xff" * 8)],
    ids=["no images", "no time points", "unknown type", "too many time points", "pixels beyond the end"],
)
def test_an_impossible_header_is_refused(tmp_path: Path, offset: int, value: bytes) -> None:
    """Before anything is allocated."""
    data = bytearray(slab())
    data[offset : offset + len(value)] = value
    (tmp_path / "bad.slab").write_bytes(data)
    with pytest.raises(CorruptFileError):
        omio.imread(tmp_path / "bad.slab", image=0)


def test_written_bytes_are_those_of_the_tables(tmp_path: Path) -> None:
    """Header, pixels and digests stand where README.md says."""
    omio.imwrite(tmp_path / "a.slab", FLOATS, {"PhysicalSizeX": 0.25})
    data = (tmp_path / "a.slab").read_bytes()
    assert data[:8] == b"SLAB\x01\0\x01\0"
    *lengths, code, x, y, z, step, pixels, digests = struct.unpack("<6I4d2Q", data[8:80])
    assert (lengths, code, x, y, z, step) == ([*FLOATS.shape], 5, 250.0, 0, 0, 0)
    assert data[pixels:digests] == FLOATS.tobytes()
    assert len(data) == digests + 16
