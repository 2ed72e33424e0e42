"""The first OMIO's name for the removal of cache entries; `omio.cache.removal` does the work."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from .first_omio import refuse_others

__all__ = ["cleanup_omio_cache"]

_log = logging.getLogger("omio")


def cleanup_omio_cache(
    path: str | os.PathLike[str], full_cleanup: bool = False, *, dry_run: bool = False, **others: Any
) -> list[Path]:
    """Remove cache entries that `imread` made with ``zarr_store="disk"``; nothing else is ever removed.

    Parameters
    ----------
    path
        A file, which may be gone: its entries are removed, beside it and in the user's cache folder. A folder: all
        entries of the cache folder in it, such as the one that you chose with ``zarr_store_path``, and the entries of
        the folder itself if it is an image. A cache folder: all its entries. An entry: this one.
    full_cleanup
        For a file, remove all entries of the cache folder beside it.
    dry_run
        Remove nothing, and return what would be removed.

    Returns
    -------
    list of pathlib.Path
        The entries that were removed, and the cache folders that were empty then. What was left, and why, is in the
        log ``omio``.

    Raises
    ------
    FileNotFoundError
        There is no such file or folder, and no entry of it.

    Examples
    --------
    >>> cleanup_omio_cache("stack.tif", dry_run=True)  # doctest: +SKIP
    [PosixPath('/data/.omio_cache/stack.tif.2f6a8f0c5d1e9b34.zarr')]
    """
    from omio.cache.removal import remove

    refuse_others("cleanup_omio_cache", others)
    removal = remove(path, everything=full_cleanup, dry_run=dry_run)
    for left, why in removal.kept:
        _log.info("%s is left: %s", left, why)
    return list(removal.removed)
