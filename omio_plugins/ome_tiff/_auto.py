"""``compression_level="auto"``: the fastest zlib encoder that compresses the data in hand nearly as well as level 3.

Measured, not known beforehand: igzip (ISA-L) is several times as fast as libdeflate on noisy camera data, and makes a
third more of smooth data.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from statistics import median
from typing import Any

import numpy as np

from omio_core.geometry.box import Box
from omio_core.pixels.stream import pull
from omio_core.threads import ordered

from ._codecs import Encode, igzip, zlib
from ._encode import Rows, beside, differences
from ._plan import Plan

ALLOWED = 1.03  # of the size that libdeflate makes at level 3
SAMPLES = 4  # strips or tiles that are tried, whole: igzip does worse on less
_SEED = 0  # the same picture is always tried in the same places


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tried:
    name: str
    encode: Encode
    level: int
    size: int  # of all samples, in bytes
    seconds: float  # of the median sample: nothing else that runs meanwhile weighs in


def fastest(plan: Plan, workers: int | None = None) -> Plan:
    """The plan, of zlib, with the encoder chosen; the choice stands in its provenance."""
    boxes = _places(plan)
    samples = [rows for _, rows in pull(plan.image.picture, boxes, lambda _, a: _rows(plan, a), workers=workers)]
    held = sum(rows.nbytes for rows in samples)
    tasks = [(held, partial(_try, samples, *one)) for one in _candidates()]
    tried = list(ordered(tasks, workers=workers))
    usual = next(one for one in tried if (one.encode, one.level) == (zlib, 3))
    chosen = min((one for one in tried if one.size <= ALLOWED * usual.size), key=lambda one: one.seconds)
    said = {
        "encoder": chosen.name,
        "why": f"on {SAMPLES} samples {usual.seconds / chosen.seconds:.1f} times as fast as {usual.name}, "
        f"{chosen.size / usual.size:.3f} of its size",
    }
    if importlib.util.find_spec("isal") is None:
        said["not tried"] = "igzip: the package isal is not installed (pip install 'omio-core[fast]')"
    metadata = replace(plan.metadata, provenance={**plan.metadata.provenance, "compression": said})
    return replace(plan, encode=chosen.encode, compression_level=chosen.level, metadata=metadata)


def _candidates() -> Iterator[tuple[str, Encode, int]]:
    for level in (3, 1):  # the slowest first, for one task is left alone at the end
        yield f"libdeflate level {level}", zlib, level
    if importlib.util.find_spec("isal") is not None:
        for level in (3, 2, 1, 0):
            yield f"igzip level {level}", igzip, level


def _places(plan: Plan) -> Iterator[Box]:
    """Boxes of one strip, or of one tile, spread over the picture."""
    t, z, c, y, x = plan.image.shape
    form, random = plan.form, np.random.default_rng(_SEED)
    height, width = min(y, form.tile or form.rows), min(x, form.tile or x)
    for _ in range(SAMPLES):
        at = [int(random.integers(n)) for n in (t, z, c // form.samples)]
        row, column = (int(random.integers(max(1, n // size))) * size for n, size in ((y, height), (x, width)))
        along_c = (at[2] * form.samples, (at[2] + 1) * form.samples)
        rows, columns = (row, min(y, row + height)), (column, min(x, column + width))
        yield Box(((at[0], at[0] + 1), (at[1], at[1] + 1), along_c, rows, columns))


def _rows(plan: Plan, pixels: Any) -> Rows:
    return differences(beside(pixels[0, 0].astype(plan.dtype, copy=False)), plan.form).copy()


def _try(samples: list[Rows], name: str, encode: Encode, level: int) -> _Tried:
    encode(samples[0][:1], level)  # what is imported at first use stands outside the clock
    size, seconds = 0, []
    for rows in samples:
        begun = time.perf_counter()
        size += len(encode(rows, level))
        seconds.append(time.perf_counter() - begun)
    return _Tried(name=name, encode=encode, level=level, size=size, seconds=median(seconds))
