"""Execute a plan: write its files or return its images. Makes no decision of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from omio.sources.collect import describe, without_garbage_collection
from omio.sources.failures import Failure
from omio.sources.notices import issue, one_per_kind, padding, recorded_if
from omio.sources.walk import Skipped
from omio_core.errors import FileChangedError, OmioError, WriteError
from omio_core.files import stamps
from omio_core.files.location import Location
from omio_core.images import writing
from omio_core.images.image import Image
from omio_core.images.overrides import Request
from omio_core.merging.merge import merge

from . import channels
from .report import Report, sets_of
from .values import WRITES, Input, Output, PlanValues, PreparedOutput, WriteOptions

Progress = Callable[[int, int], None]
Landed = Callable[[str, Path], None]
"""Called with a source file and the file written from it, as soon as that file is complete."""
Reported = Callable[[Report], None]
"""Called once, at the end, with what became of each source; also where an error follows."""


def write(
    plan: PlanValues,
    outputs: Sequence[PreparedOutput],
    progress: Progress | None = None,
    landed: Landed | None = None,
    reported: Reported | None = None,
    *,
    failures: Sequence[Failure] = (),
    stop: bool = False,
) -> list[Path]:
    """Write the files of a plan just made, from the images that were described for it.

    The policy `collision` decides about a name that is taken meanwhile.

    Raises
    ------
    OmioError
        The plan has a problem, before anything is written; or writing fails. Complete files stay, and of several source
        files the others are converted first, unless `stop`: the error lists both as `written` and `failed`.
    """
    assert plan.writing is not None
    files = [(prepared.output, prepared.images) for prepared in outputs]
    errors: dict[str, OmioError | OSError] = {failure.path: failure.error for failure in failures}
    for prepared in outputs:
        if prepared.error is not None:
            errors.setdefault(prepared.output.inputs[0].path, prepared.error)
    run = _Run(
        plan=plan,
        collision=plan.request.policies.collision,
        progress=progress,
        landed=landed,
        goals={Path(prepared.output.path or ""): prepared.goal for prepared in outputs},
        stop=stop,
        failed=errors,
    )
    try:
        return run.all(files, reported)
    finally:
        for _, images in files:
            _close(images)


def run(
    plan: PlanValues,
    progress: Progress | None = None,
    landed: Landed | None = None,
    reported: Reported | None = None,
    *,
    stop: bool = False,
) -> list[Path] | list[Image]:
    """Do exactly what a plan says; see `omio.planning.plan.Plan.run`."""
    if plan.problems and (stop or not plan.possible):
        raise OmioError(
            "the plan cannot be carried out", evidence=plan.problems[0],
            remedy="make another: other policies, another name",
        )  # fmt: skip
    for output in plan.outputs:
        if output.problem is None:
            _check_unchanged(output)
    outputs = [output for output in plan.outputs if output.problem is None and output.action in ("read", *WRITES)]
    opened: dict[Location, Sequence[Image]] = {}
    with (
        without_garbage_collection(),
        recorded_if(len(plan.outputs) > 1 or len(plan.outputs[0].inputs) > 1) as warning_records,
    ):
        files = [(output, _open_images(output, plan.request, opened)) for output in outputs]
    issue((*one_per_kind(warning_records), *padding(output.padded for output in outputs)))
    if plan.writing is None:
        return [image for _, images in files for image in images]
    errors: dict[str, OmioError | OSError] = {one.path: _planned_error(one.path, one.problem) for one in plan.failed}
    for output in plan.outputs:
        if output.problem is not None:
            errors.setdefault(output.inputs[0].path, _planned_error(output.inputs[0].path, output.problem))
    execution = _Run(plan=plan, collision=None, progress=progress, landed=landed, goals={}, stop=stop, failed=errors)
    try:
        return execution.all(files, reported)
    finally:
        for _, images in files:
            _close(images)


def _planned_error(path: str, problem: str) -> OmioError:
    """Return the error for a problem that a saved plan states in words."""
    first, *rest = problem.splitlines()
    parts = {key: text for key, _, text in (line.strip().partition(": ") for line in rest)}
    return OmioError(first, evidence=parts.get("evidence"), remedy=parts.get("remedy"), path=path)


def _check_unchanged(output: Output) -> None:
    """Refuse what has changed since the plan was made: a file that is read, or a name.

    Raises
    ------
    FileChangedError
        A file that is read has changed.
    WriteError
        A name that was free is taken, or the file to overwrite is another one.
    """
    for source in output.inputs:
        for member in source.members:
            try:
                member.verify()
            except FileChangedError as error:
                raise _changed_since_error(source, member.path, error.evidence or error.what) from None
    if output.action == "write" and os.path.lexists(output.path or ""):
        raise WriteError(
            f"{output.path} was free when the plan was made, and is taken now", evidence="nothing is written",
            remedy="make the plan again", path=output.path,
        )  # fmt: skip
    _check_target(output)


def _changed_since_error(source: Input, path: str, evidence: str) -> FileChangedError:
    """Return the error for a file that changed since the plan was made; of a folder that is one picture, names it."""
    return FileChangedError(
        f"{source.path if source.is_folder else path} has changed since the plan was made",
        evidence=f"{path}: {evidence}" if source.is_folder and path != source.path else evidence,
        remedy="look at it, and make the plan again",
        path=source.path if source.is_folder else path,
    )


def _check_target(output: Output) -> None:
    """Refuse to overwrite another file than the one that existed when the plan was made.

    Raises
    ------
    WriteError
        The existing file is another one.
    """
    if output.stands is not None:
        writing.verify_stands(Path(output.path or ""), output.stands)


def _open_images(output: Output, request: Request, opened: dict[Location, Sequence[Image]]) -> tuple[Image, ...]:
    """Open the images of an output with the readers that the plan names, and merge them as it says."""
    input_request = channels.without_merged_names(request, output.along)
    images = channels.deal_names(
        [_open_image(source, input_request, opened) for source in output.inputs], output.along, request
    )
    if output.along is not None:
        policies = {kind: getattr(request.policies, kind) for kind in ("shapes", "dtypes", "conflict")}
        images = (merge(images, output.along, **policies),)
        _ = images[0].metadata  # report conflicts before anything is written
    if images[0].shape != output.shape or str(images[0].dtype) != output.dtype:
        raise _changed_error(output.path or output.inputs[0].path, output, images[0])
    return images


def _open_image(source: Input, request: Request, opened: dict[Location, Sequence[Image]]) -> Image:
    if source.location not in opened:
        as_planned = Request(
            reader=source.reader, options=request.options, policies=request.policies, overrides=request.overrides
        )
        opened[source.location] = describe(source.location, as_planned).images
    images = opened[source.location]
    if not 0 <= source.image < len(images):
        raise _changed_error(source.path, source, images[0])
    for key in (leaf.stored.key for leaf in images[source.image].picture.leaves if leaf.stored is not None):
        if key.listing != source.listing:
            raise _changed_since_error(source, source.path, "its files are not those that were listed then")
        if key.members != source.members:
            raise FileChangedError(
                f"{source.path} is read with other files than when the plan was made",
                evidence=f"{_names(key.members)} now, {_names(source.members)} then",
                remedy="look at what lies beside it, and make the plan again",
                path=source.path,
            )
        if key.listing != source.listing:
            raise FileChangedError(
                f"{source.path} has changed since the plan was made",
                evidence="its files are not those that were listed then",
                remedy="look at it, and make the plan again",
                path=source.path,
            )
    if (
        len(images) != source.images
        or images[source.image].shape != source.shape
        or str(images[source.image].dtype) != source.dtype
    ):
        raise _changed_error(source.path, source, images[min(source.image, len(images) - 1)])
    return images[source.image]


def _names(members: Sequence[stamps.Fingerprint]) -> str:
    return ", ".join(member.location.name for member in members)


def _changed_error(path: str, planned: Input | Output, now: Image) -> FileChangedError:
    return FileChangedError(
        f"{path} is not what it was when the plan was made",
        evidence=f"TZCYX {planned.shape} of {planned.dtype} then, {now.shape} of {now.dtype} now",
        remedy="another version of the reader reads it; make the plan again",
        path=path,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """The writing of a plan's files, one after another; where `collision` is None, exactly under the names planned."""

    plan: PlanValues
    collision: str | None
    progress: Progress | None
    landed: Landed | None
    goals: Mapping[Path, Path | None]
    stop: bool
    failed: dict[str, OmioError | OSError]

    def all(self, files: Sequence[tuple[Output, tuple[Image, ...]]], reported: Reported | None) -> list[Path]:
        """Write the files; then report, and raise one error for all that failed."""
        files = [(output, images) for output, images in files if output.action in WRITES and output.problem is None]
        sources = {output.inputs[0].path for output in self.plan.outputs} | self.failed.keys()
        several = len(sources) > 1 and not self.stop
        total = sum(sum(image.nbytes for image in images) for _, images in files)
        written: list[Path] = []
        before = 0
        for number, (output, images) in enumerate(files):
            source, path = output.inputs[0].path, None
            try:
                path = self._one(output, images, _shift(self.progress, before, total))
            except (OmioError, OSError) as error:
                if not several:
                    raise
                self.failed.setdefault(source, error)
            before += sum(image.nbytes for image in images)
            following = files[number + 1][0].inputs if number + 1 < len(files) else ()
            if {planned.path for planned in following} != {planned.path for planned in output.inputs}:
                _close(images)  # images of one file share a handle: close it after the last of them
            if path is not None:
                written.append(self.goals.get(path) or path)
                if self.landed is not None:
                    self.landed(source, written[-1])
        report = self._report(written)
        if reported is not None:
            reported(report)
        if (partial := report.error()) is not None:
            raise partial from next(iter(report.failed.values()))
        return written

    def _report(self, written: list[Path]) -> Report:
        plan = self.plan
        current = [output for output in plan.outputs if output.action == "current"]
        taken = [output for output in plan.outputs if output.action == "skip" and output.problem is None]
        return Report(
            written=tuple(written),
            current=tuple(Path(output.path or "") for output in current),
            left_out=(
                *(Skipped(path=output.inputs[0].path, why=_taken(output)) for output in taken),
                *(skip for skip in plan.skipped if not skip.used),
            ),
            failed=self.failed,
            stale=plan.stale,
            older=sum(bool(output.older) for output in current),
            sets=sets_of(plan.outputs),
        )

    def _one(self, output: Output, images: tuple[Image, ...], progress: Callable[[int], None] | None) -> Path | None:
        path, options = Path(cast(str, output.path)), cast(WriteOptions, self.plan.writing)
        _make_folder(path.parent)
        settings = {
            **options.keywords,
            "writer": options.writer,
            "max_memory": options.max_memory,
            "progress": progress,
            "conversion": output.conversion,
            "stands": output.stands,
        }
        if self.collision is None or output.action == "remake" or self.collision == "update":
            _check_target(output)  # check again: other programs may have written meanwhile
            policy = "raise" if output.action == "write" else "overwrite"
            return writing.write(path, images, collision=policy, **settings)
        numbers = self.collision == "number"
        try:
            return writing.write(path, images, collision="raise" if numbers else self.collision, **settings)
        except WriteError:
            if not numbers or not os.path.lexists(path):
                raise
            return writing.write(cast(str, output.wanted), images, collision="number", **settings)  # taken meanwhile


def _taken(output: Output) -> str:
    return f"{output.path} stands already" + (f", {output.why}" if output.why else "")


def _close(images: Sequence[Image]) -> None:
    for image in images:
        image.close()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(
            f"the folder {folder} cannot be made", evidence=str(error), remedy="choose another one", path=str(folder)
        ) from error


def _shift(progress: Progress | None, before: int, total: int) -> Callable[[int], None] | None:
    return None if progress is None else lambda done: progress(before + done, total)
