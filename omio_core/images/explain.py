"""Explanations: decisions, origins and assumptions as text and as plain values; it decides nothing itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from omio_core.geometry.axes import CANONICAL
from omio_core.metadata.plain import as_dict
from omio_core.pixels.absence import absence
from omio_core.plugins.descriptions import ImageLike

_UNITS = {
    "PhysicalSizeX": "µm", "PhysicalSizeY": "µm", "PhysicalSizeZ": "µm", "TimeIncrement": "s",
    "ExcitationWavelength": "nm", "EmissionWavelength": "nm",
}  # fmt: skip
_WIDEST = 40  # characters of a value that the column of origins makes room for


def image_dict(image: ImageLike) -> dict[str, Any]:
    """One image: its sizes, every value with its origin, assumptions, absence."""
    metadata = image.metadata
    return {
        "name": image.name,
        "axes": CANONICAL,
        "shape": list(image.shape),
        "dtype": str(image.dtype),
        "samples": metadata.samples,
        "bytes": image.nbytes,
        "kind": _kind(image) or None,
        "native_axes": _native(image),
        "levels": [list(level) for level in image.picture.levels],
        "facts": {
            name: fact and {"value": as_dict(fact.value), "origin": fact.origin, "where": fact.where_text}
            for name, fact in metadata.stated()
        },
        "planes": " ".join(_planes(image) or ()) or None,
        "assumptions": list(metadata.assumptions),
        "absent": absence(image.picture) or None,
        "annotations": sorted(metadata.facts.annotations),
    }


def of_image(image: ImageLike) -> str:
    """One image for people: its sizes, then a line a value with where it comes from."""
    return "\n".join(lines(image))


def lines(image: ImageLike) -> list[str]:
    """The lines of `of_image`; the first has the sizes."""
    told = image_dict(image)
    sizes = " ".join(f"{axis}={n}" for axis, n in zip(CANONICAL, image.shape, strict=True))
    rgb = f", {told['samples']} samples a pixel" if told["samples"] > 1 else ""
    rows = [("kind", told["kind"], "")] if told["kind"] else []
    rows += [("axes in the file", told["native_axes"], "")] if told["native_axes"] else []
    rows += [("smaller levels", smaller(image), "")] if len(told["levels"]) > 1 else []
    rows += [("assumed", printable(sentence), "") for sentence in told["assumptions"]]
    rows += [("absent", told["absent"], "")] if told["absent"] else []
    rows += [(name, *_row(name, fact)) for name, fact in told["facts"].items()]
    if (planes := _planes(image)) is not None:
        rows.append(("Planes", *planes))
    if told["annotations"]:
        rows.append(("annotations", printable(", ".join(told["annotations"])), ""))
    wide = max(len(name) for name, _, _ in rows)
    values = max((len(value) for _, value, origin in rows if origin and len(value) <= _WIDEST), default=0)
    of_values = [
        f"{name:<{wide}}  {f'{value:<{values}}  {origin}' if origin else value}" for name, value, origin in rows
    ]
    return [f"{sizes}, {told['dtype']}{rgb}", *of_values]


def printable(text: str) -> str:
    """A text of a file on one line, with what a terminal would act upon spelled out.

    Examples
    --------
    >>> printable("a\\tb\\x1b[31m µ")
    'a\\\\tb\\\\x1b[31m µ'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def is_colour(name: str, value: Any) -> bool:
    """Whether the fact of that public name is a colour as OME has it."""
    return name.startswith("Channels[") and name.endswith("].Color") and isinstance(value, int)


def colour(value: int) -> str:
    """OME's signed 32-bit RGBA integer as #RRGGBB, or #RRGGBBAA where it is not opaque.

    https://www.openmicroscopy.org/Schemas/Documentation/Generated/OME-2016-06/ome_xsd.html#Color

    Examples
    --------
    >>> colour(-16776961), colour(-2147483521)
    ('#FF0000', '#8000007F')
    """
    text = f"#{value & 0xFFFFFFFF:08X}"
    return text.removesuffix("FF") if len(text) == 9 and text.endswith("FF") else text


def smaller(image: ImageLike) -> str:
    """The levels below the full resolution, each with the lengths that are other than there."""
    full, *others = image.picture.levels
    return ", ".join(_lengths(level, full) for level in others)


def _lengths(level: Sequence[int], full: Sequence[int]) -> str:
    axes = [(axis, n) for axis, n, whole in zip(CANONICAL, level, full, strict=True) if n != whole]
    return " ".join(f"{axis}={n}" for axis, n in axes or zip(CANONICAL, level, strict=True))


def _row(name: str, fact: Mapping[str, Any] | None) -> tuple[str, str]:
    """A value with its unit, and where it comes from."""
    if fact is None:
        return "unknown", ""
    value = fact["value"]
    if isinstance(value, float):
        text = f"{value:.10g}"
    elif is_colour(name, value):
        text = colour(value)
    elif isinstance(value, Mapping):
        text = ", ".join(f"{key} {one}" for key, one in value.items())
    else:
        text = str(value)
    unit = _UNITS.get(name.rpartition(".")[2])
    where = f" ({fact['where']})" if fact["where"] else ""
    return printable(f"{text} {unit}" if unit else text), printable(f"from {fact['origin']}{where}")


def _kind(image: ImageLike) -> str:
    stored = image.picture.stored
    return printable(stored.description.kind) if stored is not None else ""


def _native(image: ImageLike) -> str | None:
    stored = image.picture.stored
    return None if stored is None else f"{stored.description.axes} {stored.description.levels[0].shape}"


def _planes(image: ImageLike) -> tuple[str, str] | None:
    """The columns of the table of planes, and where they come from."""
    planes = image.metadata.facts.planes
    if planes is None:
        return None
    where = f" ({planes.where})" if planes.where else ""
    return ", ".join(planes.columns), f"from {planes.origin}{where}"
