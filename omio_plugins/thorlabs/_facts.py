"""The facts in Experiment.xml besides the shape: sizes, times, names, the lens; each with the attribute that states it.

Sizes are in micrometres. If two attributes state different sizes, a note says so; they are never averaged.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, NamedTuple

from omio_core.contract import Channel, Fact, Facts

from ._attributes import Attributes
from ._experiment import channel_names, is_camera

NAMESPACE = "thorlabs"
_LINES = 3  # LSM/@areaMode: a line scan, whose rows are times
_ALIKE = 0.01  # relative difference of equal sizes, which are written with few digits
_DATES = ("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p")
_OFFSET = 900  # seconds that offsets from UTC are multiples of
_APERTURES = ("Magnification/@numericalAperture", "Magnification/@NA")


class Size(NamedTuple):
    """A size in micrometres, the attributes that state it, and whether it is computed from them."""

    value: float
    where: str
    derived: bool = False


def facts(xml: bytes, title: str, shape: tuple[int, ...], flyback: int) -> Facts:
    """The facts of a RAW file.

    Parameters
    ----------
    xml, title
        The text of Experiment.xml and its name.
    shape
        T, Z, C, Y, X of the image.
    flyback
        Images per volume that are not shown.
    """
    experiment = Attributes.of(xml, title)
    (x, y), _ = pixel_sizes(experiment)
    names = channel_names(experiment, shape[2])
    return Facts(
        name=_text_fact(experiment, "Name/@name"),
        physical_size_x=_size(title, x),
        physical_size_y=_size(title, y),
        physical_size_z=_size(title, _step(experiment) if shape[1] > 1 else None),
        time_increment=_increment(experiment, shape[1] + flyback),
        channels=tuple(Channel(name=Fact(name, "sidecar", f"{title} {where}")) for name, where in names),
        acquisition_date=_date(experiment),
        objective=_objective(experiment),
        annotations={NAMESPACE: dict(experiment.values)},
    )


def vendor(xml: bytes, title: str) -> dict[str, Any]:
    """Experiment.xml as it is: its name, its attributes, and its text."""
    return {"sidecar": title, "values": dict(Attributes.of(xml, title).values), "text": xml.decode("utf-8", "replace")}


def pixel_sizes(experiment: Attributes) -> tuple[tuple[Size | None, Size | None], tuple[str, ...]]:
    """Sizes along X and Y with the attributes that state them, and notes about contradictions.

    ``pixelWidthUM`` and ``pixelHeightUM`` of newer versions precede ``pixelSizeUM``, which can be outdated. The pixel
    size of the camera is not that of the scanner, and for camera images it is the size on the chip, not in the sample.
    """
    if is_camera(experiment):
        return (None, None), ("Camera/@pixelSizeUM is of the chip: the size of a pixel in the sample is not known",)
    notes: list[str] = []
    sizes: list[Size | None] = []
    for axis, width_name, extent in (("X", "pixelWidthUM", "widthUM"), ("Y", "pixelHeightUM", "heightUM")):
        if axis == "Y" and experiment.text("LSM/@areaMode") == str(_LINES):
            notes.append("LSM/@areaMode 3 is a line scan: rows are times, and have no size")
            sizes.append(None)
            continue
        stated = [
            Size(value, f"LSM/@{name}")
            for name in (width_name, "pixelSizeUM")
            if (value := experiment.number(f"LSM/@{name}")) is not None and value > 0
        ]
        length, count = experiment.number(f"LSM/@{extent}"), experiment.number(f"LSM/@pixel{axis}")
        if length and count and length > 0 and count > 0:
            stated.append(Size(length / count, f"LSM/@{extent} / @pixel{axis}", derived=True))
        notes += [
            f"the pixel size along {axis} is {stated[0].value:g} µm by {stated[0].where}, and {other.value:.5g} µm by "
            f"{other.where}: the first is taken"
            for other in stated[1:]
            if not math.isclose(stated[0].value, other.value, rel_tol=_ALIKE)
        ]
        sizes.append(stated[0] if stated else None)
    return (sizes[0], sizes[1]), tuple(notes)


def increment_note(experiment: Attributes) -> str | None:
    """Why the time between images is unknown although the frame rate is stated; None if it is known."""
    if _is_streaming(experiment) and _averages(experiment):
        return "images are averages of several frames: whether LSM/@frameRate counts those is not known"
    return None


def _size(title: str, size: Size | None) -> Fact[float] | None:
    if size is None:
        return None
    return Fact(size.value, "derived" if size.derived else "sidecar", f"{title} {size.where}")


def _step(experiment: Attributes) -> Size | None:
    step = experiment.number("ZStage/@stepSizeUM")  # negative where the stage went down
    return None if not step else Size(abs(step), "ZStage/@stepSizeUM")


def _is_streaming(experiment: Attributes) -> bool:
    mode = experiment.text("CaptureMode/@mode")
    return mode == "1" or (mode is None and experiment.text("Streaming/@enable") == "1")


def _averages(experiment: Attributes) -> bool:
    return experiment.text("LSM/@averageMode") == "1" and (experiment.number("LSM/@averageNum") or 1) > 1


def _increment(experiment: Attributes, images: int) -> Fact[float] | None:
    """Seconds between time points: of a stream from the frame rate, of a time lapse from its interval (0: none)."""
    if not _is_streaming(experiment):
        interval = experiment.number("Timelapse/@intervalSec")
        return None if not interval else Fact(interval, "sidecar", f"{experiment.title} Timelapse/@intervalSec")
    rate = experiment.number("LSM/@frameRate")
    if rate is None or rate <= 0 or is_camera(experiment) or _averages(experiment):
        return None
    where = f"{experiment.title} 1 / LSM/@frameRate" + (f" x {images} images a volume" if images > 1 else "")
    return Fact(images / rate, "derived", where)


def _text_fact(experiment: Attributes, name: str) -> Fact[str] | None:
    text = experiment.text(name)
    return None if text is None else Fact(text, "sidecar", f"{experiment.title} {name}")


def _date(experiment: Attributes) -> Fact[str] | None:
    """The local time; with its offset from UTC, if the seconds since 1970 determine it."""
    local = _parse_local(experiment.text("Date/@date") or "")
    unix = experiment.number("Date/@uTime")
    where = f"{experiment.title} Date/@date"
    if unix is not None and 0 < unix < 1 << 33:
        moment = datetime.fromtimestamp(int(unix), UTC)
        if local is None:
            return Fact(moment.isoformat(), "sidecar", f"{experiment.title} Date/@uTime")
        offset = round((local - moment.replace(tzinfo=None)).total_seconds())
        if offset % _OFFSET == 0 and abs(offset) <= 14 * 3600:
            local_time = local.replace(tzinfo=timezone(timedelta(seconds=offset)))
            return Fact(local_time.isoformat(), "sidecar", f"{where} and @uTime")
    return None if local is None else Fact(local.isoformat(), "sidecar", where)


def _parse_local(text: str) -> datetime | None:
    for form in _DATES:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None


def _objective(experiment: Attributes) -> Fact[Mapping[str, Any]] | None:
    magnification = experiment.number("Magnification/@mag")
    aperture = next((n for name in _APERTURES if (n := experiment.number(name)) is not None and n > 0), None)
    attributes: dict[str, Any] = {}
    if name := experiment.text("Magnification/@name"):
        attributes["Model"] = name
    if magnification is not None and magnification > 0:
        attributes["NominalMagnification"] = magnification
    if aperture is not None:
        attributes["LensNA"] = aperture
    return Fact(attributes, "sidecar", f"{experiment.title} Magnification") if attributes else None
