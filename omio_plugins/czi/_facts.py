"""The facts of one image of a CZI, read from its file at first use; it decides nothing about pixels.

The XML, the time stamps and the sub-blocks supply what has a place in OME's model. The whole XML is kept as well: as
`vendor`, and as an annotation, so that every OME-TIFF contains it.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import (
    Channel,
    Fact,
    Facts,
    FileChangedError,
    LimitExceededError,
    Planes,
    PositionedFile,
    current_settings,
    either,
)

from . import _document, _planes
from ._attachments import time_stamps
from ._channels import channels, exposures
from ._directory import Directory, Scene
from ._document import scene_names
from ._options import IGNORE
from ._tree import Element, date, metadata

__all__ = ["NAMESPACE", "PART", "facts", "scene_names", "vendor"]

NAMESPACE = "zeiss/czi"
"""Namespace of the annotation whose key ``Metadata`` is the XML of the file."""

PART = 1 << 22
"""Characters above which the XML is a list of parts to be joined: libxml2 refuses texts of more than ten million."""

# a plate of 96 wells is 96 images of one document; the document is kept as long as one of the images
_PARSED: WeakKeyDictionary[Directory, tuple[Element | None, str | None, str]] = WeakKeyDictionary()


def facts(directory: Directory, scene: Scene) -> Facts:
    """All facts of one image; picklable as a ``functools.partial``.

    Notes
    -----
    What cannot be read (an invalid number, a damaged time stamp attachment or sub-block, the XML behind a flaw) is
    unknown, never an error; for a flaw of the XML there is a warning among the facts.
    The facts per plane of a mosaic are those of the first tile of each plane.

    Raises
    ------
    FileChangedError
        The file is gone or has changed since it was opened.
    """
    file = _open(directory)
    try:
        root, text, flaw = _parsed_document(file, directory)
        known: dict[str, Any] = {} if root is None else _document_facts(root, scene)
        stamps = _stamps_of(directory, scene, time_stamps(file, directory.attachments))
        known["channels"] = _channels(channels(root, scene), scene)
        planes = _table(file, directory, scene, root, stamps)
    finally:
        file.close()
    if "time_increment" not in known:
        known["time_increment"] = _interval(planes, stamps)
    flaws = tuple(dict.fromkeys(words for words in (directory.flaw, flaw) if words))
    notes = {} if text is None else {NAMESPACE: {"Metadata": _parts(text)}}
    return Facts(**known, planes=planes, annotations=notes, warnings=flaws)


def vendor(directory: Directory) -> str | None:
    """The XML of the file, whole and unchanged; None where it has none.

    Raises
    ------
    FileChangedError
        The file is gone or has changed since it was opened.
    LimitExceededError
        The XML is longer than the settings allow.
    """
    file = _open(directory)
    try:
        xml = _xml(file, directory)
    finally:
        file.close()
    return None if xml is None else _decode(xml)


# --- the file


def _open(directory: Directory) -> PositionedFile:
    """Open the file again, if it still has the same size.

    The core compares size and modification time at every read of pixels; facts are read without a handle.
    """
    try:
        file = directory.location.open()
    except FileNotFoundError as error:
        raise FileChangedError(
            f"{directory.location} can no longer be found", evidence=str(error), path=str(directory.location)
        ) from error
    if file.size != directory.size:
        file.close()
        raise FileChangedError(
            f"{directory.location} has changed since it was opened",
            evidence=f"{directory.size} bytes then, {file.size} now",
            remedy="open it again",
            path=str(directory.location),
        )
    return file


def _parsed_document(file: PositionedFile, directory: Directory) -> tuple[Element | None, str | None, str]:
    """The used part of the XML as a tree, the whole as text, and its flaw; parsed once for all images of a file."""
    if (known := _PARSED.get(directory)) is None:
        try:
            xml = _xml(file, directory)
        except LimitExceededError as error:
            known = (None, None, f"{error.what} ({error.evidence}): nothing of them is used")
        else:
            known = (None, None, "") if xml is None else _parse(xml)
        _PARSED[directory] = known
    return known


def _parse(xml: bytes) -> tuple[Element | None, str, str]:
    root, flaw = metadata(xml)
    return root, _decode(xml), flaw


def _xml(file: PositionedFile, directory: Directory) -> bytes | None:
    if directory.metadata is None:
        return None
    offset, size = directory.metadata
    if size > (most := current_settings().max_xml):
        raise LimitExceededError(
            "the CZI metadata are too long",
            evidence=f"{size} bytes; at most {most}",
            remedy=either("set OMIO_MAX_XML higher, if you trust the file", IGNORE),
            path=file.path,
        )
    return file.read(offset, size).rstrip(b"\0") or None


def _decode(xml: bytes) -> str:
    return xml.decode("utf-8-sig", "replace")  # ZEISS, CZI file format description: metadata are UTF-8


def _parts(text: str) -> str | list[str]:
    return text if len(text) <= PART else [text[k : k + PART] for k in range(0, len(text), PART)]


# --- joining


def _document_facts(root: Element, scene: Scene) -> dict[str, Any]:
    """Facts of the whole image, by the field of `Facts`; a tile's name is that of its description."""
    facts_by_name: dict[str, Any] = {
        "name": None if scene.tile is not None else _document.scene_name(root, scene.scene),
        **_document.sizes(root),
        "time_increment": _document.increment(root),
        "acquisition_date": _document.acquisition_date(root),
        "objective": _document.objective(root),
    }
    return {name: fact for name, fact in facts_by_name.items() if fact is not None}


