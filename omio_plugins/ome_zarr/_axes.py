"""The axes of an OME-Zarr as letters; it knows no array and no scale.

https://ngff.openmicroscopy.org/0.5, "axes" metadata: two to five axes, of which two or three are of the type space, at
most one is of the type time, and at most one is a channel or of a custom type.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from omio_core.contract import CorruptFileError

from ._json import items, mapping, text

_USUAL = {"t": "T", "time": "T", "c": "C", "channel": "C", "z": "Z", "y": "Y", "x": "X"}
_KINDS = {"time": "T", "channel": "C"}
_SPARE = "ABDEFGHILMPRUVJKNOW"  # letters that fold into C


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One axis: its letter, and its name, type and unit as the metadata spells them; "" where it does not say."""

    letter: str
    name: str
    kind: str
    unit: str


def read_axes(stated: Any, where: str) -> tuple[tuple[Axis, ...], tuple[str, ...]]:
    """Return the axes, and the assumptions about them.

    Raises
    ------
    CorruptFileError
        There are no axes or too many, two of them are the same, or there are not two of space.
    """
    parts = [(text(mapping(a).get("name")) or text(a), text(mapping(a).get("type"))) for a in items(stated)]
    units = [text(mapping(a).get("unit")) for a in items(stated)]
    if not 2 <= len(parts) <= 5 or not all(name for name, _ in parts):
        raise _invalid(
            where, f"it has {len(parts)} axes: {', '.join(name or 'one without a name' for name, _ in parts)}"
        )
    letters: list[str] = []
    assumptions: list[str] = []
    spaces = [name.lower() for name, kind in parts if kind == "space"]
    by_name = all(name in ("z", "y", "x") for name in spaces)
    remaining = list("ZYX")[-len(spaces) :] if spaces else []
    for name, kind in parts:
        letter = _KINDS.get(kind, "")
        if kind == "space":
            letter = name.upper() if by_name else remaining.pop(0) if remaining else ""
            if not by_name and letter:
                assumptions.append(f"axis {name!r} of the type space is taken for {letter}")
        elif not kind:
            letter = _USUAL.get(name.lower(), "")
        letters.append(letter)
    for k, (name, kind) in enumerate(parts):
        if not letters[k]:
            letters[k] = _free(name, letters)
            of = f"of the type {kind!r}" if kind else "without a type"
            assumptions.append(f"axis {name!r} {of} gets the letter {letters[k]}")
    if len(set(letters)) < len(letters) or "Y" not in letters or "X" not in letters:
        raise _invalid(where, f"its axes are {', '.join(f'{name} ({kind})' for name, kind in parts)}"[:200])
    axes = tuple(
        Axis(letter=letter, name=name, kind=kind, unit=unit)
        for letter, (name, kind), unit in zip(letters, parts, units, strict=True)
    )
    return axes, tuple(assumptions)


def _free(name: str, used: Sequence[str]) -> str:
    """A letter that folds into C: the first one of the name, if it is free."""
    candidates = name[:1].upper() + _SPARE
    return next(letter for letter in candidates if letter in _SPARE and letter not in used)


def _invalid(where: str, evidence: str) -> CorruptFileError:
    return CorruptFileError(f"{where} has no valid axes", evidence=evidence, path=where)
