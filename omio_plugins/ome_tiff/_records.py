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

from omio_core.contract import CorruptFileError, LimitExceededError, Records, ome_records

from ._check import first_page
from ._file import HEADER

_SEAL = re.compile(r"([0-9a-f]{1,16})-([0-9a-f]{32})")
_BLANK = "0" * 32
_PROVENANCE = "omio/provenance"


def blank_seal(end: int) -> str:
    """Return the seal of a file that is not yet complete; `end` is the offset behind its last segment."""
    return f"{end:x}-{_BLANK}"


def put_seal(file: BinaryIO, end: int) -> None:
    """Put the digest into the blank seals of a complete file that is open for reading and writing."""
    tail, digest = _read(file, end)
    blank, sealed = blank_seal(end).encode(), f"{end:x}-{digest}".encode()
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
            images = ome_records(first_page(file, os.fstat(file.fileno()).st_size).text(270))
        except (CorruptFileError, LimitExceededError):
            return None
        stated = [image.get(_PROVENANCE, {}).get("seal") for image in images]
        seals = {_SEAL.fullmatch(seal) for seal in stated if isinstance(seal, str)}
        if not any(image.get(_PROVENANCE) for image in images):
            return None
        seal = next(iter(seals), None)
        if len(set(stated)) != 1 or seal is None:
            return Records(images=images, flaw="it has no seal")
        end, digest = int(seal[1], 16), seal[2]
        if _read(file, end, seal[0])[1] != digest:
            return Records(images=images, flaw="its tags or texts are not those that OMIO wrote")
    return Records(images=images)


def _read(file: BinaryIO, end: int, seal: str = "") -> tuple[bytes, str]:
    """Return the bytes from `end` on, and the digest of these and of the header, with `seal` blank."""
    file.seek(0)
    head = file.read(HEADER)
    file.seek(end)
    tail = file.read()
    if seal:
        tail = tail.replace(seal.encode(), blank_seal(end).encode())
    return tail, hashlib.blake2b(head + tail, digest_size=16).hexdigest()
