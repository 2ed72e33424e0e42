"""Channels from a CZI's XML: names, colours, dyes, wavelengths, exposures; it reads no file.

Information/Image/Dimensions/Channels/Channel says it; where it does not, DisplaySetting/Channels/Channel of the same
Id does (ZEN 2.3 names channels only there). Ids are ``Channel:<C index>`` from ZEN blue and long numbers from ZEN
black, whose channels stand in the order of C. Wavelengths are nanometres, exposures nanoseconds (100000000 where ZEN
shows 100 ms).
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from omio_core.contract import Channel, Fact
from omio_core.metadata.units import seconds

from ._directory import Scene
from ._tree import Element, at, each, positive, text

_Read = Callable[[Element, str], Any]

_ID = re.compile(r"Channel:(\d{1,9})")
_COLOR = re.compile(r"#([0-9A-Fa-f]{2})?([0-9A-Fa-f]{6})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The two elements on one channel; None where there is none."""

    shown: Element | None
    stated: Element | None

    def fact(self, read: _Read, stated: str, shown: str) -> Fact[Any] | None:
        """What `read` gets under the name `stated`, else under the name `shown`; ``@`` begins an attribute's."""
        for element, name, where in ((self.stated, stated, "Information"), (self.shown, shown, "DisplaySetting")):
            value = None if element is None else read(element, name)
            if value is not None:
                return Fact(value, "file", f"CZI {where} Channel/{name}")
        return None


def channels(root: Element | None, scene: Scene) -> tuple[Channel, ...]:
    """One entry a channel of the image, folded axes outermost; empty where nothing is known of any.

    A channel that is also of a phase, an illumination, a rotation or a view says so in its name, such as ``GFP H3``;
    the number is the index in the file.
    """
    known = [_channel(one, scene.samples) for one in _said(root, scene.channels)]
    if scene.folded:
        folded = [[(letter, first + k) for k in range(length)] for letter, first, length in scene.folded]
        return tuple(
            _of(channel, f"C{index}", at_letters)
            for at_letters in itertools.product(*folded)
            for channel, index in zip(known, scene.channels, strict=True)
        )
    return tuple(known) if any(one != Channel(samples=scene.samples) for one in known) else ()


def exposures(root: Element | None, scene: Scene) -> list[float | None]:
    """Seconds of exposure of each channel of the image, as its Channel element states them."""
    stated = [positive(one.stated, "ExposureTime") for one in _said(root, scene.channels)]
    each_c = [None if one is None else seconds(one, "ns") for one in stated]
    return each_c * math.prod(length for _, _, length in scene.folded)


def _channel(said: Said, samples: int) -> Channel:
    return Channel(
        name=said.fact(_text, "@Name", "@Name"),
        color=said.fact(_color, "Color", "Color"),
        excitation=said.fact(positive, "ExcitationWavelength", "DyeMaxExcitation"),
        emission=said.fact(positive, "EmissionWavelength", "DyeMaxEmission"),
        fluor=said.fact(_text, "Fluor", "DyeName"),
        samples=samples,
    )


def _of(channel: Channel, otherwise: str, at_letters: Sequence[tuple[str, int]]) -> Channel:
    """The channel at an index of each folded axis."""
    name = otherwise if channel.name is None else channel.name.value
    spelled = " ".join((name, *(f"{letter}{index}" for letter, index in at_letters)))
    return Channel(
        name=Fact(spelled, "derived", "CZI channel, and its index along the axes folded into C"),
        color=channel.color,
        excitation=channel.excitation,
        emission=channel.emission,
        fluor=channel.fluor,
        samples=channel.samples,
    )


def _said(root: Element | None, indices: Sequence[int]) -> list[Said]:
    """The elements on each C index."""
    stated = list(each(at(root, "Information", "Image", "Dimensions", "Channels"), "Channel"))
    shown = list(each(at(root, "DisplaySetting", "Channels"), "Channel"))
    if not stated:
        return [Said(stated=None, shown=one) for one in _chosen(shown, indices)]
    ids = {one.get("Id") for one in stated}
    by_id = {one.get("Id"): one for one in reversed(shown) if one.get("Id") in ids}
    partner = {}
    for place, one in enumerate(stated):
        same = by_id.get(one.get("Id"))
        if same is None and len(shown) == len(stated) and shown[place].get("Id") not in ids:
            same = shown[place]  # the display has Ids of its own
        partner[id(one)] = same
    chosen = _chosen(stated, indices)
    return [Said(stated=one, shown=None if one is None else partner[id(one)]) for one in chosen]


def _chosen(elements: Sequence[Element], indices: Sequence[int]) -> list[Element | None]:
    """The element of each C index: by its Id, else by its place; in order where there are as many as indices."""
    numbers = [int(m[1]) for one in elements if (m := _ID.fullmatch(one.get("Id", "")))]
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
    """ZEN's ``#AARRGGBB`` (or ``#RRGGBB``, which is opaque) as OME's signed RGBA (ome.xsd, Color)."""
    match = _COLOR.fullmatch(text(element, name) or "")
    if match is None:
        return None
    rgba = int(match[2], 16) << 8 | int(match[1] or "FF", 16)
    return rgba - (1 << 32) if rgba >= 1 << 31 else rgba
