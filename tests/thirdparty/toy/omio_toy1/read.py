"""From a .toy1 file to pixels; imported when one is opened."""

from __future__ import annotations

import os
import struct
import threading
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from omio_core.contract import Box, Fact, Facts, ImageDescription, Level
from omio_core.errors import CorruptFileError

HEADER = struct.Struct("<4s4Id")


def _facts(nanometres: float) -> Facts:
    size = Fact(nanometres / 1000, "file", "header: pixel size")
    return Facts(physical_size_x=size, physical_size_y=size)


class Toy:
    """An open .toy1 file."""

    def __init__(self, path: str, flip: bool):
        self.members = (path,)
        self._flip, self._lock = flip, threading.Lock()
        self._file = Path(path).open("rb")  # noqa: SIM115 - close() is the core's to call
        head = self._file.read(HEADER.size)
        size = os.path.getsize(path)
        if len(head) < HEADER.size or size != HEADER.size + 2 * int(
            np.prod(struct.unpack_from("<4I", head, 4), dtype=object)
        ):
            self._file.close()
            raise CorruptFileError(
                f"{path} is not as long as it says",
                evidence=f"it has {size} bytes",
                remedy="copy it again",
                path=path,
            )
        _, *self._shape, nanometres = HEADER.unpack(head)
        level = Level(shape=tuple(self._shape), blocks=(1, 1, *self._shape[2:]))
        self.images = (
            ImageDescription(axes="ZCYX", dtype=np.dtype("uint16"), levels=(level,), facts=partial(_facts, nanometres)),
        )

    def read_into(self, out: np.ndarray[Any, Any], image: int, box: Box, level: int) -> None:
        """A plane is read at once and cut."""
        height, width = self._shape[2:]
        (z0, z1), (c0, c1), y, x = box.spans
        for z in range(z0, z1):
            for c in range(c0, c1):
                with self._lock:
                    self._file.seek(HEADER.size + 2 * height * width * (z * self._shape[1] + c))
                    data = self._file.read(2 * height * width)
                plane = np.frombuffer(data, "<u2").reshape(height, width)
                plane = plane[::-1] if self._flip else plane
                out[z - z0, c - c0] = plane[slice(*y), slice(*x)]

    def close(self) -> None:
        """Let go."""
        self._file.close()


def open_toy(path: str, flip: bool = False) -> Toy:
    """Open a .toy1 file."""
    return Toy(path, flip)
