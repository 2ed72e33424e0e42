"""Hold a file against its own record: its planes against the digests in it, each level against the one before.

A level of a pyramid has no digests of its own. It is proved by the level before it, from which the record says how it
was made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from omio.records.origins import written
from omio.sources import notices
from omio_core.errors import CorruptFileError, MetadataError, OmioError, ReadError
from omio_core.geometry.box import Box
from omio_core.images.conversion import written_records
from omio_core.images.image import Image
from omio_core.images.writing import check_file
from omio_core.pixels.absence import absence, planes_in_words
from omio_core.pixels.digests import DIGEST_METHOD, image_digests, stored_digests
from omio_core.pixels.halving import halve
from omio_core.pixels.picture import read
from omio_core.pixels.stream import pull
from omio_core.plugins.catalogue import catalogue

from .verification import Flaw

R = TypeVar("R")
Plane = tuple[int, int, int]
Seen = Callable[[int], None]
"""Called with the bytes of pixels that were read since the last call."""

BAND = 1 << 23  # bytes; a larger plane is compared in bands of rows
METHODS = ("mean", "nearest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a file that OMIO wrote states of one image.

    Parameters
    ----------
    writer
        The name of the writer; "" where no writer of OMIO is stated.
    digests
        The digest of each plane, C fastest, then Z, then T; None if none are stated.
    of_all
        The digest of all digests, which stands for them in a file of many planes; "" if there is none.
    method
        How each level of a pyramid was made of the one before; "" if that is not stated.
    """

    writer: str = ""
    digests: tuple[str, ...] | None = None
    of_all: str = ""
    method: str = ""

    @property
    def is_proof(self) -> bool:
        """Whether it proves the planes of the full resolution."""
        return self.digests is not None or bool(self.of_all)


def record_of(image: Image) -> Record:
    """Return what the file of an image states of its planes; a file may state anything, and what is odd is no record.

    Raises
    ------
    OmioError
        The file cannot be opened any more.
    """
    latest = written(image)
    digests, pyramid, writer = latest.get("digests"), latest.get("pyramid"), latest.get("writer")
    of_all = ""
    if isinstance(digests, Mapping) and str(digests.get("method")).endswith(DIGEST_METHOD):
        of_all = str(digests.get("all", ""))
    methods = [value for value in pyramid.values() if value in METHODS] if isinstance(pyramid, Mapping) else []
    return Record(
        writer=writer if isinstance(writer, str) else "",
        digests=stored_digests(image),
        of_all=of_all,
        method=methods[0] if methods else "",
    )


# --- the structure


def structure(path: str, images: tuple[Image, ...], record: Record) -> Iterator[Flaw]:
    """Yield what the writer that the record names finds wrong with the structure and the schema of a file."""
    writer = next((one for one in catalogue().writers if one.name == record.writer), None)
    if writer is None:
        return
    try:
        check_file(path, images, writer)
    except (CorruptFileError, MetadataError) as error:
        yield Flaw(what=f"its structure is not what {writer.title} of OMIO has: {error.evidence or error.what}")
    stated = written_records(writer, path)
    if stated is not None and stated.flaw and stated.sealed:
        yield Flaw(what=stated.flaw)


# --- the planes


def planes(image: Image, index: int, record: Record, seen: Seen) -> Iterator[Flaw]:
    """Read every plane of the full resolution; yield those that cannot be read, or that their digests contradict."""
    with notices.recorded():  # what is absent is a flaw, and no warning
        missing = absence(image.picture) if record.is_proof else ""
    if missing:
        yield Flaw(what=missing, image=index)
    sha, whole = hashlib.sha256(), True
    size = image.nbytes // max(1, _count(image))

    def digests(chosen: list[Plane]) -> Iterator[str]:
        if len(chosen) == _count(image):
            yield from image_digests(image)
            return
        for t, z, c in chosen:
            yield from image_digests(image.at(T=t, Z=z, C=c))

    for number, (plane, found) in enumerate(_one_by_one(_all_planes(image), digests)):
        seen(size)
        if isinstance(found, Exception):
            whole = False
            yield Flaw(what=_words(found), image=index, plane=plane)
        elif record.digests is not None and found != record.digests[number]:
            yield Flaw(what=_contradiction(found, record.digests[number]), image=index, plane=plane)
        else:
            sha.update(found.encode())
    if record.is_proof and not missing and (found_absent := image.picture.found_absent()):
        yield Flaw(what=f"pixels are absent in the planes {planes_in_words(found_absent)}", image=index)
    if record.digests is None and record.of_all and whole and sha.hexdigest() != record.of_all:
        yield Flaw(what="a plane is not what was written: the digest of all planes is another one", image=index)


def _contradiction(found: str, expected: str) -> str:
    return f"the pixels are not those that were written: digest {found}, and {expected} is stated"


