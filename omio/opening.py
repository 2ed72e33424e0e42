"""From what a caller says to opened images; it knows no format and takes no flags."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from omio_core.errors import ManyImagesError, NoReaderError, OmioError, first_few
from omio_core.images.enforce import refuse_missing
from omio_core.images.image import Image
from omio_core.images.opening import OpenedSource, open_source
from omio_core.images.overrides import Request
from omio_core.wording import Aside, Blank, OneOf, advise, either

if TYPE_CHECKING:
    import dask.array
    from numpy.typing import NDArray


def source(path: str | os.PathLike[str], said: Request) -> OpenedSource:
    """A source described under a request; its file is let go of at once.

    Raises
    ------
    NoReaderError
        Also for a folder that is no picture.
    OmioError
        It cannot be read, or a policy forbids it.
    """
    try:
        opened = open_source(path, said)
    except NoReaderError as error:
        if not os.path.isdir(path):
            raise
        named = os.fspath(path)
        remedy = f"name the files in it; omio.plan({named!r}) says which they are (omio plan {shlex.quote(str(named))})"
        raise NoReaderError(error.what, evidence=error.evidence, remedy=remedy, **error.facts) from None
    opened.images[0].close()  # all of them share the one file
    return opened


def images(
    given: Any, image: int | str | None, said: Request, *, along: str | None = None, one: bool
) -> tuple[Image, ...]:
    """The chosen images of any source, merged where an axis is given.

    Raises
    ------
    ManyImagesError
        One is wanted and several are there.
    OmioError
        Something cannot be read, or a policy forbids it.
    """
    known = given
    if not isinstance(given, str | os.PathLike) or os.path.isdir(given):
        from .sources.kinds import File, source_of

        known = source_of(given)
        known = known.path if isinstance(known, File) else known
    if along is None and isinstance(known, str | os.PathLike):  # the short way: a file, as it is
        return pick(known, "all" if image is None and not one else image, said, one=one)
    from .planning import prepare

    prepared = prepare.prepare(known, said, image=image, along=along)
    found = tuple(image for made in prepared.outputs for image in made.images)
    if one and along is None and len(found) != 1:
        names = tuple(one.picture.label() for one in found)
        raise ManyImagesError(
            f"there are {len(found)} images, and one is asked for",
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
    return found


def pick(path: str | os.PathLike[str], image: int | str | None, said: Request, *, one: bool) -> tuple[Image, ...]:
    """The chosen images of a source; the policy for missing facts is applied to them.

    Raises
    ------
    ManyImagesError
        One is wanted and several are there.
    MissingMetadataError
        The policy ``missing="raise"`` is in force and a needed fact is unknown.
    """
    opened = open_source(path, said)
    try:
        images = opened.pick(image)
        if one and len(images) != 1:
            raise ManyImagesError(
                f"{opened.path} holds {len(images)} images, and one is asked for",
                evidence="; ".join(f"{i}: {found!r}" for i, found in enumerate(images)),
                remedy=either(
                    advise("choose one with {image}", image=Blank("index or name")),
                    advise("take all with {return_list}", return_list=True),
                ),
                path=opened.path,
            )
        refuse_missing(opened.path, images, said.policies)
    except OmioError:
        opened.images[0].close()  # all of them share the one file
        raise
    return images


def pixels(images: Sequence[Image], *, lazily: bool) -> list[NDArray[Any] | dask.array.Array]:
    """All pixels of images, in memory or as dask arrays; in memory, their files are let go of at once."""
    if lazily:
        return [image.to_dask() for image in images]
    try:
        return [image.to_numpy() for image in images]
    finally:
        for image in images:
            image.close()
