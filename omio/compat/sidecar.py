"""Write sidecars to fill in, for files that do not say what they hold; knows no format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omio_core.images import sidecar

if TYPE_CHECKING:
    import os
    from pathlib import Path


def create_thorlabs_raw_yaml(
    path: str | os.PathLike[str], out: str | os.PathLike[str] | None = None, *, collision: str = "raise"
) -> Path | None:
    """Write a sidecar template for a file that does not say what it holds, such as Thorlabs RAW; you fill it in.

    The template has what is known of the file, and the shapes that would fit its size.

    Parameters
    ----------
    path
        The file to describe.
    out
        A file, or a folder that exists; ``<stem>.yaml`` beside `path` where None.
    collision
        What to do if the name is taken: ``"raise"``, ``"overwrite"``, ``"number"``, ``"skip"``.

    Returns
    -------
    pathlib.Path or None
        The file written; None where ``collision="skip"`` keeps an existing file.

    Raises
    ------
    NoReaderError
        No reader has sidecars for files of that name.
    WriteError
        The name is taken, or the disk refuses.

    Examples
    --------
    >>> create_thorlabs_raw_yaml("Image_001_001.raw")  # doctest: +SKIP
    PosixPath('Image_001_001.yaml')
    """
    return sidecar.write(path, out, collision=collision)
