"""The hooks, in the order in which they are called: the plugin author's manual; it knows no plugin.

A plugin is a module (or any object) behind an entry point::

    [project.entry-points."omio.plugins"]
    myformat = "omio_myformat"

It repeats the version of the contract, ``OMIO_API = 1``, and implements any of the hooks below::

    from omio_core.contract import Match, Reader, Verdict, hookimpl

    OMIO_API = 1

    def sniff(probe):
        if probe.head[:4] == b"MYF1":
            return Verdict(Match.EXACT, "begins with MYF1")
        return Verdict(Match.NO, "does not begin with MYF1")

    @hookimpl
    def omio_readers():
        return [Reader(name="myformat", title="My format", suffixes=(".myf",), sniff=sniff,
                       open="omio_myformat.read:open_file")]

The module itself stays light: it is imported in every process that looks for a reader. What is heavy stands behind
the string in ``open``. A plugin that fails to import, misspells a hook, answers nonsense, claims files it cannot know
or targets another ``OMIO_API`` is left out with one warning and harms nobody else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from omio_core.plugins.descriptions import Policy, Reader, Writer

    from .metadata.model import Metadata

hookspec = pluggy.HookspecMarker("omio")


@hookspec
def omio_policies() -> Sequence[Policy]:
    """Named policies this plugin offers; called once a process, at first use."""
    raise NotImplementedError  # a specification is never called


@hookspec
def omio_readers() -> Sequence[Reader]:
    """Readers this plugin offers; called once a process, at first use.

    The names must be new. Each ``sniff`` is tried on empty bytes, text and noise under foreign names before it is
    trusted: one that claims those is left out.
    """
    raise NotImplementedError


@hookspec
def omio_writers() -> Sequence[Writer]:
    """Writers this plugin offers; called once a process, at first use."""
    raise NotImplementedError


@hookspec
def omio_annotate(metadata: Metadata, source: str) -> Mapping[str, Any]:
    """What the plugin knows of an image beyond the model; called once an image, when its metadata are first used.

    Parameters
    ----------
    metadata
        The image's metadata.
    source
        The path it was opened from.

    Returns
    -------
    mapping
        Names and JSON-able values; they become a MapAnnotation under the plugin's entry-point name.
    """
    raise NotImplementedError
