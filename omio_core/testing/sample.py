"""Samples: the files a reader is tried on, and the ways in which the checks open and read them; it knows no format."""

from __future__ import annotations

import hashlib
import random
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.errors import OmioWarning
from omio_core.geometry.box import Box
from omio_core.images.image import Image
from omio_core.images.opening import OpenedSource, open_source
from omio_core.images.overrides import Request
from omio_core.lazy import load
from omio_core.pixels.description import ImageDescription
from omio_core.pixels.handles import HANDLES
from omio_core.pixels.protocol import StoredPicture
from omio_core.plugins.catalogue import Catalogue, using
from omio_core.plugins.descriptions import Opened, Policy, Reader
from omio_core.policies import Policies


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """One file (or folder) of the reader's format, and what is known of it.

    Parameters
    ----------
    path
        The file: a small one, it is read some dozens of times.
    arrays
        From an image's index to its TZCYX pixels; images not named are not compared with anything but themselves.
    sizes
        From an image's index to the sizes the file states, under their public names in micrometres and seconds, such
        as ``{0: {"PhysicalSizeX": 0.25, "TimeIncrement": 2.0}}``. What is not named must be unknown.
    options
        The reader's options to open it with.
    """

    path: Path
    arrays: Mapping[int, NDArray[Any]] = field(default_factory=dict)
    sizes: Mapping[int, Mapping[str, float]] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


def _accept(case: Mapping[str, Any]) -> str:
    return "accept"


def _warn(case: Mapping[str, Any]) -> str:
    return "warn"


def catalogue_of(reader: Reader) -> Catalogue:
    """A catalogue with this reader alone, and policies that accept every assumption and absence silently."""
    rules = {"axes": _accept, "absent_planes": _accept, "missing": _accept, "absent_files": _warn}
    policies = tuple(
        Policy(kind=kind, name=getattr(Policies(), kind), decide=rule, summary="for the conformance kit")
        for kind, rule in rules.items()
    )
    return Catalogue(readers=(reader,), policies=policies)


class Subject:
    """What the author gives: a reader and samples of its format; the checks are mixed in by `ReaderContract`."""

    reader: Reader
    """The reader that is tried."""

    truncated_is_shorter = False
    """Whether the format does not say how long it is, so that a shortened file is a sound, shorter picture."""

    def samples(self, folder: Path) -> Mapping[str, Path | Sample]:
        """Make samples, or name existing files that are only read.

        Parameters
        ----------
        folder
            An empty folder to make them in.

        Returns
        -------
        mapping
            From a name to a path or a `Sample`; a path alone stands for a file that states no size.
        """
        raise NotImplementedError("name some samples: def samples(self, folder): return {'plain': path}")

    def each(self, folder: Path) -> list[tuple[str, Sample]]:
        """The samples, made anew in `folder`."""
        folder = folder / "samples"
        folder.mkdir(exist_ok=True)
        given = self.samples(folder)
        assert given, "there must be a sample, or nothing is tried"
        return [(name, s if isinstance(s, Sample) else Sample(path=Path(s))) for name, s in given.items()]

    @contextmanager
    def source(self, sample: Sample) -> Iterator[OpenedSource]:
        """A sample opened through the core, with no other plugin in the way."""
        with using(catalogue_of(self.reader)), warnings.catch_warnings():
            warnings.simplefilter("ignore", OmioWarning)
            try:
                yield open_source(sample.path, Request(reader=self.reader.name, options=sample.options))
            finally:
                HANDLES.clear()

    @contextmanager
    def handle(self, path: Path, options: Mapping[str, Any]) -> Iterator[Opened]:
        """A file opened by the reader itself, so that foreign exceptions are seen as they are."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OmioWarning)
            opened: Opened = load(self.reader.open)(str(path.resolve()), **options)
            try:
                yield opened
            finally:
                opened.close()


def picture(image: Image) -> StoredPicture:
    """The picture of an image that comes straight from a file."""
    assert image.picture.stored is not None
    return image.picture.stored


def boxes_of(described: ImageDescription, level: int) -> Sequence[Box]:
    """The native boxes that exist."""
    one = described.levels[level]
    return (Box.whole(one.shape),) if one.present is None else one.present


def native(opened: Opened, index: int, level: int) -> NDArray[Any]:
    """All pixels of an image with its native axes, 0 where there are none; nothing of the core is between."""
    described = opened.images[index]
    out = np.zeros(described.levels[level].shape, described.dtype)
    for box in boxes_of(described, level):
        opened.read_into(out[tuple(slice(a, b) for a, b in box.spans)], index, box, level)
    return out


def same(one: NDArray[Any], other: NDArray[Any]) -> bool:
    """Whether two arrays are equal bit by bit: NaN equals NaN."""
    return one.shape == other.shape and one.dtype == other.dtype and one.tobytes() == other.tobytes()


def digest(pixels: NDArray[Any]) -> str:
    """A short name for shape, dtype and pixels."""
    text = f"{pixels.shape} {pixels.dtype.str} ".encode()
    return hashlib.blake2b(text + pixels.tobytes(), digest_size=16).hexdigest()


def some_boxes(shape: Sequence[int], blocks: Sequence[int], whole: Sequence[int] = (), n: int = 12) -> list[Box]:
    """Boxes to read: corners, single pixels, parts of blocks and boxes across their edges, the same in every run.

    Parameters
    ----------
    shape, blocks
        Of the picture; blocks may be larger than it.
    whole
        Axes that are never taken in part.
    n
        How many at random.
    """
    choose = random.Random(20)

    def span(axis: int) -> tuple[int, int]:
        length, block = shape[axis], min(blocks[axis], shape[axis])
        if axis in whole:
            return 0, length
        edge = choose.randrange(0, length, max(1, block))
        near = min(length - 1, max(0, edge + choose.choice((-1, 0, 0, 1))))
        start = choose.choice((near, choose.randrange(length)))
        return start, choose.randint(start + 1, min(length, start + block + 1))

    found = [Box(tuple(span(axis) for axis in range(len(shape)))) for _ in range(n)]
    ends = tuple((0, k) if axis in whole else (k - 1, k) for axis, k in enumerate(shape))
    first = tuple((0, k) if axis in whole else (0, 1) for axis, k in enumerate(shape))
    return [Box.whole(shape), Box(ends), Box(first), *found]


def buffers(shape: Sequence[int], dtype: np.dtype[Any]) -> Iterator[tuple[str, NDArray[Any]]]:
    """Arrays of every manner of strides to read into."""
    yield "C order", np.empty(shape, dtype)
    yield "Fortran order", np.empty(shape, dtype, order="F")
    yield "negative strides", np.empty(shape, dtype)[tuple(slice(None, None, -1) for _ in shape)]
    yield "every second element", np.empty([2 * n for n in shape], dtype)[tuple(slice(None, None, 2) for _ in shape)]
