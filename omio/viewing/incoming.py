"""From the layers of a viewer to an image that can be written; imports no viewer and writes nothing.

A layer comes as napari's tuple (data, keywords, type). Its keywords differ between the versions of napari: units are
texts or objects of pint, a colour map is a dict or an object, and the labels of axes that nobody named are ``axis -3``
or ``-3``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from omio import arrays
from omio_core.errors import MetadataWarning, WriteError, warn
from omio_core.geometry.axes import CANONICAL
from omio_core.geometry.box import Box
from omio_core.images.image import Image
from omio_core.images.overrides import Overrides
from omio_core.metadata.display import IMAGE, LABELS, display_record
from omio_core.metadata.units import MICROMETRE, SECOND, micrometres, seconds
from omio_core.pixels.joined import JoinedPicture

from .layers import PIXEL

LayerTuple = tuple[Any, Mapping[str, Any], str]

_USUAL_AXES = {2: "YX", 3: "ZYX", 4: "TZYX", 5: "TZCYX"}
_WORDS = {
    "T": "T", "TIME": "T", "Z": "Z", "DEPTH": "Z", "C": "C", "CHANNEL": "C", "Y": "Y", "X": "X", "ROW": "Y",
    "COLUMN": "X",
}  # fmt: skip
_KEYS = {"T": "TimeIncrement", "Z": "PhysicalSizeZ", "Y": "PhysicalSizeY", "X": "PhysicalSizeX"}
_SAME = 1e-9  # relative difference of two sizes that are the same
_KEPT = ("Name", "AcquisitionDate", "Objective")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one layer contributes: its picture, and what is known of it.

    Parameters
    ----------
    name, kind
        Name and type of the layer.
    image
        The pixels, TZCYX.
    steps
        From a key of the public dict to micrometres or seconds, as far as they are known.
    color
        OME's colour; None if the layer has none that is one colour.
    limits
        What is shown black and at full brightness.
    public
        The dict of the image that OMIO made the layer of; empty for another layer.
    channel
        The index of the channel in that dict.
    """

    name: str
    kind: str
    image: Image
    steps: Mapping[str, float]
    color: int | None
    limits: tuple[float, float] | None
    public: Mapping[str, Any]
    channel: int


def image_of(layers: Sequence[LayerTuple]) -> Image:
    """Return one image of which each layer is a channel.

    The names of the layers become those of the channels. Scale, units, colours and contrast are kept, and of layers
    that OMIO made also what else their file stated. Of several resolutions the full one is taken.

    Raises
    ------
    WriteError
        The layers are no single picture: their types, shapes, sizes or types of pixels differ, or one is neither an
        image nor labels.
    OmioError
        A layer has axes that an image cannot have, or values that cannot be written.
    """
    _refuse_mixed(layers)
    parts = [_part(data, options, kind) for data, options, kind in layers]
    _refuse_different(parts)
    first = parts[0].image
    image = first if len(parts) == 1 else Image(_joined([part.image for part in parts]), _nothing(parts))
    public = _public(parts, image)
    return arrays.image_of(Image(image.picture, image.metadata), public, Overrides())


def _refuse_mixed(layers: Sequence[LayerTuple]) -> None:
    kinds = {kind for _, _, kind in layers}
    if not layers or (len(kinds) == 1 and kinds <= {IMAGE, LABELS}):
        return
    listed = ", ".join(f"{options.get('name')!r} ({kind})" for _, options, kind in layers)
    raise WriteError(
        "the selected layers cannot be written as one picture",
        evidence=f"their types are {listed}",
        remedy="select image layers only, or labels layers only; save other layers in a format of their own",
    )


def _part(data: Any, options: Mapping[str, Any], kind: str) -> Part:
    if _is_multiscale(data, options):
        data = data[0]
    rgb = bool(options.get("rgb"))
    name = str(options.get("name") or "")
    own = options.get("metadata")
    record = own.get("omio") if isinstance(own, Mapping) else None
    record = record if isinstance(record, Mapping) else {}
    count = data.ndim - rgb
    letters = _letters(options, count)
    image = arrays.image_of(data, None, Overrides(axes=letters + "S" * rgb))
    return Part(
        name=name,
        kind=kind,
        image=image,
        steps=_steps(name, letters, options),
        color=None if rgb or kind == LABELS else _color(name, options.get("colormap")),
        limits=None if kind == LABELS else _limits(options.get("contrast_limits")),
        public=record.get("metadata") or {},
        channel=int(record.get("channel") or 0),
    )


