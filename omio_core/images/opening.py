"""Opening: from a path to Images; knows no format.

The steps are: probe, dispatch, the reader's open function, descriptions, Images. The caller's overrides and the
policies are applied before a pixel is read.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import SupportsIndex

from omio_core.errors import (
    AmbiguousAxesError,
    CorruptFileError,
    LimitExceededError,
    ManyImagesError,
    MetadataWarning,
    first_few,
    warn,
)
from omio_core.files import containers
from omio_core.files.local import LocalLocation, locate
from omio_core.files.location import Location
from omio_core.files.probe import Probe
from omio_core.files.stamps import Key
from omio_core.geometry.axes import layout
from omio_core.images import record
from omio_core.metadata.facts import Fact, Facts
from omio_core.metadata.model import Metadata
from omio_core.pixels import handles
from omio_core.pixels.absence import absence
from omio_core.pixels.description import ImageDescription
from omio_core.pixels.findings import Findings
from omio_core.pixels.picture import FilePicture
from omio_core.plugins import catalogue, dispatch
from omio_core.plugins.answers import check_facts
from omio_core.plugins.border import reader_border
from omio_core.plugins.descriptions import Verdict
from omio_core.plugins.fields import check_images
from omio_core.wording import Blank, advise, either, worded

from . import enforce
from .image import Image
from .overrides import Request, default_notes
from .relabel import relabel


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedSource:
    """An opened source: the decision on its reader, and its images in file order."""

    path: str
    decision: dispatch.Decision
    images: tuple[Image, ...]

    def pick(self, image: int | str | None) -> tuple[Image, ...]:
        """Return the images selected by an index, a name or "all"; if None, the only image.

        Raises
        ------
        ManyImagesError
            There are several images and `image` is None, or `image` does not select exactly one.
        """
        if (image is None and len(self.images) == 1) or image == "all":
            return self.images
        names = [candidate.name for candidate in self.images]
        if isinstance(image, SupportsIndex) and -len(names) <= (at := image.__index__()) < len(names):
            return (self.images[at],)
        if isinstance(image, str) and names.count(image) == 1:
            return (self.images[names.index(image)],)
        listed = [f"{i}: {candidate!r}" for i, candidate in enumerate(self.images[:20])]
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
    path: str | os.PathLike[str] | Location,
    request: Request | None = None,
    *,
    verdicts: Mapping[str, Verdict] | None = None,
) -> OpenedSource:
    """Open a file, or a folder that is one picture, lazily: no pixel is read.

    Parameters
    ----------
    path
        The file or folder to open: a path or a location.
    request
        The reader, options, policies and overrides that the caller chooses.
    verdicts
        The verdicts of the readers (`omio_core.plugins.dispatch.verdicts`), if they were already asked.

    Raises
    ------
    FileNotFoundError
        Nothing exists at the path; no plugin is asked.
    OmioError
        No single reader fits, the file is malformed, its axes are ambiguous, or a policy forbids its content.
    """
    request = request or Request()
    request.overrides.stated()  # refuse invalid sizes before a file is opened
    probe = _look(path)
    decision = dispatch.choose(probe, request.reader, options=request.options, asked=verdicts)
    dispatch.check_options(decision.reader, request.options)
    key, opened = handles.open_with(decision.reader, probe.location, request.options)
    try:
        # the plugin may compute its descriptions here
        with reader_border(decision.reader.name, probe.path, "described"):
            descriptions = check_images(opened.images, decision.reader.name, probe.path)
            if not descriptions:
                raise CorruptFileError(f"{probe.path} holds no image", reader=decision.reader.name, path=probe.path)
            findings = Findings(path=probe.path, reader=key.reader, policy=request.policies.absent_planes)
            pictures = tuple(
                _picture(key, index, description, request.overrides.axes, findings)
                for index, description in enumerate(descriptions)
            )
        enforce.apply_policies(probe.path, pictures, request.policies)
    except BaseException:  # a refusal, or a warning turned into an error
        opened.close()
        raise
    handles.HANDLES.adopt(key, opened)
    reader = (decision.reader.version, decision.reader.revision)
    told: set[str] = set()  # the warnings of facts that the user got, one set for all images
    images = tuple(
        Image(
            picture,
            partial(_metadata, picture, len(pictures), reader, request, told),
            vendor=picture.description.vendor,
        )
        for picture in pictures
    )
    return OpenedSource(path=probe.path, decision=decision, images=images)


def _look(path: str | os.PathLike[str] | Location) -> Probe:
    """Return a probe of the source; a folder that a killed write had moved away is put back first."""
    location = locate(path)
    try:
        return Probe(location)
    except FileNotFoundError:
        if not isinstance(location, LocalLocation) or not containers.recover(Path(location.path)):
            raise
        return Probe(location)


def _picture(key: Key, index: int, description: ImageDescription, axes: str | None, findings: Findings) -> FilePicture:
    """Return the picture of one image of the file; `axes` are those that the caller states, if any."""
    try:
        image_layout = layout(description.axes, description.levels[0].shape, caller=axes)
    except AmbiguousAxesError as error:
        facts = {**error.facts, "path": key.path}
        what = worded("{}: {}", key.path, error.what)
        raise AmbiguousAxesError(what, evidence=error.evidence, remedy=error.remedy, **facts) from None
    picture = FilePicture(key=key, index=index, description=description, layout=image_layout, findings=findings)
    if not picture.asks:
        _check_channels(picture)
    return picture


ABSENT_CHANNELS = 1000
"""Number of channels that a file may declare even if it contains few pixels."""


def _check_channels(picture: FilePicture) -> None:
    """Refuse channels that are nearly all absent: an absent plane costs nothing, but each channel has metadata.

    Raises
    ------
    LimitExceededError
        There are more than `ABSENT_CHANNELS` channels, and more than four times as many as existing planes.
    """
    *_, c, y, x = picture.shape
    channels = c // picture.layout.samples
    if channels <= ABSENT_CHANNELS or picture.present is None:
        return
    planes = -(-sum(box.size for box in picture.present) // (y * x))
    if channels > max(ABSENT_CHANNELS, 4 * planes):
        raise LimitExceededError(
            f"{picture.key.path} declares far more channels than it holds",
            evidence=f"{channels:,} channels; pixels of {planes:,} planes",
            path=picture.key.path,
        )


def _metadata(picture: FilePicture, count: int, reader: tuple[str, int], request: Request, told: set[str]) -> Metadata:
    """Return the metadata of one of `count` images of a file; called once, at first use.

    `reader` is the version and the revision of the reader, `told` the warnings of facts that the user got.
    """
    key, description, image_layout = picture.key, picture.description, picture.layout
    channels = image_layout.shape[2] // image_layout.samples
    if picture.asks:
        _check_channels(picture)  # it asks the reader only about more channels than a file may declare
    with reader_border(key.reader, key.path, "asked for its metadata"):
        facts = description.facts()
    facts = check_facts(facts, key.reader, key.path, picture.index)
    if request.overrides.axes is not None:
        facts = relabel(facts, description.axes, image_layout)
    facts = _fit_facts(facts, (*image_layout.shape[:2], channels), key)
    flaws, facts = facts.warnings, replace(facts, warnings=())
    unused = () if request.overrides.takes_defaults else default_notes(facts)
    if new := [text for text in dict.fromkeys(flaws) if text not in told]:
        told.update(new)
        warn(f"{key.path}: {'; '.join(new)}", MetadataWarning, path=key.path)
    if facts.name is None and description.name:
        facts = replace(facts, name=Fact(description.name, "file"))
    metadata = Metadata(
        shape=image_layout.shape,
        dtype=str(description.dtype),
        samples=image_layout.samples,
        facts=request.overrides.facts(facts, channels),
        assumptions=tuple(
            dict.fromkeys((*description.assumptions, *description.warnings, *flaws, *unused, *image_layout.assumptions))
        ),
        provenance=record.of_file(
            key,
            reader=reader,
            image=picture.index,
            images=count,
            policies=request.policies.to_dict(),
            caller=request.overrides.stated(),
            not_kept=description.not_kept,
            absent="" if picture.asks else absence(picture),
        ),
    ).with_record()
    annotations = catalogue.annotate(metadata, key.location)
    if annotations:
        merged = {**metadata.facts.annotations, **annotations}
        metadata = replace(metadata, facts=replace(metadata.facts, annotations=merged))
    return metadata


def _fit_facts(facts: Facts, planes: tuple[int, ...], key: Key) -> Facts:
    """Return the facts without those that do not fit the picture; `planes` are its lengths (T, Z, channels)."""
    problems = []
    if facts.channels and len(facts.channels) != planes[2]:
        problems.append(f"{len(facts.channels)} channels are described, the picture has {planes[2]}")
        facts = replace(facts, channels=())
    tables = facts.planes.columns if facts.planes is not None else {}
    if mismatched := {name: table.shape for name, table in tables.items() if table.shape != planes}:
        problems.append(f"facts a plane are described as {mismatched}, the picture has (T, Z, channels) = {planes}")
        facts = replace(facts, planes=None)
    for problem in problems:
        warn(f"{key.path}: {problem}: they are left out", MetadataWarning, path=key.path)
    return facts
