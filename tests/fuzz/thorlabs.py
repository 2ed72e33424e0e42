"""Small sound RAW files of ThorImageLS with their sidecars, made in code, and where damage goes; it damages nothing.

A RAW file has no structure: what there is to damage is its length, and the sidecar. So each kind comes twice: once the
RAW file is damaged, once what lies beside it, which is another file than the one that is opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tests.plugins.thorlabs import made

from .flavours import Sound

_XML, _YAML = "Experiment.xml", f"{Path(made.NAME).stem}.yaml"


def sound(folder: Path) -> tuple[Sound, ...]:
    """Every kind; nothing is written."""
    del folder
    found = []
    for name, (array, text, sidecar) in _kinds().items():
        raw, described = array.tobytes(), text.encode()
        found += [
            Sound.everywhere(name=f"{name}-raw", stands_as=made.NAME, data=raw, beside=((sidecar, described),)),
            Sound.everywhere(
                name=f"{name}-sidecar",
                stands_as=sidecar,
                data=described,
                beside=((made.NAME, raw),),
                opened=made.NAME,
            ),
        ]
    return tuple(found)


def _kinds() -> Mapping[str, tuple[np.ndarray, str, str]]:
    """From a kind to its pixels, what describes them, and the name of that."""
    one, two = made.pixels(2, 1, 2, 8, 10), made.pixels(3, 1, 2, 8, 10)
    flown = made.flown(made.pixels(2, 3, 2, 8, 10), 1)
    stopped = {"Streaming": {"frames": 9}, "ExperimentStatus": {"value": "Stopped"}}
    by_hand = made.by_hand(t=3, y=8, x=10, PhysicalSizeX=0.5, Channels="[a, b]")
    return {
        "streaming": (two, made.xml(x=10, y=8, Streaming={"frames": 3}), _XML),
        "notes": (two, made.xml(x=10, y=8, Streaming={"frames": 3}, ExperimentNotes={"text": "some words"}), _XML),
        "fast": (flown, made.fast(2, 3, 1, LSM={"pixelX": 10, "pixelY": 8}), _XML),
        "stopped": (one, made.xml(x=10, y=8, **stopped), _XML),
        "slots": (made.pixels(2, 1, 4, 8, 10), made.xml(x=10, y=8, Streaming={"frames": 2}, RawData=None), _XML),
        "hand": (two, by_hand, _YAML),
    }
