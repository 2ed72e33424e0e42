"""OME-Zarr attributes: what a multiscale group states of a picture, as plain values; it knows no store and no chunk.

The keys are those of the OME-NGFF specification, 0.4 (https://ngff.openmicroscopy.org/0.4/) and 0.5
(https://ngff.openmicroscopy.org/0.5/). Both demand that the axes are ordered by type: time, channel, space. The arrays
are therefore TCZYX, with Z and C exchanged against OMIO's own order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from omio_core.errors import MetadataError
from omio_core.metadata.display import saved_limits
from omio_core.metadata.facts import Channel, Fact
from omio_core.metadata.model import Metadata

__all__ = ["NGFF_AXES", "ngff_attributes", "ngff_order"]

NGFF_AXES = "tczyx"
"""The axes of the arrays, in their order; also their `dimension_names`, which 0.5 demands in zarr v3 metadata."""

VERSIONS = ("0.4", "0.5")

_TYPES = {"t": "time", "c": "channel", "z": "space", "y": "space", "x": "space"}
_WHITE = "FFFFFF"
_USUAL = ("00FF00", "FF0000", "0000FF", "FF00FF", "00FFFF", "FFFF00")
"""Colours of several channels whose own is unknown. The specification demands one; the OME-XML beside states none."""
_SAMPLES: dict[int, tuple[tuple[str, str], ...]] = {3: (("red", "FF0000"), ("green", "00FF00"), ("blue", "0000FF"))}
_SAMPLES[4] = (*_SAMPLES[3], ("alpha", _WHITE))


def ngff_order(lengths: Sequence[int]) -> tuple[int, ...]:
    """Exchange Z and C: from TZCYX to the TCZYX of OME-Zarr, and back.

    Examples
    --------
    >>> ngff_order((1, 30, 2, 512, 256))
    (1, 2, 30, 512, 256)
    """
    first, second, third, *area = lengths
    return (first, third, second, *area)


def ngff_attributes(
    metadata: Metadata,
    levels: Sequence[Sequence[int]],
    *,
    paths: Sequence[str] | None = None,
    factors: Sequence[Sequence[float]] | None = None,
    windows: Sequence[tuple[float, float]] | None = None,
    method: str = "",
    version: str = "0.5",
) -> dict[str, Any]:
    """Make the attributes of the group that holds the arrays of one picture.

    Parameters
    ----------
    metadata
        The metadata of the picture at full resolution.
    levels
        The TZCYX shape of each array, full resolution first.
    paths
        The path of each array in the group; None for "0", "1", ...
    factors
        For each array the size of its pixels along TZCYX, in pixels of the first; None for the ratios of the lengths. A
        writer that halves 5 pixels to 3 knows that the factor is 2.
    windows
        The smallest and the largest value of each C index, of which viewers take the contrast; a range that a viewer
        recorded wins over it. None if nobody looked at the pixels: then it is the range of an integer type, and there
        is no ``omero`` for other types.
    method
        How the smaller arrays were made, such as ``"mean"`` or ``"nearest"``; "" if they were not made or nobody knows.
        Of means, each array also states where the centre of its first pixel is.
    version
        ``"0.5"`` or ``"0.4"``.

    Returns
    -------
    dict
        All OME attributes of the group: ``{"ome": {"version", "multiscales", "omero"}}`` for 0.5, ``{"multiscales",
        "omero"}`` for 0.4. The arrays have the axes `NGFF_AXES`. An unknown size or time increment is 1.0 without a
        unit. Every value is plain JSON.

    Raises
    ------
    MetadataError
        The version is unknown, or there is not one entry of `paths`, `factors` or `windows` for each array or C index.

    Examples
    --------
    >>> metadata = Metadata(shape=(1, 5, 2, 64, 64), dtype="uint8")
    >>> multiscale = ngff_attributes(metadata, [(1, 5, 2, 64, 64), (1, 5, 2, 32, 32)])["ome"]["multiscales"][0]
    >>> [axis["name"] for axis in multiscale["axes"]]
    ['t', 'c', 'z', 'y', 'x']
    >>> multiscale["datasets"][1]["coordinateTransformations"][0]["scale"]
    [1.0, 1.0, 1.0, 2.0, 2.0]
    """
    if version not in VERSIONS:
        raise MetadataError(
            f"the attributes of OME-Zarr {version} are not known", remedy=f"take one of {', '.join(VERSIONS)}"
        )
    full = levels[0]
    paths = [str(index) for index in range(len(levels))] if paths is None else paths
    factors = [[n / m for n, m in zip(full, shape, strict=True)] for shape in levels] if factors is None else factors
    _check_counts(("paths", paths, len(levels)), ("factors", factors, len(levels)), ("windows", windows, full[2]))
    multiscale: dict[str, Any] = {"name": _text(metadata.facts.name.value)} if metadata.facts.name else {}
    multiscale["axes"] = _axes(metadata)
    multiscale["datasets"] = [
        {"path": path, "coordinateTransformations": _transformations(metadata, factor, method)}
        for path, factor in zip(paths, factors, strict=True)
    ]
    if method:
        multiscale["type"] = method
    attributes: dict[str, Any] = {"multiscales": [multiscale]}
    if windows or _type_range(metadata) or any(_saved(metadata)):
        attributes["omero"] = _omero(metadata, windows)
    if version == "0.5":
        return {"ome": {"version": version, **attributes}}
    for part in (multiscale, *([attributes["omero"]] if "omero" in attributes else [])):
        part["version"] = version
    return attributes


def _check_counts(*counted: tuple[str, Sequence[Any] | None, int]) -> None:
    for name, given, needed in counted:
        if given is not None and len(given) != needed:
            raise MetadataError(
                f"{name}= has {len(given)} entries, and {needed} are needed",
                remedy="give one entry for each level, and of windows one for each index along C",
            )


def _steps(metadata: Metadata) -> dict[str, tuple[Fact[float] | None, str]]:
    """From each axis that is measured to its fact and the name of OMIO's unit in UDUNITS-2, which NGFF asks for."""
    facts = metadata.facts
    return {
        "t": (facts.time_increment, "second"),
        "z": (facts.physical_size_z, "micrometer"),
        "y": (facts.physical_size_y, "micrometer"),
        "x": (facts.physical_size_x, "micrometer"),
    }


