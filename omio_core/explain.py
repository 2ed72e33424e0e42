"""Explanations: decisions, origins and assumptions as text and as plain values; it decides nothing itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .axes import CANONICAL
from .region import Box

if TYPE_CHECKING:
    from .image import Image
    from .reading import Source

_UNITS = {"PhysicalSizeX": "µm", "PhysicalSizeY": "µm", "PhysicalSizeZ": "µm", "TimeIncrement": "s"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a source is read as it is: ``str()`` is for people, `to_dict` for programs."""

    source: Source

    def to_dict(self) -> dict[str, Any]:
        """JSON-able: path, reader, because, verdicts by reader, and the images."""
        decision = self.source.decision
        return {
            "path": self.source.path,
            "reader": decision.reader.name,
            "reader_version": decision.reader.version,
            "because": decision.because,
            "verdicts": {n: {"match": v.match.name, "why": v.why} for n, v in decision.verdicts.items()},
            "images": [image_dict(image) for image in self.source.images],
        }

    def __str__(self) -> str:
        decision = self.source.decision
        width = max((len(n) for n in decision.verdicts), default=0)
        lines = [
            self.source.path,
            f"reader: {decision.reader.name} ({decision.because})",
            *(f"  {n:<{width}}  {v.match.name:<9}  {v.why}" for n, v in decision.verdicts.items()),
        ]
        for index, image in enumerate(self.source.images):
            lines += [f"image {index}:", *("  " + line for line in of_image(image).splitlines())]
        return "\n".join(lines)


def image_dict(image: Image) -> dict[str, Any]:
    """One image: its sizes, every value with its origin, assumptions, absence."""
    from .reading import absence

    metadata = image.metadata
    return {
        "name": image.name,
        "axes": CANONICAL,
        "shape": list(image.shape),
        "dtype": str(image.dtype),
        "samples": metadata.samples,
        "bytes": Box.whole(image.shape).size * image.dtype.itemsize,
        "native_axes": _native(image),
        "facts": {
            name: None if fact is None else {"value": fact.value, "origin": fact.origin, "where": fact.where}
            for name, fact in metadata.stated()
        },
        "planes": _planes(image),
        "assumptions": list(metadata.assumptions),
        "absent": absence(image) or None,
        "annotations": sorted(metadata.facts.annotations),
    }


def of_image(image: Image) -> str:
    """One image for people; a line a value."""
    told = image_dict(image)
    sizes = "  ".join(f"{axis}={n}" for axis, n in zip(CANONICAL, image.shape, strict=True))
    rgb = f", {told['samples']} samples a pixel" if told["samples"] > 1 else ""
    lines = [f"{sizes}  {told['dtype']}{rgb}"]
    if told["native_axes"]:
        lines.append(f"axes in the file: {told['native_axes']}")
    width = max(len(name) for name in told["facts"])
    for name, fact in told["facts"].items():
        if fact is None:
            lines.append(f"{name:<{width}}  unknown")
            continue
        value = f"{fact['value']:.10g}" if isinstance(fact["value"], float) else str(fact["value"])
        unit = f" {_UNITS[name]}" if name in _UNITS else ""
        where = f": {fact['where']}" if fact["where"] else ""
        lines.append(f"{name:<{width}}  {value}{unit}  <- {fact['origin']}{where}")
    if told["planes"]:
        lines.append(f"{'Planes':<{width}}  {told['planes']}")
    if told["annotations"]:
        lines.append(f"annotations: {', '.join(told['annotations'])}")
    lines += [f"assumed: {sentence}" for sentence in told["assumptions"]]
    if told["absent"]:
        lines.append(f"absent: {told['absent']}")
    return "\n".join(lines)


def _native(image: Image) -> str | None:
    described = getattr(image.picture, "described", None)
    if described is None:
        return None
    return f"{described.axes} {described.levels[0].shape}"


def _planes(image: Image) -> str | None:
    planes = image.metadata.facts.planes
    if planes is None:
        return None
    where = f": {planes.where}" if planes.where else ""
    return f"{', '.join(planes.columns)}  <- {planes.origin}{where}"
