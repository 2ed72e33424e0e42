"""Samples: the files on which a reader is tested, and how the checks open and read them; knows no format."""

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

from omio_core.errors import AbsentDataError, OmioWarning
from omio_core.files.local import locate
from omio_core.files.location import Location
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
    """One file (or folder) in the reader's format, and its known content.

    Parameters
    ----------
    path
        The file; it should be small, because it is read dozens of times.
    arrays
        A mapping from image indices to TZCYX pixels; other images are compared only with themselves.
    sizes
        A mapping from image indices to the sizes that the file states, by public name, in micrometres and seconds, such
        as ``{0: {"PhysicalSizeX": 0.25, "TimeIncrement": 2.0}}``. All other sizes must be unknown.
    options
        The reader's options for opening the file.
    """

    path: Path
    arrays: Mapping[int, NDArray[Any]] = field(default_factory=dict)
    sizes: Mapping[int, Mapping[str, float]] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


def _accept(case: object) -> str:
    return "accept"


def _warn(case: object) -> str:
    return "warn"


def catalogue_of(reader: Reader) -> Catalogue:
    """Return a catalogue with only this reader, and policies that accept all assumptions and absent planes silently."""
    rules = {"axes": _accept, "absent_planes": _accept, "missing": _accept, "absent_files": _warn}
    policies = tuple(
        Policy(kind=kind, name=getattr(Policies(), kind), decide=rule, summary="for the conformance kit")
        for kind, rule in rules.items()
    )
    return Catalogue(readers=(reader,), policies=policies)


class Subject:
    """The part that the author defines: a reader and samples of its format; `ReaderContract` adds the checks."""

    reader: Reader
    """The reader under test."""

    truncated_is_shorter = False
    """Whether the format does not state its length, so that a truncated file is a valid, shorter picture."""

    needs_local_file = False
    """Whether the reader needs `Location.local_path`, as with a library that takes only paths; it says so elsewhere."""

    def samples(self, folder: Path) -> Mapping[str, Path | Sample]:
        """Make samples, or return existing files, which are only read.

        Parameters
        ----------
        folder
            An empty folder in which to make them.

        Returns
        -------
        mapping
            From names to paths or `Sample` objects; a path alone stands for a file that states no size.
        """
        raise NotImplementedError("name some samples: def samples(self, folder): return {'plain': path}")

    def make_samples(self, folder: Path) -> list[tuple[str, Sample]]:
        """Return the samples with their names, made anew in `folder`."""
        folder = folder / "samples"
        folder.mkdir(exist_ok=True)
        samples = self.samples(folder)
        assert samples, "there must be a sample, or nothing is tried"
        return [
            (name, sample if isinstance(sample, Sample) else Sample(path=Path(sample)))
            for name, sample in samples.items()
        ]

    @contextmanager
    def source(self, sample: Sample) -> Iterator[OpenedSource]:
        """Open a sample through the core, with no other plugin installed."""
        with using(catalogue_of(self.reader)), warnings.catch_warnings():
            warnings.simplefilter("ignore", OmioWarning)
            try:
                yield open_source(sample.path, Request(reader=self.reader.name, options=sample.options))
            finally:
                HANDLES.clear()

    @contextmanager
    def handle(self, place: Path | Location, options: Mapping[str, Any]) -> Iterator[Opened]:
        """Open a file directly with the reader, so that its exceptions are not wrapped."""
        location = place if isinstance(place, Location) else locate(place.resolve())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OmioWarning)
            opened: Opened = load(self.reader.open)(location, **options)
            try:
                yield opened
            finally:
                opened.close()


def picture(image: Image) -> StoredPicture:
    """Return the picture of an image that comes directly from a file."""
    assert image.picture.stored is not None
    return image.picture.stored


def boxes_of(description: ImageDescription, level: int) -> Sequence[Box]:
    """Return the native boxes that exist at a level."""
    return description.levels[level].existing()


def native(opened: Opened, index: int, level: int) -> NDArray[Any]:
    """Read all pixels of an image with native axes, 0 where absent, directly from the reader without the core."""
    description = opened.images[index]
    out = np.zeros(description.levels[level].shape, description.dtype)
    for box in boxes_of(description, level):
        read_present(opened, out[tuple(slice(a, b) for a, b in box.spans)], index, box, level)
    return out


def read_present(opened: Opened, out: NDArray[Any], index: int, box: Box, level: int) -> tuple[Box, ...]:
    """Read a box directly from the reader, 0 where that turns out to be absent; returns the absent boxes."""
    try:
        opened.read_into(out, index, box, level)
    except AbsentDataError as error:
        absent = getattr(error, "boxes", None)
        if not isinstance(absent, tuple) or not absent:
            raise AssertionError("AbsentDataError(boxes=) must name the absent boxes, in a tuple") from error
        for part in absent:
            inside = isinstance(part, Box) and (part & box) == part
            assert inside, f"AbsentDataError names {part!r}, which is not inside the asked {box}"
            out[part.within(box)] = 0
        return absent
    return ()


def same(first: NDArray[Any], second: NDArray[Any]) -> bool:
    """Whether two arrays are equal bit by bit; NaN equals NaN."""
    return first.shape == second.shape and first.dtype == second.dtype and first.tobytes() == second.tobytes()


def digest(pixels: NDArray[Any]) -> str:
    """Return a digest of shape, dtype and pixels."""
    text = f"{pixels.shape} {pixels.dtype.str} ".encode()
    return hashlib.blake2b(text + pixels.tobytes(), digest_size=16).hexdigest()


def some_boxes(shape: Sequence[int], blocks: Sequence[int], uncut_axes: Sequence[int] = (), n: int = 12) -> list[Box]:
    """Return boxes to read: corners, single pixels, parts of blocks, boxes across their edges; the same in every run.

    Parameters
    ----------
    shape, blocks
        Those of the picture; blocks may be larger than the shape.
    uncut_axes
        Axes that every box contains completely.
    n
        Number of random boxes.
    """
    choose = random.Random(20)

    def span(axis: int) -> tuple[int, int]:
        length, block = shape[axis], min(blocks[axis], shape[axis])
        if axis in uncut_axes:
            return 0, length
        edge = choose.randrange(0, length, max(1, block))
        near_edge = min(length - 1, max(0, edge + choose.choice((-1, 0, 0, 1))))
        start = choose.choice((near_edge, choose.randrange(length)))
        return start, choose.randint(start + 1, min(length, start + block + 1))

    random_boxes = [Box(tuple(span(axis) for axis in range(len(shape)))) for _ in range(n)]
    last = tuple((0, size) if axis in uncut_axes else (size - 1, size) for axis, size in enumerate(shape))
    first = tuple((0, size) if axis in uncut_axes else (0, 1) for axis, size in enumerate(shape))
    return [Box.whole(shape), Box(last), Box(first), *random_boxes]


def buffers(shape: Sequence[int], dtype: np.dtype[Any]) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield arrays to read into, with all kinds of strides."""
    yield "C order", np.empty(shape, dtype)
    yield "Fortran order", np.empty(shape, dtype, order="F")
    yield "negative strides", np.empty(shape, dtype)[tuple(slice(None, None, -1) for _ in shape)]
    yield (
        "every second element",
        np.empty([2 * length for length in shape], dtype)[tuple(slice(None, None, 2) for _ in shape)],
    )
