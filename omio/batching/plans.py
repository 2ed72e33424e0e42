"""Plan a leaf of a project: its jobs, with the names of their outputs; reads no pixel and writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from omio.planning import prepare
from omio.planning.filenames import key, stem
from omio.planning.values import WRITES, Output, WriteOptions
from omio.sources.walk import Skipped
from omio_core.errors import BatchError, FileChangedError, NoReaderError, OmioError, WriteError
from omio_core.files.listing import whole_fingerprint
from omio_core.files.local import locate
from omio_core.images.overrides import Request
from omio_core.plugins.catalogue import catalogue
from omio_core.wording import Aside, advise, either

from .discover import Leaf
from .journal import Ledger, Mark, relative
from .records import BatchImageRecord
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
        The folder for the outputs; the folders of the project are repeated in it. The journal lies there.
    beside
        The name of a folder in each folder of images, where the outputs go instead; "" for the folder itself.
    image
        Which images of each file; None: all.
    remake
        Whether to make anew what is up to date, too.
    function
        The caller's own function that changes each image; None where there is none.
    """

    root: str
    request: Request
    writing: WriteOptions
    out: Path
    beside: str | None = None
    image: int | str | None = None
    remake: bool = False
    function: Any = None

    def home(self, leaf: Leaf) -> Path:
        """Return the folder for the outputs of a leaf."""
        if self.beside is None:
            return self.out.joinpath(*leaf.folders)
        return Path(self.root).joinpath(*leaf.folders, self.beside)

    def within(self, path: str) -> str:
        """Return the path of a source in the project, with "/"; as it is if it lies elsewhere."""
        rest = path.removeprefix(self.root)
        return rest.replace("\\", "/").lstrip("/") if rest != path else path


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafPlan:
    """What becomes of a leaf: jobs to do, what is settled already, and what is left out.

    Parameters
    ----------
    leaf
        The leaf.
    look
        As in `omio.batching.journal.Settled`, of the leaf before it was planned.
    jobs
        What is to be done.
    reports
        What needs nothing: up to date, or failed already.
    skipped
        What is left out.
    known
        Whether the journal says that the whole leaf is settled.
    """

    leaf: Leaf
    look: str = ""
    jobs: tuple[Job, ...] = ()
    reports: tuple[JobReport, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    known: bool = False


def plan_leaf(leaf: Leaf, conversion: Conversion, ledger: Ledger, look: str) -> LeafPlan:
    """Plan a leaf; what cannot be planned is a job that failed."""
    try:
        prepared = prepare.prepare(
            leaf.source,
            conversion.request,
            image=conversion.image,
            along=leaf.along,
            out=conversion.home(leaf),
            writing=conversion.writing,
            remake=conversion.remake,
            stop=False,
        )
    except NoReaderError as error:
        folder = str(leaf.parts[0])
        if error.facts.get("path") not in (folder, str(leaf.parts[0].parent)):
            return LeafPlan(leaf=leaf, look=look, reports=tuple(_failures(leaf, conversion, error)))
        return LeafPlan(leaf=leaf, look=look, skipped=(Skipped(path=folder, why=f"{error.what}: {error.evidence}"),))
    except (OmioError, OSError) as error:
        return LeafPlan(leaf=leaf, look=look, reports=tuple(_failures(leaf, conversion, error)))
    if leaf.along is not None and prepared.failures:  # a merge is whole or not at all
        first = prepared.failures[0]
        return LeafPlan(leaf=leaf, look=look, reports=(_failed(leaf, first.path, leaf.key, first.error),))
    jobs: list[Job] = []
    reports = [
        _failed(leaf, failure.path, conversion.within(failure.path), failure.error) for failure in prepared.failures
    ]
    errors = {id(made.output): made.error for made in prepared.outputs if made.error is not None}
    for source, group in groupby(prepared.plan.outputs, key=lambda output: output.inputs[0].path):
        outputs = tuple(group)
        name = leaf.key if leaf.along is not None else conversion.within(source)
        problems = [errors[id(output)] for output in outputs if id(output) in errors]
        touched = _is_touched(outputs, ledger, name, conversion)
        settled = outputs if problems else tuple(_settle(output, touched=touched) for output in outputs)
        plan = replace(prepared.plan, outputs=settled, skipped=(), failed=(), stale=(), family=(), notes=())
        job = Job(
            key=name,
            leaf=leaf.key,
            source=source,
            plan=plan,
            function=conversion.function,
            record=BatchImageRecord.of(leaf, source, leaf.tag),
        )
        problems += list(_foreign(job, ledger, conversion))
        if problems:
            reports.append(replace(_failed(leaf, source, name, problems[0]), outputs=job.outputs))
        else:
            jobs.append(job)
    stale = tuple(Skipped(path=skip.path, why=f"{skip.why}; it stays") for skip in prepared.plan.stale)
    unsaid = ("hidden", "a folder")  # the rules say which folders are searched
    skipped = tuple(skip for skip in prepared.plan.skipped if not skip.used and skip.why not in unsaid)
    return LeafPlan(leaf=leaf, look=look, jobs=tuple(jobs), reports=tuple(reports), skipped=(*skipped, *stale))


def _failures(leaf: Leaf, conversion: Conversion, error: OmioError | OSError) -> Iterator[JobReport]:
    """Yield a failed job for each file that an error names; for a merge a single one."""
    failed = getattr(error, "failed", None)
    if leaf.along is None and isinstance(failed, dict):
        for path, one in failed.items():
            yield _failed(leaf, path, conversion.within(path), one)
        return
    path = getattr(error, "path", None)
    inside = isinstance(path, str) and any(path.startswith(str(part)) and path != str(part) for part in leaf.parts)
    source = path if inside and path is not None else str(leaf.parts[0])
    yield _failed(leaf, source, leaf.key if leaf.along or not inside else conversion.within(source), error)


def _failed(leaf: Leaf, source: str, key: str, error: Exception) -> JobReport:
    return JobReport(key=key, leaf=leaf.key, source=source, status="failed", error=reason(source, error), problem=error)


def marks_of(outputs: Iterable[Output], conversion: Conversion) -> tuple[Mark, ...]:
    """Return the files that outputs are made of as they were planned; of a folder that is one picture, its digest."""
    marks: dict[str, Mark] = {}
    for source in (source for output in outputs for source in output.inputs):
        if source.listing:
            name = conversion.within(source.path)
            marks[name] = (name, 0, None, source.listing)
        for member in source.members:
            name = conversion.within(member.path)
            marks[name] = (name, member.stamp.size, member.stamp.mtime_ns, member.stamp.tag)
    return tuple(marks.values())


def _is_touched(outputs: tuple[Output, ...], ledger: Ledger, name: str, conversion: Conversion) -> bool:
    """Tell whether the journal states other times or sizes of what a job is made of."""
    made = ledger.made.get(name)
    if made is None:
        return False
    return set(marks_of(outputs, conversion)) != set(made.inputs)


def _settle(output: Output, *, touched: bool) -> Output:
    """Return an output that is up to date; as one to be remade where its source was touched since it was made."""
    if output.action != "current" or not touched or not output.shape:
        return output
    try:
        stands = whole_fingerprint(locate(output.path or ""))
    except FileChangedError:
        return output
    return replace(output, action="remake", why="its source was touched", stands=stands)


def _foreign(job: Job, ledger: Ledger, conversion: Conversion) -> Iterator[OmioError]:
    """Yield an error for each output that stands and that the journal does not have."""
    for output in job.plan.outputs:
        path = Path(output.path or "")
        if output.action == "write" or ledger.has(relative(path, conversion.out), job.key):
            continue
        yield WriteError(
            f"{path} is left as it is, and {job.source} is not converted",
            evidence="the journal of this batch does not say that the batch made it",
            remedy=either(
                "move it away and run the batch again",
                advise("choose another folder with {out}{}", Aside(" (--out)"), out=None),
            ),
            path=str(path),
        )


def is_done(job: Job) -> bool:
    """Tell whether nothing is to be written."""
    return all(output.action not in WRITES for output in job.plan.outputs)


# --- names that two sources want


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
        shorter = _without_number(output, template)
        if shorter in owners and owners[shorter][0] != source and owners[shorter][1].along is None:
            raise _clash(owners[shorter][0], source, owners[shorter][1].path or "")


def _without_number(output: Output, template: str | None) -> str:
    """Return the name that an output had wanted, if a number was added because it is taken; else ""."""
    path = Path(output.path or "")
    ending = next((s for w in catalogue().writers for s in w.suffixes if path.name.lower().endswith(s)), path.suffix)
    base, _, number = path.name[: len(path.name) - len(ending)].rpartition("_")
    if not base or not number.isdecimal() or output.along is not None:
        return ""
    if template is None and stem(output.inputs[0].location.name, ()).endswith(f"_{number}"):
        return ""  # the number is of the source
    return key(path.with_name(base + path.name[len(path.name) - len(ending) :]))


def _clash(first: str, second: str, path: str) -> BatchError:
    return BatchError(
        f"two files would be written under the name {path}", evidence=f"{first} and {second}", path=path,
        remedy=either(
            "rename one of them", advise("leave one out with {exclude}{}", Aside(" (--exclude)"), exclude=None),
        ),
    )  # fmt: skip
