"""The programmatic interface of OMIO, for programs that embed it: open, decide, describe, merge, write; no format.

docs/reference/programmatic.md shows how to use it. Every name here is imported at first use: ``import omio_core`` loads
no array library. Plugins import `omio_core.contract` instead.
"""

from typing import TYPE_CHECKING

from .lazy import attach

if TYPE_CHECKING:
    from .errors import OmioError, OmioWarning
    from .files.local import locate
    from .files.location import Location
    from .files.probe import Probe
    from .geometry.box import Box
    from .images.explanation import Explanation
    from .images.image import Image
    from .images.opening import OpenedSource, open_source
    from .images.overrides import Overrides, Request
    from .images.writing import write
    from .merging.merge import merge
    from .metadata.facts import Channel, Fact, Facts, Planes
    from .metadata.from_dict import from_dict
    from .metadata.model import Metadata, to_dict
    from .metadata.namespaces import omio_version
    from .pixels.description import ImageDescription, Level
    from .pixels.stream import fill, pull
    from .plugins.catalogue import Catalogue, Plugin, catalogue
    from .plugins.descriptions import Match, Opened, Policy, Reader, Verdict, Writer, WriteRequest, Written
    from .plugins.dispatch import Decision, choose, verdicts
    from .plugins.inventory import plugins_dict, policies_dict
    from .policies import Policies
    from .settings import Settings, current_settings, using

__all__ = [
    "Box",
    "Catalogue",
    "Channel",
    "Decision",
    "Explanation",
    "Fact",
    "Facts",
    "Image",
    "ImageDescription",
    "Level",
    "Location",
    "Match",
    "Metadata",
    "OmioError",
    "OmioWarning",
    "Opened",
    "OpenedSource",
    "Overrides",
    "Planes",
    "Plugin",
    "Policies",
    "Policy",
    "Probe",
    "Reader",
    "Request",
    "Settings",
    "Verdict",
    "WriteRequest",
    "Writer",
    "Written",
    "catalogue",
    "choose",
    "current_settings",
    "fill",
    "from_dict",
    "locate",
    "merge",
    "omio_version",
    "open_source",
    "plugins_dict",
    "policies_dict",
    "pull",
    "to_dict",
    "using",
    "verdicts",
    "write",
]

_HOMES = {
    "errors": ("OmioError", "OmioWarning",),
    "files.local": ("locate",),
    "files.location": ("Location",),
    "files.probe": ("Probe",),
    "geometry.box": ("Box",),
    "images.explanation": ("Explanation",),
    "images.image": ("Image",),
    "images.opening": ("OpenedSource", "open_source",),
    "images.overrides": ("Overrides", "Request",),
    "images.writing": ("write",),
    "merging.merge": ("merge",),
    "metadata.facts": ("Channel", "Fact", "Facts", "Planes",),
    "metadata.from_dict": ("from_dict",),
    "metadata.model": ("Metadata", "to_dict",),
    "metadata.namespaces": ("omio_version",),
    "pixels.description": ("ImageDescription", "Level",),
    "pixels.stream": ("fill", "pull",),
    "plugins.catalogue": ("Catalogue", "Plugin", "catalogue",),
    "plugins.descriptions": ("Match", "Opened", "Policy", "Reader", "Verdict", "WriteRequest", "Writer", "Written",),
    "plugins.dispatch": ("Decision", "choose", "verdicts",),
    "plugins.inventory": ("plugins_dict", "policies_dict",),
    "policies": ("Policies",),
    "settings": ("Settings", "current_settings", "using",),
}  # fmt: skip

__getattr__, __dir__ = attach("omio_core", {name: f"omio_core.{home}" for home in _HOMES for name in _HOMES[home]})
