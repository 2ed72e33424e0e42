"""The recipe of a merge: what was merged, along what, and where each lies."""

from __future__ import annotations

import numpy as np
import pytest

from omio_core.geometry.axes import CANONICAL
from omio_core.geometry.box import Box
from omio_core.merging.merge import merge
from omio_core.merging.recipe import AXES, Merge
from tests.core.merging.stating import of


def test_the_axes_are_those_of_planes():
    assert set(AXES) == set(CANONICAL) - set("YX")


@pytest.mark.parametrize("axis", AXES)
def test_inputs_and_their_places(axis):
    along = CANONICAL.index(axis)
    images = [of(tuple(n if k == along else 2 for k in range(5))) for n in (1, 3, 2)]
    recipe = merge(images, axis).merged
    assert isinstance(recipe, Merge)
    assert (recipe.axis, recipe.shapes, recipe.dtypes, recipe.conflict) == (axis, "strict", "strict", "careful")
    assert recipe.inputs == tuple(images)
    assert [place.spans[along] for place in recipe.places] == [(0, 1), (1, 4), (4, 6)]
    seen = np.zeros(recipe.shape, int)
    for place in recipe.places:
        seen[place.within(Box.whole(recipe.shape))] += 1
    assert (seen == 1).all()


def test_a_merge_of_the_same_axis_is_taken_apart():
    a, b, c = (of() for _ in range(3))
    assert merge([merge([a, b], "T"), c], "T").merged.inputs == (a, b, c)
    assert len(merge([merge([a, b], "T"), merge([c, c], "T")], "Z").merged.inputs) == 2
