"""What lies in a folder, by its names: what may be an image, in natural order, and why the rest is none; no more."""

from __future__ import annotations

import errno
import fnmatch
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from omio_core.errors import ReadError

_PREVIEW = re.compile(r"(?:^|[^a-z])(?:previews?|thumb|thumbs|thumbnails?)(?:[^a-z]|$)", re.IGNORECASE)
_OF_THE_SYSTEM = {"__macosx", "@eadir", "$recycle.bin", "system volume information"}  # macOS, Synology, Windows
_HIDDEN = 0x2  # FILE_ATTRIBUTE_HIDDEN of Windows


Named = str | os.PathLike[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A path that may be an image.

    Parameters
    ----------
    path
        Absolute.
    given
        Whether the caller named it; else it was found in a folder.
    below
        The folder it was found in, from the root of its source; "" for the root itself and what was named.
    """

    path: str
    given: bool = False
    below: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A path that is left out, and why."""

    path: str
    why: str


def natural(name: str) -> tuple[tuple[str | int, ...], str]:
    """A key to sort names as people do: numbers by value, letters in any case.

    Examples
    --------
    >>> sorted(["T_10.tif", "t_2.tif", "T_1.tif"], key=natural)
    ['T_1.tif', 't_2.tif', 'T_10.tif']
    """
    pieces = re.split(r"(\d+)", name)  # text and digits in turn, so that text never meets a number
    return tuple(int(one) if i % 2 else one.casefold() for i, one in enumerate(pieces)), name


def is_picture(folder: Named) -> bool:
    """Whether a reader knows a folder as one picture."""
    from omio_core.contract import Match
    from omio_core.files.probe import Probe
    from omio_core.plugins.dispatch import verdicts

    return any(said.match is not Match.NO for said in verdicts(Probe(folder)).values())


def walk(
    folder: str, *, recursive: bool = False, patterns: str | Sequence[str] = (), below: str = ""
) -> Iterator[Candidate | Skipped]:
    """What lies in a folder, in natural order.

    Parameters
    ----------
    folder
        Absolute.
    recursive, patterns
        See `omio.sources.kinds.Folder`.
    below
        What the folder is called from the root of its source.

    Raises
    ------
    FileNotFoundError, ReadError
        It is not there, cannot be listed, or symbolic links in it lead in a circle.
    """
    wanted = (patterns,) if isinstance(patterns, str) else tuple(patterns)
    yield from _walk(folder, recursive, wanted, below, (), {})


def _walk(
    folder: str, recursive: bool, patterns: Sequence[str], below: str, above: tuple[str, ...], seen: dict[str, str]
) -> Iterator[Candidate | Skipped]:
    real = os.path.realpath(folder)
    if real in above:
        raise _circle(folder, f"it leads back to {real}, which it lies in")
    if real in seen:
        yield Skipped(path=folder, why=f"the same folder as {seen[real]}")
        return
    seen[real] = folder
    for entry in sorted(entries(folder), key=lambda one: natural(one.name)):
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
    """What lies in a folder, in no order."""
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no folder {folder}") from None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _circle(folder, str(error)) from error
        raise ReadError(f"the folder {folder} cannot be listed", evidence=str(error), path=folder) from error


def no_image(entry: os.DirEntry[str]) -> str | None:
    """Why something of that name is no image, whatever it holds; None where it may be one."""
    if entry.name.startswith(".") or entry.name.lower() in _OF_THE_SYSTEM:
        return "hidden"
    if os.name == "nt" and getattr(entry.stat(follow_symlinks=False), "st_file_attributes", 0) & _HIDDEN:
        return "hidden"
    if _PREVIEW.search(entry.name):
        return "a preview or thumbnail by its name"
    return None


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Also of a symbolic link to one; a link to nothing is none, and is told where it is opened."""
    if not entry.is_symlink():
        return entry.is_dir()
    try:
        os.stat(entry.path)
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _circle(entry.path, str(error)) from error
        return False
    return entry.is_dir()


def _circle(path: str, evidence: str) -> ReadError:
    return ReadError(
        f"{path} is a symbolic link that leads in a circle",
        evidence=evidence,
        remedy="remove the link, or name the files themselves",
        path=path,
    )


def _matches(name: str, patterns: Sequence[str]) -> bool:
    wanted = [one.casefold() for one in patterns if not one.startswith("!")]
    unwanted = [one[1:].casefold() for one in patterns if one.startswith("!")]
    name = name.casefold()
    return (not wanted or any(fnmatch.fnmatchcase(name, one) for one in wanted)) and not any(
        fnmatch.fnmatchcase(name, one) for one in unwanted
    )
