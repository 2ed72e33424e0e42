"""MetaMorph's STK flavour of TIFF: N planes behind one IFD, described by private tags; it reads no pixel.

"MetaMorph Stack (STK) Image File Format" of Molecular Devices: UIC2Tag (33629, N planes) has six LONGs per plane: the Z
distance as a fraction, day and time of creation and of modification (days of the Julian calendar, milliseconds);
UIC3Tag (33630) one wavelength per plane; UIC1Tag (33628) pairs of a code and a value or an offset, of which 3 to 7 are
SpatialCalibration, XCalibration, YCalibration, CalibrationUnits and Name. The planes lie one after the other from the
first strip of the first plane on.

UIC2Tag shows whether the tags describe this picture. Prairie View 5.3 of Bruker copies one block of UIC tags into
every TIFF it writes, OME-TIFF or not: one plane, created on day 0 at a distance of 0/0, 99 microns per pixel, the name
"Gattaca", a wavelength of 77/43. So day 0 is no time, and a denominator of 0 no distance; if UIC2Tag states neither
for any plane, the other UIC tags are no facts either.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from omio_core.contract import (
    CorruptFileError,
    Fact,
    Facts,
    Planes,
    UnsupportedFeatureError,
    micrometres,
    seconds,
)

from ._ifd import Chain, Page
from ._picture import Picture, Stack, picture
from ._segments import contiguous_start
from ._structure import NONE
from ._tags import RawTags, notes, raw_tags, sizes_by_tags

UIC1, UIC2, UIC3 = 33628, 33629, 33630
_KIND = "MetaMorph stack"
_CALIBRATED, _X, _Y, _UNITS, _NAME = 3, 4, 5, 6, 7
_MOST_PLANES, _MOST_CODES, _MOST_TEXT = 1 << 20, 4096, 1 << 10
_DAY = 86_400_000  # milliseconds
_PLANE = 6  # LONGs per plane in UIC2Tag
_DENOMINATOR, _CREATED = 1, 2  # indices of them: the denominator of the distance, the day of creation
_REGULAR = 0.1  # of the mean: intervals of times of creation that differ by no more count as one interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Uic:
    """The values of the private tags.

    Attributes
    ----------
    distances
        Z distance of each plane, NaN if it is no number.
    creation_times
        Milliseconds from the first plane's creation to that of each plane; empty unless every plane states its day.
    has_facts
        Whether UIC2Tag states a day or a distance for any plane; if not, nothing else is known.
    wavelengths
        Wavelength of each plane, NaN if it is no number; empty if absent.
    calibration
        X and Y in `units`, if the picture is calibrated.
    """

    distances: tuple[float, ...]
    creation_times: tuple[int, ...]
    has_facts: bool = True
    wavelengths: tuple[float, ...] = ()
    calibration: tuple[Fraction | None, Fraction | None] = (None, None)
    units: str = ""
    name: str = ""


def is_stack(chain: Chain) -> bool:
    """Whether a file is a stack: UIC2Tag has several planes, or one for which it states a day or a distance.

    One plane is the page that any TIFF has, so a tag that states nothing for it, or cannot be read, makes no stack.
    """
    first = chain.pages[0]
    tag = chain.tag(first, UIC2)
    if tag is None or tag.number != 1:
        return tag is not None and tag.number > 1
    try:
        return bool(_planes_with_facts(_longs(chain, first, UIC2, _PLANE).reshape(1, _PLANE))[0])
    except CorruptFileError:  # if a note points outside the file, drop the note, not the picture
        return False


def has_planes_behind_page(chain: Chain) -> bool:
    """Whether UIC2Tag states several planes, and the file has one page for them."""
    tag = chain.tag(chain.pages[0], UIC2)
    return tag is not None and tag.number > 1 and len(chain.pages) == 1


def pictures(chain: Chain) -> list[Picture]:
    """Describe the one image of a stack, see `is_stack`.

    Raises
    ------
    CorruptFileError
        The planes or a private tag do not lie in the file.
    UnsupportedFeatureError
        The stack is compressed.
    """
    first = chain.pages[0]
    tag = chain.tag(first, UIC2)
    planes = 0 if tag is None else tag.number
    if planes > 1 and first.structure.compression != NONE:
        raise UnsupportedFeatureError(
            f"{chain.file.path} is a compressed MetaMorph stack (STK)",
            evidence=f"compression {first.structure.compression}, {planes} planes behind one IFD",
            remedy="save it as TIFF or OME-TIFF with MetaMorph, ImageJ or Bio-Formats",
            path=chain.file.path,
        )
    start = contiguous_start([first], planes) if planes > 1 else None
    uic, raw = _read_uic(chain, first, planes), raw_tags(chain, first)
    axis, assumptions = axis_of(uic)
    extra = len(chain.pages) - 1
    if extra:
        assumptions = (*assumptions, f"{extra} further pages, which a MetaMorph stack has not, are left out")
    return [
        picture(
            axes=axis, lead=(planes,), stacks=[Stack(pages={0: first}, start=start)], kind=_KIND, name=uic.name or None,
            facts=partial(stk_facts, raw, uic, axis), assumptions=assumptions, vendor=partial(str, raw.description),
        )
    ]  # fmt: skip


def axis_of(uic: Uic) -> tuple[str, tuple[str, ...]]:
    """Z if planes have distances, T if they have none and their times of creation increase, else Q; assumptions.

    The first or the last distance may be 0 or unknown: a plane's distance is to its neighbour.
    """
    if not uic.has_facts:
        note = "UIC2Tag states no distance and no time of creation of any plane: the axis of the stack is unknown"
        return "Q", (f"{note}, and calibration, name and wavelengths in the other UIC tags are not taken for facts",)
    if len(_distinct(uic.wavelengths)) > 1:
        return "Q", ("the planes of the stack have several wavelengths: what its axis is, is unknown",)
    distances = sum(d != 0 and not math.isnan(d) for d in uic.distances)
    if distances >= max(len(uic.distances) - 1, 1):
        return "Z", ()
    if (
        not distances
        and uic.creation_times
        and all(b > a for a, b in zip(uic.creation_times, uic.creation_times[1:], strict=False))
    ):
        return "T", ()
    several = len(uic.distances) > 1
    return "Q", ("neither distances nor times of creation tell the axis of the stack",) if several else ()


def _read_uic(chain: Chain, page: Page, planes: int) -> Uic:
    if planes > _MOST_PLANES:
        raise chain.page_error(page.index, f"UIC2Tag declares {planes} planes")
    table = _longs(chain, page, UIC2, _PLANE * planes).reshape(-1, _PLANE)
    distances = _fractions(table[:, :2])
    if not _planes_with_facts(table).any():
        return Uic(distances=distances, creation_times=(), has_facts=False)
    times = table[:, 2].astype(object) * _DAY + table[:, 3].astype(object)
    tag = chain.tag(page, UIC3)
    waves = _longs(chain, page, UIC3, 2 * planes) if tag is not None and tag.number == planes else table[:0, :2]
    codes = _codes(chain, page)
    calibrated = codes.get(_CALIBRATED) == 1
    return Uic(
        distances=distances,
        creation_times=tuple(int(t - times[0]) for t in times) if table[:, _CREATED].all() else (),
        wavelengths=_fractions(waves.reshape(-1, 2)),
        calibration=(_fraction(chain, codes.get(_X)), _fraction(chain, codes.get(_Y))) if calibrated else (None, None),
        units=_text(chain, codes.get(_UNITS)) if calibrated else "",
        name=_text(chain, codes.get(_NAME)),
    )


def _planes_with_facts(table: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Flags of the planes that state a day of creation or a distance; `table` is UIC2Tag, of shape (planes, 6)."""
    flags: np.ndarray[Any, Any] = (table[:, _CREATED] != 0) | (table[:, _DENOMINATOR] != 0)
    return flags


