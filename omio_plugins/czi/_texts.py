"""Parse the values after a tag in many texts at once, which have one layout because one program wrote them.

A tag is at the same place in nearly all texts as in the first, and its value has the same length: those texts are
parsed as one table, the others one by one. It knows no file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC

import numpy as np
from numpy.typing import NDArray

from ._tree import date, number

_Floats = NDArray[np.float64]
_ByteStrings = NDArray[np.bytes_]


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """Texts of one length.

    Attributes
    ----------
    rows
        The place of each text in the caller's order.
    table
        (texts, bytes), uint8.
    end
        The offset at which the texts end in the data that they were read from.
    """

    rows: NDArray[np.intp]
    table: NDArray[np.uint8]
    end: int

    def text(self, k: int) -> bytes:
        """The text `k`."""
        return bytes(self.table[k].tobytes())


def numbers(texts: Texts, tag: bytes, stop: bytes) -> _Floats:
    """Parse the number between `tag` and `stop` in each text; NaN where there is none."""
    values = _values(texts, tag, stop, _numbers)
    values[~np.isfinite(values)] = np.nan
    return values


def moments(texts: Texts, tag: bytes, stop: bytes) -> _Floats:
    """Parse the date between `tag` and `stop` in each text to seconds since the epoch; NaN where there is none.

    A date without a zone is taken as UTC, as ZEN writes it.
    """
    return _values(texts, tag, stop, _moments)


def _values(texts: Texts, tag: bytes, stop: bytes, parse: Callable[[_ByteStrings], _Floats]) -> _Floats:
    table = texts.table
    values = np.full(len(table), np.nan)
    first = texts.text(0)
    at = first.find(tag)
    start = at + len(tag)
    end = first.find(stop, start)
    same_layout = np.zeros(len(table), np.bool_)
    if at >= 0 and end > start:
        same_layout = (table[:, at:start] == np.frombuffer(tag, np.uint8)).all(axis=1) & (table[:, end] == stop[0])
        strings = np.ascontiguousarray(table[same_layout, start:end]).view(f"S{end - start}")[:, 0]
        values[same_layout] = parse(strings)
    for k in np.flatnonzero(~same_layout).tolist():
        value, separator, _ = texts.text(k).partition(tag)[2].partition(stop)
        if value and separator:
            values[k] = parse(np.array([value], np.bytes_))[0]
    return values


def _numbers(strings: _ByteStrings) -> _Floats:
    if not (strings.view(np.uint8) == ord("_")).any():  # numpy reads 1_0 as 10
        try:
            return strings.astype(np.float64)
        except ValueError:  # parse one by one
            pass
    values = [number(value.decode("latin-1")) for value in strings.tolist()]
    return np.array([np.nan if value is None else value for value in values], np.float64)


def _moments(strings: _ByteStrings) -> _Floats:
    if _is_plain(strings):
        try:
            without_z = strings.astype(f"S{strings.dtype.itemsize - 1}").astype("U")
            seconds = without_z.astype("M8[us]").astype(np.int64) / 1e6
        except ValueError:  # such as a thirteenth month, or no ASCII: parse one by one
            pass
        else:
            return np.where(seconds < _YEAR_2, np.nan, seconds)
    dates = [date(moment.decode("latin-1")) for moment in strings.tolist()]
    return np.array(
        [
            np.nan if moment is None else (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
            for moment in dates
        ]
    )


_YEAR_2 = -62103801600.0  # as `date`: year 1 is .NET's date that was never set


def _is_plain(strings: _ByteStrings) -> bool:
    """Whether all are written like 2016-02-12T09:47:10.0715848Z, which numpy parses without the Z."""
    width = strings.dtype.itemsize
    if width < 20:
        return False
    pattern = np.frombuffer(b"0000-00-00T00:00:00." + b"0" * (width - 20), np.uint8).copy()
    pattern[-1] = ord("Z")
    table = strings.view(np.uint8).reshape(-1, width)
    digit = pattern == ord("0")
    digits = table[:, digit] - np.uint8(ord("0")) < 10
    return bool(digits.all() and (table[:, ~digit] == pattern[~digit]).all())
