"""Say how far a batch is, by its journal and by a look at names, sizes and times; it opens no image."""

from __future__ import annotations

from collections.abc import Iterator

from omio.sources.kinds import find
from omio_core.errors import OmioError
from omio_core.files.location import Location

from .discover import Leaf
from .journal import Ledger, Made
from .plans import Conversion
from .values import JobReport


def of_leaf(leaf: Leaf, root: Location, conversion: Conversion, ledger: Ledger) -> Iterator[JobReport]:
    """Yield what is known of each job of a leaf that is not settled, and each file that no job is known of as waiting.

    Whether such a file is an image is seen when the batch runs.
    """
    seen: set[str] = set()
    for key, made in ledger.made.items():
        if made.leaf == leaf.key and key not in ledger.failed:
            seen |= {made.source, *(path for path, *_ in made.inputs)}
            whole = ledger.stands(key, conversion.out) is not None and not _changed(made, root)
            yield JobReport(
                key=key,
                leaf=leaf.key,
                source=_path(made.source, conversion),
                status="current" if whole else "waiting",
                outputs=tuple(conversion.out / path for path, *_ in made.outputs),
                seconds=made.seconds,
                nbytes=sum(size for _, size, *_ in made.outputs),
            )
    for key, failure in ledger.failed.items():
        if failure["leaf"] == leaf.key:
            seen.add(failure["source"])
            source = _path(failure["source"], conversion)
            yield JobReport(key=key, leaf=leaf.key, source=source, status="failed", error=failure["error"])
    if leaf.along is not None:
        if not seen:
            yield JobReport(key=leaf.key, leaf=leaf.key, source=str(leaf.parts[0]), status="waiting")
        return
    try:
        candidates = find(leaf.source).candidates
    except (OmioError, OSError):
        return  # the run says why
    for candidate in candidates:
        name = conversion.within(candidate.path)
        if name not in seen:
            yield JobReport(key=name, leaf=leaf.key, source=candidate.path, status="waiting")


def _path(source: str, conversion: Conversion) -> str:
    return source if source.startswith(("/", conversion.root)) else f"{conversion.root}/{source}"


def _changed(made: Made, root: Location) -> bool:
    """Tell whether a file that a job is made of is gone or has another size or time; of a folder nothing is known."""
    for name, size, time, tag in made.inputs:
        if time is None and tag:
            continue
        try:
            stamp = root.child(name).stamp()
        except (OmioError, OSError):
            return True
        if (stamp.size, stamp.mtime_ns, stamp.tag) != (size, time, tag):
            return True
    return False
