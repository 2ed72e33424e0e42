"""Digests of planes: checksums of pixels, a few characters per plane; knows no format.

A plane is one index of T, Z and C. Its digest is the CRC-32 and the Adler-32 (RFC 1950, 1952; every zlib has both) of
its pixels (Y, X), row by row and little-endian, eight hexadecimal digits each. Together they take a hundredth of the
time of zlib at compression level 3. They distinguish planes and detect damage, but not deliberate forgery.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from omio_core.geometry.box import Box

from .handles import HANDLES, digests_of
from .stream import pull

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from omio_core.plugins.descriptions import ImageLike

__all__ = ["DIGEST_METHOD", "Digest", "image_digests", "plane_digest", "stored_digests"]

DIGEST_METHOD = "CRC-32 and Adler-32 of each plane (Y, X), little-endian, 8 digits each; C fastest, then Z, then T"
"""How digests are taken, in words: a file states it beside them, so that others can check them."""

BAND = 1 << 23  # bytes; a larger plane is processed in bands of rows


class Digest:
    """The digest of a plane, computed from bands of rows in order."""

    def __init__(self) -> None:
        self._crc, self._adler = 0, 1  # the checksums of no bytes

    def update(self, rows: NDArray[Any]) -> None:
        """Add rows (YX) of any byte order and strides."""
        import numpy as np

        little = np.ascontiguousarray(rows, rows.dtype.newbyteorder("<"))
        data = little.reshape(-1).view(np.uint8).data
        crc32, adler32 = _sums()
        self._crc, self._adler = crc32(data, self._crc), adler32(data, self._adler)

    def text(self) -> str:
        """Return the hexadecimal digits."""
        return f"{self._crc:08x}{self._adler:08x}"


@cache
def _sums() -> tuple[Callable[[Any, int], int], Callable[[Any, int], int]]:
    """Return functions for CRC-32 and Adler-32: from zlib-ng and libdeflate, several times as fast, if installed."""
    import zlib

    try:
        import imagecodecs

        fast: Any = imagecodecs.zlibng_crc32, imagecodecs.deflate_adler32
        if (fast[0](b"omio", 0), fast[1](b"omio", 1)) == (zlib.crc32(b"omio"), zlib.adler32(b"omio")):
            return fast[0], fast[1]
    except (ImportError, AttributeError):
        pass  # imagecodecs is not installed, or lacks them
    return zlib.crc32, zlib.adler32


def plane_digest(plane: NDArray[Any]) -> str:
    """Return the digest of a whole plane, YX.

    Examples
    --------
    >>> import numpy as np
    >>> plane_digest(np.zeros((2, 2), np.uint8))
    '2144df1c00040001'
    """
    digest = Digest()
    digest.update(plane)
    return digest.text()


def image_digests(image: ImageLike, dtype: np.dtype[Any] | None = None, *, workers: int | None = None) -> Iterator[str]:
    """Yield the digests of an image's planes, C fastest, then Z, then T; uses all cores, a few planes in memory.

    Parameters
    ----------
    image
        The image; all its pixels are read.
    dtype
        The type that pixels are cast to first; None for no cast.
    workers
        Number of threads; all cores if None.
    """
    t, z, c, y, x = image.shape
    rows = max(1, min(y, BAND // max(1, x * image.dtype.itemsize)))
    planes = max(1, (1 << 20) // max(1, y * x * image.dtype.itemsize))
    step = min(c, planes) if rows == y else 1
    boxes = (
        Box(((i, i + 1), (j, j + 1), (k, min(c, k + step)), (row, min(y, row + rows)), (0, x)))
        for i in range(t)
        for j in range(z)
        for k in range(0, c, step)
        for row in range(0, y, rows)
    )

    def digest(_: Box, pixels: NDArray[Any]) -> list[str] | NDArray[Any]:
        cast = pixels if dtype is None else pixels.astype(dtype, copy=False)
        return [plane_digest(plane) for plane in cast[0, 0]] if rows == y else cast[0, 0, 0]

    open_plane = Digest()
    for box, result in pull(image.picture, boxes, digest, workers=workers):
        if isinstance(result, list):
            yield from result
            continue
        open_plane.update(result)
        if box.spans[3][1] == y:
            yield open_plane.text()
            open_plane = Digest()


def stored_digests(image: ImageLike) -> tuple[str, ...] | None:
    """Return the digests that the file of an image itself states of its planes; reads no pixel.

    Parameters
    ----------
    image
        The image. Regions, merges, smaller levels and arrays have none.

    Returns
    -------
    tuple of str or None
        T * Z * C digests as those of `image_digests`: C fastest, then Z, then T. None if the file states none.

    Raises
    ------
    PluginContractError
        The reader does not return one text per plane.
    FileChangedError
        The file has changed since it was opened.
    """
    stored = image.picture.stored
    if stored is None or stored.level:
        return None
    with HANDLES.lease(stored.key) as opened:
        return digests_of(opened, stored)
