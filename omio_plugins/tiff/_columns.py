"""The values of one tag on many pages, as a table of numbers; it knows neither strips nor pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._ifd import Chain
from ._segments import TYPES, to_int64
from ._tables import Run

_CLOSE = 1 << 12  # largest distance in bytes of tables that are read with one call
_BATCH = 1 << 20  # bytes of tables read at once


def numbers(chain: Chain, run: Run, code: int, n: int, *, allow_scattered: bool = False) -> NDArray[np.int64] | None:
    """The first `n` values of a tag on every page of a run, int64 of shape (pages, n); None if the tag has fewer.

    Parameters
    ----------
    allow_scattered
        Whether to read tables that do not lie close together one by one; if False, the result for them is None.

    Raises
    ------
    CorruptFileError
        A table lies beyond the end of the file.
    """
    position = run.layout.positions.get(code)
    if position is None:
        return None
    form = chain.form
    end = position + form.entry.size
    _, kind, count, _ = form.entry.unpack(run.tables[0, position:end].tobytes())
    if kind not in TYPES or count < n:  # all pages of a layout have the count and the type
        return None
    dtype = np.dtype(form.order + TYPES[kind])
    value = np.ascontiguousarray(run.tables[:, end - form.pointer.size : end])
    if count * dtype.itemsize <= form.pointer.size:
        return to_int64(np.ascontiguousarray(value[:, : n * dtype.itemsize]).view(dtype))
    pointers = to_int64(value.view(form.order + ("u8" if form.big else "u4"))[:, 0])
    values = _read_adjacent(chain, pointers, n, dtype)
    if values is None and allow_scattered:
        raw = chain.file.read_each(pointers.tolist(), n * dtype.itemsize)
        values = to_int64(np.frombuffer(raw, dtype).reshape(-1, n))
    return values


def _read_adjacent(chain: Chain, pointers: NDArray[np.int64], n: int, dtype: np.dtype[Any]) -> NDArray[np.int64] | None:
    """`n` values at each pointer, (pointers, n); None unless the pointers are spaced by one small distance.

    In tifffile's files all pages of a series except the first share one table of lengths.
    """
    nbytes = n * dtype.itemsize
    steps = np.diff(pointers)
    step = int(steps[0]) if steps.size else nbytes
    inside = int(pointers[0]) >= 0 and int(pointers[-1]) + nbytes <= chain.file.size
    if not inside or not (steps == step).all() or not (step == 0 or nbytes <= step <= max(_CLOSE, nbytes)):
        return None
    if step == 0:
        return np.broadcast_to(
            to_int64(np.frombuffer(chain.file.read(int(pointers[0]), nbytes), dtype)), (len(pointers), n)
        )
    values = np.empty((len(pointers), n), np.int64)
    batch = max(_BATCH // step, 1)
    for k in range(0, len(pointers), batch):
        m = min(batch, len(pointers) - k)
        data = chain.file.read(int(pointers[k]), (m - 1) * step + nbytes)
        values[k : k + m] = to_int64(np.ndarray((m, n), dtype, data, strides=(step, dtype.itemsize)))
    return values
