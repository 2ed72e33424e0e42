"""The shape of a RAW file according to Experiment.xml: Z, T and C by the rules of ThorImageLS; it reads no pixel.

The rules are those of ExperimentData.cs of ThorImageLS 4.4 (which value applies in which capture mode) and of its
converters (order of the images, flyback), and were measured on a real file. Versions differ in their attributes, so any
attribute may be missing.
"""

from __future__ import annotations

from dataclasses import dataclass

from omio_core.contract import (
    CorruptFileError,
    MissingMetadataError,
    OmioError,
    UnsupportedFeatureError,
    advise,
    worded,
)

from ._attributes import Attributes
from ._shape import StatedShape

_TEMPLATE = worded("`omio sidecar` makes a template, then {sidecar}", sidecar=None)
_TIMELAPSE, _STREAMING = 0, 1
_MODES = {2: "capture mode 2", 3: "bleaching", 4: "hyperspectral"}
_SLOTS = 4
_TWO = 0b11  # the largest mask of hardware with two channels, which allocates three slots
_MOST_STEPS = 1 << 40


@dataclass(frozen=True, slots=True, kw_only=True)
class _Depth:
    """Z and T, and the attributes that state them."""

    z: int
    t: int | None
    flyback: int = 0
    frames: int | None = None
    why: tuple[str, ...]
    notes: tuple[str, ...] = ()
    kind: str


def shape_of(experiment: Attributes, path: str) -> StatedShape:
    """The shape that an experiment states.

    Parameters
    ----------
    experiment
        The attributes of Experiment.xml.
    path
        Path of the RAW file, for errors.

    Raises
    ------
    MissingMetadataError
        The experiment lacks an attribute that the shape depends on.
    UnsupportedFeatureError
        It was captured in a mode whose files are not known.
    CorruptFileError
        A length is invalid.
    """
    try:
        y, x, sizes = _plane(experiment)
        depth = _depth(experiment)
        channels, why_c, notes_c = _channels(experiment)
    except OmioError as error:
        raise type(error)(
            f"{path}: {error.what}", evidence=error.evidence, remedy=error.remedy, **{**error.facts, "path": path}
        ) from None
    return StatedShape(
        title=experiment.title,
        x=x,
        y=y,
        z=depth.z,
        t=depth.t,
        flyback=depth.flyback,
        frames=depth.frames,
        channels=channels,
        stopped=(experiment.text("ExperimentStatus/@value") or "").lower() == "stopped",
        why=(*depth.why, why_c, sizes),
        notes=(*depth.notes, *notes_c),
        kind=depth.kind,
    )


def is_camera(experiment: Attributes) -> bool:
    """Whether a camera took the images, not the scanner (Modality states it, in older versions LightPath)."""
    detector = experiment.integer("Modality/@primaryDetectorType")
    if detector is not None:
        return detector == 0
    galvos = ("LightPath/@GalvoGalvo", "LightPath/@GalvoResonance")
    return experiment.integer("LightPath/@Camera") == 1 and not any(experiment.integer(name) for name in galvos)


def _plane(experiment: Attributes) -> tuple[int, int, str]:
    """Rows, columns, and the attributes that state them."""
    planes = experiment.integer("LSM/@NumberOfPlanes")
    if planes is not None and planes > 1:
        raise _unknown_error(f"an image of {planes} planes", "LSM/@NumberOfPlanes")
    names = ("Camera/@height", "Camera/@width") if is_camera(experiment) else ("LSM/@pixelY", "LSM/@pixelX")
    y, x = (_required_length(experiment, name) for name in names)
    return y, x, f"YX from {names[0]} and {names[1]}"


def _depth(experiment: Attributes) -> _Depth:
    mode = experiment.integer("CaptureMode/@mode")
    if mode is None:
        mode = _STREAMING if experiment.integer("Streaming/@enable") == 1 else _TIMELAPSE
    if mode == _TIMELAPSE:
        return _timelapse(experiment)
    if mode == _STREAMING:
        return _streaming(experiment)
    raise _unknown_error(_MODES.get(mode, f"capture mode {mode}"), "CaptureMode/@mode")


def _timelapse(experiment: Attributes) -> _Depth:
    """Mode 0: time points of stacks; Streaming has values of an earlier run."""
    z_enabled = experiment.integer("ZStage/@enable") in (None, 1)  # older versions do not have the attribute
    z = (_length(experiment, "ZStage/@steps") or 1) if z_enabled else 1
    t = _length(experiment, "Timelapse/@timepoints")
    why_z = "Z from ZStage/@steps" if z_enabled else "Z is 1, ZStage/@enable is 0"
    return _Depth(
        z=z,
        t=t,
        frames=None if t is None else t * z,
        why=(f"{why_z}, T from Timelapse/@timepoints (capture mode 0)",),
        kind="ThorImageLS RAW, time points",
    )


