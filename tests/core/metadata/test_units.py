"""Unit spellings: every one that files write, and none that is no unit."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omio_core.errors import MetadataError
from omio_core.metadata.units import MICROMETRE, convert_each, decimal, micrometres, nanometres, seconds

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
    assert micrometres(value, unit) == wanted


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
    assert seconds(value, unit) == wanted


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
def test_micrometres_stay_as_they_are(value):
    assert micrometres(value, MICROMETRE) == value
    assert nanometres(value, "nm") == value
    assert seconds(value, "s") == value


# of every unit what one is, written out by hand: powers of ten of the SI, 1 in = 25.4 mm, 1 pt = 1/72 in
LENGTHS = {
    "Ym": "1e30", "Mm": "1e12", "km": "1e9", "m": "1e6", "dm": "1e5", "cm": "1e4", "mm": "1e3", "µm": "1", "nm": "1e-3",
    "pm": "1e-6", "am": "1e-12", "ym": "1e-18", "Å": "1e-4", "in": "25400", "ft": "304800", "yd": "914400",
    "mi": "1609344000", "thou": "25.4",
}  # fmt: skip
TIMES = {"ks": "1e3", "s": "1", "ms": "1e-3", "µs": "1e-6", "ns": "1e-9", "min": "60", "h": "3600", "d": "86400"}
DECIMALS = st.builds(
    lambda digits, exponent, sign: Decimal((sign, tuple(map(int, str(digits))), exponent)),
    st.integers(0, 10**12 - 1), st.integers(-20, 8), st.integers(0, 1),
)  # fmt: skip


def nearest(exact: Fraction) -> float:
    """The double nearest to a number; Python divides integers so, whatever their size."""
    return exact.numerator / exact.denominator


@given(DECIMALS, st.sampled_from(sorted(LENGTHS)))
def test_a_length_is_the_double_nearest_to_the_decimal(number, unit):
    exact = Fraction(number) * Fraction(LENGTHS[unit])
    assert micrometres(float(number), unit) == nearest(exact)
    assert nanometres(float(number), unit) == nearest(exact * 1000)


@given(DECIMALS, st.sampled_from(sorted(TIMES)))
def test_a_time_is_the_double_nearest_to_the_decimal(number, unit):
    assert seconds(float(number), unit) == nearest(Fraction(number) * Fraction(TIMES[unit]))


@given(st.integers(1, 2**32 - 1), st.integers(1, 2**32 - 1), st.sampled_from(["in", "cm", "µm", "pt"]))
def test_a_rational_is_rounded_once(above, below, unit):
    one = Fraction(254_000, 720) if unit == "pt" else Fraction(LENGTHS[unit])
    assert micrometres(Fraction(above, below), unit) == nearest(Fraction(above, below) * one)


@pytest.mark.parametrize(
    ("value", "unit", "wanted"),
    [(1.6e-6, "m", 1.6), (1.1, "nm", 0.0011), (np.float64(1.6e-6), "m", 1.6), (np.int64(2**62), "m", 2.0**62 * 1e6),
     (Fraction(1, 6250), "cm", 1.6), (0.0, "m", 0.0), (0, "in", 0.0), (5e-324, "Ym", 5e-294), (5e-324, "nm", 0.0),
     (1e308, "m", None), (10**400, "m", None), (10**400, "in", None), (Fraction(1, 10**400), "in", 0.0)],
)  # fmt: skip
def test_numbers_of_every_kind_and_size(value, unit, wanted):
    found = micrometres(value, unit)
    assert found == wanted
    assert found is None or type(found) is float


def test_a_table_has_what_each_of_its_values_has_alone():
    table = np.array([[1.1, 2.2, math.nan], [1234.5678, 0.0, math.inf]])
    wanted = [[0.0011, 0.0022, math.nan], [1.2345678, 0.0, math.nan]]
    np.testing.assert_array_equal(convert_each(table, "ms", seconds), wanted)
    np.testing.assert_array_equal(convert_each(table, "parsnip", micrometres), np.full((2, 3), math.nan))
    assert convert_each(np.empty((0, 2)), "ms", seconds).shape == (0, 2)


def test_sums_of_decimals_are_exact():
    assert decimal(0.1) + decimal(0.2) == Fraction(3, 10)
    assert decimal(np.int32(7)) == 7
    for value in (math.nan, math.inf, -math.inf):
        with pytest.raises(MetadataError, match="no finite number"):
            decimal(value)