def _longs(chain: Chain, page: Page, code: int, number: int) -> np.ndarray[Any, Any]:
    """The LONGs to which a private tag points, whatever its count states."""
    tag = chain.tag(page, code)
    if tag is None:
        raise chain.page_error(page.index, f"tag {code} is missing")
    data = chain.file.read(chain.form.pointer.unpack(tag.value)[0], 4 * number)
    return np.frombuffer(data, chain.form.order + "u4")


def _codes(chain: Chain, page: Page) -> dict[int, int]:
    """UIC1Tag's codes and their values or offsets; empty in the old form, whose type is RATIONAL."""
    tag = chain.tag(page, UIC1)
    if tag is None or tag.type != 4 or not 1 < tag.number <= _MOST_CODES:
        return {}
    try:
        pairs = _longs(chain, page, UIC1, 2 * tag.number).reshape(-1, 2)
    except CorruptFileError:  # if a note points outside the file, drop the note, not the picture
        return {}
    return dict(pairs.tolist())


def _fraction(chain: Chain, offset: int | None) -> Fraction | None:
    if offset is None or offset + 8 > chain.file.size:
        return None
    above, below = struct.unpack(chain.form.order + "2I", chain.file.read(offset, 8))
    return Fraction(above, below) if above and below else None


def _text(chain: Chain, offset: int | None) -> str:
    """A text that its length precedes."""
    if offset is None or offset < 8 or offset + 4 > chain.file.size:
        return ""
    (length,) = struct.unpack(chain.form.order + "I", chain.file.read(offset, 4))
    if length > _MOST_TEXT or offset + 4 + length > chain.file.size:
        return ""
    return chain.file.read(offset + 4, length).partition(b"\0")[0].decode("latin-1").strip()


