"""Checks of how a writer works: bounded, cancellable, in the core's threads, the same twice; needs no pytest."""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from omio_core.errors import OmioError
from omio_core.plugins.descriptions import Match, Verdict, Written

from .attempts import Attempt, WriterSubject, attempt, checked, told
from .findings import Finding
from .pictures import PictureCase, many_planes
from .watching import open_handles, record_threads
from .writing import accepted, finding, verdict

PART = 4
"""A writer may take at once at most a fourth of 64 planes."""


class _CancelledError(Exception):
    """Raised by the progress callback of a check, as by a user who cancels."""


def _planes(subject: WriterSubject, fails_after: int | None = None) -> PictureCase | None:
    """Return the case of many planes; one that is accepted, if that is not."""
    case = many_planes(fails_after)
    answer = verdict(subject, case)
    return case if isinstance(answer, Verdict) and answer.match is not Match.NO else None


def work_findings(subject: WriterSubject, folder: Path) -> Iterator[Finding]:
    """Yield the faults of a write of many planes: its progress, its threads, how much it asks for at once."""
    case = _planes(subject)
    if case is None:
        return
    calls: list[tuple[int, bool]] = []
    main = threading.get_ident()

    def progress(done: int) -> None:
        calls.append((done, threading.get_ident() == main))

    with record_threads(pool=True) as started:
        tried = attempt(subject, case, folder / "planes", progress=progress)
    if tried.error is not None:
        yield finding(subject, "errors", f"write raises {told(tried.error)} for {case.name}.")
        return
    if started:
        yield finding(subject, "threads", f"write starts the thread {started[0]!r}; use `pull` or `ordered` instead.")
    largest = max((box.size for box in case.reads[0].boxes), default=0)
    total = case.arrays[0].size
    if largest * PART > total:
        sentence = f"write asks for {largest} of {total} pixels at once; ask for a few planes at a time."
        yield finding(subject, "memory", sentence)
    for sentence in _progress_faults(calls, case.nbytes):
        yield finding(subject, "progress", sentence)
    yield from _one_worker(subject, folder / "one")
    yield from _without_digests(subject, folder / "plain")


def _progress_faults(calls: list[tuple[int, bool]], total: int) -> Iterator[str]:
    done = [count for count, _ in calls]
    if len([count for count in done if count]) < 2:
        yield f"progress is called with {done or 'nothing'} for 64 planes; call it as the bytes are written."
        return
    if not all(here for _, here in calls):
        yield "progress is called in another thread than that of the caller."
    if done != sorted(done):
        yield "the bytes that progress is called with decrease."
    if done[-1] != total:
        yield f"progress ends with {done[-1]} bytes, and the pixels have {total}."


def _one_worker(subject: WriterSubject, folder: Path) -> Iterator[Finding]:
    case = many_planes()
    before_any: list[int] = []

    def progress(done: int) -> None:
        if done and not before_any:
            before_any.append(sum(box.size for box in case.reads[0].boxes))

    attempt(subject, case, folder, workers=1, progress=progress)
    if case.reads[0].most_at_once > 1:
        yield finding(subject, "workers", f"with workers=1 it reads {case.reads[0].most_at_once} boxes at once.")
    total = case.arrays[0].size
    if before_any and before_any[0] * PART > total:
        sentence = (
            f"write reads {before_any[0]} of {total} pixels before it writes the first; take a few planes at once."
        )
        yield finding(subject, "memory", sentence)


def _without_digests(subject: WriterSubject, folder: Path) -> Iterator[Finding]:
    tried = attempt(subject, many_planes(), folder, digests=False)
    if isinstance(tried.result, Written) and tried.result.digests is not None:
        yield finding(subject, "digests", "it returns digests although the request has digests=False.")


def stop_findings(subject: WriterSubject, folder: Path) -> Iterator[Finding]:
    """Yield the faults of a writer that is stopped: by the user, or by a source that fails."""
    if _planes(subject) is None:
        return
    cancelled = _CancelledError("cancelled on purpose")

    def cancel(done: int) -> None:
        if done:
            raise cancelled

    before = open_handles()
    tried = attempt(subject, many_planes(), folder / "cancelled", progress=cancel)
    yield from _stopped(subject, tried, before, "progress raises", lambda error: error is cancelled)
    before = open_handles()
    tried = attempt(subject, many_planes(fails_after=5), folder / "failed")
    yield from _stopped(subject, tried, before, "the source fails", lambda error: isinstance(error, OmioError))


