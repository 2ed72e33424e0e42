"""The CZI reader as the core sees it: its name, its suffix, and how it recognises a CZI; it reads no pixel."""

from __future__ import annotations

from omio_core.contract import Match, Probe, Reader, Verdict, hookimpl

OMIO_API = 1

SIGNATURE = b"ZISRAWFILE"  # id of the first segment; ZEISS, CZI file format description (DS_ZISRAW), file header


def sniff(probe: Probe) -> Verdict:
    """Decide whether a file begins with the header segment of a CZI."""
    if probe.is_folder:
        return Verdict(Match.NO, "a folder")
    head = probe.head[:16]
    if not head:
        return Verdict(Match.NO, "empty file")
    if not head.startswith(SIGNATURE):
        return Verdict(Match.NO, f"begins with {head[:10]!r}, not with ZISRAWFILE")
    why = "ZISRAWFILE segment of a Zeiss CZI"
    if probe.suffix != ".czi":
        why += f" although the name {f'ends in {probe.suffix}' if probe.suffix else 'has no suffix'}"
    return Verdict(Match.EXACT, why)


READER = Reader(
    name="czi",
    title="Zeiss CZI: scenes, mosaics, pyramids, phases, rotations, illuminations and views",
    suffixes=(".czi",),
    sniff=sniff,
    open="omio_plugins.czi._read:open_czi",
    options={
        "tiles": "True gives each tile of a mosaic as an image of its own, with its position, uncomposed",
        "description": '"ignore" reads the pixels, and none of the texts of the file',
    },
)


@hookimpl
def omio_readers() -> list[Reader]:
    """The one reader of this plugin."""
    return [READER]
