"""The kit's checks of descriptions: values that are true after the file is closed."""

from __future__ import annotations

import pytest

from tests.core.testing.kits import breaking

CAUGHT = [
    ("Invents", "test_no_size_is_invented", "PhysicalSizeX is 1.0"),
    ("Pretends", "test_facts_have_origins", "'caller'"),
    ("Overlaps", "test_present_boxes_are_disjoint", "overlaps"),
    ("Swollen", "test_descriptions_are_consistent", "after"),
]


@pytest.mark.parametrize(("name", "check", "words"), CAUGHT, ids=[f"{name}-{check}" for name, check, _ in CAUGHT])
def test_the_kit_catches(tmp_path, name, check, words):
    with pytest.raises((AssertionError, pytest.fail.Exception), match=words):
        getattr(breaking(name), check)(tmp_path)


def test_the_kit_catches_descriptions_that_hold_the_file(tmp_path):
    with pytest.raises((AssertionError, TypeError, ValueError), match=r"pickle|closed"):
        breaking("Holds").test_descriptions_are_values(tmp_path)
