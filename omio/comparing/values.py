"""What two files or images differ in, as values: fact by fact, plane by plane; it compares nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One fact of which A and B do not say the same.

    Parameters
    ----------
    fact
        Its public name, such as ``"PhysicalSizeX"``, ``"Channels[0].Name"`` or ``"Annotations[imagej][unit]"``.
    a, b
        Its values as plain ones, in OMIO's units; None where unknown.
    where_a, where_b
        Where each comes from.
    unit_a, unit_b
        The units that the files spell, as far as they are known.
    """

    fact: str
    a: Any = None
    b: Any = None
    where_a: str = ""
    where_b: str = ""
    unit_a: str | None = None
    unit_b: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON-able: every field."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pixels:
    """Whether the pixels of two images are equal, by digests of their planes (see `omio_core.pixels.digests`).

    Parameters
    ----------
    verdict
        ``"equal"``, ``"different"`` or ``"not compared"``.
    note
        What else is to be said: other lengths, other types, why they were not compared.
    planes
        The first ten planes that differ, as (T, Z, C).
    count
        How many planes are known to differ.
    compared
        How many planes were looked at.
    of
        How many planes there are; where it is more than `compared`, looking stopped at the tenth that differs.
    """

    verdict: Literal["equal", "different", "not compared"]
    note: str = ""
    planes: tuple[tuple[int, int, int], ...] = ()
    count: int = 0
    compared: int = 0
    of: int = 0

    def __str__(self) -> str:
        parts: list[str] = [self.verdict]
        if self.verdict == "equal":
            parts = [f"equal, {self.of} plane{'' if self.of == 1 else 's'}"]
        elif self.planes:
            some = "at least " if self.compared < self.of else ""
            listed = ", ".join(f"T{t} Z{z} C{c}" for t, z, c in self.planes)
            more = ", ..." if self.count > len(self.planes) else ""
            parts = [f"different in {some}{self.count} of {self.of} planes: {listed}{more}"]
        return "; ".join([*parts, *([self.note] if self.note else [])])

    def to_dict(self) -> dict[str, Any]:
        """JSON-able: every field, planes with their axes spelled."""
        found = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**found, "planes": [dict(zip("TZC", plane, strict=True)) for plane in self.planes]}


