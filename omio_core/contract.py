"""The interface for plugin authors: everything that a plugin needs of the core; it knows no format.

A plugin is a module behind an entry point of the group ``omio.plugins``. It states ``OMIO_API = 1`` and implements
hooks of `omio_core.hookspecs` with `hookimpl`. A `Reader` describes a reader. Opening a file with it gives an `Opened`,
whose images are `ImageDescription`. Description and handle are separate, so that 2,000 descriptions keep no file open.

Each name is imported at first use. No module of the core imports this one.
"""

from typing import TYPE_CHECKING

from .lazy import attach

if TYPE_CHECKING:
    from .files.probe import Probe
    from .geometry.box import Box, runs
    from .metadata.facts import PLANE_COLUMNS, Channel, Fact, Facts, Planes
    from .pixels.description import ImageDescription, Level, MappedLayout, no_facts
    from .plugins.descriptions import (
        OMIO_API,
        ImageLike,
        Match,
        Opened,
        Policy,
        Reader,
        Verdict,
        Writer,
        WriteRequest,
        Written,
        hookimpl,
    )

__all__ = [
    "OMIO_API", "PLANE_COLUMNS", "Box", "Channel", "Fact", "Facts", "ImageDescription", "ImageLike", "Level",
    "MappedLayout", "Match", "Opened", "Planes", "Policy", "Probe", "Reader", "Verdict", "WriteRequest", "Writer",
    "Written", "hookimpl", "no_facts", "runs",
]  # fmt: skip

_HOMES = {
    "files.probe": ("Probe",),
    "geometry.box": ("Box", "runs"),
    "metadata.facts": ("PLANE_COLUMNS", "Channel", "Fact", "Facts", "Planes"),
    "pixels.description": ("ImageDescription", "Level", "MappedLayout", "no_facts"),
    "plugins.descriptions": ("OMIO_API", "ImageLike", "Match", "Opened", "Policy", "Reader", "Verdict", "WriteRequest",
                             "Writer", "Written", "hookimpl"),
}  # fmt: skip

__getattr__, __dir__ = attach("omio_core.contract", {n: f"omio_core.{home}" for home in _HOMES for n in _HOMES[home]})
