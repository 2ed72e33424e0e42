"""The OME-Zarr plugin as the core sees it: names, suffixes, and how it recognises a store; it reads no pixel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from omio_core.contract import Match, Reader, Verdict, Writer, hookimpl

from ._sniff import sniff

if TYPE_CHECKING:
    from omio_core.contract import ImageLike

OMIO_API = 1

TYPES = frozenset({
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64",
    "complex64", "complex128",
})  # fmt: skip
"""Types of pixels that both formats of Zarr have; each is written as it is."""


def accepts(images: Sequence[ImageLike]) -> Verdict:
    """Whether Zarr has types for the pixels."""
    if not images:
        return Verdict(Match.NO, "there is no image to write")
    for index, image in enumerate(images):
        if str(image.dtype) not in TYPES:
            return Verdict(Match.NO, f"image {index} is {image.dtype}, and Zarr has no such type")
        if not math.prod(image.shape):
            return Verdict(Match.NO, f"image {index} has no pixels: TZCYX {tuple(image.shape)}")
    return Verdict(Match.EXACT, "Zarr has a type for all of it")


READER = Reader(
    name="ome_zarr",
    title="OME-Zarr 0.4, 0.5 and 0.6: folders and zip files; images, plates, labels",
    suffixes=(".ome.zarr.zip", ".ome.zarr", ".zarr.zip", ".zarr", ".ozx"),
    sniff=sniff,
    open="omio_plugins.ome_zarr._read:open_ome_zarr",
    options={"label": "the name of the label image that is opened in place of each image, such as 'nuclei'"},
)

WRITER = Writer(
    name="ome_zarr",
    title="OME-Zarr 0.5 and 0.4",
    suffixes=(".ome.zarr", ".zarr"),
    makes="folder",
    accepts=accepts,
    write="omio_plugins.ome_zarr._write:write",
    refuse="omio_plugins.ome_zarr._write:refuse",
    check="omio_plugins.ome_zarr._check:check",
    records="omio_plugins.ome_zarr._records:records",
    options={
        "version": "0.5 (default) or 0.4: the version of OME-Zarr, of which 0.4 is for older tools",
        "compression": "blosc (default), zstd (default for 0.4) or none; always with a checksum",
        "pyramid": "True (default): levels until no edge is longer than 512; False, or the number of smaller levels",
        "pyramid_method": "mean (default) or nearest: how a level is made of the one before",
        "shards": "True (default for 0.5): many chunks in a file; False: each chunk is a file",
    },
)


@hookimpl
def omio_writers() -> list[Writer]:
    """The one writer of this plugin."""
    return [WRITER]


@hookimpl
def omio_readers() -> list[Reader]:
    """The one reader of this plugin."""
    return [READER]
