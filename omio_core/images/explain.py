"""Explanations of images: origins and assumptions as text and as plain values; makes no decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from omio_core.geometry.axes import CANONICAL
from omio_core.metadata.plain import as_dict
from omio_core.pixels.absence import absence
from omio_core.pixels.protocol import Picture
from omio_core.pixels.zarrlevels import levels
from omio_core.plugins.descriptions import ImageLike

_UNITS = {
    "PhysicalSizeX": "µm", "PhysicalSizeY": "µm", "PhysicalSizeZ": "µm", "TimeIncrement": "s",
    "ExcitationWavelength": "nm", "EmissionWavelength": "nm",
}  # fmt: skip
_WIDEST_VALUE = 40  # characters; longer values do not widen their column


def image_dict(image: ImageLike) -> dict[str, Any]:
    """Return the explanation of one image as plain values: sizes, facts with their origins, and what is missing."""
    metadata = image.metadata
    return {
        "name": image.name,
        "axes": CANONICAL,
        "shape": list(image.shape),
        "dtype": str(image.dtype),
        "samples": metadata.samples,
        "bytes": image.nbytes,
        "kind": _kind(image) or None,
        "compression": _compression(image) or None,
        "native_axes": _native(image),
        "levels": [list(level) for level in image.picture.levels],
        "facts": {
            name: fact and {"value": as_dict(fact.value), "origin": fact.origin, "where": fact.where_text}
            for name, fact in metadata.stated()
        },
        "planes": " ".join(_planes(image) or ()) or None,
        "assumptions": list(metadata.assumptions),
        "absent": _absent(image.picture) or None,
        "not_kept": not_kept(metadata.provenance),
        "annotations": sorted(metadata.facts.annotations),
    }


def of_image(image: ImageLike) -> str:
    """Return the explanation of one image for people: its sizes, then one line per value with its origin."""
    return "\n".join(lines(image))


def lines(image: ImageLike) -> list[str]:
    """Return the lines of `of_image`; the first has the sizes."""
    explained = image_dict(image)
    sizes = " ".join(f"{axis}={length}" for axis, length in zip(CANONICAL, image.shape, strict=True))
    rgb = f", {explained['samples']} samples a pixel" if explained["samples"] > 1 else ""
    rows = [("kind", explained["kind"], "")] if explained["kind"] else []
    rows += [("axes in the file", explained["native_axes"], "")] if explained["native_axes"] else []
    rows += [("compression", explained["compression"], "")] if explained["compression"] else []
    rows += [("smaller levels", smaller(image), "")] if len(explained["levels"]) > 1 else []
    rows += [("assumed", printable(sentence), "") for sentence in explained["assumptions"]]
    rows += [("absent", explained["absent"], "")] if explained["absent"] else []
    rows += [("not kept", printable(words), "") for words in explained["not_kept"]]
    rows += [(name, *_format_fact(name, fact)) for name, fact in explained["facts"].items()]
    if (planes := _planes(image)) is not None:
        rows.append(("Planes", *planes))
    if explained["annotations"]:
        rows.append(("annotations", printable(", ".join(explained["annotations"])), ""))
    name_width = max(len(name) for name, _, _ in rows)
    value_width = max((len(value) for _, value, origin in rows if origin and len(value) <= _WIDEST_VALUE), default=0)
    formatted = [
        f"{name:<{name_width}}  {f'{value:<{value_width}}  {origin}' if origin else value}"
        for name, value, origin in rows
    ]
    return [f"{sizes}, {explained['dtype']}{rgb}", *formatted]


def _absent(picture: Picture) -> str:
    """Describe what is absent in the picture and in its smaller levels, as far as the reader says without reading."""
    first, *others = (absence(level) for level in levels(picture))
    own = picture.stored.level if picture.stored else 0
    named = (f"{words} of level {own + k}" for k, words in enumerate(others, 1) if words)
    return "; ".join(filter(None, (first, *named)))


def not_kept(provenance: Mapping[str, Any]) -> list[str]:
    """Return what the source states and the image does not hold, in words, from its record."""
    stated = provenance.get("not_kept", ())
    return [text for text in stated if isinstance(text, str)] if isinstance(stated, list | tuple) else []


def printable(text: str) -> str:
    """Return a text from a file as one line, with the control characters of a terminal escaped.

    Examples
    --------
    >>> printable("a\\tb\\x1b[31m µ")
    'a\\\\tb\\\\x1b[31m µ'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def is_colour(name: str, value: Any) -> bool:
    """Whether the fact of that public name is a colour in OME's encoding."""
    return name.startswith("Channels[") and name.endswith("].Color") and isinstance(value, int)


def colour(value: int) -> str:
    """Format OME's signed 32-bit RGBA integer as #RRGGBB, or as #RRGGBBAA if it is not opaque.

    https://www.openmicroscopy.org/Schemas/Documentation/Generated/OME-2016-06/ome_xsd.html#Color

    Examples
    --------
    >>> colour(-16776961), colour(-2147483521)
    ('#FF0000', '#8000007F')
    """
    text = f"#{value & 0xFFFFFFFF:08X}"
    return text.removesuffix("FF") if len(text) == 9 and text.endswith("FF") else text


def smaller(image: ImageLike) -> str:
    """List the levels below the full resolution, each with the lengths that differ from the full ones."""
    full, *others = image.picture.levels
    return ", ".join(_changed_lengths(level, full) for level in others)


def _changed_lengths(level: Sequence[int], full: Sequence[int]) -> str:
    changed = [
        (axis, length)
        for axis, length, full_length in zip(CANONICAL, level, full, strict=True)
        if length != full_length
    ]
    return " ".join(f"{axis}={length}" for axis, length in changed or zip(CANONICAL, level, strict=True))


def _format_fact(name: str, fact: Mapping[str, Any] | None) -> tuple[str, str]:
    """Return the text of a value with its unit, and the text of its origin."""
    if fact is None:
        return "unknown", ""
    value = fact["value"]
    if isinstance(value, float):
        text = f"{value:.10g}"
    elif is_colour(name, value):
        text = colour(value)
    elif isinstance(value, Mapping):
        text = ", ".join(f"{key} {part}" for key, part in value.items())
    else:
        text = str(value)
    unit = _UNITS.get(name.rpartition(".")[2])
    where = f" ({fact['where']})" if fact["where"] else ""
    return printable(f"{text} {unit}" if unit else text), printable(f"from {fact['origin']}{where}")


def _kind(image: ImageLike) -> str:
    stored = image.picture.stored
    return printable(stored.description.kind) if stored is not None else ""


def _compression(image: ImageLike) -> str:
    stored = image.picture.stored
    return printable(stored.description.compression) if stored is not None else ""


def _native(image: ImageLike) -> str | None:
    stored = image.picture.stored
    return None if stored is None else f"{stored.description.axes} {stored.description.levels[0].shape}"


def _planes(image: ImageLike) -> tuple[str, str] | None:
    """Return the columns of the plane table and their origin; None if there is no table."""
    planes = image.metadata.facts.planes
    if planes is None:
        return None
    where = f" ({planes.where})" if planes.where else ""
    return ", ".join(planes.columns), f"from {planes.origin}{where}"
