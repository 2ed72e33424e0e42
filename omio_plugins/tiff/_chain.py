"""From a file to its chain of pages: reads, bounds and parses every table of tags; it knows no flavour.

On most pages of a file the table differs from the previous one in offsets only, and most IFDs lie at equal distances.
One masked comparison recognises such a table, which then shares its `Layout`. IFDs at equal distances are read ahead
and compared all at once, so that 10,000 pages cost little. Nothing is assumed: every table and every link of the chain
is compared. Layout of header and IFD: TIFF 6.0, section 2, and https://www.awaresystems.be/imaging/tiff/bigtiff.html.
"""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import CorruptFileError, LimitExceededError, Location, PositionedFile

from ._ifd import Chain
from ._pages import PageCollector
from ._structure import OFFSETS, STRUCTURAL, SUB_IFDS, TABLES, structure_of
from ._tables import TYPES, Form, Layout, Order, Tag

MOST_TAGS = 4096  # of one IFD; the registered tags are some hundreds
_SMALL_WINDOW, _LARGE_WINDOW = 1 << 10, 1 << 16
_HEADER = 16  # bytes of the header of a BigTIFF; a classic one has 8
_SHORT = 1 << 20  # bytes of tables that are always allowed
_FEW, _MANY = 16, 4096  # pages read ahead at once
_FIRST_CHECK = 64  # pages after which the chain is first checked for a loop; then after four times as many
_BATCH = 1 << 20  # bytes of tables read and compared at once
_CLOSE = 1 << 12  # largest distance in bytes of IFDs that are read with one call rather than one by one


class _Window:
    """Reads tables; one call reads many that lie close together."""

    def __init__(self, file: PositionedFile):
        self._file, self._start, self._bytes = file, 0, b""
        self._has_tables = False

    def head(self) -> bytes:
        """The header; the first table often follows it, and is then read with it."""
        self._bytes = self._file.read(0, min(_SMALL_WINDOW, self._file.size))
        return self._bytes[:_HEADER]

    def read(self, offset: int, n: int) -> bytes:
        within = offset - self._start
        if within < 0 or within + n > len(self._bytes):
            near = self._has_tables and 0 <= within <= _LARGE_WINDOW
            self._has_tables = True
            size = max(n, _LARGE_WINDOW if near else _SMALL_WINDOW)
            self._bytes = self._file.read(offset, max(n, min(size, self._file.size - offset)))
            self._start, within = offset, 0
        return self._bytes[within : within + n]


def read_chain(file: PositionedFile, location: Location, kind: type[Chain] = Chain) -> Chain:
    """Read the header and every IFD of the main chain of an open file, and of its location.

    A format built on TIFF passes its own `kind` of chain.

    Raises
    ------
    CorruptFileError
        There is no TIFF header, an IFD lies outside the file, the chain loops, IFDs overlap, or a page is invalid.
    LimitExceededError
        The file has more pages than the settings allow.
    """
    window = _Window(file)
    form, offset = _read_header(window.head(), file)
    chain, collector = kind(file, location, form), PageCollector()
    tables = Tables(chain, window)
    previous, ahead, next_check = 0, _FEW, _FIRST_CHECK
    while offset:
        if collector.count >= next_check:
            _refuse_loop(chain, collector)
            next_check *= 4
        tables.check_page_count(collector.count)
        table, layout, next_offset = tables.read(offset, collector.count)
        collector.add(layout, np.array((offset,), np.int64), table)
        stride = offset - previous
        while ahead and next_offset == offset + stride and collector.count < next_check:
            most = min(_MANY if 0 < stride <= _CLOSE else ahead, chain.settings.max_pages - collector.count)
            offsets, raw, next_offset, complete = tables.read_ahead(layout, offset, stride, most)
            if len(offsets):
                collector.add(layout, offsets, raw.data)
                offset = int(offsets[-1])
            ahead = min(4 * ahead, _MANY) if complete else 0
        ahead = ahead or (_FEW if collector.count % _FEW == 0 else 0)  # after a wrong guess, retry every _FEW pages
        previous, offset = offset, next_offset
    if not collector.count:
        raise CorruptFileError(f"{file.path} holds no page", evidence="the first IFD is at 0", path=file.path)
    chain.pages = collector.pages(chain)
    return chain


def _refuse_loop(chain: Chain, collector: PageCollector) -> None:
    """Raise if an offset occurs twice: an IFD names one successor, so a chain that returns to an IFD never ends."""
    offsets = collector.offsets()
    if bool((offsets[1:] > offsets[:-1]).all()):  # true of nearly all files
        return
    distinct, first = np.unique(offsets, return_index=True)
    if len(distinct) < len(offsets):
        again = int(np.setdiff1d(np.arange(len(offsets)), first)[0])
        raise chain.page_error(again, f"the chain of IFDs comes back to offset {offsets[again]}")


