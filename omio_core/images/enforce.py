"""Applies policies to descriptions before a pixel is read; knows no format and contains no rule."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from omio_core.errors import (
    AbsentDataError,
    AbsentPlanesWarning,
    AmbiguousAxesError,
    AssumedAxesWarning,
    MetadataWarning,
    first_few,
    warn,
)
from omio_core.pixels.absence import absence
from omio_core.pixels.picture import FilePicture
from omio_core.plugins import rules
from omio_core.plugins.cases import AbsentFilesCase, AbsentPlanesCase, AxesCase, MissingCase
from omio_core.policies import Policies
from omio_core.wording import Aside, advise, either, joined, worded

from .image import Image


def apply_policies(path: str, pictures: Sequence[FilePicture], chosen: Policies) -> None:
    """Apply the policies for axes and absence: one warning per file and kind, or an error, before a pixel is read.

    The readers' warnings are issued here too: if a warning is turned into an error, the caller closes the file.

    Raises
    ------
    AmbiguousAxesError
        An axis must be assumed, and the policy ``axes`` forbids it.
    AbsentDataError
        Member files or planes are absent, and the policy ``absent_files`` or ``absent_planes`` forbids it.
    """
    _apply_axes(path, pictures, chosen.axes)
    _apply_absent_files(path, pictures, chosen.absent_files)
    _apply_part_of(path, pictures, chosen.absent_planes)
    _apply_absent_planes(path, pictures, chosen.absent_planes)
    messages = tuple(dict.fromkeys(text for picture in pictures for text in picture.description.warnings))
    if messages:
        warn(worded("{}: {}", path, joined("; ", messages)), MetadataWarning, path=path)


def _apply_axes(path: str, pictures: Sequence[FilePicture], name: str) -> None:
    assumed = tuple(dict.fromkeys(assumption for picture in pictures for assumption in picture.layout.assumptions))
    if assumed:
        action = rules.decide("axes", name, AxesCase(path=path, assumptions=assumed))
        if action == "raise":
            raise AmbiguousAxesError(
                f"{path} does not name all its axes",
                evidence="; ".join(assumed),
                remedy=either(
                    advise("name them: {axes}, one letter an axis", axes="TZYX"),
                    advise("choose the policy {axes}", axes="warn"),
                    joint="; or ",
                ),
                path=path,
                assumptions=assumed,
            )
        if action == "warn":
            flag = Aside(" (--axes on the command line)")
            settle = worded("settle it with {axes}{}", flag, axes=None)
            warn(worded("{}: {}", path, joined("; ", (*assumed, settle))), AssumedAxesWarning, path=path)


def _apply_absent_files(path: str, pictures: Sequence[FilePicture], name: str) -> None:
    absent = tuple(
        dict.fromkeys(absent_path for picture in pictures for absent_path in picture.description.absent_files)
    )
    if not absent:
        return
    listed = first_few(absent, 8)
    action = rules.decide("absent_files", name, AbsentFilesCase(path=path, absent=absent))
    if action == "raise":
        raise AbsentDataError(
            f"{path} is of a set that is not complete",
            evidence=f"{len(absent)} file(s) are not there: {listed}",
            remedy=either(
                f"put them beside it{_found_above(pictures[0], absent)}",
                advise("choose the policy {absent_files} to read without them", absent_files="warn"),
            ),
            path=path,
            absent=absent,
        )
    if action == "warn":
        message = f"{path}: {len(absent)} file(s) of its set are not there: {listed}"
        warn(message, AbsentPlanesWarning, path=path)


def _found_above(picture: FilePicture, absent: Sequence[str]) -> str:
    """Say which of the absent files lie one folder up, where copies of a part of a folder leave them."""
    above = picture.key.location.parent.parent
    found = []
    for name in absent[:100]:
        with suppress(OSError, ValueError):  # no name, or a place that cannot be looked at
            if (place := above.child(name)).exists:
                found.append(str(place))
    return f" (one folder up there is {first_few(found, 3)})" if found else ""


def _apply_part_of(path: str, pictures: Sequence[FilePicture], name: str) -> None:
    by_image = {index: part for index, picture in enumerate(pictures) if (part := picture.description.part_of)}
    if not by_image:
        return
    parts = tuple(dict.fromkeys(by_image.values()))
    action = rules.decide("absent_planes", name, AbsentPlanesCase(path=path, absent=by_image))
    if action == "raise":
        raise AbsentDataError(
            f"{path} is a part of a series, and the rest is not there",
            evidence="; ".join(parts),
            remedy=either(
                "put the other files beside it",
                advise("choose the policy {absent_planes} to have this part alone", absent_planes="warn"),
            ),
            path=path,
            absent=parts,
        )
    if action == "warn":
        warn(f"{path}: {'; '.join(parts)}", MetadataWarning, path=path)


def _apply_absent_planes(path: str, pictures: Sequence[FilePicture], name: str) -> None:
    # where the reader must be asked, it is asked at the first read, and the policy is applied then
    known = {index: picture for index, picture in enumerate(pictures) if not picture.asks}
    absent = {index: description for index, picture in known.items() if (description := absence(picture))}
    if absent:
        words = "; ".join(f"image {index}: {description}" for index, description in absent.items())
        action = rules.decide("absent_planes", name, AbsentPlanesCase(path=path, absent=absent))
        if action == "raise":
            raise AbsentDataError(
                f"{path} does not hold all its planes",
                evidence=words,
                remedy=advise("choose the policy {absent_planes} to have the fill value there", absent_planes="warn"),
                path=path,
                absent=absent,
            )
        if action == "warn":
            fills = {str(known[index].description.levels[0].fill): None for index in absent}
            warn(f"{path}: {words}; filled with {' or '.join(fills)}", AbsentPlanesWarning, path=path)


def refuse_missing(path: str, images: Sequence[Image], chosen: Policies) -> None:
    """Apply the policy ``missing``.

    Raises
    ------
    MissingMetadataError
        Needed metadata of an image are unknown, and the policy forbids it.
    """
    if chosen.missing == Policies().missing:
        return  # the default policy accepts unknown metadata, so there is no need to parse them here
    for image in images:
        needed = image.metadata.needed()
        if not needed:
            continue
        if rules.decide("missing", chosen.missing, MissingCase(path=path, missing=tuple(needed))) == "raise":
            image.metadata.refuse_missing(path)
