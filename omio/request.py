"""Turn the keywords of a call into a request: policies, the caller's statements, options of reader and writer."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, replace
from types import MappingProxyType
from typing import Any

from omio_core.errors import OmioError
from omio_core.images.overrides import Overrides, Request
from omio_core.plugins.catalogue import catalogue
from omio_core.plugins.rules import choose
from omio_core.policies import Policies
from omio_core.wording import advise, either, worded

Source = str | os.PathLike[str]
"""A path, as text or as a path object."""

Sizes = float | Sequence[float] | Mapping[str, float] | str
"""Pixel sizes in micrometres: one number for X and Y, (x, y), (x, y, z), a mapping by axis; or "file"."""

Dict = dict[str, Any]
"""The public dict of metadata."""

_KINDS = tuple(f.name for f in fields(Policies))


def make_request(
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
        Names among `others` that do not concern the reader: those of `writer_options`.

    Raises
    ------
    OmioError
        The caller names a policy that is not installed.
    OSError
        The file of policies cannot be read.
    """
    others = {name: value for name, value in others.items() if name not in left_out}
    chosen = {kind: others[kind] for kind in _KINDS if kind in others}
    if axes is not None and any(p.kind == "axes" and p.name == axes for p in catalogue().policies):
        chosen["axes"], axes = axes, None
    return Request(
        reader=reader,
        policies=choose(others.get("policies"), chosen),
        overrides=Overrides(
            axes=axes, pixel_size=pixel_size, time_increment=time_increment, channel_names=channel_names
        ),
        options={name: value for name, value in others.items() if name not in (*_KINDS, "policies")},
    )


def updating(request: Request, *, remake: bool) -> Request:
    """Return the request of an update if it is to `remake` files, and no other policy for names is chosen.

    Raises
    ------
    OmioError
        Another one is chosen.
    """
    if not remake or request.policies.collision == "update":
        return request
    if "collision" in request.policies.chosen():
        raise OmioError(
            "only an update remakes files",
            evidence=worded("{collision} is chosen", collision=str(request.policies.collision)),
            remedy=either(advise("choose {collision}", collision="update"), advise("leave out {remake}", remake=True)),
        )
    return replace(request, policies=replace(request.policies, collision="update"))


def at_home(path: Source) -> Source:
    """Return a path with the home folder for ``~``, which shells leave in ``--out=~/x``, and Python everywhere."""
    text = os.fspath(path)
    return os.path.expanduser(text) if text.startswith("~") else path


def writer_options(others: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of a caller's keywords that are options of a writer."""
    known = {name for writer in catalogue().writers for name in writer.options}
    return {name: value for name, value in others.items() if name in known}
