"""The description of the OME-TIFF writer; the writer itself is `_write`, which is imported at first use."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from omio_core.contract import Match, Verdict, Writer, hookimpl

if TYPE_CHECKING:
    from omio_core.contract import ImageLike

OMIO_API = 1

AS_IT_IS = frozenset(
    {"uint8", "uint16", "uint32", "int8", "int16", "int32", "float32", "float64", "complex64", "complex128"}
)
WIDENED = {"bool": "uint8", "float16": "float32"}
IF_IT_FITS = {"int64": ("int32", "uint32"), "uint64": ("uint32",)}
"""OME has no 64-bit integers: they are written as the first of these types that represents every value exactly."""


def accepts(images: Sequence[ImageLike]) -> Verdict:
    """Whether OME has types for the pixels (ome.xsd, PixelType)."""
    if not images:
        return Verdict(Match.NO, "there is no image to write")
    unsure = ""
    for index, image in enumerate(images):
        name = str(image.dtype)
        if name not in AS_IT_IS | WIDENED.keys() | IF_IT_FITS.keys():
            return Verdict(Match.NO, f"image {index} is {name}, and OME has no such pixel type")
        if not math.prod(image.shape) or max(image.shape) >= 2**31:
            return Verdict(Match.NO, f"image {index} has the shape {image.shape}, which OME cannot say")
        if name in IF_IT_FITS:
            unsure = f"image {index} is {name}, which is written if every value fits 32 bits"
    if unsure:
        return Verdict(Match.SIGNATURE, unsure)
    return Verdict(Match.EXACT, "OME has a pixel type for all of it")


WRITER = Writer(
    name="ome_tiff",
    title="OME-TIFF",
    suffixes=(".ome.tif", ".ome.tiff", ".ome.btf"),
    accepts=accepts,
    write="omio_plugins.ome_tiff._write:write",
    refuse="omio_plugins.ome_tiff._write:refuse",
    check="omio_plugins.ome_tiff._check:check",
    records="omio_plugins.ome_tiff._records:records",
    options={
        "compression": "none, zlib (default), lzw, zstd, lzma, packbits, png, jpeg2000, jpegxl or webp; all lossless",
        "predictor": "True: differences along the rows before zlib, lzw, zstd or lzma; default False",
        "pyramid": "True, or the number of smaller levels: each halves the one before; default none",
        "pyramid_method": "mean (default) or nearest: how a level is made of the one before",
        "order": "XYZCT or another of the six dimension orders of OME; default as the source has its planes",
        "profile": "fiji: ImageJ, too, shows axes and calibration when the file is dropped on it; default none",
        "bigtiff": "True or False: BigTIFF whatever the size; by default only above 4 GiB, or named .btf",
    },
)


@hookimpl
def omio_writers() -> Sequence[Writer]:
    """The one writer of this plugin."""
    return (WRITER,)
