"""The facts of an image, and the origin of each; it knows no format and imports no array library.

Unknown is None. `Facts` drops a size that is zero, negative, not finite, or not above 1e-9 micrometres, whatever its
origin. Lengths are micrometres, wavelengths nanometres, times seconds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from numbers import Real
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from omio_core.errors import MetadataError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

V = TypeVar("V")

ORIGINS = ("file", "sidecar", "caller", "derived")  # and "policy:<name>"
METRE = 1e6  # micrometres
SMALLEST_SIZE = 1e-9  # micrometres; some writers store the smallest double or 1e-9 for an unknown size


@dataclass(frozen=True, slots=True)
class Fact(Generic[V]):
    """A value and its origin.

    Parameters
    ----------
    value
        The value, in OMIO's units.
    origin
        ``"file"``, ``"sidecar"``, ``"caller"``, ``"derived"`` or ``"policy:<name>"``.
    where
        The place in the origin that states the value, in the origin's own words, such as
        ``"OME-XML Pixels/@PhysicalSizeX"``.
    unit
        The unit beside the number, as the origin spells it; "" if it gives none.

    Examples
    --------
    >>> fact = Fact(0.25, "file", "ImageJ description: spacing", unit="um")
    >>> fact.value
    0.25
    >>> str(fact)
    '0.25 (file: ImageJ description: spacing, unit um)'
    """

    value: V
    origin: str
    where: str = ""
    unit: str = ""

    def __post_init__(self) -> None:
        if self.origin not in ORIGINS and not str(self.origin).startswith("policy:"):
            raise MetadataError(
                f"a fact cannot have the origin {self.origin!r}",
                evidence=f"the origins are {', '.join(ORIGINS)} and policy:<name>",
                remedy='a reader writes "file" for what the file states, and the place in the file as `where`',
                key="Fact.origin",
            )

    @property
    def where_text(self) -> str:
        """`where` and `unit` for users; "" if both are empty."""
        return ", ".join(part for part in (self.where, f"unit {self.unit}" if self.unit else "") if part)

    @property
    def origin_text(self) -> str:
        """`origin`, `where` and `unit` for users."""
        return _origin_text(self.origin, self.where_text)

    def __str__(self) -> str:
        return f"{self.value} ({self.origin_text})"


def _origin_text(origin: str, where: str) -> str:
    return f"{origin}: {where}" if where else origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One channel: wavelengths in nanometres, the colour as OME's signed 32-bit RGBA integer.

    `samples` is the number of C indices of the channel: 3 for RGB, else 1.
    """

    name: Fact[str] | None = None
    color: Fact[int] | None = None
    excitation: Fact[float] | None = None
    emission: Fact[float] | None = None
    fluor: Fact[str] | None = None
    samples: int = 1


PLANE_COLUMNS: Mapping[str, str] = MappingProxyType(
    {"DeltaT": "s", "ExposureTime": "s", "PositionX": "µm", "PositionY": "µm", "PositionZ": "µm"}
)
"""Facts per plane: from OME's name to the unit of its values."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Planes:
    """Facts per plane: tables over (T, Z, C) with one origin; NaN is unknown.

    Parameters
    ----------
    columns
        From a name of `PLANE_COLUMNS` to a float64 array of shape (T, Z, channels); seconds and micrometres.
    origin, where
        As for a `Fact`.
    """

    columns: Mapping[str, NDArray[np.float64]]
    origin: str
    where: str = ""

    @property
    def origin_text(self) -> str:
        """`origin` and `where` for users."""
        return _origin_text(self.origin, self.where)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Planes) or set(self.columns) != set(other.columns):
            return False
        import numpy as np

        same = all(np.array_equal(v, other.columns[k], equal_nan=True) for k, v in self.columns.items())
        return same and (self.origin, self.where) == (other.origin, other.where)

    def __hash__(self) -> int:
        return hash((tuple(self.columns), self.origin, self.where))


Annotations = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that a reader, a sidecar or a caller states about one image; every field may be unknown.

    Parameters
    ----------
    name
        The image's name.
    physical_size_x, physical_size_y, physical_size_z
        Distance between neighbouring pixels and planes in micrometres.
    time_increment
        Seconds between time points.
    channels
        One entry per channel, not per sample; empty if nothing is known of any channel.
    acquisition_date
        ISO 8601, as in the file.
    objective
        The known attributes of OME's Objective.
    planes
        Facts per plane.
    annotations
        Everything that has no place in OME's model: from a namespace to a flat mapping of JSON-able values.
    default_sizes
        By the axis X, Y or Z, sizes in micrometres that the file states and that are defaults of the program that wrote
        it, not measurements; `where` says whose. The core takes them only if the caller says ``pixel_size="file"``, and
        empties the field.
    warnings
        What is wrong with the text that states the facts, and what is unknown for it, in sentences. The core warns the
        user of each once a file, records it as an assumption, and empties the field.
    """

    name: Fact[str] | None = None
    physical_size_x: Fact[float] | None = None
    physical_size_y: Fact[float] | None = None
    physical_size_z: Fact[float] | None = None
    time_increment: Fact[float] | None = None
    channels: tuple[Channel, ...] = ()
    acquisition_date: Fact[str] | None = None
    objective: Fact[Mapping[str, Any]] | None = None
    planes: Planes | None = None
    annotations: Annotations = field(default_factory=dict)
    default_sizes: Mapping[str, Fact[float]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("physical_size_x", "physical_size_y", "physical_size_z", "time_increment"):
            fact = getattr(self, name)
            _refuse_bare(name, fact)
            known = is_positive(fact) if name == "time_increment" else is_size(fact)
            object.__setattr__(self, name, replace(fact, value=float(fact.value)) if known else None)

    def over(self, other: Facts) -> Facts:
        """Merge two sets of facts: these where they are known, else the other's; the annotations of both."""
        known = {
            slot: value
            for slot in Facts.__dataclass_fields__
            if slot != "annotations" and (value := getattr(self, slot)) not in (None, (), {})
        }
        return replace(other, **known, annotations={**other.annotations, **self.annotations})


def _refuse_bare(name: str, fact: Any) -> None:
    """Raise a MetadataError for a value without an origin."""
    if fact is not None and not isinstance(fact, Fact):
        raise MetadataError(
            f"{name} is {fact!r}, no Fact",
            remedy=f'write Fact({fact!r}, "file", where), so that its origin is known',
            key=f"Facts.{name}",
        )


def is_positive(fact: Fact[Any] | None) -> bool:
    """Whether the fact is a finite number above 0 (a bool does not count as a number)."""
    if fact is None or isinstance(fact.value, bool) or not isinstance(fact.value, Real):
        return False
    return math.isfinite(fact.value) and float(fact.value) > 0


def is_size(fact: Fact[Any] | None) -> bool:
    """Whether the fact is a possible size of a pixel, in micrometres; 1 m is what programs fill in, unless a caller."""
    if fact is None or not is_positive(fact) or not fact.value > SMALLEST_SIZE:
        return False
    return fact.origin == "caller" or not math.isclose(fact.value, METRE)
