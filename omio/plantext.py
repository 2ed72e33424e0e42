"""A plan as text for people: every output, every input in order, and what is to be known of them; values only."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence

from omio_core.axes import CANONICAL
from omio_core.explain import printable

from .folders import Skipped, natural
from .planned import Input, Output, Plan

_WORDS = {
    "read": "is given as an image", "write": "will be written", "overwrite": "will overwrite the file of that name",
    "skip": "stands already and stays: nothing is written",
}  # fmt: skip
_FEW = 5


def text(plan: Plan) -> str:
    """The plan, a block an output, then what is left out."""
    lines: list[str] = []
    if plan.family:
        lines.append(f"stack of {len(plan.family)} folders: {', '.join(map(os.path.basename, plan.family))}")
    for number, output in enumerate(plan.outputs):
        lines += _output(number, output, would=bool(plan.problems))
    lines += [f"note: {printable(note)}" for note in plan.notes]
    lines += _skipped(plan.skipped)
    if plan.problems:
        lines.append(f"in all: {_count(len(plan.outputs), 'output')}; nothing is done as long as there is a problem")
        return "\n".join(lines)
    whole = sum(one.nbytes or 0 for one in plan.outputs if one.action != "skip")
    lines.append(
        f"in all: {_count(len(plan.outputs), 'output')}, {size(whole)} of pixels, about {size(plan.memory)} of memory"
    )
    return "\n".join(lines)


def size(count: int) -> str:
    """Bytes for people, in powers of 1024.

    Examples
    --------
    >>> size(512), size(8 << 20)
    ('512 B', '8.0 MiB')
    """
    amount, units = float(count), ["B", "KiB", "MiB", "GiB", "TiB"]
    while amount >= 1024 and len(units) > 1:
        amount, units = amount / 1024, units[1:]
    return f"{count} B" if units[0] == "B" else f"{amount:.1f} {units[0]}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("s" if number != 1 else "")


def _output(number: int, output: Output, *, would: bool) -> Iterator[str]:
    words = _WORDS[output.action].replace("will ", "would " if would else "will ")
    yield f"output {number}: {output.path or 'an image'}" + (f" {words}" if output.path else "")
    if output.shape is not None:
        yield f"  {lengths(output.shape)} {output.dtype}, {size(output.nbytes or 0)}"
    if output.memory is not None:
        yield f"  memory: about {size(output.memory)}"
    if output.along is not None:
        yield f"  merged along {output.along}, as asked for, in this order:"
    yield from _inputs(output)
    for title, lines in (("padded with 0", output.padded), ("differs", output.conflicts)):
        yield from (f"  {title}: {printable(line)}" for line in lines)
    if output.unknown:
        yield f"  unknown: {', '.join(output.unknown)}"
    if output.problem is not None:
        first, *rest = output.problem.splitlines()
        yield f"  PROBLEM: {printable(first)}"
        yield from (f"    {printable(line.strip())}" for line in rest)


def lengths(shape: Sequence[int]) -> str:
    """TZCYX lengths, axes spelled."""
    return " ".join(f"{axis}={n}" for axis, n in zip(CANONICAL, shape, strict=True))


def _inputs(output: Output) -> Iterator[str]:
    """One line an input; what is the same of all is said once."""
    first = output.inputs[0]
    own: list[Callable[[Input], str]] = [
        lambda one: f"{one.native_axes} {one.native_shape} -> {lengths(one.shape)} {one.dtype}",
        lambda one: f"axes {one.rule}",
        lambda one: f"reader {one.reader}, {one.because}",
    ]
    alike = [len({value(one) for one in output.inputs}) == 1 for value in own]
    same = [value(first) for value, yes in zip(own, alike, strict=True) if yes]
    other = [value for value, yes in zip(own, alike, strict=True) if not yes]
    folder = os.path.dirname(first.path) if len({os.path.dirname(one.path) for one in output.inputs}) == 1 else None
    several = len(output.inputs) > 1
    if several and folder:
        yield f"  from {folder}{os.sep}"
    for one in output.inputs:
        words = [_place(output, one)] if several and one.region is not None else []
        words.append((os.path.basename(one.path) if several and folder else one.path) + _which(one))
        extra = [printable(value(one)) for value in other] + ([f"absent: {one.absent}"] if one.absent else [])
        if len(one.members) > 1:
            extra.append(f"a set of {len(one.members)} files")
        yield (
            "  "
            + ("  " if several else "from ")
            + "  ".join(map(printable, words))
            + (f"  ({'; '.join(extra)})" if extra else "")
        )
    yield from (f"    {'all: ' if several else ''}{printable(line)}" for line in same)


def _place(output: Output, one: Input) -> str:
    start, stop = (one.region or {}).get(output.along or "", (0, 0))
    return f"{output.along}={start}" + (f"..{stop - 1}" if stop - start > 1 else "")


def _which(one: Input) -> str:
    if one.images == 1:
        return ""
    return f" (image {one.image}{f', {one.name!r}' if one.name else ''} of {one.images})"


def _skipped(skipped: Iterable[Skipped]) -> Iterator[str]:
    """What is left out, by the reason; of many, the first few."""
    reasons: dict[str, list[str]] = {}
    for one in skipped:
        reasons.setdefault(one.why, []).append(one.path)
    for why, paths in reasons.items():
        listed = sorted(map(os.path.basename, paths), key=natural)
        more = f", and {len(listed) - _FEW} more" if len(listed) > _FEW else ""
        yield f"left out ({printable(why)}): {printable(', '.join(listed[:_FEW]) + more)}"
