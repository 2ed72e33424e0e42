"""What a sidecar states held against the size of the file: where each image lies, or why it cannot be told.

Order of the images, outermost first: T, Z with the flyback images at the end of each volume, C (ThorImageLS 4.4:
ClassicTiffConverter.cs, RawToTIFFConverter.cpp; measured on a real file). It reads no file.
"""

from __future__ import annotations

from dataclasses import dataclass

from omio_core.contract import Box
from omio_core.errors import AmbiguousAxesError, CorruptFileError, MetadataConflictError, OmioError
from omio_core.wording import Aside, advise

from ._candidates import listed, near
from ._names import command
from ._stated import ITEM, Stated


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """Where the images of a RAW file lie.

    Attributes
    ----------
    shape
        T, Z, C, Y, X of what is shown.
    flyback
        Images of a channel at the end of each volume that are not shown.
    present
        Boxes over `shape` that the file has; None where it has all.
    notes
        What was assumed, in sentences.
    stopped
        That of the notes which says that the run was stopped, and so T is not what was planned; "" where it was not.
    """

    shape: tuple[int, int, int, int, int]
    flyback: int = 0
    present: tuple[Box, ...] | None = None
    notes: tuple[str, ...] = ()
    stopped: str = ""

    @property
    def strides(self) -> tuple[int, int, int, int, int]:
        """Bytes from one T, Z, C, Y, X to the next."""
        _, z, c, y, x = self.shape
        image = y * x * ITEM
        return ((z + self.flyback) * c * image, c * image, image, x * ITEM, ITEM)


def arrange(stated: Stated, size: int, path: str, *, by_hand: bool = False) -> Arrangement:
    """The one arrangement of a file that its sidecar allows.

    Parameters
    ----------
    stated
        What the sidecar states.
    size
        Bytes of the file.
    path
        Of the file.
    by_hand
        Whether a person wrote the sidecar: it is wrong then, not the file.

    Raises
    ------
    CorruptFileError, MetadataConflictError
        The file has another size; of a sidecar written by hand the latter.
    AmbiguousAxesError
        Several numbers of channels fit.
    """
    fitting = [one for c in stated.channels if (one := _fit(stated, c, size)) is not None]
    if not fitting:
        raise _disagree(stated, size, path, MetadataConflictError if by_hand else CorruptFileError)
    if len(fitting) > 1:
        found = [dict(zip("TZCYX", one.shape, strict=True)) for one in fitting]
        raise AmbiguousAxesError(
            f"{path}: {stated.title} does not say how many channels the file holds, and several would fit",
            evidence=f"{size} bytes are {listed(found)}; {'; '.join(stated.why)}",
            remedy=advise("say it in a sidecar: {}{}", command(path), Aside(", then sidecar=")),
            path=path,
            candidates=tuple(found),
        )
    return fitting[0]


def _fit(stated: Stated, c: int, size: int) -> Arrangement | None:
    """The arrangement with `c` channels, if the file has that size."""
    images, rest = divmod(size, stated.image)
    volume = (stated.z + stated.flyback) * c
    frames = None if stated.frames is None else stated.frames * c
    notes = list(stated.notes)
    if len(stated.channels) > 1:
        notes.append(f"{c} channels in the file are taken from its size; {stated.title} does not say how many")
    if stated.t is not None and frames is not None and not rest and images in (stated.t * volume, frames):
        t = stated.t
        if images > t * volume:
            notes.append(f"{images - t * volume} image(s) at the end are of an unfinished volume and are not shown")
        if stated.stopped:
            notes.append(f"the run was stopped, and yet the file has all {t} time point(s) that {stated.title} states")
        return Arrangement(shape=(t, stated.z, c, stated.y, stated.x), flyback=stated.flyback, notes=tuple(notes))
    if stated.stopped and images and (frames is None or images < frames):
        return _stopped(stated, c, size, notes)
    if stated.t is None and images and not rest and images % volume == 0:
        t = images // volume
        notes.append(f"T={t} is taken from the size of the file; {stated.title} does not state it")
        return Arrangement(shape=(t, stated.z, c, stated.y, stated.x), flyback=stated.flyback, notes=tuple(notes))
    return None


def _stopped(stated: Stated, c: int, size: int, notes: list[str]) -> Arrangement:
    """A run that ended early: every time point that was begun counts, and what it lacks is absent."""
    images, rest = divmod(size, stated.image)
    z, y, x = stated.z, stated.y, stated.x
    whole, begun = divmod(images, (z + stated.flyback) * c)
    kept = min(begun, z * c)
    t = whole + bool(kept)
    states = "does not state T" if stated.t is None else f"states T={stated.t}"
    stopped = f"the run was stopped: T={t} is taken from the size of the file; {stated.title} {states}"
    notes.append(stopped)
    if rest:
        notes.append(f"the last image is cut off after {rest} of {stated.image} bytes and is not shown")
    present = None
    if 0 < kept < z * c:
        notes.append(f"the last time point has {kept} of {z * c} image(s); the others are absent")
        full, over = divmod(kept, c)
        parts = (
            ((0, whole), (0, z), (0, c)),
            ((whole, t), (0, full), (0, c)),
            ((whole, t), (full, full + 1), (0, over)),
        )
        present = tuple(Box((*lead, (0, y), (0, x))) for lead in parts if all(a < b for a, b in lead))
    return Arrangement(
        shape=(t, z, c, y, x), flyback=stated.flyback, present=present, notes=tuple(notes), stopped=stopped
    )


def _disagree(stated: Stated, size: int, path: str, kind: type[OmioError]) -> OmioError:
    images, rest = divmod(size, stated.image)
    candidates = near(stated, size)
    there = f"{images} image(s) of {stated.image} bytes" + (f" and {rest} bytes of another" if rest else "")
    arithmetic = " or ".join(_arithmetic(stated, c) for c in stated.channels)
    say = advise("say it: {}{}", command(path), Aside(", then sidecar="))
    remedy = advise(
        "what would fit: {}. Copy the file again if it is too short; if you know its shape, {}",
        listed(candidates),
        "correct the sidecar" if kind is MetadataConflictError else say,
    )
    return kind(
        f"{path} does not have the size that {stated.title} states",
        evidence=f"{stated.title}: {arithmetic}; the file has {size} bytes, which is {there}; {'; '.join(stated.why)}",
        remedy=remedy,
        path=path,
        size=size,
        candidates=tuple(candidates),
    )


def _arithmetic(stated: Stated, c: int) -> str:
    volume = f"(Z {stated.z} + flyback {stated.flyback})" if stated.flyback else f"Z {stated.z}"
    one = f"{volume} x C {c} x Y {stated.y} x X {stated.x} x {ITEM} bytes"
    if stated.t is None:
        return f"a multiple of {one} = {(stated.z + stated.flyback) * c * stated.image}"
    total = stated.t * (stated.z + stated.flyback) * c
    states = f"T {stated.t} x {one} = {total * stated.image} bytes, {total} image(s)"
    if stated.frames is not None and stated.frames * c != total:
        states += f" (with those of an unfinished volume {stated.frames * c})"
    return states
