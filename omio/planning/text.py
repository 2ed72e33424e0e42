"""Print a plan as text for people: every output, every input in order, and what is notable about them; values only."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from omio.sources.walk import Skipped, natural
from omio_core.errors import first_few
from omio_core.geometry.axes import CANONICAL
from omio_core.images.explain import printable

from .values import WRITES, Input, Output, PlanValues

_WORDS = {
    "read": "is given as an image", "write": "will be written", "overwrite": "will overwrite the file of that name",
    "skip": "stands already and stays: nothing is written", "current": "is up to date",
    "remake": "will be remade", "leave": "is left as it is",
}  # fmt: skip
_FEW = 5


Named = Callable[[str], str]
"""From the path of a file to the name by which it is shown."""


def text(plan: PlanValues, *, most: int | None = None, named: Named = str, more: str = "") -> str:
    """Return the plan as text: one block per output, then what all outputs have in common, and what is left out.

    Parameters
    ----------
    plan
        The plan.
    most
        Of more than twice as many outputs, or inputs of an output, so many are shown, and those with a problem; None
        for all.
    named
        How paths are shown.
    more
        How the reader can see the others.
    """
    lines: list[str] = []
    if plan.family:
        lines.append(f"stack of {len(plan.family)} folders: {', '.join(map(os.path.basename, plan.family))}")
    looked_at = [output for output in plan.outputs if output.action != "current"]
    common = _common(looked_at)
    hidden = _hidden(plan.outputs, most)
    how = f" ({more})" if more else ""
    for number, output in enumerate(plan.outputs):
        if number not in hidden:
            block = _output(number, output, common, most=most, named=named, would=not plan.possible)
            lines += (f"{line}{how}" if line.lstrip().startswith(_AND) else line for line in block)
    if hidden:
        lines.append(f"{_AND}{_count(len(hidden), 'more output')}{how}")
    if common:
        lines += [f"each of {_which(len(looked_at), len(plan.outputs))}:", *(f"  {line}" for line in common)]
    if plan.writing is not None and plan.writing.writer is not None:
        lines.append(f"writer: {plan.writing.writer}")
    if plan.request.options:
        options = (f"{name}={value!r}" for name, value in plan.request.options.items())
        lines.append(f"options of the reader: {printable(', '.join(options))}")
    lines += [f"note: {printable(note)}" for note in plan.notes]
    lines += _skipped_lines(plan.skipped)
    lines += [f"of no source that is there: {named(skip.path)}: {printable(skip.why)}; it stays" for skip in plan.stale]
    for failed in plan.failed:
        lines += _problem(failed.problem if failed.path in failed.problem else f"{failed.path}: {failed.problem}", "")
    return "\n".join([*lines, *_last(plan)])


_AND = "... and "


def _hidden(outputs: Sequence[Output], most: int | None) -> set[int]:
    """Return the numbers of the outputs that are not shown: of many, all but the first and the first with a problem."""
    if most is None or len(outputs) <= 2 * most:
        return set()
    broken = [number for number, output in enumerate(outputs) if output.problem is not None]
    return set(range(most, len(outputs))) - set(broken[:most])


def _which(several: int, total: int) -> str:
    return f"the {total} outputs" if several == total else f"the {several} outputs that are not up to date"


def _last(plan: PlanValues) -> Iterator[str]:
    """Yield the lines that count."""
    outputs = plan.outputs
    older = Counter(output.older for output in outputs if output.older and output.action == "current")
    for version, count in older.items():
        yield f"{_count(count, 'file')} up to date of OMIO {version}; remake=True (--remake) makes them anew"
    if not plan.possible:
        yield f"in all: {_count(len(outputs), 'output')}; nothing is done as long as there is a problem"
        return
    counts = Counter(output.action for output in outputs if output.problem is None)
    words = (("current", "up to date"), ("remake", "to be remade"), ("skip", "skipped"))
    parts = [f"{counts[action]} {word}" for action, word in words if counts[action]]
    parts += [f"{_count(len(plan.problems), 'problem')} (the rest is done)"] if plan.problems else []
    written = [output for output in outputs if output.action in ("read", *WRITES) and output.problem is None]
    total = sum(output.nbytes or 0 for output in written)
    yield (
        f"in all: {_count(len(outputs), 'output')}{''.join(f', {part}' for part in parts)}, "
        f"{size(total)} of pixels, about {size(plan.memory)} of memory"
    )


def size(count: int) -> str:
    """Return bytes as text for people, in powers of 1024.

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
    """Return the lines that all outputs share, where there are several."""
    if len(outputs) < 2:
        return ()
    facts = [_facts(output) for output in outputs]
    in_every_output = set(facts[0]).intersection(*facts[1:])
    return tuple(line for line in facts[0] if line in in_every_output)


def _facts(output: Output) -> tuple[str, ...]:
    shared = (printable(fact) for fact, whose in _shared_facts(output).items() if whose == "all")
    return (*_size(output), *shared, *_unknown_line(output))


