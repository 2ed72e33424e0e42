"""From the keywords of a call to a request: policies, what the caller states, options of the reader and the writer."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from types import MappingProxyType
from typing import Any

from omio_core.images.overrides import Overrides, Request
from omio_core.plugins.catalogue import catalogue
from omio_core.plugins.rules import choose
from omio_core.policies import Policies

Source = str | os.PathLike[str]
"""A path."""

Sizes = float | Sequence[float] | Mapping[str, float]
"""Pixel sizes in micrometres: one for X and Y, (x, y), (x, y, z), or by axis."""

Dict = dict[str, Any]
"""The public dict of metadata."""

_KINDS = tuple(f.name for f in fields(Policies))


def request(
    reader: str | None = None,
    axes: str | None = None,
    pixel_size: Sizes | None = None,
    time_increment: float | None = None,
    channel_names: Sequence[str] | None = None,
    others: Mapping[str, Any] = MappingProxyType({}),
    left_out: Collection[str] = (),
) -> Request:
    """Sort a caller's keywords into policies, statements and options of the reader.

    Parameters
    ----------
    reader, axes, pixel_size, time_increment, channel_names, others
        As for `omio.imread`.
    left_out
        Names among `others` that are no business of the reader: those of `writer_options`.

    Raises
    ------
    OmioError
        A policy is named that is not installed.
    OSError
        The file of policies cannot be read.
    """
    others = {name: value for name, value in others.items() if name not in left_out}
    said = {kind: others[kind] for kind in _KINDS if kind in others}
    if axes is not None and any(p.kind == "axes" and p.name == axes for p in catalogue().policies):
        said["axes"], axes = axes, None
    return Request(
        reader=reader,
        policies=choose(others.get("policies"), said),
        overrides=Overrides(
            axes=axes, pixel_size=pixel_size, time_increment=time_increment, channel_names=channel_names
        ),
        options={name: value for name, value in others.items() if name not in (*_KINDS, "policies")},
    )


def writer_options(others: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a caller's keywords that are options of a writer."""
    known = {name for writer in catalogue().writers for name in writer.options}
    return {name: value for name, value in others.items() if name in known}
