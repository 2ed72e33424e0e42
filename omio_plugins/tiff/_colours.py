"""The meaning of a pixel's samples by PhotometricInterpretation, in words; it reads no file and changes no pixel.

Numbers: TIFF 6.0, sections 8 (0 to 4), 16 (5, and InkSet), 21 (6) and 23 (8); 9 of "Adobe Photoshop TIFF Technical
Notes" (2002), 10 of RFC 3949, 32803 of ISO 12234-2 (TIFF/EP), 34892 of the DNG specification, 32844 and 32845 of
Greg Ward's LogLuv.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from omio_core.contract import Channel, Fact, Facts

from ._ifd import Page
from ._structure import JPEG, MASK, PALETTE, RGB, YCBCR, Structure
from ._tags import color_map

_Model = tuple[str, tuple[str, ...], str]  # name, components, further note

_WHITE, _BLACK, _SEPARATED, _CIELAB = 0, 1, 5, 8
_INK_SET, _OTHER_INKS = 332, 2  # tag InkSet: 1 is CMYK, which is the default
_MODELS: dict[int, _Model] = {
    _SEPARATED: ("CMYK", ("Cyan", "Magenta", "Yellow", "Black"), ""),
    YCBCR: ("YCbCr", ("Y", "Cb", "Cr"), ""),
    _CIELAB: ("CIE L*a*b*", ("L*", "a*", "b*"), "a* and b* are signed numbers"),
    9: ("ICC L*a*b*", ("L*", "a*", "b*"), ""),
    10: ("ITU L*a*b*", ("L*", "a*", "b*"), ""),
    32803: ("a mosaic of filters of several colours, a CFA", (), "neighbours are of different colours"),
    32844: ("LogL", (), ""),
    32845: ("LogLuv", (), ""),
    34892: ("LinearRaw", (), "the colours are those of the camera"),
}
# These codecs decode stored YCbCr to RGB: JPEG and WebP; JPEG 2000 only if its own header says so, which this module
# cannot see, so it assumes RGB.
_DECODED_AS_RGB = (*JPEG, 34927, 50001, 33003, 33004, 33005, 34712)
_NUMBERS = ("", "", "two", "three", "four", "five", "six")


def colour_notes(page: Page, *, as_channels: bool) -> tuple[str, ...]:
    """Sentences on the pixels of a page that are neither grey nor RGB; empty for those that are.

    For a CMYK picture: "four samples are CMYK (PhotometricInterpretation 5), kept as stored; they are no RGB, but
    channels".

    Parameters
    ----------
    as_channels
        Whether the description presents the samples as channels.
    """
    structure = page.structure
    number, samples = structure.photometric, structure.samples
    stated = f"(PhotometricInterpretation {number})"
    if samples == 1 and number == _WHITE:
        return (f"0 is white {stated}: pixels are kept as stored, and a display that has 0 black shows the negative",)
    if samples == 1 and number == PALETTE:
        lost = "" if color_map(page.chain, page) else " and not kept"
        return (f"pixels are indices of a palette {stated}, kept as stored; its colours are not applied{lost}",)
    if not is_foreign(structure):
        return ()
    name, components, more = _model(page)
    more = f"; {more}" if more else ""
    if samples == 1:
        return (f"pixels are {name} {stated}, kept as stored{more}",)
    spelled = _NUMBERS[samples] if samples < len(_NUMBERS) else str(samples)
    beyond = samples - len(components) if components else 0
    further = f" and {beyond} further" if beyond > 0 else ""
    instead = ", but channels" if as_channels else ""
    return (f"{spelled} samples are {name}{further} {stated}, kept as stored; they are no RGB{instead}{more}",)


def is_foreign(structure: Structure) -> bool:
    """Whether decoded pixels are neither grey, nor RGB, nor indices of a palette."""
    number = structure.photometric
    if (
        number == YCBCR
        and structure.compression in _DECODED_AS_RGB
        and not (structure.planar or structure.extra_samples)
    ):
        return False
    return number not in (_WHITE, _BLACK, RGB, PALETTE, MASK)


def facts_as_channels(page: Page, facts: Callable[[], Facts]) -> Callable[[], Facts]:
    """Change the facts of a picture with samples to those of one whose samples are channels."""
    _, components, _ = _model(page)
    stated = f"PhotometricInterpretation {page.structure.photometric}"
    return partial(_as_channels, facts, page.structure.samples, components, stated)


def facts_with_color_map(page: Page, facts: Callable[[], Facts]) -> Callable[[], Facts]:
    """Add the color map to the facts of a picture of palette indices, if it is not too long; see `_tags.color_map`."""
    colors = color_map(page.chain, page)
    return partial(_with_color_map, facts, colors.hex()) if colors else facts


def _with_color_map(facts: Callable[[], Facts], colors: str) -> Facts:
    known = facts()
    tags = {**known.annotations.get("tiff", {}), "ColorMap": colors}
    return replace(known, annotations={**known.annotations, "tiff": tags})


def _model(page: Page) -> _Model:
    structure = page.structure
    if structure.photometric == _SEPARATED and page.chain.first_value(page, _INK_SET) == _OTHER_INKS:
        return "inks other than CMYK", (), ""
    name, components, more = _MODELS.get(structure.photometric, ("of an unknown kind", (), ""))
    if structure.photometric == _CIELAB and structure.dtype.kind != "u":
        more = ""
    return name, components, more


def _as_channels(facts: Callable[[], Facts], samples: int, components: tuple[str, ...], stated: str) -> Facts:
    known = facts()
    channel = known.channels[0] if len(known.channels) == 1 else Channel()
    names = [*components[:samples], *[""] * (samples - len(components))]
    channels = tuple(
        replace(channel, samples=1, name=channel.name or (Fact(name, "file", stated) if name else None))
        for name in names
    )
    planes = known.planes
    if planes is not None:
        columns = {name: np.repeat(table, samples, axis=2) for name, table in planes.columns.items()}
        planes = replace(planes, columns=columns)
    return replace(known, channels=channels, planes=planes)
