"""Halving: rounded halves upwards, exactly for every type, the odd last row and column left out."""

from __future__ import annotations

import numpy as np
import pytest

from omio_core.pixels.halving import halve


def test_halves_are_rounded_upwards() -> None:
    rows = np.array([[1, 2], [2, 1], [-1, -2], [-2, -1]], np.int8)
    np.testing.assert_array_equal(halve(rows, "mean"), [[2], [-1]])


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8"])
def test_a_mean_is_exact_at_the_ends_of_the_type(dtype: str) -> None:
    """Against Python's integers, which do not overflow."""
    limits = np.iinfo(dtype)
    values = np.array([limits.min, limits.min + 1, 0, 1, limits.max - 1, limits.max], dtype)
    rows = np.random.default_rng(1).choice(values, (6, 8))
    blocks = rows.astype(object).reshape(3, 2, 4, 2)
    expected = [[(int(sum(blocks[y, :, x, :].ravel())) + 2) // 4 for x in range(4)] for y in range(3)]
    result = halve(rows, "mean")
    assert result.dtype == rows.dtype
    assert result.tolist() == expected


def test_the_odd_last_row_and_column_are_left_out_unless_they_are_the_only_ones() -> None:
    rows = np.arange(15, dtype="f4").reshape(3, 5)
    np.testing.assert_array_equal(halve(rows, "mean"), [[3, 5]])
    np.testing.assert_array_equal(halve(rows[:1], "mean"), [[0.5, 2.5]])
    np.testing.assert_array_equal(halve(rows[:, :1], "nearest"), [[0]])


def test_samples_are_halved_apart() -> None:
    rows = np.stack([np.full((2, 2), 10, "u1"), np.full((2, 2), 200, "u1")], axis=2)
    np.testing.assert_array_equal(halve(rows, "mean"), [[[10, 200]]])
