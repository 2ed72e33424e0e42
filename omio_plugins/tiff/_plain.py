"""TIFF of no flavour: pages that look alike are one image along an axis nobody labelled; it reads no pixel."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from omio_core.contract import Facts

from ._ifd import Chain, Page
from ._levels import stacks
from ._picture import Picture, picture
from ._structure import MASK
from ._tags import plain_facts, raw_tags


def pictures(
    chain: Chain,
    pages: list[Page],
    *,
    facts: Callable[[], Facts] | None = None,
    assumptions: tuple[str, ...] = (),
    kind: str = "TIFF",
) -> list[Picture]:
    """Describe the images in order of their first pages; `facts` of the flavour, where it has some."""
    groups: dict[tuple[object, ...], list[Page]] = {}
    by_layout: dict[int, list[Page]] = {}  # most pages share one
    for page in pages:
        group = by_layout.get(id(page.layout))
        if group is None:
            group = by_layout[id(page.layout)] = groups.setdefault(page.structure.picture, [])
        group.append(page)
    return [_one(chain, group, facts, assumptions, kind) for group in groups.values()]


def _one(
    chain: Chain, group: list[Page], facts: Callable[[], Facts] | None, assumptions: tuple[str, ...], kind: str
) -> Picture:
    raw = raw_tags(chain, group[0])
    return picture(
        axes="Q",
        lead=(len(group),),
        stacks=stacks(dict(enumerate(group))),
        kind=kind,
        facts=facts or partial(plain_facts, raw),
        assumptions=assumptions,
        vendor=partial(str, raw.description),
    )


def full_pages(pages: list[Page]) -> list[Page]:
    """The pages that are pictures of their own: no thumbnails and no masks, unless there is nothing else."""
    full = [p for p in pages if not p.structure.subfile & 0b101 and p.structure.photometric != MASK]
    return full or pages
