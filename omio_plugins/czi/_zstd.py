"""Decode zstd-compressed sub-blocks into memory of the right size; it knows no file and no plane.

zstd1 is zstd after an extra header, which may declare that the low bytes of all samples precede the high bytes
("hi-lo packing"; from libCZI's documentation of the ZStd1 format and ``decoder_zstd.cpp``). A frame is RFC 8878.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import CorruptFileError

_MAGIC = b"\x28\xb5\x2f\xfd"
_MOST_SCRATCH = 16 << 20  # bytes of scratch memory that a thread keeps
_thread = threading.local()
_STEP = 1 << 16  # samples to assemble at once: few enough to stay in the cache


def decode(data: bytes, out: NDArray[np.uint8], *, has_header: bool, itemsize: int) -> None:
    """Decode a sub-block into `out`, a contiguous run of bytes, which it must fill exactly.

    Parameters
    ----------
    data
        The bytes as stored.
    has_header
        Whether the compression is zstd1.
    itemsize
        Bytes per sample; hi-lo packing needs two.

    Raises
    ------
    CorruptFileError
        The data are no zstd, or decode to more or less than `out`; nothing beyond `out` is ever written.
    """
    packed = False
    start = 0
    if has_header:
        start, packed = _header(data)
    if packed and itemsize != 2:
        raise CorruptFileError("a sub-block is damaged", evidence=f"hi-lo packing of samples of {itemsize} bytes")
    frame = memoryview(data)[start:]
    declared = content_size(frame)
    if declared is not None and declared != out.nbytes:
        raise CorruptFileError(
            "a sub-block does not hold what it should",
            evidence=f"its zstd frame declares {declared} bytes where {out.nbytes} are due",
        )
    if not packed:
        _inflate(frame, out)
        return
    scratch = _scratch(out.nbytes)
    _inflate(frame, scratch)
    samples = out.view("<u2")
    half = len(samples)
    for k in range(0, half, _STEP):
        part = samples[k : k + _STEP]
        part[...] = scratch[half + k : half + k + len(part)]
        part <<= 8
        part |= scratch[k : k + len(part)]


def _scratch(nbytes: int) -> NDArray[np.uint8]:
    """Memory of this thread, which its next call overwrites: touching new memory costs more than decoding."""
    scratch: NDArray[np.uint8] | None = getattr(_thread, "scratch", None)
    if scratch is None or scratch.nbytes < nbytes:
        scratch = np.empty(nbytes, np.uint8)
        if nbytes <= _MOST_SCRATCH:
            _thread.scratch = scratch
    return scratch[:nbytes]


def content_size(frame: memoryview) -> int | None:
    """The decoded size that a frame declares, in bytes; None where it declares none.

    Raises
    ------
    CorruptFileError
        The bytes are no zstd frame.
    """
    if bytes(frame[:4]) != _MAGIC or len(frame) < 6:
        raise CorruptFileError("a sub-block cannot be decompressed", evidence=f"it begins with {bytes(frame[:4])!r}")
    descriptor = frame[4]  # RFC 8878, 3.1.1.1.1
    single = descriptor >> 5 & 1
    size = (single, 2, 4, 8)[descriptor >> 6]
    if not size:
        return None
    at = 5 + (1 - single) + (0, 1, 2, 4)[descriptor & 3]
    value = int.from_bytes(frame[at : at + size], "little")
    return value + 256 if size == 2 else value


def _header(data: bytes) -> tuple[int, bool]:
    """Bytes of the header of zstd1, and whether it declares hi-lo packing."""
    if data[:1] == b"\1":
        return 1, False
    if data[:2] == b"\3\1" and len(data) > 3:
        return 3, bool(data[2] & 1)
    raise CorruptFileError("a sub-block cannot be decompressed", evidence=f"its zstd1 header is {data[:3]!r}")


def _inflate(frame: memoryview, out: NDArray[np.uint8]) -> None:
    import imagecodecs

    data: Any = frame  # its stubs name fewer types than it takes
    try:
        decoded = imagecodecs.zstd_decode(data, out=out.data)
    except MemoryError:
        raise
    except Exception as error:  # the border to imagecodecs, whose errors share no base
        raise CorruptFileError(
            "a sub-block cannot be decompressed", evidence=f"{type(error).__name__}: {error}"
        ) from error
    if len(decoded) != out.nbytes:
        raise CorruptFileError("a sub-block ends too soon", evidence=f"{len(decoded)} bytes where {out.nbytes} are due")
