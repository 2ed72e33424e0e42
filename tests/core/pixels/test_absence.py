"""What is absent: decided before reading, and refused where it is nearly all of what is asked for."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from omio_core.contract import Match, Verdict, Writer
from omio_core.errors import LimitExceededError
from omio_core.geometry.box import Box, Present
from omio_core.images import writing
from omio_core.images.image import Image
from omio_core.metadata.model import Metadata
from omio_core.pixels.absence import describe_absence
from omio_core.pixels.picture import PictureBase
from tests.core.pixels.placed import whole


def test_absence_is_decided_before_reading():
    class Nothing(PictureBase):
        shape = blocks = (1, 1, 1, 2, 2)
        dtype = np.dtype("u2")
        present = Present(())

        def read_into(self, out, box):
            raise AssertionError("nothing is there to be read")

    assert not whole(Nothing()).any()


def test_terabytes_of_nothing_are_refused():
    """A picture that is nearly all absent is not made whole; the part of it that exists is read."""

    class Hollow(PictureBase):
        shape, dtype, blocks = (1000, 1000, 1000, 8, 8), np.dtype("u1"), (1, 1, 1, 8, 8)
        present = Present([Box(((5, 6), (5, 6), (5, 6), (0, 8), (0, 8)))])

        def read_into(self, out, box):
            out[...] = 1

    hollow = Image(Hollow(), Metadata(shape=Hollow.shape, dtype="uint8"))
    with pytest.raises(LimitExceededError, match="nearly all of them absent"):
        hollow.to_numpy()
    part = hollow.at(T=slice(4, 7), Z=5, C=5)
    assert part.to_numpy().sum() == 64


def test_terabytes_of_nothing_are_not_written(tmp_path, catalogue):
    def accepts(images):
        return Verdict(Match.EXACT, "anything")

    catalogue(writers=[Writer(name="no", title="No", suffixes=(".no",), accepts=accepts, write="nowhere:write")])

    class Hollow(PictureBase):
        shape, dtype, blocks = (1000, 1000, 1000, 8, 8), np.dtype("u1"), (1, 1, 1, 8, 8)
        present = Present([Box(((0, 1), (0, 1), (0, 1), (0, 8), (0, 8)))])

    image = Image(Hollow(), Metadata(shape=Hollow.shape, dtype="uint8"))
    with pytest.raises(LimitExceededError, match="nearly all of them absent"):
        writing.write(tmp_path / "a.no", [image])
    assert list(tmp_path.iterdir()) == []


def test_thousands_of_millions_of_absent_planes_take_no_memory():
    """Their indices alone would take more than a machine has."""
    huge = (1, 4_000_000_000, 1, 2, 2)
    present = Present([Box(((0, 1), (0, 1), (0, 1), (0, 2), (0, 2)))])
    tracemalloc.start()
    try:
        words = describe_absence(present, huge)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
    assert "first in the planes T0 Z1 C0, T0 Z2 C0" in words
