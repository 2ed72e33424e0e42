"""The shape of a RAW file as a sidecar states it; it knows neither XML nor YAML, and no file."""

from __future__ import annotations

from dataclasses import dataclass

ITEM = 2
"""Bytes per pixel: all RAW files of ThorImageLS consist of unsigned 16-bit little-endian integers without a header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedShape:
    """The shape that a sidecar states.

    Attributes
    ----------
    title
        The sidecar's name.
    x, y
        Columns and rows of an image.
    z, flyback
        Images per volume and channel that are shown, and those at its end that are not.
    t
        Time points; None where the sidecar does not state them.
    frames
        Images per channel in the file, including flyback; None where the sidecar does not state them.
    channels
        Possible numbers of channels in the file; only one, if the sidecar is clear.
    stopped
        Whether the run was stopped, so that the file may be shorter.
    why
        The attributes that state T, Z, C and YX, as text for users.
    notes
        What was assumed, in sentences.
    kind
        The kind of file, as text for users.
    """

    title: str
    x: int
    y: int
    z: int
    t: int | None
    channels: tuple[int, ...]
    flyback: int = 0
    frames: int | None = None
    stopped: bool = False
    why: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    kind: str = "ThorImageLS RAW"

    @property
    def image(self) -> int:
        """Bytes of one image."""
        return self.x * self.y * ITEM
