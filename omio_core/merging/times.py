"""Times of the inputs of a merge: starts, steps, gaps; pure functions that know no picture and no policy.

OME's DeltaT counts from the start of its own image (ome.xsd, Plane). The DeltaT of a second image can be used for the
whole only if the AcquisitionDates of both images tell how far apart they started: then it is shifted, else unknown.
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

TOO_LONG, TOO_SHORT = 1.5, 0.5  # of the usual step: beyond these limits, planes are missing or were acquired twice
EVEN = 0.05  # of the usual step: largest deviation in an even series
_CLOCK = re.compile(r"\d\d:\d\d(:\d\d)?(?:[.,](\d+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The step from the last plane of an input to the first plane of the next.

    Attributes
    ----------
    after
        The index of the input before the step.
    length, usual
        The length of the step and the usual length, in seconds or micrometres; `usual` is NaN if unknown.
    unsure
        The possible error of `length`.
    """

    after: int
    length: float
    usual: float
    unsure: float = 0.0

    @property
    def kind(self) -> str | None:
        """``"gap"``, ``"overlap"``, or None if it is neither."""
        if self.length > TOO_LONG * self.usual + self.unsure:
            return "gap"
        least = 0.0 if np.isnan(self.usual) else TOO_SHORT * self.usual
        return "overlap" if self.length < least - self.unsure else None

    @property
    def even(self) -> bool | None:
        """Whether it is the usual step; None if that is unknown."""
        if np.isnan(self.usual) or self.unsure > self.usual / 2:
            return None
        return abs(self.length - self.usual) <= EVEN * self.usual + self.unsure


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """When each input started.

    Attributes
    ----------
    begins
        Seconds since the first input started; None if the dates do not tell.
    unsure
        The possible error of the dates in seconds: the value of their last digit.
    """

    begins: tuple[float | None, ...]
    unsure: float

    @property
    def simultaneous(self) -> bool:
        """Whether all started at the same moment: then it is the date of a series, written into each of its files."""
        return set(self.begins) == {0.0}


def clock(inputs: Sequence[Metadata]) -> Clock:
    """Return the starts of all inputs according to their AcquisitionDates; the first starts at 0."""
    moments = [
        _moment(metadata.facts.acquisition_date.value if metadata.facts.acquisition_date else "") for metadata in inputs
    ]
    first = moments[0]
    begins: list[float | None] = [0.0]
    for moment in moments[1:]:
        # a date with a time zone and one without are not comparable
        comparable = (
            first is not None and moment is not None and (first[0].tzinfo is None) == (moment[0].tzinfo is None)
        )
        begins.append((moment[0] - first[0]).total_seconds() if comparable and first and moment else None)
    return Clock(begins=tuple(begins), unsure=max((moment[1] for moment in moments if moment is not None), default=0.0))


def _moment(text: Any) -> tuple[datetime, float] | None:
    """Parse a date with a time of day; returns it and the value of its last digit in seconds, or None."""
    match = _CLOCK.search(text) if isinstance(text, str) else None
    if match is None:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if match[2]:
        return moment, 10.0 ** -len(match[2])
    return moment, 1.0 if match[1] else 60.0


def delta_t(inputs: Sequence[Metadata], clock: Clock) -> list[NDArray[np.float64] | None]:
    """Return the DeltaT of each input, counted from the start of the first; None if unknown.

    A single plane without DeltaT was acquired at the date of its image, if all dates are known and are not all equal.
    """
    tables: list[NDArray[np.float64] | None] = []
    has_dates = None not in clock.begins and not clock.simultaneous
    for metadata, begin in zip(inputs, clock.begins, strict=True):
        stated = metadata.facts.planes.columns.get("DeltaT") if metadata.facts.planes is not None else None
        planes = (metadata.shape[0], metadata.shape[1], metadata.channel_count)
        if stated is not None:
            tables.append(stated + begin if begin is not None else None)
        elif planes == (1, 1, 1) and has_dates and begin is not None:
            tables.append(np.full(planes, begin))
        else:
            tables.append(None)
    return tables


