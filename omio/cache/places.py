"""Where the cache of an image is: beside its source, in a folder that the caller names, or in the user's own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from omio_core.files.local import LocalLocation
from omio_core.pixels.protocol import Picture

FOLDER = ".omio_cache"
"""The name of every cache folder, as the first OMIO has it. Listings of folders leave it out: it is hidden."""


def named_folder(path: str | os.PathLike[str]) -> Path:
    """Return the cache folder in a folder that the caller names; one that is a cache folder is returned as it is."""
    folder = Path(os.path.abspath(os.fspath(path)))
    return folder if folder.name == FOLDER else folder / FOLDER


def folder_beside(picture: Picture) -> Path | None:
    """Return the cache folder beside the first file of a picture; None if that file is not on this machine."""
    stored = picture.leaves[0].stored
    location = None if stored is None else stored.key.location
    return Path(location.parent.path) / FOLDER if isinstance(location, LocalLocation) else None


def user_folder() -> Path:
    """Return the user's cache folder, for sources beside which nothing can be written.

    ``XDG_CACHE_HOME`` (https://specifications.freedesktop.org/basedir-spec/latest/) or ``~/.cache``; on macOS
    ``~/Library/Caches``; on Windows ``LOCALAPPDATA``.
    """
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        stated = os.environ.get("XDG_CACHE_HOME", "")
        base = Path(stated) if os.path.isabs(stated) else home / ".cache"
    return base / "omio" / FOLDER
