"""From images to OME-TIFF files: what they are called, and what an array in memory is; it knows no format."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from omio_core import writing
from omio_core.axes import CANONICAL
from omio_core.errors import AmbiguousAxesError, ManyImagesError, MetadataError, NoWriterError, WriteError
from omio_core.image import Image
from omio_core.metadata import Metadata
from omio_core.plugins import catalogue
from omio_core.provenance import omio_version
from omio_core.reading import Overrides, Request, open_source
from omio_core.schema import axes_of, from_dict

from .read import refuse_missing

SUFFIX = ".ome.tif"
LONGEST_NAME = 120  # characters of an image's name in a file name; file systems take 255 bytes in all
_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')  # what Windows or a shell would trip over
_RESERVED = {"con", "prn", "aux", "nul", *(f"com{i}" for i in range(1, 10)), *(f"lpt{i}" for i in range(1, 10))}


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


def to_ometiff(
    source: str | os.PathLike[str],
    out: str | os.PathLike[str] | None,
    said: Request,
    *,
    image: int | str | None = "all",
    level: int = 3,
    tile: int | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """Convert the chosen images of a source, one file each; see `omio.convert_to_ometiff`."""
    opened = open_source(source, said)
    suffixes = opened.decision.reader.suffixes
    several = len(opened.images) > 1
    written: list[Path] = []
    before = 0
    try:
        images = opened.pick(image)
        refuse_missing(opened.path, images, said.policies)
        targets = list(names(Path(opened.path), out, [one.name for one in images], suffixes, several=several))
        _make_folder(targets[0].parent)
        whole = sum(one.nbytes for one in images)
        for target, one in zip(targets, images, strict=True):
            path = writing.write(
                target,
                [one],
                collision=said.policies.collision,
                level=level,
                tile=tile,
                workers=workers,
                progress=_shifted(progress, before, whole),
            )
            before += one.nbytes
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


def names(
    source: Path,
    out: str | os.PathLike[str] | None,
    images: Sequence[str | None],
    suffixes: Sequence[str],
    *,
    several: bool,
) -> Iterator[Path]:
    """The file for each image.

    Parameters
    ----------
    source
        The file converted.
    out
        A file, a folder, or None for the source's own folder.
    images
        Names of the images, None where they have none.
    suffixes
        The reader's suffixes; one of them is taken off the source's name, nothing else is.
    several
        Whether the source holds more than one image, chosen or not.

    Raises
    ------
    ManyImagesError
        Several images are to go into one file.
    NoWriterError
        `out` looks like a file of another kind.
    """
    folder = source.parent
    if out is not None:
        given = Path(out)
        if _is_file(given):
            if len(images) > 1:
                raise ManyImagesError(
                    f"{len(images)} images cannot go into the one file {given}",
                    remedy="give a folder, or choose one with image=<index or name>",
                    path=str(given),
                )
            yield given
            return
        folder = given
        if folder.exists() and not folder.is_dir():
            raise WriteError(f"{folder} is a file", remedy="give a folder, or a name that ends in .ome.tif")
    base = stem(source.name, suffixes)
    taken: set[str] = set()
    for index, name in enumerate(images):
        part = f"_{safe(name) or f'image{index}'}" if several else ""
        unique, count = base + part, 1
        while unique.casefold() in taken:  # two images of one name, also on systems that ignore case
            count += 1
            unique = f"{base}{part}_{count}"
        taken.add(unique.casefold())
        yield folder / f"{unique}{SUFFIX}"


def _is_file(given: Path) -> bool:
    name = given.name.lower()
    if given.is_dir():
        return False
    if any(name.endswith(s) for writer in catalogue().writers for s in writer.suffixes):
        return True
    if any(name.endswith(s) for reader in catalogue().readers for s in reader.suffixes):
        raise NoWriterError(
            f"{given} is no name for an OME-TIFF",
            evidence=f"it ends in {given.suffix}",
            remedy=f"end it in {SUFFIX}, or give a folder",
            path=str(given),
        )
    return False


def stem(name: str, suffixes: Sequence[str]) -> str:
    """A file's name without its suffix; other dots stay.

    Examples
    --------
    >>> stem("a.b.ome.tif", (".ome.tif", ".tif")), stem("sample_0.5um", (".tif",))
    ('a.b', 'sample_0.5um')
    """
    known = {*suffixes, *(s for reader in catalogue().readers for s in reader.suffixes)}
    for suffix in sorted(known, key=len, reverse=True):
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return name


def safe(name: str | None) -> str:
    """An image's name as part of a file name on any system; "" where nothing is left.

    Examples
    --------
    >>> safe("Scene 1/2: left?"), safe("con"), safe(None)
    ('Scene 1_2_ left_', 'con_', '')
    """
    text = unicodedata.normalize("NFC", name or "")
    text = _UNSAFE.sub("_", text)[:LONGEST_NAME].strip(" .")
    return f"{text}_" if text.lower() in _RESERVED else text
