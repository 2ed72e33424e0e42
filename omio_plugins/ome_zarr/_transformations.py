"""From coordinate transformations to one scale and one translation for each axis; it knows no array and no unit.

0.4 and 0.5: https://ngff.openmicroscopy.org/0.5, "coordinateTransformations" metadata. 0.6 adds named coordinate
systems and sequences: https://github.com/ome/ngff-spec.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from omio_core.contract import UnsupportedFeatureError

from ._json import items, mapping, text

_MOST_NESTED = 8
_MOST_STEPS = 100


@dataclass(frozen=True, slots=True)
class Scaling:
    """What maps indices to coordinates: ``scale * index + shift`` for each axis; None if it is not stated.

    Examples
    --------
    >>> Scaling((2.0,), (1.0,)).then(Scaling((10.0,), (0.5,)))
    Scaling(scale=(20.0,), shift=(10.5,))
    """

    scale: tuple[float, ...]
    shift: tuple[float, ...]

    def then(self, outer: Scaling) -> Scaling:
        """This one, and then `outer`."""
        return Scaling(
            tuple(a * b for a, b in zip(self.scale, outer.scale, strict=True)),
            tuple(a * b + c for a, b, c in zip(self.shift, outer.scale, outer.shift, strict=True)),
        )


def scaling(stated: Any, rank: int, where: str, depth: int = 0) -> tuple[Scaling | None, str]:
    """Compose a list of transformations; return what they do, or None and what is wrong with their numbers.

    A list without a scale maps each index to itself.

    Raises
    ------
    UnsupportedFeatureError
        There is another transformation than a scale, a translation, an identity or a sequence of these.
    """
    whole = Scaling((1.0,) * rank, (0.0,) * rank)
    steps = items(stated)
    if depth > _MOST_NESTED or len(steps) > _MOST_STEPS:
        raise UnsupportedFeatureError(f"{where} nests its transformations too deep", path=where)
    for step in steps:
        kind = text(mapping(step).get("type"))
        if kind == "sequence":
            inner, problem = scaling(mapping(step).get("transformations"), rank, where, depth + 1)
            if inner is None:
                return None, problem
            whole = whole.then(inner)
        elif kind in ("scale", "translation"):
            numbers = _numbers(mapping(step).get(kind), rank, least=0.0 if kind == "scale" else -math.inf)
            if numbers is None:
                return None, f"the {kind} {str(mapping(step).get(kind))[:80]} does not fit the {rank} axes"
            ones, zeros = (1.0,) * rank, (0.0,) * rank
            whole = whole.then(Scaling(numbers, zeros) if kind == "scale" else Scaling(ones, numbers))
        elif kind != "identity":
            raise UnsupportedFeatureError(
                f"{where} has a coordinate transformation that is not read",
                evidence=f"its type is {kind[:40]!r}; scale, translation, identity and sequences of these are read",
                path=where,
            )
    return whole, ""


def _numbers(stated: Any, rank: int, least: float) -> tuple[float, ...] | None:
    """One finite number above `least` for each axis."""
    if not isinstance(stated, list) or len(stated) != rank:
        return None
    numbers = tuple(float(n) if type(n) in (int, float) and abs(n) < 1e300 else math.nan for n in stated)
    return numbers if all(math.isfinite(n) and n > least for n in numbers) else None


def has_scale(stated: Sequence[Any]) -> bool:
    """Whether a list of transformations states a scale, or is an identity of 0.6."""
    return any(
        text(mapping(step).get("type")) in ("scale", "identity")
        or has_scale(items(mapping(step).get("transformations"))[:_MOST_STEPS])
        for step in stated
    )
