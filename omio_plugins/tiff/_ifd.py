"""Pages and the values of their tags, each checked against the file's size; it knows no flavour.

Layout of an IFD: TIFF 6.0, section 2, and https://www.awaresystems.be/imaging/tiff/bigtiff.html.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, overload

from omio_core.contract import CorruptFileError, LimitExceededError, Location, PositionedFile, current_settings

from ._structure import Structure, Values
from ._tables import TYPES, Form, Layout, Run, Tag
from ._xml import tag_text

_INTEGER_SIZES = {1: 1, 3: 2, 4: 4, 13: 4, 16: 8, 18: 8}  # unsigned types and their bytes


@dataclass(frozen=True, slots=True)
class Page:
    """One IFD: its index in the chain, its offset, its raw table of tags, its layout, and its chain."""

    index: int
    offset: int
    table: bytes
    layout: Layout
    chain: Chain = field(repr=False, compare=False)

    @property
    def structure(self) -> Structure:
        """Size, type and storage of the page's picture."""
        return self.layout.structure


class PageSequence(Protocol):
    """The pages of a chain in order, created on access; see `omio_plugins.tiff._pages.Pages`."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Page]: ...
    @overload
    def __getitem__(self, index: int) -> Page: ...
    @overload
    def __getitem__(self, index: slice) -> PageSequence: ...
    @property
    def runs(self) -> Sequence[Run]:
        """Runs of neighbouring pages that share a layout, in order."""
        ...

    def select(self, runs: Iterable[Run]) -> PageSequence:
        """The pages of some runs of the same chain."""
        ...

    @property
    def chain(self) -> Chain:
        """The chain of the pages."""
        ...

    def offsets(self) -> set[int]:
        """The offsets of their IFDs."""
        ...

    def kinds(self) -> list[Page]:
        """One page of each layout."""
        ...


class Chain:
    """All pages of the file at a location, and the values of their tags."""

    pages: PageSequence

    def __init__(self, file: PositionedFile, location: Location, form: Form):
        self.file, self.location, self.form = file, location, form
        self.settings = current_settings()  # called once: it reads the environment

    def structural_values(self, values: Values, counts: Mapping[int, int]) -> Values:
        """The values that `structure_of` reads; a format built on TIFF whose writers misstate them corrects them here.

        Parameters
        ----------
        values
            From the code of a tag to its stored values; empty if the tag is absent.
        counts
            As for `structure_of`.
        """
        return values

    def has(self, page: Page, code: int) -> bool:
        """Whether the page has a tag."""
        return code in page.layout.positions

    def tag(self, page: Page, code: int) -> Tag | None:
        """The entry of a tag."""
        position = page.layout.positions.get(code)
        if position is None:
            return None
        return Tag._make(self.form.entry.unpack_from(page.table, position)[1:])

    def raw(self, tag: Tag) -> bytes:
        """The bytes of all values of a tag, verified to lie in the file; empty if the type is unknown."""
        _, size = TYPES.get(tag.type, ("", 0))
        n = tag.number * size
        if n <= len(tag.value):
            return tag.value[:n]
        return self.file.read(self.form.pointer.unpack(tag.value)[0], n)

    def values(self, page: Page, code: int, most: int = 1 << 16) -> tuple[Any, ...]:
        """The values of a tag as numbers; empty if it is absent; rationals as numerator, denominator, ...

        Raises
        ------
        CorruptFileError
            There are more than `most` values, or they do not lie in the file.
        """
        tag = self.tag(page, code)
        return () if tag is None else self.numbers(tag, code, page.index, most)

    def numbers(self, tag: Tag, code: int, page: int, most: int = 1 << 16) -> tuple[Any, ...]:
        """The values of the entry of tag `code` of page number `page`; errors as `values`."""
        size = _INTEGER_SIZES.get(tag.type, 0)
        if tag.number == 1 and 0 < size <= len(tag.value):  # true of nearly all tags
            return (self._integer(tag.value[:size]),)
        if tag.type not in TYPES or tag.type == 2:
            return ()
        if tag.number > most:
            raise self.page_error(page, f"tag {code} has {tag.number} values, at most {most} make sense")
        letter, _ = TYPES[tag.type]
        repeat = int(letter[0]) if len(letter) == 2 else 1
        return struct.unpack(f"{self.form.order}{tag.number * repeat}{letter[-1]}", self.raw(tag))

    def first_value(self, page: Page, code: int) -> int | None:
        """The first of a tag's values, if it is an unsigned integer; None if it is not or the tag is absent."""
        position = page.layout.positions.get(code)
        if position is None:
            return None
        _, kind, count, value = self.form.entry.unpack_from(page.table, position)
        size = _INTEGER_SIZES.get(kind, 0)
        if not size or not count:
            return None
        if count * size > len(value):
            at = self.form.pointer.unpack(value)[0]
            if at + count * size > self.file.size:
                raise self.page_error(page.index, f"tag {code} has {count} values at {at}, beyond the end of the file")
            value = self.file.read(at, size)
        return self._integer(value[:size])

    def _integer(self, value: bytes) -> int:
        return int.from_bytes(value, "little" if self.form.order == "<" else "big")

    def text(self, page: Page, code: int) -> str | None:
        """The text of a tag, see `_xml.tag_text`; None if it is absent or no text.

        Raises
        ------
        LimitExceededError
            The text is longer than the settings allow.
        """
        data = self.data(page, code, (1, 2, 7))
        if data is None:
            return None
        return tag_text(data)

    def data(self, page: Page, code: int, types: tuple[int, ...] = (1, 2, 7)) -> bytes | None:
        """The bytes of a tag of one of `types`; errors as `text`."""
        tag = self.tag(page, code)
        if tag is None or tag.type not in types:
            return None
        if tag.number > self.settings.max_xml:
            raise LimitExceededError(
                f"tag {code} of {self.file.path} is too long",
                evidence=f"{tag.number} bytes on page {page.index}, at most {self.settings.max_xml}",
                remedy="raise OMIO_MAX_XML if the file is to be trusted",
                path=self.file.path,
            )
        return self.raw(tag)

    def page_error(self, page: int, evidence: str) -> CorruptFileError:
        """An error about one page."""
        return CorruptFileError(
            f"page {page} of {self.file.path} is damaged",
            evidence=evidence,
            remedy="copy the file again from where it came from, or save it again with the program that made it",
            path=self.file.path,
            page=page,
        )