class Tables:
    """Reads IFDs of one file, wherever they lie; keeps the last few layouts, and limits the total that it reads."""

    def __init__(self, chain: Chain, window: _Window | None = None):
        self._chain, self._window = chain, window or _Window(chain.file)
        self._layouts: list[Layout] = []
        self._left = 2 * chain.file.size + _SHORT

    def check_page_count(self, index: int) -> None:
        """Check the number of pages against the settings.

        Raises
        ------
        LimitExceededError
            The page of this index is one more than the settings allow.
        """
        if index >= self._chain.settings.max_pages:
            path = self._chain.file.path
            raise LimitExceededError(
                f"{path} has too many pages",
                evidence=f"more than {self._chain.settings.max_pages}",
                remedy="raise OMIO_MAX_PAGES if the file is to be trusted",
                path=path,
            )

    def read(self, offset: int, index: int) -> tuple[bytes, Layout, int]:
        """The raw table of the IFD at `offset`, of page `index`, its layout, and the offset of the next IFD.

        Raises
        ------
        CorruptFileError
            It lies outside the file, is invalid, or the tables read so far are longer than the file.
        UnsupportedFeatureError
            Its picture has a type that OMIO does not read.
        """
        table, next_offset = _read_table(self._chain, self._window, offset, index)
        layout = _find_layout(self._chain, self._layouts, table, index)
        self._spend(layout, 1, index)
        return table, layout, next_offset

    def read_ahead(
        self, layout: Layout, offset: int, stride: int, most: int
    ) -> tuple[NDArray[np.int64], NDArray[np.uint8], int, bool]:
        """Read some of the IFDs behind the one at `offset`, as long as each lies at the next multiple of `stride`.

        Returns
        -------
        offsets, tables, next_offset, complete
            For the IFDs that are chained and share the layout: their offsets; their raw tables, uint8 of shape
            (IFDs, bytes of a table); the offset that the last of them, or the one at `offset`, names; and whether
            every IFD that was examined is among them.
        """
        form, file = self._chain.form, self._chain.file
        first, span = offset + stride, form.number.size + layout.size + form.pointer.size
        room = (file.size - span - first) // stride + 1 if stride > 0 else first // -stride if stride else 0
        n = min(most, room, max(_BATCH // max(span, stride if stride <= _CLOSE else 0), 2))
        if n < 2 or abs(stride) < span:
            return np.empty(0, np.int64), np.empty((0, layout.size), np.uint8), first, False
        offsets = np.arange(first, first + n * stride, stride, dtype=np.int64)
        rows = self._rows(range(first, first + n * stride, stride), span)
        numbers = rows[:, : form.number.size].view(form.order + ("u8" if form.big else "u2"))[:, 0]
        tables = np.ascontiguousarray(rows[:, form.number.size : -form.pointer.size])
        links = rows[:, -form.pointer.size :].view(form.order + ("u8" if form.big else "u4"))[:, 0]
        chained = _count_leading(links[:-1] == offsets[1:].astype(links.dtype)) + 1
        good = min(_count_leading(numbers == layout.size // form.entry.size), _count_alike(tables, layout), chained)
        for k in range(good if layout.outside else 0):
            if not _agrees(self._chain, layout, tables[k].tobytes(), self._window):
                good = k
                break
        self._spend(layout, good, -1)
        return offsets[:good], tables[:good], int(links[good - 1]) if good else first, good == n

    def _rows(self, offsets: range, span: int) -> NDArray[np.uint8]:
        """`span` bytes at each offset, uint8 of shape (offsets, span)."""
        if 0 < offsets.step <= _CLOSE:
            data = self._chain.file.read(offsets[0], offsets[-1] - offsets[0] + span)
            return np.ndarray((len(offsets), span), np.uint8, data, strides=(offsets.step, 1))
        return np.frombuffer(self._chain.file.read_each(offsets, span), np.uint8).reshape(len(offsets), span)

    def _spend(self, layout: Layout, number: int, index: int) -> None:
        self._left -= number * (layout.size + sum(len(expected) for _, expected in layout.outside))
        if self._left < 0:
            raise self._chain.page_error(max(index, 0), "the IFDs together are longer than the file: they overlap")


def _count_leading(flags: NDArray[np.bool_]) -> int:
    """The number of leading flags that are true."""
    return len(flags) if flags.all() else int(flags.argmin())


def _count_alike(tables: NDArray[np.uint8], layout: Layout) -> int:
    """The number of leading tables of a layout; `tables` is contiguous uint8 of shape (tables, bytes of a table)."""
    words = tables.view(np.uint16)  # all parts of an IFD have even lengths
    mask, key = (np.frombuffer(n.to_bytes(layout.size, "little"), np.uint16) for n in (layout.mask, layout.key))
    # all tables match if the OR and the AND of all tables both equal the key; this copies no table
    if all(((_fold(operation, words) & mask) == key).all() for operation in (np.bitwise_or, np.bitwise_and)):
        return len(words)
    return _count_leading(((words & mask) == key).all(axis=1))


def _fold(operation: np.ufunc, words: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Reduce all rows to one by a bitwise operation, several rows at a time: a call for each short row is slow."""
    number, length = words.shape
    even = number // _FEW * _FEW
    partial = operation.reduce(words[:even].reshape(-1, _FEW * length), axis=0).reshape(_FEW, length)
    result: NDArray[np.uint16] = operation.reduce(np.concatenate((partial, words[even:])), axis=0)
    return result


def _read_header(head: bytes, file: PositionedFile) -> tuple[Form, int]:
    """The form of the tables, and the offset of the first IFD."""
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


def _read_table(chain: Chain, window: _Window, offset: int, page: int) -> tuple[bytes, int]:
    """The raw entries of the IFD at `offset`, and the offset of the next."""
    form = chain.form
    if offset + form.number.size > chain.file.size:
        raise chain.page_error(page, f"its IFD is at {offset}, the file ends at {chain.file.size}")
    number: int = form.number.unpack(window.read(offset, form.number.size))[0]
    if not 0 < number <= MOST_TAGS:
        raise chain.page_error(page, f"its IFD at {offset} has {number} tags")
    size = number * form.entry.size
    if offset + form.number.size + size + form.pointer.size > chain.file.size:
        raise chain.page_error(page, f"its IFD at {offset} has {number} tags, the file ends at {chain.file.size}")
    table = window.read(offset + form.number.size, size + form.pointer.size)
    return table[:size], form.pointer.unpack_from(table, size)[0]


def _find_layout(chain: Chain, layouts: list[Layout], table: bytes, index: int) -> Layout:
    """The layout of a table: one of the last few, or a new one."""
    number = int.from_bytes(table, "little")
    for layout in layouts:
        alike = len(table) == layout.size and number & layout.mask == layout.key
        if alike and (not layout.outside or _agrees(chain, layout, table, None)):
            return layout
    new_layout = _build_layout(chain, layouts, table, index)
    layouts.insert(0, new_layout)
    del layouts[8:]
    return new_layout


def _agrees(chain: Chain, layout: Layout, table: bytes, window: _Window | None) -> bool:
    form = chain.form
    source = window or chain.file
    for position, expected in layout.outside:
        (pointer,) = form.pointer.unpack_from(table, position + form.entry.size - form.pointer.size)
        if source.read(pointer, len(expected)) != expected:
            return False
    return True


def _build_layout(chain: Chain, layouts: list[Layout], table: bytes, index: int) -> Layout:
    """Read a table in full, and record which of its bytes another table of this layout must share.

    Pages that differ only in texts share the structure of one of `layouts`.
    """
    form = chain.form
    size, value = form.entry.size, form.pointer.size
    only_type, not_value, all_bytes = (b"\xff" * n + bytes(size - n) for n in (4, size - value, size))
    tags: dict[int, Tag] = {}
    positions: dict[int, int] = {}
    masks: list[bytes] = []
    outside: list[tuple[int, bytes]] = []
    structural: list[tuple[int, Tag]] = []
    for position, (code, *entry) in zip(range(0, len(table), size), form.entry.iter_unpack(table), strict=True):
        if code in tags:  # the tag occurs twice: the first entry counts
            masks.append(bytes(size))
            continue
        tag = tags[code] = Tag._make(entry)
        positions[code] = position
        is_inline = tag.number * TYPES.get(tag.type, ("", 0))[1] <= value
        if code in STRUCTURAL:
            masks.append(all_bytes if is_inline else not_value)
        else:
            masks.append(not_value if code in TABLES or code == SUB_IFDS else only_type)
        if code in STRUCTURAL:
            if not is_inline and tag.number <= 1 << 16:
                outside.append((position, chain.raw(tag)))
                tag = tag._replace(value=outside[-1][1])
            structural.append((code, tag))
    counts = {code: tags[code].number for code in OFFSETS if code in tags}
    source = (*structural, *counts.items())
    structure = next((layout.structure for layout in layouts if layout.source == source), None) or structure_of(
        chain.structural_values(lambda code: chain.numbers(tags[code], code, index) if code in tags else (), counts),
        counts=counts,
        size=chain.file.size,
        make_error=lambda evidence: chain.page_error(index, evidence),
    )
    mask = int.from_bytes(b"".join(masks), "little")
    key = int.from_bytes(table, "little") & mask
    return Layout(
        positions=positions,
        size=len(table),
        mask=mask,
        key=key,
        outside=tuple(outside),
        structure=structure,
        source=source,
    )
