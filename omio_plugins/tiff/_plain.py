"""TIFF of no flavour: pages that look alike are one image along an unlabelled axis; it reads no pixel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from omio_core.contract import Fact, Facts

from . import _harmony
from ._ifd import Chain, PageSequence
from ._levels import reduced_candidates, stacks
from ._pages import PagesInOrder
from ._picture import Picture, picture
from ._structure import MASK, Structure
from ._tables import Run
from ._tags import is_unmarked, plain_facts, print_notes, raw_tags


def pictures(
    chain: Chain,
    pages: PageSequence,
    *,
    facts: Callable[[], Facts] | None = None,
    assumptions: tuple[str, ...] = (),
    warnings: tuple[str, ...] = (),
    kind: str = "TIFF",
    signed: Callable[[Structure, str], str] | None = None,
    vendor: str | None = None,
    texts: bool = True,
) -> list[Picture]:
    """Describe the images in order of their first pages.

    Parameters
    ----------
    vendor
        The file's description, if it is not that of the first page.
    texts
        Whether to read the texts of the pages.
    facts
        Returns the facts of the flavour, if it has some.
    signed
        From a first page's structure and description to the parameter `signed` of `_picture.picture`.
    """
    groups: dict[tuple[object, ...], list[Run]] = {}
    for run in pages.runs:
        groups.setdefault(run.layout.structure.picture, []).append(run)
    return [
        _describe_group(chain, pages.select(group), facts, assumptions, warnings, kind, signed, vendor, texts)
        for group in groups.values()
    ]


def _describe_group(
    chain: Chain,
    group: PageSequence,
    facts: Callable[[], Facts] | None,
    assumptions: tuple[str, ...],
    warnings: tuple[str, ...],
    kind: str,
    signed: Callable[[Structure, str], str] | None,
    vendor: str | None,
    texts: bool,
) -> Picture:
    raw = raw_tags(chain, group[0], texts=texts)
    known: dict[str, Fact[float]] = {}
    if facts is None and _harmony.is_harmony(chain):
        raw = replace(raw, x=None, y=None)
        known = _harmony.sizes(chain.location) if texts else {}
        kind = f"{kind} of Harmony"
        assumptions = assumptions if known else (*assumptions, _harmony.UNKNOWN)
    if facts is None and kind == "TIFF" and is_unmarked(chain, group[0]):
        assumptions = (*assumptions, *print_notes(raw))
    pages = PagesInOrder(group)
    levels = stacks(pages, reduced_candidates(pages))
    if len(levels) > 1 and kind == "TIFF":
        kind = "pyramidal TIFF"
    return picture(
        axes="Q",
        lead=(len(group),),
        stacks=levels,
        kind=kind,
        facts=facts or partial(plain_facts, raw, known),
        assumptions=assumptions,
        warnings=warnings,
        signed=signed(group[0].structure, raw.description) if signed else "",
        vendor=partial(str, raw.description if vendor is None else vendor),
    )


def full_pages(pages: PageSequence) -> PageSequence:
    """The pages that are full pictures: no thumbnails and no masks, unless there is nothing else."""
    full = [run for run in pages.runs if is_full(run.layout.structure)]
    return pages.select(full) if 0 < len(full) < len(pages.runs) else pages


def is_full(structure: Structure) -> bool:
    """Whether a page is a full picture by its NewSubfileType: not reduced, and no mask."""
    return not structure.subfile & 0b101 and structure.photometric != MASK
