"""How much memory an output of a plan needs, and whether the caller allows it; it knows no format."""

from __future__ import annotations

import math
from collections.abc import Sequence

from omio_core.errors import LimitExceededError
from omio_core.images.image import Image
from omio_core.pixels.stream import unit
from omio_core.settings import current_settings
from omio_core.wording import Aside, advise, either

from .values import Output, WriteOptions


def needed(images: Sequence[Image], writing: WriteOptions | None) -> int:
    """Return the bytes that an output needs: its size in memory; for a file, what is in flight while it is written."""
    if writing is None:
        return sum(image.nbytes for image in images)
    settings = current_settings()
    workers, most_bytes = writing.workers or settings.workers, writing.max_memory or settings.max_bytes
    most = 0
    for image in images:
        task = math.prod(unit(image.shape, image.picture.blocks, image.dtype.itemsize)) * image.dtype.itemsize
        flight = min((workers + 2) * 2 * task, max(most_bytes, 2 * task))
        most = max(most, min(flight, 2 * image.nbytes))
    return most


def refuse(output: Output, writing: WriteOptions | None) -> None:
    """Refuse an output that cannot be written within the memory that the caller allows.

    Raises
    ------
    LimitExceededError
        A single block of its source, read and on its way to the file, takes more.
    """
    least = output.memory or 0
    if writing is not None and writing.max_memory is not None and least > writing.max_memory:
        raise LimitExceededError(
            f"{output.inputs[0].path} cannot be converted within {writing.max_memory:,} bytes of memory",
            evidence=f"its pixels are stored in blocks of which one at a time needs about {least:,} bytes",
            remedy=either(
                advise("allow more: {max_memory}{}", Aside(" (bytes)"), max_memory=least),
                advise("leave out {max_memory}", max_memory=None),
            ),
            path=output.inputs[0].path,
            needed=least,
        )
