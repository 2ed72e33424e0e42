"""OMIO's public face: read, open, explain, write and convert microscopy images; it knows no format.

This module holds names only. Each is imported at first use, so that ``import omio`` is light.
"""

from typing import TYPE_CHECKING, Any

from omio_core.lazy import attach

if TYPE_CHECKING:
    __version__: str
    from .api import batch, convert, convert_to_ometiff, explain, imconvert, imopen, imread, imwrite, plan
    from .batching.records import BatchImageRecord
    from .batching.rules import Rules
    from .batching.values import BatchReport
    from .comparing.diff import diff
    from .comparing.verify import verify
    from .compat.batch_results import BatchProcessResult
    from .compat.bids import bids_batch_convert, convert_bids_batch_to_ometiff
    from .compat.cleanup import cleanup_omio_cache
    from .compat.first_omio import (
        OME_metadata_checkup,
        create_empty_image,
        create_empty_metadata,
        update_metadata_from_image,
    )
    from .compat.processing import bids_batch_process, discover_bids_like_batch_images
    from .compat.sidecar import create_thorlabs_raw_yaml
    from .compat.templates import batch_create_thorlabs_raw_yaml_templates
    from .planning.plan import Plan
    from .records.methods import methods
    from .sources.kinds import File, Files, Folder, FolderStack
    from .viewing.napari import open_in_napari

__all__ = [
    "BatchImageRecord",
    "BatchProcessResult",
    "BatchReport",
    "File",
    "Files",
    "Folder",
    "FolderStack",
    "OME_metadata_checkup",
    "Plan",
    "Rules",
    "batch",
    "batch_create_thorlabs_raw_yaml_templates",
    "bids_batch_convert",
    "bids_batch_process",
    "cleanup_omio_cache",
    "convert",
    "convert_bids_batch_to_ometiff",
    "convert_to_ometiff",
    "create_empty_image",
    "create_empty_metadata",
    "create_thorlabs_raw_yaml",
    "diff",
    "discover_bids_like_batch_images",
    "explain",
    "imconvert",
    "imopen",
    "imread",
    "imwrite",
    "methods",
    "open_in_napari",
    "plan",
    "update_metadata_from_image",
    "verify",
]

_HOMES = {
    "api": (
        "batch",
        "convert",
        "convert_to_ometiff",
        "explain",
        "imconvert",
        "imopen",
        "imread",
        "imwrite",
        "plan",
    ),
    "batching.records": ("BatchImageRecord",),
    "batching.rules": ("Rules",),
    "batching.values": ("BatchReport",),
    "comparing.diff": ("diff",),
    "comparing.verify": ("verify",),
    "compat.bids": (
        "bids_batch_convert",
        "convert_bids_batch_to_ometiff",
    ),
    "compat.cleanup": ("cleanup_omio_cache",),
    "compat.first_omio": (
        "OME_metadata_checkup",
        "create_empty_image",
        "create_empty_metadata",
        "update_metadata_from_image",
    ),
    "compat.batch_results": ("BatchProcessResult",),
    "compat.templates": ("batch_create_thorlabs_raw_yaml_templates",),
    "compat.processing": (
        "bids_batch_process",
        "discover_bids_like_batch_images",
    ),
    "compat.sidecar": ("create_thorlabs_raw_yaml",),
    "planning.plan": ("Plan",),
    "records.methods": ("methods",),
    "sources.kinds": (
        "File",
        "Files",
        "Folder",
        "FolderStack",
    ),
    "viewing.napari": ("open_in_napari",),
}

_attribute, __dir__ = attach("omio", {name: f"omio.{home}" for home in _HOMES for name in _HOMES[home]})


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from omio_core.metadata.namespaces import omio_version

        return omio_version()
    return _attribute(name)
