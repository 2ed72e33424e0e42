"""Find which numbers are missing in a series of names, such as T_3 between T_2 and T_4; looks at names alone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from omio_core.errors import first_few

from .kinds import Listing
from .walk import Candidate

_FEW = 5
_STAMP = 10_000_000  # a number this large is a date or a time (20240131); such series have gaps by nature


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """A name split at its numbers; `texts` are before, between and after `numbers`."""

    name: str
    texts: tuple[str, ...]
    numbers: tuple[int, ...]

    @classmethod
    def of(cls, name: str) -> _Parts:
        pieces = re.split(r"(\d+)", name)
        return cls(name=name, texts=tuple(pieces[::2]), numbers=tuple(map(int, pieces[1::2])))

    def place(self, other: _Parts) -> int | None:
        """Return which of the numbers differs, where all else is equal; None where more differs, or nothing."""
        if self.texts != other.texts:
            return None
        differing = [i for i, (a, b) in enumerate(zip(self.numbers, other.numbers, strict=True)) if a != b]
        return differing[0] if len(differing) == 1 else None


def gaps(names: Sequence[str], there: Iterable[str] = ()) -> Iterator[str]:
    """Yield which numbers are missing among the names of a series; in doubt nothing.

    A series is a run of neighbours that differ in the same single number. Its step is the smallest difference between
    neighbours, provided that at least half of the differences equal it and the others are multiples of it.

    Parameters
    ----------
    names
        In natural order.
    there
        Names that are no part of the series, such as those of files left out: their numbers are not missing.

    Examples
    --------
    >>> list(gaps(["T_1.tif", "T_2.tif", "T_4.tif"]))
    ['between T_2.tif and T_4.tif the number 3 is missing']
    >>> list(gaps(["C1_T1", "C1_T2", "C1_T8", "C2_T1", "C2_T2", "C2_T3"]))
    ['between C1_T2 and C1_T8 the numbers 3 to 7 are missing']
    >>> list(gaps(["T_0.tif", "T_10.tif", "T_20.tif"]))
    []
    """
    others: list[_Parts] | None = None
    for place, pairs in groupby(pairwise(map(_Parts.of, names)), key=lambda pair: pair[0].place(pair[1])):
        if place is None:
            continue
        series = list(pairs)
        steps = [after.numbers[place] - before.numbers[place] for before, after in series]
        step = min(steps)
        if (
            step < 1
            or max(steps) == step
            or any(length % step for length in steps)
            or 2 * steps.count(step) < len(steps)
        ):
            continue
        if series[-1][1].numbers[place] >= _STAMP:
            continue
        others = [_Parts.of(name) for name in there] if others is None else others
        known = sorted(other.numbers[place] for other in others if other.place(series[0][0]) == place)
        for before, after in series:
            ends = before.numbers[place], after.numbers[place]
            inner = [n for n in known if ends[0] < n < ends[1] and (n - ends[0]) % step == 0]
            spans = [(a + step, b - step) for a, b in pairwise((ends[0], *inner, ends[1])) if b - a > step]
            if spans:
                yield f"between {before.name} and {after.name} {_sentence(spans, step)}"


def _sentence(spans: Sequence[tuple[int, int]], step: int) -> str:
    listed = ", ".join(f"{a} to {b}" if b > a + step else f"{a} and {b}" if b > a else f"{a}" for a, b in spans)
    if len(spans) == 1 and spans[0][0] == spans[0][1]:
        return f"the number {listed} is missing"
    return f"the numbers {listed}{f' in steps of {step}' if step > 1 else ''} are missing"


def missing_numbers(listing: Listing, candidates: Sequence[Candidate]) -> str:
    """Say which numbers are missing in the names of the folders of a stack, and of the files found in each folder.

    Parameters
    ----------
    listing
        What the source holds. Paths that are left out, or that the caller named, do not count as missing.
    candidates
        What is read, in order. Between files that the caller named, nothing is missing.

    Returns
    -------
    str
        The first few gaps in words; "" where none is known.
    """
    series: dict[str, list[str]] = {}  # from a folder to the names in it
    for location in listing.family:
        series.setdefault(str(location.parent), []).append(location.name)
    below = {os.path.dirname(candidate.path): candidate.below for candidate in candidates if not candidate.named}
    for candidate in candidates:
        if not candidate.named:
            series.setdefault(os.path.dirname(candidate.path), []).append(_relative_name(candidate.path, below))
    others: dict[str, list[str]] = {}
    for path in (*(skip.path for skip in listing.skipped), *(skip.path for skip in candidates if skip.named)):
        others.setdefault(os.path.dirname(path), []).append(_relative_name(path, below))
    sentences = [gap for folder, names in series.items() for gap in gaps(names, others.get(folder, ()))]
    return first_few(sentences, _FEW, joint="; ")


def _relative_name(path: str, below: Mapping[str, str]) -> str:
    folder, name = os.path.split(path)
    return os.path.join(below.get(folder, ""), name)
