"""Open images from a source and a request; it knows no format and takes no flags."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from omio_core.errors import ManyImagesError, NoReaderError, OmioError, first_few
from omio_core.files.local import locate
from omio_core.images.enforce import refuse_missing
from omio_core.images.image import Image
from omio_core.images.opening import OpenedSource, open_source
from omio_core.images.overrides import Request
from omio_core.wording import Aside, Blank, OneOf, advise, either

if TYPE_CHECKING:
    import dask.array
    from numpy.typing import NDArray


def source(path: str | os.PathLike[str], request: Request) -> OpenedSource:
    """Describe a source under a request; its file is closed at once.

    Raises
    ------
    NoReaderError
        No reader recognises the source, or it is a folder that no reader knows as one picture.
    OmioError
        The source cannot be read, or a policy forbids it.
    """
    try:
        opened = open_source(path, request)
    except NoReaderError as error:
        if not locate(path).is_folder or error.evidence:
            raise
        named = path if isinstance(path, str) else str(path)
        remedy = f"name the files in it; omio.plan({named!r}) says which they are (omio plan {shlex.quote(named)})"
        raise NoReaderError(error.what, evidence=error.evidence, remedy=remedy, **error.facts) from None
    opened.images[0].close()  # all images share one file
    return opened


def images(
    source: Any, image: int | str | None, request: Request, *, along: str | None = None, single: bool
) -> tuple[Image, ...]:
    """Return the chosen images of any source, merged where `along` names an axis.

    Raises
    ------
    ManyImagesError
        The caller wants a single image and there are several.
    OmioError
        A file cannot be read, or a policy forbids it.
    """
    known_source = source
    if not isinstance(source, str | os.PathLike) or locate(source).is_folder:
        from .sources.kinds import File, source_of

        known_source = source_of(source)
        known_source = known_source.path if isinstance(known_source, File) else known_source
    if along is None and isinstance(known_source, str | os.PathLike):  # a single file needs no plan
        return pick(known_source, "all" if image is None and not single else image, request, single=single)
    from .planning import prepare

    prepared = prepare.prepare(known_source, request, image=image, along=along)
    result = tuple(image for output in prepared.outputs for image in output.images)
    if single and along is None and len(result) != 1:
        names = tuple(image.picture.label() for image in result)
        raise ManyImagesError(
            f"there are {len(result)} images, and one is asked for",
            evidence=first_few(names, 20, joint="; "),
            remedy=either(
                advise("take all with {return_list}", return_list=True),
                advise(
                    "merge them with {merge}{}",
                    Aside(' (merge_multiple_files_in_folder=True, merge_along_axis="T")'),
                    merge=OneOf(("T", "Z", "C")),
                ),
            ),
            names=names,
        )
    prepared.refuse()
    return result


def pick(path: str | os.PathLike[str], image: int | str | None, request: Request, *, single: bool) -> tuple[Image, ...]:
    """Return the chosen images of a file; apply the policy for missing facts to them.

    Raises
    ------
    ManyImagesError
        The caller wants a single image and there are several.
    MissingMetadataError
        The policy ``missing="raise"`` is in force and a needed fact is unknown.
    """
    opened = open_source(path, request)
    try:
        images = opened.pick(image)
        if single and len(images) != 1:
            raise ManyImagesError(
                f"{opened.path} holds {len(images)} images, and one is asked for",
                evidence="; ".join(f"{i}: {candidate!r}" for i, candidate in enumerate(images)),
                remedy=either(
                    advise("choose one with {image}", image=Blank("index or name")),
                    advise("take all with {return_list}", return_list=True),
                ),
                path=opened.path,
            )
        refuse_missing(opened.path, images, request.policies)
    except OmioError:
        opened.images[0].close()  # all images share one file
        raise
    return images


def pixels(images: Sequence[Image], *, lazily: bool) -> list[NDArray[Any] | dask.array.Array]:
    """Return all pixels of images, in memory or as dask arrays; files read into memory are closed at once."""
    if lazily:
        return [image.to_dask() for image in images]
    try:
        return [image.to_numpy() for image in images]
    finally:
        for image in images:
            image.close()
