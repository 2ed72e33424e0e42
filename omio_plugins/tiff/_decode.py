"""The decoders of strips and tiles: from stored bytes to pixels; it knows no plane and no axes.

Deflate is decoded straight into memory of the right size. tifffile decodes every other compression: it opens a TIFF of
a single strip or tile, built in memory from `Structure`, and returns a decoder for it (`TiffPage.decode`). So nothing
of a hostile file's own tags reaches tifffile, and no second handle is open.

A full strip is valid: data behind its last byte are not checked, as in libtiff. But a wrong checksum of deflate means
that the pixels are damaged, and is an error.
"""

from __future__ import annotations

import io
import struct
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import CorruptFileError, OmioError, UnsupportedFeatureError

from . import _lzw, _packbits
from ._structure import DEFLATE, JPEG, Structure, expansion_limit
from ._tables import Order

_JPEG2000 = (33003, 33004, 33005, 34712)
_PNG, _LERC = 34933, 34887
_OLD_JPEG, _LZW, _PACKBITS = 6, 5, 32773
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_ROOMY = 1 << 22  # bytes that an encoded picture may always declare, whatever the size of its strip or tile

HOT = 1 << 20
"""Bytes that stay in the cache: decoding into them and copying is faster than decoding into untouched memory."""

Decode = Callable[..., Any]


class Decoders:
    """Decoders by structure and size of a segment; each is created once and used from many threads."""

    def __init__(self, order: Order):
        self._order = order
        self._decoders: dict[tuple[Structure, int, int, bool], Decode] = {}
        self._lock = threading.Lock()
        self._hot = threading.local()

    def decode(self, structure: Structure, data: bytes, size: tuple[int, int], tables: bytes | None) -> NDArray[Any]:
        """Decode a strip or tile.

        Parameters
        ----------
        data
            The stored bytes.
        size
            The rows and columns of it that lie inside the picture.
        tables
            JPEGTables of the page.

        Returns
        -------
        array
            Pixels of shape (rows, columns, samples), at least of `size`; valid until this thread decodes again.

        Raises
        ------
        CorruptFileError
            It cannot be decoded, or has fewer pixels than `size`.
        UnsupportedFeatureError
            No decoder for this compression is available.
        """
        rows = structure.rows if structure.tile else size[0]
        _refuse_short(structure, data, rows)
        if structure.compression in DEFLATE and structure.plain:
            try:
                return self._inflate(structure, data, rows)
            except CorruptFileError:
                if rows == structure.rows:
                    raise
                return self._inflate(structure, data, structure.rows)  # the writer filled up the last strip
        _refuse_oversized(structure, data, rows)
        if structure.compression == _LZW and _lzw.needs_check():
            usable, why = _trim_lzw(structure, data)
            try:
                return self._decode_by_tifffile(structure, usable, size, tables)
            except CorruptFileError as error:
                if not why:
                    raise
                raise CorruptFileError("a strip or tile of LZW is damaged", evidence=why) from error
        try:
            return self._decode_by_tifffile(structure, data, size, tables)
        except CorruptFileError:
            retry = _retry_input(structure, data, size)
            if retry is None:
                raise
        return self._decode_by_tifffile(structure, retry[0], retry[1], tables)

    def _decode_by_tifffile(
        self, structure: Structure, data: bytes, size: tuple[int, int], tables: bytes | None
    ) -> NDArray[Any]:
        options = {"jpegtables": tables} if structure.compression in JPEG else {}
        try:
            decode = self._decoder(structure, size, data)
            array = decode(data, 0, **options)[0][0]
        except (MemoryError, OmioError):
            raise
        except Exception as error:  # the border to tifffile and imagecodecs, which raise any class
            raise _translate_error(structure, error) from error
        _check_array(structure, array, size)
        return np.asarray(array)

    def inflate(self, data: bytes, out: memoryview) -> None:
        """Decode deflate into `out`, which it must fill exactly.

        Raises
        ------
        CorruptFileError
            The data cannot be decompressed, or are too short for `out`.
        """
        import imagecodecs

        try:
            output = imagecodecs.deflate_decode(data, out=out)
        except MemoryError:
            raise
        except Exception as error:  # the border to imagecodecs, whose errors share no base
            raise CorruptFileError(
                "a strip or tile cannot be decompressed", evidence=f"{type(error).__name__}: {error}"
            ) from error
        if len(output) != len(out):
            raise CorruptFileError(
                "a strip or tile ends too soon", evidence=f"{len(output)} bytes where {len(out)} are due"
            )

    def _inflate(self, structure: Structure, data: bytes, rows: int) -> NDArray[Any]:
        """Decode deflate into memory of this thread, which its next call overwrites."""
        nbytes = rows * structure.row_bytes
        scratch = getattr(self._hot, "scratch", None)
        if scratch is None or scratch.nbytes < nbytes:
            scratch = np.empty(nbytes, np.uint8)
            if nbytes <= HOT:
                self._hot.scratch = scratch
        self.inflate(data, scratch[:nbytes].data)
        typed = scratch[:nbytes].view(structure.dtype.newbyteorder(self._order))
        return typed.reshape(rows, structure.columns, structure.contig)

    def _decoder(self, structure: Structure, size: tuple[int, int], data: bytes) -> Decode:
        jfif = structure.compression in JPEG and data[6:10] == b"JFIF"  # a JFIF header decides its colours itself
        key = (structure, *size, jfif)
        with self._lock:
            if key not in self._decoders:
                self._decoders[key] = _make_decoder(structure, size, data[:10], self._order)
            return self._decoders[key]


