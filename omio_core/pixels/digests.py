"""Digests of planes: what a file's pixels are, in a few characters a plane; it knows no format.

A plane is one index of T, Z and C. Its digest is the CRC-32 and the Adler-32 (RFC 1950, 1952; both in any zlib) of its
pixels (Y, X), row by row and little-endian, eight hexadecimal digits each. Together they cost a hundredth of what
level 3 of zlib does, tell planes apart and find damage; they are no proof against somebody who forges a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from omio_core.geometry.box import Box

from .stream import pull

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from omio_core.plugins.descriptions import ImageLike

__all__ = ["METHOD", "Digest", "of_image", "of_plane"]

METHOD = "CRC-32 and Adler-32 of each plane (Y, X), little-endian, 8 digits each; C fastest, then Z, then T"
BAND = 1 << 23  # bytes of a plane above which it is taken in bands


class Digest:
    """The digest of a plane that comes in bands of rows, in order."""

    def __init__(self) -> None:
        self._crc, self._adler = 0, 1  # of no bytes

    def update(self, rows: NDArray[Any]) -> None:
        """Take more rows, YX, of any byte order and strides."""
        import numpy as np

        little = np.ascontiguousarray(rows, rows.dtype.newbyteorder("<"))
        data = little.reshape(-1).view(np.uint8).data
        crc32, adler32 = _sums()
        self._crc, self._adler = crc32(data, self._crc), adler32(data, self._adler)

    def text(self) -> str:
        """The hexadecimal digits."""
        return f"{self._crc:08x}{self._adler:08x}"


@cache
def _sums() -> tuple[Callable[[Any, int], int], Callable[[Any, int], int]]:
    """CRC-32 and Adler-32: those of zlib-ng and libdeflate are several times as fast, and need not be there."""
    import zlib

    try:
        import imagecodecs

        fast: Any = imagecodecs.zlibng_crc32, imagecodecs.deflate_adler32
        if (fast[0](b"omio", 0), fast[1](b"omio", 1)) == (zlib.crc32(b"omio"), zlib.adler32(b"omio")):
            return fast[0], fast[1]
    except (ImportError, AttributeError):
        pass  # imagecodecs is there without them, or not at all
    return zlib.crc32, zlib.adler32


def of_plane(plane: NDArray[Any]) -> str:
    """The digest of a whole plane, YX.

    Examples
    --------
    >>> import numpy as np
    >>> of_plane(np.zeros((2, 2), np.uint8))
    '2144df1c00040001'
    """
    digest = Digest()
    digest.update(plane)
    return digest.text()


def of_image(image: ImageLike, dtype: np.dtype[Any] | None = None, *, workers: int | None = None) -> Iterator[str]:
    """The digests of an image's planes, C fastest, then Z, then T; computed on all cores, a few planes in memory.

    Parameters
    ----------
    image
        Of which every pixel is read.
    dtype
        Pixels are cast to it first.
    workers
        Threads; all cores where None.
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
        return [of_plane(plane) for plane in cast[0, 0]] if rows == y else cast[0, 0, 0]

    open_plane = Digest()
    for box, found in pull(image.picture, boxes, digest, workers=workers):
        if isinstance(found, list):
            yield from found
            continue
        open_plane.update(found)
        if box.spans[3][1] == y:
            yield open_plane.text()
            open_plane = Digest()
