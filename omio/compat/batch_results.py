"""What the first OMIO's batches return: values, with its names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omio.batching.records import BatchImageRecord

__all__ = [
    "BatchErrorRecord", "BatchProcessResult", "BatchProcessedRecord", "BatchRawYamlTemplateRecord",
    "BatchRawYamlTemplateResult", "BatchSkippedRecord",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchProcessedRecord:
    """An image that was processed, and the file written."""

    input_path: Path
    output_path: Path
    subject_id: str
    tag_folders: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSkippedRecord:
    """An image whose output exists already."""

    input_path: Path
    reason: str
    subject_id: str
    tag_folders: tuple[str, ...] = ()
    stage: str = "already_processed"
    output_path: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchErrorRecord:
    """An image that failed: the stage (load, process, save), and the error."""

    timestamp: str
    input_path: Path
    relative_path: str
    stage: str
    exception_type: str
    message: str
    subject_id: str
    tag_folders: tuple[str, ...] = ()
    output_dir: Path | None = None
    output_path: Path | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchProcessResult:
    """What became of each image; no report is written, so that its path is None."""

    processed: tuple[BatchProcessedRecord, ...] = ()
    skipped: tuple[BatchSkippedRecord, ...] = ()
    failed: tuple[BatchErrorRecord, ...] = ()
    discovered: tuple[BatchImageRecord, ...] = ()
    report_path: Path | None = None
    run_report_yaml_path: Path | None = None
    error_report_path: Path | None = None
    local_error_report_paths: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRawYamlTemplateRecord:
    """A file for which a sidecar to fill in was written (``created``), or not (``skipped``), and why."""

    raw_path: Path
    yaml_path: Path | None
    status: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRawYamlTemplateResult:
    """What became of each file that lacks a sidecar."""

    records: tuple[BatchRawYamlTemplateRecord, ...] = ()
    report_path: Path | None = None

    @property
    def created(self) -> tuple[BatchRawYamlTemplateRecord, ...]:
        """Those for which a sidecar was written."""
        return tuple(record for record in self.records if record.status == "created")

    @property
    def skipped(self) -> tuple[BatchRawYamlTemplateRecord, ...]:
        """Those for which none was."""
        return tuple(record for record in self.records if record.status != "created")
