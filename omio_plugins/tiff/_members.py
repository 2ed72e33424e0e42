"""The files of a set: which names may be opened, the UUID and pages of each; it knows no image.

A file names others, and a hostile one may name any file. So a name is followed only to a regular file inside the folder
of the opened file; a name that leads out of it is refused without a look at its target. A folder is listed only to
search it for a UUID; where a place cannot be listed, files are found by their names alone.
"""

from __future__ import annotations

import contextlib
import itertools
import ntpath
import os.path
import struct
from functools import cached_property

from omio_core.contract import (
    CorruptFileError,
    LimitExceededError,
    Location,
    OmioError,
    PositionedFile,
    ReadError,
    current_settings,
    decode_xml,
)

from ._chain import MOST_TAGS, read_chain
from ._ifd import Chain
from ._shelf import Shelf, ShelvedFile
from ._tables import Form
from ._tags import DESCRIPTION
from ._xml import HEAD, begins_as_ome, plane_texts, root_uuid

_MOST_NAMES = 100_000  # names of a folder that are examined
_MOST_LOOKS = 4096  # files that are searched for a UUID; each costs a read of some kilobytes
_SUFFIXES = (".tif", ".tiff", ".btf", ".tf8", ".tf2", ".companion.ome")
_TIFF = (b"II*\0", b"II+\0", b"MM\0*", b"MM\0+")


