"""The way in: from a path to Images; it knows no format.

probe -> dispatch -> the reader's open -> descriptions -> Images, with the caller's word and the policies applied
before a pixel is read.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from numbers import Real
from typing import Any, SupportsIndex

from . import dispatch, opens, plugins, provenance, ruling
from .axes import Layout, layout
from .contract import Described
from .dictvalues import positive
from .errors import (
    AmbiguousAxesError,
    CorruptFileError,
    LimitExceededError,
    ManyImagesError,
    MetadataError,
    MetadataWarning,
    OmioError,
    PluginContractError,
)
from .facts import SMALLEST_SIZE, Channel, Fact, Facts
from .image import Image
from .letters import text
from .metadata import Metadata
from .pictures import FilePicture
from .policies import Policies
from .probe import Probe
from .warned import warn


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What the caller states; each becomes a fact of the origin "caller".

    Parameters
    ----------
    axes
        One letter for every native axis, or for every one longer than 1.
    pixel_size
        Micrometres: one number for X and Y, (x, y), (x, y, z), or a mapping with some of X, Y, Z.
    time_increment
        Seconds.
    channel_names
        One a channel.
    """

    axes: str | None = None
    pixel_size: float | Sequence[float] | Mapping[str, float] | None = None
    time_increment: float | None = None
    channel_names: Sequence[str] | None = None

    def stated(self) -> dict[str, Any]:
        """What was said at all, as plain values."""
        said = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) is not None}
        if self.axes is not None:
            text(self.axes)
        if "pixel_size" in said:
            said["pixel_size"] = self.sizes()
        if self.time_increment is not None:
            said["time_increment"] = _measure("time_increment", self.time_increment)
        if self.channel_names is not None:
            said["channel_names"] = list(self.channel_names)
        return said

    def sizes(self) -> dict[str, float]:
        """The pixel sizes by axis.

        Raises
        ------
        MetadataError
            They are no sizes, or their axes cannot be told.
        """
        given: Any = self.pixel_size
        if given is None:
            return {}
        if isinstance(given, Mapping):
            sizes = {str(axis).upper(): size for axis, size in given.items()}
        elif isinstance(given, Real):
            sizes = {"X": given, "Y": given}
        else:
            several = tuple(given) if isinstance(given, Iterable) and not isinstance(given, str) else ()
            sizes = dict(zip("XYZ", several, strict=False)) if len(several) in (2, 3) else {}
        if not sizes or set(sizes) - set("XYZ"):
            raise MetadataError(
                f"pixel_size={given!r} does not say which size is whose",
                remedy="give one number for X and Y, (x, y), (x, y, z), or {'X': .., 'Y': .., 'Z': ..}; micrometres",
            )
        return {axis: _measure(f"pixel_size of {axis}", size, SMALLEST_SIZE) for axis, size in sizes.items()}

    def facts(self, known: Facts, channel_count: int) -> Facts:
        """The caller's facts laid over what is known.

        Raises
        ------
        MetadataError
        """
        for axis, size in self.sizes().items():
            stated: dict[str, Any] = {f"physical_size_{axis.lower()}": Fact(size, "caller", "pixel_size=")}
            known = replace(known, **stated)
        if self.time_increment is not None:
            seconds = _measure("time_increment", self.time_increment)
            known = replace(known, time_increment=Fact(seconds, "caller", "time_increment="))
        if self.channel_names is not None:
            names = list(self.channel_names)
            texts = all(isinstance(one, str) for one in names) and not isinstance(self.channel_names, str)
            if not texts or len(names) != channel_count:
                raise MetadataError(
                    f"channel_names={self.channel_names!r} does not fit",
                    evidence=f"the image has {channel_count} channel(s)",
                    remedy="give a list with one name, a text, a channel",
                )
            channels = known.channels or (Channel(),) * channel_count
            named = (replace(c, name=Fact(n, "caller", "channel_names=")) for c, n in zip(channels, names, strict=True))
            known = replace(known, channels=tuple(named))
        return known


