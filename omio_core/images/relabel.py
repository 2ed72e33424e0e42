"""Map facts from the axes as a reader names them to the axes as the caller names them; reads no file.

A reader states one channel per index of all axes that fold into C, and facts per plane over T, Z and these channels.
If the caller calls one of the axes otherwise, the same facts belong to other indices.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from omio_core.errors import AmbiguousAxesError
from omio_core.geometry.axes import Layout, layout
from omio_core.metadata.facts import Channel, Fact, Facts, Planes

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_CHANNELS = 1 << 20


def relabel(facts: Facts, axes: str, chosen: Layout) -> Facts:
    """Return the facts at the indices that the caller's axes give them.

    Where several channels become one, it has what all of them have in common; of the names, the words with which all
    begin: ``GFP H0`` and ``GFP H1`` are ``GFP``.

    Parameters
    ----------
    facts
        The facts as the reader states them.
    axes
        The native axes as the reader names them.
    chosen
        The layout of the same axes as the caller names them.
    """
    try:
        stated = layout(axes, chosen.lengths)
    except AmbiguousAxesError:  # the reader's own axes mean no channels and no planes
        return facts
    if stated.native == chosen.native:
        return facts
    return replace(
        facts, channels=_channels(facts.channels, stated, chosen), planes=_planes(facts.planes, stated, chosen)
    )


def _folded(of: Layout) -> tuple[int, ...]:
    """The places of the native axes that fold into the channels, outermost first; samples are no channels."""
    return tuple(of.native.index(axis) for axis in of.folded if axis != "S")


def _channels(known: tuple[Channel, ...], stated: Layout, chosen: Layout) -> tuple[Channel, ...]:
    old, new = _folded(stated), _folded(chosen)
    lengths = chosen.lengths
    count = math.prod(lengths[k] for k in new)
    if not known or len(known) != math.prod(lengths[k] for k in old) or count > _MOST_CHANNELS:
        return known
    shared = [k for k in old if k in new]
    groups: dict[tuple[int, ...], list[Channel]] = {}
    for at, channel in zip(itertools.product(*(range(lengths[k]) for k in old)), known, strict=True):
        places = dict(zip(old, at, strict=True))
        groups.setdefault(tuple(places[k] for k in shared), []).append(channel)
    merged = {place: _common(group, chosen.samples) for place, group in groups.items()}
    indices = (dict(zip(new, at, strict=True)) for at in itertools.product(*(range(lengths[k]) for k in new)))
    return tuple(merged[tuple(at[k] for k in shared)] for at in indices)


def _common(channels: Sequence[Channel], samples: int) -> Channel:
    """What all channels have in common."""
    first = channels[0]
    values: dict[str, Any] = {}
    for slot in fields(Channel):
        facts = [getattr(channel, slot.name) for channel in channels]
        values[slot.name] = facts[0] if all(fact == facts[0] for fact in facts) else None
    if values["name"] is None and first.name is not None:
        values["name"] = _common_name([channel.name for channel in channels])
    return Channel(**{**values, "samples": samples})


def _common_name(names: Sequence[Fact[str] | None]) -> Fact[str] | None:
    """The words with which all names begin; None if there are none."""
    words = [[] if name is None else name.value.split(" ") for name in names]
    same = [column[0] for column in itertools.takewhile(lambda c: len(set(c)) == 1, zip(*words, strict=False))]
    first = names[0]
    if first is None or not same:
        return None
    return replace(first, value=" ".join(same))


def _planes(known: Planes | None, stated: Layout, chosen: Layout) -> Planes | None:
    if known is None:
        return None
    old, new = _axes_of_planes(stated), _axes_of_planes(chosen)
    lengths = chosen.lengths
    shape = tuple(math.prod(lengths[k] for k in places) for places in old)
    if any(table.shape != shape for table in known.columns.values()):
        return known
    columns: Mapping[str, NDArray[Any]] = {
        name: _moved(table, lengths, old, new) for name, table in known.columns.items()
    }
    return replace(known, columns=columns)


def _axes_of_planes(of: Layout) -> tuple[tuple[int, ...], ...]:
    """The places of the native axes along T, Z and channels."""
    t, z = (tuple(k for k, letter in enumerate(of.native) if letter == axis) for axis in "TZ")
    return t, z, _folded(of)


def _moved(
    table: NDArray[Any], lengths: Sequence[int], old: Sequence[tuple[int, ...]], new: Sequence[tuple[int, ...]]
) -> NDArray[Any]:
    """A table over the old axes, as one over the new ones: what an old axis lacks is repeated along a new one."""
    import numpy as np

    from_places = [k for places in old for k in places]
    to_places = [k for places in new for k in places]
    split = table.reshape([lengths[k] for k in from_places])
    lost = [k for k in from_places if k not in to_places]  # an axis that is none of planes any more: its first index
    split = split[tuple(0 if k in lost else slice(None) for k in from_places)]
    kept = [k for k in from_places if k not in lost]
    added = [k for k in to_places if k not in kept]
    split = split.reshape(*split.shape, *(1 for _ in added))
    order = [(kept + added).index(k) for k in to_places]
    wide = np.broadcast_to(split.transpose(order), [lengths[k] for k in to_places])
    return np.ascontiguousarray(wide.reshape([math.prod(lengths[k] for k in places) for places in new]))
