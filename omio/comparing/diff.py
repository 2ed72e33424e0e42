"""Compare two files, or two images: open both sides and compare their images in pairs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, Literal

from omio.request import make_request
from omio.sources.kinds import Folder, source_of
from omio_core.errors import OmioError
from omio_core.images.image import Image
from omio_core.wording import Blank, advise, worded

from . import compare
from .folders import folders
from .values import Difference

Source = str | os.PathLike[str] | Image

__all__ = ["diff"]


def diff(
    a: Source,
    b: Source,
    *,
    image: int | str | None = None,
    pixels: bool | Literal["all"] = True,
    reader: str | None = None,
    axes: str | None = None,
    pixel_size: Any = None,
    time_increment: float | None = None,
    channel_names: Sequence[str] | None = None,
    **others: Any,
) -> Difference:
    """Report what B lost, changed and added against A, and whether the pixels are equal.

    Parameters
    ----------
    a, b
        Paths, or images as `imopen` returns them. The images of two files are compared in pairs, in file order, if both
        have the same number of images. Those of folders, of a file and a folder, and of a file of several images and
        one that was made of it, are paired by the records in the files, and what no record pairs by its name.
    image
        An index or a name: that image of each file that holds several, and the only image of a file that holds one.
    pixels
        Whether to compare pixels: ``True`` stops at the tenth plane that differs, ``"all"`` counts them all. Pixels are
        read block by block, on all cores, and are never all in memory.
    reader, axes, pixel_size, time_increment, channel_names, **others
        As for `imread`; they apply to both paths.

    Returns
    -------
    Difference
        Lengths are compared as micrometres and times as seconds; they are the same if they differ by no more than one
        part in a million. What a file does not state is unknown: known only in A is lost, known only in B is added.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    OmioError
        As for `imread`; or `pixels` has an unknown value.

    Examples
    --------
    >>> diff("stack.lsm", "stack.ome.tif").lost  # doctest: +SKIP
    ()
    """
    request = make_request(reader, axes, pixel_size, time_increment, channel_names, others)
    if pixels not in (True, False, "all"):
        raise OmioError(f"pixels cannot be {pixels!r}", remedy='give True, False or "all"')
    if image is None and (_is_folder(a) or _is_folder(b)):
        return folders(a, b, request, pixels)
    with ExitStack() as stack:
        left, right = (compare.images(side, image, request, stack) for side in (a, b))
        names = compare.name(a), compare.name(b)
        if len(left) != len(right):
            if image is None and not isinstance(a, Image) and not isinstance(b, Image):
                by_record = folders(a, b, request, pixels)
                if by_record.images:
                    return by_record
            advice = advise("choose one with {image}", image=Blank("index or name"))
            why = worded("A holds {} images, B {}; {}", len(left), len(right), advice)
            return Difference(a=names[0], b=names[1], images=(), uncompared=why)
        pairs = zip(left, right, strict=True)
        differences = tuple(compare.pair(f"image {i}", *both, pixels=pixels) for i, both in enumerate(pairs))
    return Difference(a=names[0], b=names[1], images=differences)


def _is_folder(side: Source) -> bool:
    return not isinstance(side, Image) and isinstance(source_of(side), Folder)
