"""Samples of the kit: what they state must hold, and there must be one."""

from __future__ import annotations

import omio_toy
import pytest
from omio_toy_read import image, write_toy

from omio_core.testing import Sample
from tests.core.testing.kits import Small, ramp


def test_the_kit_catches_expectations_that_do_not_hold(tmp_path):
    class Wrong(Small):
        reader = omio_toy.READER

        def samples(self, folder):
            path = write_toy(folder / "a.toy", image(ramp(2, 2), "YX"))
            return {"a": Sample(path=path, arrays={0: ramp(1, 1, 1, 2, 2) + 1}, sizes={0: {"PhysicalSizeX": 2.0}})}

    with pytest.raises(AssertionError, match="other pixels"):
        Wrong().test_pixels_are_the_expected(tmp_path)
    with pytest.raises(AssertionError, match=r"unknown, and the sample states 2\.0"):
        Wrong().test_no_size_is_invented(tmp_path)


def test_a_kit_without_samples_does_not_pass(tmp_path):
    class Empty(Small):
        reader = omio_toy.READER

        def samples(self, folder):
            return {}

    for check in (name for name in dir(Empty) if name.startswith("test_") and "sniff_declines" not in name):
        with pytest.raises(AssertionError, match="there must be a sample"):
            getattr(Empty(), check)(tmp_path)
