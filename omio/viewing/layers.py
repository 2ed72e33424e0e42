"""Layers: what a viewer needs to show images, as values; imports no viewer and opens nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from omio_core.errors import MetadataError
from omio_core.files.local import locate
from omio_core.geometry.axes import CANONICAL
from omio_core.images.image import Image
from omio_core.metadata.display import IMAGE, LABELS, saved_layer
from omio_core.metadata.facts import Fact
from omio_core.rendering.contrast import limits
from omio_core.rendering.stated import colors
from omio_core.wording import advise

from .lazyview import view

PIXEL = "pixel"
"""The unit of what is unknown, as napari spells it."""

_UNITS = {"T": "second", "Z": "micrometer", "Y": "micrometer", "X": "micrometer"}
_KNOWN_COLORS = {
    (255, 255, 255): "gray", (255, 0, 0): "red", (0, 255, 0): "green", (0, 0, 255): "blue", (0, 255, 255): "cyan",
    (255, 0, 255): "magenta", (255, 255, 0): "yellow",
}  # fmt: skip
"""The colour maps of napari from black to one colour, by that colour."""

_ONLY_IMAGES = ("rgb", "colormap", "contrast_limits")


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerData:
    """One layer: its pixels, and how they are shown.

    Parameters
    ----------
    data
        An array (numpy or dask) with `axes`, and the samples last for RGB; or a list of them, one a resolution.
    axes
        Which of TZYX the layer has. Axes of length 1 are left out, but not Y and X.
    options
        The keywords of napari's layer.
    kind
        ``"image"`` or ``"labels"``.
    """

    data: Any
    axes: str
    options: Mapping[str, Any]
    kind: str = "image"

    def as_tuple(self) -> tuple[Any, dict[str, Any], str]:
        """Return napari's tuple of a layer: data, keywords, type."""
        return self.data, dict(self.options), self.kind


def layers_of(
    images: Sequence[Image],
    *,
    names: Sequence[str | None] | None = None,
    channel_labels: Sequence[Sequence[str] | None] | None = None,
    blending: str | None = None,
) -> list[LayerData]:
    """Return one layer for each channel of each image.

    A layer has the name, the colour, the pixel sizes (micrometres) and the time increment (seconds) of its channel, and
    always limits of contrast: those that the file states, else percentiles of a sample of at most 3 blocks. Nothing
    else is read.

    Parameters
    ----------
    images
        The images.
    names
        The name of each image that stands before those of its channels. None: the names of the images where there are
        several; a single image gives none.
    channel_labels
        For each image the names of its layers, as they are.
    blending
        How layers are laid over each other, as napari spells it. None: colours are added up.

    Raises
    ------
    OmioError
        The sample cannot be read, or there is not one name for each layer.
    """
    titles = _titles(images) if len(images) > 1 or names else [""] * len(images)
    if names is not None:
        titles = [title if name is None else name for title, name in zip(titles, names, strict=True)]
    layers: list[LayerData] = []
    for index, (image, title) in enumerate(zip(images, titles, strict=True)):
        own = list(_of_image(image, title, blending))
        given = channel_labels[index] if channel_labels else None
        layers += own if given is None else _renamed(own, given)
    return layers


def _titles(images: Sequence[Image]) -> list[str]:
    """A name for each image that tells it from the others: its own, else that of its file, else both."""
    stems = [stem_of(image) for image in images]
    titles = [image.name or stem for image, stem in zip(images, stems, strict=True)]
    counts = Counter(titles)
    together = [
        title if counts[title] == 1 or not image.name or image.name == stem else f"{stem} {title}"
        for image, title, stem in zip(images, titles, stems, strict=True)
    ]
    seen: Counter[str] = Counter()
    for position, title in enumerate(together):  # as napari numbers equal names
        count = seen[title]
        seen[title] += 1
        together[position] = f"{title} [{count}]" if count else title
    return together


def stem_of(image: Image) -> str:
    """Return the name of an image's file without its suffix; of an array, its name or ``"image"``."""
    from omio.planning.filenames import stem

    leaf = image.picture.leaves[0]
    if not leaf.files:
        return image.name or "image"
    return stem(locate(leaf.files[0]).name, ())


