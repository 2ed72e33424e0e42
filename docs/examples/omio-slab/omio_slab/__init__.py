"""The SLAB plugin as OMIO sees it: what it reads and writes; it imports nothing heavy."""

from __future__ import annotations

from collections.abc import Sequence

from omio_core.contract import ImageLike, Match, Probe, Reader, Verdict, Writer, hookimpl

from ._header import MAGIC, PIXEL_TYPES

OMIO_API = 1


def sniff(probe: Probe) -> Verdict:
    """Recognise a SLAB file by its first bytes, whatever its name."""
    if probe.head.startswith(MAGIC):
        return Verdict(Match.EXACT, "begins with SLAB, version 1")
    return Verdict(Match.NO, "does not begin with SLAB, version 1")


def accepts(images: Sequence[ImageLike]) -> Verdict:
    """Accept images whose pixels SLAB can hold without loss."""
    for image in images:
        if image.dtype.name not in PIXEL_TYPES.values():
            return Verdict(Match.NO, f"SLAB has no {image.dtype.name} pixels")
        if image.picture.samples > 1:
            return Verdict(Match.NO, "SLAB has no RGB pixels")
    if not images:
        return Verdict(Match.NO, "a SLAB file has at least one image")
    return Verdict(Match.EXACT, "SLAB holds these pixels as they are")


READER = Reader(
    name="slab",
    title="SLAB files",
    suffixes=(".slab",),
    sniff=sniff,
    open="omio_slab._read:open_slab",
    options={"upside_down": "True for files of the first SLAB cameras, which store the lowest row first."},
)
WRITER = Writer(
    name="slab",
    title="SLAB files",
    suffixes=(".slab",),
    accepts=accepts,
    write="omio_slab._write:write_slab",
    refuse="omio_slab._write:refuse_request",
    check="omio_slab._write:check_slab",
)


@hookimpl
def omio_readers() -> list[Reader]:
    """Return the reader."""
    return [READER]


@hookimpl
def omio_writers() -> list[Writer]:
    """Return the writer."""
    return [WRITER]
