"""Compare two files, or two images: open both sides and compare their images in pairs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, Literal

from omio.request import make_request
from omio_core.errors import OmioError
from omio_core.images.image import Image
from omio_core.wording import Blank, advise, worded

from . import compare
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
    """What B lost, changed and added against A, and whether the pixels are equal.

    Parameters
    ----------
    a, b
        Paths, or images as `imopen` gives them. The images of two files are compared one by one, in file order, where
        both have as many.
    image
        An index or a name: that image of each file that holds several, and the one of a file that holds one.
    pixels
        Whether to compare pixels: ``True`` stops at the tenth plane that differs, ``"all"`` counts them all. They are
        read block by block, on all cores, and never whole in memory.
    reader, axes, pixel_size, time_increment, channel_names, **others
        As for `imread`; of both paths.

    Returns
    -------
    Difference
        Lengths are compared as micrometres and times as seconds, and are the same where they differ by no more than a
        millionth part. What a file does not state is unknown: known in A alone is lost, known in B alone is added.

    Raises
    ------
    FileNotFoundError, OmioError
        As for `imread`.

    Examples
    --------
    >>> diff("stack.lsm", "stack.ome.tif").lost  # doctest: +SKIP
    ()
    """
    request = make_request(reader, axes, pixel_size, time_increment, channel_names, others)
    if pixels not in (True, False, "all"):
        raise OmioError(f"pixels cannot be {pixels!r}", remedy='give True, False or "all"')
    with ExitStack() as stack:
        left, right = (compare.images(one, image, request, stack) for one in (a, b))
        names = compare.name(a), compare.name(b)
        if len(left) != len(right):
            choose = advise("choose one with {image}", image=Blank("index or name"))
            why = worded("A holds {} images, B {}; {}", len(left), len(right), choose)
            return Difference(a=names[0], b=names[1], images=(), uncompared=why)
        pairs = zip(left, right, strict=True)
        found = tuple(compare.pair(f"image {i}", *both, pixels=pixels) for i, both in enumerate(pairs))
    return Difference(a=names[0], b=names[1], images=found)
