"""Where images come from: a file, a list, a folder, a stack of folders; to paths in order. It opens no image.

What belongs to a source is told by names alone. Whether a path can be read, and which files are one picture together,
is told where they are opened (`omio.sources.collect`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from omio_core.errors import NoReaderError, OmioError, ReadError, first_few
from omio_core.wording import Aside, advise, either

from .walk import Candidate, Named, Skipped, entries, is_folder, is_picture, natural, no_image, walk

_INDEX = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file, or a folder that a reader knows as one picture; read whatever it is called."""

    path: Named = field(kw_only=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Several sources in the order given; a file among them is read whatever it is called."""

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
        Shell patterns such as ``"*_ch1.tif"``, any case, of which a file's name matches at least one; what matches one
        that begins with ``!`` is left out. None: every file.

    Hidden files, previews and thumbnails (those words in a name) are left out.
    """

    path: Named = field(kw_only=False)
    recursive: bool = False
    patterns: str | Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderStack:
    """The images in a family of sibling folders, such as ``FOV1_time001``, ``FOV1_time002``, ...

    Parameters
    ----------
    path
        One folder of the family: the others have the same name but for the last number in it. With `tag`, also the
        folder they lie in. A folder without a number in its name is the one they lie in.
    tag
        What stands before the number, such as ``"FOV1_time"``; needed only where several families lie in `path`.
    recursive, patterns
        As for `Folder`, in each of them.
    """

    path: Named = field(kw_only=False)
    tag: str | None = None
    recursive: bool = False
    patterns: str | Sequence[str] = ()


SourceLike = File | Files | Folder | FolderStack | str | os.PathLike[str] | Sequence["SourceLike"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a source holds by its names.

    Parameters
    ----------
    candidates
        In order.
    skipped
        What is left out.
    family
        The folders of a stack, in order.
    notes
        What is worth telling, such as folders of a family that hold unequal numbers of files.
    root
        The folder that was looked into; of a list that of its first.
    title, home
        What all of it together is called, and where the folder or the first file of it lies.
    """

    candidates: tuple[Candidate, ...]
    skipped: tuple[Skipped, ...] = ()
    family: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    root: str
    title: str
    home: str


def source_of(given: SourceLike) -> File | Files | Folder | FolderStack:
    """What a caller gave as one of the four kinds; a folder that no reader knows as one picture is a `Folder`.

    Raises
    ------
    FileNotFoundError
        The empty name.
    OmioError
        It is no path and no list of paths.
    """
    if isinstance(given, File | Files | Folder | FolderStack):
        return given
    if isinstance(given, str | os.PathLike):
        if not os.fspath(given):
            raise FileNotFoundError("there is no file with the name ''")
        return Folder(given) if os.path.isdir(given) and not is_picture(given) else File(given)
    if isinstance(given, Sequence) and not isinstance(given, bytes | bytearray | memoryview):
        return Files(tuple(given))
    raise OmioError(
        f"a {type(given).__name__} is no source",
        evidence=repr(given)[:200],
        remedy="give a path, a list of paths, Folder(...) or FolderStack(...)",
    )


def find(source: SourceLike) -> Listing:
    """The paths of a source in order, and what is left out; no file is opened.

    Raises
    ------
    FileNotFoundError
        A folder is not there.
    ReadError
        A folder cannot be listed, or symbolic links lead in a circle.
    NoReaderError
        There is nothing in it that could be an image.
    OmioError
        The family of a stack cannot be told.
    """
    known = source_of(source)
    if isinstance(known, Files):
        return _of_list(known)
    if isinstance(known, FolderStack):
        return _of_stack(known)
    path = os.path.abspath(os.fspath(known.path))
    home, name = os.path.split(path)
    if isinstance(known, File):
        return Listing(candidates=(Candidate(path=path, given=True),), root=home, title=name, home=home)
    found = tuple(walk(path, recursive=known.recursive, patterns=known.patterns))
    return _told(_found(found, root=path, title=name or "folder", home=home))


def _found(all_of_it: Sequence[Candidate | Skipped], **more: Any) -> Listing:
    return Listing(
        candidates=tuple(one for one in all_of_it if isinstance(one, Candidate)),
        skipped=tuple(one for one in all_of_it if isinstance(one, Skipped)),
        **more,
    )


def _of_list(files: Files) -> Listing:
    if not files.sources:
        raise OmioError("the list of files is empty", remedy="give at least one path")
    parts = [find(one) for one in files.sources]
    given = {one.path for part in parts for one in part.candidates if one.given}
    first = parts[0]
    return Listing(
        # what is named and lies in a folder of the list, too, counts where it is named
        candidates=tuple(one for part in parts for one in part.candidates if one.given or one.path not in given),
        skipped=tuple(one for part in parts for one in part.skipped if one.path not in given),
        family=tuple(one for part in parts for one in part.family),
        notes=tuple(one for part in parts for one in part.notes),
        root=first.root,
        title=first.title,
        home=first.home,
    )


def _told(found: Listing) -> Listing:
    """The same, or an error where nothing is left of it."""
    if found.candidates:
        return found
    if not found.skipped:
        raise NoReaderError(
            f"{found.root} is a folder that holds no file",
            evidence="it is empty",
            remedy="name the files, or another folder",
            path=found.root,
        )
    raise no_image_error(found.root, found.skipped)


def no_image_error(path: str, skipped: Sequence[Skipped]) -> NoReaderError:
    """The error for a folder without an image: what is there, and why it is none."""
    listed = [f"{os.path.relpath(one.path, path)}: {one.why}" for one in skipped[:20]]
    return NoReaderError(
        f"{path} is a folder that holds no image", path=path,
        evidence=first_few(listed, 20, joint="; ", total=len(skipped)),
        remedy=either(
            "name the files in it",
            advise("look into folders below it with {recursive}{}", Aside(" (--recursive)"), recursive=True),
        ),
    )  # fmt: skip


# --- a stack of folders


@dataclass(frozen=True, slots=True, kw_only=True)
class _Numbered:
    """A folder's name taken apart at its last number."""

    path: str
    tag: str
    index: int
    rest: str


def _of_stack(stack: FolderStack) -> Listing:
    members, tag, home = _family(stack)
    found = [
        one
        for member in members
        for one in walk(
            member.path, recursive=stack.recursive, patterns=stack.patterns, below=os.path.basename(member.path)
        )
    ]
    notes = []
    counts = {member.path: 0 for member in members}
    for one in found:
        if isinstance(one, Candidate):
            counts[os.path.join(home, one.below.split(os.sep)[0])] += 1
    if len(set(counts.values())) > 1:
        few = min(counts, key=lambda path: counts[path])
        notes.append(
            f"the folders hold unequal numbers of files: {os.path.basename(few)} {counts[few]}, others up to "
            f"{max(counts.values())}"
        )
    whole = _found(
        found,
        family=tuple(member.path for member in members),
        notes=tuple(notes),
        root=home,
        title=tag.rstrip(" _-.") or os.path.basename(home) or "stack",
        home=home,
    )
    return _told(whole)


def _family(stack: FolderStack) -> tuple[list[_Numbered], str, str]:
    """The folders of a stack in order of their numbers, the tag, and the folder they lie in."""
    path = os.path.abspath(os.fspath(stack.path))
    if not os.path.isdir(path):
        if os.path.lexists(path):
            raise ReadError(f"{path} is no folder", remedy="name one folder of the stack", path=path)
        raise FileNotFoundError(f"there is no folder {path}")
    own = _apart(path, stack.tag)
    home = os.path.dirname(path) if own is not None else path
    numbered = [
        one for entry in entries(home)
        if no_image(entry) is None and is_folder(entry) and (one := _apart(entry.path, stack.tag)) is not None
    ]  # fmt: skip
    families = {(one.tag, one.rest) for one in numbered}
    if own is not None:
        families = {(own.tag, own.rest)}
    if len(families) != 1:
        told = ", ".join(sorted(f"{tag}<number>{rest}" for tag, rest in families))
        raise OmioError(
            f"{path} holds {len(families)} families of folders" + (f" with the tag {stack.tag!r}" if stack.tag else ""),
            evidence=told or "no folder in it has a number in its name",
            remedy=either(
                "name one folder of the family",
                advise("the part of its name before the number with {tag}", tag=None),
            ),
            path=path,
        )
    ((tag, rest),) = families
    members = [one for one in numbered if (one.tag, one.rest) == (tag, rest)]
    if own is not None and all(one.path != own.path for one in members):
        members.append(own)  # the folder named belongs to it, whatever its name says
    return sorted(members, key=lambda one: (one.index, natural(one.path))), tag, home


def _apart(path: str, tag: str | None) -> _Numbered | None:
    """A folder's name taken apart at its last number, or at the number after a tag; None where there is none."""
    name = os.path.basename(path)
    numbers = list(_INDEX.finditer(name))
    if tag is not None:
        if not name.startswith(tag):
            return None
        numbers = [one for one in numbers if one.start() == len(tag)]
    if not numbers:
        return None
    last = numbers[-1]
    return _Numbered(path=path, tag=name[: last.start()], index=int(last[0]), rest=name[last.end() :])
