"""Plan a leaf of a project: its jobs, with the names of their outputs; reads no pixel and writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from omio.planning import prepare
from omio.planning.filenames import key, stem
from omio.planning.values import Output, WriteOptions
from omio.sources.walk import Skipped
from omio_core.errors import BatchError, NoReaderError, OmioError
from omio_core.images.overrides import Request
from omio_core.plugins.catalogue import catalogue

from .discover import Leaf
from .values import Job, JobReport, reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """How each leaf of a project becomes files.

    Parameters
    ----------
    root
        The folder of the project.
    request
        How sources are opened.
    writing
        How files are written.
    out
        The folder for the outputs; the folders of the project are repeated in it.
    beside
        The name of a folder in each folder of images, where the outputs go instead; "" for the folder itself.
    image
        Which images of each file; None: all.
    """

    root: str
    request: Request
    writing: WriteOptions
    out: Path
    beside: str | None = None
    image: int | str | None = None

    def home(self, leaf: Leaf) -> Path:
        """Return the folder for the outputs of a leaf."""
        if self.beside is None:
            return self.out.joinpath(*leaf.folders)
        return Path(self.root).joinpath(*leaf.folders, self.beside)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafPlan:
    """What becomes of a leaf: jobs to do, what is settled already, and what is left out."""

    jobs: tuple[Job, ...] = ()
    settled: tuple[JobReport, ...] = ()
    skipped: tuple[Skipped, ...] = ()


def plan_leaf(leaf: Leaf, conversion: Conversion) -> LeafPlan:
    """Plan a leaf; what cannot be planned is a job that failed."""
    try:
        prepared = prepare.prepare(
            leaf.source,
            conversion.request,
            image=conversion.image,
            along=leaf.along,
            out=conversion.home(leaf),
            writing=conversion.writing,
        )
    except NoReaderError as error:
        folder = str(leaf.parts[0])
        if error.facts.get("path") != folder:
            return LeafPlan(settled=(_failed(leaf, folder, error),))
        return LeafPlan(skipped=(Skipped(path=folder, why=f"{error.what}: {error.evidence}"),))
    except (OmioError, OSError) as error:
        return LeafPlan(settled=(_failed(leaf, str(leaf.parts[0]), error),))
    jobs: list[Job] = []
    settled: list[JobReport] = []
    errors = {id(made.output): made.error for made in prepared.outputs if made.error is not None}
    for source, group in groupby(prepared.plan.outputs, key=lambda output: output.inputs[0].path):
        outputs = tuple(group)
        job = Job(
            key=leaf.key if leaf.along is not None else _relative(source, conversion.root),
            leaf=leaf.key,
            source=source,
            plan=replace(prepared.plan, outputs=outputs, skipped=(), family=(), notes=()),
        )
        problems = [errors[id(output)] for output in outputs if id(output) in errors]
        if problems:
            settled.append(replace(_failed(leaf, source, problems[0]), key=job.key, outputs=job.outputs))
        else:
            jobs.append(job)
    return LeafPlan(jobs=tuple(jobs), settled=tuple(settled), skipped=prepared.plan.skipped)


def _failed(leaf: Leaf, source: str, error: Exception) -> JobReport:
    return JobReport(key=leaf.key, leaf=leaf.key, source=source, status="failed", error=reason(source, error))


def _relative(path: str, root: str) -> str:
    """Return a path in the project, with "/"; as it is if it lies elsewhere."""
    rest = path.removeprefix(root)
    return rest.replace("\\", "/").lstrip("/") if rest != path else path


def refuse_clashes(plans: Iterable[LeafPlan], *, template: str | None) -> None:
    """Refuse names that two sources want; nothing is written then.

    Raises
    ------
    BatchError
        Two sources want the same name, in any case.
    """
    owners: dict[str, tuple[str, Output]] = {}
    for job in (job for plan in plans for job in plan.jobs):
        for output in job.plan.outputs:
            name = key(Path(output.path or ""))
            if name in owners and owners[name][0] != job.source:
                raise _clash(owners[name][0], job.source, output.path or "")
            owners[name] = (job.source, output)
    for source, output in owners.values():
        for shorter in _without_number(output, template):
            if shorter in owners and owners[shorter][0] != source and owners[shorter][1].along is None:
                raise _clash(owners[shorter][0], source, owners[shorter][1].path or "")


def _without_number(output: Output, template: str | None) -> Iterable[str]:
    """Yield the name that an output had wanted, if it was given a number because that name is taken by another one."""
    path = Path(output.path or "")
    ending = next((s for w in catalogue().writers for s in w.suffixes if path.name.lower().endswith(s)), path.suffix)
    base, _, number = path.name[: len(path.name) - len(ending)].rpartition("_")
    if not base or not number.isdecimal() or output.along is not None:
        return
    own = stem(output.inputs[0].location.name, ())
    if template is None and own.endswith(f"_{number}"):
        return  # the number is of the source
    yield key(path.with_name(base + path.name[len(path.name) - len(ending) :]))


def _clash(first: str, second: str, path: str) -> BatchError:
    return BatchError(
        f"two files would be written under the name {path}", evidence=f"{first} and {second}", path=path,
        remedy="rename one of them, or leave one out with exclude= (--exclude), or image_patterns= (--pattern)",
    )  # fmt: skip


def settings_of(conversion: Conversion) -> Mapping[str, Any]:
    """Return everything that the caller chose and that changes what is written, as plain values."""
    return {"name": conversion.writing.name, "writer": conversion.writing.writer, "image": conversion.image}
