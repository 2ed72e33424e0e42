"""Image: a lazy TZCYX picture with its metadata; it knows no format and holds no file.

Nothing is read until pixels are asked for. An image can be pickled, sliced, and read from many threads; what it
needs of the file is leased for the time of a read.
"""

from __future__ import annotations

import itertools
import operator
import uuid
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from omio_core.errors import LimitExceededError, MetadataError
from omio_core.geometry.axes import CANONICAL
from omio_core.geometry.box import Box
from omio_core.metadata.model import Metadata
from omio_core.pixels import handles
from omio_core.pixels.absence import check_present
from omio_core.pixels.array import ArrayPicture
from omio_core.pixels.cropped import CroppedPicture
from omio_core.pixels.picture import read
from omio_core.pixels.protocol import Picture
from omio_core.pixels.stream import fill, unit
from omio_core.settings import current
from omio_core.wording import advise, either

if TYPE_CHECKING:
    import dask.array
    from ome_types import OME

Index = int | slice | str


class Image:
    """A lazy picture with its metadata.

    Parameters
    ----------
    picture
        The pixels, TZCYX.
    metadata
        The metadata, or a picklable function without arguments that gives them at first use.
    vendor
        A function without arguments that gives the file's own metadata in its own terms.
    merged
        What was merged and how, if the image is a merge; an `omio_core.merging.recipe.Merge`.

    Examples
    --------
    >>> import numpy as np
    >>> image = Image.of_array(np.arange(24).reshape(2, 3, 4), axes="ZYX")
    >>> image.shape, image.at(Z=1).shape, image[0, 1, 0, 2, 3]
    ((1, 2, 1, 3, 4), (1, 1, 1, 3, 4), np.int64(23))
    """

    def __init__(
        self,
        picture: Picture,
        metadata: Metadata | Callable[[], Metadata],
        *,
        vendor: Callable[[], Any] | None = None,
        merged: Any = None,
    ):
        self.picture = picture
        self.merged = merged
        self._source = metadata  # kept when the metadata are known: a function pickles smaller
        self._known = metadata if isinstance(metadata, Metadata) else None
        self._vendor = vendor

    @classmethod
    def of_array(cls, array: Any, *, axes: str, metadata: Metadata | None = None) -> Image:
        """An image over an array in memory (or dask, or zarr); nothing is copied.

        Parameters
        ----------
        array
            Anything with shape and dtype that is sliced like numpy's arrays.
        axes
            One letter an axis of the array, Y and X among them.
        metadata
            Of the canonical picture; none known where None.

        Raises
        ------
        AmbiguousAxesError
            They do not fit the array.
        """
        from omio_core.geometry.axes import of_array

        understood = of_array(axes, array.shape)
        picture = ArrayPicture(array, understood)
        if metadata is None:
            metadata = Metadata(shape=picture.shape, dtype=str(picture.dtype), samples=understood.samples)
        return cls(picture, metadata)

    def __reduce__(self) -> tuple[Any, ...]:
        return _image, (self.picture, self._source, self._vendor, self.merged, self._known)

    def __repr__(self) -> str:
        sizes = " ".join(f"{a}{n}" for a, n in zip(CANONICAL, self.shape, strict=True))
        name = f" {self.name!r}" if self.name else ""
        return f"<Image{name} {sizes} {self.dtype}>"

    # -- what it is ------------------------------------------------------------------------------------------------

    @property
    def axes(self) -> str:
        """Always ``"TZCYX"``."""
        return CANONICAL

    @property
    def shape(self) -> tuple[int, ...]:
        """Five lengths, TZCYX."""
        return self.picture.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the pixels, in the machine's byte order."""
        return self.picture.dtype

    @property
    def ndim(self) -> int:
        """Always 5."""
        return 5

    @property
    def nbytes(self) -> int:
        """Bytes of all pixels in memory."""
        return Box.whole(self.shape).size * self.dtype.itemsize

    @property
    def metadata(self) -> Metadata:
        """The metadata; facts are parsed at first use."""
        if self._known is None:
            self._known = self._source if isinstance(self._source, Metadata) else self._source()
        return self._known

    @property
    def samples(self) -> int:
        """Samples of a pixel: 3 for RGB, else 1; nothing is parsed for it where the description tells."""
        return self.picture.samples if self._known is None else self._known.samples

    @property
    def name(self) -> str | None:
        """The image's name as its description has it; nothing is parsed for it."""
        name = self.picture.name
        if name is not None or not isinstance(self._source, Metadata):
            return name
        fact = self._source.facts.name
        return fact.value if fact else None

    @property
    def vendor(self) -> Any:
        """The file's own metadata in its own terms, or None."""
        return self._vendor() if self._vendor else None

    @property
    def ome(self) -> OME:
        """The metadata as the typed OME model of ome-types."""
        from omio_core.ome.write import model, one

        typed: OME = model(one(self.metadata))
        return typed

    @property
    def levels(self) -> tuple[tuple[int, ...], ...]:
        """TZCYX shapes of the resolutions in the file, full resolution first."""
        return self.picture.levels

    # -- parts of it -----------------------------------------------------------------------------------------------

    def level(self, index: int) -> Image:
        """The same image at another resolution; pixel sizes follow, with the origin "derived".

        Parameters
        ----------
        index
            Into `levels`.
        """
        if not -len(self.levels) <= index < len(self.levels):
            raise IndexError(f"the image has {len(self.levels)} level(s), not level {index}")
        picture = self.picture.at_level(index % len(self.levels))
        if picture is self.picture:
            return self
        return Image(picture, self.metadata.scaled(picture.shape), vendor=self._vendor)

    def at(self, **indices: Index) -> Image:
        """A lazy part of the image, axes spelled; it still has five axes.

        Parameters
        ----------
        **indices
            From an axis (T, Z, C, Y, X) to an index, a slice of step 1, or (C only) the name of a channel.

        Raises
        ------
        IndexError
            An index is outside, or an axis or a channel does not exist.
        """
        if unknown := set(indices) - set(CANONICAL):
            raise IndexError(f"there is no axis {', '.join(sorted(unknown))}; the axes are {', '.join(CANONICAL)}")
        spans = tuple(
            self._span(axis, n, indices.get(axis, slice(None))) for axis, n in zip(CANONICAL, self.shape, strict=True)
        )
        box = Box(spans)
        return Image(CroppedPicture(self.picture, box), self.metadata.crop(box), vendor=self._vendor)

    def _span(self, axis: str, length: int, index: Index) -> tuple[int, int]:
        if isinstance(index, str):
            return self._channel(axis, index)
        if isinstance(index, slice):
            start, stop, step = index.indices(length)
            if step != 1 or stop <= start:
                raise IndexError(f"{axis}={index} is empty or has a step; take a slice of step 1")
            return start, stop
        at = operator.index(index)
        if not -length <= at < length:
            raise IndexError(f"{axis}={at} is outside: the length is {length}")
        return at % length, at % length + 1

    def _channel(self, axis: str, name: str) -> tuple[int, int]:
        names = [channel.name.value if channel.name else None for channel in self.metadata.channels]
        if axis != "C" or names.count(name) != 1:
            raise IndexError(f"{axis}={name!r} names no single channel; channels are {names}")
        s = self.metadata.samples
        return names.index(name) * s, (names.index(name) + 1) * s

    def __getitem__(self, key: Any) -> Any:
        """Pixels, indexed as numpy does with integers, slices and an ellipsis; only what is asked for is read."""
        keys = _five(key)
        spans: list[tuple[int, int]] = []
        after: list[slice | int] = []
        for axis, length, one in zip(CANONICAL, self.shape, keys, strict=True):
            if isinstance(one, slice):
                picked = range(length)[one]
                spans.append((min(picked[0], picked[-1]), max(picked[0], picked[-1]) + 1) if picked else (0, 0))
                after.append(slice(None, None, picked.step) if picked else slice(None))
            else:
                start, stop = self._span(axis, length, one)
                spans.append((start, stop))
                after.append(0)
        box = Box(tuple(spans))
        return self._pixels(box)[tuple(after)]

    def _pixels(self, box: Box) -> NDArray[Any]:
        out = self._room(box)
        if box.size:
            fill(self.picture, out, box)
        return out

    def _room(self, box: Box) -> NDArray[Any]:
        """Memory for a region; refused before it is taken, because absent pixels cost a file nothing."""
        check_present(self.picture, box)
        needed, allowed = box.size * self.dtype.itemsize, current().max_memory
        if needed <= allowed:
            try:
                return np.empty(box.shape, self.dtype)
            except MemoryError:
                allowed = 0
        raise LimitExceededError(
            f"{needed:,} bytes of pixels do not fit into memory",
            evidence=f"TZCYX {box.shape} of {self.dtype}" + (f"; at most {allowed:,} are allowed" if allowed else ""),
            remedy=either(
                "read a part of it", advise("take {lazy}", lazy=True), "convert it, which never holds it whole"
            ),
            needed=needed,
        )

    # -- all of it -------------------------------------------------------------------------------------------------

    def to_numpy(self, out: NDArray[Any] | None = None) -> NDArray[Any]:
        """All pixels in memory, read on all cores straight into place.

        Parameters
        ----------
        out
            An array of this shape, of any dtype and strides, to read into; pixels are cast to its dtype.
        """
        if out is None:
            return self._pixels(Box.whole(self.shape))
        if out.shape != self.shape or not out.flags.writeable:
            raise MetadataError(
                "out= cannot take this image",
                evidence=f"its shape is {out.shape}, the image's {self.shape}; writable: {out.flags.writeable}",
                remedy="give a writable array of the image's shape",
            )
        fill(self.picture, out)
        return out

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("an Image is read from its file: an array of it is always new")
        pixels = self.to_numpy()
        return pixels if dtype is None else pixels.astype(dtype, copy=False)

    def to_dask(self, chunks: Sequence[int] | None = None) -> dask.array.Array:
        """A dask array over the image; each task reads its own chunk and starts no threads.

        Parameters
        ----------
        chunks
            TZCYX shape of a chunk; whole blocks of the file of at least 1 MiB where None.
        """
        import dask.array as da

        size = tuple(chunks or unit(self.shape, self.picture.blocks, self.dtype.itemsize))
        cuts = tuple(
            tuple(min(step, length - at) for at in range(0, length, step))
            for length, step in zip(self.shape, size, strict=True)
        )
        name = f"omio-{uuid.uuid4().hex}"
        boxes = {
            index: _box(index, size, self.shape) for index in itertools.product(*(range(len(along)) for along in cuts))
        }
        whole = self.picture
        graph = {(name, *index): (_chunk, whole.only(box), box) for index, box in boxes.items()}
        return da.Array(graph, name, cuts, dtype=self.dtype)  # type: ignore[no-untyped-call]

    def to_memmap(self) -> NDArray[Any]:
        """All pixels as a read-only map of the file, TZCYX, in its byte order: nothing is read before it is looked at.

        The map needs the file as it is: cutting it short while it is mapped ends the process.

        Raises
        ------
        UnsupportedFeatureError
            The pixels do not lie in one file as they are: compressed, in pieces, or absent in part.
        FileChangedError
            The file is not the one that was opened.
        """
        from omio_core.pixels.memmap import mapped

        return mapped(self.picture)

    def explain(self) -> str:
        """Every value and where it comes from, every assumption, what is absent: for people."""
        from .explain import of_image

        return of_image(self)

    # -- its file --------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Let go of its files now, not when they fall out of use; the image stays usable and opens them again."""
        for leaf in self.picture.leaves:
            if leaf.stored is not None:
                handles.HANDLES.drop(leaf.stored.key)

    def __enter__(self) -> Image:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _image(
    picture: Picture, metadata: Any, vendor: Callable[[], Any] | None, merged: Any, known: Metadata | None
) -> Image:
    image = Image(picture, metadata, vendor=vendor, merged=merged)
    image._known = known
    return image


def _box(index: Sequence[int], size: Sequence[int], shape: Sequence[int]) -> Box:
    return Box(tuple((i * step, min(n, (i + 1) * step)) for i, step, n in zip(index, size, shape, strict=True)))


def _chunk(picture: Picture, box: Box) -> NDArray[Any]:
    out = np.empty(box.shape, picture.dtype)
    read(picture, out, box)
    return out


def _five(key: Any) -> tuple[Any, ...]:
    keys = key if isinstance(key, tuple) else (key,)
    if dots := [i for i, k in enumerate(keys) if k is Ellipsis]:  # `in` would compare arrays
        at = dots[0]
        if len(dots) > 1:
            raise IndexError("an index can have one ellipsis")
        keys = (*keys[:at], *(slice(None),) * (6 - len(keys)), *keys[at + 1 :])
    if len(keys) > 5:
        raise IndexError(f"{len(keys)} indices for the five axes {CANONICAL}")
    for one in keys:
        if not isinstance(one, slice | int) and (not hasattr(one, "__index__") or np.ndim(one)):
            raise IndexError(f"{one!r} is no index; take integers, slices and ..., or image.at(T=.., C=..)")
    return (*keys, *(slice(None),) * (5 - len(keys)))


__all__ = ["Image"]
