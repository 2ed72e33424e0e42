"""The form of a TIFF's tables: byte order, widths of fields, types of values; and the layout that pages share."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._structure import Structure

Order = Literal["<", ">"]


ORDERS: tuple[Order, ...] = ("<", ">")


# type -> (struct code, bytes); 13 and 18 are offsets of IFDs, 16 and 17 are BigTIFF's
TYPES = {
    1: ("B", 1), 2: ("s", 1), 3: ("H", 2), 4: ("I", 4), 5: ("2I", 8), 6: ("b", 1), 7: ("B", 1), 8: ("h", 2),
    9: ("i", 4), 10: ("2i", 8), 11: ("f", 4), 12: ("d", 8), 13: ("I", 4), 16: ("Q", 8), 17: ("q", 8), 18: ("Q", 8),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Form:
    """Byte order and width of a TIFF; classic or BigTIFF."""

    order: Order
    big: bool
    number: struct.Struct = field(init=False)
    entry: struct.Struct = field(init=False)
    pointer: struct.Struct = field(init=False)

    def __post_init__(self) -> None:
        for name, code in zip(
            ("number", "entry", "pointer"), ("Q", "HHQ8s", "Q") if self.big else ("H", "HHI4s", "I"), strict=True
        ):
            object.__setattr__(self, name, struct.Struct(self.order + code))


class Tag(NamedTuple):  # several are created per examined page, at a third of a dataclass's cost
    """One entry of a table: its type, the number of its values, and the values or their offset as bytes."""

    type: int
    number: int
    value: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The properties that pages with equal tables share.

    Attributes
    ----------
    positions
        From the code of a tag to the start of its entry in the table.
    size, mask, key
        A table has this layout if it has that size, and its bytes, as one integer, masked, equal the key.
    outside
        Structural values that lie outside the table: position of the entry, and the bytes expected there.
    structure
        The structure of the pages.
    source
        The entries and numbers of values from which the structure was derived; empty if no table was read.
    """

    positions: Mapping[int, int]
    size: int
    mask: int
    key: int
    outside: tuple[tuple[int, bytes], ...]
    structure: Structure
    source: tuple[tuple[int, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Pages that follow one another and share a layout.

    Attributes
    ----------
    first
        Index of the first in the chain.
    offsets
        Offsets of the IFDs, int64 of shape (pages,).
    tables
        The raw tables, uint8 of shape (pages, bytes of a table).
    """

    first: int
    offsets: NDArray[np.int64]
    tables: NDArray[np.uint8]
    layout: Layout

    def __len__(self) -> int:
        return len(self.offsets)

    def part(self, start: int, stop: int) -> Run:
        """The pages from `start` to before `stop`."""
        if (start, stop) == (0, len(self)):
            return self
        return replace(self, first=self.first + start, offsets=self.offsets[start:stop], tables=self.tables[start:stop])

    def column(self, form: Form, code: int) -> NDArray[np.unsignedinteger[Any]] | None:
        """The stored value of a tag on every page; None unless it is one unsigned integer within the table."""
        position = self.layout.positions.get(code)
        if position is None:
            return None
        end = position + form.entry.size
        head = self.tables[0, position:end].tobytes()
        _, kind, count, value = form.entry.unpack(head)
        if count != 1 or kind not in _UNSIGNED or len(self.tables) == 0:
            return None
        dtype = np.dtype(form.order + _UNSIGNED[kind])
        if dtype.itemsize > len(value):
            return None
        start = end - len(value)
        values: NDArray[np.unsignedinteger[Any]] = self.tables[:, start : start + dtype.itemsize].view(dtype)[:, 0]
        return values


_UNSIGNED = {1: "u1", 3: "u2", 4: "u4", 13: "u4", 16: "u8", 18: "u8"}
