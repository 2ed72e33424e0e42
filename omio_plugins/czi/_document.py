"""The facts in a CZI's XML about the whole image: sizes, date, interval, objective, scene names; it knows no plane.

The places of the values are known from files of ZEN blue 2.3 to 3.7, ZEN black and pylibCZIrw: Scaling/Items/Distance
in metres, Information/Image/AcquisitionDateAndTime, .../Dimensions/T/Positions in seconds (the increment of 33.412 is
the distance of the file's time stamps), Information/Instrument/Objectives, .../Dimensions/S/Scenes.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from omio_core.contract import Fact, OmioError, micrometres, parse_xml

from ._tree import Element, at, children, date, number, positive, text

REGULAR = 0.1  # of the mean: time differences within this range count as one interval

_END = b"</Scenes>"


def sizes(root: Element) -> dict[str, Fact[float]]:
    """Pixel sizes in micrometres, by the field of `Facts`; `Facts` drops invalid sizes."""
    facts = {}
    for item in children(at(root, "Scaling", "Items"), "Distance"):
        axis, value = item.get("Id", ""), number(text(item, "Value"))
        if axis in ("X", "Y", "Z") and value is not None and (size := micrometres(value, "m")) is not None:
            facts[f"physical_size_{axis.lower()}"] = Fact(size, "file", f"CZI Scaling/Items/Distance[@Id={axis!r}]")
    return facts


def acquisition_date(root: Element) -> Fact[str] | None:
    """When the acquisition began, as the file states it; the date of the document is not used."""
    value = text(root, "Information", "Image", "AcquisitionDateAndTime")
    if value is None or date(value) is None:
        return None
    return Fact(value, "file", "CZI Information/Image/AcquisitionDateAndTime")


def increment(root: Element) -> Fact[float] | None:
    """Seconds between time points: stated, or the mean of regular offsets.

    The plan of the experiment (TimeSeriesSetup) is not used: it is not what was done.
    """
    positions = at(root, "Information", "Image", "Dimensions", "T", "Positions")
    where = "CZI Information/Image/Dimensions/T/Positions"
    stated = positive(positions, "Interval", "Increment")
    if stated is not None:
        return Fact(stated, "file", f"{where}/Interval/Increment")
    offsets = [number(value) for value in (text(positions, "List", "Offsets") or "").split()]
    return regular_interval([value for value in offsets if value is not None], f"{where}/List/Offsets")


def regular_interval(moments: Sequence[float], where: str) -> Fact[float] | None:
    """The mean difference of successive times, if all differences are nearly equal."""
    gaps = [b - a for a, b in itertools.pairwise(moments)]
    if not gaps or not all(0 < gap < math.inf for gap in gaps):
        return None
    mean = (moments[-1] - moments[0]) / len(gaps)
    return Fact(mean, "derived", f"{where}: mean distance") if max(gaps) - min(gaps) <= REGULAR * mean else None


def objective(root: Element) -> Fact[dict[str, Any]] | None:
    """OME's attributes of the objective that the image refers to, or of the only one."""
    listed = list(children(at(root, "Information", "Instrument", "Objectives"), "Objective"))
    reference = at(root, "Information", "Image", "ObjectiveSettings", "ObjectiveRef")
    if reference is None:
        matches = listed if len(listed) == 1 else []
    else:
        matches = [lens_element for lens_element in listed if lens_element.get("Id") == reference.get("Id")]
    if not matches:
        return None
    lens = matches[0]
    attributes: dict[str, Any] = {
        "Manufacturer": text(lens, "Manufacturer", "Manufacturer"),
        "Model": text(lens, "Manufacturer", "Model") or (lens.get("Name") or "").strip() or None,
        "SerialNumber": text(lens, "Manufacturer", "SerialNumber"),
        "LotNumber": text(lens, "Manufacturer", "LotNumber"),
        **{name: positive(lens, name) for name in _NUMBERS},
        **{name: text(lens, name) for name in ("Immersion", "Correction", "Iris")},
    }
    known = {name: value for name, value in attributes.items() if value is not None}
    if "WorkingDistance" in known:
        known["WorkingDistanceUnit"] = "µm"  # 610 for a 20x/0.8, 5000 for a 5x/0.35
    return Fact(known, "file", "CZI Information/Instrument/Objectives/Objective") if known else None


_NUMBERS = ("LensNA", "NominalMagnification", "CalibratedMagnification", "WorkingDistance")


def scene_names(xml: bytes) -> dict[int, str]:
    """Names of scenes by their index in the file; the well's name precedes names that are not unique.

    Only the list of scenes is parsed: names are needed when a file is opened, and the document may have megabytes.
    A list that cannot be read gives no names; reading the facts reports that the document is malformed.
    """
    start = xml.find(b"<Scenes", max(0, xml.find(b"<Information")))
    end = xml.find(_END, start)
    if start < 0 or end < 0:
        return {}
    try:
        return _names(parse_xml(xml[start : end + len(_END)], "list of scenes"))
    except OmioError:
        return {}


def scene_name(root: Element, scene: int | None) -> Fact[str] | None:
    """The name of one scene."""
    names = _names(at(root, "Information", "Image", "Dimensions", "S", "Scenes"))
    if scene is None or scene not in names:
        return None
    return Fact(names[scene], "file", "CZI Information/Image/Dimensions/S/Scenes/Scene/@Name")


def _names(scenes: Element | None) -> dict[int, str]:
    names: dict[int, tuple[str, str]] = {}
    for place, scene in enumerate(children(scenes, "Scene")):
        index = scene.get("Index", str(place)).strip()
        shape = at(scene, "Shape")
        well = "" if shape is None else shape.get("Name", "").strip()
        name = scene.get("Name", "").strip() or well
        if name and index.isascii() and index.isdigit():
            names.setdefault(int(index), (well, name))
    count = Counter(name for _, name in names.values())
    return {
        index: f"{well} {name}" if count[name] > 1 and well not in ("", name) else name
        for index, (well, name) in names.items()
    }
