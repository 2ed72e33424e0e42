"""What a sidecar says of a RAW file, as numbers; it knows neither XML nor YAML, and no file."""

from __future__ import annotations

from dataclasses import dataclass

ITEM = 2
"""Bytes of a pixel: all RAW files of ThorImageLS hold unsigned 16-bit little-endian integers without a header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """The shape that a sidecar states.

    Attributes
    ----------
    title
        The sidecar's name.
    x, y
        Pixels of an image.
    z, flyback
        Images of a volume and channel that are shown, and those at its end that are not.
    t
        Time points; None where the sidecar does not say.
    frames
        Images of a channel in the file, flyback and all; None where the sidecar counts none.
    channels
        Numbers of channels in the file that are possible; one, where the sidecar is clear.
    stopped
        Whether the run was stopped, so that the file may be shorter.
    why
        From T, Z, C and YX to what stated each, for people.
    notes
        What was assumed, in sentences.
    kind
        What the file is, for people.
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
