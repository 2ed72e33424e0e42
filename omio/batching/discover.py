"""Find the images of a project by the names of its folders, through locations alone; it opens no file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from omio.sources.kinds import Folder, FolderStack, beginning
from omio.sources.walk import Skipped, entries, is_folder, is_picture, natural, no_image
from omio_core.errors import BatchError, OmioError, ReadError, first_few
from omio_core.files.location import Entry, Location
from omio_core.wording import Aside, advise

from .rules import Rule, Rules, fits

CONVERTED = "omio_converted"
"""The folder for what is written, where the caller names none; it is never searched."""


_SPECIAL = re.compile(r"[*?\[]")  # what a shell pattern does not take as it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A part of a project that is converted as a unit: the files of a folder, or one merge.

    Parameters
    ----------
    folders
        The names of the folders from the root to where it lies: the subject, the experiment, and so on.
    source
        What is read.
    along
        The axis along which all of it becomes one image; None where each file is an image of its own.
    parts
        The folders that are read.
    """

    folders: tuple[str, ...]
    source: Folder | FolderStack
    along: str | None = None
    parts: tuple[Location, ...] = ()

    @property
    def subject(self) -> str:
        """The name of the subject's folder."""
        return self.folders[0]

    @property
    def tag(self) -> str | None:
        """What the names of folders that are merged begin with; None where none are."""
        members = self.source.members if isinstance(self.source, FolderStack) else ()
        return beginning(members) if members else None

    @property
    def below(self) -> str:
        """Where it lies in the project, with "/"."""
        return "/".join(self.folders)

    @property
    def key(self) -> str:
        """What tells it from the other leaves of the project."""
        what = "tags" if isinstance(self.source, FolderStack) else "files"
        return self.below if self.along is None else f"{self.below}: {what} merged along {self.along}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """The leaves of a project in natural order, and what is left out with the reasons."""

    root: Location
    rules: Rules
    leaves: tuple[Leaf, ...]
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True)
class _Search:
    """A search by rules; it collects what it leaves out."""

    rules: Rules
    closed: tuple[Location, ...]
    skipped: list[Skipped] = field(default_factory=list)
    seen: dict[Location, Location] = field(default_factory=dict)

    def folders(self, folder: Location, rules: Sequence[Rule], what: str) -> Iterator[Location]:
        """Yield the folders in a folder that follow the rules, in natural order."""
        for entry in sorted(self.listed(folder), key=lambda entry: natural(entry.name)):
            location = folder.child(entry.name)
            if entry.name.startswith(".") or entry.name == CONVERTED or location in self.closed:
                continue  # hidden, or what is written: nobody misses it
            why = no_image(entry) or self.excluded(entry.name)
            if why is None and not _is_open_folder(entry, location):
                why = f"no folder, and lies beside the {what}" if not entry.is_folder else "one picture"
            if why is None and not fits(entry.name, rules):
                why = f"no folder of the {what}: {' or '.join(map(str, rules))}"
            if why is None and (earlier := self.seen.setdefault(location.real(), location)) != location:
                why = f"the same folder as {earlier}"
            if why is None:
                yield location
            else:
                self.skip(location, why)

    def listed(self, folder: Location) -> Sequence[Entry]:
        """Return what lies in a folder; one that cannot be listed is left out with the reason."""
        try:
            return entries(folder)
        except (OmioError, OSError) as error:
            self.skip(folder, str(getattr(error, "what", error)))
            return ()

    def excluded(self, name: str) -> str | None:
        """Say by which rule a name is left out; None where by none."""
        rule = next((rule for rule in self.rules.exclude_rules if rule.fits(name)), None)
        return None if rule is None else f"excluded: {rule}"

    def skip(self, location: Location, why: str) -> None:
        """Remember what is left out."""
        self.skipped.append(Skipped(path=str(location), why=why))


def discover(root: Location, rules: Rules, closed: Sequence[Location] = ()) -> Project:
    """Find the leaves of a project.

    Parameters
    ----------
    root
        The folder of the project.
    rules
        What its folders are.
    closed
        Folders that are not searched, as outputs lie there. Folders of the name `CONVERTED` never are.

    Raises
    ------
    FileNotFoundError
        There is no such folder.
    BatchError
        It is no folder, or no folder in it follows the rules, or a subject that is asked for is not there.
    """
    if not root.is_folder:
        if root.exists:
            raise BatchError(f"{root} is no folder", remedy="name the folder of the project", path=str(root))
        raise FileNotFoundError(f"there is no folder {root}")
    search = _Search(rules, tuple(closed))
    leaves: list[Leaf] = []
    subjects = list(_subjects(search, root))
    for subject in subjects:
        for chain in _chains(search, (subject,), rules.level_rules):
            leaves += _leaves(search, chain)
    if not leaves:
        raise _empty_error(root, search)
    return Project(root=root, rules=rules, leaves=tuple(leaves), skipped=tuple(search.skipped))


def _subjects(search: _Search, root: Location) -> Iterator[Location]:
    """Yield the folders of the subjects.

    Raises
    ------
    BatchError
        A subject that is asked for is not there.
    """
    wanted = search.rules.subject_ids
    if wanted is None:
        yield from search.folders(root, search.rules.subject_rules, "subjects")
        return
    named = [Rule(kind="exact", text=name) for name in wanted]
    found = list(search.folders(root, named, "subjects asked for"))
    if missing := [name for name in wanted if name not in {folder.name for folder in found}]:
        there = sorted((entry.name for entry in search.listed(root) if entry.is_folder), key=natural)
        raise BatchError(
            f"there is no subject {missing[0]!r} in {root}",
            evidence=f"there are {first_few(there, 8) or 'no folders'}",
            remedy="give the names of the folders of the subjects", path=str(root),
        )  # fmt: skip
    yield from found


def _chains(
    search: _Search, chain: tuple[Location, ...], levels: Sequence[Sequence[Rule]]
) -> Iterator[tuple[Location, ...]]:
    """Yield the chains of folders from a subject to each folder of the lowest level."""
    if not levels:
        yield chain
        return
    what = "experiments" if len(levels) == len(search.rules.level_rules) else "next level"
    for folder in search.folders(chain[-1], levels[0], what):
        yield from _chains(search, (*chain, folder), levels[1:])


def _leaves(search: _Search, chain: tuple[Location, ...]) -> Iterator[Leaf]:
    """Yield the leaves in a folder of the lowest level: its own files, and those of its tag folders."""
    rules, folder = search.rules, chain[-1]
    tags = []
    if rules.tag_rules:
        before = len(search.skipped)
        tags = list(search.folders(folder, rules.tag_rules, "tags"))
        # its files are images of its own, which are looked at below
        search.skipped[before:] = [skip for skip in search.skipped[before:] if "no folder, and" not in skip.why]
    if _holds_files(search, folder):
        yield _of_folder(search, chain)
    elif not tags:
        folders = [entry.name for entry in search.listed(folder) if entry.is_folder and entry.name != CONVERTED]
        held = f" but folders, which no rule names: {first_few(sorted(folders, key=natural), 4)}" if folders else ""
        search.skip(folder, f"holds no file that may be an image{held}")
    if "tags" not in rules.merges:
        yield from (_of_folder(search, (*chain, tag)) for tag in tags if _holds_files(search, tag, tell=True))
        return
    tags = [tag for tag in tags if _holds_files(search, tag, tell=True)]
    if tags:
        yield Leaf(
            folders=tuple(one.name for one in chain),
            source=FolderStack(folder, members=tuple(tag.name for tag in tags), patterns=_patterns(search, tags)),
            along=rules.along,
            parts=tuple(tags),
        )


def _of_folder(search: _Search, chain: tuple[Location, ...]) -> Leaf:
    """Return the leaf of the files in a folder."""
    return Leaf(
        folders=tuple(one.name for one in chain),
        source=Folder(chain[-1], patterns=_patterns(search, chain[-1:])),
        along=search.rules.along if "files" in search.rules.merges else None,
        parts=(chain[-1],),
    )


def _patterns(search: _Search, folders: Sequence[Location]) -> tuple[str, ...]:
    """Return the shell patterns of file names, and one with ``!`` for each file that a rule excludes."""
    patterns = search.rules.patterns
    wanted = (patterns,) if isinstance(patterns, str) else tuple(patterns)
    names = dict.fromkeys(entry.name for folder in folders for entry in search.listed(folder))
    excluded = (_SPECIAL.sub(r"[\g<0>]", name) for name in names if search.excluded(name))
    return (*wanted, *(f"!{pattern}" for pattern in excluded))


def _holds_files(search: _Search, folder: Location, *, tell: bool = False) -> bool:
    """Tell whether a folder holds what may be an image by its name."""
    for entry in search.listed(folder):
        if no_image(entry) is None and search.excluded(entry.name) is None:
            location = folder.child(entry.name)
            if not _is_open_folder(entry, location):
                return True
    if tell:
        search.skip(folder, "holds no file that may be an image")
    return False


def _is_open_folder(entry: Entry, location: Location) -> bool:
    """Tell whether an entry is a folder to look into: no file, and no folder that is one picture."""
    try:
        return is_folder(entry, location) and not is_picture(location)
    except ReadError:
        return False  # a link that leads in a circle: no folder


def _empty_error(root: Location, search: _Search) -> BatchError:
    """Return the error for a project in which nothing follows the rules."""
    inside = [(skip.path.removeprefix(str(root)).lstrip("/\\"), skip.why) for skip in search.skipped]
    listed = [f"{path}: {why}" for path, why in inside]
    return BatchError(
        f"no image is found in {root} by the rules", path=str(root),
        evidence=f"{search.rules.describe()}; {first_few(listed, 8, joint='; ') or 'the folder is empty'}",
        remedy=advise(
            "state what the folders are named like: {subjects} and {experiments}{}", Aside(" (sub= and exp=)"),
            subjects="prefix:sub-", experiments="contains:TP",
        ),
    )  # fmt: skip
