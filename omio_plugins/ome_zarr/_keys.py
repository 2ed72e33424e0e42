"""The names of the files of an array in a store, from their indices and back; pure values that can be pickled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """How the files of an array are named.

    Parameters
    ----------
    path
        The path of the array in the store; "" for the root.
    shape, chunks
        Of the array, and of what one file holds, which is a chunk or a shard.
    prefix, separator
        ``c`` and ``/`` for ``c/0/1``; "" and ``.`` for ``0.1``.

    Examples
    --------
    >>> Keys(path="0", shape=(4, 6), chunks=(4, 3), prefix="c", separator="/").key((0, 1))
    '0/c/0/1'
    """

    path: str
    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    prefix: str
    separator: str

    @property
    def grid(self) -> tuple[int, ...]:
        """How many files there are along each axis."""
        return tuple(-(-n // c) for n, c in zip(self.shape, self.chunks, strict=True))

    def key(self, index: tuple[int, ...]) -> str:
        """The name in the store of the file with this index."""
        name = self.separator.join((*([self.prefix] if self.prefix else []), *map(str, index)))
        return f"{self.path}/{name}" if self.path else name

    def indices(self, names: Iterable[str]) -> Iterator[tuple[int, ...]]:
        """The indices of the files of the array among the names in its folder; other names are left out."""
        grid = self.grid
        start = f"{self.prefix}{self.separator}" if self.prefix else ""
        for name in names:
            if not name.startswith(start):
                continue
            parts = name[len(start) :].split(self.separator)
            # only the spelling that is asked for counts: no signs, no zeros in front
            if len(parts) == len(grid) and all(_is_number(part) for part in parts):
                index = tuple(map(int, parts))
                if all(i < n for i, n in zip(index, grid, strict=True)):
                    yield index


def _is_number(part: str) -> bool:
    return part.isascii() and part.isdigit() and (part[0] != "0" or part == "0") and len(part) < 19
