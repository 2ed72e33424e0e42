"""``compression_level="auto"``: the fastest zlib encoder that compresses the data in hand nearly as well as level 3.

Measured, not known beforehand: igzip (ISA-L) is several times as fast as libdeflate on noisy camera data, and makes a
third more of smooth data.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from omio_core.errors import WriteError
from omio_core.region import Box
from omio_core.stream import pull

from ._codecs import CODECS, Encode, igzip, zlib
from ._encode import Rows, beside, segments
from ._plan import Plan

ALLOWED = 1.03  # of the size that libdeflate makes at level 3
SAMPLES = 8  # strips or tiles that are tried
_SEED = 0  # the same picture is always tried in the same places


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tried:
    name: str
    encode: Encode
    level: int
    size: int
    seconds: float


def fastest(plan: Plan, workers: int | None = None) -> Plan:
    """The plan with the encoder chosen, and the choice in its provenance.

    Raises
    ------
    WriteError
        The compression asked for is not zlib.
    """
    if plan.form.compression != CODECS["zlib"].tag:
        raise WriteError('compression_level="auto" chooses among encoders of zlib', remedy="leave out compression=")
    samples = [
        rows for _, rows in pull(plan.image.picture, _places(plan), lambda _, a: _rows(plan, a), workers=workers)
    ]
    tried = [_try(plan, samples, *one) for one in _candidates()]
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
    return replace(plan, encode=chosen.encode, level=chosen.level, metadata=metadata)


def _candidates() -> Iterator[tuple[str, Encode, int]]:
    for level in (1, 2, 3):
        yield f"libdeflate level {level}", zlib, level
    if importlib.util.find_spec("isal") is not None:
        for level in (0, 1, 2, 3):
            yield f"igzip level {level}", igzip, level


def _places(plan: Plan) -> Iterator[Box]:
    """Boxes of one strip, or one row of tiles no wider than a few, spread over the picture."""
    t, z, c, y, x = plan.image.shape
    form, random = plan.form, np.random.default_rng(_SEED)
    height = min(y, form.tile or form.rows)
    width = min(x, form.tile or x)
    for _ in range(SAMPLES):
        at = [int(random.integers(n)) for n in (t, z, c // form.samples)]
        row, column = (int(random.integers(max(1, n // size))) * size for n, size in ((y, height), (x, width)))
        along_c = (at[2] * form.samples, (at[2] + 1) * form.samples)
        rows, columns = (row, min(y, row + height)), (column, min(x, column + width))
        yield Box(((at[0], at[0] + 1), (at[1], at[1] + 1), along_c, rows, columns))


def _rows(plan: Plan, pixels: Any) -> Rows:
    return beside(pixels[0, 0].astype(plan.dtype, copy=False)).copy()


def _try(plan: Plan, samples: list[Rows], name: str, encode: Encode, level: int) -> _Tried:
    one = replace(plan, encode=encode, level=level)
    segments(one, one.form, samples[0])  # what is imported at first use stands outside the clock
    begun = time.perf_counter()
    size = sum(sum(counts) for rows in samples for _, counts in segments(one, one.form, rows))
    return _Tried(name=name, encode=encode, level=level, size=size, seconds=time.perf_counter() - begun)