def _streaming(experiment: Attributes) -> _Depth:
    """Mode 1: Z only if fast-Z is on; otherwise ZStage has values of an earlier run."""
    frames = _length(experiment, "Streaming/@frames")
    image_kind = experiment.integer("Streaming/@rawData")
    notes: tuple[str, ...] = ()
    if image_kind in (0, 2):
        says = "a TIFF series" if image_kind == 0 else "BigTIFF"
        notes = (f"{experiment.title} says that the images were saved as {says}; its numbers fit this RAW file",)
    if experiment.integer("Streaming/@zFastEnable") != 1:
        return _Depth(
            z=1,
            t=frames,
            frames=frames,
            why=("Z is 1, as Streaming/@zFastEnable is not 1; T from Streaming/@frames (capture mode 1)",),
            notes=notes,
            kind="ThorImageLS RAW, streaming",
        )
    z = _required_length(experiment, "ZStage/@steps")
    flyback = experiment.integer("Streaming/@flybackFrames") or 0
    if not 0 <= flyback <= _MOST_STEPS:
        raise _length_error(experiment, "Streaming/@flybackFrames")
    t = None if frames is None else frames // (z + flyback)
    if t == 0:
        raise CorruptFileError(
            f"{experiment.title} states no whole volume",
            evidence=f"Streaming/@frames is {frames}, ZStage/@steps {z}, Streaming/@flybackFrames {flyback}",
        )
    if flyback:
        notes += (f"{flyback} flyback image(s) at the end of each volume are not shown",)
    return _Depth(
        z=z,
        t=t,
        flyback=flyback,
        frames=frames,
        why=("Z from ZStage/@steps, T from Streaming/@frames / (steps + flybackFrames) (capture mode 1, fast-Z)",),
        notes=notes,
        kind="ThorImageLS RAW, fast-Z streaming",
    )


def _channels(experiment: Attributes) -> tuple[tuple[int, ...], str, tuple[str, ...]]:
    """Possible numbers of channels in the file, the attributes that state them, and what was assumed."""
    mask = channel_mask(experiment)
    name_count = len(experiment.names("Wavelengths/Wavelength"))
    if not mask:
        if name_count == 0:
            return tuple(range(1, _SLOTS + 1)), "no channel is stated", ()
        return (name_count,), "C from the Wavelength elements", ("the channels are those of the Wavelength elements",)
    count = mask.bit_count()
    if count == 1:
        return (1,), "C is 1, as one channel is enabled", ()
    if is_camera(experiment) or experiment.integer("RawData/@onlyEnabledChannels") == 1:
        return (count,), f"C from the enabled channels (mask {mask})", ()
    why = f"C is every slot, as RawData/@onlyEnabledChannels is not 1 (mask {mask})"
    slots = (_SLOTS,) if mask > _TWO else (_SLOTS, _SLOTS - 1)
    note = "all slots of the hardware are in the file; what those that were not enabled hold is not known"
    return slots, why, (note,) if count < _SLOTS else ()


def channel_mask(experiment: Attributes) -> int:
    """The bit mask of enabled channels: ChanA 1, ChanB 2, ChanC 4, ChanD 8; 0 if it is not stated."""
    for name in ("Wavelengths/ChannelEnable/@Set", "LSM/@channel"):
        mask = experiment.integer(name)
        if mask is not None and 0 < mask < 1 << _SLOTS:
            return mask
    return 0


def channel_names(experiment: Attributes, count: int) -> list[tuple[str, str]]:
    """The names of the channels in the file, and the attribute of Experiment.xml that states each."""
    mask = channel_mask(experiment)
    bits = [k for k in range(_SLOTS) if mask >> k & 1]
    named = experiment.names("Wavelengths/Wavelength")
    stated_names = [(name, "Wavelengths/Wavelength/@name") for name in named]
    if len(named) == count and all(named):
        return stated_names
    by_bit = [(f"Chan{'ABCD'[k]}", "Wavelengths/ChannelEnable/@Set") for k in range(_SLOTS)]
    if count == len(bits):
        return [by_bit[k] for k in bits]
    if not mask or count < _SLOTS - 1 or len(bits) > count:
        return []
    slots = by_bit[:count]  # every slot is in the file, at the index of its bit
    if len(named) == len(bits) and all(named):
        for bit, name in zip(bits, stated_names, strict=True):
            slots[bit] = name
    return slots


def _length(experiment: Attributes, name: str) -> int | None:
    value = experiment.integer(name)
    if value is not None and not 1 <= value <= _MOST_STEPS:
        raise _length_error(experiment, name)
    return value


def _required_length(experiment: Attributes, name: str) -> int:
    value = _length(experiment, name)
    if value is None:
        raise MissingMetadataError(
            f"{experiment.title} does not have {name}, and the shape cannot be told without it",
            evidence=f"it has {len(experiment.values)} attributes",
            remedy=advise("say it in a sidecar: {}", _TEMPLATE),
            missing=(name,),
        )
    return value


def _length_error(experiment: Attributes, name: str) -> CorruptFileError:
    return CorruptFileError(
        f"{experiment.title} is malformed", evidence=f"{name} is {experiment.text(name)!r}, which is no length"
    )


def _unknown_error(what: str, where: str) -> UnsupportedFeatureError:
    return UnsupportedFeatureError(
        f"how ThorImageLS stores {what} is not known",
        evidence=where,
        remedy=advise("if you know the shape, say it in a sidecar: {}", _TEMPLATE),
    )
