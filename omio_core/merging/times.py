"""When the parts of a merge were taken: begins, steps, gaps; pure, and it knows no picture and no policy.

OME's DeltaT counts from the beginning of its own image (ome.xsd, Plane). That of a second image says nothing about
the whole until the AcquisitionDates of both tell how far apart they began: then it is shifted; else it is unknown.
"""

from __future__ import annotations

import itertools
import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.metadata.model import Metadata

TOO_LONG, TOO_SHORT = 1.5, 0.5  # of the usual step: beyond them planes are missing, or taken twice
EVEN = 0.05  # of the usual step: how far a step may be off in an even series
_CLOCK = re.compile(r"\d\d:\d\d(:\d\d)?(?:[.,](\d+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """From the last plane of an input to the first of the next.

    Attributes
    ----------
    after
        The number of the input it follows.
    length, usual
        Seconds or micrometres, and what is usual; NaN where that is unknown.
    unsure
        By how much `length` may be wrong.
    """

    after: int
    length: float
    usual: float
    unsure: float = 0.0

    @property
    def kind(self) -> str | None:
        """``"gap"``, ``"overlap"``, or None where it is neither."""
        if self.length > TOO_LONG * self.usual + self.unsure:
            return "gap"
        least = 0.0 if np.isnan(self.usual) else TOO_SHORT * self.usual
        return "overlap" if self.length < least - self.unsure else None

    @property
    def even(self) -> bool | None:
        """Whether it is the usual step; None where it cannot be told."""
        if np.isnan(self.usual) or self.unsure > self.usual / 2:
            return None
        return abs(self.length - self.usual) <= EVEN * self.usual + self.unsure


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """When each input began.

    Attributes
    ----------
    begins
        Seconds since the first input began; None where no dates tell it.
    unsure
        Seconds by which the dates may be wrong: their last digit.
    """

    begins: tuple[float | None, ...]
    unsure: float

    @property
    def one(self) -> bool:
        """Whether all began at the same moment: it is the date of a series then, written into each of its files."""
        return set(self.begins) == {0.0}


def clock(inputs: Sequence[Metadata]) -> Clock:
    """The begins of all inputs by their AcquisitionDates; the first begins at 0."""
    moments = [_moment(one.facts.acquisition_date.value if one.facts.acquisition_date else "") for one in inputs]
    first = moments[0]
    begins: list[float | None] = [0.0]
    for moment in moments[1:]:
        # a date with a time zone and one without are not comparable
        known = first is not None and moment is not None and (first[0].tzinfo is None) == (moment[0].tzinfo is None)
        begins.append((moment[0] - first[0]).total_seconds() if known and first and moment else None)
    return Clock(begins=tuple(begins), unsure=max((m[1] for m in moments if m is not None), default=0.0))


def _moment(text: Any) -> tuple[datetime, float] | None:
    """A date with a time of day, and the value of its last digit in seconds; None where it is none."""
    told = _CLOCK.search(text) if isinstance(text, str) else None
    if told is None:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if told[2]:
        return moment, 10.0 ** -len(told[2])
    return moment, 1.0 if told[1] else 60.0


def delta_t(inputs: Sequence[Metadata], clock: Clock) -> list[NDArray[np.float64] | None]:
    """DeltaT of each input, counted from where the first began; None where nothing is known.

    A single plane without a DeltaT was taken at the date of its image, if all dates are known and not one and the same.
    """
    found: list[NDArray[np.float64] | None] = []
    dated = None not in clock.begins and not clock.one
    for one, begin in zip(inputs, clock.begins, strict=True):
        stated = one.facts.planes.columns.get("DeltaT") if one.facts.planes is not None else None
        planes = (one.shape[0], one.shape[1], one.channel_count)
        if stated is not None:
            found.append(stated + begin if begin is not None else None)
        elif planes == (1, 1, 1) and dated and begin is not None:
            found.append(np.full(planes, begin))
        else:
            found.append(None)
    return found


def steps(
    inputs: Sequence[Metadata], clock: Clock, times: Sequence[NDArray[np.float64] | None], increment: float | None
) -> list[Step]:
    """The steps in seconds between inputs that follow each other in time, as far as they are known.

    Parameters
    ----------
    inputs, clock, times
        What is merged along T, and what `clock` and `delta_t` say of it.
    increment
        The TimeIncrement that all agree on.
    """
    # the date of a series says nothing of when each of its files began
    begins = [None if clock.one and time is None else begin for begin, time in zip(clock.begins, times, strict=True)]
    frames = [list(_frames(*each)) for each in zip(inputs, begins, times, strict=True)]
    seams = {
        i: after[0] - before[-1]
        for i, (before, after) in enumerate(itertools.pairwise(frames))
        if before[-1] is not None and after[0] is not None
    }
    within = [
        later - earlier
        for of_input in frames
        for earlier, later in itertools.pairwise(of_input)
        if earlier is not None and later is not None
    ]
    known = [*within, *seams.values()]
    usual = increment or (statistics.median(known) if len(known) > 2 else float("nan"))
    unsure = 0.0 if clock.one else clock.unsure  # a date that was written once is no measurement of each
    found = []
    for i, length in seams.items():
        own = inputs[i].facts.time_increment
        found.append(Step(after=i, length=length, usual=own.value if own else usual, unsure=unsure))
    return found


def _frames(one: Metadata, begin: float | None, times: NDArray[np.float64] | None) -> Iterator[float | None]:
    """When each time point of an input was begun, in seconds since the first input began; None where unknown."""
    increment = one.facts.time_increment
    for t in range(one.shape[0]):
        if times is not None:
            row = times[t][np.isfinite(times[t])]
            yield float(row.min()) if row.size else None
        elif begin is not None and (t == 0 or increment is not None):
            yield begin + (t * increment.value if increment is not None else 0.0)
        else:
            yield None


def even(inputs: Sequence[Metadata], found: Sequence[Step]) -> tuple[bool, str]:
    """Whether an increment that the inputs agree on is true of the whole, and why; "" where nothing is assumed."""
    silent = [i for i, one in enumerate(inputs) if one.facts.time_increment is None]
    if any(inputs[i].shape[0] > 1 for i in silent):
        return False, "an input of several time points does not state it"
    if uneven := [step for step in found if step.even is False]:
        return False, f"{len(uneven)} of the steps between inputs are of another length"
    if len(found) == len(inputs) - 1 and all(step.even for step in found):
        return True, ""
    if all(one.shape[0] == 1 for one in inputs) and not silent:
        return True, "each input is one time point and states it; they are taken to follow each other"
    return False, "nothing says how much time lies between the inputs"


def z_steps(inputs: Sequence[Metadata], size: float | None) -> list[Step]:
    """The steps in micrometres between stacks that follow each other in Z, where PositionZ is that of each plane."""
    if size is None:
        return []
    tables = [one.facts.planes.columns.get("PositionZ") if one.facts.planes is not None else None for one in inputs]
    heights = [None if table is None else table[0, :, 0] for table in tables]
    within = [np.diff(row) for row in heights if row is not None and len(row) > 1]
    # some programs record where the stage stood while a piezo moved: the same height for every plane
    if any(not np.all(np.abs(np.abs(step) - size) <= EVEN * size) for step in within):
        return []
    if len({float(h) for row in heights if row is not None for h in row}) == 1:
        return []
    down = bool(within) and all(np.all(step < 0) for step in within)
    found = []
    for i, (before, after) in enumerate(itertools.pairwise(heights)):
        if before is not None and after is not None and np.isfinite(length := float(after[0] - before[-1])):
            signed = -length if down else length if within else abs(length)
            found.append(Step(after=i, length=signed, usual=size))
    return found
