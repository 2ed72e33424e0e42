"""Aperio's SVS flavour of TIFF: a tiled picture, its smaller resolutions, pictures of the slide; it reads no pixel.

https://openslide.org/formats/aperio/, which cites "Aperio Digital Slides and Third-party data interchange", page 14:
the first page is the baseline, tiled; the second a thumbnail, in strips; further tiled pages are smaller
resolutions; a label and a macro, in strips, may come last: the second line of their descriptions names them, or
NewSubfileType 1 and 9.

The thumbnail is a separate image and no resolution: its storage differs from that of the tiled pages, its size is no
power of two smaller, and it serves for display.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

from omio_core.contract import Fact, Facts

from ._ifd import Chain, Page, PageSequence
from ._levels import Candidate, stacks
from ._picture import Picture, picture
from ._tags import RawTags, notes, raw_tags, sizes_by_tags

_KIND = "SVS"
_LABEL, _MACRO = 1, 9
_MOST_PAGES = 4096  # resolutions, focal planes and pictures of a slide


def is_svs(chain: Chain, description: str) -> bool:
    """Whether a file is Aperio's: it is tiled, and its description begins with "Aperio"."""
    return description.startswith("Aperio") and chain.pages[0].structure.tile is not None


def pictures(chain: Chain) -> list[Picture]:
    """Describe the picture with its resolutions, then every other page in file order.

    Raises
    ------
    CorruptFileError
        The pages cannot lie in the file.
    LimitExceededError
        The pixels are more than the settings allow for a file of that size.
    """
    first, pages = chain.pages[0], list(chain.pages[:_MOST_PAGES])
    tiled = [page for page in pages if page.structure.tile is not None and not page.structure.subfile & 0b1]
    full = [page for page in tiled if page.structure.picture == first.structure.picture]
    by_size: dict[tuple[int, ...], list[Page]] = {}
    for page in tiled:
        if page not in full:
            by_size.setdefault(page.structure.shape, []).append(page)
    candidates = _group_candidates(by_size, len(full))
    planes = dict(enumerate(full))
    levels = stacks(planes, candidates)
    used = {page.index for stack in levels for page in stack.pages.values()}
    assumptions = (f"{len(full)} tiled pages of the same size are taken for focal planes (Z)",) if len(full) > 1 else ()
    raw = raw_tags(chain, first)
    baseline = picture(
        axes="Z", lead=(len(full),), stacks=levels, kind=_KIND, name="baseline", assumptions=assumptions,
        facts=partial(svs_facts, raw), vendor=partial(str, raw.description),
    )  # fmt: skip
    others = [_describe_page(chain, page) for page in pages if page.index not in used]
    return [baseline, *others, *_describe_further(chain)]


def _group_candidates(by_size: Mapping[tuple[int, ...], list[Page]], planes: int) -> list[Candidate]:
    """Candidates of the tiled pages by size; each needs one page per focal plane."""
    candidates = []
    for group in by_size.values():
        refusal = "" if len(group) == planes else f"there are {len(group)} for {planes} focal planes"
        candidates.append(Candidate(name=f"page {group[0].index}", pages=dict(enumerate(group)), refusal=refusal))
    return candidates


def _describe_page(chain: Chain, page: Page) -> Picture:
    """Describe a page that is a separate image."""
    raw = raw_tags(chain, page)
    return picture(
        stacks=stacks({0: page}), kind=_KIND, name=_name(page, raw.description), facts=partial(other_facts, raw),
        vendor=partial(str, raw.description),
    )  # fmt: skip


def _name(page: Page, description: str) -> str:
    lines = description.replace("\r", "\n").split("\n")
    second = next((line.split() for line in lines[1:] if line.strip()), [""])[0].lower()
    if second in ("label", "macro"):
        return second
    if page.structure.tile is None and page.structure.subfile in (_LABEL, _MACRO):
        return "label" if page.structure.subfile == _LABEL else "macro"
    return "thumbnail" if page.index == 1 and page.structure.tile is None else f"page {page.index}"


def _describe_further(chain: Chain) -> list[Picture]:
    from . import _plain

    pages: PageSequence = chain.pages[_MOST_PAGES:]
    return _plain.pictures(chain, pages) if pages else []


def parse(description: str) -> tuple[str, dict[str, str]]:
    """Parse the text before the first bar of a description, and its keys.

    Examples
    --------
    >>> parse("Aperio Image Library v10.0|AppMag = 20|MPP = 0.4990")
    ('Aperio Image Library v10.0', {'AppMag': '20', 'MPP': '0.4990'})
    """
    head, *parts = description.split("|")
    pairs = (part.partition("=") for part in parts)
    return head.strip(), {key.strip(): value.strip() for key, equals, value in pairs if equals}


def svs_facts(raw: RawTags) -> Facts:
    """Sizes by MPP (micrometres per pixel), the objective by AppMag; every key as an annotation."""
    head, keys = parse(raw.description)
    known: dict[str, Any] = dict(sizes_by_tags(raw))
    size = _number(keys.get("MPP", ""))
    if size is not None:
        for axis in "xy":
            known[f"physical_size_{axis}"] = Fact(size, "file", "SVS description: MPP")
    power = _number(keys.get("AppMag", ""))
    if power is not None and power > 0:
        known["objective"] = Fact({"NominalMagnification": power}, "file", "SVS description: AppMag")
    annotations = notes(raw, description=False)
    annotations["aperio"] = {"Header": head, **keys}
    return Facts(**known, annotations=annotations)


def other_facts(raw: RawTags) -> Facts:
    """The facts of a thumbnail, label or macro; not MPP, as it may repeat keys that are true of the baseline only."""
    return Facts(**sizes_by_tags(raw), annotations=notes(raw))


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
