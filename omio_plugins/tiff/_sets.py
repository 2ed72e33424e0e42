"""From the file names and UUIDs in OME-XML to the files that hold its planes; it reads no pixel and knows no plane.

Rules: https://ome-model.readthedocs.io/en/stable/ome-tiff/specification.html#multi-file-ome-tiff: a TiffData
without UUID means the file that holds the XML; FileName is the former name of a file, and the UUID identifies it even
after it was renamed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from omio_core.contract import (
    AbsentDataError,
    CorruptFileError,
    Location,
    OmeDocument,
    ReadError,
    TiffData,
    UnsupportedFeatureError,
    usable_ome,
)

from ._ifd import Chain
from ._members import Members
from ._xml import normalize_uuid

_BINARY = re.compile(r"<(?:[\w.-]+:)?BinData[\s>]")
_FileKey = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A document, and the file that holds it.

    Attributes
    ----------
    chain
        The pages of the file; None if it is no TIFF.
    flaw
        What is wrong with the text and what is unknown for it, in words; empty if nothing is.
    has_all
        As in `omio_core.contract.UsableOme`.
    """

    location: Location
    text: str
    document: OmeDocument
    chain: Chain | None
    flaw: str = ""
    has_all: bool = True

    @classmethod
    def of(cls, location: Location, text: str, chain: Chain | None) -> Home:
        """The document in a text, as far as it can be used."""
        usable = usable_ome(text)
        return cls(
            location=location,
            text=usable.xml,
            document=usable.document,
            chain=chain,
            flaw=usable.warning,
            has_all=usable.has_all,
        )

    @property
    def lost(self) -> str:
        """Why the text says nothing of any page, and what is unknown for it; empty if it says something."""
        if self.document.images or self.document.metadata_file is not None:
            return ""
        return self.flaw or "the OME-XML describes no image: which planes the pages are is unknown"

    @property
    def path(self) -> str:
        """The path or address of the file, for messages."""
        return str(self.location)

    @property
    def folder(self) -> Location:
        """The folder to which the names in the document are relative."""
        return self.location.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The files that hold the planes of a document.

    Attributes
    ----------
    chains
        By FileName and UUID, the pages of the existing files.
    absent
        By FileName and UUID, the name or UUID of each missing file.
    pages
        The number of pages of the existing files.
    several
        Whether the set has more than one file.
    """

    chains: Mapping[_FileKey, Chain]
    absent: Mapping[_FileKey, str]
    pages: int
    several: bool

    def chain(self, data: TiffData) -> Chain | None:
        """The pages of the file that a TiffData names; None if the file is missing."""
        return self.chains.get((data.file_name, data.uuid))


def sources(home: Home, members: Members) -> Sources:
    """Find the files of a document.

    Raises
    ------
    CorruptFileError
        A name must not be followed, a file is no TIFF or states another UUID, or the set lacks the opened file.
    AbsentDataError
        The document names no file, and its own file holds no pixels.
    UnsupportedFeatureError
        The document holds its pixels as text.
    """
    search = _Search(home, members)
    keys = dict.fromkeys(
        (data.file_name, data.uuid) for image in home.document.images for data in image.tiff_data or (TiffData(),)
    )
    found = {name: search.find(*name) for name in keys}
    chains = {name: members.chain(location) for name, location in found.items() if location is not None}
    absent = {name: search.name_absent(*name) for name, location in found.items() if location is None}
    files = {location for location in found.values() if location is not None}
    first = members.location
    if first not in files and first != home.location:
        raise CorruptFileError(
            f"{first} is not of the set that its own metadata describes",
            evidence=f"{home.path} names neither it nor its UUID",
            remedy="give the file its former name again",
            path=str(first),
        )
    return Sources(
        chains=chains,
        absent=absent,
        pages=sum(len(chain.pages) for chain in {id(chain): chain for chain in chains.values()}.values()),
        several=len({home.location, *files}) + len(set(absent.values())) > 1,
    )


class _Search:
    """A search for the file of a FileName and a UUID."""

    def __init__(self, home: Home, members: Members):
        self._home, self._members = home, members
        self._uuid = normalize_uuid(home.document.uuid)
        self._first_uuid = members.uuid(members.location) if members.is_tiff(members.location) else None
        names: dict[str, set[str | None]] = {}
        all_names: set[str | None] = set()
        tiff_data = (data for image in home.document.images for data in image.tiff_data)
        for name, stated in dict.fromkeys((data.file_name, data.uuid) for data in tiff_data):
            all_names.add(name)
            if uuid := normalize_uuid(stated):
                names.setdefault(uuid, set()).add(name)
        self._is_only_file = len(all_names) == 1 and len(names) <= 1
        self._unique = {
            uuid for uuid, names_of_uuid in names.items() if len(names_of_uuid - {None}) <= 1
        }  # UUIDs of one file each

    def find(self, name: str | None, stated: str | None) -> Location | None:
        """The location of a file; None if it is missing."""
        uuid = normalize_uuid(stated)
        if name is None and uuid is None:
            return self._home_file()
        unique = uuid if uuid in self._unique else None
        if self._home.chain is not None and self._is_home(name, uuid, unique):
            return self._home.location
        if unique is not None and unique == self._first_uuid:
            return self._members.location
        location = None if name is None else self._members.find(name, self._home.folder)
        if location is None:
            return None if unique is None else self._members.find_uuid(unique, self._home.folder)
        self._check_uuid(location, uuid)
        return location

    def name_absent(self, name: str | None, stated: str | None) -> str:
        """A missing file in words: its name, or else its UUID."""
        uuid = normalize_uuid(stated)
        return self._members.name_absent(
            name or stated or "", uuid if uuid in self._unique else None, self._home.folder
        )

    def _is_home(self, name: str | None, uuid: str | None, unique: str | None) -> bool:
        """Whether the name and UUID mean the file that holds the XML, by its name, its UUID or a former name."""
        if unique is not None and unique == self._uuid:
            return True
        has_no_uuid = None in (uuid, self._uuid)
        if name is None:
            return self._is_only_file and has_no_uuid
        bare = name.replace("\\", "/").removeprefix("./")
        last = bare.rpartition("/")[2]
        if last == self._home.location.name and (self._is_only_file or bare == last):
            return self._is_only_file or has_no_uuid or uuid == self._uuid
        # the only file of its document was renamed, unless a file of that name exists or the name is of another folder
        return self._is_only_file and has_no_uuid and bare == last and not self._exists(bare)

    def _exists(self, name: str) -> bool:
        """Whether a file or link in the folder has that name, or it is no name at all."""
        try:
            location = self._home.folder.child(name)
            return bool(location.is_link) or location.exists
        except ReadError:
            return True

    def _home_file(self) -> Location:
        if self._home.chain is not None:
            return self._home.location
        if _BINARY.search(self._home.text):
            raise UnsupportedFeatureError(
                f"{self._home.path} holds its pixels as text",
                evidence="OME-XML with BinData",
                remedy="convert it to OME-TIFF with Bio-Formats",
                path=self._home.path,
            )
        raise AbsentDataError(
            f"{self._home.path} holds no pixels, and names no file that does",
            evidence="an image of its OME-XML has no TiffData with a UUID or FileName",
            remedy="open the file that holds the pixels",
            path=self._home.path,
        )

    def _check_uuid(self, location: Location, uuid: str | None) -> None:
        """Check the UUID that the file states against the expected one."""
        stated = self._members.uuid(location)
        if uuid is not None and stated is not None and uuid != stated:
            raise CorruptFileError(
                f"{location} is another file than the set is made of",
                evidence=f"it states the UUID {stated}, {self._home.path} expects {uuid}",
                remedy="put the right file in its place",
                path=str(location),
            )
