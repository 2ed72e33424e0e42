"""The provenance of an image, as plain values that stay with its metadata; knows no format."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from omio_core.files.stamps import changed_error
from omio_core.metadata.namespaces import omio_version

if TYPE_CHECKING:
    from omio_core.files.location import Location
    from omio_core.files.positioned import PositionedFile
    from omio_core.files.stamps import Fingerprint, Key


SAMPLE = 1 << 16  # bytes at the start, the middle and the end of a file


def sample_digest(location: Location) -> str:
    """Return the BLAKE2b digest of the size of a file and three samples of it: about 0.2 ms for any size.

    It distinguishes acquisitions; it does not prove that the bytes between the samples are equal.
    """
    with location.open() as file:
        return _digest(file)


def _digest(file: PositionedFile) -> str:
    digest = hashlib.blake2b(str(file.size).encode(), digest_size=16)
    for offset in sorted({0, max(0, file.size // 2 - SAMPLE // 2), max(0, file.size - SAMPLE)}):
        digest.update(file.read(offset, min(SAMPLE, file.size - offset)))
    return digest.hexdigest()


def member(fingerprint: Fingerprint, folder: Location | None = None) -> dict[str, Any]:
    """Return the record of one file: its name, its size, its time where known, and its digest.

    The name is without folders; in a `folder` that is one picture it is that from the folder on, with "/".

    Raises
    ------
    FileChangedError
        The file is gone, or has changed since it was described.
    """
    digest, stamp = _digest_of(fingerprint), fingerprint.stamp
    entry: dict[str, Any] = {"name": _name(fingerprint.location, folder), "bytes": stamp.size}
    if stamp.mtime_ns is not None:
        changed = datetime.fromtimestamp(stamp.mtime_ns / 1e9, UTC)
        entry["modified"] = changed.isoformat(timespec="microseconds")
    if stamp.tag:
        entry["tag"] = stamp.tag
    return entry | {"sample_digest": digest}


def _digest_of(fingerprint: Fingerprint) -> str:
    """Return the digest of the file that was described, and of no other."""
    try:
        with fingerprint.location.open() as file:
            if (now := file.stamp()) != fingerprint.stamp:
                raise changed_error(fingerprint.path, fingerprint.stamp, now)
            return _digest(file)
    except FileNotFoundError:
        fingerprint.verify()  # says that it is gone
        raise


def _name(location: Location, folder: Location | None) -> str:
    parts, place = [location.name], location.parent
    while folder is not None and place not in (folder, place.parent):
        parts.append(place.name)
        place = place.parent
    return "/".join(reversed(parts)) if place == folder else location.name


def source(key: Key) -> list[dict[str, Any]]:
    """Return the records of all files that a source consists of.

    A folder that is one picture comes first: its name, and as ``listing`` the digest of the names, sizes and times of
    all its files, where its reader states one. Its metadata documents follow.

    Raises
    ------
    FileChangedError
        A file is gone, or has changed since it was described.
    """
    if any(fingerprint.location == key.location for fingerprint in key.members):
        return [member(fingerprint) for fingerprint in key.members]
    folder: dict[str, Any] = {"name": key.location.name}
    if key.listing:
        folder["listing"] = key.listing
    return [folder, *(member(fingerprint, key.location) for fingerprint in key.members)]


def of_file(
    key: Key,
    *,
    reader: tuple[str, int],
    image: int,
    images: int,
    policies: Mapping[str, str],
    caller: Mapping[str, Any],
    not_kept: Sequence[str] = (),
    absent: str = "",
) -> dict[str, Any]:
    """Return the provenance record of one image of a file.

    Parameters
    ----------
    key
        The key of the opened file.
    reader
        The version and the revision of the reader.
    image, images
        The index of the image, and the number of images in the file.
    policies
        The policy in force for every kind.
    caller
        The values that the caller stated.
    not_kept
        What the file states and the image does not hold.
    absent
        How much of the pixels is absent, as far as the file itself says, in words.
    """
    record = {
        "omio": omio_version(),
        "reader": key.reader,
        "reader_version": reader[0],
        "reader_revision": reader[1],
        "source": source(key),
        "image": image,
        "images": images,
        "options": {name: repr(value) for name, value in key.options},
        "policies": dict(policies),
        "caller": dict(caller),
    }
    return (
        record
        | ({"not_kept": list(dict.fromkeys(not_kept))} if not_kept else {})
        | ({"absent": absent} if absent else {})
    )
