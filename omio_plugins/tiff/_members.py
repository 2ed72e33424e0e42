"""The files of a set: which names may be opened, the UUID and pages of each; it knows no image.

A file names others, and a hostile one may name any file. So a name is followed only to a regular file inside the folder
of the opened file; a name that leads out of it is refused without a look at its target.
"""

from __future__ import annotations

import contextlib
import itertools
import ntpath
import os
import stat
import struct
from functools import cached_property

from omio_core.contract import (
    CorruptFileError,
    LimitExceededError,
    OmioError,
    PositionedFile,
    current_settings,
    locate,
)

from ._chain import MOST_TAGS, read_chain
from ._ifd import Chain
from ._shelf import Shelf, ShelvedFile
from ._tables import Form
from ._tags import DESCRIPTION
from ._xml import HEAD, begins_as_ome, decode, plane_texts, root_uuid

_MOST_NAMES = 100_000  # names of a folder that are examined
_MOST_LOOKS = 4096  # files that are searched for a UUID; each costs a read of some kilobytes
_SUFFIXES = (".tif", ".tiff", ".btf", ".tf8", ".tf2", ".companion.ome")
_TIFF = (b"II*\0", b"II+\0", b"MM\0*", b"MM\0+")


class Members:
    """The opened file, which stays open, and the other files of its set, which are open while they are read.

    Attributes
    ----------
    first
        The opened file.
    planes
        From the path of a member whose UUID was read to the result of `_xml.plane_texts` for its OME-XML.

    Raises
    ------
    ReadError
        The file cannot be opened.
    FileNotFoundError
        The file does not exist.
    """

    def __init__(self, path: str):
        self.first = locate(path).open()
        self.folder = os.path.dirname(os.path.abspath(path))
        self.planes: dict[str, tuple[str, ...]] = {}
        self._paths: dict[str, None] = {path: None}
        self._files: dict[str, ShelvedFile] = {}
        self._chains: dict[str, Chain] = {}
        self._uuids: dict[str, dict[str, list[str]]] = {}
        self._shelf = Shelf()
        self._pages = 0

    @property
    def paths(self) -> tuple[str, ...]:
        """Every existing file of the set, the opened one first."""
        return tuple(self._paths)

    def close(self) -> None:
        """Close all files."""
        self._shelf.close()
        self.first.close()

    # computed on demand: most files name no others, and resolving links costs system calls
    @cached_property
    def _root(self) -> str:
        return os.path.realpath(self.folder)

    @cached_property
    def _first_real_path(self) -> str:
        return os.path.realpath(self.first.path)

    # --- the content of a file

    def is_companion(self) -> bool:
        """Whether the opened file is OME-XML rather than a TIFF."""
        return not self.is_tiff(self.first.path) and begins_as_ome(self.first.read(0, min(HEAD, self.first.size)))

    def is_tiff(self, path: str) -> bool:
        """Whether a member begins with a TIFF signature."""
        file = self._file(path)
        return file.read(0, min(4, file.size)) in _TIFF

    def chain(self, path: str) -> Chain:
        """The pages of a member, read once.

        Raises
        ------
        CorruptFileError
            As `read_chain`.
        LimitExceededError
            As `read_chain`; or all files together have more pages than the settings allow.
        """
        if path not in self._chains:
            chain = read_chain(self._file(path))
            self._pages += len(chain.pages)
            if self._pages > chain.settings.max_pages:
                raise LimitExceededError(
                    f"the set of {self.first.path} has too many pages",
                    evidence=f"{self._pages} in {len(self._chains) + 1} files, at most {chain.settings.max_pages}",
                    remedy="raise OMIO_MAX_PAGES if the files are to be trusted",
                    path=self.first.path,
                )
            self._chains[path] = chain
        return self._chains[path]

    def text(self, path: str) -> str:
        """The OME-XML in a member, or the member itself if it is OME-XML; empty if a TIFF has no description.

        Raises
        ------
        CorruptFileError
            As `chain`; or the member is neither a TIFF nor OME-XML.
        LimitExceededError
            As `chain`; or the text is longer than the settings allow.
        """
        if self.is_tiff(path):
            chain = self.chain(path)
            return chain.text(chain.pages[0], DESCRIPTION) or ""
        file = self._file(path)
        if file.size > (most := current_settings().max_xml):
            raise LimitExceededError(
                f"{path} is too long for OME-XML",
                evidence=f"{file.size} bytes, at most {most}",
                remedy="raise OMIO_MAX_XML if the file is to be trusted",
                path=path,
            )
        head = file.read(0, min(HEAD, file.size))
        if not begins_as_ome(head):
            raise CorruptFileError(
                f"{path} is neither a TIFF nor OME-XML", evidence=f"it begins with {head[:16]!r}", path=path
            )
        return decode(file.read(0, file.size))

    def uuid(self, path: str) -> str | None:
        """The UUID that a member states for itself."""
        head = _xml_head(self._file(path))
        self.planes[path] = plane_texts(head)
        return root_uuid(head)

    def peek(self, name: str) -> str:
        """The description of a TIFF beside the opened file, without making it a member; empty if there is none.

        Raises
        ------
        CorruptFileError
            The name leads out of the folder, or to no regular file.
        ReadError
            The file cannot be read.
        """
        path = self._locate(name, self.folder)
        if path is None or path == self.first.path:
            return ""
        with contextlib.closing(locate(path).open()) as file:
            return decode(_xml_head(file, current_settings().max_xml).partition(b"\0")[0])

    def _file(self, path: str) -> PositionedFile:
        if path == self.first.path:
            return self.first
        if path not in self._files:
            self._files[path] = ShelvedFile(path, self._shelf)
        return self._files[path]

    # --- the search for files

    def find(self, name: str, folder: str) -> str | None:
        """Find the member of a name.

        Parameters
        ----------
        name
            The name in another file; "/" or, from programs on Windows, a backslash separates its parts.
        folder
            The folder of that file.

        Returns
        -------
        str or None
            A path; None if no file has that name.

        Raises
        ------
        CorruptFileError
            The name leads out of the folder of the opened file, or to something that is no regular file.
        """
        path = self._locate(name, folder)
        return path if path in (None, self.first.path) else self._add_member(path)

    def _locate(self, name: str, folder: str) -> str | None:
        """As `find`, without making the file a member."""
        path = self._resolve(name, folder)
        try:
            is_link = stat.S_ISLNK(os.lstat(path).st_mode)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            raise self._refusal(name, str(error)) from error
        bare = os.path.dirname(path) == self.folder and not is_link  # true of nearly all names
        real = os.path.join(self._root, os.path.basename(path)) if bare else os.path.realpath(path)
        if real == self._first_real_path:
            return self.first.path
        if not _is_within(real, self._root):
            raise self._refusal(name, "it is a link that leads out of the folder")
        try:
            regular = stat.S_ISREG(os.stat(real).st_mode)
        except FileNotFoundError:  # a link to nothing
            return None
        except OSError as error:
            raise self._refusal(name, str(error)) from error
        if not regular:
            raise self._refusal(name, "it is no regular file")
        return os.path.join(self.folder, os.path.relpath(real, self._root))

    def find_uuid(self, uuid: str, folder: str) -> str | None:
        """Find the member that states a UUID for itself, whatever its name; in this folder, not in its subfolders.

        Raises
        ------
        CorruptFileError
            Several files state that UUID.
        """
        if folder not in self._uuids:
            self._uuids[folder] = self._scan_uuids(folder)
        paths = self._uuids[folder].get(uuid, [])
        if len(paths) > 1:
            raise CorruptFileError(
                f"{self.first.path} names a file of its set by a UUID that several have",
                evidence=f"{', '.join(os.path.basename(path) for path in paths[:4])} state {uuid}",
                remedy="leave one of them in the folder",
                path=self.first.path,
            )
        return self._add_member(paths[0]) if paths else None

    def _scan_uuids(self, folder: str) -> dict[str, list[str]]:
        """Read the UUIDs of the files of a folder: from each UUID to the files that state it."""
        with os.scandir(folder) as entries:
            names = sorted(
                entry.name
                for entry in itertools.islice(entries, _MOST_NAMES)
                if entry.name.lower().endswith(_SUFFIXES) and entry.is_file(follow_symlinks=False)
            )
        real = os.path.realpath(folder)
        others = (os.path.join(folder, name) for name in names if os.path.join(real, name) != self._first_real_path)
        paths_by_uuid: dict[str, list[str]] = {}
        for path in (self.first.path, *itertools.islice(others, _MOST_LOOKS)):
            with contextlib.suppress(OmioError, OSError):  # an unreadable file is not the one in question
                uuid = self._read_uuid(path)
                if uuid is not None:
                    paths_by_uuid.setdefault(uuid, []).append(path)
        return paths_by_uuid

    def _read_uuid(self, path: str) -> str | None:
        if path == self.first.path or path in self._files:
            return self.uuid(path)
        with contextlib.closing(locate(path).open()) as file:
            return root_uuid(_xml_head(file))

    def _add_member(self, path: str) -> str:
        self._paths.setdefault(path)
        return path

    def _resolve(self, name: str, folder: str) -> str:
        """The path of a name, from its text alone."""
        spelled = name.replace("\\", "/")
        parts = [part for part in spelled.split("/") if part not in ("", ".")]
        if "\0" in name or not parts or ".." in parts:
            raise self._refusal(name, "it leads out of the folder" if parts else "it is no name")
        if os.path.isabs(spelled):
            absolute = os.path.normpath(spelled)
            start = next((f for f in (self.folder, self._root) if _is_within(absolute, f)), None)
            if start is None:
                raise self._refusal(name, "it is an absolute path outside the folder")
            return os.path.join(self.folder, os.path.relpath(absolute, start))
        if ntpath.splitdrive(spelled)[0]:  # a path of Windows; this machine may be another
            raise self._refusal(name, "it begins with a drive")
        return os.path.join(folder, *parts)

    def _refusal(self, name: str, evidence: str) -> CorruptFileError:
        return CorruptFileError(
            f"{self.first.path} names a file that is not opened: {name[:200]!r}",
            evidence=evidence,
            remedy="files of a set are regular files beside the opened one or in folders there, named relative to it",
            path=self.first.path,
            file_name=name,
        )


def _is_within(path: str, root: str) -> bool:
    return os.path.normcase(path).startswith(os.path.normcase(os.path.join(root, "")))


def _xml_head(file: PositionedFile, most: int = HEAD) -> bytes:
    """The first bytes of the description of a TIFF's first page, or of a file that is no TIFF; empty if unreadable.

    At most `most` bytes of a description. Layout as in `_chain`; reads only one table, whatever the file's length.
    """
    head = file.read(0, min(HEAD, file.size))
    if head[:4] not in _TIFF:
        return head
    big = head[2:4].strip(b"\0") == b"+"
    form = Form("<" if head[:2] == b"II" else ">", big)
    try:
        (offset,) = form.pointer.unpack_from(head, 8 if big else 4)
        (number,) = form.number.unpack(file.read(offset, form.number.size))
        entries = file.read(offset + form.number.size, min(number, MOST_TAGS) * form.entry.size)
        for code, kind, count, value in form.entry.iter_unpack(entries):
            if code == DESCRIPTION and kind in (1, 2, 7):
                n = min(count, most)
                return bytes(value[:n]) if count <= len(value) else file.read(form.pointer.unpack(value)[0], n)
    except (CorruptFileError, struct.error):
        pass
    return b""
