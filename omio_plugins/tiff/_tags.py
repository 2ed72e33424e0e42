"""Tags that describe more than the structure: texts and resolution, read at once, parsed later; it knows no flavour.

`RawTags` are plain values that outlive the open file; the functions derive facts from them.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from omio_core.contract import CorruptFileError, Fact, Facts, LimitExceededError, micrometres, plain

from ._ifd import Chain, Page
from ._resolution import writer_of_default
from ._tables import Order

DESCRIPTION, SOFTWARE, XMP = 270, 305, 700
_NAMES = {
    269: "DocumentName", 270: "ImageDescription", 271: "Make", 272: "Model", 285: "PageName", 305: "Software",
    306: "DateTime", 315: "Artist", 316: "HostComputer", 700: "XMP", 33432: "Copyright", 37510: "UserComment",
}  # fmt: skip
_COLOR_MAP, _MOST_COLORS = 320, 3 * 256
# ResolutionUnit, TIFF 6.0, section 8; 1 is none. 4 and 5 are in no specification: tifffile writes them (RESUNIT)
RESOLUTION_UNITS = {2: "inch", 3: "cm", 4: "mm", 5: "µm"}
_PRINT_UNITS = (25_400.0, 10_000.0)  # micrometres: inch and cm
_FINEST_PRINT = 5080  # dots per inch, of imagesetters
# UIC1 of MetaMorph, Zeiss SEM, FluoView (2), Zeiss LSM, FEI (2), NIH Image, ImageJ (2), Micro-Manager, Hamamatsu NDPI:
# numbers as in tifffile (TIFF.TAGS; TiffPage.is_ndpi)
_OF_MICROSCOPES = (33628, 34118, 34361, 34362, 34412, 34680, 34682, 43314, 50838, 50839, 51123, 65420)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTags:
    """Tags of an image's first page.

    Attributes
    ----------
    order
        Byte order of the file.
    texts
        Name and value of each text.
    x, y
        XResolution and YResolution as numerator and denominator, None if absent.
    unit
        ResolutionUnit, None if absent.
    orientation
        Orientation, None if absent.
    imagej
        The bytes of tag 50839, IJMetadata, and the lengths in tag 50838.
    colors
        ColorMap as big-endian 16-bit numbers, all reds first; empty if absent, or longer than 256 colours.
    """

    order: Order
    texts: tuple[tuple[str, str], ...] = ()
    x: tuple[int, int] | None = None
    y: tuple[int, int] | None = None
    unit: int | None = None
    orientation: int | None = None
    imagej: tuple[bytes, tuple[int, ...]] | None = None
    colors: bytes = b""

    @property
    def description(self) -> str:
        """ImageDescription."""
        return dict(self.texts).get("ImageDescription", "")


def raw_tags(chain: Chain, page: Page, *, texts: bool = True) -> RawTags:
    """Read the tags of a page; leave out tags that cannot be read, and with `texts` False all that are no numbers."""
    return RawTags(
        order=chain.form.order,
        texts=tuple(_read_texts(chain, page)) if texts else (),
        x=_read_rational(chain, page, 282),
        y=_read_rational(chain, page, 283),
        unit=_read_short(chain, page, 296),
        orientation=_read_short(chain, page, 274),
        imagej=_read_imagej(chain, page) if texts else None,
        colors=color_map(chain, page),
    )


def _read_texts(chain: Chain, page: Page) -> list[tuple[str, str]]:
    texts = []
    for code, position in sorted(page.layout.positions.items()):
        _, kind, _, _ = chain.form.entry.unpack_from(page.table, position)
        if not (kind == 2 or (code == XMP and kind in (1, 7))):
            continue
        try:
            text = chain.text(page, code)
        except (CorruptFileError, LimitExceededError):  # a note outside the file or too long: drop the note
            continue
        if text and text.strip():
            texts.append((_NAMES.get(code, f"tag {code}"), text))
    return texts


def _read_short(chain: Chain, page: Page, code: int) -> int | None:
    tag = chain.tag(page, code)
    return int(chain.values(page, code)[0]) if tag is not None and tag.type == 3 and tag.number == 1 else None


def _read_rational(chain: Chain, page: Page, code: int) -> tuple[int, int] | None:
    tag = chain.tag(page, code)
    if tag is None or tag.type != 5 or tag.number != 1:
        return None
    try:
        return chain.values(page, code)  # two numbers for one rational
    except CorruptFileError:
        return None


def _read_imagej(chain: Chain, page: Page) -> tuple[bytes, tuple[int, ...]] | None:
    try:
        data, counts = chain.data(page, 50839, (1, 7)), chain.values(page, 50838)
    except CorruptFileError:
        return None
    return (data, counts) if data and counts else None


def color_map(chain: Chain, page: Page) -> bytes:
    """ColorMap as big-endian 16-bit numbers, all reds first; empty if absent, or longer than 256 colours."""
    tag = chain.tag(page, _COLOR_MAP)
    if tag is None or tag.type != 3 or tag.number > _MOST_COLORS:
        return b""
    try:
        values = chain.values(page, _COLOR_MAP)
    except CorruptFileError:
        return b""
    return struct.pack(f">{len(values)}H", *values)


def spacing(resolution: tuple[int, int] | None) -> Fraction | None:
    """Exact units per pixel of a tag with pixels per unit; None if it states nothing: 0, or exactly 1/1."""
    if resolution is None or 0 in resolution or resolution == (1, 1):
        return None
    return Fraction(resolution[1], resolution[0])


def sizes_by_tags(raw: RawTags) -> dict[str, Any]:
    """The sizes of a pixel by the resolution tags, by the fields of `Facts`; those that are defaults apart."""
    unit = RESOLUTION_UNITS.get(raw.unit or 0)
    return sizes_by_resolution(raw, dict.fromkeys("xy", unit), f"ResolutionUnit {unit}")


def sizes_by_resolution(raw: RawTags, units: Mapping[str, str | None], where: str = "") -> dict[str, Any]:
    """The sizes of a pixel by XResolution and YResolution, by the fields of `Facts`; those that are defaults apart.

    Parameters
    ----------
    units
        The unit along ``"x"`` and ``"y"``; None if it is unknown. A unit of print (inch, cm), or one of the tag, leaves
        it open whether anybody measured.
    where
        The tag that states the units; empty if no tag does.
    """
    facts: dict[str, Any] = {}
    defaults: dict[str, Fact[float]] = {}
    for axis, resolution in (("x", raw.x), ("y", raw.y)):
        step, unit = spacing(resolution), units[axis]
        if resolution == (1, 1) and where and writer_of_default(micrometres(1.0, unit or "") or 1.0):
            step = Fraction(1)
        size = None if step is None or unit is None else micrometres(step, unit)
        if not size or unit is None:
            continue
        tag = f"{axis.upper()}Resolution tag" + (f", {where}" if where else "")
        who = writer_of_default(size) if where or micrometres(1.0, unit) in _PRINT_UNITS else ""
        fact = Fact(float(size), "file", f"{tag}: {who}" if who else tag, unit="" if where else unit)
        if who:
            defaults[axis.upper()] = fact
        else:
            facts[f"physical_size_{axis}"] = fact
    return {**facts, "default_sizes": defaults} if defaults else facts


def is_unmarked(chain: Chain, page: Page) -> bool:
    """Whether a page has no tag of a microscopy program."""
    return not any(chain.has(page, code) for code in _OF_MICROSCOPES)


def print_notes(raw: RawTags) -> tuple[str, ...]:
    """A sentence on the assumption that a resolution in inches is the size of the pixels; empty if there is none.

    Picture editors write the resolution for printing, and a file does not show that. If the dots lie closer than in any
    print, it is no resolution for printing.
    """
    if RESOLUTION_UNITS.get(raw.unit or 0) != "inch":
        return ()
    sizes = [fact.value for name, fact in sizes_by_tags(raw).items() if name.startswith("physical_size")]
    if not sizes or min(sizes) < 25400 / _FINEST_PRINT:
        return ()
    sizes = sizes[:1] if len(set(sizes)) == 1 else sizes
    size, dots = (" x ".join(f"{n:.4g}" for n in numbers) for numbers in (sizes, [25400 / n for n in sizes]))
    return (f"pixel size {size} µm from a resolution of {dots} dots per inch, which may be for print",)


def notes(raw: RawTags, *, description: bool = True) -> dict[str, Mapping[str, Any]]:
    """Texts of tags as an annotation; an unusual orientation is recorded, not applied."""
    texts: dict[str, Any] = dict(raw.texts)
    if not description:  # the flavour records its keys one by one
        texts.pop("ImageDescription", None)
    if raw.orientation not in (None, 1):
        texts["Orientation"] = raw.orientation
    if raw.colors:  # pixels of a palette stay indices; 768 numbers would bury the rest
        texts["ColorMap"] = raw.colors.hex()
    return {"tiff": texts} if texts else {}


def plain_facts(raw: RawTags, sizes: Mapping[str, Fact[float]] = MappingProxyType({})) -> Facts:
    """The facts of a TIFF of no flavour; `sizes`, by the fields of `Facts`, precede those of the tags."""
    return Facts(**{**sizes_by_tags(raw), **sizes}, annotations=notes(raw))


def jsonable(value: Any) -> Any:
    """Convert a value to JSON types; bytes to base64, arrays to lists."""
    return plain(value, _text)


def _text(value: Any) -> str:
    return base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else str(value)