KINDS = ("lost", "changed", "added", "same_in_another_unit")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageDifference:
    """What an image of A and its counterpart of B differ in.

    Parameters
    ----------
    name
        What the pair is called: ``"image 0"``.
    lost
        Known in A, unknown in B.
    changed
        Known in both, and not the same.
    added
        Unknown in A, known in B.
    same_in_another_unit
        The same to a millionth part, and spelled in another unit, where both files' spellings are known.
    pixels
        Whether the pixels are equal.
    aside
        What differs and is of the run, not of the picture: provenance, assumptions. It is no part of the verdict.
    assumptions
        The assumptions among that, as they stand in the metadata: sentences that only one of the two has.
    """

    name: str
    lost: tuple[Change, ...] = ()
    changed: tuple[Change, ...] = ()
    added: tuple[Change, ...] = ()
    same_in_another_unit: tuple[Change, ...] = ()
    pixels: Pixels
    aside: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        """Whether nothing is lost, changed or added, and no pixel is known to differ."""
        return not (self.lost or self.changed or self.added) and self.pixels.verdict != "different"

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        changes = {kind: [change.to_dict() for change in getattr(self, kind)] for kind in KINDS}
        told = {"pixels": self.pixels.to_dict(), "aside": list(self.aside)}
        return {"name": self.name, "equal": self.equal, **changes, **told}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What A and B differ in: ``str()`` is for people, `to_dict` for programs, `equal` for an ``if``.

    Parameters
    ----------
    a, b
        What was compared, by name.
    images
        One entry a pair of images, in file order.
    uncompared
        Why images were not compared, if they were not.
    """

    a: str
    b: str
    images: tuple[ImageDifference, ...]
    uncompared: str = ""

    @property
    def equal(self) -> bool:
        """Whether all images have a counterpart and equal it."""
        return not self.uncompared and all(image.equal for image in self.images)

    @property
    def lost(self) -> tuple[Change, ...]:
        """Facts of all images that A knows, and B does not."""
        return self._all("lost")

    @property
    def changed(self) -> tuple[Change, ...]:
        """Facts of all images that are not the same."""
        return self._all("changed")

    @property
    def added(self) -> tuple[Change, ...]:
        """Facts of all images that B knows, and A does not."""
        return self._all("added")

    @property
    def same_in_another_unit(self) -> tuple[Change, ...]:
        """Facts of all images that are the same, and spelled in another unit."""
        return self._all("same_in_another_unit")

    @property
    def pixels(self) -> str:
        """``"different"`` if any image's are, else ``"not compared"`` if any's were not, else ``"equal"``."""
        found = {image.pixels.verdict for image in self.images} | ({"not compared"} if self.uncompared else set())
        return next((verdict for verdict in ("different", "not compared") if verdict in found), "equal")

    def _all(self, kind: str) -> tuple[Change, ...]:
        return tuple(change for image in self.images for change in getattr(image, kind))

    def to_dict(self) -> dict[str, Any]:
        """JSON-able: a, b, equal, pixels, uncompared, and the images."""
        told = {"a": self.a, "b": self.b, "equal": self.equal, "pixels": self.pixels}
        return {**told, "uncompared": self.uncompared or None, "images": [image.to_dict() for image in self.images]}

    def __str__(self) -> str:
        return self.text()

    def text(self, most: int | None = None, *, more: str = "") -> str:
        """For people: the names, a line a difference, the verdict.

        Parameters
        ----------
        most
            How many differences of a kind are told of an image, if not all; the others are counted.
        more
            How the reader gets the others.
        """
        from omio_core.images.explain import printable

        lines = [f"A: {self.a}", f"B: {self.b}", *([f"not compared: {self.uncompared}"] if self.uncompared else [])]
        for image in self.images:
            lines += [image.name, *(f"  {line}" for line in _rows(image, most, more))]
        lines.append("equal" if self.equal else "different")
        return "\n".join(printable(line) for line in lines)


def _rows(image: ImageDifference, most: int | None, more: str) -> Iterator[str]:
    """A line a change, in columns; then the pixels, then what is left aside."""
    changes = {kind.replace("_", " "): getattr(image, kind) for kind in KINDS}
    told = [(kind, change) for kind, all_of_it in changes.items() for change in all_of_it[:most]]
    kinds = max((len(kind) for kind, _ in told), default=0)
    facts = min(40, max((len(change.fact) for _, change in told), default=0))
    for kind, all_of_it in changes.items():
        for change in all_of_it[:most]:
            yield f"{kind:<{kinds}}  {change.fact:<{facts}}  {_told(kind, change)}"
        if most is not None and len(all_of_it) > most:
            yield f"{kind:<{kinds}}  and {len(all_of_it) - most} more" + (f" ({more})" if more else "")
    yield f"pixels: {image.pixels}"
    if image.aside:
        yield f"left aside: {'; '.join(image.aside)}"


def _told(kind: str, change: Change) -> str:
    a, b = (_word(value, change.fact) for value in (change.a, change.b))
    if kind == "same in another unit":
        return f"{a}, in {change.unit_a} and in {change.unit_b}"
    if kind == "lost":
        return f"{a}{f' (from {change.where_a})' if change.where_a else ''}"
    if kind == "added":
        return f"{b}{f' (from {change.where_b})' if change.where_b else ''}"
    return f"{a} -> {b}"


def _word(value: Any, fact: str, most: int = 200) -> str:
    from omio_core.images.explain import colour, is_colour

    if is_colour(fact, value):
        return colour(value)
    text = f"{value:.10g}" if isinstance(value, float) else repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= most else f"{text[:most]}... ({len(text)} characters)"
