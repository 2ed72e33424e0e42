"""What a sound file is that can be damaged, and how it is put in a folder; it knows no format and damages nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """A file that can be read, or that is needed to read another; its bytes are what is damaged.

    Attributes
    ----------
    name
        Of the flavour; no two of a format are the same.
    stands_as
        The name that the bytes get in their folder.
    structure
        Where header, tables, values of tags and texts lie: (start, stop) each.
    entries
        Where the entries of the tables begin, and how long they are.
    beside
        Names and bytes of what else belongs to it.
    opened
        Which of `beside` is opened, where it is not this file.
    """

    name: str
    stands_as: str
    data: bytes
    structure: Spans
    entries: Spans
    beside: tuple[tuple[str, bytes], ...] = ()
    opened: str | None = None

    @classmethod
    def everywhere(
        cls,
        *,
        name: str,
        stands_as: str,
        data: bytes,
        beside: tuple[tuple[str, bytes], ...] = (),
        opened: str | None = None,
    ) -> Sound:
        """One that has no tables: a text, or bare pixels."""
        whole = ((0, len(data)),)
        return cls(
            name=name, stands_as=stands_as, data=data, structure=whole, entries=whole, beside=beside, opened=opened
        )

    def put(self, data: bytes, folder: Path) -> Path:
        """Write bytes in place of its own into a new folder, with what belongs to them; gives the file to open."""
        folder.mkdir()
        for name, other in (*self.beside, (self.stands_as, data)):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(other)
        return folder / (self.opened or self.stands_as)


def steps(*shape: int, dtype: str = "u2") -> np.ndarray:
    """Pixels that compress, but are not all alike."""
    flat = np.arange(int(np.prod(shape)))
    return ((flat // 5 * 7 + flat) % 251).astype(dtype).reshape(shape)
