"""What runs in another process to read pickled images there; it knows no format and needs no pytest."""

from __future__ import annotations

import pickle
import sys

from omio_core.files.probe import Probe
from omio_core.plugins.descriptions import Match, Verdict


def declines(probe: Probe) -> Verdict:
    """The sniff of a reader that is only to open what is known to be its own."""
    return Verdict(Match.NO, "nothing is to be recognised here")


def main() -> None:
    """Read a catalogue and images from standard input, and write the digest of each image's pixels."""
    from omio_core.plugins.catalogue import using

    from .sample import digest

    catalogue, images = pickle.load(sys.stdin.buffer)
    with using(catalogue):
        sys.stdout.buffer.write(pickle.dumps([digest(image.to_numpy()) for image in images]))
