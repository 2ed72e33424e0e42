"""How two arrays differ is said with the first pixel, both values and the axes."""

from __future__ import annotations

import numpy as np

from omio_core.testing.differences import difference

RAMP = np.arange(24, dtype="u2").reshape(1, 1, 1, 4, 6)


def test_equal_arrays_do_not_differ():
    assert difference(RAMP, RAMP.copy()) == ""
    assert difference(RAMP[..., ::-1], np.ascontiguousarray(RAMP[..., ::-1])) == "", "whatever their strides"
    nothing = np.full((1, 2), np.nan)
    assert difference(nothing, nothing.copy(), "YX") == "", "NaN is NaN"


def test_the_first_other_pixel_is_named_with_both_values():
    other = RAMP.copy()
    other[0, 0, 0, 2, 3:] = 7
    said = difference(other, RAMP)
    assert said == "3 of 24 pixels are others; the first is at T=0, Z=0, C=0, Y=2, X=3: it is 7, and 15 is expected"


def test_a_bit_is_a_difference():
    assert "it is -0.0, and 0.0 is expected" in difference(np.array([[-0.0]]), np.array([[0.0]]), "YX")


def test_swapped_bytes_are_recognised():
    assert difference(RAMP.byteswap(), RAMP).endswith("with their bytes swapped all are right")
    assert "swapped" not in difference(RAMP + np.uint16(1), RAMP)


def test_another_shape_is_told_with_the_axes():
    said = difference(RAMP.reshape(1, 4, 1, 1, 6), RAMP)
    assert said == "the shape is (1, 4, 1, 1, 6), and (1, 1, 1, 4, 6) is expected; arrays are TZCYX"


def test_another_type_is_told_also_if_only_its_byte_order_is_another():
    assert difference(RAMP, RAMP.astype("f4")) == "the pixels are uint16, and float32 is expected"
    swapped = RAMP.astype(RAMP.dtype.newbyteorder("S"))
    assert "uint16 in the other byte order" in difference(RAMP, swapped)