def _is_multiscale(data: Any, options: Mapping[str, Any]) -> bool:
    """Several resolutions; not converted to an array, which would be one of the smallest, with a warning of numpy 2."""
    return bool(options.get("multiscale")) or isinstance(data, list | tuple) or hasattr(data, "shapes")


def _letters(options: Mapping[str, Any], count: int) -> str:
    """One letter for each axis: those that the layer names, else the usual ones, whose last are Z, Y and X."""
    labels = [str(label) for label in options.get("axis_labels") or ()]
    named = [_WORDS.get(label.strip().upper()) for label in labels]
    if len(named) == count and all(named) and len(set(named)) == count and {"Y", "X"} <= set(named):
        return "".join(letter for letter in named if letter)
    if count not in _USUAL_AXES:
        raise WriteError(
            f"a layer with {count} axes is no image",
            evidence=f"layer {options.get('name')!r}, axes {labels}",
            remedy="name its axes: layer.axis_labels = ('T', 'Z', 'Y', 'X')",
        )
    usual = _USUAL_AXES[count]
    if count == 3 and seconds(1.0, _spelled(_units(options, count)[0])) is not None:
        return "TYX"
    return usual


def _units(options: Mapping[str, Any], count: int) -> list[Any]:
    units = options.get("units")
    if units is None or isinstance(units, str) or not isinstance(units, Sequence):
        return [units] * count  # one for all axes, as napari takes it
    return list(units) if len(units) == count else [None] * count


def _spelled(unit: Any) -> str:
    """The unit as a word, of a text or of pint."""
    text = str(unit).strip() if unit is not None else ""
    return "" if text in ("dimensionless", PIXEL, "pixels") else text


def _steps(name: str, letters: str, options: Mapping[str, Any]) -> dict[str, float]:
    """The sizes and the time increment that have a unit; a scale without one is no size."""
    stated = options.get("scale")
    scale = [1.0] * len(letters) if stated is None else [float(value) for value in stated]
    steps: dict[str, float] = {}
    bare = []
    for letter, value, unit in zip(letters, scale, _units(options, len(letters)), strict=True):
        if letter not in _KEYS:
            continue
        spelled = _spelled(unit)
        known = (seconds if letter == "T" else micrometres)(value, spelled) if spelled else None
        if known is not None and math.isfinite(known) and known > 0:
            steps[_KEYS[letter]] = known
        elif value != 1.0:
            bare.append(f"{letter} {value:g}" + (f" {spelled}" if spelled else ""))
    if bare:
        warn(
            f"the scale of the layer {name!r} has no unit of length or time ({', '.join(bare)}): these sizes are"
            " written as unknown; set layer.units",
            MetadataWarning,
        )
    return steps


def _limits(pair: Any) -> tuple[float, float] | None:
    if pair is None or len(pair) != 2:
        return None
    low, high = (float(value) for value in pair)
    return (low, high) if math.isfinite(low) and math.isfinite(high) and low < high else None


def _color(name: str, colormap: Any) -> int | None:
    """OME's colour of a map from black to one colour: a signed 32-bit RGBA integer (ome.xsd, type Color)."""
    if colormap is None:
        return None
    colors = colormap.get("colors") if isinstance(colormap, Mapping) else getattr(colormap, "colors", None)
    if colors is None:
        return None
    table = np.asarray(colors, np.float64).reshape(len(colors), -1)[:, :3]
    ramp = np.linspace(0, 1, len(table))[:, None] * table[-1]
    if len(table) < 2 or not table[-1].any() or not np.allclose(table, ramp, atol=0.02):
        called = colormap.get("name") if isinstance(colormap, Mapping) else getattr(colormap, "name", "")
        warn(
            f"the colour map {called!r} of the layer {name!r} is not from black to one colour: a file has no place for"
            " it, and no colour is written",
            MetadataWarning,
        )
        return None
    red, green, blue = (round(float(value) * 255) for value in table[-1])
    value = red << 24 | green << 16 | blue << 8 | 0xFF
    return value - (1 << 32) if value >= 1 << 31 else value


