"""Images as zarr arrays: in memory, or from the cache on disk; it takes no flag that it has not checked."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import zarr

from omio.request import Dict
from omio_core.errors import UnknownOptionError
from omio_core.images.image import Image
from omio_core.images.overrides import Request
from omio_core.metadata.from_dict import CACHE_KEYS
from omio_core.pixels.zarroverlay import overlay_array
from omio_core.wording import OneOf, advise

from .build import find_or_make
from .store import open_entry

STORES = ("memory", "disk")


@dataclass(frozen=True, slots=True, kw_only=True)
class ZarrStore:
    """How the caller wants zarr arrays; see `omio.imread`.

    Parameters
    ----------
    kind
        ``"memory"`` or ``"disk"``.
    folder
        The folder of the cache; None: beside the source.
    reuse
        Whether an entry that exists may be used.
    """

    kind: str
    folder: str | os.PathLike[str] | None = None
    reuse: bool = True

    @classmethod
    def chosen(cls, kind: str, folder: str | os.PathLike[str] | None, reuse: bool, *, lazy: bool) -> ZarrStore:
        """Check the keywords of a caller.

        Raises
        ------
        UnknownOptionError
            There is no such store, or dask arrays are wanted too.
        """
        if kind not in STORES:
            raise UnknownOptionError(
                f"zarr_store={kind!r} is no store",
                evidence=f"there are {' and '.join(STORES)}",
                remedy=advise("choose {zarr_store}, or leave it out", zarr_store=OneOf(STORES)),
                options=("zarr_store",),
            )
        if lazy:
            raise UnknownOptionError(
                "lazy=True and zarr_store= ask for two kinds of array",
                evidence=f"a dask array, and a zarr array in {kind}",
                remedy=advise("leave one of {lazy} and {zarr_store} out", lazy=True, zarr_store=kind),
                options=("lazy", "zarr_store"),
            )
        return cls(kind=kind, folder=folder, reuse=reuse)


def arrays(images: Sequence[Image], request: Request, store: ZarrStore) -> tuple[list[zarr.Array[Any]], list[Dict]]:
    """Return images as zarr arrays, TZCYX, and for each what its dict says of the store.

    Arrays in memory read from the files when they are asked. Arrays on disk are read-only, and the files are closed.

    Raises
    ------
    UnsupportedFeatureError
        zarr has no such type of pixels.
    ReadError, WriteError, CacheError
        See `omio.cache.build.find_or_make`.
    """
    if store.kind == "memory":
        return [overlay_array(image.picture) for image in images], [{} for _ in images]
    try:
        paths = [find_or_make(image, request, store.folder, reuse=store.reuse) for image in images]
    finally:
        for image in images:
            image.close()
    return [open_entry(path) for path in paths], [_said(path) for path in paths]


def _said(path: Path) -> Dict:
    """Return the keys of the first OMIO that say where an entry is."""
    return dict(zip(CACHE_KEYS, (str(path.parent), str(path), path.name, "disk"), strict=True))
