"""The way in: from a path to Images; it knows no format.

probe -> dispatch -> the reader's open -> descriptions -> Images, with the caller's word and the policies applied
before a pixel is read.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, SupportsIndex

from omio_core.errors import (
    AmbiguousAxesError,
    CorruptFileError,
    LimitExceededError,
    ManyImagesError,
    MetadataWarning,
    PluginContractError,
    first_few,
    reader_border,
    warn,
)
from omio_core.files.probe import Probe
from omio_core.files.stamps import Key
from omio_core.geometry.axes import layout
from omio_core.images import record
from omio_core.metadata.facts import Fact, Facts
from omio_core.metadata.model import Metadata
from omio_core.pixels import handles
from omio_core.pixels.description import ImageDescription
from omio_core.pixels.picture import FilePicture
from omio_core.plugins import catalogue, dispatch
from omio_core.plugins.descriptions import Verdict
from omio_core.wording import Blank, advise, either, worded

from . import enforce
from .image import Image
from .overrides import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedSource:
    """An opened source: the decision that led to it, and its images in file order."""

    path: str
    decision: dispatch.Decision
    images: tuple[Image, ...]

    def pick(self, image: int | str | None) -> tuple[Image, ...]:
        """The images chosen by an index, a name or "all"; the only one where None.

        Raises
        ------
        ManyImagesError
            There are several and none was chosen, or the choice names none or several.
        """
        if (image is None and len(self.images) == 1) or image == "all":
            return self.images
        names = [one.name for one in self.images]
        if isinstance(image, SupportsIndex) and -len(names) <= (at := image.__index__()) < len(names):
            return (self.images[at],)
        if isinstance(image, str) and names.count(image) == 1:
            return (self.images[names.index(image)],)
        listed = [f"{i}: {one!r}" for i, one in enumerate(self.images[:20])]
        raise ManyImagesError(
            f"{self.path} holds {len(names)} image(s)"
            + ("" if image is None else f", and {image!r} names no one of them"),
            evidence=first_few(listed, 20, joint="; ", total=len(names)),
            remedy=either(
                advise("choose one with {image}", image=Blank("index or name")),
                advise("take all with {return_list}", return_list=True),
            ),
            path=self.path,
            names=tuple(names),
        )


def open_source(
    path: str | os.PathLike[str], request: Request | None = None, *, verdicts: Mapping[str, Verdict] | None = None
) -> OpenedSource:
    """Open a file, or a folder that is one picture, lazily.

    Parameters
    ----------
    path
        What to open.
    request
        Reader, options, policies, and what the caller states.
    verdicts
        What the readers say of it (`omio_core.plugins.dispatch.verdicts`), where they were asked already.

    Raises
    ------
    FileNotFoundError
        There is nothing of that name; no plugin is asked.
    OmioError
        No one reader fits, the file is malformed, its axes are ambiguous, or a policy forbids what it holds.
    """
    request = request or Request()
    request.overrides.stated()  # refuse what is no size before any file is opened
    probe = Probe(path)
    decision = dispatch.choose(probe, request.reader, options=request.options, asked=verdicts)
    dispatch.check_options(decision.reader, request.options)
    key, opened = handles.open_with(decision.reader, probe.path, request.options)
    try:
        with reader_border(decision.reader.name, probe.path, "described"):  # descriptions are the plugin's
            described = tuple(opened.images)
            if not described:
                raise CorruptFileError(f"{probe.path} holds no image", reader=decision.reader.name, path=probe.path)
            pictures = tuple(_picture(key, index, one, request.overrides.axes) for index, one in enumerate(described))
        enforce.apply_policies(probe.path, pictures, request.policies)
    except BaseException:  # a refusal, or a warning that was made an error
        opened.close()
        raise
    handles.HANDLES.adopt(key, opened)
    version = decision.reader.version
    images = tuple(
        Image(one, partial(_metadata, one, len(pictures), version, request), vendor=one.description.vendor)
        for one in pictures
    )
    return OpenedSource(path=probe.path, decision=decision, images=images)


def _picture(key: Key, index: int, description: ImageDescription, axes: str | None) -> FilePicture:
    """One image of the file; `axes` are those that the caller stated."""
    try:
        understood = layout(description.axes, description.levels[0].shape, caller=axes)
    except AmbiguousAxesError as error:
        facts = {**error.facts, "path": key.path}
        what = worded("{}: {}", key.path, error.what)
        raise AmbiguousAxesError(what, evidence=error.evidence, remedy=error.remedy, **facts) from None
    picture = FilePicture(key=key, index=index, description=description, layout=understood)
    _hold_channels(picture)
    return picture


ABSENT_CHANNELS = 1000
"""Channels that a file may declare whatever it holds."""


def _hold_channels(picture: FilePicture) -> None:
    """Refuse channels that are nearly all absent: an absent plane costs nothing, a channel its metadata.

    Raises
    ------
    LimitExceededError
    """
    if picture.present is None:
        return
    *_, c, y, x = picture.shape
    channels, planes = c // picture.layout.samples, -(-sum(box.size for box in picture.present) // (y * x))
    if channels > max(ABSENT_CHANNELS, 4 * planes):
        raise LimitExceededError(
            f"{picture.key.path} declares far more channels than it holds",
            evidence=f"{channels:,} channels; pixels of {planes:,} planes",
            path=picture.key.path,
        )


def _metadata(picture: FilePicture, count: int, version: str, request: Request) -> Metadata:
    """The metadata of one of `count` images of a file; called at first use, once."""
    key, described, understood = picture.key, picture.description, picture.layout
    channels = understood.shape[2] // understood.samples
    with reader_border(key.reader, key.path, "asked for its metadata"):
        facts = described.facts()
    facts = _fitting(facts, (*understood.shape[:2], channels), key)
    if facts.name is None and described.name:
        facts = replace(facts, name=Fact(described.name, "file"))
    metadata = Metadata(
        shape=understood.shape,
        dtype=str(described.dtype),
        samples=understood.samples,
        facts=request.overrides.facts(facts, channels),
        assumptions=(*described.assumptions, *described.warnings, *understood.assumptions),
        provenance=record.of_file(
            key,
            reader_version=version,
            image=picture.index,
            images=count,
            policies=request.policies.to_dict(),
            caller=request.overrides.stated(),
        ),
    ).with_record()
    said = catalogue.annotate(metadata, key.path)
    if said:
        annotated = {**metadata.facts.annotations, **said}
        metadata = replace(metadata, facts=replace(metadata.facts, annotations=annotated))
    return metadata


def _fitting(given: Any, planes: tuple[int, ...], key: Key) -> Facts:
    """The facts without what cannot be of a picture with so many (T, Z, channels)."""
    if not isinstance(given, Facts):
        raise PluginContractError(
            f"the reader {key.reader} gave no Facts of {key.path}", evidence=f"it gave {type(given).__name__}"
        )
    facts, left_out = given, []
    if facts.channels and len(facts.channels) != planes[2]:
        left_out.append(f"{len(facts.channels)} channels are described, the picture has {planes[2]}")
        facts = replace(facts, channels=())
    tables = facts.planes.columns if facts.planes is not None else {}
    if wrong := {name: table.shape for name, table in tables.items() if table.shape != planes}:
        left_out.append(f"facts a plane are described as {wrong}, the picture has (T, Z, channels) = {planes}")
        facts = replace(facts, planes=None)
    for what in left_out:
        warn(f"{key.path}: {what}: they are left out", MetadataWarning, path=key.path)
    return facts
