"""The provenance of an image, as plain values that stay with its metadata; knows no format."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from omio_core.metadata.namespaces import omio_version

if TYPE_CHECKING:
    from omio_core.files.stamps import Fingerprint, Key


SAMPLE = 1 << 16  # bytes at the start, the middle and the end of a file


def sample_digest(path: str) -> str:
    """Return the BLAKE2b digest of the size of a file and three samples of it: about 0.2 ms for any size.

    It distinguishes acquisitions; it does not prove that the bytes between the samples are equal.
    """
    size = os.path.getsize(path)
    digest = hashlib.blake2b(str(size).encode(), digest_size=16)
    with open(path, "rb", buffering=0) as file:
        for offset in sorted({0, max(0, size // 2 - SAMPLE // 2), max(0, size - SAMPLE)}):
            file.seek(offset)
            digest.update(file.read(SAMPLE) or b"")
    return digest.hexdigest()


def member(fingerprint: Fingerprint) -> dict[str, Any]:
    """Return the record of one input: its name without folder, its time, and for a file its size and digest.

    Raises
    ------
    FileChangedError
        The file is gone, or has changed since it was described.
    """
    fingerprint.verify()  # record only the file that was described
    changed = datetime.fromtimestamp(fingerprint.mtime_ns / 1e9, UTC)
    if os.path.isdir(fingerprint.path):
        return {"name": os.path.basename(fingerprint.path), "modified": changed.isoformat(timespec="microseconds")}
    return {
        "name": os.path.basename(fingerprint.path),
        "bytes": fingerprint.size,
        "modified": changed.isoformat(timespec="microseconds"),
        "sample_digest": sample_digest(fingerprint.path),
    }


def of_file(
    key: Key, *, reader_version: str, image: int, images: int, policies: Mapping[str, str], caller: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the provenance record of one image of a file.

    Parameters
    ----------
    key
        The key of the opened file.
    reader_version
        The version of the reader.
    image, images
        The index of the image, and the number of images in the file.
    policies
        The policy in force for every kind.
    caller
        The values that the caller stated.
    """
    return {
        "omio": omio_version(),
        "reader": key.reader,
        "reader_version": reader_version,
        "source": [member(fingerprint) for fingerprint in key.members],
        "image": image,
        "images": images,
        "options": {name: repr(value) for name, value in key.options},
        "policies": dict(policies),
        "caller": dict(caller),
    }