def _axes(metadata: Metadata) -> list[dict[str, str]]:
    steps = _steps(metadata)
    axes = []
    for name in NGFF_AXES:
        fact, unit = steps.get(name, (None, ""))
        axes.append({"name": name, "type": _TYPES[name]} | ({"unit": unit} if fact else {}))
    return axes


def _scale(metadata: Metadata, factor: Sequence[float]) -> list[float]:
    t, z, _, y, x = factor
    steps, along = _steps(metadata), {"t": t, "z": z, "y": y, "x": x}
    sizes = {name: float((fact.value if fact else 1.0) * along[name]) for name, (fact, _) in steps.items()}
    return [sizes.get(name, 1.0) for name in NGFF_AXES]  # along C there is no distance


def _transformations(metadata: Metadata, factor: Sequence[float], method: str) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = [{"type": "scale", "scale": _scale(metadata, factor)}]
    if method == "mean" and any(along != 1 for along in factor):  # the mean of pixels 0 to n - 1 is in their middle
        shift = _scale(metadata, [(along - 1) / 2 for along in factor])
        shift[NGFF_AXES.index("c")] = 0.0
        steps.append({"type": "translation", "translation": shift})
    return steps


def _text(value: str) -> str:
    """A text without the lone surrogates that JSON's encoding has no bytes for."""
    return value.encode("utf-8", "replace").decode("utf-8")


def _type_range(metadata: Metadata) -> tuple[float, float] | None:
    """The range of values of an integer type; None for other types."""
    kind, bits = metadata.dtype.rstrip("0123456789"), metadata.dtype.lstrip("uint")
    if metadata.dtype == "bool":
        return 0, 1
    if kind not in ("int", "uint") or not bits.isdigit():
        return None
    return (0, 2 ** int(bits) - 1) if kind == "uint" else (-(2 ** (int(bits) - 1)), 2 ** (int(bits) - 1) - 1)


def _omero(metadata: Metadata, windows: Sequence[tuple[float, float]] | None) -> dict[str, Any]:
    """The display settings: the only place of OME-Zarr for the names and the colours of channels."""
    several = len(metadata.channels) > 1
    usual = [_USUAL[index % len(_USUAL)] if several else _WHITE for index in range(len(metadata.channels))]
    looks = [look for channel, color in zip(metadata.channels, usual, strict=True) for look in _looks(channel, color)]
    limits = _type_range(metadata)
    known = windows or [limits or (0.0, 1.0)] * len(looks)
    shown = [own or pair for own, pair in zip(_saved(metadata), known, strict=True)]
    channels = [
        label
        | {
            "active": True,
            "coefficient": 1.0,
            "color": color,
            "family": "linear",
            "inverted": False,
            "window": {"start": low, "end": high, "min": (limits or (low,))[0], "max": (limits or (high,))[-1]},
        }
        for (label, color), (low, high) in zip(looks, shown, strict=True)
    ]
    model = "greyscale" if len(channels) == 1 and channels[0]["color"] == _WHITE else "color"
    rendering = {"defaultT": 0, "defaultZ": metadata.shape[1] // 2, "model": model}
    return {"channels": channels, "rdefs": rendering}


def _saved(metadata: Metadata) -> list[tuple[float, float] | None]:
    """For each C index the range that a viewer recorded."""
    return [saved_limits(metadata, index // metadata.samples) for index in range(metadata.shape[2])]


def _looks(channel: Channel, usual: str) -> list[tuple[dict[str, str], str]]:
    """The label (nothing if it is unknown) and the colour of each C index of a channel; `usual` if it states none."""
    name = _text(channel.name.value) if channel.name else ""
    if channel.samples == 1:
        # OME's colour is a signed 32-bit RGBA integer (ome.xsd, type Color)
        color = f"{channel.color.value % 2**32:08X}"[:6] if channel.color else usual
        return [({"label": name} if name else {}, color)]
    samples = _SAMPLES.get(channel.samples, [(f"sample {index}", _WHITE) for index in range(channel.samples)])
    return [({"label": f"{name} {sample}".strip()}, color) for sample, color in samples]
