"""Where a picture comes from, as plain values that travel with it; it knows no format."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass

PROVENANCE = "omio/provenance"
ASSUMPTIONS = "omio/assumptions"
ORIGINS = "omio/origins"


@cache
def omio_version() -> str:
    """Version of the installed distribution; "unknown" in a bare source tree."""
    try:
        return version("omio-core")
    except PackageNotFoundError:
        return "unknown"


MERGE = "omio/merge"
"""The namespace of the record among the annotations."""