def _output(
    number: int, output: Output, common: Collection[str], *, most: int | None, named: Named, would: bool
) -> Iterator[str]:
    """Yield the lines of an output, without those that are common to all outputs."""
    words = _WORDS[output.action].replace("will ", "would " if would else "will ")
    why = f": {output.why}" if output.action == "remake" else ""
    path = printable(named(output.path)) if output.path else "an image"
    yield f"output {number}: {path}" + (f" {words}{printable(why)}" if output.path else "")
    if output.action == "current":
        return
    yield from (f"  {line}" for line in _size(output) if line not in common)
    if output.along is not None:
        yield f"  merged along {output.along}, as asked for, in this order:"
    yield from _inputs(output, common, most, named)
    for title, lines in (("padded with 0", output.padded), ("differs", output.conflicts)):
        shown = lines if most is None or len(lines) <= 2 * most else lines[:most]
        yield from (f"  {title}: {printable(line)}" for line in shown)
        if len(shown) < len(lines):
            yield f"  {_AND}{len(lines) - len(shown)} more"
    yield from (f"  {line}" for line in _unknown_line(output) if line not in common)
    if output.problem is not None:
        yield from _problem(output.problem, "  ")


def _problem(problem: str, indent: str) -> Iterator[str]:
    first, *rest = problem.splitlines()
    yield f"{indent}PROBLEM: {printable(first)}"
    yield from (f"{indent}  {printable(line.strip())}" for line in rest)


def _size(output: Output) -> Iterator[str]:
    if output.shape is not None:
        yield f"{lengths(output.shape)} {output.dtype}, {size(output.nbytes or 0)}"
    if output.memory is not None:
        yield f"memory: about {size(output.memory)}"


def _unknown_line(output: Output) -> Iterator[str]:
    if output.unknown:
        yield f"unknown: {', '.join(output.unknown)}"


def lengths(shape: Sequence[int]) -> str:
    """Return TZCYX lengths as text with spelled axes."""
    return " ".join(f"{axis}={n}" for axis, n in zip(CANONICAL, shape, strict=True))


_DESCRIPTIONS: tuple[Callable[[Input], str], ...] = (
    lambda source: f"{source.native_axes} {source.native_shape} -> {lengths(source.shape)} {source.dtype}",
    lambda source: f"axes {source.rule}",
    lambda source: f"reader {source.reader}, {source.because}",
)


def _shared_facts(output: Output) -> dict[str, str]:
    """Return the facts that all or most inputs of an output share, each with the word for whose it is."""
    shared = {}
    for describe in _DESCRIPTIONS:
        ((fact, times),) = Counter(map(describe, output.inputs)).most_common(1)
        if 2 * times > len(output.inputs):
            shared[fact] = "all" if times == len(output.inputs) else "all others"
    return shared


def _inputs(output: Output, common: Collection[str], most: int | None, named: Named) -> Iterator[str]:
    """Yield one line per input with what is particular to it; facts of all, or of all others, appear once."""
    first = output.inputs[0]
    shared = _shared_facts(output)
    folder = str(first.location.parent) if len({source.location.parent for source in output.inputs}) == 1 else None
    several = len(output.inputs) > 1
    if several and folder:
        yield f"  from {printable(os.path.join(named(folder), ''))}"
    inputs = output.inputs if most is None or len(output.inputs) <= 2 * most else output.inputs[:most]
    for source in inputs:
        words = [_place(output, source)] if several and source.region is not None else []
        words.append((source.location.name if several and folder else named(source.path)) + _which_image(source))
        extra = [printable(fact) for describe in _DESCRIPTIONS if (fact := describe(source)) not in shared]
        extra += [f"absent: {source.absent}"] if source.absent else []
        if source.is_folder:
            extra.append("a folder")
        elif len(source.members) > 1:
            extra.append(f"a set of {len(source.members)} files")
        yield (
            "  "
            + ("  " if several else "from ")
            + "  ".join(map(printable, words))
            + (f"  ({'; '.join(extra)})" if extra else "")
        )
    if len(inputs) < len(output.inputs):
        yield f"    {_AND}{len(output.inputs) - len(inputs)} more, up to {output.inputs[-1].location.name}"
    for fact, whose in shared.items():
        if (line := printable(fact)) not in common:
            yield f"    {whose + ': ' if several else ''}{line}"


def _place(output: Output, source: Input) -> str:
    start, stop = (source.region or {}).get(output.along or "", (0, 0))
    return f"{output.along}={start}" + (f"..{stop - 1}" if stop - start > 1 else "")


def _which_image(source: Input) -> str:
    if source.images == 1:
        return ""
    return f" (image {source.image}{f', {source.name!r}' if source.name else ''} of {source.images})"


def _skipped_lines(skipped: Iterable[Skipped]) -> Iterator[str]:
    """Yield what is left out, one line per reason; of many paths, the first few."""
    reasons: dict[str, list[str]] = {}
    for skip in skipped:
        reasons.setdefault(skip.why, []).append(skip.path)
    for why, paths in reasons.items():
        listed = sorted(map(os.path.basename, paths), key=natural)
        yield f"left out ({printable(why)}): {printable(first_few(listed, _FEW))}"
