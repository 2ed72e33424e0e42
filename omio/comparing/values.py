"""The differences of two files or images as values, fact by fact and plane by plane; compares nothing itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from omio.reports import head
from omio.sources.walk import Skipped
from omio_core.images.explain import colour, is_colour, printable

FORM = 1
"""Version of `Difference.to_dict`: as long as it is the same, documented keys stay and keep their meaning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One fact on which A and B disagree.

    Parameters
    ----------
    fact
        Its public name, such as ``"PhysicalSizeX"``, ``"Channels[0].Name"`` or ``"Annotations[imagej][unit]"``.
    a, b
        Its plain values, in OMIO's units; None where unknown.
    where_a, where_b
        The origin of each value.
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
        """Return every field, JSON-able."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pixels:
    """Whether the pixels of two images are equal, by digests of their planes (see `omio_core.pixels.digests`).

    Parameters
    ----------
    verdict
        ``"equal"``, ``"different"`` or ``"not compared"``.
    note
        A remark: lengths differ, types differ, or why the pixels were not compared.
    planes
        The first ten planes that differ, as (T, Z, C).
    count
        The number of planes known to differ.
    compared
        The number of planes compared.
    of
        The number of planes in the image; if it is above `compared`, the comparison stopped at the tenth that differs.
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
        """Return every field, JSON-able, planes with their axes spelled."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**values, "planes": [dict(zip("TZC", plane, strict=True)) for plane in self.planes]}


KINDS = ("lost", "changed", "added", "same_in_another_unit")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageDifference:
    """The differences between an image of A and its counterpart of B.

    Parameters
    ----------
    name
        The name of the pair: ``"image 0"``.
    lost
        Known in A, unknown in B.
    changed
        Known in both, and not the same.
    added
        Unknown in A, known in B.
    same_in_another_unit
        The same to one part in a million but spelled in another unit, where the spellings of both files are known.
    pixels
        Whether the pixels are equal.
    aside
        Differences of the run, not of the picture: provenance, assumptions. They do not affect the verdict.
    assumptions
        The assumptions among `aside`, as the metadata have them: sentences that only one side has.
    is_pair
        Whether the images were found in several files and paired, and `name` has the names of both.
    """

    name: str
    lost: tuple[Change, ...] = ()
    changed: tuple[Change, ...] = ()
    added: tuple[Change, ...] = ()
    same_in_another_unit: tuple[Change, ...] = ()
    pixels: Pixels
    aside: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    is_pair: bool = False

    @property
    def equal(self) -> bool:
        """Whether nothing is lost, changed or added, and no pixel is known to differ."""
        return not (self.lost or self.changed or self.added) and self.pixels.verdict != "different"

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able dict."""
        changes = {kind: [change.to_dict() for change in getattr(self, kind)] for kind in KINDS}
        rest = {"pixels": self.pixels.to_dict(), "aside": list(self.aside)}
        return {"name": self.name, "equal": self.equal, **changes, **rest}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The differences between A and B: ``str()`` is for people, `to_dict` for programs, `equal` for an ``if``.

    Parameters
    ----------
    a, b
        The names of what was compared.
    images
        One entry per pair of images, in file order.
    uncompared
        Why images were not compared, if they were not.
    only_a, only_b
        The images, or files, of folders that have no counterpart.
    failed
        The error of each file that cannot be read, where other files could.
    skipped
        What lies in the folders and is no image.
    """

    a: str
    b: str
    images: tuple[ImageDifference, ...]
    uncompared: str = ""
    only_a: tuple[str, ...] = ()
    only_b: tuple[str, ...] = ()
    failed: Mapping[str, Exception] = field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()

    @property
    def equal(self) -> bool:
        """Whether all images have a counterpart and equal it."""
        alone = self.uncompared or self.only_a or self.only_b or self.failed
        return not alone and all(image.equal for image in self.images)

    @property
    def counts(self) -> dict[str, int]:
        """How many pairs of images are equal, how many are not, and how many images or files are none of a pair."""
        equal = sum(image.equal for image in self.images)
        counts = {"equal": equal, "different": len(self.images) - equal}
        alone = {"only in A": len(self.only_a), "only in B": len(self.only_b)}
        return counts | alone | {"failed": len(self.failed), "left out": len(self.skipped)}

    @property
    def lost(self) -> tuple[Change, ...]:
        """Facts of all images that are known only in A."""
        return self._all("lost")

    @property
    def changed(self) -> tuple[Change, ...]:
        """Facts of all images that are not the same."""
        return self._all("changed")

    @property
    def added(self) -> tuple[Change, ...]:
        """Facts of all images that are known only in B."""
        return self._all("added")

    @property
    def same_in_another_unit(self) -> tuple[Change, ...]:
        """Facts of all images that are the same but spelled in another unit."""
        return self._all("same_in_another_unit")

    @property
    def pixels(self) -> str:
        """``"different"`` if any image's are, else ``"not compared"`` if any's were not, else ``"equal"``."""
        verdicts = {image.pixels.verdict for image in self.images} | ({"not compared"} if self.uncompared else set())
        return next((verdict for verdict in ("different", "not compared") if verdict in verdicts), "equal")

    def _all(self, kind: str) -> tuple[Change, ...]:
        return tuple(change for image in self.images for change in getattr(image, kind))

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able dict: the keys of every report, a version, a, b, equal, and the images."""
        common = head("diff", ok=self.equal, counts=self.counts, failed=self.failed, left_out=self.skipped)
        summary = {
            **common,
            "omio_difference": FORM,
            "a": self.a,
            "b": self.b,
            "equal": self.equal,
            "pixels": self.pixels,
            "uncompared": self.uncompared or None,
            "only_a": list(self.only_a),
            "only_b": list(self.only_b),
        }
        return {**summary, "images": [image.to_dict() for image in self.images]}

    def __str__(self) -> str:
        return self.text()

    def text(self, most: int | None = None, *, more: str = "") -> str:
        """Return text for people: the names, one line per difference, the verdict.

        Parameters
        ----------
        most
            How many differences of a kind to list per image, if not all; the others are counted.
        more
            How the reader can see the others.
        """
        lines = [f"A: {self.a}", f"B: {self.b}", *([f"not compared: {self.uncompared}"] if self.uncompared else [])]
        equal_pairs = [image for image in self.images if image.equal and image.is_pair]
        counted = {id(image) for image in equal_pairs[most:]} if most is not None else set()
        for image in self.images:
            if id(image) in counted:
                continue
            if image.equal and image.is_pair:
                lines.append(f"{image.name}: equal, {image.pixels.of} plane{'' if image.pixels.of == 1 else 's'}")
            else:
                lines += [image.name, *(f"  {line}" for line in _rows(image, most, more))]
        if counted:
            lines.append(f"and {len(counted)} more that are equal" + (f" ({more})" if more else ""))
        lines += [f"only in A: {name}" for name in self.only_a] + [f"only in B: {name}" for name in self.only_b]
        lines += [f"FAILED: {path}: {getattr(error, 'what', error)}" for path, error in self.failed.items()]
        if any(image.is_pair for image in self.images) or self.only_a or self.only_b:
            lines.append(", ".join(f"{n} {word}" for word, n in self.counts.items() if n or word == "equal"))
        lines.append("equal" if self.equal else "different")
        return "\n".join(printable(line) for line in lines)


