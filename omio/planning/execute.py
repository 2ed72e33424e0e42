"""Execute a plan: write its files or return its images. Makes no decision of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import cast

from omio.sources.collect import describe, without_garbage_collection
from omio.sources.notices import issue, one_per_kind, padding, recorded_if
from omio_core.errors import FileChangedError, OmioError, WriteError, first_few
from omio_core.files import stamps
from omio_core.images import writing
from omio_core.images.image import Image
from omio_core.images.overrides import Request
from omio_core.merging.merge import merge

from . import channels
from .values import Input, Output, PlanValues, PreparedOutput, WriteOptions

Progress = Callable[[int, int], None]
Landed = Callable[[str, Path], None]
"""Called with a source file and the file written from it, as soon as that is whole."""


def write(
    plan: PlanValues,
    outputs: Sequence[PreparedOutput],
    progress: Progress | None = None,
    landed: Landed | None = None,
) -> list[Path]:
    """Write the files of a plan just made, from the images that were described for it.

    A name that is taken meanwhile is treated as the policy `collision` says.

    Raises
    ------
    OmioError
        What stands against it, before anything is written; or what happened while it was. Files that are whole stay,
        and of several source files the others are done first: the error has them as `written` and `failed`.
    """
    assert plan.writing is not None
    files = [(one.output, one.images) for one in outputs]
    as_named = {Path(one.output.path or ""): one.goal for one in outputs}
    try:
        return _written(files, plan.writing, plan.request.policies.collision, progress, as_named, landed)
    finally:
        for _, images in files:
            _close(images)


def run(plan: PlanValues, progress: Progress | None = None, landed: Landed | None = None) -> list[Path] | list[Image]:
    """Do exactly what a plan says; see `omio.planning.plan.Plan.run`."""
    if plan.problems:
        raise OmioError(
            "the plan cannot be carried out", evidence=plan.problems[0],
            remedy="make another: other policies, another name",
        )  # fmt: skip
    for one in plan.outputs:
        _hold(one)
    opened: dict[str, Sequence[Image]] = {}
    with without_garbage_collection(), recorded_if(len(plan.outputs) > 1 or len(plan.outputs[0].inputs) > 1) as told:
        files = [(one, _images(one, plan.request, opened)) for one in plan.outputs]
    issue((*one_per_kind(told), *padding(one.padded for one in plan.outputs)))
    if plan.writing is None:
        return [image for _, images in files for image in images]
    try:
        return _written(files, plan.writing, None, progress, {}, landed)
    finally:
        for _, images in files:
            _close(images)


def _hold(output: Output) -> None:
    """Refuse what has changed since the plan was made: a file that is read, or a name."""
    for one in output.inputs:
        for member in one.members:
            now = stamps.Fingerprint.of(member.path)
            if now != member:
                raise FileChangedError(
                    f"{member.path} has changed since the plan was made",
                    evidence=f"{member.size} bytes then, {now.size} now; "
                    f"mtime {member.mtime_ns} then, {now.mtime_ns} now",
                    remedy="look at it, and make the plan again",
                    path=member.path,
                )
    if output.action == "write" and os.path.lexists(output.path or ""):
        raise WriteError(
            f"{output.path} was free when the plan was made, and is taken now", evidence="nothing is written",
            remedy="make the plan again", path=output.path,
        )  # fmt: skip
    _hold_target(output)


def _hold_target(output: Output) -> None:
    """Refuse to overwrite another file than the one that stood there when the plan was made."""
    if output.stands is not None:
        try:
            output.stands.verify()
        except FileChangedError as error:
            raise WriteError(
                f"{output.path} was to be overwritten, and is another file since the plan was made",
                evidence=error.evidence or error.what, remedy="look at it, and make the plan again", path=output.path,
            ) from error  # fmt: skip


def _images(output: Output, said: Request, opened: dict[str, Sequence[Image]]) -> tuple[Image, ...]:
    """The images of an output, opened by the readers that the plan names, and merged as it says."""
    inputs_said = channels.of_inputs(said, output.along)
    images = channels.deal_names([_image(one, inputs_said, opened) for one in output.inputs], output.along, said)
    if output.along is not None:
        kinds = {kind: getattr(said.policies, kind) for kind in ("shapes", "dtypes", "conflict")}
        images = (merge(images, output.along, **kinds),)
        _ = images[0].metadata  # conflicts are told before anything is written
    if images[0].shape != output.shape or str(images[0].dtype) != output.dtype:
        raise _unlike(output.path or output.inputs[0].path, output, images[0])
    return images


def _image(one: Input, said: Request, opened: dict[str, Sequence[Image]]) -> Image:
    if one.path not in opened:
        as_planned = Request(reader=one.reader, options=said.options, policies=said.policies, overrides=said.overrides)
        opened[one.path] = describe(one.path, as_planned).images
    images = opened[one.path]
    if not 0 <= one.image < len(images):
        raise _unlike(one.path, one, images[0])
    for key in (leaf.stored.key for leaf in images[one.image].picture.leaves if leaf.stored is not None):
        if key.members != one.members:
            raise FileChangedError(
                f"{one.path} is read with other files than when the plan was made",
                evidence=f"{_names(key.members)} now, {_names(one.members)} then",
                remedy="look at what lies beside it, and make the plan again",
                path=one.path,
            )
    if len(images) != one.images or images[one.image].shape != one.shape or str(images[one.image].dtype) != one.dtype:
        raise _unlike(one.path, one, images[min(one.image, len(images) - 1)])
    return images[one.image]


def _names(members: Sequence[stamps.Fingerprint]) -> str:
    return ", ".join(os.path.basename(member.path) for member in members)


def _unlike(path: str, planned: Input | Output, now: Image) -> FileChangedError:
    return FileChangedError(
        f"{path} is not what it was when the plan was made",
        evidence=f"TZCYX {planned.shape} of {planned.dtype} then, {now.shape} of {now.dtype} now",
        remedy="another version of the reader reads it; make the plan again",
        path=path,
    )


def _written(
    files: Sequence[tuple[Output, tuple[Image, ...]]],
    how: WriteOptions,
    collision: str | None,
    progress: Progress | None,
    as_named: Mapping[Path, Path | None],
    landed: Landed | None,
) -> list[Path]:
    """Write file after file; where `collision` is None, exactly under the names planned."""
    whole = sum(sum(image.nbytes for image in images) for output, images in files if output.action != "skip")
    several = len({output.inputs[0].path for output, _ in files}) > 1
    written: list[Path] = []
    failed: dict[str, OmioError | OSError] = {}
    before = 0
    for number, (output, images) in enumerate(files):
        if output.action == "skip":
            continue
        source, path = output.inputs[0].path, None
        try:
            path = _file(output, images, how, collision, _shifted(progress, before, whole))
        except (OmioError, OSError) as error:
            if not several:
                raise
            failed.setdefault(source, error)
        before += sum(image.nbytes for image in images)
        following = files[number + 1][0].inputs if number + 1 < len(files) else ()
        if {one.path for one in following} != {one.path for one in output.inputs}:
            _close(images)  # images of one file share a handle, which the next of them would open again
        if path is not None:
            written.append(as_named.get(path) or path)
            if landed is not None:
                landed(source, written[-1])
    if failed:
        raise _partly(failed, written) from next(iter(failed.values()))
    return written


_FEW = 10


def _partly(failed: dict[str, OmioError | OSError], written: list[Path]) -> OmioError:
    """The error for several source files of which some could not be converted."""
    told = [f"{path}: {getattr(error, 'what', error)}" for path, error in failed.items()]
    names = first_few([str(path) for path in written], _FEW)
    return OmioError(
        f"{len(failed)} of the source files could not be converted",
        evidence=f"{first_few(told, _FEW, joint='; ')}; written and whole: {names or 'nothing'}",
        remedy="each error is in the attribute failed, by its file; what was written, in written",
        failed=failed,
        written=tuple(written),
    )


def _file(
    output: Output,
    images: tuple[Image, ...],
    how: WriteOptions,
    collision: str | None,
    progress: Callable[[int], None] | None,
) -> Path | None:
    path = Path(cast(str, output.path))
    _make_folder(path.parent)
    settings = {**how.keywords, "progress": progress}
    if collision is None:
        _hold_target(output)  # once more: others may have been written meanwhile
        exactly = "overwrite" if output.action == "overwrite" else "raise"
        return writing.write(path, images, collision=exactly, **settings)
    numbers = collision == "number"
    try:
        return writing.write(path, images, collision="raise" if numbers else collision, **settings)
    except WriteError:
        if not numbers or not os.path.lexists(path):
            raise
        return writing.write(cast(str, output.wanted), images, collision="number", **settings)  # taken meanwhile


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


def _shifted(progress: Progress | None, before: int, whole: int) -> Callable[[int], None] | None:
    return None if progress is None else lambda done: progress(before + done, whole)
