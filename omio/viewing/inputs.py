"""What a caller wants to see, as images: paths, folders, arrays, images, and lists of them; knows no viewer."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from omio import arrays, opening
from omio.sources.kinds import File, Files, Folder, FolderStack
from omio_core.errors import AssumedAxesWarning, MetadataError, warn
from omio_core.files.location import Location
from omio_core.images.image import Image
from omio_core.images.overrides import Request
from omio_core.metadata.model import Metadata
from omio_core.wording import worded

if TYPE_CHECKING:
    from omio.request import Dict

SOURCES = (str, os.PathLike, Location, File, Files, Folder, FolderStack)

Described = Mapping[str, Any] | Metadata | None


def images_of(
    source: Any,
    metadata: Any,
    request: Request,
    *,
    image: int | str | None = "all",
    along: str | None = None,
) -> list[Image]:
    """Return the images of anything that can be shown; no pixel is read.

    Parameters
    ----------
    source
        A path, a folder, `omio.Folder` and its like, a numpy, dask or zarr array, an `Image`, or a list of those.
    metadata
        A dict as `imread` returns it, or one for each array of a list. Of paths it is left out.
    request
        How paths are opened; its statements count for arrays, too.
    image, along
        As ``image`` and ``merge`` of `omio.imread`, for paths.

    Raises
    ------
    MetadataError
        There is not one dict for each array, or a dict describes another array.
    AmbiguousAxesError
        Nobody says which axes an array has.
    OmioError
        A path cannot be read.
    """
    if isinstance(source, SOURCES) or (_is_list(source) and all(isinstance(one, SOURCES) for one in source)):
        images = opening.images(source, image, request, along=along, single=False)
        return _with_metadata(list(images), metadata, request)
    if not _is_list(source):
        return [_of_array(source, _single(metadata), request)]
    described = list(metadata) if _is_list(metadata) else [metadata] * len(source)
    if len(described) != len(source):
        raise MetadataError(
            f"{len(source)} images are given, and {len(described)} metadata",
            remedy="give one dict for each image, None where nothing is known; or none at all",
        )
    pairs = zip(source, described, strict=True)
    return [one for item, own in pairs for one in images_of(item, own, request, image=image, along=along)]


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _single(metadata: Any) -> Described:
    """The dict of one array: a list of one is accepted, as scripts give it."""
    if _is_list(metadata) and len(metadata) == 1:
        return _single(metadata[0])
    if _is_list(metadata):
        raise MetadataError(f"{len(metadata)} metadata are given for one image", remedy="give one dict")
    result: Described = metadata
    return result


def _with_metadata(images: list[Image], metadata: Any, request: Request) -> list[Image]:
    """The images of paths, with the metadata that the caller gives for them instead of those of the files."""
    if metadata is None:
        return images
    described = list(metadata) if _is_list(metadata) else [metadata]
    if len(described) != len(images):
        raise MetadataError(
            f"{len(images)} images are read, and {len(described)} metadata are given",
            remedy="give one dict for each image, or none: the files have their own",
        )
    without_axes = replace(request.overrides, axes=None)
    return [
        one if own is None else arrays.image_of(one, own, without_axes)
        for one, own in zip(images, described, strict=True)
    ]


def _of_array(array: Any, metadata: Described, request: Request) -> Image:
    """An image of an array, whose axes are those that the caller, the dict or the array itself names."""
    if isinstance(array, Image):
        return _with_metadata([array], metadata, request)[0]
    stated = request.overrides
    public: Dict = dict(metadata) if isinstance(metadata, Mapping) else {}
    count = getattr(array, "ndim", None)
    if stated.axes is None and public.get("axes") is None and count is not None:
        stated = replace(stated, axes=_own_axes(array) or _assumed_axes(array, count))
    elif stated.axes is not None and count is not None and len(stated.axes) != count:
        own = _own_axes(array) or public.get("axes")  # the axes of scripts that always name all five
        stated = replace(stated, axes=own) if own is not None and len(own) == count else stated
    return arrays.image_of(array, metadata, stated)


def _own_axes(array: Any) -> str | None:
    """The names of a zarr array's dimensions, if each is the letter of an axis."""
    names = getattr(getattr(array, "metadata", None), "dimension_names", None)
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) and len(name) == 1 for name in names):
        return None
    letters = "".join(names).upper()
    return letters if {"Y", "X"} <= set(letters) <= set("TZCYXS") else None


def _assumed_axes(array: Any, count: int) -> str | None:
    """The axes of an array that nobody names: of three, the first is shown as T, as in a file that does not say."""
    if count != 3 or array.shape[2] in (3, 4):  # it may be RGB: nobody knows
        return None
    warn(
        worded("the first axis of the array, shape {}, is taken for T; state it with {axes}", array.shape, axes="ZYX"),
        AssumedAxesWarning,
    )
    return "TYX"
