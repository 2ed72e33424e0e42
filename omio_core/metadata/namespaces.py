"""The names of OMIO's own annotations, and the version that they record; it knows no format."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version

PROVENANCE = "omio/provenance"
ASSUMPTIONS = "omio/assumptions"
ORIGINS = "omio/origins"


@cache
def omio_version() -> str:
    """The version of the installed distribution; "unknown" in a source tree that is not installed."""
    try:
        return version("omio-core")
    except PackageNotFoundError:
        return "unknown"


MERGE = "omio/merge"
"""The namespace of the annotation that records a merge."""

DISPLAY = "omio/display"
"""The namespace of the annotation that records how a viewer showed the channels."""
