"""The first OMIO's sidecars for a whole project: one to fill in beside each file that lacks it; knows no format."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from omio.opening import source
from omio_core.errors import OmioError
from omio_core.images import sidecar
from omio_core.images.overrides import Request
from omio_core.plugins.catalogue import catalogue

from .batch_results import BatchRawYamlTemplateRecord, BatchRawYamlTemplateResult
from .processing import discover_bids_like_batch_images

__all__ = ["batch_create_thorlabs_raw_yaml_templates"]


def batch_create_thorlabs_raw_yaml_templates(
    project_root: str | os.PathLike[str],
    *,
    overwrite_existing: bool = False,
    report_name: str | None = None,
    raw_template_metadata: Mapping[str, Any] | None = None,
    **discovery: Any,
) -> BatchRawYamlTemplateResult:
    """Write a sidecar to fill in beside each file of a project that a sidecar describes and that cannot be read.

    Parameters
    ----------
    project_root, **discovery
        As for `discover_bids_like_batch_images`.
    overwrite_existing
        Whether a sidecar that exists is replaced.
    report_name, raw_template_metadata
        Have no effect, like ``verbose``: the files themselves say what is missing, and nothing is guessed.

    Returns
    -------
    BatchRawYamlTemplateResult
        Those written, and those not, with the reason.

    Raises
    ------
    FileNotFoundError, BatchError
        As for `discover_bids_like_batch_images`.
    """
    suffixes = tuple(suffix for reader in catalogue().readers if reader.template for suffix in reader.suffixes)
    records = []
    for record in discover_bids_like_batch_images(project_root, **discovery):
        path = record.image_path
        if not path.name.lower().endswith(suffixes):
            continue
        try:
            source(path, Request())
        except (OmioError, OSError):
            records.append(_template(path, "overwrite" if overwrite_existing else "raise"))
        else:
            records.append(
                BatchRawYamlTemplateRecord(raw_path=path, yaml_path=None, status="skipped", reason="it can be read")
            )
    return BatchRawYamlTemplateResult(records=tuple(records))


def _template(path: Path, collision: str) -> BatchRawYamlTemplateRecord:
    try:
        written = sidecar.write(path, collision=collision)
    except (OmioError, OSError) as error:
        return BatchRawYamlTemplateRecord(raw_path=path, yaml_path=None, status="skipped", reason=str(error))
    return BatchRawYamlTemplateRecord(raw_path=path, yaml_path=written, status="created")