def _channels(known: tuple[Channel, ...], scene: Scene) -> tuple[Channel, ...]:
    return known if len(known) == scene.planes.shape[2] else ()


def _stamps_of(directory: Directory, scene: Scene, stamps: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
    """The time stamps of the T indices of an image; None unless there is one per T index of the file."""
    if stamps is None:
        return None
    indices = directory.entries["T"]
    first, last = int(indices.min()), int(indices.max())
    start, length = scene.t
    if len(stamps) == last + 1:
        first = 0
    elif len(stamps) != last - first + 1:
        return None
    return stamps[start - first : start - first + length]


def _table(
    file: PositionedFile, directory: Directory, scene: Scene, root: Element | None, stamps: NDArray[np.float64] | None
) -> Planes | None:
    """Facts per plane from the sub-blocks; what they lack comes from the time stamps and the channels."""
    acquisition_date = None if root is None else _document.acquisition_date(root)
    began = None if acquisition_date is None else date(acquisition_date.value)
    columns = _planes.columns(file, directory, scene, began) if directory.texts else {}
    where = ["sub-blocks' METADATA/Tags"] if columns else []
    exists = scene.planes >= 0
    if "DeltaT" not in columns and stamps is not None:
        # ZEN blue counts them from AcquisitionDateAndTime; ZEN black, which states none, from when it was started
        zero = 0.0 if began is not None and stamps[0] >= 0 else stamps[0]
        columns["DeltaT"] = np.where(exists, (stamps - zero)[:, None, None], np.nan)
        where.append("attachment TimeStamps")
    channel_exposures = np.array([np.nan if s is None else s for s in exposures(root, scene)], np.float64)
    if len(channel_exposures) == exists.shape[2] and not np.isnan(channel_exposures).all():
        stated_exposures = columns.get("ExposureTime", np.full(exists.shape, np.nan))
        columns["ExposureTime"] = np.where(exists & np.isnan(stated_exposures), channel_exposures, stated_exposures)
        where.append("Channel/ExposureTime")
    if not columns:
        return None
    return Planes(columns=columns, origin="file", where=f"CZI {', '.join(where)}")


def _interval(planes: Planes | None, stamps: NDArray[np.float64] | None) -> Fact[float] | None:
    """Seconds between time points, if the times are regular."""
    if stamps is not None and (interval := _document.regular_interval(stamps.tolist(), "CZI attachment TimeStamps")):
        return interval
    if planes is None or "DeltaT" not in planes.columns:
        return None
    return _document.regular_interval(planes.columns["DeltaT"][:, 0, 0].tolist(), planes.where)
