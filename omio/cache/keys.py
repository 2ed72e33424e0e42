"""What a cache entry is made from: every file, the reader, the policies, the caller's statements; reads no pixel."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omio_core.files.local import LocalLocation
from omio_core.files.stamps import Fingerprint
from omio_core.files.stamps import Key as SourceKey
from omio_core.images import record
from omio_core.images.image import Image
from omio_core.images.overrides import Request
from omio_core.metadata.namespaces import omio_version
from omio_core.pixels.cropped import CroppedPicture
from omio_core.pixels.joined import JoinedPicture
from omio_core.pixels.protocol import Picture
from omio_core.plugins.catalogue import catalogue

FORM = 1
"""The form of cache entries; an entry of another form is not used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheKey:
    """What decides whether an entry may be used.

    Parameters
    ----------
    picture
        The picture as plain values: the readers, the image, the region, the places of the parts of a merge.
    members
        The files that the pixels come from: path, size, time and digest of samples; of a folder, that of its listing.
    versions
        The versions of OMIO and of each reader.
    request
        The policies and what the caller stated.
    """

    picture: Mapping[str, Any]
    members: tuple[Mapping[str, Any], ...]
    versions: Mapping[str, Any]
    request: Mapping[str, Any]

    @property
    def identity(self) -> str:
        """A digest of what was asked for: equal for entries of the same source in different states."""
        paths = [member["path"] for member in self.members]
        return _digest([FORM, self.picture, paths, self.request])

    @property
    def digest(self) -> str:
        """A digest of everything."""
        return _digest([self.identity, self.members, self.versions])


def key_of(image: Image, request: Request) -> CacheKey:
    """Return the key of an image that was opened under a request.

    Raises
    ------
    FileChangedError
        A file is gone, or has changed since it was described.
    """
    sources: dict[SourceKey, None] = {}
    picture = _plain(image.picture, sources)
    members: dict[str, Mapping[str, Any]] = {}
    for source in sources:
        if source.listing:
            members[source.path] = {"path": source.path, "listing": source.listing}
        for fingerprint in source.members:
            if fingerprint.path not in members:
                members[fingerprint.path] = _member(fingerprint)
    readers = {reader.name: [reader.version, reader.revision] for reader in catalogue().readers}
    return CacheKey(
        picture=picture,
        members=tuple(members.values()),
        versions={
            "omio": omio_version(),
            "readers": {source.reader: readers[source.reader] for source in sources},
        },
        request={"policies": request.policies.to_dict(), "caller": request.overrides.stated()},
    )


def _member(fingerprint: Fingerprint) -> dict[str, Any]:
    known, stamp = record.member(fingerprint), fingerprint.stamp
    return {
        "path": fingerprint.path,
        "local": isinstance(fingerprint.location, LocalLocation),
        "bytes": stamp.size,
        "mtime_ns": stamp.mtime_ns,
        "tag": stamp.tag,
        "sample_digest": known["sample_digest"],
    }


def _plain(picture: Picture, sources: dict[SourceKey, None]) -> dict[str, Any]:
    """Return a picture as plain values, and collect the keys of its files."""
    if isinstance(picture, CroppedPicture):
        return {"region": picture.box.spans, "of": _plain(picture.picture, sources)}
    common = {"shape": picture.shape, "dtype": picture.dtype.str}
    if isinstance(picture, JoinedPicture):
        parts = [_plain(part, sources) for part in picture.parts]
        return {**common, "parts": parts, "places": [place.spans for place in picture.places]}
    stored = picture.stored
    assert stored is not None  # what was opened from a source is of files
    sources[stored.key] = None
    return {
        **common,
        "path": stored.key.path,
        "reader": stored.key.reader,
        "options": {name: repr(value) for name, value in stored.key.options},
        "image": stored.index,
        "level": stored.level,
    }


def _digest(values: Any) -> str:
    text = json.dumps(values, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
