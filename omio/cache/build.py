"""Find or make the cache entry of an image: whole or not at all, by one process or by several at once.

The name of an entry is a digest of all that it is made from. Two processes that make the same entry make equal ones:
the second takes what the first has made. An entry of a source that has changed has another name; when the new one is
in place, the old one is removed.
"""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from omio_core.errors import AbsentPlanesWarning, OmioWarning, WriteError, warn
from omio_core.files.atomic import report_as_write_error
from omio_core.files.folders import land_folder
from omio_core.files.temporaries import tidy_now_and_then
from omio_core.images.image import Image
from omio_core.images.outgoing import found_absent
from omio_core.images.overrides import Request
from omio_core.pixels.zarrfiles import write_array

from . import entries, places
from .keys import CacheKey, key_of
from .removal import remove_entry

TRIES = 3

ABSENT = "absent"
"""In what an entry states of itself: what was found absent while it was made, in words."""

_log = logging.getLogger("omio")
_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)


def find_or_make(image: Image, request: Request, folder: str | os.PathLike[str] | None, *, reuse: bool) -> Path:
    """Return the entry of an image, made now unless there is one that may be used.

    Parameters
    ----------
    image
        The image; its files are open or not.
    request
        What it was opened under.
    folder
        The folder that the caller chooses; None: beside the source, or in the user's cache folder if nothing can be
        written there.
    reuse
        Whether an entry that exists may be used.

    Raises
    ------
    ReadError
        A file cannot be read, or has changed.
    WriteError
        The system refuses to write; nothing is left.
    CacheError
        Something that is not OMIO's has the name of the entry.
    """
    key = key_of(image, request)
    source = image.picture.leaves[0].files[0]
    wanted = entries.array_document(image.picture)
    beside = None if folder is not None else places.folder_beside(image.picture)
    if folder is not None:
        candidates = [places.named_folder(folder)]
    else:
        candidates = [*([beside] if beside is not None else []), places.user_folder()]
    paths = [entries.entry_path(candidate, source, key) for candidate in candidates]
    if reuse:
        for path in paths:
            if _is_usable(path, key, wanted):
                _warn_of_absent(path, source)
                return path
    try:
        return _make(paths[0], image, key, source, wanted, replace=not reuse)
    except WriteError as error:
        if len(paths) == 1 or not _refused(error):
            raise
        reason = error.evidence
    made = _make(paths[1], image, key, source, wanted, replace=not reuse)
    warn(
        f"nothing can be written in {candidates[0].parent} ({reason}): the cache is in {candidates[1]}; "
        "zarr_store_path= chooses another folder",
        OmioWarning,
        path=source,
    )
    return made


def _warn_of_absent(path: Path, source: str) -> None:
    """Warn of what was found absent when an entry was made: nobody reads the source now, and finds it again."""
    entry = entries.read_entry(path)
    if entry is not None and (words := entry.info.get(ABSENT)):
        warn(f"{source}: {words}; the cache was filled there", AbsentPlanesWarning, path=source)


def _is_usable(path: Path, key: CacheKey, wanted: Mapping[str, Any]) -> bool:
    entry = entries.read_entry(path)
    if entry is None:
        return False
    if (why := entries.fault(entry, key, wanted)) is not None:
        _log.info("the cache entry %s is made again: %s", path, why)
        return False
    return True


def _make(path: Path, image: Image, key: CacheKey, source: str, wanted: Mapping[str, Any], *, replace: bool) -> Path:
    def write(temporary: str) -> None:
        def attributes(written: Any) -> dict[str, Any]:
            _refuse_changed(image)
            return {
                entries.INFO: entries.info_of(key, source, written) | {ABSENT: found_absent(image)},
                entries.METADATA: image.metadata.to_dict(),
            }

        write_array(image.picture, Path(temporary), attributes)

    for attempt in range(TRIES):
        _make_folder(path.parent)
        if os.path.lexists(path):
            _refuse_foreign(path)
            replace = True
        try:
            land_folder(path, write, replace=replace)
        except WriteError as error:
            if isinstance(error.__cause__, FileNotFoundError) and not path.parent.exists() and attempt + 1 < TRIES:
                continue  # another process emptied the cache, and removed its folder
            if not isinstance(error.__cause__, FileExistsError) or not _is_usable(path, key, wanted):
                raise
        break
    _remove_superseded(path, key)
    return path


def _make_folder(folder: Path) -> None:
    if os.path.lexists(folder) and not folder.is_dir():
        raise entries.not_ours(folder, "it is no folder")
    with report_as_write_error(folder):
        os.makedirs(folder, exist_ok=True)
    tidy_now_and_then(folder)  # also where an entry is replaced


def _refuse_changed(image: Image) -> None:
    """Check that no file has changed while its pixels were copied.

    Raises
    ------
    FileChangedError
        One has.
    """
    for source in dict.fromkeys(leaf.stored.key for leaf in image.picture.leaves if leaf.stored is not None):
        source.verify()


def _refuse_foreign(path: Path) -> None:
    entry = entries.read_entry(path)
    if entry is None:
        raise entries.not_ours(path, "it does not carry OMIO's mark")
    if (why := entries.foreign(entry)) is not None:
        raise entries.not_ours(path, why)


def _refused(error: WriteError) -> bool:
    return isinstance(error.__cause__, OSError) and error.__cause__.errno in _REFUSED


def _remove_superseded(path: Path, key: CacheKey) -> None:
    """Remove the entries of the same source, asked for in the same way, in an earlier state: nobody can use them."""
    for entry in entries.entries(path.parent):
        if entry.path != path and entry.identity == key.identity:
            remove_entry(entry)
