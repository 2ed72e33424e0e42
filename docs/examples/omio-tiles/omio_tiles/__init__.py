"""The plugin as OMIO sees it: it describes a reader and a writer of .tiles folders, and imports nothing heavy."""

from __future__ import annotations

import json
from collections.abc import Sequence

from omio_core.contract import ImageLike, Match, Probe, Reader, Verdict, Writer, hookimpl

OMIO_API = 1
DOCUMENT = "picture.json"


def sniff(probe: Probe) -> Verdict:
    """Say whether a folder is in this format, and why; never fail on a foreign file."""
    if not probe.is_folder:
        return Verdict(Match.NO, "it is a file, and a .tiles picture is a folder")
    document = probe.child(DOCUMENT)
    if document is None or document.is_folder:
        return Verdict(Match.NO, f"a folder without {DOCUMENT}")
    try:
        stated = json.loads(document.head.split(b",", 1)[0] + b"}")  # the format is stated first
    except ValueError:
        stated = None
    if stated == {"format": "tiles"}:
        return Verdict(Match.EXACT, f"{DOCUMENT} states the format tiles")
    return Verdict(Match.NO, f"{DOCUMENT} does not begin with the format tiles")


def accepts(images: Sequence[ImageLike]) -> Verdict:
    """Say whether the format can hold these images without loss of pixels; reads no pixel."""
    if len(images) != 1:
        return Verdict(Match.NO, f"a .tiles folder holds one image, not {len(images)}")
    image = images[0]
    if image.dtype.kind not in "buif":
        return Verdict(Match.NO, f"there is no .tiles picture of {image.dtype}")
    if 0 in image.shape:
        return Verdict(Match.NO, f"the image has no pixels: TZCYX {tuple(image.shape)}")
    return Verdict(Match.EXACT, "one image, of a type that .tiles has")


READER = Reader(
    name="tiles",
    title="Folders of raw tiles",
    suffixes=(".tiles",),
    sniff=sniff,
    open="omio_tiles.read:open_tiles",
)
WRITER = Writer(
    name="tiles",
    title="Folders of raw tiles",
    suffixes=(".tiles",),
    makes="folder",
    accepts=accepts,
    write="omio_tiles.write:write",
    refuse="omio_tiles.write:refuse",
    check="omio_tiles.write:check",
)


@hookimpl
def omio_readers() -> list[Reader]:
    """The reader of this plugin."""
    return [READER]


@hookimpl
def omio_writers() -> list[Writer]:
    """The writer of this plugin."""
    return [WRITER]