def _refuse_different(parts: Sequence[Part]) -> None:
    first = parts[0]
    for part in parts[1:]:
        differing = [
            f"{what}: {one} and {other}"
            for what, one, other in (
                ("shape (TZCYX)", first.image.shape, part.image.shape),
                ("type of pixels", first.image.dtype, part.image.dtype),
                ("samples a pixel", first.image.samples, part.image.samples),
                ("known sizes", dict(first.steps), dict(part.steps)),
            )
            if (not _same_steps(first.steps, part.steps) if what == "known sizes" else one != other)
        ]
        if differing or (len(parts) > 1 and first.image.samples > 1):
            raise WriteError(
                "the selected layers cannot be the channels of one picture",
                evidence=f"layers {first.name!r} and {part.name!r}: " + ("; ".join(differing) or "both are RGB"),
                remedy="select layers of one picture, and save the others to files of their own",
            )


def _same_steps(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    return one.keys() == other.keys() and all(math.isclose(one[key], other[key], rel_tol=_SAME) for key in one)


def _joined(images: Sequence[Image]) -> JoinedPicture:
    """The images side by side along C."""
    t, z, c, y, x = images[0].shape
    places = tuple(Box(((0, t), (0, z), (index * c, (index + 1) * c), (0, y), (0, x))) for index in range(len(images)))
    return JoinedPicture(
        parts=tuple(image.picture for image in images),
        places=places,
        shape=(t, z, c * len(images), y, x),
        dtype=images[0].dtype,
    )


def _nothing(parts: Sequence[Part]) -> Any:
    from omio_core.metadata.model import Metadata

    t, z, c, y, x = parts[0].image.shape
    return Metadata(shape=(t, z, c * len(parts), y, x), dtype=str(parts[0].image.dtype))


def _public(parts: Sequence[Part], image: Image) -> dict[str, Any]:
    """The public dict of the picture: what the layers show, and what their file stated beside it."""
    base = parts[0].public
    public: dict[str, Any] = {key: base[key] for key in _KEPT if base.get(key) is not None}
    for axis, key in _KEYS.items():
        value = parts[0].steps.get(key)
        if value is None and image.shape[CANONICAL.index(axis)] == 1 and axis in "TZ":
            value = base.get(key)  # the axis is not shown, and its size is still that of the file
        if value is not None:
            public |= {key: value, f"{key}Unit": SECOND if axis == "T" else MICROMETRE}
    annotations = {name: content for name, content in (base.get("Annotations") or {}).items() if _is_foreign(name)}
    channels = [channel for part in parts for channel in _channels(part)]
    kinds = [part.kind for part in parts for _ in _channels(part)]
    limits = [part.limits for part in parts for _ in _channels(part)]
    public["Channels"] = channels
    public["SamplesPerPixel"] = image.samples
    public["Annotations"] = annotations | display_record(limits, kinds)
    return public


def _is_foreign(namespace: str) -> bool:
    """Whether an annotation is the file's; OMIO's own record is of another picture than the layers."""
    return not namespace.startswith("omio/")


def _channels(part: Part) -> list[dict[str, Any]]:
    """The entries of the public dict for the channels of a part: one, or several if its array has an axis C."""
    known = part.public.get("Channels") or []
    own = dict(known[part.channel]) if part.channel < len(known) else {}
    own = {key: value for key, value in own.items() if key not in ("SamplesPerPixel", "Color", "Name")}
    count = part.image.shape[2] // part.image.samples
    names = [part.name] if count == 1 else [f"{part.name} {index}" for index in range(count)]
    color = {"Color": part.color} if part.color is not None and count == 1 else {}
    return [own | color | {"Name": name} for name in names]
