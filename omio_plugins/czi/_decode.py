"""Decode one sub-block to pixels in the caller's memory, red first; it knows no plane and no other tile.

Uncompressed rows are read directly into the caller's memory where it is contiguous, and zstd is decoded directly into
contiguous whole planes; all else is decoded into scratch memory and copied. JPEG-XR and JPEG are decoded in a separate
process.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import CorruptFileError, PositionedFile, UnsupportedFeatureError

from . import _jpeg, _jpegxr, _workers, _zstd
from ._pixeltypes import JPEG, JPEGXR, NAMES, RAW, TYPES, ZSTD0, ZSTD1, dtype_of
from ._segments import PixelFormat, subblock

_CHUNK = 1 << 20  # bytes of rows to read at once into scratch memory: few enough to stay in the cache
_CACHE_BYTES = 64 << 20  # bytes of decoded tiles to keep after a part of them was requested
_ENCODED = (0, 1, 2, 3, 4)  # pixel types that libCZI decodes from JPEG-XR
_ORDERS = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}  # indices of red, green, blue, alpha

Part = tuple[int, int, int, int]
"""Row, column, row after the last, column after the last, of a tile as stored."""


class Decoder:
    """Fills memory from the sub-blocks of one file; used from many threads."""

    def __init__(self, file: PositionedFile, entries: NDArray[Any]):
        self._file, self._entries = file, entries
        self._starts = np.full(len(entries), -1, np.int64)
        self._sizes = np.zeros(len(entries), np.int64)
        self._cache: OrderedDict[int, NDArray[Any]] = OrderedDict()
        self._lock = threading.Lock()

    def fill(self, out: NDArray[Any], index: int, part: Part) -> None:
        """Fill `out` with a part of a sub-block.

        Parameters
        ----------
        out
            (rows, columns, samples). The pixels of the sub-block are cast to its dtype, and grey ones are repeated to
            its number of samples.
        index
            Index into the directory.

        Raises
        ------
        CorruptFileError
            The sub-block is not where the directory says, or cannot be decoded.
        UnsupportedFeatureError
            Its compression is not supported, or pixels with and without alpha are mixed.
        MissingDependencyError
            The package that decodes it is not installed.
        """
        entry = self._entries[index]
        compression = int(entry["compression"])
        dtype, samples = dtype_of(int(entry["pixel_type"]))
        if samples > 1 and samples != out.shape[2]:
            raise UnsupportedFeatureError("pixels with and without alpha are mixed", evidence=str(out.shape))
        height, width = int(entry["stored_y"]), int(entry["stored_x"])
        plain = samples == out.shape[2] == 1 and dtype == out.dtype
        start, size = self._locate(index)
        if compression == RAW:
            plane = height * width * samples * dtype.itemsize
            number, parts = int(entry["part"]), max(int(entry["parts"]), 1)
            if size < parts * plane:
                several = f"{parts} x " if parts > 1 else ""
                raise CorruptFileError(
                    "it ends too soon", evidence=f"{size} bytes for {several}{height}x{width} pixels of {dtype}"
                )
            start += number * plane
            self._raw(out, start, (width, samples), dtype, part, plain)
            return
        is_whole = part == (0, 0, height, width)
        is_alone = int(entry["parts"]) < 2
        if is_whole and is_alone and plain and compression in (ZSTD0, ZSTD1) and out.flags.c_contiguous:
            data = self._file.read(start, size)
            flat = out.reshape(-1).view(np.uint8)
            _zstd.decode(data, flat, has_header=compression == ZSTD1, itemsize=dtype.itemsize)
            return
        pixels = self._pixels_of(index, is_whole)
        top, left, bottom, right = part
        _copy(out, pixels[top:bottom, left:right], compression in (ZSTD0, ZSTD1))

    def _locate(self, index: int) -> tuple[int, int]:
        """Offset and size of the pixels of a sub-block; read once."""
        if self._starts[index] < 0:
            entry = self._entries[index]
            expected = PixelFormat(
                pixel_type=int(entry["pixel_type"]),
                compression=int(entry["compression"]),
                width=int(entry["stored_x"]),
                height=int(entry["stored_y"]),
            )
            start, size = subblock(self._file, int(entry["file_position"]), expected)
            self._sizes[index] = size
            self._starts[index] = start  # last, because another thread may read it
        return int(self._starts[index]), int(self._sizes[index])

    def _raw(
        self,
        out: NDArray[Any],
        start: int,
        row: tuple[int, int],
        dtype: np.dtype[Any],
        part: Part,
        plain: bool,
    ) -> None:
        width, samples = row
        top, left, bottom, right = part
        pixel = samples * dtype.itemsize
        row_bytes = width * pixel
        if plain and (left, right) == (0, width) and out.flags.c_contiguous:
            self._file.read_into(out.reshape(-1).view(np.uint8).data, start + top * row_bytes)
            return
        narrow = (right - left) * 4 < width and row_bytes > 1 << 15
        skip, stop = (left, right) if narrow else (0, width)
        step = 1 if narrow else max(_CHUNK // row_bytes, 1)
        scratch = np.empty((min(step, bottom - top), stop - skip, samples), dtype)
        for k in range(0, bottom - top, step):
            rows = scratch[: bottom - top - k]
            self._file.read_into(rows.reshape(-1).view(np.uint8).data, start + (top + k) * row_bytes + skip * pixel)
            _copy(out[k : k + step], rows[:, left - skip : right - skip], True)

    def _pixels_of(self, index: int, is_whole: bool) -> NDArray[Any]:
        with self._lock:
            if index in self._cache:
                self._cache.move_to_end(index)
                return self._cache[index]
        pixels = self._decode_subblock(index)
        if not is_whole and pixels.nbytes <= _CACHE_BYTES:
            with self._lock:
                self._cache[index] = pixels
                while sum(cached.nbytes for cached in self._cache.values()) > _CACHE_BYTES:
                    self._cache.popitem(last=False)
        return pixels

    def _decode_subblock(self, index: int) -> NDArray[Any]:
        """Decode all pixels of a sub-block, (rows, columns, samples), with samples in the decoder's order."""
        entry = self._entries[index]
        compression, code = int(entry["compression"]), int(entry["pixel_type"])
        height, width = int(entry["stored_y"]), int(entry["stored_x"])
        dtype, samples = dtype_of(code)
        lossy = compression in (JPEG, JPEGXR)
        if compression not in NAMES or not (lossy or compression in (ZSTD0, ZSTD1)) or (lossy and code not in _ENCODED):
            raise UnsupportedFeatureError(
                "its compression is not read",
                evidence=f"{NAMES.get(compression, f'compression {compression}')} of {TYPES[code][0]}",
                remedy="save the file uncompressed or with zstd",
            )
        parts = max(int(entry["parts"]), 1)
        if lossy and parts > 1:
            raise UnsupportedFeatureError("it has several planes in one encoded picture", evidence=f"{parts} planes")
        data = self._file.read(*self._locate(index))
        out = np.empty(parts * height * width * samples * dtype.itemsize, np.uint8)
        if lossy:
            if compression == JPEGXR:
                _jpegxr.check(data, width, height)
            else:
                _jpeg.check(data, width, height)
            _workers.decode(compression, code, (height, width), data, out.data)
        else:
            _zstd.decode(data, out, has_header=compression == ZSTD1, itemsize=dtype.itemsize)
        planes: NDArray[Any] = out.view(dtype).reshape(parts, height, width, samples)
        return np.asarray(planes[int(entry["part"])])


def _copy(out: NDArray[Any], pixels: NDArray[Any], blue_first: bool) -> None:
    """Copy pixels to their place, red first."""
    if not blue_first or pixels.shape[2] == 1:
        out[...] = pixels  # grey is repeated
        return
    for to, of in enumerate(_ORDERS[pixels.shape[2]]):
        out[..., to] = pixels[..., of]