def _stopped(
    subject: WriterSubject,
    tried: Attempt,
    before: set[str] | None,
    when: str,
    right: Callable[[BaseException], bool],
) -> Iterator[Finding]:
    if tried.error is None:
        yield finding(subject, "errors", f"when {when}, write returns as if all were written; let the error through.")
    elif not right(tried.error):
        yield finding(subject, "errors", f"when {when}, write raises {told(tried.error)}; let the error through.")
    if tried.error is not None:
        tried.error.__traceback__ = None  # it would keep the writer's variables
    after = open_handles()
    left = sorted((after or set()) - (before or set()))
    left = [name for name in left if str(tried.temporary.parent) in name]
    if left:
        yield finding(subject, "handles", f"when {when}, write leaves a file open: {left[0]}.")


def damage_findings(subject: WriterSubject, folder: Path) -> Iterator[Finding]:
    """Yield the damage that the writer's `check` does not see; nothing if it has none."""
    case = next((case for case in accepted(subject) if case.name.startswith("five axes")), None)
    case = case or next(accepted(subject), None)
    if case is None or subject.writer.check is None:
        return
    tried = attempt(subject, case, folder / "whole")
    if tried.error is not None or not tried.temporary.exists():
        return
    for number, (what, damage) in enumerate(_damages(tried.temporary)):
        copy = folder / str(number) / subject.name
        copy.parent.mkdir()
        if tried.temporary.is_dir():
            shutil.copytree(tried.temporary, copy)
        else:
            shutil.copyfile(tried.temporary, copy)
        damage(copy)
        error = checked(subject, copy, case)
        if error is None:
            yield finding(subject, "check", f"check accepts {what}.")
        elif not isinstance(error, OmioError):
            yield finding(subject, "check", f"check raises {told(error)} for {what}, no OmioError.")


def _damages(written: Path) -> Iterator[tuple[str, Callable[[Path], None]]]:
    """Yield damages, each in words, and as a function that does it to a copy."""
    if written.is_file():
        yield "an empty file", partial(_keep, part=0.0)
        yield "a file that is cut in half", partial(_keep, part=0.5)
        yield "a file that begins with zeros", _zero
        return
    yield "an empty folder", _empty
    for file in sorted(written.iterdir()):
        if file.is_file():
            yield f"a folder whose {file.name} is cut in half", partial(_keep, part=0.5, name=file.name)
    files = [file for file in written.rglob("*") if file.is_file()]
    deepest = max(files, key=lambda file: (len(file.parts), file.stat().st_size, file.name), default=None)
    if deepest is not None:  # pixels, and no document
        name = deepest.relative_to(written).as_posix()
        yield f"a folder without {name}", partial(_remove, name=name)


def _keep(path: Path, *, part: float, name: str = "") -> None:
    data = (path / name).read_bytes()
    (path / name).write_bytes(data[: int(len(data) * part)])


def _zero(path: Path) -> None:
    path.write_bytes(bytes(16) + path.read_bytes()[16:])


def _empty(path: Path) -> None:
    shutil.rmtree(path)
    path.mkdir()


def _remove(path: Path, *, name: str) -> None:
    (path / name).unlink()


def repeat_findings(subject: WriterSubject, folder: Path) -> Iterator[Finding]:
    """Yield the cases of which the writer makes other bytes the second time."""
    for number, case in enumerate(accepted(subject)):
        digests = []
        for again in ("a", "b"):
            tried = attempt(subject, case, folder / f"{number}{again}")
            if tried.error is not None or not tried.temporary.exists():
                break
            digests.append(_digest(tried.temporary))
        if len(set(digests)) == 2:
            sentence = (
                f"it makes other bytes of {case.name} the second time; if that must be, say reproducible = False."
            )
            yield finding(subject, "repeat", sentence)
            return


def _digest(path: Path) -> str:
    digest = hashlib.blake2b()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        digest.update(f"{file.relative_to(path)}\0".encode())
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()
