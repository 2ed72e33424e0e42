"""Pictures for the checks of writers: every type and layout, and a record of how they are read; knows no format."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.errors import ReadError
from omio_core.geometry.box import Box, Present
from omio_core.images.image import Image
from omio_core.metadata.facts import Channel, Fact, Facts
from omio_core.metadata.model import Metadata
from omio_core.pixels.picture import PictureBase

DTYPES = ("u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8", "c8", "c16", "?")


class Reads:
    """A record of reads: the boxes, and how many happened at once."""

    def __init__(self) -> None:
        self.boxes: list[Box] = []
        self.most_at_once = 0
        self._now, self._lock = 0, threading.Lock()

    @contextmanager
    def during(self, box: Box) -> Iterator[None]:
        """Record one read."""
        with self._lock:
            self.boxes.append(box)
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        try:
            yield
        finally:
            with self._lock:
                self._now -= 1


class RecordedPicture(PictureBase):
    """Pixels in memory that can only be read box by box, and record it.

    Parameters
    ----------
    pixels
        TZCYX.
    samples
        Samples per pixel, folded into C.
    present
        The TZCYX boxes that exist; None for all.
    smaller
        Pixels of the smaller resolutions.
    fails_after
        How many reads succeed before every other raises a ReadError; None for all.
    """

    def __init__(
        self,
        pixels: NDArray[Any],
        *,
        samples: int = 1,
        present: Sequence[Box] | None = None,
        smaller: Sequence[NDArray[Any]] = (),
        fails_after: int | None = None,
    ):
        self._pixels, self._samples, self._smaller, self._fails_after = pixels, samples, tuple(smaller), fails_after
        self._present = None if present is None else Present(present)
        self.reads = Reads()

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths along TZCYX."""
        return tuple(self._pixels.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The pixel type."""
        return self._pixels.dtype

    @property
    def blocks(self) -> tuple[int, ...]:
        """A plane with all samples of a pixel."""
        return (1, 1, self._samples, *self.shape[3:])

    @property
    def samples(self) -> int:
        """Samples per pixel."""
        return self._samples

    @property
    def present(self) -> Present | None:
        """The existing pixels."""
        return self._present

    @property
    def levels(self) -> tuple[tuple[int, ...], ...]:
        """The shapes of its resolutions."""
        return (self.shape, *(pixels.shape for pixels in self._smaller))

    def at_level(self, level: int) -> RecordedPicture:
        """Return the picture at another resolution."""
        return self if level == 0 else RecordedPicture(self._smaller[level - 1], samples=self._samples)

    def read_into(self, out: NDArray[Any], box: Box) -> None:
        """Copy a box of the pixels and record it."""
        with self.reads.during(box):
            if self._fails_after is not None and len(self.reads.boxes) > self._fails_after:
                raise ReadError("the source of this picture fails on purpose", evidence="a check of the kit")
            out[...] = self._pixels[tuple(slice(a, b) for a, b in box.spans)]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PictureCase:
    """Images to write, and what must be read back.

    Parameters
    ----------
    name
        What is special about them, in words.
    images
        The images.
    arrays
        Their TZCYX pixels; 0 where nothing exists.
    """

    name: str
    images: tuple[Image, ...]
    arrays: tuple[NDArray[Any], ...] = field(repr=False)

    @property
    def nbytes(self) -> int:
        """Bytes of all pixels."""
        return sum(image.nbytes for image in self.images)

    @property
    def reads(self) -> list[Reads]:
        """The records of what was read of each image."""
        return [image.picture.reads for image in self.images if isinstance(image.picture, RecordedPicture)]


def ramp(shape: Sequence[int], dtype: str) -> NDArray[Any]:
    """Return pixels of which neighbours differ, and no two planes are equal."""
    numbers = np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape)
    numbers = numbers + numbers // 97
    if dtype == "?":
        return np.asarray(numbers % 3 == 0)
    top = 2000 if np.dtype(dtype).kind in "fc" else min(np.iinfo(dtype).max, 30_000)
    array: NDArray[Any] = (numbers % (top + 1)).astype(dtype)
    if array.dtype.kind == "c":
        array *= array.dtype.type(1 + 2j)
    return array


def case(
    name: str, array: NDArray[Any], facts: Facts | None = None, *, samples: int = 1, **picture: Any
) -> PictureCase:
    """Return a case of one image; `picture` are parameters of `RecordedPicture`."""
    recorded = RecordedPicture(array, samples=samples, **picture)
    metadata = Metadata(shape=array.shape, dtype=str(array.dtype), samples=samples, facts=facts or Facts())
    expected = array
    if recorded.present is not None:
        expected = np.zeros_like(array)
        for box in recorded.present.hits(Box.whole(array.shape)):
            part = tuple(slice(a, b) for a, b in box.spans)
            expected[part] = array[part]
    return PictureCase(name=name, images=(Image(recorded, metadata),), arrays=(expected,))


def full_facts() -> Facts:
    """Return facts of an image of two channels: sizes, times, names that are not ASCII."""
    names = ("Zellkörper α", "微管蛋白")
    return Facts(
        name=Fact("Präparat 7 – Übersicht", "file"),
        physical_size_x=Fact(0.325, "file"),
        physical_size_y=Fact(0.25, "file"),
        physical_size_z=Fact(1.5, "file"),
        time_increment=Fact(2.5, "file"),
        channels=tuple(Channel(name=Fact(name, "file")) for name in names),
    )


def cases() -> Iterator[PictureCase]:
    """Yield small cases, unlike one another; made anew, so that their records are empty."""
    for dtype in DTYPES:
        yield case(f"{np.dtype(dtype).name} pixels", ramp((1, 1, 1, 5, 7), dtype))
    yield case("five axes with all facts", ramp((2, 3, 2, 11, 13), "u2"), full_facts())
    yield case("five axes without facts", ramp((3, 2, 2, 6, 5), "u2"))
    yield case("RGB", ramp((1, 2, 3, 9, 8), "u1"), samples=3)
    yield case("two RGB channels", ramp((2, 1, 6, 6, 9), "u1"), samples=3)
    gaps = [Box(((0, 1), (0, 1), (0, 2), (0, 6), (0, 5))), Box(((1, 2), (1, 2), (1, 2), (0, 6), (0, 5)))]
    yield case("absent planes", ramp((2, 2, 2, 6, 5), "u2") + np.uint16(1), present=gaps)
    large = ramp((1, 1, 1, 40, 36), "u2")
    yield case("smaller levels", large, smaller=[np.ascontiguousarray(large[..., ::2, ::2])])
    yield case("one pixel", ramp((1, 1, 1, 1, 1), "u1") + np.uint8(7))
    yield case("one size of three", ramp((1, 2, 1, 4, 6), "u1"), Facts(physical_size_x=Fact(0.5, "file")))
    yield case("more than one tile", ramp((1, 1, 1, 300, 530), "u2"))
    parts = [case("", ramp((1, 1, 1, 4, 5), "u1")), case("", ramp((2, 1, 1, 3, 7), "u2"))]
    yield PictureCase(
        name="several images",
        images=tuple(part.images[0] for part in parts),
        arrays=tuple(part.arrays[0] for part in parts),
    )


def many_planes(fails_after: int | None = None) -> PictureCase:
    """Return 64 planes of 128 KiB: a writer must not ask for all of them at once."""
    array = np.broadcast_to(ramp((1, 1, 1, 256, 256), "u2"), (64, 1, 1, 256, 256))
    return case("64 planes", array, fails_after=fails_after)
