"""A plan as text for people: every output, every input in order, and what is to be known of them; values only."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from omio.sources.walk import Skipped, natural
from omio_core.errors import first_few
from omio_core.geometry.axes import CANONICAL
from omio_core.images.explain import printable

from .values import Input, Output, PlanValues

_WORDS = {
    "read": "is given as an image", "write": "will be written", "overwrite": "will overwrite the file of that name",
    "skip": "stands already and stays: nothing is written",
}  # fmt: skip
_FEW = 5


def text(plan: PlanValues) -> str:
    """The plan, a block an output, then what every output has in common, and what is left out."""
    lines: list[str] = []
    if plan.family:
        lines.append(f"stack of {len(plan.family)} folders: {', '.join(map(os.path.basename, plan.family))}")
    common = _common(plan.outputs)
    for number, output in enumerate(plan.outputs):
        lines += _output(number, output, common, would=bool(plan.problems))
    if common:
        lines += [f"each of the {len(plan.outputs)} outputs:", *(f"  {line}" for line in common)]
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


def _common(outputs: Sequence[Output]) -> tuple[str, ...]:
    """What is the same of all outputs, where there are several."""
    if len(outputs) < 2:
        return ()
    every = [_facts(output) for output in outputs]
    in_all = set(every[0]).intersection(*every[1:])
    return tuple(line for line in every[0] if line in in_all)


def _facts(output: Output) -> tuple[str, ...]:
    of_all = (printable(what) for what, who in _alike(output).items() if who == "all")
    return (*_size(output), *of_all, *_unknown(output))


def _output(number: int, output: Output, common: Collection[str], *, would: bool) -> Iterator[str]:
    """A block of lines, without those that are common to all outputs."""
    words = _WORDS[output.action].replace("will ", "would " if would else "will ")
    yield f"output {number}: {output.path or 'an image'}" + (f" {words}" if output.path else "")
    yield from (f"  {line}" for line in _size(output) if line not in common)
    if output.along is not None:
        yield f"  merged along {output.along}, as asked for, in this order:"
    yield from _inputs(output, common)
    for title, lines in (("padded with 0", output.padded), ("differs", output.conflicts)):
        yield from (f"  {title}: {printable(line)}" for line in lines)
    yield from (f"  {line}" for line in _unknown(output) if line not in common)
    if output.problem is not None:
        first, *rest = output.problem.splitlines()
        yield f"  PROBLEM: {printable(first)}"
        yield from (f"    {printable(line.strip())}" for line in rest)


def _size(output: Output) -> Iterator[str]:
    if output.shape is not None:
        yield f"{lengths(output.shape)} {output.dtype}, {size(output.nbytes or 0)}"
    if output.memory is not None:
        yield f"memory: about {size(output.memory)}"


def _unknown(output: Output) -> Iterator[str]:
    if output.unknown:
        yield f"unknown: {', '.join(output.unknown)}"


def lengths(shape: Sequence[int]) -> str:
    """TZCYX lengths, axes spelled."""
    return " ".join(f"{axis}={n}" for axis, n in zip(CANONICAL, shape, strict=True))


_SAID: tuple[Callable[[Input], str], ...] = (
    lambda one: f"{one.native_axes} {one.native_shape} -> {lengths(one.shape)} {one.dtype}",
    lambda one: f"axes {one.rule}",
    lambda one: f"reader {one.reader}, {one.because}",
)


def _alike(output: Output) -> dict[str, str]:
    """What all inputs of an output say, or most of them; from what is said to the word for who says it."""
    found = {}
    for said in _SAID:
        ((what, times),) = Counter(map(said, output.inputs)).most_common(1)
        if 2 * times > len(output.inputs):
            found[what] = "all" if times == len(output.inputs) else "all others"
    return found


def _inputs(output: Output, common: Collection[str]) -> Iterator[str]:
    """One line an input with what is its own; what all say, or all others, is said once."""
    first = output.inputs[0]
    alike = _alike(output)
    folder = os.path.dirname(first.path) if len({os.path.dirname(one.path) for one in output.inputs}) == 1 else None
    several = len(output.inputs) > 1
    if several and folder:
        yield f"  from {folder}{os.sep}"
    for one in output.inputs:
        words = [_place(output, one)] if several and one.region is not None else []
        words.append((os.path.basename(one.path) if several and folder else one.path) + _which(one))
        extra = [printable(what) for said in _SAID if (what := said(one)) not in alike]
        extra += [f"absent: {one.absent}"] if one.absent else []
        if len(one.members) > 1:
            extra.append(f"a set of {len(one.members)} files")
        yield (
            "  "
            + ("  " if several else "from ")
            + "  ".join(map(printable, words))
            + (f"  ({'; '.join(extra)})" if extra else "")
        )
    for what, who in alike.items():
        if (line := printable(what)) not in common:
            yield f"    {who + ': ' if several else ''}{line}"


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
        yield f"left out ({printable(why)}): {printable(first_few(listed, _FEW))}"
