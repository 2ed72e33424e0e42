"""Check the shape that a sidecar states against the size of the file: where each image lies, or why that is unknown.

The images are in this order, outermost first: T, Z with the flyback images at the end of each volume, C (ThorImageLS
4.4: ClassicTiffConverter.cs, RawToTIFFConverter.cpp; measured on a real file). It reads no file.
"""

from __future__ import annotations

from dataclasses import dataclass

from omio_core.contract import (
    AmbiguousAxesError,
    Box,
    CorruptFileError,
    MetadataConflictError,
    OmioError,
    advise,
)

from ._candidates import in_words, near_shapes
from ._names import command
from ._shape import ITEM, StatedShape


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """Where the images of a RAW file lie.

    Attributes
    ----------
    shape
        T, Z, C, Y, X of the image.
    flyback
        Images per channel at the end of each volume that are not shown.
    present
        Boxes over `shape` that the file contains; None where it contains all.
    notes
        What was assumed, in sentences.
    not_shown
        What the file holds besides the image, in words.
    stopped
        The note that the run was stopped, so that T is not the planned one; "" if it was not.
    """

    shape: tuple[int, int, int, int, int]
    flyback: int = 0
    present: tuple[Box, ...] | None = None
    notes: tuple[str, ...] = ()
    not_shown: tuple[str, ...] = ()
    stopped: str = ""

    @property
    def strides(self) -> tuple[int, int, int, int, int]:
        """Bytes from one T, Z, C, Y, X to the next."""
        _, z, c, y, x = self.shape
        image = y * x * ITEM
        return ((z + self.flyback) * c * image, c * image, image, x * ITEM, ITEM)


def arrange(shape: StatedShape, size: int, path: str, *, by_hand: bool = False) -> Arrangement:
    """The only arrangement of a file that its sidecar allows.

    Parameters
    ----------
    shape
        The shape that the sidecar states.
    size
        Size of the file in bytes.
    path
        Path of the file.
    by_hand
        Whether a person wrote the sidecar: if it does not fit, it is wrong and not the file.

    Raises
    ------
    CorruptFileError
        The file does not have the size that Experiment.xml states.
    MetadataConflictError
        The file does not have the size that a sidecar written by hand states.
    AmbiguousAxesError
        Several numbers of channels fit.
    """
    arrangements = [arrangement for c in shape.channels if (arrangement := _fit(shape, c, size)) is not None]
    if not arrangements:
        raise _size_error(shape, size, path, MetadataConflictError if by_hand else CorruptFileError)
    if len(arrangements) > 1:
        lengths = [dict(zip("TZCYX", arrangement.shape, strict=True)) for arrangement in arrangements]
        raise AmbiguousAxesError(
            f"{path}: {shape.title} does not say how many channels the file holds, and several would fit",
            evidence=f"{size} bytes are {in_words(lengths)}; {'; '.join(shape.why)}",
            remedy=advise("say it in a sidecar: {}, then {sidecar}", command(path), sidecar=None),
            path=path,
            candidates=tuple(lengths),
        )
    return arrangements[0]


def _fit(shape: StatedShape, c: int, size: int) -> Arrangement | None:
    """The arrangement with `c` channels, if it fits the size of the file."""
    images, rest = divmod(size, shape.image)
    volume = (shape.z + shape.flyback) * c
    frames = None if shape.frames is None else shape.frames * c
    notes = list(shape.notes)
    flyback = (f"{shape.flyback} flyback image(s) of each channel at the end of each volume",) if shape.flyback else ()
    if len(shape.channels) > 1:
        notes.append(f"{c} channels in the file are taken from its size; {shape.title} does not say how many")
    if shape.t is not None and frames is not None and not rest and images in (shape.t * volume, frames):
        t = shape.t
        unfinished = f"{images - t * volume} image(s) at the end" if images > t * volume else ""
        if unfinished:
            notes.append(f"{unfinished} are of an unfinished volume and are not shown")
        if shape.stopped:
            notes.append(f"the run was stopped, and yet the file has all {t} time point(s) that {shape.title} states")
        return Arrangement(
            shape=(t, shape.z, c, shape.y, shape.x),
            flyback=shape.flyback,
            notes=tuple(notes),
            not_shown=(*flyback, f"{unfinished}, of an unfinished volume") if unfinished else flyback,
        )
    if shape.stopped and images and (frames is None or images < frames):
        return _arrange_stopped(shape, c, size, notes, flyback)
    if shape.t is None and images and not rest and images % volume == 0:
        t = images // volume
        notes.append(f"T={t} is taken from the size of the file; {shape.title} does not state it")
        return Arrangement(
            shape=(t, shape.z, c, shape.y, shape.x), flyback=shape.flyback, notes=tuple(notes), not_shown=flyback
        )
    return None


