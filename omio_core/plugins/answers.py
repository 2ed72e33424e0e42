"""Checks of the other answers of plugins: members, stamps, digests, verdicts, results of writers; knows no format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from omio_core.errors import PluginContractError
from omio_core.files.location import Location
from omio_core.metadata.facts import PLANE_COLUMNS, Channel, Fact, Facts, Planes

from .descriptions import Match, Verdict, Written
from .fields import Place, count, kind_of

_FACTS = (
    *("name", "physical_size_x", "physical_size_y", "physical_size_z"),
    *("time_increment", "acquisition_date", "objective"),
)
_CHANNEL_FACTS = ("name", "color", "excitation", "emission", "fluor")


def check_members(answer: Any, reader: str, path: str) -> tuple[Location, ...]:
    """Return what ``Opened.members`` gave, as a tuple.

    Raises
    ------
    PluginContractError
        It is empty, or holds something else than Locations.
    """
    place = Place(reader, path)
    if not isinstance(answer, Sequence) or isinstance(answer, str) or not answer:
        what = "is empty" if isinstance(answer, Sequence) and not answer else f"is {kind_of(answer)}"
        place.refuse("members", f"{what}; at least the Location that was opened belongs there")
    for number, member in enumerate(answer):
        if not isinstance(member, Location):
            place.refuse(
                "members",
                f"holds {member!r} at {number}; give Locations, such as location.child(name) of the one opened",
            )
    return tuple(answer)


def check_stamp(answer: Any, reader: str, path: str) -> str:
    """Return what ``Opened.stamp`` gave.

    Raises
    ------
    PluginContractError
        It is no text.
    """
    if not isinstance(answer, str):
        Place(reader, path).refuse("stamp", f"is {kind_of(answer)}, no text")
    return answer


def check_facts(answer: Any, reader: str, path: str, image: int) -> Facts:
    """Return what ``ImageDescription.facts`` gave.

    Raises
    ------
    PluginContractError
        It is no `Facts`, or one of its fields is not of the type that is documented.
    """
    place = Place(reader, path, image)
    if not isinstance(answer, Facts):
        place.refuse("facts", f"gave {kind_of(answer)}, no Facts")
    for name in _FACTS:
        _check_fact(getattr(answer, name), f"facts.{name}", place)
    if not isinstance(answer.channels, tuple):
        place.refuse("facts.channels", f"is {kind_of(answer.channels)}; a tuple of Channel is needed")
    for number, channel in enumerate(answer.channels):
        if not isinstance(channel, Channel):
            place.refuse(f"facts.channels[{number}]", f"is {kind_of(channel)}, no Channel")
        for name in _CHANNEL_FACTS:
            _check_fact(getattr(channel, name), f"facts.channels[{number}].{name}", place)
    _check_planes(answer.planes, place)
    _check_reports(answer, place)
    if not isinstance(answer.annotations, Mapping):
        place.refuse("facts.annotations", f"is {kind_of(answer.annotations)}, no mapping")
    for namespace, content in answer.annotations.items():
        if not isinstance(namespace, str) or not isinstance(content, Mapping):
            place.refuse("facts.annotations", f"has {kind_of(content)} under {namespace!r}; a mapping is needed")
    return answer


def _check_reports(answer: Facts, place: Place) -> None:
    """Check the fields that the core takes out of the facts."""
    if not isinstance(answer.default_sizes, Mapping) or not set(answer.default_sizes) <= set("XYZ"):
        place.refuse("facts.default_sizes", f"is {kind_of(answer.default_sizes)}; a mapping by X, Y and Z is needed")
    for axis, fact in answer.default_sizes.items():
        _check_fact(fact, f"facts.default_sizes[{axis!r}]", place)
    if not isinstance(answer.warnings, tuple) or not all(isinstance(text, str) for text in answer.warnings):
        place.refuse("facts.warnings", f"is {kind_of(answer.warnings)}; a tuple of texts is needed")


def _check_fact(fact: Any, field: str, place: Place) -> None:
    if fact is not None and not isinstance(fact, Fact):
        place.refuse(field, f'is {fact!r}, no Fact; write Fact(value, "file", where)')


def _check_planes(planes: Any, place: Place) -> None:
    import numpy as np

    if planes is None:
        return
    if not isinstance(planes, Planes) or not isinstance(planes.columns, Mapping):
        place.refuse("facts.planes", f"is {kind_of(planes)}, no Planes with a mapping of columns")
    for name, table in planes.columns.items():
        if name not in PLANE_COLUMNS:
            place.refuse("facts.planes", f"has the column {name!r}; the columns are {', '.join(PLANE_COLUMNS)}")
        if not isinstance(table, np.ndarray) or table.dtype != np.float64:
            place.refuse("facts.planes", f"has for {name} {kind_of(table)}; an array of float64 is needed")


def check_digests(answer: Any, planes: int, reader: str, path: str, image: int) -> tuple[str, ...] | None:
    """Return what ``Opened.digests`` gave for an image of so many planes (T*Z*C); None if the file states none.

    Raises
    ------
    PluginContractError
        It is not one text per plane.
    """
    if answer is None:
        return None
    place = Place(reader, path, image)
    if not isinstance(answer, Sequence) or isinstance(answer, str):
        place.refuse("digests", f"gave {kind_of(answer)}; one text per plane is needed, or None")
    if len(answer) != planes:
        place.refuse("digests", f"gave {count(len(answer), 'text')}, the image has {count(planes, 'plane')}")
    for text in answer:
        if not isinstance(text, str) or not text:
            place.refuse("digests", f"gave {text!r}, no text")
    return tuple(answer)


def check_verdict(answer: Any, owner: str, **facts: Any) -> Verdict:
    """Return a verdict of a reader or a writer; `owner` names it, such as ``"the reader tiff"``,
    and `facts` become attributes of the error.

    Raises
    ------
    PluginContractError
        It is no `Verdict`, or its fields are not a match and texts.
    """
    if not isinstance(answer, Verdict):
        raise PluginContractError(f"{owner} answered no Verdict", evidence=f"it gave {answer!r}", **facts)
    if type(answer.match) is Match and type(answer.why) is type(answer.what) is str and type(answer.no_image) is bool:
        return answer  # every reader answers for every file
    fields = {"match": Match, "why": str, "no_image": bool, "what": str}
    for name, kind in fields.items():
        if not isinstance(value := getattr(answer, name), kind):
            evidence = f"its {name} is {value!r}, no {kind.__name__}"
            raise PluginContractError(f"{owner} answered a Verdict that is none", evidence=evidence, **facts)
    return answer


def check_written(answer: Any, writer: str, planes: Sequence[int]) -> Written:
    """Return the result of a writer; `planes` has the number of planes (T*Z*C) of each image.

    Raises
    ------
    PluginContractError
        It is no `Written`, its notes are no tuple of texts, or its digests are not one text per plane.
    """

    def refuse(evidence: str) -> NoReturn:
        raise PluginContractError(
            f"the writer {writer} gave a result that is none",
            evidence=evidence,
            remedy=f"the fault is in the writer {writer}: choose another one, and tell its author",
            writer=writer,
        )

    if not isinstance(answer, Written):
        refuse(f"it gave {kind_of(answer)}, no Written")
    if not isinstance(answer.notes, tuple) or not all(isinstance(note, str) for note in answer.notes):
        refuse(f"its notes are {answer.notes!r}; a tuple of texts is needed")
    digests = answer.digests
    if digests is not None:
        if not isinstance(digests, tuple) or [len(texts) for texts in digests] != list(planes):
            refuse(f"its digests are not one tuple per image with one text per plane; the planes are {list(planes)}")
        if not all(isinstance(text, str) for texts in digests for text in texts):
            refuse("its digests are not texts")
    return answer