def steps(
    inputs: Sequence[Metadata], clock: Clock, times: Sequence[NDArray[np.float64] | None], increment: float | None
) -> list[Step]:
    """Return the known steps in seconds between inputs that follow each other in time.

    Parameters
    ----------
    inputs, clock, times
        The inputs, merged along T, and the results of `clock` and `delta_t` for them.
    increment
        The TimeIncrement that all inputs agree on.
    """
    # the date of a series does not tell when each of its files started
    begins = [
        None if clock.simultaneous and time is None else begin for begin, time in zip(clock.begins, times, strict=True)
    ]
    frame_starts = [list(_frame_starts(*arguments)) for arguments in zip(inputs, begins, times, strict=True)]
    seams = {
        index: after[0] - before[-1]
        for index, (before, after) in enumerate(itertools.pairwise(frame_starts))
        if before[-1] is not None and after[0] is not None
    }
    within_inputs = [
        later - earlier
        for of_input in frame_starts
        for earlier, later in itertools.pairwise(of_input)
        if earlier is not None and later is not None
    ]
    differences = [*within_inputs, *seams.values()]
    usual = increment or (statistics.median(differences) if len(differences) > 2 else float("nan"))
    unsure = 0.0 if clock.simultaneous else clock.unsure  # the date of a series is not a measurement of each file
    result = []
    for index, length in seams.items():
        own_increment = inputs[index].facts.time_increment
        result.append(
            Step(after=index, length=length, usual=own_increment.value if own_increment else usual, unsure=unsure)
        )
    return result


def _frame_starts(metadata: Metadata, begin: float | None, times: NDArray[np.float64] | None) -> Iterator[float | None]:
    """Yield when each time point of an input started, in seconds since the first input started; None if unknown."""
    increment = metadata.facts.time_increment
    for t in range(metadata.shape[0]):
        if times is not None:
            row = times[t][np.isfinite(times[t])]
            yield float(row.min()) if row.size else None
        elif begin is not None and (t == 0 or increment is not None):
            yield begin + (t * increment.value if increment is not None else 0.0)
        else:
            yield None


def even(inputs: Sequence[Metadata], input_steps: Sequence[Step]) -> tuple[bool, str]:
    """Whether an increment that the inputs agree on is valid for the whole, and why; "" if nothing is assumed."""
    silent = [index for index, metadata in enumerate(inputs) if metadata.facts.time_increment is None]
    if any(inputs[index].shape[0] > 1 for index in silent):
        return False, "an input of several time points does not state it"
    if uneven := [step for step in input_steps if step.even is False]:
        return False, f"{len(uneven)} of the steps between inputs are of another length"
    if len(input_steps) == len(inputs) - 1 and all(step.even for step in input_steps):
        return True, ""
    if all(metadata.shape[0] == 1 for metadata in inputs) and not silent:
        return True, "each input is one time point and states it; they are taken to follow each other"
    return False, "nothing says how much time lies between the inputs"


def z_steps(inputs: Sequence[Metadata], size: float | None) -> list[Step]:
    """Return the steps in micrometres between stacks that follow each other in Z, if PositionZ is per plane."""
    if size is None:
        return []
    tables = [
        metadata.facts.planes.columns.get("PositionZ") if metadata.facts.planes is not None else None
        for metadata in inputs
    ]
    heights = [None if table is None else table[0, :, 0] for table in tables]
    within = [np.diff(row) for row in heights if row is not None and len(row) > 1]
    # some programs record the position of the stage while a piezo moves: the same height for every plane
    if any(not np.all(np.abs(np.abs(step) - size) <= EVEN * size) for step in within):
        return []
    if len({float(height) for row in heights if row is not None for height in row}) == 1:
        return []
    downwards = bool(within) and all(np.all(step < 0) for step in within)
    result = []
    for index, (before, after) in enumerate(itertools.pairwise(heights)):
        if before is not None and after is not None and np.isfinite(length := float(after[0] - before[-1])):
            distance = -length if downwards else length if within else abs(length)
            result.append(Step(after=index, length=distance, usual=size))
    return result
