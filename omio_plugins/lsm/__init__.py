"""The LSM reader as the core sees it: name, suffix, and how it recognises a Zeiss LSM file; it reads no pixel.

LSM is TIFF with a private tag, 34412 (CZ_LSMINFO), in its first IFD; so this plugin builds on the TIFF plugin.
"""

from __future__ import annotations

from omio_core.contract import Match, Probe, Reader, Verdict, hookimpl
from omio_plugins import tiff

OMIO_API = 1

_CZ_LSMINFO = 34412  # registered with Adobe for Zeiss: https://www.awaresystems.be/imaging/tiff/tifftags/private.html


def sniff(probe: Probe) -> Verdict:
    """Decide whether a file is a TIFF whose first IFD has the tag of Zeiss; its name does not matter.

    OME-XML takes precedence over the tag: a converter that describes each plane may have copied the tag.
    """
    verdict = tiff.sniff(probe)
    if verdict.match is Match.NO:
        return verdict
    if probe.head[:2] not in (b"II", b"MM"):
        return Verdict(Match.NO, "no TIFF, but what may lie beside one")
    if not tiff.has_tag(probe, _CZ_LSMINFO):
        return Verdict(Match.NO, "a TIFF whose first IFD has no tag 34412 (CZ_LSMINFO)")
    if probe.head[:2] == b"MM":
        return Verdict(Match.NO, "a big-endian TIFF with tag 34412; LSM files are little-endian")
    if tiff.has_ome(probe):
        return Verdict(Match.NO, "an OME-TIFF that has kept tag 34412 (CZ_LSMINFO)")
    odd = "" if probe.suffix == ".lsm" else f" although the name {_ends(probe)}"
    return Verdict(Match.EXACT, f"TIFF with tag 34412 (CZ_LSMINFO) of Zeiss{odd}")


def _ends(probe: Probe) -> str:
    return f"ends in {probe.suffix}" if probe.suffix else "has no suffix"


READER = Reader(
    name="lsm",
    title="Zeiss LSM, the files of the laser scanning microscopes LSM 510 to 880",
    suffixes=(".lsm",),
    sniff=sniff,
    open="omio_plugins.lsm._read:open_lsm",
)


@hookimpl
def omio_readers() -> list[Reader]:
    """The one reader of this plugin."""
    return [READER]
