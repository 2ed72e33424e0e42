"""ScanImage's flavour of TIFF: frames of channels, slices and times in one long chain; it reads no pixel.

BigTIFF of ScanImage 2016 and later: magic 117637889 and version at byte 16, then the lengths of the frame data and of
the ROI groups, then both (https://docs.scanimage.org/Appendix/ScanImage+BigTiff+Specification.html); the frame
data are lines ``SI.x.y = value`` that the Software tag repeats. Channels of a frame follow one another; the order
of slices and times depends on the mode of the stack: see `axes_of`.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Mapping
from functools import partial
from typing import Any

from omio_core.contract import CorruptFileError, Fact, Facts

from . import _plain
from ._ifd import Chain, PageSequence
from ._levels import stacks
from ._pages import PagesInOrder
from ._picture import Picture, picture
from ._tags import SOFTWARE, RawTags, notes, raw_tags, sizes_by_tags

_MAGIC = 117637889
_KIND = "ScanImage TIFF"
_BEGINS = re.compile(r"^scanimage\.SI\.", re.MULTILINE)
_LINE = re.compile(r"^(?:scanimage\.)?(SI\.[\w.]+)\s*=\s*(.*?)\s*$", re.MULTILINE)
Keys = Mapping[str, str]


def header(chain: Chain, description: str) -> str | None:
    """The frame data of a ScanImage file: its header, the Software tag or the description; None for other files."""
    if chain.form.big and chain.file.size >= 32:
        magic, version, length, _ = struct.unpack("<4I", chain.file.read(16, 16))
        if magic == _MAGIC and version in (3, 4) and 32 + length <= min(chain.file.size, chain.settings.max_xml):
            return chain.file.read(32, length).rstrip(b"\0").decode("utf-8", "replace")
    try:
        software = chain.text(chain.pages[0], SOFTWARE) or ""
    except CorruptFileError:  # if a note points outside the file, drop the note, not the picture
        software = ""
    if software.startswith("SI."):
        return software
    return description if _BEGINS.search(description) else None


def pictures(chain: Chain, pages: PageSequence, text: str) -> list[Picture]:
    """Describe the image of a ScanImage file.

    Raises
    ------
    CorruptFileError
        The pages cannot lie in the file.
    LimitExceededError
        The pixels are more than the settings allow for a file of that size.
    """
    raw, keys = raw_tags(chain, pages[0]), parse(text)
    axes, lead, assumptions = axes_of(keys, len(pages))
    facts = partial(scanimage_facts, raw, text, axes, lead)
    if any(run.layout.structure.picture != pages[0].structure.picture for run in pages.runs):
        facts = partial(scanimage_facts, raw, text, "Q", (len(pages),))
        return _plain.pictures(chain, pages, facts=facts, kind=_KIND, assumptions=("the pages differ",))
    return [
        picture(
            axes=axes, lead=lead, stacks=stacks(PagesInOrder(pages)), kind=_KIND, facts=facts, assumptions=assumptions,
            vendor=partial(str, text), not_kept=_name_not_kept(chain, raw),
        )
    ]  # fmt: skip


def _name_not_kept(chain: Chain, raw: RawTags) -> tuple[str, ...]:
    """The regions of interest in the header, unless the tag Artist repeats them: its text is kept."""
    if not chain.form.big or chain.file.size < 32 or "Artist" in dict(raw.texts):
        return ()
    magic, version, _, length = struct.unpack("<4I", chain.file.read(16, 16))
    has_regions = magic == _MAGIC and version in (3, 4) and length > len("null\0")  # MATLAB's JSON of nothing
    return ("the regions of interest (ROI groups) of ScanImage",) if has_regions else ()


def parse(text: str) -> dict[str, str]:
    """Parse the keys of the frame data; the values stay text.

    Examples
    --------
    >>> parse("SI.hChannels.channelSave = [1;2]\\nSI.hFastZ.enable = true")
    {'SI.hChannels.channelSave': '[1;2]', 'SI.hFastZ.enable': 'true'}
    """
    return dict(_LINE.findall(text))


def axes_of(keys: Keys, pages: int) -> tuple[str, tuple[int, ...], tuple[str, ...]]:
    """Axes, lengths and assumptions of a chain of `pages` pages.

    A fast stack scans all slices for every volume: T, Z, C. A slow one acquires all frames of a slice before the next:
    Z, T, C. Frames of flyback may or may not be among the pages; if the number of pages does not decide it, or fits
    neither, the axis stays unlabelled.

    Examples
    --------
    >>> axes_of({"SI.hChannels.channelSave": "[1;2]"}, 10)
    ('TC', (5, 2), ())
    """
    channels = count(keys.get("SI.hChannels.channelSave", "1"))
    frames, rest = divmod(pages, channels)
    if rest:
        return _unknown_axes(pages, f"{channels} channels are saved, which does not divide {pages} pages")
    fast = keys.get("SI.hFastZ.enable") in ("true", "1")
    stack = keys.get("SI.hStackManager.enable", "true") in ("true", "1")
    slices = _read_positive(keys, "actualNumSlices", "numSlices") if stack or fast else 1
    if slices == 1:
        return "TC", (frames, channels), ()
    if fast or keys.get("SI.hStackManager.stackMode", "").strip("'") == "fast":
        return _fast_axes(keys, frames, slices, channels, pages)
    average = max(_parse_integer(keys.get("SI.hScan2D.logAverageFactor", "1")) or 1, 1)
    per_slice, rest = divmod(_read_positive(keys, "framesPerSlice"), average)
    if rest == 0 and slices * per_slice == frames:
        return "ZTC", (slices, per_slice, channels), ()
    return _unknown_axes(pages, f"{slices} slices of {per_slice} frames of {channels} channels are not {pages} pages")


def _fast_axes(
    keys: Keys, frames: int, slices: int, channels: int, pages: int
) -> tuple[str, tuple[int, ...], tuple[str, ...]]:
    flyback = _parse_integer(keys.get("SI.hFastZ.numDiscardFlybackFrames", "0")) or 0
    volumes = _parse_integer(keys.get("SI.hStackManager.actualNumVolumes", "")) or _parse_integer(
        keys.get("SI.hStackManager.numVolumes", "") or keys.get("SI.hFastZ.numVolumes", "")
    )
    possible = {slices, slices + max(flyback, 0)}
    if len(possible) > 1:
        possible = {n for n in possible if volumes is not None and n * volumes == frames}
    if len(possible) != 1 or frames % min(possible):
        return _unknown_axes(
            pages, f"{slices} slices, {flyback} frames of flyback and {volumes} volumes are not {pages} pages"
        )
    planes = possible.pop()
    assumptions = (f"the last {flyback} of {planes} planes along Z are frames of flyback",) if planes > slices else ()
    return "TZC", (frames // planes, planes, channels), assumptions


def _unknown_axes(pages: int, why: str) -> tuple[str, tuple[int, ...], tuple[str, ...]]:
    return "Q", (pages,), (f"the axes of the ScanImage pages are unknown: {why}",)


def count(value: str) -> int:
    """The number of entries of a MATLAB vector: ``[1;2]``, ``[1 2]`` or ``1``."""
    return max(len(re.split(r"[;,\s]+", value.strip("[] "))), 1)


def _read_positive(keys: Keys, *names: str) -> int:
    values = (_parse_integer(keys.get(f"SI.hStackManager.{name}", "")) for name in names)
    return next((n for n in values if n is not None and n > 0), 1)


def _parse_integer(text: str) -> int | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return int(value) if math.isfinite(value) and value == int(value) and abs(value) < 1 << 40 else None


def _number(keys: Keys, key: str) -> float | None:
    try:
        value = float(keys.get(key, ""))
    except ValueError:
        return None
    return value if math.isfinite(value) and value else None


def scanimage_facts(raw: RawTags, text: str, axes: str, lead: tuple[int, ...]) -> Facts:
    """Step of the stack, period of frames or volumes, field of view; the frame data as an annotation."""
    keys, sizes = parse(text), dict(zip(axes, lead, strict=True))
    known: dict[str, Any] = dict(sizes_by_tags(raw))
    step = _number(keys, "SI.hStackManager.actualStackZStepSize"), "actualStackZStepSize"
    step = step if step[0] else (_number(keys, "SI.hStackManager.stackZStepSize"), "stackZStepSize")
    if step[0] and sizes.get("Z", 1) > 1:
        known["physical_size_z"] = Fact(abs(step[0]), "file", f"ScanImage SI.hStackManager.{step[1]}")
    average = _parse_integer(keys.get("SI.hScan2D.logAverageFactor", "1"))
    period, rate = _number(keys, "SI.hRoiManager.scanFramePeriod"), _number(keys, "SI.hRoiManager.scanVolumeRate")
    if axes[:2] == "TC" and period and average == 1:
        known["time_increment"] = Fact(period, "file", "ScanImage SI.hRoiManager.scanFramePeriod")
    elif axes[:2] == "TZ" and rate and average == 1:
        known["time_increment"] = Fact(1 / rate, "file", "ScanImage SI.hRoiManager.scanVolumeRate")
    annotations = notes(raw)
    annotations.get("tiff", {}).pop("Software", None)  # type: ignore[attr-defined]
    annotations["scanimage"] = {"FrameData": text}
    return Facts(**known, annotations=annotations)
