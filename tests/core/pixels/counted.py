"""A picture that counts its reads, and the planes of a shape."""

from __future__ import annotations

import threading
import time

import numpy as np

from omio_core.geometry.box import Box, grid
from omio_core.pixels.picture import PictureBase


class Counted(PictureBase):
    """A picture of blocks that notes which native blocks each read touches, and how much is in flight."""

    present = None

    def __init__(self, shape, blocks, slow=0.0):
        self.pixels = np.arange(np.prod(shape), dtype="u2").reshape(shape)
        self.shape, self.blocks, self.slow = shape, blocks, slow
        self.dtype = self.pixels.dtype
        self.reads, self.touched, self.threads = [], [], set()
        self.running = self.most = 0
        self.lock = threading.Lock()

    def read_into(self, out, box):
        with self.lock:
            self.reads.append(box)
            self.touched += [block.spans for block in grid(box.aligned(self.blocks, self.shape), self.blocks)]
            self.threads.add(threading.current_thread())
            self.running += 1
            self.most = max(self.most, self.running)
        if self.slow:
            time.sleep(self.slow)
        out[...] = self.pixels[box.within(Box.whole(self.shape))]
        with self.lock:
            self.running -= 1


def planes(shape):
    return list(grid(Box.whole(shape), (1, 1, 1, *shape[3:])))
