"""From a source to OME-TIFF files, and what an array in memory is; it knows no format."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from omio_core import writing
from omio_core.axes import CANONICAL
from omio_core.errors import AmbiguousAxesError, MetadataError, WriteError
from omio_core.image import Image
from omio_core.metadata import Metadata
from omio_core.plugins import catalogue
from omio_core.provenance import omio_version
from omio_core.reading import Overrides, Request, open_source
from omio_core.schema import axes_of, from_dict

from .names import targets
from .read import refuse_missing


def image_of(array: Any, metadata: Mapping[str, Any] | Metadata | None, stated: Overrides) -> Image:
    """An image over an array and what is said of it.

    Raises
    ------
    AmbiguousAxesError
        The axes are unknown, or do not fit the array.
    MetadataError
        The metadata describe another array.
    """
    if isinstance(array, Image):
        image = array
        metadata = array.metadata if metadata is None else metadata
        if stated.axes not in (None, CANONICAL):
            raise AmbiguousAxesError(
                "the axes of an Image are TZCYX", evidence=f"axes={stated.axes!r}", remedy="leave axes= out"
            )
    else:
        public = metadata if isinstance(metadata, Mapping) else None
        array = array if hasattr(array, "dtype") else _asarray(array)
        image = Image.of_array(array, axes=axes_of(public, array.shape, stated.axes))
    if not isinstance(metadata, Metadata):
        said = _without_shape(metadata or {}, tuple(array.shape))
        if image.metadata.samples > 1:
            said.setdefault("SamplesPerPixel", image.metadata.samples)
        metadata = from_dict(said, image.shape, str(image.dtype))
    known = replace(
        metadata,
        shape=image.shape,
        dtype=str(image.dtype),
        facts=stated.facts(metadata.facts, metadata.channel_count),
        provenance={"omio": omio_version(), "source": "array in memory", **metadata.provenance},
    )
    return Image(image.picture, known)


def _asarray(array: Any) -> Any:
    import numpy as np

    return np.asarray(array)


def _without_shape(public: Mapping[str, Any], shape: tuple[int, ...]) -> dict[str, Any]:
    """A dict without axes and shape, which are the array's own; the lengths Size* stay and are compared later."""
    stated = public.get("shape")
    if stated is not None and tuple(stated) != shape:
        raise MetadataError(
            "the metadata describe another array",
            evidence=f"shape is {list(stated)}, the array has {list(shape)}",
            remedy="correct axes, shape and Size* in the dict, or leave them out",
        )
    return {key: value for key, value in public.items() if key not in ("axes", "shape")}


LAYOUTS = ("files", "one-file")


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """How a conversion writes.

    Parameters
    ----------
    name
        Template of the files' names, see `omio.names.filled`.
    layout
        ``"files"``: one file an image; ``"one-file"``: all of them in one.
    level, tile, verify, workers, options
        As in `omio_core.writing.write`.
    """

    name: str | None = None
    layout: str = "files"
    level: int | Literal["auto"] = 3
    tile: int | None = None
    verify: str = "structure"
    workers: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


def writer_options(others: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a caller's keywords that are options of a writer."""
    known = {name for writer in catalogue().writers for name in writer.options}
    return {name: value for name, value in others.items() if name in known}


def to_ometiff(
    source: str | os.PathLike[str],
    out: str | os.PathLike[str] | None,
    said: Request,
    *,
    image: int | str | None = "all",
    output: Output,
    progress: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """Convert the chosen images of a source; see `omio.convert_to_ometiff`."""
    if output.layout not in LAYOUTS:
        raise WriteError(f"layout cannot be {output.layout!r}", remedy=f"choose one of {', '.join(LAYOUTS)}")
    opened = open_source(source, said)
    written: list[Path] = []
    before = 0
    try:
        images = opened.pick(image)
        refuse_missing(opened.path, images, said.policies)
        together = output.layout == "one-file"
        sets = [list(images)] if together else [[one] for one in images]
        several = len(opened.images) > 1 and not together
        suffixes = opened.decision.reader.suffixes
        firsts = [one[0] for one in sets]
        names = list(targets(Path(opened.path), out, firsts, suffixes, several=several, template=output.name))
        _make_folder(names[0].parent)
        whole = sum(one.nbytes for one in images)
        for target, group in zip(names, sets, strict=True):
            path = writing.write(
                target,
                group,
                collision=said.policies.collision,
                level=output.level,
                tile=output.tile,
                verify=output.verify,
                workers=output.workers,
                progress=_shifted(progress, before, whole),
                options=output.options,
            )
            before += sum(one.nbytes for one in group)
            if path is not None:
                written.append(path)
    finally:
        opened.images[0].close()  # all of them share the one file
    return written


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(
            f"the folder {folder} cannot be made", evidence=str(error), remedy="choose another one", path=str(folder)
        ) from error


def _shifted(progress: Callable[[int, int], None] | None, before: int, whole: int) -> Callable[[int], None] | None:
    return None if progress is None else lambda done: progress(before + done, whole)
