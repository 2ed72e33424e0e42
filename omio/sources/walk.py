"""List a folder by names: what may be an image, in natural order, and why the rest is none; it opens no file."""

from __future__ import annotations

import errno
import fnmatch
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from omio_core.errors import ReadError

_PREVIEW = re.compile(r"(?:^|[^a-z])(?:previews?|thumb|thumbs|thumbnails?)(?:[^a-z]|$)", re.IGNORECASE)
_SYSTEM_FOLDERS = {"__macosx", "@eadir", "$recycle.bin", "system volume information"}  # macOS, Synology, Windows
_HIDDEN = 0x2  # FILE_ATTRIBUTE_HIDDEN of Windows


PathLike = str | os.PathLike[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A path that may be an image.

    Parameters
    ----------
    path
        Absolute.
    named
        Whether the caller named the path; otherwise it was found in a folder.
    below
        The folder it was found in, relative to the root of its source; "" for the root itself and for named paths.
    """

    path: str
    named: bool = False
    below: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A path that is left out, and why."""

    path: str
    why: str


def natural(name: str) -> tuple[tuple[str | int, ...], str]:
    """Return a key that sorts names as people do: numbers by value, letters in any case.

    Examples
    --------
    >>> sorted(["T_10.tif", "t_2.tif", "T_1.tif"], key=natural)
    ['T_1.tif', 't_2.tif', 'T_10.tif']
    """
    pieces = re.split(r"(\d+)", name)  # text and digits alternate, so text is never compared with a number
    return tuple(int(piece) if i % 2 else piece.casefold() for i, piece in enumerate(pieces)), name


def is_picture(folder: PathLike) -> bool:
    """Tell whether a reader knows a folder as one picture."""
    from omio_core.contract import Match
    from omio_core.files.probe import Probe
    from omio_core.plugins.dispatch import verdicts

    return any(verdict.match is not Match.NO for verdict in verdicts(Probe(folder)).values())


def walk(
    folder: str, *, recursive: bool = False, patterns: str | Sequence[str] = (), below: str = ""
) -> Iterator[Candidate | Skipped]:
    """Yield what lies in a folder, in natural order.

    Parameters
    ----------
    folder
        Absolute.
    recursive, patterns
        See `omio.sources.kinds.Folder`.
    below
        The folder's path relative to the root of its source.

    Raises
    ------
    FileNotFoundError
        The folder is not there.
    ReadError
        The folder cannot be listed, or symbolic links in it lead in a circle.
    """
    pattern_list = (patterns,) if isinstance(patterns, str) else tuple(patterns)
    yield from _walk(folder, recursive, pattern_list, below, (), {})


def _walk(
    folder: str, recursive: bool, patterns: Sequence[str], below: str, above: tuple[str, ...], seen: dict[str, str]
) -> Iterator[Candidate | Skipped]:
    real = os.path.realpath(folder)
    if real in above:
        raise _circle_error(folder, f"it leads back to {real}, which it lies in")
    if real in seen:
        yield Skipped(path=folder, why=f"the same folder as {seen[real]}")
        return
    seen[real] = folder
    for entry in sorted(entries(folder), key=lambda entry: natural(entry.name)):
        if (why := no_image(entry)) is not None:
            yield Skipped(path=entry.path, why=why)
        elif not is_folder(entry):
            if _matches(entry.name, patterns):
                yield Candidate(path=entry.path, below=below)
            else:
                yield Skipped(path=entry.path, why=f"does not match {', '.join(patterns)}")
        elif is_picture(entry.path):
            yield Candidate(path=entry.path, below=below)
        elif recursive:
            yield from _walk(entry.path, recursive, patterns, os.path.join(below, entry.name), (*above, real), seen)
        else:
            yield Skipped(path=entry.path, why="a folder")


def entries(folder: str) -> list[os.DirEntry[str]]:
    """Return what lies in a folder, in no order."""
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no folder {folder}") from None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _circle_error(folder, str(error)) from error
        raise ReadError(f"the folder {folder} cannot be listed", evidence=str(error), path=folder) from error


def no_image(entry: os.DirEntry[str]) -> str | None:
    """Say why an entry of that name is no image, whatever it holds; None where it may be one."""
    if entry.name.startswith(".") or entry.name.lower() in _SYSTEM_FOLDERS:
        return "hidden"
    if os.name == "nt" and getattr(entry.stat(follow_symlinks=False), "st_file_attributes", 0) & _HIDDEN:
        return "hidden"
    if _PREVIEW.search(entry.name):
        return "a preview or thumbnail by its name"
    return None


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Tell whether an entry is a folder or a symbolic link to one.

    A link to nothing is no folder; the error for it comes where it is opened.
    """
    if not entry.is_symlink():
        return entry.is_dir()
    try:
        os.stat(entry.path)
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _circle_error(entry.path, str(error)) from error
        return False
    return entry.is_dir()


def _circle_error(path: str, evidence: str) -> ReadError:
    return ReadError(
        f"{path} is a symbolic link that leads in a circle",
        evidence=evidence,
        remedy="remove the link, or name the files themselves",
        path=path,
    )


def _matches(name: str, patterns: Sequence[str]) -> bool:
    wanted = [pattern.casefold() for pattern in patterns if not pattern.startswith("!")]
    unwanted = [pattern[1:].casefold() for pattern in patterns if pattern.startswith("!")]
    name = name.casefold()
    return (not wanted or any(fnmatch.fnmatchcase(name, pattern) for pattern in wanted)) and not any(
        fnmatch.fnmatchcase(name, pattern) for pattern in unwanted
    )
