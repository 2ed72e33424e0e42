"""Choose among the images of source files: all, by an index, or by a name; reads no pixel."""

from __future__ import annotations

from omio_core.errors import ManyImagesError
from omio_core.images.image import Image
from omio_core.wording import Blank, advise, either

from .collect import Collection, SourceFile
from .failures import Failure


def choose_images(
    collection: Collection, image: int | str | None, *, along: str | None, failures: list[Failure] | None = None
) -> list[tuple[SourceFile, tuple[Image, ...]]]:
    """Return the chosen images of each source file; one that has no such image is added to `failures`.

    Raises
    ------
    ManyImagesError
        Where `failures` is None: the choice names no image of a file; or the images are to be merged, a file holds
        several, and none is chosen.
    """
    choices = []
    for file in collection.files:
        try:
            choices.append((file, _choose(file, image, along)))
        except ManyImagesError as error:
            if failures is None:
                raise
            failures.append(Failure(path=file.candidate.path, error=error))
    return choices


def _choose(file: SourceFile, image: int | str | None, along: str | None) -> tuple[Image, ...]:
    """Return the chosen images of a source file."""
    if along is None and image is None:
        return file.opened.images
    if image is not None or len(file.opened.images) == 1:
        return file.opened.pick(image)
    raise ManyImagesError(
        f"{file.opened.path} holds {len(file.opened.images)} images, and which of them to merge is not said",
        evidence="; ".join(f"{i}: {image!r}" for i, image in enumerate(file.opened.images[:20])),
        remedy=either(
            advise("choose one with {image}", image=Blank("index or name")),
            advise("take all, one after another, with {image}", image="all"),
        ),
        path=file.opened.path,
        names=tuple(image.name for image in file.opened.images),
    )
