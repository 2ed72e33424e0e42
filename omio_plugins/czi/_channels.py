"""Channels from a CZI's XML: names, colours, dyes, wavelengths, exposures; it reads no file.

The first source is Information/Image/Dimensions/Channels/Channel; what it lacks comes from
DisplaySetting/Channels/Channel of the same Id (ZEN 2.3 names channels only there). ZEN blue writes the Ids
``Channel:<C index>``; ZEN black writes long numbers, and its channels are in the order of C. Wavelengths are
nanometres, exposures nanoseconds (100000000 where ZEN shows 100 ms).
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from omio_core.contract import Channel, Fact, seconds

from ._directory import Scene
from ._tree import Element, at, children, positive, text

_Read = Callable[[Element, str], Any]

_ID = re.compile(r"Channel:(\d{1,9})")
_COLOR = re.compile(r"#([0-9A-Fa-f]{2})?([0-9A-Fa-f]{6})")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelElements:
    """The two elements that describe one channel, of DisplaySetting and of Information; None where one is missing."""

    display: Element | None
    information: Element | None

    def fact(self, read: _Read, information: str, display: str) -> Fact[Any] | None:
        """The value that `read` finds under `information_name`, else under `display_name`; ``@`` marks an attribute."""
        for element, name, where in (
            (self.information, information, "Information"),
            (self.display, display, "DisplaySetting"),
        ):
            value = None if element is None else read(element, name)
            if value is not None:
                return Fact(value, "file", f"CZI {where} Channel/{name}")
        return None


def channels(root: Element | None, scene: Scene) -> tuple[Channel, ...]:
    """One entry per channel of the image, folded axes outermost; empty where nothing is known of any channel.

    The name of a channel includes its phase, illumination, rotation or view, such as ``GFP H3``; the number is the
    index in the file.
    """
    channels_of_c = [_channel(channel, scene.samples) for channel in _elements(root, scene.channels)]
    if scene.folded:
        folded = [[(letter, first + k) for k in range(length)] for letter, first, length in scene.folded]
        return tuple(
            _channel_at(channel, f"C{index}", position)
            for position in itertools.product(*folded)
            for channel, index in zip(channels_of_c, scene.channels, strict=True)
        )
    return tuple(channels_of_c) if any(channel != Channel(samples=scene.samples) for channel in channels_of_c) else ()


def exposures(root: Element | None, scene: Scene) -> list[float | None]:
    """The exposure of each channel of the image in seconds, as its Channel element states it."""
    nanoseconds = [positive(elements.information, "ExposureTime") for elements in _elements(root, scene.channels)]
    exposures_of_c = [None if elements is None else seconds(elements, "ns") for elements in nanoseconds]
    return exposures_of_c * math.prod(length for _, _, length in scene.folded)


def _channel(elements: ChannelElements, samples: int) -> Channel:
    return Channel(
        name=elements.fact(_text, "@Name", "@Name"),
        color=elements.fact(_color, "Color", "Color"),
        excitation=elements.fact(positive, "ExcitationWavelength", "DyeMaxExcitation"),
        emission=elements.fact(positive, "EmissionWavelength", "DyeMaxEmission"),
        fluor=elements.fact(_text, "Fluor", "DyeName"),
        samples=samples,
    )


def _channel_at(channel: Channel, default: str, position: Sequence[tuple[str, int]]) -> Channel:
    """The channel at an index of each folded axis."""
    name = default if channel.name is None else channel.name.value
    full_name = " ".join((name, *(f"{letter}{index}" for letter, index in position)))
    return Channel(
        name=Fact(full_name, "derived", "CZI channel, and its index along the axes folded into C"),
        color=channel.color,
        excitation=channel.excitation,
        emission=channel.emission,
        fluor=channel.fluor,
        samples=channel.samples,
    )


def _elements(root: Element | None, indices: Sequence[int]) -> list[ChannelElements]:
    """The elements of each C index."""
    listed = list(children(at(root, "Information", "Image", "Dimensions", "Channels"), "Channel"))
    displayed = list(children(at(root, "DisplaySetting", "Channels"), "Channel"))
    if not listed:
        return [ChannelElements(information=None, display=element) for element in _select(displayed, indices)]
    ids = {element.get("Id") for element in listed}
    by_id = {element.get("Id"): element for element in reversed(displayed) if element.get("Id") in ids}
    partner = {}
    for index, element in enumerate(listed):
        match = by_id.get(element.get("Id"))
        if match is None and len(displayed) == len(listed) and displayed[index].get("Id") not in ids:
            match = displayed[index]  # the display has other Ids
        partner[id(element)] = match
    selected = _select(listed, indices)
    return [
        ChannelElements(information=element, display=None if element is None else partner[id(element)])
        for element in selected
    ]


def _select(elements: Sequence[Element], indices: Sequence[int]) -> list[Element | None]:
    """The element of each C index: by its Id, else by its place; in order if there are as many as indices."""
    numbers = [int(m[1]) for element in elements if (m := _ID.fullmatch(element.get("Id", "")))]
    if len(set(numbers)) == len(elements) and any(index in numbers for index in indices):
        by_number = dict(zip(numbers, elements, strict=True))
    elif max(indices) >= len(elements) == len(indices):
        by_number = dict(zip(indices, elements, strict=True))
    else:
        by_number = dict(enumerate(elements))
    return [by_number.get(index) for index in indices]


def _text(element: Element, name: str) -> str | None:
    if name.startswith("@"):
        return element.get(name[1:], "").strip() or None
    return text(element, name)


def _color(element: Element, name: str) -> int | None:
    """Convert ZEN's ``#AARRGGBB`` (or ``#RRGGBB``, which is opaque) to OME's signed RGBA (ome.xsd, Color)."""
    match = _COLOR.fullmatch(text(element, name) or "")
    if match is None:
        return None
    rgba = int(match[2], 16) << 8 | int(match[1] or "FF", 16)
    return rgba - (1 << 32) if rgba >= 1 << 31 else rgba