def _arrange_stopped(shape: StatedShape, c: int, size: int, notes: list[str], flyback: tuple[str, ...]) -> Arrangement:
    """The arrangement of a run that ended early: an unfinished time point counts, and its missing images are absent."""
    images, rest = divmod(size, shape.image)
    z, y, x = shape.z, shape.y, shape.x
    full_volumes, images_begun = divmod(images, (z + shape.flyback) * c)
    images_shown = min(images_begun, z * c)
    t = full_volumes + bool(images_shown)
    states = "does not state T" if shape.t is None else f"states T={shape.t}"
    stopped = f"the run was stopped: T={t} is taken from the size of the file; {shape.title} {states}"
    notes.append(stopped)
    not_shown = flyback
    if rest:
        not_shown = (*flyback, f"{rest} bytes of an unfinished image at the end")
        notes.append(f"the last image is cut off after {rest} of {shape.image} bytes and is not shown")
    present = None
    if 0 < images_shown < z * c:
        notes.append(f"the last time point has {images_shown} of {z * c} image(s); the others are absent")
        full, channels_over = divmod(images_shown, c)
        parts = (
            ((0, full_volumes), (0, z), (0, c)),
            ((full_volumes, t), (0, full), (0, c)),
            ((full_volumes, t), (full, full + 1), (0, channels_over)),
        )
        present = tuple(Box((*lead, (0, y), (0, x))) for lead in parts if all(a < b for a, b in lead))
    return Arrangement(
        shape=(t, z, c, y, x),
        flyback=shape.flyback,
        present=present,
        notes=tuple(notes),
        not_shown=not_shown,
        stopped=stopped,
    )


def _size_error(shape: StatedShape, size: int, path: str, kind: type[OmioError]) -> OmioError:
    images, rest = divmod(size, shape.image)
    candidates = near_shapes(shape, size)
    content = f"{images} image(s) of {shape.image} bytes" + (f" and {rest} bytes of another" if rest else "")
    arithmetic = " or ".join(_arithmetic(shape, c) for c in shape.channels)
    advice = advise("say it: {}, then {sidecar}", command(path), sidecar=None)
    remedy = advise(
        "what would fit: {}. Copy the file again if it is too short; if you know its shape, {}",
        in_words(candidates),
        "correct the sidecar" if kind is MetadataConflictError else advice,
    )
    return kind(
        f"{path} does not have the size that {shape.title} states",
        evidence=f"{shape.title}: {arithmetic}; the file has {size} bytes, which is {content}; {'; '.join(shape.why)}",
        remedy=remedy,
        path=path,
        size=size,
        candidates=tuple(candidates),
    )


def _arithmetic(shape: StatedShape, c: int) -> str:
    volume = f"(Z {shape.z} + flyback {shape.flyback})" if shape.flyback else f"Z {shape.z}"
    time_point = f"{volume} x C {c} x Y {shape.y} x X {shape.x} x {ITEM} bytes"
    if shape.t is None:
        return f"a multiple of {time_point} = {(shape.z + shape.flyback) * c * shape.image}"
    total = shape.t * (shape.z + shape.flyback) * c
    states = f"T {shape.t} x {time_point} = {total * shape.image} bytes, {total} image(s)"
    if shape.frames is not None and shape.frames * c != total:
        states += f" (with those of an unfinished volume {shape.frames * c})"
    return states