def _fractions(table: np.ndarray[Any, Any]) -> tuple[float, ...]:
    return tuple(above / below if below else math.nan for above, below in table.tolist())


def _distinct(values: tuple[float, ...]) -> set[float]:
    return {v for v in values if not math.isnan(v)}


def stk_facts(raw: RawTags, uic: Uic, axis: str) -> Facts:
    """Sizes where calibrated, times of creation along T; distances, wavelengths and name as annotations."""
    known: dict[str, Any] = dict(sizes_by_tags(raw))
    for letter, scale in zip("xy", uic.calibration, strict=True):
        size = None if scale is None else micrometres(scale, uic.units)
        if size is not None:
            known[f"physical_size_{letter}"] = Fact(size, "file", f"UIC1Tag {letter.upper()}Calibration, {uic.units}")
    steps = {abs(d) for d in _distinct(uic.distances) if d}
    step = micrometres(steps.pop(), uic.units) if axis == "Z" and len(steps) == 1 and uic.units else None
    if step is not None:
        known["physical_size_z"] = Fact(step, "file", f"UIC2Tag Z distance, {uic.units}")
    if axis == "T":
        known.update(_times(uic.creation_times))
    annotations = notes(raw)
    values = {"Name": uic.name, "CalibrationUnits": uic.units, "ZDistance": _shorten(uic.distances)}
    values["Wavelengths"] = _shorten(uic.wavelengths)
    annotations["metamorph"] = {key: value for key, value in values.items() if value}
    return Facts(**known, annotations={name: value for name, value in annotations.items() if value})


def _times(times: tuple[int, ...]) -> dict[str, Any]:
    milliseconds = np.array(times, np.float64)
    since = (milliseconds / 1000).reshape(-1, 1, 1)  # the times are integers, so the quotient is the nearest float
    table = Planes(columns={"DeltaT": since}, origin="file", where="UIC2Tag: times of creation")
    facts: dict[str, Any] = {"planes": table}
    gaps = np.diff(milliseconds)
    if gaps.size and np.ptp(gaps) <= _REGULAR * gaps.mean():
        mean = seconds(Fraction(times[-1] - times[0], len(times) - 1), "ms")
        if mean is not None:
            where = "UIC2Tag: mean distance of the times of creation"
            facts["time_increment"] = Fact(mean, "derived", where)
    return facts


def _shorten(values: tuple[float, ...]) -> list[float | None]:
    """One value if all are equal, none if all are 0."""
    numbers = [None if math.isnan(v) else v for v in values]
    return [] if not any(numbers) else numbers[:1] if len(set(numbers)) == 1 else numbers
