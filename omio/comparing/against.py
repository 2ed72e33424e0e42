"""Hold the images of a file against those that they were made from, read again; the record says which these are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from omio.records.origins import Origin, Sources, ancestry, origins
from omio_core.errors import OmioError, first_few
from omio_core.images.image import Image
from omio_core.images.opening import OpenedSource

from .compare import pixels_of
from .values import Pixels
from .verification import Flaw


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The outcome.

    Parameters
    ----------
    names
        The source files that were read.
    flaws
        Where the pixels are others.
    missing
        Which sources are not among those that were named; "" if all are.
    """

    names: tuple[str, ...]
    flaws: tuple[Flaw, ...]
    missing: str = ""

    @property
    def title(self) -> str:
        """The names of the sources, in words."""
        return first_few(self.names, 2, last=" ") if self.names else "its source"


def hold(images: Sequence[Image], sources: Sources) -> Held:
    """Compare the pixels of each image of a file with those of what it was made from.

    Where the record names no source, or one that is not here, a single source file with as many images is taken. A
    source that cannot be read is missing.
    """
    names: dict[str, None] = {}
    flaws: list[Flaw] = []
    missing: list[str] = []
    for index, image in enumerate(images):
        found = origins(image)
        matches = _matches(image, sources) or [(origin, None) for origin in found]
        pairs = [(match and match[1], origin.part(image), str(origin)) for origin, match in matches]
        if (not found or any(source is None for source, _, _ in pairs)) and (alike := _alike(index, images, sources)):
            pairs = [(alike, image, alike.picture.label())]
        if not pairs:
            missing.append(f"image {index} states no source" if len(images) > 1 else "it states no source")
        for source, part, label in pairs:
            if source is None:
                missing.append(label)
                continue
            names[source.picture.label()] = None
            try:
                flaws += _flaws(index, pixels_of(source, part), label)
            except (OmioError, OSError) as error:  # of the source: the file itself was read before
                missing.append(f"{label}: {getattr(error, 'what', error)}")
            finally:
                source.close()
    why = f"not among the files of {sources.title} that can be read: {first_few(missing, 5)}" if missing else ""
    return Held(names=tuple(names), flaws=tuple(flaws), missing=why)


def _matches(image: Image, sources: Sources) -> list[tuple[Origin, tuple[OpenedSource, Image] | None]]:
    """Return the sources that the latest run names of which one is here."""
    for known in ancestry(image):
        matches = [(origin, sources.find(origin)) for origin in known]
        if any(match for _, match in matches):
            return matches
    return []


def _alike(index: int, images: Sequence[Image], sources: Sources) -> Image | None:
    """Return the image at the same place of the only source, if it is a file with as many images of the same shape."""
    if not sources.is_file or len(sources.files[0].images) != len(images):
        return None
    image = sources.files[0].images[index]
    return image if image.shape == images[index].shape else None


def _flaws(index: int, pixels: Pixels, label: str) -> list[Flaw]:
    if pixels.verdict == "equal":
        return []
    if not pixels.planes:
        return [Flaw(what=f"{label}: {pixels}", image=index)]
    return [Flaw(what=f"not the pixels of {label}", image=index, plane=plane) for plane in pixels.planes]
