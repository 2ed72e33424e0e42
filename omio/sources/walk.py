"""List a folder by names: what may be an image, in natural order, and why the rest is none; it opens no file."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from omio_core.errors import OmioError, ReadError
from omio_core.files.local import circle_error
from omio_core.files.location import Entry, Location

_PREVIEW = re.compile(r"(?:^|[^a-z])(?:previews?|thumb|thumbs|thumbnails?)(?:[^a-z]|$)", re.IGNORECASE)
_SYSTEM_FOLDERS = {"__macosx", "@eadir", "$recycle.bin", "system volume information"}  # macOS, Synology, Windows


PathLike = str | os.PathLike[str]

OnFailure = Callable[[str, OmioError | OSError], None]
"""Called with a path that cannot be read, and why; whoever calls it goes on with the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A file or folder that may be an image.

    Parameters
    ----------
    location
        Where it is.
    named
        Whether the caller named it; otherwise it was found in a folder.
    below
        The folder it was found in, relative to the root of its source; "" for the root itself and for what was named.
    """

    location: Location
    named: bool = False
    below: str = ""

    @property
    def path(self) -> str:
        """Its path or address."""
        return str(self.location)


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A path that is left out, and why.

    Parameters
    ----------
    path, why
        The path, and the reason in words.
    used
        Whether its content is read all the same: it belongs to a picture of several files, or is an output.
    """

    path: str
    why: str
    used: bool = False


def natural(name: str) -> tuple[tuple[str | int, ...], str]:
    """Return a key that sorts names as people do: numbers by value, letters in any case.

    Examples
    --------
    >>> sorted(["T_10.tif", "t_2.tif", "T_1.tif"], key=natural)
    ['T_1.tif', 't_2.tif', 'T_10.tif']
    """
    pieces = re.split(r"(\d+)", name)  # text and digits alternate, so text is never compared with a number
    return tuple(int(piece) if i % 2 else piece.casefold() for i, piece in enumerate(pieces)), name


def is_picture(folder: PathLike | Location) -> bool:
    """Tell whether a reader knows a folder as one picture."""
    from omio_core.contract import Match
    from omio_core.files.probe import Probe
    from omio_core.plugins.dispatch import verdicts

    return any(verdict.match is not Match.NO for verdict in verdicts(Probe(folder)).values())


def walk(
    folder: Location,
    *,
    recursive: bool = False,
    patterns: str | Sequence[str] = (),
    below: str = "",
    failed: OnFailure | None = None,
) -> Iterator[Candidate | Skipped]:
    """Yield what lies in a folder, in natural order.

    Parameters
    ----------
    folder
        The folder.
    recursive, patterns
        See `omio.sources.kinds.Folder`.
    below
        The folder's path relative to the root of its source.
    failed
        Told of each path in the folder that cannot be looked at; None where the first of them is an error.

    Raises
    ------
    FileNotFoundError
        The folder is not there.
    ReadError
        The folder cannot be listed, or symbolic links in it lead in a circle.
    """
    pattern_list = (patterns,) if isinstance(patterns, str) else tuple(patterns)
    yield from _Walk(recursive, pattern_list, failed).of(folder, below, ())


class _Walk:
    """A walk through a folder: which folders it has seen, and what to do about those that cannot be listed."""

    def __init__(self, recursive: bool, patterns: Sequence[str], failed: OnFailure | None):
        self._recursive, self._patterns, self._failed = recursive, patterns, failed
        self._seen: dict[Location, Location] = {}

    def of(self, folder: Location, below: str, above: tuple[Location, ...]) -> Iterator[Candidate | Skipped]:
        """Yield what lies in a folder; `above` are the folders that it lies in, links followed."""
        try:
            real = folder.real()
            if real in above:
                raise circle_error(str(folder), f"it leads back to {real}, which it lies in")
            if real in self._seen:
                yield Skipped(path=str(folder), why=f"the same folder as {self._seen[real]}")
                return
            self._seen[real] = folder
            listed = sorted(entries(folder), key=lambda entry: natural(entry.name))
        except (OmioError, OSError) as error:
            if self._failed is None or not above:
                raise
            self._failed(str(folder), error)
            return
        for entry in listed:
            location = folder.child(entry.name)
            try:
                kind = self._kind(entry, location)
            except (OmioError, OSError) as error:
                if self._failed is None:
                    raise
                self._failed(str(location), error)
                continue
            if isinstance(kind, str):
                yield Skipped(path=str(location), why=kind)
            elif not kind:
                yield Candidate(location=location, below=below)
            elif self._recursive:
                yield from self.of(location, os.path.join(below, entry.name), (*above, real))
            else:
                yield Skipped(path=str(location), why="a folder")

    def _kind(self, entry: Entry, location: Location) -> str | bool:
        """Say why an entry is no image; else whether it is a folder to look into."""
        if (why := no_image(entry)) is not None:
            return why
        if is_folder(entry, location):
            return not is_picture(location)
        return False if _matches(entry.name, self._patterns) else f"does not match {', '.join(self._patterns)}"


def entries(folder: Location) -> Sequence[Entry]:
    """Return what lies in a folder, in no order.

    Raises
    ------
    FileNotFoundError
        The folder is not there.
    ReadError
        It cannot be listed.
    """
    found = folder.entries()
    if found is None:
        raise ReadError(
            f"{folder} cannot be listed",
            evidence="it is in a place that gives files by their names and has no list of them",
            remedy="name the files in it",
            path=str(folder),
        )
    return found


def no_image(entry: Entry) -> str | None:
    """Say why an entry of that name is no image, whatever it holds; None where it may be one."""
    if entry.hidden or entry.name.startswith(".") or entry.name.lower() in _SYSTEM_FOLDERS:
        return "hidden"
    if _PREVIEW.search(entry.name):
        return "a preview or thumbnail by its name"
    return None


def is_folder(entry: Entry, location: Location) -> bool:
    """Tell whether an entry is a folder or a symbolic link to one.

    A link to nothing is no folder; the error for it comes where it is opened.

    Raises
    ------
    ReadError
        It is a link that leads in a circle.
    """
    if entry.is_folder is None:
        raise circle_error(str(location), "it leads to itself")
    return entry.is_folder


def _matches(name: str, patterns: Sequence[str]) -> bool:
    wanted = [pattern.casefold() for pattern in patterns if not pattern.startswith("!")]
    unwanted = [pattern[1:].casefold() for pattern in patterns if pattern.startswith("!")]
    name = name.casefold()
    return (not wanted or any(fnmatch.fnmatchcase(name, pattern) for pattern in wanted)) and not any(
        fnmatch.fnmatchcase(name, pattern) for pattern in unwanted
    )
