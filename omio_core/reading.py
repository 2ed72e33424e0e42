"""The way in: from a path to Images; it knows no format.

probe -> dispatch -> the reader's open -> descriptions -> Images, with the caller's word and the policies applied
before a pixel is read.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Any

from . import dispatch, opens, plugins, policies, provenance
from .axes import CANONICAL, Layout, layout
from .contract import Described
from .errors import (
    AbsentDataError,
    AbsentPlanesWarning,
    AmbiguousAxesError,
    AssumedAxesWarning,
    CorruptFileError,
    ManyImagesError,
    MetadataError,
    MetadataWarning,
    OmioError,
)
from .facts import Channel, Fact, Facts
from .image import Image
from .metadata import Metadata
from .pictures import FilePicture
from .policies import Policies
from .probe import Probe
from .region import Box, Present


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
        if "pixel_size" in said:
            said["pixel_size"] = self.sizes()
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
        given = self.pixel_size
        if given is None:
            return {}
        if isinstance(given, Mapping):
            sizes = {str(axis).upper(): size for axis, size in given.items()}
        elif isinstance(given, int | float):
            sizes = {"X": given, "Y": given}
        else:
            sizes = dict(zip("XYZ", given, strict=False)) if len(given) in (2, 3) else {}
        if not sizes or set(sizes) - set("XYZ"):
            raise MetadataError(
                f"pixel_size={given!r} does not say which size is whose",
                remedy="give one number for X and Y, (x, y), (x, y, z), or {'X': .., 'Y': .., 'Z': ..}; micrometres",
            )
        for axis, size in sizes.items():
            _measure(f"pixel_size of {axis}", size)
        return {axis: float(size) for axis, size in sizes.items()}

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
            _measure("time_increment", self.time_increment)
            known = replace(known, time_increment=Fact(float(self.time_increment), "caller", "time_increment="))
        if self.channel_names is not None:
            names = list(self.channel_names)
            if isinstance(self.channel_names, str) or len(names) != channel_count:
                raise MetadataError(
                    f"channel_names={self.channel_names!r} does not fit",
                    evidence=f"the image has {channel_count} channel(s)",
                    remedy="give a list with one name a channel",
                )
            channels = known.channels or (Channel(),) * channel_count
            named = (replace(c, name=Fact(n, "caller", "channel_names=")) for c, n in zip(channels, names, strict=True))
            known = replace(known, channels=tuple(named))
        return known


def _measure(what: str, value: Any) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 < value < float("inf"):
        raise MetadataError(
            f"{what} = {value!r} is no size",
            evidence="sizes are finite numbers above 0",
            remedy="leave it out where it is unknown",
        )


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
        if isinstance(image, int) and -len(names) <= image < len(names):
            return (self.images[image],)
        if isinstance(image, str) and names.count(image) == 1:
            return (self.images[names.index(image)],)
        listed = "; ".join(f"{i}: {one!r}" for i, one in enumerate(self.images[:20]))
        more = f"; and {len(names) - 20} more" if len(names) > 20 else ""
        raise ManyImagesError(
            f"{self.path} holds {len(names)} image(s)"
            + ("" if image is None else f", and {image!r} names no one of them"),
            evidence=listed + more,
            remedy='choose one with image=<index or name>, take all with image="all" or return_list=True',
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
    decision = dispatch.choose(probe, request.reader)
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
    opens.OPENS.adopt(key, opened)
    _rule(probe.path, images, request.policies)
    return Source(path=probe.path, decision=decision, images=images)


def _image(key: opens.Key, index: int, described: Described, count: int, version: str, request: Request) -> Image:
    try:
        understood = layout(described.axes, described.levels[0].shape, caller=request.overrides.axes)
    except AmbiguousAxesError as error:
        facts = {**error.facts, "path": key.path}
        what = f"{key.path}: {error.what}"
        raise AmbiguousAxesError(what, evidence=error.evidence, remedy=error.remedy, **facts) from None
    picture = FilePicture(key=key, index=index, described=described, layout=understood)
    recipe = partial(_metadata, key, index, described, understood, count, version, request)
    return Image(picture, recipe, vendor=described.vendor)


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
    if facts.channels and len(facts.channels) != channels:
        warnings.warn(
            f"{key.path}: {len(facts.channels)} channels are described, the picture has {channels}: they are left out",
            MetadataWarning,
            stacklevel=2,
        )
        facts = replace(facts, channels=())
    if facts.name is None and described.name:
        facts = replace(facts, name=Fact(described.name, "file"))
    metadata = Metadata(
        shape=understood.shape,
        dtype=str(described.dtype),
        samples=understood.samples,
        facts=request.overrides.facts(facts, channels),
        assumptions=(*described.assumptions, *understood.assumptions),
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


def _rule(path: str, images: Sequence[Image], chosen: Policies) -> None:
    """Apply the policies for axes and absence: one warning a file, or an error, before a pixel is read."""
    assumed = tuple(dict.fromkeys(a for image in images for a in _file_picture(image).layout.assumptions))
    if assumed:
        action = policies.decide("axes", chosen.axes, path=path, assumptions=assumed)
        if action == "raise":
            raise AmbiguousAxesError(
                f"{path} does not name all its axes",
                evidence="; ".join(assumed),
                remedy='name them: axes="TZYX", one letter an axis; or choose the policy axes="warn"',
                path=path,
                assumptions=assumed,
            )
        if action == "warn":
            warnings.warn(f"{path}: {'; '.join(assumed)}; settle it with axes=", AssumedAxesWarning, stacklevel=3)
    absent = {index: missing for index, image in enumerate(images) if (missing := absence(image))}
    if absent:
        words = "; ".join(f"image {index}: {missing}" for index, missing in absent.items())
        action = policies.decide("absent_planes", chosen.absent_planes, path=path, absent=absent)
        if action == "raise":
            raise AbsentDataError(
                f"{path} does not hold all its planes",
                evidence=words,
                remedy='choose the policy absent_planes="warn" to have 0 there',
                path=path,
                absent=absent,
            )
        if action == "warn":
            warnings.warn(f"{path}: {words}; filled with 0", AbsentPlanesWarning, stacklevel=3)


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
