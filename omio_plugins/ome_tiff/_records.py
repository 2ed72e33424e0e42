"""The record in an OME-TIFF that OMIO wrote, and its seal: whether directories and texts are as they were written.

The seal is a digest of all bytes of the file that are no pixels: the header, and everything behind the last segment. It
stands in the record itself, in the OME-XML; its own digits count as zeros. Any program that changes a tag, adds one,
or writes the file anew breaks it. Pixels are not covered; they have digests of their own.
"""

from __future__ import annotations

import hashlib
import os
import re
from typing import BinaryIO

from omio_core.contract import CorruptFileError, LimitExceededError, Records, ome_records, scan_records

from ._check import first_page
from ._file import HEADER

_SEAL_IN_XML = re.compile(rb'<M K="seal">tiff-([0-9a-f]{1,15})-([0-9a-f]{32})</M>')
_BLANK = "0" * 32
_PROVENANCE = "omio/provenance"


def blank_seal(end: int) -> str:
    """Return the seal of a file that is not yet complete; `end` is the offset behind its last segment."""
    return f"tiff-{end:x}-{_BLANK}"  # no text that could be read as a number


def put_seal(file: BinaryIO, end: int) -> None:
    """Put the digest into the blank seals of a complete file that is open for reading and writing."""
    tail, digest = _read(file, end)
    blank, sealed = blank_seal(end).encode(), f"tiff-{end:x}-{digest}".encode()
    at = tail.find(blank)
    while at >= 0:  # each image has a record
        file.seek(end + at)
        file.write(sealed)
        at = tail.find(blank, at + len(blank))


def records(path: str) -> Records | None:
    """Return what a file states of how it was written; None where it is no OME-TIFF with such a record.

    Parameters
    ----------
    path
        A file of any kind.

    Raises
    ------
    OSError
        It cannot be read.
    """
    with open(path, "rb") as file:
        try:
            xml = first_page(file, os.fstat(file.fileno()).st_size).text(270)
            seals = set(_SEAL_IN_XML.findall(xml))
            seal = seals.pop() if len(seals) == 1 else None
            if seal is not None and _is_whole(file, *seal):
                return Records(images=scan_records(xml.decode("utf-8")))
            images = ome_records(xml)
        except (CorruptFileError, LimitExceededError):
            return None
    if not any(image.get(_PROVENANCE) for image in images):
        return None
    flaw = "its tags or texts are not those that OMIO wrote" if seal else "it has no seal"
    return Records(images=images, flaw=flaw, sealed=seal is not None)


def _is_whole(file: BinaryIO, end: bytes, digest: bytes) -> bool:
    """Whether everything but the pixels has the digest in the seal."""
    return _read(file, int(end, 16), f"tiff-{end.decode()}-{digest.decode()}")[1] == digest.decode()


def _read(file: BinaryIO, end: int, seal: str = "") -> tuple[bytes, str]:
    """Return the bytes from `end` on, and the digest of these and of the header, with `seal` blank."""
    file.seek(0)
    head = file.read(HEADER)
    file.seek(end)
    tail = file.read()
    if seal:
        tail = tail.replace(seal.encode(), blank_seal(end).encode())
    return tail, hashlib.blake2b(head + tail, digest_size=16).hexdigest()
