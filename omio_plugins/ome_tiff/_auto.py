"""``compression_level="auto"``: choose the fastest zlib encoder that compresses this image nearly as well as level 3.

The choice is measured, because it depends on the data: igzip (ISA-L) is several times as fast as libdeflate on noisy
camera data, and its output is a third longer on smooth data.
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

from omio_core.contract import Box, ordered, pull

from ._codecs import Encode, igzip, zlib
from ._encode import Rows, apply_predictor, interleave
from ._plan import Plan

ALLOWED = 1.03  # times the size that libdeflate reaches at level 3
SAMPLES = 4  # whole strips or tiles to try: igzip does worse on less
_SEED = 0  # the same picture is always sampled in the same places


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trial:
    name: str
    encode: Encode
    compression_level: int
    size: int  # of all samples, in bytes
    seconds: float  # of the median sample, so that other work of the machine does not count


def fastest(plan: Plan, workers: int | None = None) -> Plan:
    """A zlib plan with its encoder chosen; the choice is recorded in its provenance."""
    boxes = _sample_boxes(plan)
    samples = [rows for _, rows in pull(plan.image.picture, boxes, lambda _, a: _rows(plan, a), workers=workers)]
    nbytes = sum(rows.nbytes for rows in samples)
    tasks = [(nbytes, partial(_try, samples, *trial)) for trial in _candidates()]
    trials = list(ordered(tasks, workers=workers))
    reference = next(trial for trial in trials if (trial.encode, trial.compression_level) == (zlib, 3))
    best = min((trial for trial in trials if trial.size <= ALLOWED * reference.size), key=lambda trial: trial.seconds)
    choice = {
        "encoder": best.name,
        "why": f"on {SAMPLES} samples {reference.seconds / best.seconds:.1f} times as fast as {reference.name}, "
        f"{best.size / reference.size:.3f} of its size",
    }
    if importlib.util.find_spec("isal") is None:
        choice["not tried"] = "igzip: the package isal is not installed (pip install 'omio-core[fast]')"
    metadata = replace(plan.metadata, provenance={**plan.metadata.provenance, "compression": choice})
    return replace(plan, encode=best.encode, compression_level=best.compression_level, metadata=metadata)


def _candidates() -> Iterator[tuple[str, Encode, int]]:
    for compression_level in (3, 1):  # the slowest first, because the last task runs alone
        yield f"libdeflate level {compression_level}", zlib, compression_level
    if importlib.util.find_spec("isal") is not None:
        for compression_level in (3, 2, 1, 0):
            yield f"igzip level {compression_level}", igzip, compression_level


def _sample_boxes(plan: Plan) -> Iterator[Box]:
    """Boxes of one strip or one tile each, spread over the picture."""
    t, z, c, y, x = plan.image.shape
    form, random = plan.form, np.random.default_rng(_SEED)
    height, width = min(y, form.tile or form.rows), min(x, form.tile or x)
    for _ in range(SAMPLES):
        indices = [int(random.integers(n)) for n in (t, z, c // form.samples)]
        row, column = (int(random.integers(max(1, n // size))) * size for n, size in ((y, height), (x, width)))
        along_c = (indices[2] * form.samples, (indices[2] + 1) * form.samples)
        rows, columns = (row, min(y, row + height)), (column, min(x, column + width))
        yield Box(((indices[0], indices[0] + 1), (indices[1], indices[1] + 1), along_c, rows, columns))


def _rows(plan: Plan, pixels: Any) -> Rows:
    return apply_predictor(interleave(pixels[0, 0].astype(plan.dtype, copy=False)), plan.form).copy()


def _try(samples: list[Rows], name: str, encode: Encode, compression_level: int) -> _Trial:
    encode(samples[0][:1], compression_level)  # do not time the imports of the first call
    size, seconds = 0, []
    for rows in samples:
        start = time.perf_counter()
        size += len(encode(rows, compression_level))
        seconds.append(time.perf_counter() - start)
    return _Trial(name=name, encode=encode, compression_level=compression_level, size=size, seconds=median(seconds))
