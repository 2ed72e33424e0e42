"""Policies applied to what was described, before a pixel is read; it knows no format and no rule itself."""

from __future__ import annotations

from collections.abc import Sequence

from . import policies
from .axes import CANONICAL
from .errors import AbsentDataError, AbsentPlanesWarning, AmbiguousAxesError, AssumedAxesWarning, MetadataWarning
from .image import Image
from .pictures import FilePicture
from .policies import Policies
from .region import Box, Present
from .warned import warn


def rule(path: str, images: Sequence[Image], chosen: Policies) -> None:
    """Apply the policies for axes and absence: one warning a file and kind, or an error, before a pixel is read.

    What readers want to be warned of is told here too, because here a warning that was made an error closes the file.

    Raises
    ------
    AmbiguousAxesError
        An axis must be assumed, and the policy ``axes`` forbids it.
    AbsentDataError
        Member files or planes are absent, and the policies ``absent_files`` or ``absent_planes`` forbid it.
    """
    _axes(path, images, chosen.axes)
    _files(path, images, chosen.absent_files)
    _parts(path, images, chosen.absent_planes)
    _planes(path, images, chosen.absent_planes)
    told = tuple(dict.fromkeys(text for image in images for text in _file_picture(image).described.warnings))
    if told:
        warn(f"{path}: {'; '.join(told)}", MetadataWarning)


def _axes(path: str, images: Sequence[Image], name: str) -> None:
    assumed = tuple(dict.fromkeys(a for image in images for a in _file_picture(image).layout.assumptions))
    if assumed:
        action = policies.decide("axes", name, path=path, assumptions=assumed)
        if action == "raise":
            raise AmbiguousAxesError(
                f"{path} does not name all its axes",
                evidence="; ".join(assumed),
                remedy='name them: axes="TZYX", one letter an axis; or choose the policy axes="warn"',
                path=path,
                assumptions=assumed,
            )
        if action == "warn":
            warn(f"{path}: {'; '.join(assumed)}; settle it with axes= (--axes on the command line)", AssumedAxesWarning)


def _files(path: str, images: Sequence[Image], name: str) -> None:
    absent = tuple(dict.fromkeys(one for image in images for one in _file_picture(image).described.absent_files))
    if not absent:
        return
    listed = ", ".join(absent[:8]) + (f", and {len(absent) - 8} more" if len(absent) > 8 else "")
    action = policies.decide("absent_files", name, path=path, absent=absent)
    if action == "raise":
        raise AbsentDataError(
            f"{path} is of a set that is not complete",
            evidence=f"{len(absent)} file(s) are not there: {listed}",
            remedy='put them beside it, or choose the policy absent_files="warn" to have 0 where they belong',
            path=path,
            absent=absent,
        )
    if action == "warn":
        warn(f"{path}: {len(absent)} file(s) of its set are not there: {listed}", AbsentPlanesWarning)


def _parts(path: str, images: Sequence[Image], name: str) -> None:
    parts = tuple(dict.fromkeys(part for image in images if (part := _file_picture(image).described.part_of)))
    if not parts:
        return
    action = policies.decide("absent_planes", name, path=path, absent=dict(enumerate(parts)))
    if action == "raise":
        raise AbsentDataError(
            f"{path} is a part of a series, and the rest is not there",
            evidence="; ".join(parts),
            remedy='put the other files beside it, or choose the policy absent_planes="warn" to have this part alone',
            path=path,
            absent=parts,
        )
    if action == "warn":
        warn(f"{path}: {'; '.join(parts)}", MetadataWarning)


def _planes(path: str, images: Sequence[Image], name: str) -> None:
    absent = {index: missing for index, image in enumerate(images) if (missing := absence(image))}
    if absent:
        words = "; ".join(f"image {index}: {missing}" for index, missing in absent.items())
        action = policies.decide("absent_planes", name, path=path, absent=absent)
        if action == "raise":
            raise AbsentDataError(
                f"{path} does not hold all its planes",
                evidence=words,
                remedy='choose the policy absent_planes="warn" to have 0 there',
                path=path,
                absent=absent,
            )
        if action == "warn":
            warn(f"{path}: {words}; filled with 0", AbsentPlanesWarning)


def _file_picture(image: Image) -> FilePicture:
    assert isinstance(image.picture, FilePicture)
    return image.picture


def absence(image: Image, most: int = 8) -> str:
    """What of an image is absent, in words: how much, and the first planes; "" where nothing is."""
    present: Present | None = image.picture.present
    if present is None or present.covers(Box.whole(image.shape)):
        return ""
    there = sum(box.size for box in present)
    share = 100 * (1 - there / Box.whole(image.shape).size)
    first = []
    t, z, c = image.shape[:3]
    for flat in range(t * z * c):
        at = (flat // (z * c), flat // c % z, flat % c)
        plane = Box((*((i, i + 1) for i in at), (0, image.shape[3]), (0, image.shape[4])))
        if not present.covers(plane):
            first.append(" ".join(f"{axis}{i}" for axis, i in zip(CANONICAL, at, strict=False)))
        if len(first) >= most or flat > 100_000:
            break
    return f"{share:.3g} % of the pixels are absent, first in the planes {', '.join(first)}"
