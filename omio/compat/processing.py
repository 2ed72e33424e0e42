"""The first OMIO's batch with functions of the caller for each stage: find, load, process, save, and a result."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from omio import api
from omio.batching.discover import Leaf, discover
from omio.batching.records import BatchImageRecord
from omio.batching.rules import Rules
from omio.planning.filenames import stem
from omio.sources import collect
from omio.sources.kinds import Folder, FolderStack, find
from omio.sources.walk import natural
from omio_core.errors import BatchError, NoReaderError
from omio_core.files.local import locate
from omio_core.images.overrides import Request
from omio_core.plugins.catalogue import catalogue

from .batch_results import BatchErrorRecord, BatchProcessedRecord, BatchProcessResult, BatchSkippedRecord
from .first_omio import refuse_others

__all__ = ["bids_batch_process", "discover_bids_like_batch_images"]

Levels = Sequence[str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | None]
"""For each level of folders below the subjects one text or several; an empty level is none."""

Texts = str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None


# --- find


def discover_bids_like_batch_images(
    project_root: str | os.PathLike[str],
    *,
    subject_ids: Iterable[str | os.PathLike[str]] | None = None,
    subject_prefix: str = "ID",
    tag_folder_levels: Levels | None = None,
    image_patterns: str | Sequence[str] | None = None,
    exclude_name_contains: Texts = ("Preview",),
    folder_stacks: Texts = None,
    collapse_ome_multifile_series: bool = True,
    **others: Any,
) -> list[BatchImageRecord]:
    """Find the images of a project; their content decides what is one, where no pattern chooses.

    Parameters
    ----------
    project_root
        The folder of the project.
    subject_ids
        Only the subjects of these names.
    subject_prefix
        What the names of the subjects' folders start with.
    tag_folder_levels
        For each level of folders below the subjects one text or several; the names contain one of them. None: one level
        that contains ``"TP"``.
    image_patterns
        Shell patterns of the files.
    exclude_name_contains
        Files and folders whose names contain one of these texts are left out.
    folder_stacks
        The folders whose names start with such a text become one image, in natural order.
    collapse_ome_multifile_series
        Whether files that belong together count as one image.
    **others
        ``verbose``, which has no effect.

    Returns
    -------
    list of BatchImageRecord
        In natural order; empty where there is none.

    Raises
    ------
    FileNotFoundError
        There is no such folder.
    BatchError
        It is no folder.
    """
    refuse_others("discover_bids_like_batch_images", others)
    root = locate(project_root)
    levels = [("TP",)] if tag_folder_levels is None else [_texts(level) for level in tag_folder_levels]
    levels = [level for level in levels if level]
    excluded = [f"contains:{text}" for text in _texts(exclude_name_contains)]
    tags = _texts(folder_stacks)
    records: list[BatchImageRecord] = []
    common: dict[str, Any] = {
        "subjects": f"prefix:{subject_prefix}",
        "experiments": None,
        "levels": [[f"contains:{text}" for text in level] for level in levels],
        "patterns": image_patterns or (),
        "exclude": excluded,
    }
    if subject_ids is not None:
        there = {entry.name for entry in root.entries() or ()} if root.is_folder else set()
        common["subject_ids"] = [name for name in map(_name, subject_ids) if name in there]
    for tag in (None, *tags):
        rules = Rules(**common) if tag is None else Rules(**common, tags=f"prefix:{tag}", merges=["tags"])
        try:
            leaves = discover(root, rules).leaves
        except BatchError:
            if not root.is_folder:
                raise
            continue  # nothing of that kind is there
        for leaf in leaves:
            if (tag is None) is isinstance(leaf.source, Folder):
                records += _records(leaf, tag, together=collapse_ome_multifile_series)
    return sorted(records, key=_place)


def _place(record: BatchImageRecord) -> list[Any]:
    return [natural(part) for part in (record.subject_id, *record.tag_folders, record.image_path.name)]


def _name(path: str | os.PathLike[str]) -> str:
    return Path(path).name


def _texts(texts: Any) -> tuple[str, ...]:
    if texts is None:
        return ()
    if isinstance(texts, bool):
        raise BatchError(f"{texts} is no text", remedy='give what the names of the folders start with, such as "time"')
    if isinstance(texts, str | os.PathLike):
        return (_name(texts),) if os.fspath(texts) else ()
    return tuple(_name(text) for text in texts if os.fspath(text))


def _records(leaf: Leaf, tag: str | None, *, together: bool) -> Iterator[BatchImageRecord]:
    """Yield a record for each image file of a leaf, also for those that cannot be read; of a stack, for its first."""
    failed: list[str] = []
    try:
        if together and isinstance(leaf.source, Folder):
            opened = collect.describe_readable(leaf.source, Request(), lambda path, _: failed.append(path))
            paths = [*(one.path for one in opened), *failed]
        else:
            paths = [candidate.path for candidate in find(leaf.source).candidates]
    except NoReaderError:
        return
    if isinstance(leaf.source, FolderStack):
        paths = paths[:1]
    yield from (BatchImageRecord.of(leaf, path, tag) for path in sorted(paths, key=natural))


# --- load, process, save


def bids_batch_process(
    project_root: str | os.PathLike[str],
    *,
    output_folder_name: str | os.PathLike[str] = "omio_converted",
    output_suffix: str = "_omio_converted",
    skip_processed: bool = True,
    load_func: Callable[..., Any] | None = None,
    process_func: Callable[..., Any] | None = None,
    save_func: Callable[..., Any] | None = None,
    load_options: Mapping[str, Any] | None = None,
    processing_options: Mapping[str, Any] | None = None,
    save_options: Mapping[str, Any] | None = None,
    merge_along_axis: str = "T",
    zeropadding: bool = True,
    continue_on_error: bool = True,
    method_name: str = "",
    raw_template_metadata: Mapping[str, Any] | None = None,
    write_error_reports: bool = True,
    write_run_report: bool = True,
    run_report_name: str = "",
    run_report_format: str | Sequence[str] = (),
    **discovery: Any,
) -> BatchProcessResult:
    """Load, process and save each image of a project, with functions of yours for any of the three.

    For a conversion, `omio.batch` does more: it goes on where it ended, and knows what has changed.

    Parameters
    ----------
    project_root, **discovery
        As for `discover_bids_like_batch_images`.
    output_folder_name
        A folder in the folder of each image, or an absolute one for all.
    output_suffix
        What is added to the name of the file.
    skip_processed
        Whether to leave out an image whose output exists.
    load_func
        ``(path, **load_options) -> image, metadata``; `omio.imread` where None.
    process_func
        ``(image=, metadata=, record=, processing_options=) -> image, metadata``, or also a dict of details; nothing is
        changed where None.
    save_func
        ``(image=, metadata=, record=, output_dir=, output_path=, save_options=) -> path``, or None for `output_path`;
        `omio.imwrite` where None.
    load_options, processing_options, save_options
        For these functions. ``overwrite=True`` of `save_options` is ``collision="overwrite"``.
    merge_along_axis, zeropadding
        How folder stacks are merged, and whether smaller ones are padded.
    continue_on_error
        Whether the others are done after one failed.
    method_name, raw_template_metadata, write_error_reports, write_run_report, run_report_name, run_report_format
        Have no effect, like ``verbose``: no report is written.

    Returns
    -------
    BatchProcessResult
        What was found, processed, skipped, and what failed at which stage.

    Raises
    ------
    FileNotFoundError, BatchError
        As for `discover_bids_like_batch_images`.
    """
    records = discover_bids_like_batch_images(project_root, **discovery)
    merge = {"merge": merge_along_axis, "shapes": "pad" if zeropadding else "strict"}
    stages = _Stages(
        load=load_func or _load,
        process=process_func or _keep,
        save=save_func or _save,
        load_options={**({} if load_func else merge), **(load_options or {})},
        processing_options=dict(processing_options or {}),
        save_options=dict(save_options or {}),
        ours=load_func is None,
    )
    found: dict[type, list[Any]] = {BatchProcessedRecord: [], BatchSkippedRecord: [], BatchErrorRecord: []}
    for record in records:
        home = record.output_scope_dir / output_folder_name
        name = record.folder_stack_tag if record.input_kind != "file" else stem(record.image_path.name, ())
        target = home / f"{name}{output_suffix}{catalogue().suffix}"
        became = _do(record, target, stages, Path(project_root), skip=skip_processed, goes_on=continue_on_error)
        found[type(became)].append(became)
    return BatchProcessResult(
        processed=tuple(found[BatchProcessedRecord]),
        skipped=tuple(found[BatchSkippedRecord]),
        failed=tuple(found[BatchErrorRecord]),
        discovered=tuple(records),
    )


def _do(
    record: BatchImageRecord, target: Path, stages: _Stages, root: Path, *, skip: bool, goes_on: bool
) -> BatchProcessedRecord | BatchSkippedRecord | BatchErrorRecord:
    """Take an image through the stages, and say what became of it."""
    where: dict[str, Any] = {"subject_id": record.subject_id, "tag_folders": record.tag_folders}
    where["input_path"] = record.image_path
    if skip and os.path.lexists(target):
        return BatchSkippedRecord(reason=f"{target} exists already", output_path=target, **where)
    stage = ["load"]
    try:
        return BatchProcessedRecord(output_path=stages.run(record, target, stage), **where)
    except Exception as error:  # the border to the caller's own functions
        if not goes_on:
            raise
        return BatchErrorRecord(
            timestamp=datetime.now(UTC).strftime("%Y-%m-%d_%H-%M-%S"),
            relative_path=os.path.relpath(record.image_path, root).replace(os.sep, "/"),
            stage=stage[0],
            exception_type=type(error).__name__,
            message=str(error),
            output_dir=target.parent,
            output_path=target,
            **where,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stages:
    """The three functions, and their options; `ours`: the first is OMIO's."""

    load: Callable[..., Any]
    process: Callable[..., Any]
    save: Callable[..., Any]
    load_options: Mapping[str, Any]
    processing_options: dict[str, Any]
    save_options: dict[str, Any]
    ours: bool

    def run(self, record: BatchImageRecord, target: Path, stage: list[str]) -> Path:
        """Take an image through the stages; `stage` says in which it is."""
        source = record if self.ours else record.image_path
        image, metadata = _pair(self.load(source, **self.load_options), "load_func")
        stage[0] = "process"
        answer = self.process(
            image=image, metadata=metadata, record=record, processing_options=dict(self.processing_options)
        )
        image, metadata = _pair(answer, "process_func")
        stage[0] = "save"
        target.parent.mkdir(parents=True, exist_ok=True)
        saved = self.save(
            image=image, metadata=metadata, record=record, output_dir=target.parent, output_path=target,
            save_options=dict(self.save_options),
        )  # fmt: skip
        saved = saved[0] if isinstance(saved, list | tuple) and saved else saved
        return target if saved is None else Path(saved)


def _pair(answer: Any, function: str) -> tuple[Any, Any]:
    """Return the image and the metadata of an answer.

    Raises
    ------
    BatchError
        It has none.
    """
    if not isinstance(answer, tuple) or len(answer) < 2 or answer[0] is None or answer[1] is None:
        raise BatchError(f"{function} returned no image and metadata", evidence=f"it returned {type(answer).__name__}")
    return answer[0], answer[1]


def _load(record: BatchImageRecord, *, merge: str, shapes: str, **options: Any) -> tuple[Any, Any]:
    if record.input_kind == "file":
        return api.imread(record.image_path, **options)
    members = tuple(path.name for path in record.folder_stack_paths)
    return api.imread(FolderStack(record.scan_dir, members=members), merge=merge, shapes=shapes, **options)


def _keep(*, image: Any, metadata: Any, record: BatchImageRecord, processing_options: Any) -> tuple[Any, Any]:
    return image, metadata


def _save(*, image: Any, metadata: Any, output_path: Path, save_options: dict[str, Any], **_: Any) -> Path:
    options = {name: value for name, value in save_options.items() if name != "verbose"}
    if options.pop("overwrite", False):
        options.setdefault("collision", "overwrite")
    return api.imwrite(output_path, image, metadata, **options)
