"""The door of a toy plugin: a made-up raw format, by which the core is tested without any real one.

A ``.toy`` file is ``TOY1``, the length of a JSON header (4 bytes, little-endian), the header, and the pixels of every
image and level in C order. A folder is a toy picture too if it holds ``index.toy``.
"""

from __future__ import annotations

from omio_core.contract import Match, Probe, Reader, Verdict, hookimpl

OMIO_API = 1
MAGIC = b"TOY1"


def sniff(probe: Probe) -> Verdict:
    if probe.is_folder:
        if "index.toy" in probe.names():
            return Verdict(Match.EXACT, "a folder that holds index.toy")
        return Verdict(Match.NO, "a folder without index.toy")
    if probe.head[:4] == MAGIC:
        return Verdict(Match.EXACT, "begins with TOY1")
    if probe.suffix == ".toy" and probe.head[:4] and MAGIC.startswith(probe.head[:4]):
        return Verdict(Match.SUFFIX, "named .toy, and too short to tell")
    return Verdict(Match.NO, f"begins with {probe.head[:4]!r}, not with TOY1")


READER = Reader(
    name="toy",
    title="Toy pictures",
    suffixes=(".toy",),
    sniff=sniff,
    open="omio_toy_read:open_toy",
    options={"add": "a number that is added to every pixel"},
    version="7",
)


@hookimpl
def omio_readers() -> list[Reader]:
    return [READER]
