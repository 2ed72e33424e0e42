"""The kinds of sources (a file, a list, a folder, a stack of folders) and their paths in order; it opens no image.

Names alone decide what belongs to a source. Whether a path can be read, and which files together are one picture, is
decided where they are opened (`omio.sources.collect`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from omio_core.errors import NoReaderError, OmioError, ReadError, first_few
from omio_core.files.local import locate
from omio_core.files.location import Location
from omio_core.wording import Aside, advise, either

from .walk import Candidate, OnFailure, PathLike, Skipped, entries, is_folder, is_picture, natural, no_image, walk

_INDEX = re.compile(r"\d+")
_LAST_NUMBER = re.compile(r"[\d\s_.-]+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A single file, or a folder that a reader knows as one picture; OMIO reads it whatever its name."""

    path: PathLike = field(kw_only=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Several sources in the order of the list; OMIO reads a file in the list whatever its name."""

    sources: Sequence[SourceLike] = field(kw_only=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """The images in a folder, in natural order: T_2 before T_10.

    Parameters
    ----------
    path
        The folder.
    recursive
        Whether to look into the folders in it.
    patterns
        Shell patterns such as ``"*_ch1.tif"``, in any case. A file is read if its name matches at least one of them;
        it is left out if it matches one that begins with ``!``. None: every file.

    Hidden files, previews and thumbnails (by those words in their names) are left out.
    """

    path: PathLike = field(kw_only=False)
    recursive: bool = False
    patterns: str | Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderStack:
    """The images in a family of sibling folders, such as ``FOV1_time001``, ``FOV1_time002``, ...

    Parameters
    ----------
    path
        A folder of the family: the others have the same name except for the last number in it. With `tag`, `path` may
        also be the folder that contains them. A folder without a number in its name is the folder that contains them.
    tag
        The text before the number, such as ``"FOV1_time"``; needed only if `path` contains several families.
    members
        The names of the folders in `path`, in order, where no number says which they are.
    recursive, patterns
        As for `Folder`, in each of them.
    """

    path: PathLike = field(kw_only=False)
    tag: str | None = None
    members: Sequence[str] = ()
    recursive: bool = False
    patterns: str | Sequence[str] = ()


SourceLike = File | Files | Folder | FolderStack | str | os.PathLike[str] | Sequence["SourceLike"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a source holds, judged by names.

    Parameters
    ----------
    candidates
        In order.
    skipped
        What is left out.
    family
        The folders of a stack, in order.
    notes
        Facts worth reporting, such as folders of a family that hold unequal numbers of files.
    root
        The folder that was searched; for a list, that of its first source.
    title, home
        The name of the source as a unit, and the folder that contains it or its first file.
    deep
        Whether folders in a folder belong to the source.
    """

    candidates: tuple[Candidate, ...]
    skipped: tuple[Skipped, ...] = ()
    family: tuple[Location, ...] = ()
    notes: tuple[str, ...] = ()
    root: Location
    title: str
    home: Location
    deep: bool = False


def source_of(source: SourceLike) -> File | Files | Folder | FolderStack:
    """Return a caller's source as one of the four kinds; a folder that no reader knows as one picture is a `Folder`.

    Raises
    ------
    FileNotFoundError
        The name is empty.
    OmioError
        The source is neither a path nor a list of paths.
    """
    if isinstance(source, File | Files | Folder | FolderStack):
        return source
    if isinstance(source, str | os.PathLike):
        location = locate(source)
        return Folder(source) if location.is_folder and not is_picture(location) else File(source)
    if isinstance(source, Sequence) and not isinstance(source, bytes | bytearray | memoryview):
        return Files(tuple(source))
    raise OmioError(
        f"a {type(source).__name__} is no source",
        evidence=repr(source)[:200],
        remedy="give a path, a list of paths, Folder(...) or FolderStack(...)",
    )


def find(source: SourceLike, failed: OnFailure | None = None) -> Listing:
    """List the paths of a source in order, and what is left out; no file is opened.

    Parameters
    ----------
    source
        The source.
    failed
        Told of each path in it that cannot be looked at; None where the first of them is an error.

    Raises
    ------
    FileNotFoundError
        A folder is not there.
    ReadError
        A folder cannot be listed, or symbolic links lead in a circle.
    NoReaderError
        Nothing in the source could be an image.
    OmioError
        The list is empty, or the family of a stack is ambiguous.
    """
    kind = source_of(source)
    if isinstance(kind, Files):
        return _of_list(kind, failed)
    if isinstance(kind, FolderStack):
        return _of_stack(kind, failed)
    location = locate(kind.path)
    home, name = location.parent, location.name
    if isinstance(kind, File):
        return Listing(candidates=(Candidate(location=location, named=True),), root=home, title=name, home=home)
    entries = tuple(walk(location, recursive=kind.recursive, patterns=kind.patterns, failed=failed))
    listing = _listing(entries, root=location, title=name or "folder", home=home, deep=kind.recursive)
    return listing if listing.candidates or failed is not None else require_candidates(listing)


def _listing(entries: Sequence[Candidate | Skipped], **more: Any) -> Listing:
    return Listing(
        candidates=tuple(entry for entry in entries if isinstance(entry, Candidate)),
        skipped=tuple(entry for entry in entries if isinstance(entry, Skipped)),
        **more,
    )


def _of_list(files: Files, failed: OnFailure | None) -> Listing:
    if not files.sources:
        raise OmioError("the list of files is empty", remedy="give at least one path")
    parts: list[Listing] = []
    for source in files.sources:
        try:
            parts.append(find(source, failed))
        except (OmioError, OSError) as error:
            if failed is None or isinstance(error, FileNotFoundError) or (len(files.sources) == 1 and not parts):
                raise
            failed(str(getattr(source, "path", source)), error)
    if not parts:
        home = locate(".")
        return Listing(candidates=(), root=home, title="files", home=home)
    named = {candidate.path for part in parts for candidate in part.candidates if candidate.named}
    first = parts[0]
    return Listing(
        # a path that is named and also lies in a folder of the list counts where it is named
        candidates=tuple(
            candidate
            for part in parts
            for candidate in part.candidates
            if candidate.named or candidate.path not in named
        ),
        skipped=tuple(skip for part in parts for skip in part.skipped if skip.path not in named),
        family=tuple(folder for part in parts for folder in part.family),
        notes=tuple(note for part in parts for note in part.notes),
        root=first.root,
        title=first.title,
        home=first.home,
        deep=any(part.deep for part in parts),
    )


def require_candidates(listing: Listing) -> Listing:
    """Return the listing, or raise an error where it has no candidate."""
    if listing.candidates:
        return listing
    if not listing.skipped and not _refusals(listing.root):
        raise NoReaderError(
            f"{listing.root} is a folder that holds no file",
            evidence="it is empty",
            remedy="name the files, or another folder",
            path=str(listing.root),
        )
    raise no_image_error(listing.root, listing.skipped)


def _refusals(folder: Location) -> list[str]:
    """Say why each reader of folders that are named like this one does not know it."""
    from omio_core.files.probe import Probe
    from omio_core.plugins.catalogue import catalogue
    from omio_core.plugins.dispatch import verdicts

    readers = [reader.name for reader in catalogue().readers if folder.name.lower().endswith(reader.suffixes)]
    answers = verdicts(Probe(folder)) if readers else {}
    return [f"{name}: {answers[name].why}" for name in readers if name in answers]


def no_image_error(folder: Location, skipped: Sequence[Skipped]) -> NoReaderError:
    """Return the error for a folder without an image: what is there, and why none of it is an image."""
    listed = [f"{_inside(skip.path, str(folder))}: {skip.why}" for skip in skipped[:20]]
    if refusals := _refusals(folder):
        return NoReaderError(
            f"{folder} is named like a picture that is a folder, and is none", path=str(folder),
            evidence="; ".join([*refusals, f"it holds {first_few(listed, 5, total=len(skipped)) or 'nothing'}"]),
            remedy="copy it again with all its files, or name the files in it",
        )  # fmt: skip
    return NoReaderError(
        f"{folder} is a folder that holds no image", path=str(folder),
        evidence=first_few(listed, 20, joint="; ", total=len(skipped)),
        remedy=either(
            "name the files in it",
            advise("look into folders below it with {recursive}{}", Aside(" (--recursive)"), recursive=True),
        ),
    )  # fmt: skip


def _inside(path: str, folder: str) -> str:
    """Return a path without its folder; as it is, if it does not lie in that folder."""
    rest = path.removeprefix(folder)
    return rest.lstrip("/" + os.sep) if rest[:1] in ("/", os.sep) else path


# --- a stack of folders


@dataclass(frozen=True, slots=True, kw_only=True)
class _NumberedFolder:
    """A folder's name split at its last number."""

    location: Location
    tag: str
    index: int
    rest: str


def _of_stack(stack: FolderStack, failed: OnFailure | None) -> Listing:
    members, tag, home = _family(stack)
    listed = [
        entry
        for member in members
        for entry in walk(
            member.location,
            recursive=stack.recursive,
            patterns=stack.patterns,
            below=member.location.name,
            failed=failed,
        )
    ]
    notes = []
    counts = {member.location.name: 0 for member in members}
    for entry in listed:
        if isinstance(entry, Candidate):
            counts[entry.below.split(os.sep)[0]] += 1
    if len(set(counts.values())) > 1:
        few = min(counts, key=lambda name: counts[name])
        notes.append(
            f"the folders hold unequal numbers of files: {few} {counts[few]}, others up to {max(counts.values())}"
        )
    listing = _listing(
        listed,
        family=tuple(member.location for member in members),
        notes=tuple(notes),
        root=home,
        title=tag.rstrip(" _-.") or home.name or "stack",
        home=home,
        deep=True,
    )
    return listing if listing.candidates or failed is not None else require_candidates(listing)


def _family(stack: FolderStack) -> tuple[list[_NumberedFolder], str, Location]:
    """Return the folders of a stack in order of their numbers, the tag, and the folder that contains them."""
    location = locate(stack.path)
    if not location.is_folder:
        if location.exists:
            raise ReadError(f"{location} is no folder", remedy="name one folder of the stack", path=str(location))
        raise FileNotFoundError(f"there is no folder {location}")
    if stack.members:
        tag = beginning(stack.members)
        folders = [
            _NumberedFolder(location=location.child(name), tag=tag, index=number, rest="")
            for number, name in enumerate(stack.members)
        ]
        return folders, tag, location
    start = _split_name(location, stack.tag)
    home = location.parent if start is not None else location
    numbered = []
    for entry in entries(home):
        child = home.child(entry.name)
        if no_image(entry) is None and is_folder(entry, child):
            numbered += [folder for folder in [_split_name(child, stack.tag)] if folder is not None]
    families = {(folder.tag, folder.rest) for folder in numbered}
    if start is not None:
        families = {(start.tag, start.rest)}
    if len(families) != 1:
        families_text = ", ".join(sorted(f"{tag}<number>{rest}" for tag, rest in families))
        raise OmioError(
            f"{location} holds {len(families)} families of folders"
            + (f" with the tag {stack.tag!r}" if stack.tag else ""),
            evidence=families_text or "no folder in it has a number in its name",
            remedy=either(
                "name one folder of the family",
                advise("the part of its name before the number with {tag}", tag=None),
            ),
            path=str(location),
        )
    ((tag, rest),) = families
    members = [folder for folder in numbered if (folder.tag, folder.rest) == (tag, rest)]
    if start is not None and all(folder.location != start.location for folder in members):
        members.append(start)  # the named folder belongs to the family even if its own name would be left out
    return sorted(members, key=lambda folder: (folder.index, natural(folder.location.name))), tag, home


def beginning(names: Sequence[str]) -> str:
    """Return the letters that all names begin with, without a number and its separator at their end.

    Examples
    --------
    >>> beginning(["TAG_01", "TAG_02"]), beginning(["left", "right"])
    ('TAG', '')
    """
    shortest = min(names, key=len)
    length = next((i for i, letter in enumerate(shortest) if any(name[i] != letter for name in names)), len(shortest))
    return _LAST_NUMBER.sub("", shortest[:length])


def _split_name(location: Location, tag: str | None) -> _NumberedFolder | None:
    """Split a folder's name at its last number, or at the number after a tag; None where there is none."""
    name = location.name
    numbers = list(_INDEX.finditer(name))
    if tag is not None:
        if not name.startswith(tag):
            return None
        numbers = [number for number in numbers if number.start() == len(tag)]
    if not numbers:
        return None
    last = numbers[-1]
    return _NumberedFolder(location=location, tag=name[: last.start()], index=int(last[0]), rest=name[last.end() :])
