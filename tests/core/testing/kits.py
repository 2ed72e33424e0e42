"""Kits around readers that misbehave."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import omio_toy
from omio_toy_read import image, write_toy

from omio_core.testing import ReaderContract


def ramp(*shape, dtype="u2"):
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


class Small(ReaderContract):
    """A tiny sample for readers that misbehave; no test class of its own."""

    def samples(self, folder):
        return {"small": write_toy(folder / "small.toy", image(ramp(2, 6, 5), "TYX"))}


def breaking(name: str, **changes) -> Small:
    kit = Small()
    kit.reader = replace(omio_toy.READER, **({"open": f"omio_toy_broken:{name}"} if name else {}), **changes)
    return kit