# --- the levels


def levels(image: Image, index: int, record: Record, seen: Seen, known: Collection[Plane] = ()) -> Iterator[Flaw]:
    """Read every smaller level; yield the planes that cannot be read, or are not made of the level before.

    Planes in `known` are damaged in the full resolution, so that their levels are held against nothing.
    """
    for number in range(1, len(image.levels)):
        level = image.level(number)
        if not record.method:
            yield from _unreadable(level, index, number, seen)
            continue
        before, shape = image.level(number - 1), level.shape
        expected = (*before.shape[:3], max(1, before.shape[3] // 2), max(1, before.shape[4] // 2))
        if shape != expected:
            yield Flaw(what=f"it is TZCYX {shape} and not {expected}", image=index, level=number)
            continue
        size = level.nbytes // max(1, _count(level))
        for plane, same in _one_by_one(_all_planes(level), _comparison(before, level, record.method)):
            seen(size)
            if plane in known:
                continue
            if isinstance(same, Exception):
                yield Flaw(what=_words(same), image=index, level=number, plane=plane)
            elif not same:
                what = f"it is not the {record.method} of the level before"
                yield Flaw(what=what, image=index, level=number, plane=plane)


def _unreadable(level: Image, index: int, number: int, seen: Seen) -> Iterator[Flaw]:
    flaws = planes(level, index, Record(), seen)
    yield from (Flaw(what=flaw.what, image=index, level=number, plane=flaw.plane) for flaw in flaws)


def _comparison(before: Image, level: Image, method: str) -> Callable[[list[Plane]], Iterator[bool]]:
    """Return a function that says for each of some planes whether a level is made of the one before."""
    *_, height, width = level.shape
    row = before.shape[4] * before.dtype.itemsize
    rows = max(1, min(height, BAND // (2 * row)))

    def upper(plane: Plane, top: int) -> Box:
        spans = ((n, n + 1) for n in plane)
        bottom = min(2 * min(top + rows, height), before.shape[3])
        return Box((*spans, (min(2 * top, before.shape[3] - 1), bottom), (0, before.shape[4])))

    def compare(box: Box, pixels: NDArray[Any]) -> bool:
        made = halve(pixels[0, 0, 0], method)
        top = box.spans[3][0] // 2
        lower = Box((*box.spans[:3], (top, top + len(made)), (0, width)))
        stored = np.empty(lower.shape, level.dtype)
        read(level.picture, stored, lower)
        return _same(made, stored[0, 0, 0])

    def compared(chosen: list[Plane]) -> Iterator[bool]:
        tops = range(0, height, rows)
        boxes = (upper(plane, top) for plane in chosen for top in tops)
        pulled: Any = pull(before.picture, boxes, compare)
        with closing(pulled) as results:
            for _ in chosen:
                bands = [next(results)[1] for _ in tops]
                yield all(bands)

    return compared


def _same(a: NDArray[Any], b: NDArray[Any]) -> bool:
    """Whether two arrays hold the same bits; two values that are not a number are the same, whatever their bits."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.dtype.kind in "fc":
        neither = np.isnan(a) & np.isnan(b)
        a, b = np.where(neither, a.dtype.type(0), a), np.where(neither, b.dtype.type(0), b)
    return a.tobytes() == b.tobytes()


# --- planes, one after another


def _count(image: Image) -> int:
    t, z, c = image.shape[:3]
    return t * z * c


def _all_planes(image: Image) -> list[Plane]:
    return [(t, z, c) for t, z, c in np.ndindex(*image.shape[:3])]


def _one_by_one(
    all_planes: list[Plane], results: Callable[[list[Plane]], Iterator[R]]
) -> Iterator[tuple[Plane, R | CorruptFileError | OSError]]:
    """Yield the result for each plane, or why it cannot be read: after a failure, the planes are tried singly.

    Raises
    ------
    OmioError
        The failure is none of the pixels: the file has changed, a codec is not installed.
    """
    done = 0
    try:
        for result in results(all_planes):
            yield all_planes[done], result
            done += 1
    except (CorruptFileError, OSError) as error:
        if not _is_damage(error):
            raise
    for plane in all_planes[done:]:
        try:
            (found,) = _list(results([plane]))
        except (CorruptFileError, OSError) as error:
            if not _is_damage(error):
                raise
            yield plane, error
        else:
            yield plane, found


def _list(results: Iterable[R]) -> list[R]:
    return list(results)


def _is_damage(error: Exception) -> bool:
    """Tell whether a failure is one of the pixels or of the disk."""
    return isinstance(error, CorruptFileError) or not isinstance(error, ReadError)


def _words(error: Exception) -> str:
    if not isinstance(error, OmioError):
        return f"it cannot be read: {error}"
    return f"it cannot be read: {error.evidence or error.what}"
