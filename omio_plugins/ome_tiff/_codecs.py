"""The lossless compressions of a TIFF: tag, the pixels that each accepts, and how it encodes a segment.

Of the codecs of imagecodecs these are left out: LERC, which cannot store NaN; JPEG XR, whose TIFF tag only tifffile
knows; and all lossy ones. The tag values are those of the TIFF registry as libtiff and tifffile write them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import WriteError, advise, worded

Pixels = NDArray[Any]
Encode = Callable[[Pixels, int], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec:
    """One compression.

    Parameters
    ----------
    tag
        The value of the tag Compression.
    encode
        Encodes a contiguous segment, (rows, width) or (rows, width, samples), at a compression level of 1 to 9; None
        where the bytes stay as they are.
    dtypes
        Names of the types it accepts; None for all.
    samples
        Numbers of samples per pixel it accepts; None for all.
    predicts
        Whether a predictor may precede it.
    """

    tag: int
    encode: Encode | None
    dtypes: frozenset[str] | None = None
    samples: frozenset[int] | None = None
    predicts: bool = False

    def refusal(self, dtype: np.dtype[Any], samples: int) -> str | None:
        """Why it does not accept such pixels; None where it does."""
        if self.dtypes is not None and dtype.name not in self.dtypes:
            return f"it takes {', '.join(sorted(self.dtypes))}, not {dtype.name}"
        if self.samples is not None and samples not in self.samples:
            return f"it takes {' or '.join(map(str, sorted(self.samples)))} samples a pixel, not {samples}"
        return None


def bytes_of(segment: Pixels) -> memoryview:
    """The bytes of a contiguous segment."""
    return segment.reshape(-1).view(np.uint8).data


def zlib(segment: Pixels, compression_level: int) -> bytes:
    """Encode a segment as a zlib stream by libdeflate."""
    import imagecodecs

    encode: Any = imagecodecs.deflate_encode
    data: bytes = encode(bytes_of(segment), compression_level)
    return data


def igzip(segment: Pixels, compression_level: int) -> bytes:
    """Encode a segment as a zlib stream by ISA-L's igzip, whose compression levels are 0 to 3."""
    from isal import isal_zlib

    return isal_zlib.compress(bytes_of(segment), compression_level)


def _byte_encoder(name: str, *, has_level: bool = False) -> Encode:
    def encode(segment: Pixels, compression_level: int) -> bytes:
        import imagecodecs

        options = {"level": compression_level} if has_level else {}
        data: bytes = getattr(imagecodecs, f"{name}_encode")(bytes_of(segment), **options)
        return data

    return encode


def _packbits(segment: Pixels, compression_level: int) -> bytes:
    import imagecodecs

    rows: Any = segment.reshape(len(segment), -1).view(np.uint8)  # each row separately (TIFF 6.0, section 9)
    encode: Any = imagecodecs.packbits_encode
    data: bytes = encode(rows, axis=-1)
    return data


def _picture_encoder(name: str, strength: str = "", **options: Any) -> Encode:
    def encode(segment: Pixels, compression_level: int) -> bytes:
        import imagecodecs

        native = segment.astype(segment.dtype.newbyteorder("="), copy=False)
        level_option = {strength: compression_level} if strength else {}
        data: bytes = getattr(imagecodecs, f"{name}_encode")(native, **level_option, **options)
        return data

    return encode


_INTEGERS = frozenset({"uint8", "uint16"})
_GREY_OR_RGB = frozenset({1, 3, 4})

CODECS = {
    "none": Codec(tag=1, encode=None),
    "zlib": Codec(tag=8, encode=zlib, predicts=True),
    "lzw": Codec(tag=5, encode=_byte_encoder("lzw"), predicts=True),
    "zstd": Codec(tag=50000, encode=_byte_encoder("zstd", has_level=True), predicts=True),
    "lzma": Codec(tag=34925, encode=_byte_encoder("lzma", has_level=True), predicts=True),
    "packbits": Codec(tag=32773, encode=_packbits),
    "png": Codec(tag=34933, encode=_picture_encoder("png", "level"), dtypes=_INTEGERS, samples=_GREY_OR_RGB),
    "jpeg2000": Codec(
        tag=34712,
        encode=_picture_encoder("jpeg2k", level=0, codecformat="j2k", reversible=True),
        dtypes=_INTEGERS,
        samples=_GREY_OR_RGB,
    ),
    "jpegxl": Codec(
        tag=50002, encode=_picture_encoder("jpegxl", "effort", lossless=True), dtypes=_INTEGERS, samples=_GREY_OR_RGB
    ),
    "webp": Codec(
        tag=50001,
        encode=_picture_encoder("webp", lossless=True),
        dtypes=frozenset({"uint8"}),
        samples=frozenset({3}),
    ),
}
"""The codec of each value of ``compression=``."""


def find(name: Any, dtype: np.dtype[Any], samples: int) -> Codec:
    """The codec of that name, if it accepts such pixels.

    Raises
    ------
    WriteError
        There is no codec of that name, or it does not accept such pixels.
    """
    if not isinstance(name, str) or name.lower() not in CODECS:
        raise WriteError(
            f"there is no compression {name!r}",
            remedy=f"choose one of {', '.join(CODECS)}; none of them loses anything",
        )
    codec = CODECS[name.lower()]
    if why := codec.refusal(dtype, samples):
        what = worded("{compression!r} cannot take these pixels", compression=name)
        raise WriteError(what, evidence=why, remedy="choose zlib or zstd")
    return codec


# --- predictors (TIFF 6.0, section 14; Adobe Photoshop TIFF Technical Note 3 for floats)

PREDICTOR_NONE, HORIZONTAL, FLOATING = 1, 2, 3


def predictor(value: Any, codec: Codec, dtype: np.dtype[Any]) -> int:
    """The number of the predictor to use.

    Raises
    ------
    WriteError
        The option is no truth value, or a predictor is requested where none exists.
    """
    if value not in (True, False, None):
        raise WriteError(f"predictor cannot be {value!r}", remedy="give True or False")
    if not value:
        return PREDICTOR_NONE
    if not codec.predicts or dtype.kind == "c":
        raise WriteError(
            "there is no predictor for these pixels",
            evidence=f"complex pixels: {dtype.kind == 'c'}; a predictor goes with zlib, lzw, zstd and lzma",
            remedy=advise("leave out {predictor}", predictor=True),
        )
    return FLOATING if dtype.kind == "f" else HORIZONTAL


def predict(segment: Pixels, number: int) -> Pixels:
    """Replace the pixels of a segment by differences along its rows."""
    import imagecodecs

    if number == PREDICTOR_NONE:
        return segment
    encode: Any = imagecodecs.delta_encode if number == HORIZONTAL else imagecodecs.floatpred_encode
    native = segment.astype(segment.dtype.newbyteorder("="), copy=False)
    encoded: Pixels = encode(native, axis=1)
    return np.ascontiguousarray(encoded, encoded.dtype.newbyteorder("<"))
