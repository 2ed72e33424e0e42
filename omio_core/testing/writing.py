"""Checks of a writer: what it accepts, writes, and gives back through a reader; needs no pytest."""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from omio_core.errors import OmioError
from omio_core.images.image import Image
from omio_core.metadata.model import Metadata
from omio_core.pixels.digests import image_digests
from omio_core.plugins.descriptions import Match, Verdict, Written

from .attempts import Attempt, WriterSubject, attempt, checked, read_back, refused, told
from .differences import difference
from .findings import Finding
from .pictures import PictureCase, cases
from .sample import same

FACTS = ("Name", "PhysicalSizeX", "PhysicalSizeY", "PhysicalSizeZ", "TimeIncrement", "Channels")
"""The facts that must come back, or be mentioned as lost; their names, or the beginnings of them."""


def finding(subject: WriterSubject, rule: str, sentence: str) -> Finding:
    """Return a finding about the writer."""
    return Finding(rule=rule, subject=f"writer {subject.writer.name}", sentence=sentence)


def verdict(subject: WriterSubject, case: PictureCase) -> Verdict | str:
    """Return the answer of `accepts`; a sentence if it is no valid one."""
    try:
        answer: Any = subject.writer.accepts(case.images)
    except Exception as error:  # noqa: BLE001 - the plugin border
        return f"accepts raises {told(error)} for {case.name}"
    if not isinstance(answer, Verdict) or not isinstance(answer.match, Match):
        return f"accepts returns {answer!r} for {case.name}, no Verdict"
    if not str(answer.why).strip():
        return f"accepts answers {answer.match.name} for {case.name} without a reason"
    return answer


def accepted(subject: WriterSubject) -> Iterator[PictureCase]:
    """Yield the cases that the writer accepts and does not refuse, made anew."""
    for case in cases():
        answer = verdict(subject, case)
        if isinstance(answer, Verdict) and answer.match is not Match.NO and refused(subject, case) is None:
            yield case


def accept_findings(subject: WriterSubject) -> Iterator[Finding]:
    """Yield the faults of `accepts`: it answers with a reason, reads no pixel, and takes something."""
    taken = 0
    for case in (*cases(), PictureCase(name="no image at all", images=(), arrays=())):
        answer = verdict(subject, case)
        if isinstance(answer, str):
            yield finding(subject, "accepts", f"{answer}.")
            continue
        if not case.images and answer.match is not Match.NO:
            yield finding(subject, "accepts", "accepts takes an empty sequence of images.")
        taken += bool(case.images) and answer.match is not Match.NO
        if any(reads.boxes for reads in case.reads):
            yield finding(subject, "accepts", f"accepts reads pixels of {case.name}; it must decide without.")
        if answer != verdict(subject, case):
            yield finding(subject, "accepts", f"accepts answers otherwise the second time for {case.name}.")
    if not taken:
        yield finding(subject, "accepts", "accepts takes no picture at all.")


def round_trip_findings(subject: WriterSubject, folder: Path) -> Iterator[Finding]:
    """Yield what is wrong with what the writer makes of every case that it accepts."""
    for number, case in enumerate(cases()):
        answer = verdict(subject, case)
        if isinstance(answer, str) or answer.match is Match.NO:
            continue
        refusal = refused(subject, case)
        if any(reads.boxes for reads in case.reads):
            yield finding(subject, "refuse", f"refuse reads pixels of {case.name}; it must decide without.")
        tried = attempt(subject, case, folder / str(number))
        yield from _agreement(subject, tried, refusal)
        if tried.error is None:
            yield from _result_findings(subject, tried)
            yield from _place_findings(subject, tried)
            if (error := checked(subject, tried.temporary, case)) is not None:
                yield finding(subject, "check", f"check refuses what write made of {case.name}: {told(error)}.")
            if os.path.lexists(tried.temporary):
                yield from _picture_findings(subject, tried)


def _agreement(subject: WriterSubject, tried: Attempt, refusal: BaseException | None) -> Iterator[Finding]:
    name = tried.case.name
    if refusal is not None and not isinstance(refusal, OmioError):
        yield finding(subject, "refuse", f"refuse raises {told(refusal)} for {name}, no OmioError.")
    elif refusal is not None and tried.error is None:
        yield finding(subject, "refuse", f"refuse raises {told(refusal)} for {name}, and write writes it.")
    if tried.error is None:
        return
    if not isinstance(tried.error, OmioError):
        yield finding(subject, "errors", f"write raises {told(tried.error)} for {name}, no OmioError.")
    elif refusal is None:
        who = "accepts takes it" if subject.writer.refuse is None else "accepts and refuse take it"
        yield finding(subject, "refuse", f"write raises {told(tried.error)} for {name}, and {who}.")


