"""Compare two folders, or a file with what was made of its images: pair by pair; one file that fails stops no other."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from omio.records.origins import Path, Sources
from omio_core.errors import OmioError
from omio_core.images.image import Image
from omio_core.images.overrides import Request
from omio_core.wording import worded

from . import compare
from .pairs import Pair, pair_up
from .values import Difference, ImageDifference, Pixels

_MERGED = "facts of a file that is a part of a merge"


def folders(a: Path | Image, b: Path | Image, request: Request, pixels: bool | Literal["all"]) -> Difference:
    """Compare the images of two sides in pairs.

    Raises
    ------
    FileNotFoundError
        There is no such file or folder.
    OmioError
        A side is an open image, a file that cannot be read, or a folder without an image.
    """
    if isinstance(a, Image) or isinstance(b, Image):
        raise OmioError("an open image cannot be compared with a folder", remedy="give the path of its file")
    left, right = Sources.open(a, request), Sources.open(b, request)
    left, right = left.without(right), right.without(left)
    found = pair_up(left, right)
    failed: dict[str, Exception] = {**left.failed, **right.failed}
    images = []
    for pair in found.pairs:
        try:
            images.append(_compare(pair, pixels))
        except (OmioError, OSError) as error:
            failed[getattr(error, "path", None) or pair.title] = error
        finally:
            pair.a.close()
            pair.b.close()
    why = "" if images or failed else worded("nothing in A and B is a pair, by its record or by its name")
    return Difference(
        a=left.title, b=right.title, images=tuple(images), uncompared=why, only_a=found.only_a, only_b=found.only_b,
        failed=failed, skipped=(*left.skipped, *right.skipped),
    )  # fmt: skip


def _compare(pair: Pair, pixels: bool | Literal["all"]) -> ImageDifference:
    if not pair.is_part:
        return replace(compare.pair(pair.title, pair.a, pair.b, pixels=pixels), is_pair=True)
    result = Pixels(verdict="not compared", note="not asked for")
    if pixels:
        result = compare.pixels_of(pair.a, pair.b, every=pixels == "all")
    return ImageDifference(name=pair.title, pixels=result, aside=(_MERGED,), is_pair=True)
