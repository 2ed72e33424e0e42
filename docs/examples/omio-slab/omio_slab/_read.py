"""From a SLAB file to pixels; imported when a file is opened, so it may import numpy."""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import (
    Box,
    CorruptFileError,
    Fact,
    Facts,
    ImageDescription,
    Level,
    Location,
    Opened,
    PositionedFile,
    micrometres,
    seconds,
)

from ._header import DIGEST, FILE, IMAGE, Header, image_count, parse


def open_slab(location: Location, upside_down: bool = False) -> SlabFile:
    """Open a SLAB file.

    Raises
    ------
    CorruptFileError
        A header is impossible, or the file ends too soon.
    """
    file = location.open()
    try:
        return SlabFile(location, file, read_headers(file), upside_down)
    except BaseException:  # whatever happens: nobody else could close the file
        file.close()
        raise


def read_headers(file: PositionedFile) -> tuple[Header, ...]:
    """Read all headers, and hold every size that they state against the size of the file."""
    try:
        count = image_count(file.read(0, FILE.size))
        headers = tuple(parse(file.read(FILE.size, count * IMAGE.size)))
    except ValueError as error:
        raise CorruptFileError(
            f"the header of {file.path} is impossible",
            evidence=str(error),
            remedy="copy the file again from where it came from",
            path=file.path,
        ) from error
    needed = max(max(h.end, h.digests + DIGEST * h.planes if h.digests else 0) for h in headers)
    if needed > file.size:
        raise CorruptFileError(
            f"{file.path} ends too soon",
            evidence=f"its header needs {needed} bytes, the file has {file.size}",
            remedy="copy the file again from where it came from",
            path=file.path,
        )
    return headers


def facts(header: Header) -> Facts:
    """Return what the header states; what it does not state is unknown, and no number is invented for it."""
    x, y, z = header.nanometres
    return Facts(
        physical_size_x=fact(micrometres(x, "nm"), "pixel size in X", "nm"),
        physical_size_y=fact(micrometres(y, "nm"), "pixel size in Y", "nm"),
        physical_size_z=fact(micrometres(z, "nm"), "pixel size in Z", "nm"),
        time_increment=fact(seconds(header.milliseconds, "ms"), "time step", "ms"),
    )


def fact(value: float | None, field: str, unit: str) -> Fact[float] | None:
    """Return a value of the header with its origin; `Facts` drops a size of 0, which is unknown."""
    return None if value is None else Fact(value, "file", f"header: {field}", unit=unit)


def describe(header: Header) -> ImageDescription:
    """Return the description of an image: values only, which stay true when the file is closed."""
    level = Level(shape=header.shape, blocks=(1, 1, 1, 1, header.shape[4]))  # a row can be read by itself
    return ImageDescription(
        axes="TZCYX",
        dtype=np.dtype(header.dtype),
        levels=(level,),
        facts=partial(facts, header),  # called when somebody asks for metadata
        kind="SLAB, version 1",
    )


class SlabFile(Opened):
    """An open SLAB file; it is read from many threads at once, so a read changes nothing in it."""

    def __init__(self, location: Location, file: PositionedFile, headers: tuple[Header, ...], upside_down: bool):
        self._location, self._file, self._headers, self._upside_down = location, file, headers, upside_down
        self._images = tuple(describe(header) for header in headers)

    @property
    def images(self) -> tuple[ImageDescription, ...]:
        """The images in the order of their headers."""
        return self._images

    @property
    def members(self) -> tuple[Location, ...]:
        """The file itself: nothing else is read."""
        return (self._location,)

    def digests(self, image: int) -> tuple[str, ...] | None:
        """Return the digests that the file stores; None if it stores none, or of other rows than are read."""
        header = self._headers[image]
        if not header.digests or self._upside_down:
            return None
        text = self._file.read(header.digests, DIGEST * header.planes).decode("ascii", "replace")
        return tuple(text[start : start + DIGEST] for start in range(0, len(text), DIGEST))

    def read_into(self, out: NDArray[Any], image: int, box: Box, level: int) -> None:
        """Fill `out`, TZCYX, with the pixels of `box`; one read for each plane."""
        header = self._headers[image]
        _, depth, channels, height, width = header.shape
        *planes, (top, bottom), (left, right) = box.spans
        if self._upside_down:
            out, top, bottom = out[..., ::-1, :], height - bottom, height - top
        stored = np.dtype(header.dtype).newbyteorder("<")
        for index in product(*(range(start, stop) for start, stop in planes)):
            t, z, c = index
            row = ((t * depth + z) * channels + c) * height + top
            data = self._file.read(header.pixels + row * header.row, (bottom - top) * header.row)
            rows = np.frombuffer(data, stored).reshape(bottom - top, width)
            out[tuple(i - start for i, (start, _) in zip(index, planes, strict=True))] = rows[:, left:right]

    def close(self) -> None:
        """Close the file."""
        self._file.close()
