"""The values of a comparison: frozen, and printed as plain text."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields

import pytest

import omio
from omio.comparing.values import Change, Difference, ImageDifference, Pixels
from tests.omio.comparing.examples import image


def test_a_file_cannot_steer_the_terminal() -> None:
    """Names and annotations are printed as text."""
    text = str(omio.diff(image(Name="a\x1b[31m\nequal"), image(Name="b\u202e")))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert text.splitlines()[-1] == "different"
    assert text.count("\n") == str(omio.diff(image(Name="a"), image(Name="b"))).count("\n")


def test_values_are_frozen() -> None:
    """What came out of a comparison stays as it is."""
    found = omio.diff(image(), image())
    for value in (found, found.images[0], found.images[0].pixels, Change(fact="a")):
        assert isinstance(value, Difference | ImageDifference | Pixels | Change)
        with pytest.raises(FrozenInstanceError):
            setattr(value, fields(value)[0].name, "other")