class Members:
    """The opened file, which stays open, and the other files of its set, which are open while they are read.

    Attributes
    ----------
    location
        Where the opened file is.
    first
        The opened file.
    folder
        The folder that it is in.
    planes
        From the location of a member whose UUID was read to the result of `_xml.plane_texts` for its OME-XML.

    Raises
    ------
    ReadError
        The file cannot be opened.
    FileNotFoundError
        The file does not exist.
    """

    def __init__(self, location: Location):
        self.location = location
        self.first = location.open()
        self.folder = location.parent
        self.planes: dict[Location, tuple[str, ...]] = {}
        self._locations: dict[Location, None] = {location: None}
        self._files: dict[Location, ShelvedFile] = {}
        self._chains: dict[Location, Chain] = {}
        self._uuids: dict[Location, dict[str, list[Location]] | None] = {}
        self._shelf = Shelf()
        self._pages = 0

    @property
    def locations(self) -> tuple[Location, ...]:
        """Every existing file of the set, the opened one first."""
        return tuple(self._locations)

    def close(self) -> None:
        """Close all files."""
        self._shelf.close()
        self.first.close()

    # computed on demand: most files name no others, and resolving links costs system calls
    @cached_property
    def _root(self) -> Location:
        return self.folder.real()

    @cached_property
    def _first_real(self) -> Location:
        return self.location.real()

    # --- the content of a file

    def is_companion(self) -> bool:
        """Whether the opened file is OME-XML rather than a TIFF."""
        return not self.is_tiff(self.location) and begins_as_ome(self.first.read(0, min(HEAD, self.first.size)))

    def is_tiff(self, location: Location) -> bool:
        """Whether a member begins with a TIFF signature."""
        file = self._file(location)
        return file.read(0, min(4, file.size)) in _TIFF

    def chain(self, location: Location) -> Chain:
        """The pages of a member, read once.

        Raises
        ------
        CorruptFileError
            As `read_chain`.
        LimitExceededError
            As `read_chain`; or all files together have more pages than the settings allow.
        """
        if location not in self._chains:
            chain = read_chain(self._file(location), location)
            self._pages += len(chain.pages)
            if self._pages > chain.settings.max_pages:
                raise LimitExceededError(
                    f"the set of {self.location} has too many pages",
                    evidence=f"{self._pages} in {len(self._chains) + 1} files, at most {chain.settings.max_pages}",
                    remedy="raise OMIO_MAX_PAGES if the files are to be trusted",
                    path=str(self.location),
                )
            self._chains[location] = chain
        return self._chains[location]

    def text(self, location: Location) -> str:
        """The OME-XML in a member, or the member itself if it is OME-XML; empty if a TIFF has no description.

        Raises
        ------
        CorruptFileError
            As `chain`; or the member is neither a TIFF nor OME-XML.
        LimitExceededError
            As `chain`; or the text is longer than the settings allow.
        """
        if self.is_tiff(location):
            chain = self.chain(location)
            return chain.text(chain.pages[0], DESCRIPTION) or ""
        file, path = self._file(location), str(location)
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
        return decode_xml(file.read(0, file.size))

    def uuid(self, location: Location) -> str | None:
        """The UUID that a member states for itself."""
        head = _xml_head(self._file(location))
        self.planes[location] = plane_texts(head)
        return root_uuid(head)

    def peek(self, name: str) -> str:
        """The description of a TIFF beside the opened file, without making it a member; empty if there is none.

        Raises
        ------
        CorruptFileError
            The name leads out of the folder.
        ReadError
            The file is no regular file, or cannot be read.
        FileNotFoundError
            The name is that of a link to nothing.
        """
        location = self._locate(name, self.folder)
        if location is None or location == self.location:
            return ""
        with contextlib.closing(location.open()) as file:
            return decode_xml(_xml_head(file, current_settings().max_xml).partition(b"\0")[0])

    def _file(self, location: Location) -> PositionedFile:
        if location == self.location:
            return self.first
        if location not in self._files:
            self._files[location] = ShelvedFile(location, self._shelf)
        return self._files[location]

    # --- the search for files

    def find(self, name: str, folder: Location) -> Location | None:
        """Find the member of a name, and open it.

        Parameters
        ----------
        name
            The name in another file; "/" or, from programs on Windows, a backslash separates its parts.
        folder
            The folder of that file.

        Returns
        -------
        Location or None
            None if no file has that name.

        Raises
        ------
        CorruptFileError
            The name leads out of the folder of the opened file, or to something that is no regular file.
        ReadError
            The file cannot be opened.
        """
        location = self._locate(name, folder)
        if location is None or location == self.location:
            return location
        try:
            self._file(location)
        except FileNotFoundError:  # also a link to nothing
            return None
        except ReadError as error:
            if _is_file(location):
                raise
            raise self._refusal(name, "it is no regular file") from error
        self._locations.setdefault(location)
        return location

    def _locate(self, name: str, folder: Location) -> Location | None:
        """The place of a name inside the folder of the opened file; None if nothing is there.

        Links are followed as far as they stay inside; what they lead to may not exist.
        """
        location = self._resolve(name, folder)
        try:
            is_link = location.is_link
        except ReadError as error:
            raise self._refusal(name, error.evidence or error.what) from error
        if is_link is None:
            return None
        if not is_link and location.parent == self.folder:  # true of nearly all names
            is_first = self._root.child(location.name) == self._first_real
            return self.location if is_first else location
        real = location.real()
        if real == self._first_real:
            return self.location
        parts = _parts_within(str(real), self._root)
        if parts is None:
            raise self._refusal(name, "it is a link that leads out of the folder")
        return self.folder.child(parts)

    def find_uuid(self, uuid: str, folder: Location) -> Location | None:
        """Find the member that states a UUID for itself, whatever its name; in this folder, not in its subfolders.

        None also where the folder cannot be listed.

        Raises
        ------
        CorruptFileError
            Several files state that UUID.
        """
        if folder not in self._uuids:
            self._uuids[folder] = self._scan_uuids(folder)
        locations = (self._uuids[folder] or {}).get(uuid, [])
        if len(locations) > 1:
            raise CorruptFileError(
                f"{self.location} names a file of its set by a UUID that several have",
                evidence=f"{', '.join(location.name for location in locations[:4])} state {uuid}",
                remedy="leave one of them in the folder",
                path=str(self.location),
            )
        if not locations:
            return None
        self._locations.setdefault(locations[0])
        return locations[0]

    def name_absent(self, name: str, uuid: str | None, folder: Location) -> str:
        """A missing file in words: its name, and whether it may be there under another one.

        Parameters
        ----------
        name
            The name that is stated.
        uuid
            The UUID by which the folder was searched; None if it was not.
        folder
            The folder of the file that states them.
        """
        if uuid is None or self._uuids.get(folder, {}) is not None:
            return name
        return f"{name} (its folder cannot be listed, so no file of another name was searched for its UUID)"

    def _scan_uuids(self, folder: Location) -> dict[str, list[Location]] | None:
        """Read the UUIDs of the files of a folder: from each UUID to the files that state it; None if not listed."""
        try:
            listed = folder.names()
        except ReadError:  # files that are named can be opened in a folder that may not be listed
            listed = None
        if listed is None:
            return None
        root = folder.real()
        names = [name for name in listed[:_MOST_NAMES] if name.lower().endswith(_SUFFIXES)]
        others = (folder.child(name) for name in names if root.child(name) != self._first_real)
        by_uuid: dict[str, list[Location]] = {}
        for location in (self.location, *itertools.islice(others, _MOST_LOOKS)):
            with contextlib.suppress(OmioError, OSError):  # an unreadable file is not the one in question
                uuid = self._read_uuid(location)
                if uuid is not None:
                    by_uuid.setdefault(uuid, []).append(location)
        return by_uuid

    def _read_uuid(self, location: Location) -> str | None:
        if location == self.location or location in self._files:
            return self.uuid(location)
        if location.is_link:  # it may lead out of the folder
            return None
        with contextlib.closing(location.open()) as file:
            return root_uuid(_xml_head(file))

    def _resolve(self, name: str, folder: Location) -> Location:
        """The location of a name, from its text alone."""
        spelled = name.replace("\\", "/")
        parts = [part for part in spelled.split("/") if part not in ("", ".")]
        if "\0" in name or not parts or ".." in parts:
            raise self._refusal(name, "it leads out of the folder" if parts else "it is no name")
        relative: str | None = "/".join(parts)
        if os.path.isabs(spelled):
            absolute = os.path.normpath(spelled)
            inside = (_parts_within(absolute, start) for start in (self.folder, self._root))
            folder, relative = self.folder, next((parts for parts in inside if parts is not None), None)
        elif ntpath.splitdrive(spelled)[0]:  # a path of Windows; this machine may be another
            raise self._refusal(name, "it begins with a drive")
        if relative is None:
            raise self._refusal(name, "it is an absolute path outside the folder")
        try:
            return folder.child(relative)
        except ReadError as error:
            raise self._refusal(name, error.evidence or error.what) from error

    def _refusal(self, name: str, evidence: str) -> CorruptFileError:
        return CorruptFileError(
            f"{self.location} names a file that is not opened: {name[:200]!r}",
            evidence=evidence,
            remedy="files of a set are regular files beside the opened one or in folders there, named relative to it",
            path=str(self.location),
            file_name=name,
        )


def _parts_within(path: str, root: Location) -> str | None:
    """The parts of an absolute path behind those of a folder, with "/" between them; None if it is not inside.

    Looks at the texts alone; letters of both cases are equal where they are in names of files.
    """
    start = os.path.join(str(root), "")
    if not os.path.normcase(path).startswith(os.path.normcase(start)):
        return None
    return path[len(start) :].replace(os.sep, "/") or None


def _is_file(location: Location) -> bool:
    """Whether it is a regular file."""
    try:
        location.stamp()
        return not location.is_folder
    except OSError:
        return False


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