def _make_decoder(structure: Structure, size: tuple[int, int], head: bytes, order: str) -> Decode:
    """Create tifffile's decoder for a picture of one strip or tile."""
    import tifffile

    if structure.compression not in tifffile.TIFF.DECOMPRESSORS and structure.compression != 1:
        raise UnsupportedFeatureError(
            "the compression is not read",
            evidence=f"Compression {structure.compression}",
            remedy="save the file with another compression, such as deflate or LZW",
        )
    with tifffile.TiffFile(io.BytesIO(_make_single_segment_tiff(structure, size, head, order))) as file:
        page = file.pages.first
        decode: Decode = page.decode
        return decode


def _make_single_segment_tiff(structure: Structure, size: tuple[int, int], head: bytes, order: str) -> bytes:
    """A TIFF with one strip or tile, whose data are only the first bytes of a real one."""
    n = structure.planes
    entries: list[tuple[int, str, tuple[int, ...]]] = [
        (256, "I", (size[1],)), (257, "I", (size[0],)), (258, "H", (structure.bits,) * structure.samples),
        (259, "H", (structure.compression,)), (262, "H", (structure.photometric,)), (266, "H", (structure.fill_order,)),
        (277, "H", (structure.samples,)), (284, "H", (2 if structure.planar else 1,)),
        (317, "H", (structure.predictor,)), (339, "H", (structure.kind or 1,) * structure.samples),
    ]  # fmt: skip
    offsets, counts = (324, 325) if structure.tile else (273, 279)
    if structure.tile:
        entries += [(322, "I", (structure.tile[1],)), (323, "I", (structure.tile[0],))]
    else:
        entries += [(278, "I", (size[0],))]
    if structure.t4_options is not None:
        entries.append((292, "I", (structure.t4_options,)))
    if structure.extra_samples:
        entries.append((338, "H", structure.extra_samples))
    if structure.subsampling:
        entries.append((530, "H", structure.subsampling))
    entries += [(offsets, "I", (8,) * n), (counts, "I", (16,) * n)]
    entries.sort()
    start = 24 + 2 + 12 * len(entries) + 4  # header, 16 bytes of data, the table
    table, beyond = b"", b""
    for code, kind, values in entries:
        value = struct.pack(f"{order}{len(values)}{kind}", *values)
        if len(value) > 4:
            beyond, value = beyond + value, struct.pack(order + "I", start + len(beyond))
        table += struct.pack(order + "HHI", code, 3 if kind == "H" else 4, len(values)) + value.ljust(4, b"\0")
    header = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 24)
    number = struct.pack(order + "H", len(entries))
    return header + head.ljust(16, b"\0") + number + table + b"\0\0\0\0" + beyond


def _check_array(structure: Structure, array: Any, size: tuple[int, int]) -> None:
    """Verify that a decoder's output has the type that the tags state, and is large enough."""
    is_bilevel = structure.dtype.kind == "b" and array.dtype == np.uint8  # CCITT's decoders give 0 and 1 as bytes
    expected = (*size, structure.contig)
    fits = array.ndim == 3 and all(have >= need for have, need in zip(array.shape, expected, strict=True))
    if not fits or not (is_bilevel or array.dtype == structure.dtype):
        raise CorruptFileError(
            "a strip or tile does not hold what it should",
            evidence=f"{array.shape} of {array.dtype} where {expected} of {structure.dtype} is due",
        )


def _refuse_short(structure: Structure, data: bytes, rows: int) -> None:
    """Raise before anything is allocated that so few bytes cannot fill."""
    if rows * structure.row_bytes > max(expansion_limit(structure, len(data)), _ROOMY):
        raise CorruptFileError(
            "a strip or tile is too short for its picture",
            evidence=f"{len(data)} bytes for {rows} rows of {structure.columns} pixels",
        )