def _rows(image: ImageDifference, most: int | None, more: str) -> Iterator[str]:
    """Yield one line per change, in columns; then the pixels, then what is left aside."""
    changes = {kind.replace("_", " "): getattr(image, kind) for kind in KINDS}
    shown = [(kind, change) for kind, all_changes in changes.items() for change in all_changes[:most]]
    kinds = max((len(kind) for kind, _ in shown), default=0)
    facts = min(40, max((len(change.fact) for _, change in shown), default=0))
    for kind, all_changes in changes.items():
        for change in all_changes[:most]:
            yield f"{kind:<{kinds}}  {change.fact:<{facts}}  {_sentence(kind, change)}"
        if most is not None and len(all_changes) > most:
            yield f"{kind:<{kinds}}  and {len(all_changes) - most} more" + (f" ({more})" if more else "")
    yield f"pixels: {image.pixels}"
    if image.aside:
        yield f"left aside: {'; '.join(image.aside)}"


def _sentence(kind: str, change: Change) -> str:
    a, b = (_word(value, change.fact) for value in (change.a, change.b))
    if kind == "same in another unit":
        return f"{a}, in {change.unit_a} and in {change.unit_b}"
    if kind == "lost":
        return f"{a}{f' (from {change.where_a})' if change.where_a else ''}"
    if kind == "added":
        return f"{b}{f' (from {change.where_b})' if change.where_b else ''}"
    return f"{a} -> {b}"


def _word(value: Any, fact: str, most: int = 200) -> str:

    if is_colour(fact, value):
        return colour(value)
    text = f"{value:.10g}" if isinstance(value, float) else repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= most else f"{text[:most]}... ({len(text)} characters)"
