"""The multiscales of a group as values: axes, paths of the levels, scales; it reads no array.

https://ngff.openmicroscopy.org/0.5, "multiscales" metadata; 0.6: https://github.com/ome/ngff-spec.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from omio_core.contract import CorruptFileError

from ._axes import Axis, read_axes
from ._groups import Group, joined
from ._json import items, mapping, text
from ._transformations import Scaling, has_scale, scaling
from ._versions import check_version

_MOST_LEVELS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Multiscale:
    """One multiscale: an image or a label image.

    Parameters
    ----------
    version
        0.4, 0.5 or 0.6.
    name
        As the metadata states it; "" if it does not.
    axes
        Those of its arrays.
    paths
        The paths in the store of its levels, the largest first.
    scaling
        Of the first level; None if it is unknown.
    assumptions, warnings, not_kept
        As of `omio_core.contract.ImageDescription`.
    """

    version: str
    name: str
    axes: tuple[Axis, ...]
    paths: tuple[str, ...]
    scaling: Scaling | None
    assumptions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    not_kept: tuple[str, ...] = ()


def read_multiscales(group: Group, where: str) -> tuple[Multiscale, ...]:
    """Read the multiscales of a group, at least one.

    Raises
    ------
    CorruptFileError
        There is none, or one is not valid.
    UnsupportedFeatureError
        The version or a transformation is not read.
    """
    version, note = check_version(group.attributes, group.zarr, where)
    stated = group.attributes.get("multiscales")
    if not items(stated):
        raise CorruptFileError(
            f"{where} describes no image", evidence=f"its multiscales are {str(stated)[:80]}", path=where
        )
    return tuple(_read(mapping(one), group, version, note, where) for one in items(stated))


def _read(one: Mapping[str, Any], group: Group, version: str, note: str, where: str) -> Multiscale:
    datasets = [mapping(dataset) for dataset in items(one.get("datasets"))]
    if not 1 <= len(datasets) <= _MOST_LEVELS:
        raise CorruptFileError(f"{where} is not valid", evidence=f"an image has {len(datasets)} datasets", path=where)
    not_kept: list[str] = []
    stated_axes = one.get("axes")
    outer = one.get("coordinateTransformations")
    if version == "0.6":
        stated_axes, others = _system(one, datasets[0], where)
        if others:
            not_kept.append(f"the coordinate systems {', '.join(others)}"[:200])
        outer = None  # they lead from the system of the levels to the others
    axes, assumptions = read_axes(stated_axes, where)
    steps = items(datasets[0].get("coordinateTransformations"))
    whole, problem = scaling([*steps, *items(outer)], len(axes), where)
    for dataset in datasets[1:]:  # refused as those of the first are
        scaling(dataset.get("coordinateTransformations"), len(axes), where)
    if whole is not None and not has_scale([*steps, *items(outer)]):
        whole = None
    return Multiscale(
        version=version,
        name=text(one.get("name")),
        axes=axes,
        paths=_paths(group.path, datasets, where),
        scaling=whole,
        assumptions=(*([note] if note else []), *assumptions),
        warnings=(f"{problem}: the sizes are unknown",) if problem else (),
        not_kept=tuple(not_kept),
    )


def _paths(group: str, datasets: Sequence[Mapping[str, Any]], where: str) -> tuple[str, ...]:
    paths = tuple(joined(group, dataset.get("path"), where) for dataset in datasets)
    if len(set(paths)) < len(paths):
        raise CorruptFileError(f"{where} is not valid", evidence=f"a level stands twice: {paths}"[:200], path=where)
    return paths


def _system(one: Mapping[str, Any], dataset: Mapping[str, Any], where: str) -> tuple[Any, list[str]]:
    """The axes of the coordinate system to which the levels are mapped, and the names of the others."""
    systems = [mapping(system) for system in items(one.get("coordinateSystems"))]
    steps = items(dataset.get("coordinateTransformations"))
    output = mapping(steps[-1]).get("output") if steps else None
    wanted = text(mapping(output).get("name")) or text(output)
    found = [system for system in systems if text(system.get("name")) == wanted] or (
        systems if len(systems) == 1 else []
    )
    if len(found) != 1:
        names = ", ".join(text(system.get("name")) or "one without a name" for system in systems)
        raise CorruptFileError(
            f"{where} does not say what its axes are",
            evidence=f"the levels are mapped to {wanted[:40]!r}; the coordinate systems are {names or 'none'}"[:200],
            path=where,
        )
    others = [text(system.get("name")) for system in systems if system is not found[0]]
    return found[0].get("axes"), others
