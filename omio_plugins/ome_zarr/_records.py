"""The record in an OME-Zarr that OMIO wrote, and its seal: whether documents and files are as they were written.

The seal is a digest of the names and sizes of all files in the folder, and of the contents of its documents. It stands
in the record itself, in the OME-XML; its own digits count as zeros. Pixels are not covered; they have checksums and
digests of their own.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from omio_core.contract import (
    CorruptFileError,
    LimitExceededError,
    Records,
    current_settings,
    ome_records,
    scan_records,
)

from ._tree import METADATA

_SEAL = re.compile(rb"(?<=<M K=\"seal\">)store-[0-9a-f]{32}(?=</M>)")
BLANK_SEAL = "store-" + "0" * 32
_DOCUMENTS = ("zarr.json", ".zattrs", ".zarray", ".zgroup")
_PROVENANCE = "omio/provenance"


def put_seal(folder: Path) -> None:
    """Put the digest into the blank seals of a complete folder."""
    xml = (folder / METADATA).read_bytes()
    (folder / METADATA).write_bytes(xml.replace(BLANK_SEAL.encode(), _seal(folder, xml).encode()))


def records(path: str) -> Records | None:
    """Return what a folder states of how it was written; None where it is no OME-Zarr with such a record.

    Parameters
    ----------
    path
        A folder, or a file of any kind.

    Raises
    ------
    OSError
        It cannot be read.
    """
    folder = Path(path)
    if not (folder / METADATA).is_file() or os.path.getsize(folder / METADATA) > current_settings().max_xml:
        return None
    xml = (folder / METADATA).read_bytes()
    seals = set(_SEAL.findall(xml))
    seal = seals.pop() if len(seals) == 1 else None
    if seal is not None and _seal(folder, xml.replace(seal, BLANK_SEAL.encode())) == seal.decode():
        return Records(images=scan_records(xml.decode("utf-8")))
    try:
        images = ome_records(xml)
    except (CorruptFileError, LimitExceededError):
        return None
    if not any(image.get(_PROVENANCE) for image in images):
        return None
    flaw = "its documents or files are not those that OMIO wrote" if seal else "it has no seal"
    return Records(images=images, flaw=flaw, sealed=seal is not None)


def _seal(folder: Path, xml: bytes) -> str:
    """Return the seal of a folder whose OME-XML is `xml`, with blank seals."""
    digest = hashlib.blake2b(digest_size=16)
    for name, file in sorted(_files(folder, "")):
        digest.update(f"{name}\0{file.stat().st_size}\0".encode("utf-8", "surrogateescape"))
        if file.name in _DOCUMENTS:
            digest.update(Path(file.path).read_bytes())
    digest.update(xml)
    return f"store-{digest.hexdigest()}"


def _files(folder: str | Path, prefix: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _files(entry.path, f"{prefix}{entry.name}/")
            else:
                yield prefix + entry.name, entry
