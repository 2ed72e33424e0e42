"""Unit spellings: every one that files write, and none that is no unit."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omio_core.metadata.units import MICROMETRE, micrometres, nanometres, seconds

ONE_MICROMETRE = [
    "µm", "\u03bcm", "um", "UM", "micron", "Microns", "\\u00B5m", " µm ", "µm\0", "micrometer", "micrometre",
]  # fmt: skip


@pytest.mark.parametrize("spelling", ONE_MICROMETRE)
def test_micrometres_are_spelled_in_many_ways(spelling):
    assert micrometres(0.65, spelling) == 0.65


@pytest.mark.parametrize(
    ("value", "unit", "wanted"),
    [
        (250, "nm", 0.25), (1, "mm", 1000.0), (2, "cm", 20000.0), (1, "m", 1e6), (1, "inch", 25400.0),
        (1, '"', 25400.0), (1, "Å", 1e-4), (1, "\u212b", 1e-4), (3, "pm", 3e-6), (1, "Mm", 1e12), (72, "pt", 25400.0),
    ],
)  # fmt: skip
def test_lengths(value, unit, wanted):
    assert math.isclose(micrometres(value, unit), wanted, rel_tol=1e-15)


@pytest.mark.parametrize("unit", ["pixel", "", "s", "reference frame", "MM", "gibberish", "\\u00B5", "none", "0"])
def test_what_is_no_length_has_no_micrometres(unit):
    assert micrometres(1, unit) is None


def test_a_symbol_is_read_as_it_stands():
    assert micrometres(1, "mm") == 1e3
    assert micrometres(1, "Mm") == 1e12


@pytest.mark.parametrize(
    ("value", "unit", "wanted"),
    [(20, "ms", 0.02), (20, "msec", 0.02), (2, "min", 120.0), (1, "h", 3600.0), (5, "sec", 5.0), (3, "µs", 3e-6),
     (3, "us", 3e-6), (1, "d", 86400.0), (7, "s", 7.0), (1, "Hours", 3600.0)],
)  # fmt: skip
def test_times(value, unit, wanted):
    assert math.isclose(seconds(value, unit), wanted, rel_tol=1e-15)


@pytest.mark.parametrize("unit", ["frames", "m", "", "Hz"])
def test_what_is_no_time_has_no_seconds(unit):
    assert seconds(1, unit) is None


def test_wavelengths_are_nanometres():
    assert nanometres(509, "nm") == 509.0
    assert nanometres(0.5, "um") == 500.0
    assert nanometres(1, "apples") is None


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("convert", [micrometres, nanometres])
def test_what_is_not_finite_stays_unknown(convert, value):
    assert convert(value, "nm") is None


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["Ym", "m", "nm", "ym", "in"]))
def test_a_length_is_finite_or_unknown(value, unit):
    length = micrometres(value, unit)
    assert length is None or math.isfinite(length)


@given(st.floats(1e-6, 1e6))
def test_round_numbers_are_rounded_once(value):
    assert micrometres(value, MICROMETRE) == value
    assert micrometres(value, "nm") == value / 1000
    assert seconds(value, "ms") == value / 1000
