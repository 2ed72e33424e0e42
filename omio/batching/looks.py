"""What a leaf of a project looks like by names, sizes and times, and how it is converted, as digests; opens no file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from omio.planning.update import settings_of
from omio.sources.walk import entries, is_picture, no_image
from omio_core.errors import OmioError
from omio_core.files.listing import whole_fingerprint
from omio_core.files.location import Location
from omio_core.plugins.catalogue import catalogue

from .discover import CONVERTED, Leaf
from .plans import Conversion


def look(leaf: Leaf) -> str:
    """Return a digest of the names, sizes and times of all that lies in the folders of a leaf.

    Hidden names do not count, and other folders in them do not. "" where a folder cannot be looked at.
    """
    digest = hashlib.blake2b(digest_size=16)
    try:
        for line in (line for part in leaf.parts for line in _lines(part)):
            digest.update(line.encode("utf-8", "surrogateescape"))
    except (OmioError, OSError):
        return ""
    return digest.hexdigest()


def _lines(folder: Location) -> Iterator[str]:
    yield f"{folder.name}\0"
    for entry in sorted(entries(folder), key=lambda entry: entry.name):
        if entry.hidden or entry.name.startswith("."):
            continue
        location = folder.child(entry.name)
        if not entry.is_folder:
            stamp = location.stamp()
            yield f"{entry.name}\0{stamp.size} {stamp.mtime_ns} {stamp.tag}\0"
        elif no_image(entry) is None and entry.name != CONVERTED and is_picture(location):
            yield f"{entry.name}\0{whole_fingerprint(location).stamp}\0"


def manner(leaf: Leaf, conversion: Conversion) -> str:
    """Return a digest of how a leaf is converted, and by which readers and writers."""
    known, writing = catalogue(), conversion.writing
    stated = {
        "settings": settings_of(conversion.request, writing),
        "names": [writing.name, writing.writer, conversion.image, str(conversion.beside)],
        "leaf": [leaf.along, leaf.source.patterns, conversion.request.reader],
        "readers": [[reader.name, reader.revision] for reader in known.readers],
        "writers": [[one.name, one.revision] for one in known.writers],
    }
    text = json.dumps(stated, sort_keys=True, default=repr)
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
