"""The definition of a case, and the picture that most cases read or write.

The contenders of a case do the same work; the first is OMIO, one is the bare limit. A contender is a function of the
folder of files. Neither its imports nor the check of its result are timed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WORKERS = 2
PLANE = (2048, 2048)  # of uint16: 8 MiB
ROWS = 64  # of a strip of the compressed file: 256 KiB

Contender = Callable[[Path], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row of the table: contenders by name, in the order of its columns."""

    title: str
    contenders: Mapping[str, Contender]
    checked: str | None = None  # the file in the folder with the array that contenders must return


def picture(planes: int) -> Any:
    """A stack as a camera records it: smooth cells with shot noise, ZYX uint16."""
    import numpy as np

    return np.stack(list(pictured(planes)))


def pictured(planes: int) -> Iterator[Any]:
    """The planes of `picture`, one after the other."""
    import numpy as np

    random = np.random.default_rng(1)
    y, x = PLANE
    rows, columns = np.mgrid[:y, :x]
    smooth = 200 + 80 * np.sin(rows / 90) * np.cos(columns / 70)
    first = [random.poisson(smooth).astype(np.uint16) for _ in range(min(planes, 4))]
    for i in range(planes):
        yield np.roll(first[i % len(first)], 37 * i, axis=0)


def noise(planes: int) -> Any:
    """A stack of 12-bit noise, which no encoder can predict; ZYX uint16."""
    import numpy as np

    return np.random.default_rng(1).integers(0, 1 << 12, (planes, *PLANE), np.uint16)


def keep(folder: Path, mib: int, make: Callable[[int], Any] = picture) -> Any:
    """The stack of that size, created once per run and kept as ``picture.npy`` or ``noise.npy``; ZYX uint16, mapped."""
    import numpy as np

    path = folder / f"{make.__name__}.npy"
    if not path.exists():
        np.save(path, make(max(2, mib * (1 << 20) // (PLANE[0] * PLANE[1] * 2))))
    return np.load(path, mmap_mode="r")
