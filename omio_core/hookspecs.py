"""The hooks, in the order in which they are called: the plugin author's manual; it knows no plugin.

A plugin is a module (or any object) behind an entry point::

    [project.entry-points."omio.plugins"]
    myformat = "omio_myformat"

It states the version of the contract, ``OMIO_API = 1``, and implements any of the hooks below::

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

Keep the module light: every process that looks for a reader imports it. Put heavy imports into the module that the
string in ``open`` names. OMIO leaves out a plugin, with one warning and without harm to the others, if it cannot be
imported, misspells a hook or leaves out its ``@hookimpl``, returns values of a wrong type, claims files that it cannot
know, or states another ``OMIO_API``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from omio_core.plugins.descriptions import Policy, Reader, Writer

    from .files.location import Location
    from .metadata.model import Metadata

hookspec = pluggy.HookspecMarker("omio")


@hookspec
def omio_readers() -> Sequence[Reader]:
    """Return the readers that this plugin offers; called once per process, at first use.

    The names must be new. OMIO first tries each ``sniff`` on empty bytes, text and noise under strange names. If one
    of them claims such a file, the plugin is left out.
    """
    raise NotImplementedError  # a specification is never called


@hookspec
def omio_writers() -> Sequence[Writer]:
    """Return the writers that this plugin offers; called once per process, at first use."""
    raise NotImplementedError


@hookspec
def omio_policies() -> Sequence[Policy]:
    """Return the policies that this plugin offers; called once per process, at first use."""
    raise NotImplementedError


@hookspec
def omio_annotate(metadata: Metadata, source: Location) -> Mapping[str, Any]:
    """Return what the plugin knows of an image beyond the model; called once per image, at first use of its metadata.

    Parameters
    ----------
    metadata
        The image's metadata.
    source
        The file or folder that the image was opened from.

    Returns
    -------
    mapping
        From names to JSON-able values. They become a MapAnnotation under the name of the plugin's entry point.
    """
    raise NotImplementedError