def _trim_lzw(structure: Structure, data: bytes) -> tuple[bytes, str]:
    """The part of LZW data that can be decoded safely, and the reason for its end; see `_lzw.trim`."""
    usable, why = _lzw.trim(_reverse_bits(structure, data))
    return _reverse_bits(structure, usable), why


def _reverse_bits(structure: Structure, data: bytes) -> bytes:
    """Reverse the bits of each byte if FillOrder is 2; a second call restores the data."""
    return data.translate(_REVERSED) if structure.fill_order == 2 else data


def _retry_input(structure: Structure, data: bytes, size: tuple[int, int]) -> tuple[bytes, tuple[int, int]] | None:
    """Data and size for a second try, if the first may have failed behind the last byte of a strip or tile."""
    if structure.compression == _LZW:
        usable, why = _trim_lzw(structure, data)
        return (usable, size) if why else None
    if structure.compression == _PACKBITS:
        expected = (structure.rows if structure.tile else size[0]) * structure.row_bytes
        usable = _reverse_bits(structure, _packbits.trim(_reverse_bits(structure, data), expected))
        return (usable, size) if usable != data else None
    if structure.tile or size[0] == structure.rows:
        return None
    _refuse_short(structure, data, structure.rows)
    return data, (structure.rows, size[1])  # the writer filled up the last strip


def _refuse_oversized(structure: Structure, data: bytes, rows: int) -> None:
    """Raise if an encoded picture declares a size larger than its segment: decoders allocate the declared size."""
    declared = _count_declared_samples(structure.compression, data)
    allowed = max(4 * rows * structure.columns * max(structure.contig, 3), _ROOMY)
    if declared > allowed:
        raise CorruptFileError(
            "a strip or tile holds a picture larger than itself",
            evidence=f"{declared} samples in one of {rows}x{structure.columns} pixels",
        )


def _count_declared_samples(compression: int, data: bytes) -> int:
    """The number of samples that an encoded picture declares; 0 if unknown."""
    if compression in JPEG:
        return _count_jpeg_samples(data)
    if compression in _JPEG2000:  # SIZ marker, ITU-T T.800, A.5.1
        at = data.find(b"\xff\x4f\xff\x51", 0, 1 << 16)
        if at >= 0 and len(data) >= at + 42:
            right, bottom, left, top = struct.unpack_from(">4I", data, at + 8)
            return int(max(right - left, 0) * max(bottom - top, 0) * struct.unpack_from(">H", data, at + 40)[0])
    if compression == _LERC and data[:6] == b"Lerc2 " and len(data) >= 26:  # github.com/Esri/lerc, Lerc2.h, HeaderInfo
        version = struct.unpack_from("<i", data, 6)[0]
        height, width, deep = struct.unpack_from("<3i", data, 14 if version >= 3 else 10)
        return int(abs(height * width) * (abs(deep) if version >= 4 else 1))
    if compression == _PNG and data[12:16] == b"IHDR" and len(data) >= 24:
        width, height = struct.unpack_from(">2I", data, 16)
        return int(width * height * 4)
    return 0


def _count_jpeg_samples(data: bytes) -> int:
    """The number of samples that the largest frame header declares; markers as in ITU-T T.81, B.1 and B.2.2."""
    at, largest = data.find(b"\xff"), 0
    while at >= 0 and at + 10 <= len(data):
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width, components = struct.unpack_from(">HHB", data, at + 5)
            largest = max(largest, height * width * components)
        skip = (
            0 if marker in (0x00, 0xFF, 0x01) or 0xD0 <= marker <= 0xD9 else struct.unpack_from(">H", data, at + 2)[0]
        )
        if marker == 0xDA:  # entropy-coded data follow
            break
        at = data.find(b"\xff", at + (1 if marker == 0xFF else 2) + skip)
    return largest


def _translate_error(structure: Structure, error: Exception) -> Exception:
    evidence = f"compression {structure.compression}, {type(error).__name__}: {str(error)[:200]}"
    unsupported = "not supported" in str(error) or "not available" in str(error)
    if structure.compression == _OLD_JPEG or isinstance(error, NotImplementedError | ImportError) or unsupported:
        return UnsupportedFeatureError(
            "the way the pixels are stored is not read",
            evidence=evidence,
            remedy="save the file with another compression, such as deflate or LZW",
        )
    return CorruptFileError("a strip or tile cannot be decoded", evidence=evidence)
