"""From pages to a description: axes, present planes, blocks; every flavour ends here, and it knows none of them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from omio_core.contract import ImageDescription, Level, LimitExceededError, no_facts

from ._colours import colour_notes, facts_as_channels, facts_with_color_map, is_foreign
from ._compressions import name_of
from ._ifd import Page
from ._mapping import find_mapping
from ._notkept import of_tags
from ._pages import first_of, kinds
from ._presence import find_presence
from ._structure import PALETTE, Structure

_LARGEST_BLOCK = 8 << 20  # bytes; smaller blocks cost more to pass on than to read, larger ones leave cores idle
_ALWAYS_ALLOWED = 256 << 20  # bytes to which a small file may expand: blank pictures compress beyond any ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """The places of the planes of one resolution.

    Attributes
    ----------
    pages
        From the flat index over the axes before those of a page, C order, to the page that holds the plane.
    start
        Offset of the first plane if all planes lie one after the other, uncompressed, and only the first has an IFD.
    notes
        Sentences on resolutions that were left out; only on the first stack.
    """

    pages: Mapping[int, Page]
    start: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The description of an image, and the places of its planes.

    Attributes
    ----------
    description
        What the core sees of the image.
    lead
        Lengths of the native axes before those of a page.
    levels
        Places of the planes of each resolution.
    signed
        Whether 32768 is subtracted from stored unsigned 16-bit pixels, which results in int16.
    """

    description: ImageDescription
    lead: tuple[int, ...]
    levels: tuple[Stack, ...]
    signed: bool = False

    def with_not_kept(self, words: tuple[str, ...]) -> Picture:
        """The same picture, with more that the file states and the description does not hold."""
        described = replace(self.description, not_kept=(*self.description.not_kept, *words))
        return replace(self, description=described)

    def with_warnings(self, words: tuple[str, ...]) -> Picture:
        """The same picture, with more that the user is warned of."""
        described = replace(self.description, warnings=(*self.description.warnings, *words))
        return replace(self, description=described)


def picture(
    *,
    axes: str = "",
    lead: Sequence[int] = (),
    stacks: Sequence[Stack],
    page_axes: str | None = None,
    dtype: np.dtype[Any] | None = None,
    signed: str = "",
    **fields: Any,
) -> Picture:
    """Describe an image of pages that look alike.

    Parameters
    ----------
    axes, lead
        Axes before those of a page, and their lengths; axes of length 1 are left out of the description.
    stacks
        Places of the planes, full resolution first.
    page_axes
        Letters for the axes of a page, if they differ from those of its structure.
    dtype
        Type of the pixels if it differs from the structure's; of the same size.
    signed
        A sentence on why unsigned 16-bit pixels are stored 32768 above their values: the picture is int16. Empty if
        they are not.
    **fields
        Further fields of `omio_core.contract.ImageDescription`: facts, name, kind, assumptions, vendor.

    Raises
    ------
    CorruptFileError
        The pixels cannot lie in the file.
    LimitExceededError
        The pixels are more than the settings allow for a file of that size.
    """
    first = first_of(stacks[0].pages)
    structure = first.structure
    axis_lengths = [(a, n) for a, n in zip(axes, lead, strict=True) if n > 1]
    lengths = tuple(n for _, n in axis_lengths)
    outer, inner = "".join(a for a, _ in axis_lengths), page_axes or structure.axes
    # samples that are not RGB become channels, or a writer would store them as RGB
    channels = "S" in inner and "C" not in outer + inner and is_foreign(structure)
    if channels:
        inner = inner.replace("S", "C")
        fields["facts"] = facts_as_channels(first, fields.get("facts", no_facts))
    elif structure.photometric == PALETTE:
        fields["facts"] = facts_with_color_map(first, fields.get("facts", no_facts))
    if signed:
        dtype = np.dtype(np.int16)
    resolutions = [_describe_level(stack, lengths, dtype or structure.dtype, signed) for stack in stacks]
    notes = (signed,) if signed else ()
    fields["assumptions"] = (
        *fields.get("assumptions", ()),
        *notes,
        *colour_notes(first, as_channels=channels),
        *stacks[0].notes,
    )
    fields["not_kept"] = (*fields.get("not_kept", ()), *of_tags(first))
    description = ImageDescription(
        axes=outer + inner,
        dtype=dtype or structure.dtype,
        compression=name_of(structure),
        levels=tuple(level for level, _ in resolutions),
        **fields,
    )
    levels = tuple(stack for _, stack in resolutions)
    return Picture(description=description, lead=lengths, levels=levels, signed=bool(signed))


def _describe_level(stack: Stack, lead: tuple[int, ...], dtype: np.dtype[Any], signed: str) -> tuple[Level, Stack]:
    """Describe one resolution, and keep its planes that are stored; `signed` as for `picture`."""
    structure = first_of(stack.pages).structure
    present, segments = None, None
    if stack.start is None:
        presence = find_presence(lead, structure, stack.pages)
        stack, present, segments = Stack(pages=presence.pages), presence.present, presence.segments
    _check_size(stack, structure, len(stack.pages) if stack.start is None else math.prod(lead))
    blocks = (*(1 for _ in lead), *_block(structure))
    mapped = present is None and not signed
    raw = find_mapping(stack.pages, lead, dtype, start=stack.start, segments=segments) if mapped else None
    shape = (*lead, *structure.shape)
    return Level(shape=shape, blocks=blocks, present=present, raw=raw, unmapped=signed), stack


def _block(structure: Structure) -> tuple[int, ...]:
    """The unit of access of a page: rows, a tile, or equal parts of the plane if any rows can be read."""
    rows, columns = structure.rows, min(structure.columns, structure.width)
    if structure.direct and structure.tile is None:
        parts = -(-structure.length * structure.row_bytes // _LARGEST_BLOCK)
        rows = -(-structure.length // min(parts, structure.length))
    sizes = {"Y": min(rows, structure.length), "X": columns, "S": structure.contig}
    return tuple(sizes[a] for a in structure.axes)


def _check_size(stack: Stack, structure: Structure, planes: int) -> None:
    """Check the size of an image against the limit for a file of this size."""
    chains = {page.chain.location: page.chain for page in kinds(stack.pages)}
    if not chains:  # nothing is stored
        return
    total, size = planes * structure.nbytes, sum(chain.file.size for chain in chains.values())
    limit = max(_ALWAYS_ALLOWED, size * next(iter(chains.values())).settings.max_expansion)
    if total > limit:
        path = str(next(iter(chains)))
        raise LimitExceededError(
            f"{path} declares a picture of {total} bytes",
            evidence=f"there are {size} bytes; at most {limit} are allowed",
            remedy="raise OMIO_MAX_EXPANSION if the file is to be trusted",
            path=path,
        )


def flat_indices(lead: Sequence[int], spans: Sequence[tuple[int, int]]) -> Iterable[tuple[tuple[int, ...], int]]:
    """Each index tuple of a box, counted from the box's start, with its flat index over `lead`."""
    strides = [math.prod(lead[k + 1 :]) for k in range(len(lead))]
    for index in itertools.product(*(range(stop - start) for start, stop in spans)):
        yield index, sum((i + a) * s for i, (a, _), s in zip(index, spans, strides, strict=True))
