"""Image: a lazy TZCYX picture with its metadata; knows no format and keeps no file open.

Nothing is read until pixels are requested. An image can be pickled, sliced, and read from many threads; each read
leases the handle of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from omio_core.errors import LimitExceededError, MetadataError
from omio_core.geometry.axes import CANONICAL
from omio_core.geometry.axes import of_array as layout_of_array
from omio_core.geometry.box import Box
from omio_core.metadata.model import Metadata
from omio_core.ome import write as ome_write
from omio_core.pixels import handles
from omio_core.pixels.absence import check_present
from omio_core.pixels.array import ArrayPicture
from omio_core.pixels.cropped import CroppedPicture
from omio_core.pixels.memmap import mapped
from omio_core.pixels.protocol import Picture
from omio_core.pixels.stream import fill
from omio_core.settings import current_settings
from omio_core.wording import advise, either

from .explain import of_image
from .indices import expand_key, span

if TYPE_CHECKING:
    import dask.array
    import PIL.Image
    import zarr
    from ome_types import OME
    from zarr.abc.store import Store

Index = int | slice | str


class Image:
    """A lazy picture with its metadata.

    Parameters
    ----------
    picture
        The pixels, TZCYX.
    metadata
        The metadata, or a picklable function without arguments that returns them at first use.
    vendor
        A function without arguments that returns the file's own metadata in its own terms.
    merged
        If the image is a merge, an `omio_core.merging.recipe.Merge` that describes its inputs and policies.

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
        self._source = metadata  # kept even when the metadata are known: a function is smaller to pickle
        self._known = metadata if isinstance(metadata, Metadata) else None
        self._vendor = vendor

    @classmethod
    def of_array(cls, array: Any, *, axes: str, metadata: Metadata | None = None) -> Image:
        """Return an image of an array in memory, or of a dask or zarr array; nothing is copied.

        Parameters
        ----------
        array
            Any object with a shape and a dtype that is sliced like a numpy array.
        axes
            One letter per axis of the array, including Y and X.
        metadata
            The metadata of the TZCYX picture; if None, everything is unknown.

        Raises
        ------
        AmbiguousAxesError
            The axes do not fit the array.
        """
        understood = layout_of_array(axes, array.shape)
        picture = ArrayPicture(array, understood)
        if metadata is None:
            metadata = Metadata(shape=picture.shape, dtype=str(picture.dtype), samples=understood.samples)
        return cls(picture, metadata)

    def __reduce__(self) -> tuple[Any, ...]:
        return _image, (self.picture, self._source, self._vendor, self.merged, self._known)

    def __repr__(self) -> str:
        sizes = " ".join(f"{axis}{length}" for axis, length in zip(CANONICAL, self.shape, strict=True))
        name = f" {self.name!r}" if self.name else ""
        return f"<Image{name} {sizes} {self.dtype}>"

    # -- properties ------------------------------------------------------------------------------------------------

    @property
    def axes(self) -> str:
        """Always ``"TZCYX"``."""
        return CANONICAL

    @property
    def shape(self) -> tuple[int, ...]:
        """The five lengths along TZCYX."""
        return self.picture.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the pixels, in the machine's byte order."""
        return self.picture.dtype

    @property
    def ndim(self) -> int:
        """Always 5."""
        return 5

    @property
    def nbytes(self) -> int:
        """Size of all pixels in memory, in bytes."""
        return Box.whole(self.shape).size * self.dtype.itemsize

    @property
    def metadata(self) -> Metadata:
        """The metadata; facts are parsed at first use."""
        if self._known is None:
            self._known = self._source if isinstance(self._source, Metadata) else self._source()
        return self._known

    @property
    def samples(self) -> int:
        """Samples per pixel: 3 for RGB, else 1; comes from the description, so that no metadata need be parsed."""
        return self.picture.samples if self._known is None else self._known.samples

    @property
    def name(self) -> str | None:
        """The image's name from its description; no metadata are parsed for it."""
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
        typed: OME = ome_write.model(ome_write.one(self.metadata))
        return typed

    @property
    def levels(self) -> tuple[tuple[int, ...], ...]:
        """TZCYX shapes of the resolutions in the file, full resolution first."""
        return self.picture.levels

    # -- parts -----------------------------------------------------------------------------------------------

    def level(self, index: int) -> Image:
        """Return the image at another resolution; pixel sizes are scaled, with the origin "derived".

        Parameters
        ----------
        index
            An index into `levels`; raises IndexError outside.
        """
        if not -len(self.levels) <= index < len(self.levels):
            raise IndexError(f"the image has {len(self.levels)} level(s), not level {index}")
        picture = self.picture.at_level(index % len(self.levels))
        if picture is self.picture:
            return self
        return Image(picture, self.metadata.scaled(picture.shape), vendor=self._vendor)

    def at(self, **indices: Index) -> Image:
        """Return a lazy part of the image, selected by the names of axes; it still has five axes.

        Parameters
        ----------
        **indices
            For an axis (T, Z, C, Y, X), an index, a slice of step 1, or (C only) the name of a channel.

        Raises
        ------
        IndexError
            An index is out of range, a slice is empty or has a step, or an axis or a channel does not exist.
        """
        if unknown := set(indices) - set(CANONICAL):
            raise IndexError(f"there is no axis {', '.join(sorted(unknown))}; the axes are {', '.join(CANONICAL)}")
        spans = tuple(
            self._span(axis, length, indices.get(axis, slice(None)))
            for axis, length in zip(CANONICAL, self.shape, strict=True)
        )
        box = Box(spans)
        return Image(CroppedPicture(self.picture, box), self.metadata.crop(box), vendor=self._vendor)

    def _span(self, axis: str, length: int, index: Index) -> tuple[int, int]:
        if isinstance(index, str):
            return self._channel(axis, index)
        return span(axis, length, index)

    def _channel(self, axis: str, name: str) -> tuple[int, int]:
        names = [channel.name.value if channel.name else None for channel in self.metadata.channels]
        if axis != "C" or names.count(name) != 1:
            raise IndexError(f"{axis}={name!r} names no single channel; channels are {names}")
        samples = self.metadata.samples
        return names.index(name) * samples, (names.index(name) + 1) * samples

    def __getitem__(self, key: Any) -> Any:
        """Return pixels for integers, slices and an ellipsis, as numpy does; only the requested pixels are read."""
        keys = expand_key(key)
        spans: list[tuple[int, int]] = []
        within_box: list[slice | int] = []
        for axis, length, index in zip(CANONICAL, self.shape, keys, strict=True):
            if isinstance(index, slice):
                chosen = range(length)[index]
                spans.append((min(chosen[0], chosen[-1]), max(chosen[0], chosen[-1]) + 1) if chosen else (0, 0))
                within_box.append(slice(None, None, chosen.step) if chosen else slice(None))
            else:
                start, stop = self._span(axis, length, index)
                spans.append((start, stop))
                within_box.append(0)
        box = Box(tuple(spans))
        return self._read_box(box)[tuple(within_box)]

    def _read_box(self, box: Box) -> NDArray[Any]:
        out = self._allocate(box)
        if box.size:
            fill(self.picture, out, box)
        return out

    def _allocate(self, box: Box) -> NDArray[Any]:
        """Allocate memory for a region, or refuse first: absent pixels cost nothing in a file, but do in memory."""
        check_present(self.picture, box)
        needed, allowed = box.size * self.dtype.itemsize, current_settings().max_memory
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

    # -- all pixels -------------------------------------------------------------------------------------------------

    def to_numpy(self, out: NDArray[Any] | None = None) -> NDArray[Any]:
        """Read all pixels into an array in memory, on all cores and without a further copy.

        Parameters
        ----------
        out
            An array of the image's shape, with any dtype and strides, to read into; pixels are cast to its dtype.

        Raises LimitExceededError if the pixels do not fit into memory, MetadataError if `out` does not fit the image.
        """
        if out is None:
            return self._read_box(Box.whole(self.shape))
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
        """Return a dask array of the image; each task reads one chunk and starts no threads.

        Parameters
        ----------
        chunks
            TZCYX shape of a chunk; if None, whole blocks of the file of at least 1 MiB.
        """
        from omio_core.pixels.lazyarray import dask_array

        return dask_array(self.picture, chunks)

    def aszarr(self) -> Store:
        """Return a read-only zarr store of the image: an OME-Zarr 0.5 that is read when asked; nothing is copied.

        Its arrays "0", "1", ... are the resolutions, full resolution first. Their axes are **TCZYX**, as in OME-Zarr: Z
        and C are exchanged against the image. A chunk is made of whole blocks of the file. The store opens at once, is
        read from many threads, and can be pickled as the image can.

        Raises UnsupportedFeatureError, when the store is opened with zarr, if zarr has no such type of pixels.

        Examples
        --------
        >>> import zarr
        >>> store = Image.of_array(np.arange(24).reshape(2, 3, 4), axes="ZYX").aszarr()
        >>> zarr.open_group(store, mode="r")["0"][0, 0, 1, 2, 3]
        array(23)
        """
        from omio_core.pixels.zarrstore import PictureStore

        return PictureStore(self.picture, self._known or self._source)

    def to_zarr(self, store: Store) -> zarr.Group:
        """Copy all pixels and facts into an empty zarr store, as an OME-Zarr 0.5 with a checksum for each chunk.

        Returns the group, with the arrays of `aszarr`. It is written last: an interrupted copy is no group.

        Raises WriteError if the store is read-only or not empty.
        """
        from omio_core.pixels.zarrcopy import copy_into
        from omio_core.pixels.zarrstore import PictureStore

        return copy_into(PictureStore(self.picture, self._known or self._source), store)

    def to_memmap(self) -> NDArray[Any]:
        """Return a read-only memory map of the file, TZCYX, in its byte order; pixels are read when accessed.

        The file must stay as it is: if it is truncated while it is mapped, the process is killed.

        Raises
        ------
        UnsupportedFeatureError
            The pixels are compressed, divided into pieces, partly absent, or not in one file.
        FileChangedError
            The file has changed since it was opened.
        """
        return mapped(self.picture)

    def explain(self) -> str:
        """Return a text for people: every value with its origin, every assumption, and what is absent."""
        return of_image(self)

    def preview(self, *, z: Literal["middle", "max"] = "middle", size: int = 256) -> PIL.Image.Image:
        """Return a small RGB picture: a notebook shows it, its ``save`` writes it, ``np.asarray`` takes it.

        It shows the first, a middle and the last time; all channels together, and each in its colour; the middle plane
        of Z, or with ``z="max"`` the maximum; a scale bar, or that the size is unknown. `size` is the longer edge of a
        panel in pixels, 64 to 2048. Little is read, however large the image is: a smaller level where there is one,
        else some rows or the middle of a plane of more than 16 MiB.

        Raises MetadataError for another `z` or `size`, and OmioError if the pixels cannot be read.
        """
        from omio_core.rendering.preview import preview

        return preview(self, z=z, size=size)

    # -- files --------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Close the files of the image now; the image stays usable, and opens them again when needed."""
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


__all__ = ["Image"]
