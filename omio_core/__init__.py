"""The programmatic interface of OMIO: axes, metadata, policies, dispatch; it knows no format.

Every name here is imported at first use: ``import omio_core`` loads no array library.
"""

from .lazy import attach

_HOMES = {
    "contract": ("Box", "Channel", "ImageDescription", "Fact", "Facts", "Level", "Match", "Opened", "Planes", "Policy",
                 "Probe", "Reader", "Verdict", "WriteRequest", "Writer", "Written", "hookimpl"),
    "plugins.dispatch": ("Decision", "choose", "verdicts"),
    "errors": ("OmioError", "OmioWarning"),
    "images.explanation": ("Explanation",),
    "images.image": ("Image",),
    "metadata.model": ("Metadata", "to_dict"),
    "plugins.catalogue": ("Catalogue", "Plugin", "catalogue"),
    "policies": ("Policies",),
    "metadata.namespaces": ("omio_version",),
    "images.opening": ("OpenedSource", "open_source"),
    "metadata.from_dict": ("from_dict",),
    "images.overrides": ("Overrides", "Request"),
    "settings": ("Settings", "current_settings", "using"),
    "pixels.stream": ("fill", "pull"),
    "images.writing": ("write",),
}  # fmt: skip

__getattr__, __dir__ = attach(
    __name__, {name: f"{__name__}.{home}" for home, names in _HOMES.items() for name in names}
)
__all__ = sorted(name for names in _HOMES.values() for name in names)
