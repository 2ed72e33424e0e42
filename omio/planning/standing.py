"""Find the files that stand where a plan would write, and what their own records say; opens no image."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from omio.sources.walk import Candidate
from omio_core.files.location import Location
from omio_core.images.conversion import CONVERSION, written_records
from omio_core.metadata.namespaces import MERGE, PROVENANCE
from omio_core.plugins.catalogue import catalogue

Key = tuple[str, str, int | str]
"""What an output is of: of one image its file and its index; of several images their file; of a merge its name and
axis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file or folder with OMIO's record of a conversion.

    Parameters
    ----------
    path
        Where it is, absolute.
    images
        For each image in it OMIO's annotations, by their namespaces.
    flaw
        Why it is no longer as it was written, as far as its own seal says; "" where it is.

    Attributes
    ----------
    records
        The provenance of each image.
    conversion
        The record of the conversion, as `omio_core.images.conversion` makes it.
    root, source
        The name of the folder that was converted, and the path of the source in it; of a merge, its name.
    key
        What it is of.
    """

    path: str
    images: tuple[Mapping[str, Mapping[str, Any]], ...]
    flaw: str = ""

    records: tuple[Mapping[str, Any], ...] = field(init=False)
    conversion: Mapping[str, Any] = field(init=False)
    root: str = field(init=False)
    source: str = field(init=False)
    key: Key = field(init=False)

    def __post_init__(self) -> None:
        records = tuple(image.get(PROVENANCE, {}) for image in self.images)
        conversion: Mapping[str, Any] = records[0][CONVERSION]
        values = {
            "records": records,
            "conversion": conversion,
            "root": conversion["root"],
            "source": conversion["path"],
        }
        for name, value in (values | {"key": _key(conversion["path"], records)}).items():
            object.__setattr__(self, name, value)

    @property
    def members(self) -> tuple[tuple[Mapping[str, Any], ...], ...]:
        """For each input, the records of the files that belonged to it."""
        merge = self.images[0].get(MERGE, {})
        inputs = merge.get("inputs", ()) if "inputs" in self.conversion else self.records
        return tuple(
            tuple(member for member in one.get("source", ()) if isinstance(member, Mapping))
            for one in inputs
            if isinstance(one, Mapping)
        )


def _key(source: str, records: Sequence[Mapping[str, Any]]) -> Key:
    merged = records[0].get("merged")
    if isinstance(merged, Mapping):
        return "merge", source, str(merged.get("axis"))
    if len(records) > 1:
        return "file", source, ""
    index = records[0].get("image")
    return "image", source, index if isinstance(index, int) else -1


def found(path: str) -> Found | None:
    """Return what stands under a name, if it has OMIO's record of a conversion; else None."""
    for writer in catalogue().writers:
        records = written_records(writer, path)
        if records is not None and records.images and _is_conversion(records.images[0]):
            return Found(path=path, images=records.images, flaw=records.flaw)
    return None


def _is_conversion(image: Mapping[str, Mapping[str, Any]]) -> bool:
    conversion = image.get(PROVENANCE, {}).get(CONVERSION)
    return isinstance(conversion, Mapping) and all(isinstance(conversion.get(key), str) for key in ("root", "path"))


class Standing:
    """What stands in the folders that a plan writes into.

    Parameters
    ----------
    folders
        Where outputs may lie.
    deep
        Whether also in the folders in them.
    only
        The one file that is written; others beside it do not count.
    """

    def __init__(self, folders: Iterable[Path], *, deep: bool, only: Path | None = None):
        self._folders, self._deep, self._only = tuple(folders), deep, only and os.path.abspath(only)
        self._names: dict[Path, Mapping[str, str]] = {}
        self._at: dict[str, Found | None] = {}

    @cached_property
    def found(self) -> Mapping[str, Found]:
        """All files with a record of a conversion, by their absolute paths."""
        paths = dict.fromkeys(path for folder in self._folders for path in self._candidates(os.path.abspath(folder)))
        return {path: one for path in paths if (one := self.at(path)) is not None}

    def at(self, path: str) -> Found | None:
        """Return what stands under a name, as `found`; it is looked at once."""
        if path not in self._at:
            self._at[path] = found(path)
        return self._at[path]

    @cached_property
    def by_key(self) -> Mapping[Key, Sequence[Found]]:
        """The same by what they are of."""
        keys: dict[Key, list[Found]] = {}
        for one in self.found.values():
            keys.setdefault(one.key, []).append(one)
        return keys

    @cached_property
    def by_source(self) -> Mapping[str, Sequence[Found]]:
        """Those that are no merges, by the path of their source."""
        sources: dict[str, list[Found]] = {}
        for one in self.found.values():
            if one.key[0] != "merge":
                sources.setdefault(one.source, []).append(one)
        return sources

    def _candidates(self, folder: str) -> Iterator[str]:
        suffixes = tuple(s for writer in catalogue().writers if writer.records is not None for s in writer.suffixes)
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            return  # it does not exist yet, or the error comes where it is written into
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.name.lower().endswith(suffixes):
                if self._only in (None, entry.path):
                    yield entry.path
            elif self._deep and entry.is_dir(follow_symlinks=False):
                yield from self._candidates(entry.path)

    def taken(self, path: Path) -> str | None:
        """Return what stands under a name, or under one that other systems take for the same; None if nothing does."""
        folder = Path(os.path.abspath(path)).parent
        if folder not in self._names:
            try:
                names = os.listdir(folder)
            except OSError:
                names = []
            self._names[folder] = {same_name(name): os.path.join(folder, name) for name in names}
        return self._names[folder].get(same_name(path.name))


def same_name(name: str) -> str:
    """Return a text that is equal for two names that some file system takes for one: any case, NFC and NFD.

    Examples
    --------
    >>> same_name("A\\u0308.TIF") == same_name("\\u00e4.tif")
    True
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def root_of(candidate: Candidate) -> Location:
    """Return the folder that was converted when a file was found in it; of a named file, its folder."""
    folder = candidate.location.parent
    for _ in filter(None, candidate.below.split(os.sep)):
        folder = folder.parent
    return folder


def path_of(candidate: Candidate) -> str:
    """Return the path of a source file in the folder that was converted, with "/"."""
    return "/".join([*filter(None, candidate.below.split(os.sep)), candidate.location.name])
