"""Whether a reader claims a path: asked before a viewer offers OMIO for it; opens no picture."""

from __future__ import annotations

from collections.abc import Iterator

from omio.sources.walk import Candidate, is_picture, walk
from omio_core.errors import OmioError
from omio_core.files.local import locate
from omio_core.files.location import Location
from omio_core.files.probe import Probe
from omio_core.plugins.descriptions import Match
from omio_core.plugins.dispatch import verdicts


def is_claimed(path: str) -> bool:
    """Whether at least one reader's sniff claims a file, a folder that is one picture, or a file of a folder.

    A path that does not exist, or that cannot be looked at, is not claimed.
    """
    try:
        location = locate(path)
        if location.is_folder and not is_picture(location):
            return any(_claimed(inside) for inside in _files(location))
        return _claimed(location)
    except (OmioError, OSError, ValueError):  # a viewer asks of anything that is dropped on it
        return False


def _files(folder: Location) -> Iterator[Location]:
    for entry in walk(folder):
        if isinstance(entry, Candidate):
            yield entry.location


def _claimed(location: Location) -> bool:
    return any(verdict.match > Match.NO for verdict in verdicts(Probe(location)).values())
