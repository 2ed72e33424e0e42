"""``profile="fiji"``: add to the OME-XML what ImageJ needs to show axes and calibration when a file is dropped on it.

ImageJ without plugins takes axes from a description of its own (``ij/io/FileInfo``, ``ij/io/TiffDecoder.java``), and
reads the last of two descriptions; Bio-Formats, tifffile, Pillow and libtiff read the first, which is the OME-XML. TIFF
6.0 allows each tag once, and libtiff warns about the second: therefore this is a profile and not the default.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from omio_core.contract import (
    Metadata,
    WriteError,
    WriteRequest,
    advise,
    either,
    worded,
)

from ._file import Form

ORDER = "XYCZT"
_TYPES = frozenset({"uint8", "int16", "uint16", "float32"})  # types that ImageJ opens unchanged
_COMPRESSIONS = frozenset({"none", "zlib", "lzw", "packbits"})
UNIT_NONE = 1  # ResolutionUnit; ImageJ's own unit stands in the description


def refuse(images: int, dtype: str, samples: int, request: WriteRequest) -> None:
    """Refuse what ImageJ cannot open, before anything is written.

    Raises
    ------
    WriteError
        ImageJ cannot open a file of such images or options.
    """
    options = request.options
    refusals = {
        "it takes one image a file": images > 1,
        f"it takes {', '.join(sorted(_TYPES))}, not {dtype}": dtype not in _TYPES,
        "of RGB it takes uint8": samples > 1 and (samples != 3 or dtype != "uint8"),
        "it has no tiles": bool(request.tile),
        "it has no pyramids": bool(options.get("pyramid")),
        "it has no BigTIFF": options.get("bigtiff") is True or request.name.lower().endswith(".btf"),
        # ij.io.ImageReader adds 32768 to each stored difference of signed pixels; 1.53t shows other values
        f"of {dtype} it does not undo a predictor": bool(options.get("predictor")) and dtype in ("float32", "int16"),
        f"its order is {ORDER}": options.get("order") not in (None, ORDER),
        f"of compressions it has {', '.join(sorted(_COMPRESSIONS))}": options.get("compression", "zlib")
        not in _COMPRESSIONS,
    }
    if reasons := [why for why, applies in refusals.items() if applies]:
        raise WriteError(
            worded("{profile} cannot be had for this", profile="fiji"),
            evidence="; ".join(reasons),
            remedy=either(advise("leave out {profile}", profile=None), "change that"),
        )


def resolution(metadata: Metadata) -> tuple[Fraction, Fraction] | None:
    """Pixels per micrometre along X and Y, to six digits; None where a size is unknown or out of range."""
    sizes = [fact.value if fact else None for fact in (metadata.facts.physical_size_x, metadata.facts.physical_size_y)]
    ratios = [(1 / Fraction(size)).limit_denominator(10**6) for size in sizes if size]
    return (ratios[0], ratios[1]) if len(ratios) == 2 and all(0 < ratio < 2**32 // 10**6 for ratio in ratios) else None


def description(metadata: Metadata, form: Form) -> bytes:
    """The text that ImageJ reads; it has only the lengths that are known, in micrometres."""
    t, z, c, *_ = metadata.shape
    channels = c // form.samples
    lines: dict[str, Any] = {"ImageJ": "1.53t", "images": t * z * channels}
    axes = {"channels": channels, "slices": z, "frames": t}
    lines |= {name: length for name, length in axes.items() if length > 1}
    if sum(n > 1 for n in (t, z, channels)) > 1 or channels > 1:
        lines["hyperstack"] = "true"
    if channels > 1 and form.samples == 1:
        lines["mode"] = "composite" if channels <= 7 else "grayscale"  # composites have at most seven channels
    facts = metadata.facts
    if form.resolution is not None:  # without a resolution, ImageJ would give a pixel the size of one unit
        lines["unit"] = "\\u00B5m"
        if facts.physical_size_z is not None:
            lines["spacing"] = facts.physical_size_z.value
    if facts.time_increment is not None:
        lines["finterval"] = facts.time_increment.value
    lines["loop"] = "false"
    return "".join(f"{name}={value}\n" for name, value in lines.items()).encode("ascii")