def _of_image(image: Image, title: str, blending: str | None) -> Iterator[LayerData]:
    metadata, samples = image.metadata, image.samples
    axes = "".join(a for a, n in zip(CANONICAL, image.shape, strict=True) if a in "YX" or (a in "TZ" and n > 1))
    rgb = samples in (3, 4)
    shared = {"omio": _record(image, axes)}
    for index, (channel, color) in enumerate(zip(metadata.channels, colors(metadata), strict=True)):
        label = channel.name.value if channel.name else ""
        name = _name(image, title, label, index)
        kind = saved_layer(metadata, index)
        window = limits(image, index) if kind == IMAGE else None
        first = index * samples
        spans = (
            [(first, first + samples)] if rgb else [(first + sample, first + sample + 1) for sample in range(samples)]
        )
        for sample, span in enumerate(spans):
            yield LayerData(
                data=_data(image, span, axes, rgb=rgb),
                axes=axes,
                kind=kind,
                options=_options(
                    kind,
                    name=name if len(spans) == 1 else f"{name} sample {sample}",
                    scale=tuple(fact.value if fact else 1.0 for fact in _steps(image, axes)),
                    units=tuple(
                        _UNITS[a] if fact else PIXEL for a, fact in zip(axes, _steps(image, axes), strict=True)
                    ),
                    axis_labels=tuple(axes),
                    metadata={"omio": {**shared["omio"], "channel": index}},
                    rgb=rgb,
                    colormap=_KNOWN_COLORS.get(color, "#{:02x}{:02x}{:02x}".format(*color)),
                    contrast_limits=window,
                    blending=blending or ("translucent_no_depth" if rgb else "additive"),
                    multiscale=len(_levels(image)) > 1,
                ),
            )


def _name(image: Image, title: str, label: str, index: int) -> str:
    if not label and image.metadata.channel_count > 1:
        label = f"channel {index}"
    return ": ".join(part for part in (title, label) if part) or image.name or stem_of(image)


def _steps(image: Image, axes: str) -> list[Fact[float] | None]:
    facts = image.metadata.facts
    known = {
        "T": facts.time_increment,
        "Z": facts.physical_size_z,
        "Y": facts.physical_size_y,
        "X": facts.physical_size_x,
    }
    return [known[a] for a in axes]


def _record(image: Image, axes: str) -> dict[str, Any]:
    """What the layer does not show of its image: where it is from, which axes are left out, and all metadata."""
    squeezed = "".join(a for a, n in zip(CANONICAL, image.shape, strict=True) if a in "TZC" and n == 1)
    return {
        "source": list(image.picture.files),
        "image": image.name,
        "axes": axes,
        "squeezed": squeezed,
        "shape": list(image.shape),
        "metadata": image.metadata.to_dict(),
    }


def _levels(image: Image) -> list[int]:
    """The resolutions that a viewer can use: each smaller than the one before, with the same T and C."""
    chosen, shapes = [0], image.levels
    for level, shape in enumerate(shapes[1:], 1):
        before = shapes[chosen[-1]]
        area, larger = shape[3] * shape[4], before[3] * before[4]
        if shape[0] == before[0] and shape[2] == before[2] and area < larger and shape[1] <= before[1]:
            chosen.append(level)
    return chosen


def _data(image: Image, span: tuple[int, int], axes: str, *, rgb: bool) -> Any:
    pictures = [image.picture.at_level(level) for level in _levels(image)]
    arrays = [view(picture, span, axes, samples=rgb) for picture in pictures]
    return arrays if len(arrays) > 1 else arrays[0]


def _options(kind: str, **keywords: Any) -> dict[str, Any]:
    """Return the keywords for a type of layer: labels have colours of their own, and no contrast."""
    if kind == LABELS:
        keywords = {name: value for name, value in keywords.items() if name not in _ONLY_IMAGES}
        keywords["blending"] = "translucent"
    return keywords


def _renamed(layers: Sequence[LayerData], names: Sequence[str]) -> list[LayerData]:
    """Return layers with the names that the caller gives.

    Raises
    ------
    MetadataError
        There is not one name for each layer.
    """
    if len(names) != len(layers):
        raise MetadataError(
            f"{len(names)} names are given, and the image has {len(layers)} layers",
            evidence=f"names: {list(names)!r}"[:200],
            remedy=advise("give one for each, or leave out {layer_names}", layer_names=None),
        )
    return [
        replace(layer, options={**layer.options, "name": str(name)}) for layer, name in zip(layers, names, strict=True)
    ]
