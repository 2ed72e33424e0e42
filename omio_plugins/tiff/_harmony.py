"""TIFFs of Harmony (Opera, Operetta): their resolution is the pixel of the camera, the size is in an index beside them.

Harmony writes one TIFF per plane, with the tag 65500, whose XML has the schema www.perkinelmer.com/PEHH/HarmonyV5. Its
resolution tags have the pixel of the camera (6.45 µm), whatever the objective. ``Index.idx.xml``, in older versions
``Index.xml``, beside the TIFFs or one folder up, has an Image element with the URL of each TIFF, and ImageResolutionX
and ImageResolutionY in metres.
"""

from __future__ import annotations

import contextlib
import re
from xml.sax.saxutils import escape

from omio_core.contract import (
    CorruptFileError,
    Fact,
    LimitExceededError,
    Location,
    ReadError,
    current_settings,
    micrometres,
)

from ._ifd import Chain

_TAG = 65500
_SCHEMA = b"www.perkinelmer.com/PEHH/Harmony"
_NAMES = ("Index.idx.xml", "Index.xml")
_RESOLUTION = re.compile(rb"<ImageResolution([XY])\s+Unit=\"(\w+)\"\s*>\s*([0-9.eE+-]{1,40})\s*<")

UNKNOWN = (
    "the resolution tags of a Harmony TIFF are of the camera, not of the sample, and no Index.idx.xml or Index.xml "
    "beside it or one folder up states the size of its pixels: it is unknown"
)


def is_harmony(chain: Chain) -> bool:
    """Whether a file has Harmony's tag."""
    try:
        data = chain.data(chain.pages[0], _TAG, (1, 2, 7))
    except (CorruptFileError, LimitExceededError):
        return False
    return data is not None and _SCHEMA in data[:4096]


def sizes(location: Location) -> dict[str, Fact[float]]:
    """The sizes of a pixel by the index that has this file, by the fields of `Facts`; empty if there is none."""
    folder = location.parent
    for place in (folder, folder.parent):
        for name in _NAMES:
            with contextlib.suppress(ReadError, FileNotFoundError):  # an index that cannot be read states nothing
                text = _read(place.child(name))
                found = _sizes_of(text, location.name, name)
                if found:
                    return found
    return {}


def _read(location: Location) -> bytes:
    if not location.exists or location.is_folder:
        return b""
    with contextlib.closing(location.open()) as file:
        return file.read(0, file.size) if file.size <= current_settings().max_xml else b""


def _sizes_of(text: bytes, name: str, index: str) -> dict[str, Fact[float]]:
    """The sizes in the Image element of a file; the text is searched, as an index of a plate has millions of lines."""
    at = text.find(f"<URL>{escape(name)}</URL>".encode())
    start, stop = text.rfind(b"<Image", 0, max(at, 0)), text.find(b"</Image>", at)
    if at < 0 or start < 0 or stop < 0:
        return {}
    found: dict[str, Fact[float]] = {}
    for axis, unit, number in _RESOLUTION.findall(text, start, stop):
        with contextlib.suppress(ValueError):
            size = micrometres(float(number), unit.decode())
            if size:
                letter = axis.decode()
                where = f"{index} ImageResolution{letter}"
                found[f"physical_size_{letter.lower()}"] = Fact(size, "sidecar", where, unit=unit.decode())
    return found
