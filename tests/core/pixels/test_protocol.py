"""The protocol of pictures: every kind offers all of it, and only one that is stored in a file says where."""

from __future__ import annotations

import numpy as np
import pytest
from omio_toy_read import image, write_toy

from omio_core.geometry.box import Box
from omio_core.images.opening import open_source
from omio_core.pixels.cropped import CroppedPicture
from omio_core.pixels.joined import JoinedPicture
from omio_core.pixels.protocol import Picture, StoredPicture
from tests.core.pixels.placed import of_array

WHOLE = Box.whole((1, 1, 1, 2, 3))


@pytest.fixture
def pictures(toy, tmp_path):
    """One picture of each kind, by a name for it; all but the part have the same pixels."""
    pixels = np.arange(6, dtype="u2").reshape(2, 3)
    array = of_array(pixels, "YX")
    return {
        "array": array,
        "file": open_source(write_toy(tmp_path / "a.toy", image(pixels, "YX"))).images[0].picture,
        "part": CroppedPicture(array, Box((*((0, 1),) * 3, (0, 2), (1, 3)))),
        "joined": JoinedPicture(parts=(array,), places=(WHOLE,), shape=WHOLE.shape, dtype=pixels.dtype),
    }


@pytest.mark.parametrize("kind", ["array", "file", "part", "joined"])
def test_every_kind_offers_all_of_it(pictures, kind):
    picture = pictures[kind]
    assert isinstance(picture, Picture)
    assert len(picture.shape) == len(picture.blocks) == 5
    assert picture.levels[0] == picture.shape
    assert picture.label()


def test_only_what_is_stored_says_where(pictures):
    stored = {kind for kind, picture in pictures.items() if picture.stored is not None}
    assert stored == {"file"}
    picture = pictures["file"].stored
    assert all(hasattr(picture, name) for name in StoredPicture.__annotations__)
    assert [kind for kind, one in pictures.items() if one.files] == ["file"]


def test_what_lacks_something_is_no_picture():
    class Half:
        shape = blocks = (1, 1, 1, 2, 2)
        present = None

    assert not isinstance(Half(), Picture)