def _result_findings(subject: WriterSubject, tried: Attempt) -> Iterator[Finding]:
    result, name = tried.result, tried.case.name
    if not isinstance(result, Written):
        yield finding(subject, "result", f"write returns {result!r} for {name}, no Written.")
        return
    if not isinstance(result.notes, tuple) or not all(isinstance(n, str) and n.strip() for n in result.notes):
        yield finding(subject, "result", f"the notes of {name} are {result.notes!r}, no tuple of sentences.")
    if result.digests is None:
        return
    counts = [len(digests) for digests in result.digests]
    expected = [math.prod(image.shape[:3]) for image in tried.case.images]
    if counts != expected:
        yield finding(subject, "digests", f"write returns {counts} digests for {name}, which has {expected} planes.")


def _place_findings(subject: WriterSubject, tried: Attempt) -> Iterator[Finding]:
    """Yield where it wrote apart from the temporary place, and what it put there that must not be."""
    if tried.beside:
        listed = ", ".join(tried.beside[:3])
        yield finding(subject, "place", f"write leaves {listed}; it may write only at the path it is given.")
    makes, temporary = subject.writer.makes, tried.temporary
    if not os.path.lexists(temporary):
        yield finding(
            subject, "makes", f"after write there is nothing at the path it was given, for {tried.case.name}."
        )
        return
    if temporary.is_dir() != (makes == "folder") or temporary.is_symlink():
        yield finding(subject, "makes", f"write leaves no {makes} at the path it is given, for {tried.case.name}.")
    inside = temporary.rglob("*") if temporary.is_dir() else [temporary]
    for path in inside:
        if path.is_symlink() or (path.is_file() and path.stat().st_nlink > 1):
            yield finding(subject, "links", f"write makes the link {path.name}; write the bytes themselves.")
        elif not path.is_file() and not path.is_dir():
            yield finding(subject, "links", f"write makes {path.name}, which is neither a file nor a folder.")


def _picture_findings(subject: WriterSubject, tried: Attempt) -> Iterator[Finding]:
    case = tried.case
    try:
        with read_back(subject, tried.land()) as images:
            if len(images) != len(case.images):
                sentence = f"{len(case.images)} image(s) are written of {case.name}, and {len(images)} read back."
                yield finding(subject, "round trip", sentence)
                return
            for index in range(len(images)):
                for sentence in itertools.chain(
                    _pixel_faults(tried, index, images[index]),
                    _fact_faults(tried, index, images[index].metadata),
                    _digest_faults(tried, index, images[index]),
                ):
                    yield finding(subject, "round trip", f"of {case.name}, {sentence}.")
    except Exception as error:  # noqa: BLE001 - the plugin border: of the writer, or of its reader
        yield finding(subject, "round trip", f"what it writes of {case.name} cannot be read back: {told(error)}.")


def _pixel_faults(tried: Attempt, index: int, stored: Image) -> Iterator[str]:
    expected, notes = tried.case.arrays[index], tried.result.notes
    pixels = stored.to_numpy()
    if pixels.shape != expected.shape:
        yield f"TZCYX {pixels.shape} come back, not {expected.shape}"
        return
    if pixels.dtype != expected.dtype and not notes:
        yield f"{expected.dtype} becomes {pixels.dtype}, and no note says so"
    cast = expected.astype(pixels.dtype)
    if not same(np.ascontiguousarray(pixels), np.ascontiguousarray(cast)):
        yield f"pixels come back with another value: {difference(pixels, cast)}"
    samples = tried.case.images[index].metadata.samples
    if stored.metadata.samples != samples and not notes:
        yield f"{samples} samples a pixel become {stored.metadata.samples}, and no note says so"


def _fact_faults(tried: Attempt, index: int, stored: Metadata) -> Iterator[str]:
    expected, actual = (
        {name: fact.value for name, fact in metadata.stated() if fact is not None and name.startswith(FACTS)}
        for metadata in (tried.case.images[index].metadata, stored)
    )
    for name, value in expected.items():
        if name not in actual:
            if not tried.result.notes:
                yield f"{name} is lost, and no note says so"
        elif isinstance(value, str):
            if actual[name] != value:
                yield f"{name} is {actual[name]!r}, not {value!r}"
        elif not math.isclose(actual[name], value, rel_tol=1e-6):
            yield f"{name} is {actual[name]}, not {value}"
    for name in actual.keys() - expected.keys():
        if not name.startswith("Name"):  # a format may need a name for an image
            yield f"{name} is {actual[name]!r}, and it was unknown: unknown stays unknown"


def _digest_faults(tried: Attempt, index: int, stored: Image) -> Iterator[str]:
    if tried.result.digests is None:
        return
    actual, given = tuple(image_digests(stored)), tuple(tried.result.digests[index])
    if len(actual) == len(given) and actual != given:
        yield "the digests that write returns are not those of the pixels it wrote"
