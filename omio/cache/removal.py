"""List and remove cache entries: only what carries OMIO's mark, nothing through links, nothing that others made."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from omio_core.files import containers
from omio_core.files.containers import is_real_folder
from omio_core.files.renames import move
from omio_core.files.temporaries import tidy

from . import places
from .entries import Entry, entries, flaw, foreign, read_entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What was removed, or would be.

    Parameters
    ----------
    removed
        The entries, and the folders that were empty then.
    kept
        From each entry that was left to the reason.
    nbytes
        The bytes of the removed entries.
    """

    removed: tuple[Path, ...] = ()
    kept: tuple[tuple[Path, str], ...] = ()
    nbytes: int = 0


def remove_entry(entry: Entry) -> str | None:
    """Remove an entry; return why it is left, or None.

    It is first moved into a hidden container, so that it is never half there under its name. What a killed run leaves
    in the container is removed by the next one (see `omio_core.files.temporaries`).
    """
    if (why := foreign(entry)) is not None:
        return why
    try:
        container = containers.reserve(entry.path)
    except OSError as error:
        return str(error)
    try:
        move(entry.path, container.discarded)
    except FileNotFoundError:  # another process removed it
        return None
    except OSError as error:
        return str(error)
    finally:
        container.close()
    return None


def remove(
    path: str | os.PathLike[str], *, everything: bool = False, unusable: bool = False, dry_run: bool = False
) -> Removal:
    """Remove the entries that a path stands for.

    Parameters
    ----------
    path, everything
        See `chosen_entries`.
    unusable
        Remove only those whose source has changed or is gone, and those that are not whole.
    dry_run
        Remove nothing, and say what would be removed.

    Raises
    ------
    FileNotFoundError
        There is no such file or folder, and no entry of it.
    """
    removed: list[Path] = []
    kept: list[tuple[Path, str]] = []
    nbytes = 0
    chosen = [entry for entry in chosen_entries(path, everything=everything) if not unusable or flaw(entry)]
    for entry in chosen:
        size = size_of(entry)
        why = foreign(entry) if dry_run else remove_entry(entry)
        if why is None:
            removed.append(entry.path)
            nbytes += size
        else:
            kept.append((entry.path, why))
    if not dry_run:
        for folder in dict.fromkeys((*(entry.path.parent for entry in chosen), *_cache_folders(path))):
            removed += _tidied(folder)
    return Removal(removed=tuple(removed), kept=tuple(kept), nbytes=nbytes)


def chosen_entries(path: str | os.PathLike[str], *, everything: bool = False) -> Iterator[Entry]:
    """Yield the entries that a path stands for; links are not followed.

    Parameters
    ----------
    path
        A file, which may be gone: its entries, beside it and in the user's cache folder. A folder: all entries of the
        cache folder in it, and the entries of the folder itself if it is an image. A cache folder: all its entries. An
        entry: this one.
    everything
        For a file, all entries of the cache folder beside it.

    Raises
    ------
    FileNotFoundError
        There is no such file or folder, and no entry of it.
    """
    target = Path(os.path.abspath(os.fspath(path)))
    found: dict[Path, Entry] = {}
    if target.parent.name == places.FOLDER:
        entry = read_entry(target) if is_real_folder(target.parent) else None
        found |= {} if entry is None else {target: entry}
    else:
        inside = list(_cache_folders(target))
        beside = target.parent / places.FOLDER
        for folder in (*inside, *([beside] if everything and not inside else [])):
            found |= {entry.path: entry for entry in entries(folder)}
        for folder in (beside, places.user_folder()):
            found |= {entry.path: entry for entry in entries(folder) if _is_of(entry, target)}
    if not found and not os.path.lexists(target):
        raise FileNotFoundError(f"there is no file or folder {target}, and no cache of it")
    yield from found.values()


def _cache_folders(path: str | os.PathLike[str]) -> Iterator[Path]:
    """The cache folder that a folder is or has."""
    target = Path(os.path.abspath(os.fspath(path)))
    if os.path.isdir(target):
        yield target if target.name == places.FOLDER else target / places.FOLDER


def _is_of(entry: Entry, source: Path) -> bool:
    """Whether an entry was made from a file or a folder, or in the user's cache from a file in that folder."""
    if str(source) in (entry.source, os.path.dirname(entry.source)):
        return True
    return any(str(source) == member.get("path") for member in entry.members)


def size_of(entry: Entry) -> int:
    """Return the bytes of the files of an entry."""
    try:
        with os.scandir(entry.path) as listed:
            return sum(file.stat(follow_symlinks=False).st_size for file in listed)
    except OSError:
        return 0


def _tidied(folder: Path) -> list[Path]:
    """Remove what killed runs left in a cache folder, and the folder itself if it is empty; return what it was."""
    if not is_real_folder(folder):
        return []
    tidy(folder)
    try:
        os.rmdir(folder)
    except OSError:  # something is in it
        return []
    return [folder]
