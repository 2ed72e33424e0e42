"""From a file to its chain of pages: every table of tags read, bounded and understood; it knows no flavour.

Most pages of a file have the table of their predecessor but for offsets. Such a table is recognised by one masked
comparison and shares its `Layout`, so that 10,000 pages cost little more than 10,000 reads. Layout of header and
IFD: TIFF 6.0, section 2, and https://www.awaresystems.be/imaging/tiff/bigtiff.html.
"""

from __future__ import annotations

import struct
from dataclasses import replace

from omio_core.errors import CorruptFileError, LimitExceededError
from omio_core.settings import current

from ._file import PositionedFile
from ._ifd import TYPES, Chain, Form, Layout, Order, Page, Tag
from ._structure import OFFSETS, STRUCTURAL, TABLES, structure_of

MOST_TAGS = 4096  # of one IFD; the registered tags are some hundreds
_SMALL_WINDOW, _LARGE_WINDOW = 1 << 10, 1 << 16
_SHORT = 1 << 20  # bytes of tables that never are too many


class _Window:
    """Reads tables; those that stand close together with one call for many."""

    def __init__(self, file: PositionedFile):
        self._file, self._start, self._bytes = file, 0, b""

    def read(self, offset: int, n: int) -> bytes:
        within = offset - self._start
        if within < 0 or within + n > len(self._bytes):
            near = 0 <= within <= _LARGE_WINDOW
            size = max(n, _LARGE_WINDOW if near else _SMALL_WINDOW)
            self._bytes = self._file.read(offset, max(n, min(size, self._file.size - offset)))
            self._start, within = offset, 0
        return self._bytes[within : within + n]


def read_chain(file: PositionedFile) -> Chain:
    """Read the header and every IFD of the main chain.

    Raises
    ------
    CorruptFileError
        No TIFF header, an IFD outside the file, a chain that loops, IFDs that overlap, or a page that makes no sense.
    LimitExceededError
        More pages than the settings allow.
    """
    form, offset = _header(file)
    chain, window = Chain(file, form), _Window(file)
    seen: set[int] = set()
    layouts: list[Layout] = []
    most, left = current().max_pages, 2 * file.size + _SHORT
    while offset:
        if offset in seen:
            raise chain.corrupt(len(chain.pages), f"the chain of IFDs comes back to offset {offset}")
        if len(chain.pages) >= most:
            raise LimitExceededError(
                f"{file.path} has too many pages",
                evidence=f"more than {most}",
                remedy="raise OMIO_MAX_PAGES if the file is to be trusted",
                path=file.path,
            )
        seen.add(offset)
        table, following = _table(chain, window, offset)
        layout = _layout(chain, layouts, table)
        left -= len(table) + sum(len(expected) for _, expected in layout.outside)
        if left < 0:
            raise chain.corrupt(len(chain.pages), "the IFDs together are longer than the file: they overlap")
        chain.pages.append(Page(len(chain.pages), offset, table, layout, chain))
        offset = following
    if not chain.pages:
        raise CorruptFileError(f"{file.path} holds no page", evidence="the first IFD is at 0", path=file.path)
    return chain


def _header(file: PositionedFile) -> tuple[Form, int]:
    head = file.read(0, min(16, file.size))
    orders: dict[bytes, Order] = {b"II": "<", b"MM": ">"}
    order = orders.get(head[:2])
    if order is not None and len(head) >= 8:
        version: int = struct.unpack(order + "H", head[2:4])[0]
        if version == 42:
            return Form(order, False), struct.unpack(order + "I", head[4:8])[0]
        if version == 43 and len(head) == 16 and struct.unpack(order + "HH", head[4:8]) == (8, 0):
            return Form(order, True), struct.unpack(order + "Q", head[8:16])[0]
    raise CorruptFileError(
        f"{file.path} has no TIFF header",
        evidence=f"{file.size} bytes that begin with {head!r}",
        path=file.path,
    )


def _table(chain: Chain, window: _Window, offset: int) -> tuple[bytes, int]:
    """The raw entries of the IFD at `offset`, and the offset of the next."""
    form, page = chain.form, len(chain.pages)
    if offset + form.number.size > chain.file.size:
        raise chain.corrupt(page, f"its IFD is at {offset}, the file ends at {chain.file.size}")
    number: int = form.number.unpack(window.read(offset, form.number.size))[0]
    if not 0 < number <= MOST_TAGS:
        raise chain.corrupt(page, f"its IFD at {offset} has {number} tags")
    size = number * form.entry.size
    if offset + form.number.size + size + form.pointer.size > chain.file.size:
        raise chain.corrupt(page, f"its IFD at {offset} has {number} tags, the file ends at {chain.file.size}")
    table = window.read(offset + form.number.size, size + form.pointer.size)
    return table[:size], form.pointer.unpack_from(table, size)[0]


def _layout(chain: Chain, layouts: list[Layout], table: bytes) -> Layout:
    """The layout a table belongs to: one of the last few, or a new one."""
    number = int.from_bytes(table, "little")
    for layout in layouts:
        alike = len(table) == layout.size and number & layout.mask == layout.key
        if alike and (not layout.outside or _agrees(chain, layout, table)):
            return layout
    made = _new_layout(chain, table)
    layouts.insert(0, made)
    del layouts[8:]
    return made


def _agrees(chain: Chain, layout: Layout, table: bytes) -> bool:
    form = chain.form
    for position, expected in layout.outside:
        (pointer,) = form.pointer.unpack_from(table, position + form.entry.size - form.pointer.size)
        if chain.file.read(pointer, len(expected)) != expected:
            return False
    return True


def _new_layout(chain: Chain, table: bytes) -> Layout:
    """Read a table in full, and note which of its bytes make another table a table of this layout."""
    form = chain.form
    positions: dict[int, int] = {}
    mask = bytearray(len(table))
    outside: list[tuple[int, bytes]] = []
    value = form.pointer.size
    for position in range(0, len(table), form.entry.size):
        code, kind, count, inline = form.entry.unpack_from(table, position)
        if positions.setdefault(code, position) != position:
            continue  # a tag that stands twice: the first counts
        end = position + form.entry.size
        mask[position : position + 4] = b"\xff" * 4
        if code in STRUCTURAL or code in TABLES:
            mask[position + 4 : end - value] = b"\xff" * (end - value - position - 4)
        if code in STRUCTURAL and count * TYPES.get(kind, ("", 0))[1] <= value:
            mask[end - value : end] = b"\xff" * value
        elif code in STRUCTURAL and count <= 1 << 16:
            outside.append((position, chain.raw(Tag(kind, count, inline))))
    masked = int.from_bytes(mask, "little")
    key = int.from_bytes(table, "little") & masked
    bare = Layout(positions=positions, size=len(table), mask=masked, key=key, outside=tuple(outside), structure=None)  # type: ignore[arg-type]
    page = Page(len(chain.pages), 0, table, bare, chain)
    structure = structure_of(
        lambda code: chain.values(page, code),
        counts={code: tag.count for code in OFFSETS if (tag := chain.tag(page, code))},
        size=chain.file.size,
        complain=lambda evidence: chain.corrupt(page.index, evidence),
    )
    return replace(bare, structure=structure)
