"""Entries of a cache: their names, the mark that says who made them, and whether they are whole; deletes nothing.

An entry is a folder with one zarr array. The mark is in the attributes of the array, which are written last.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from omio_core.errors import CacheError
from omio_core.files.containers import is_real_folder
from omio_core.files.local import locate
from omio_core.metadata.namespaces import omio_version
from omio_core.pixels.zarrfiles import DOCUMENT, Written, document
from omio_core.wording import advise

from .keys import FORM, CacheKey

MAKER = "omio-core"
INFO, METADATA = "omio_cache_info", "omio_metadata"
"""Attributes of the array, which have the names of the first OMIO."""

SUFFIX = ".zarr"
_LONGEST = 60  # bytes of the source's name in that of the entry
_MOST = 64 << 20  # bytes of a document that is read
_FILE = re.compile(r"zarr\.json|c(\.(0|[1-9][0-9]*)){5}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry that carries OMIO's mark.

    Parameters
    ----------
    path
        Its folder.
    info
        What it states of itself.
    array
        The metadata of the array, without the attributes.
    """

    path: Path
    info: Mapping[str, Any]
    array: Mapping[str, Any]

    @property
    def source(self) -> str:
        """The path of the first file that it was made from."""
        return str(self.info.get("source_path", ""))

    @property
    def identity(self) -> str:
        """What was asked for; equal for entries of the same source in different states."""
        return str(self.info.get("identity", ""))

    @property
    def members(self) -> tuple[Mapping[str, Any], ...]:
        """The files that it was made from."""
        listed = self.info.get("members")
        return tuple(m for m in listed if isinstance(m, Mapping)) if isinstance(listed, list) else ()


def entry_path(folder: Path, source: str, key: CacheKey) -> Path:
    """Return the path of an entry: the name of the source, so that people know it, and the digest of the key."""
    stem = re.sub(r"[^\w.-]", "_", locate(source).name if source else "") or "image"
    while len(os.fsencode(stem)) > _LONGEST:
        stem = stem[:-1]
    return folder / f"{stem}.{key.digest}{SUFFIX}"


def info_of(key: CacheKey, source: str, written: Written) -> dict[str, Any]:
    """Return what an entry states of itself, as plain values."""
    return {
        "made_by": MAKER,
        "form": FORM,
        "omio": omio_version(),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "source_path": source,
        "digest": key.digest,
        "identity": key.identity,
        "members": list(key.members),
        "picture": dict(key.picture),
        "versions": dict(key.versions),
        **{name: dict(values) for name, values in key.request.items()},
        "chunks": written.chunks,
        "chunk_bytes": written.nbytes,
    }


def read_entry(path: Path) -> Entry | None:
    """Return the entry at a path; None for anything that does not carry OMIO's mark. Links are not followed."""
    if path.suffix != SUFFIX or not is_real_folder(path):
        return None
    try:
        handle = os.open(path / DOCUMENT, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with open(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                return None
            array = json.loads(file.read(_MOST))
        attributes = array.pop("attributes")
        info = attributes[INFO]
        ours = info["made_by"] == MAKER
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return None
    return Entry(path=path, info=info, array=array) if ours and isinstance(info, dict) else None


def entries(folder: Path) -> Iterator[Entry]:
    """Yield the entries of a cache folder, in the order of their names; what is not OMIO's is left out."""
    if not is_real_folder(folder):
        return
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        if (entry := read_entry(folder / name)) is not None:
            yield entry


# --- whole, stale, foreign


def fault(entry: Entry, key: CacheKey, image_array: Mapping[str, Any]) -> str | None:
    """Say why an entry must not be used; None if it is whole, and of this key.

    Parameters
    ----------
    entry
        The entry.
    key
        What it must be made from.
    image_array
        The metadata that its array must have.
    """
    if entry.info.get("form") != FORM or entry.info.get("digest") != key.digest:
        return "it was made from something else"
    if any(entry.array.get(name) != json.loads(json.dumps(value)) for name, value in image_array.items()):
        return "its array is another one"
    return incomplete(entry)


def incomplete(entry: Entry) -> str | None:
    """Say what an entry lacks; None if all its chunks are there in their size."""
    chunks, nbytes = 0, 0
    try:
        with os.scandir(entry.path) as listed:
            for file in listed:
                if file.name != DOCUMENT and _FILE.fullmatch(file.name):
                    chunks, nbytes = chunks + 1, nbytes + file.stat(follow_symlinks=False).st_size
    except OSError as error:
        return str(error)
    wanted = entry.info.get("chunks"), entry.info.get("chunk_bytes")
    if (chunks, nbytes) == wanted:
        return None
    return f"it has {chunks} chunks of {nbytes:,} bytes together, and was made with {wanted[0]} of {wanted[1]}"


def stale(entry: Entry) -> str | None:
    """Say which file has changed since an entry was made from it; None if none has. No content is read."""
    for member in entry.members:
        path = member.get("path")
        if not isinstance(path, str) or member.get("local") is not True:
            continue  # of a folder only its documents are looked at, and what is elsewhere is not asked
        try:
            stamp = locate(path).stamp()
        except (OSError, ValueError):
            return f"{path} is gone"
        if (stamp.size, stamp.mtime_ns) != (member.get("bytes"), member.get("mtime_ns")):
            return f"{path} has changed"
    return None


def flaw(entry: Entry) -> str | None:
    """Say why an entry will not be used any more, as far as can be told without its source; None if it may be."""
    if entry.info.get("form") != FORM:
        return f"it was made by omio-core {entry.info.get('omio')}, in another form"
    return incomplete(entry) or stale(entry)


def foreign(entry: Entry) -> str | None:
    """Say what in the folder of an entry OMIO did not make; None if nothing."""
    try:
        with os.scandir(entry.path) as listed:
            for file in listed:
                if not _FILE.fullmatch(file.name) or not file.is_file(follow_symlinks=False):
                    return f"{file.name} in it was not made by OMIO"
    except OSError as error:
        return str(error)
    return None


def array_document(image_picture: Any) -> dict[str, Any]:
    """Return the metadata that the array of a picture has in a cache, without the attributes."""
    wanted = document(image_picture, {})
    del wanted["attributes"]
    return wanted


def not_ours(path: Path, why: str) -> CacheError:
    """Return the error for a name in a cache that is taken by something which OMIO may not replace."""
    return CacheError(
        f"{path} is in the way of a cache entry",
        evidence=why,
        remedy=advise("remove it yourself, or choose another folder with {zarr_store_path}", zarr_store_path=None),
        path=str(path),
    )
