"""Each task of the dask array reads its own chunk, and holds only the parts that it needs."""

from __future__ import annotations

import numpy as np
import pytest

from omio_core.pixels.lazyarray import dask_array

from .counted import Counted


@pytest.mark.parametrize("chunks", [None, (1, 2, 2, 4, 5), (3, 5, 2, 7, 9)])
def test_a_chunk_is_read_when_it_is_computed(chunks):
    """All of it has the pixels of the picture; one plane costs the chunks that it is in."""
    picture = Counted((3, 5, 2, 7, 9), (1, 1, 1, 7, 9))
    lazy = dask_array(picture, chunks)
    assert picture.reads == []
    assert np.array_equal(lazy[1, 2, 0].compute(scheduler="synchronous"), picture.pixels[1, 2, 0])
    assert len(picture.reads) == (4 if chunks == (1, 2, 2, 4, 5) else 1)
    assert np.array_equal(lazy.compute(scheduler="threads"), picture.pixels)
    assert lazy.chunksize == (chunks or picture.shape)


def test_a_task_has_only_what_it_reads():
    """A merge of thousands of files would otherwise go to each worker whole."""
    picture = Counted((4, 1, 1, 2, 2), (1, 1, 1, 2, 2))
    asked = []
    picture.only = lambda box: asked.append(box.spans[0]) or picture
    dask_array(picture, (2, 1, 1, 2, 2))
    assert asked == [(0, 2), (2, 4)]