def _measure(what: str, value: Any, above: float = 0.0) -> float:
    size = positive(value)
    if size is None or size <= above:
        raise MetadataError(
            f"{what} = {value!r} is no size",
            evidence=f"sizes are finite numbers above {above:g} that OME-XML can hold",
            remedy="leave it out where it is unknown",
        )
    return size


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """How a source is to be opened: everything the caller may say."""

    reader: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    policies: Policies = field(default_factory=Policies)
    overrides: Overrides = field(default_factory=Overrides)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
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
        listed = "; ".join(f"{i}: {one!r}" for i, one in enumerate(self.images[:20]))
        more = f"; and {len(names) - 20} more" if len(names) > 20 else ""
        raise ManyImagesError(
            f"{self.path} holds {len(names)} image(s)"
            + ("" if image is None else f", and {image!r} names no one of them"),
            evidence=listed + more,
            remedy="choose one with image=<index or name>, or take all with return_list=True",
            path=self.path,
            names=tuple(names),
        )


def open_source(path: str | os.PathLike[str], request: Request | None = None) -> Source:
    """Open a file, or a folder that is one picture, lazily.

    Parameters
    ----------
    path
        What to open.
    request
        Reader, options, policies, and what the caller states.

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
    decision = dispatch.choose(probe, request.reader, options=request.options)
    dispatch.check_options(decision.reader, request.options)
    key, opened = opens.open_with(decision.reader, probe.path, request.options)
    try:
        described = tuple(opened.images)
        if not described:
            raise CorruptFileError(f"{probe.path} holds no image", reader=decision.reader.name, path=probe.path)
        images = tuple(
            _image(key, index, one, len(described), decision.reader.version, request)
            for index, one in enumerate(described)
        )
    except OmioError:
        opened.close()
        raise
    except Exception as error:  # the plugin border: descriptions are the plugin's
        opened.close()
        raise dispatch.border(error, reader=decision.reader.name, path=probe.path, doing="described") from error
    try:
        ruling.rule(probe.path, images, request.policies)
    except BaseException:  # a refusal, or a warning that was made an error
        opened.close()
        raise
    opens.OPENS.adopt(key, opened)
    return Source(path=probe.path, decision=decision, images=images)


def _image(key: opens.Key, index: int, described: Described, count: int, version: str, request: Request) -> Image:
    try:
        understood = layout(described.axes, described.levels[0].shape, caller=request.overrides.axes)
    except AmbiguousAxesError as error:
        facts = {**error.facts, "path": key.path}
        what = f"{key.path}: {error.what}"
        raise AmbiguousAxesError(what, evidence=error.evidence, remedy=error.remedy, **facts) from None
    picture = FilePicture(key=key, index=index, described=described, layout=understood)
    _hold_channels(picture)
    recipe = partial(_metadata, key, index, described, understood, count, version, request)
    return Image(picture, recipe, vendor=described.vendor)


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


def _metadata(
    key: opens.Key, index: int, described: Described, understood: Layout, count: int, version: str, request: Request
) -> Metadata:
    """The metadata of an image of a file; called at first use, once."""
    channels = understood.shape[2] // understood.samples
    try:
        facts = described.facts()
    except OmioError:
        raise
    except Exception as error:  # the plugin border
        raise dispatch.border(error, reader=key.reader, path=key.path, doing="asked for its metadata") from error
    facts = _fitting(facts, (*understood.shape[:2], channels), key)
    if facts.name is None and described.name:
        facts = replace(facts, name=Fact(described.name, "file"))
    metadata = Metadata(
        shape=understood.shape,
        dtype=str(described.dtype),
        samples=understood.samples,
        facts=request.overrides.facts(facts, channels),
        assumptions=(*described.assumptions, *described.warnings, *understood.assumptions),
        provenance=provenance.of_file(
            key,
            reader_version=version,
            image=index,
            images=count,
            policies=request.policies.to_dict(),
            caller=request.overrides.stated(),
        ),
    ).settled()
    said = plugins.annotate(metadata, key.path)
    if said:
        annotated = {**metadata.facts.annotations, **said}
        metadata = replace(metadata, facts=replace(metadata.facts, annotations=annotated))
    return metadata


def _fitting(given: Any, planes: tuple[int, ...], key: opens.Key) -> Facts:
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
        warn(f"{key.path}: {what}: they are left out", MetadataWarning)
    return facts
