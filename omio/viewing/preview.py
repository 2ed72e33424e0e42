"""Contact sheets: the previews of many images in one picture file; it opens no image, and draws no panel itself."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from PIL import Image as Pillow
from PIL import ImageDraw

from omio_core.errors import NoWriterError, WriteError
from omio_core.files import atomic
from omio_core.images import collisions
from omio_core.images.image import Image
from omio_core.rendering.panels import Projection
from omio_core.rendering.preview import BACKGROUND, TEXT, preview
from omio_core.rendering.text import SIZE, write

WIDTH = 1600
"""How wide a sheet becomes before its previews go on below; a preview that is wider has a row of its own."""

MOST_PIXELS = 1 << 25
"""How many pixels a sheet has at most: 100 MB in memory, about 400 images of one channel."""

_GAP = 8


class Sheet:
    """A sheet of previews, from left to right and from top to bottom.

    Parameters
    ----------
    z, size
        As for `omio_core.Image.preview`.

    Attributes
    ----------
    count, dropped
        How many images are on the sheet, and how many have found no room.
    files
        The files that the images on the sheet come from.

    Examples
    --------
    >>> import numpy as np
    >>> sheet = Sheet()
    >>> sheet.add(Image.of_array(np.eye(8), axes="YX"), "eye")
    >>> sheet.count, sheet.picture().mode
    (1, 'RGB')
    """

    def __init__(self, *, z: Projection = "middle", size: int = 256) -> None:
        self.z, self.size = z, size
        self.count = self.dropped = 0
        self.files: set[str] = set()
        self._rows: list[list[Pillow.Image]] = []
        self._used, self._area = WIDTH, 0

    def add(self, image: Image, title: str) -> None:
        """Read a few planes of an image and put its preview at the next place.

        An image without a place is counted, and not read.

        Raises
        ------
        MetadataError
            There is no such `z` or `size`.
        OmioError
            The pixels cannot be read, or a policy forbids that they are absent.
        """
        if self.dropped or self._area > MOST_PIXELS:
            self.dropped += 1
            return
        one = preview(image, title=title, z=self.z, size=self.size)
        self.count += 1
        self.files.update(image.picture.files)
        if self._used + one.width + _GAP > WIDTH:
            self._rows.append([])
            self._used = _GAP
        self._rows[-1].append(one)
        self._used += one.width + _GAP
        self._area += (one.width + _GAP) * (one.height + _GAP)

    def picture(self) -> Pillow.Image:
        """Return the sheet, RGB; its last line says how many images have found no room."""
        rows = self._rows
        width = max((sum(one.width + _GAP for one in row) for row in rows), default=0) + _GAP
        heights = [max(one.height for one in row) + _GAP for row in rows]
        last = 2 * SIZE if self.dropped else 0
        whole = Pillow.new("RGB", (width, sum(heights) + _GAP + last), BACKGROUND)
        top = _GAP
        for row, height in zip(rows, heights, strict=True):
            left = _GAP
            for one in row:
                whole.paste(one, (left, top))
                left += one.width + _GAP
            top += height
        if self.dropped:
            text = f"and {self.dropped} more that have no room here"
            write(ImageDraw.Draw(whole), (2 * _GAP, top), text, width - 3 * _GAP, fill=TEXT)
        return whole


def save(path: str | os.PathLike[str], fill: Callable[[], Sheet], *, collision: str = "raise") -> Path | None:
    """Write a sheet, completely or not at all, in the format of the suffix: .png, .jpg, .webp, .pdf, ...

    Parameters
    ----------
    path
        The file to write.
    fill
        Returns the sheet; called when the name is known to be free, so that nothing is read in vain.
    collision
        Name of the policy for a path that exists already.

    Returns
    -------
    pathlib.Path or None
        The written file; None if the path exists and the policy skips it.

    Raises
    ------
    NoWriterError
        Pillow writes no format with that suffix.
    WriteError
        The path exists already or is one of the files on the sheet, or the file cannot be written.
    """
    form = _format(path)
    filled: list[Sheet] = []

    def put(candidate: Path, replace: bool) -> None:
        def write_sheet(temporary: str) -> None:
            if not filled:  # not a second time if another process takes the name meanwhile
                filled.append(fill())
            if replace:
                _refuse_source(candidate, filled[0])
            _write(filled[0].picture(), temporary, form)

        atomic.land(candidate, write_sheet, replace=replace)

    return collisions.under(path, collision, put)


def _format(path: str | os.PathLike[str]) -> str:
    """Return Pillow's name of the format that a suffix stands for."""
    suffix = os.path.splitext(os.fspath(path))[1].lower()
    form = Pillow.registered_extensions().get(suffix)
    if form is None or form not in Pillow.SAVE:
        raise NoWriterError(
            f"a sheet cannot be written as {os.fspath(path)}",
            evidence=f"its suffix is {suffix}" if suffix else "its name has no suffix",
            remedy="end the name in .png, .jpg, .webp or .pdf",
            path=os.fspath(path),
        )
    return form


def _refuse_source(candidate: Path, sheet: Sheet) -> None:
    if any(os.path.exists(path) and os.path.samefile(path, candidate) for path in sheet.files):
        raise WriteError(
            f"{candidate} is being read and cannot be overwritten",
            evidence="it is one of the inputs",
            remedy="write under another name",
            path=str(candidate),
        )


def _write(picture: Pillow.Image, temporary: str, form: str) -> None:
    with open(temporary, "wb") as file:
        try:
            picture.save(file, format=form)
        except (ValueError, KeyError, OSError) as error:  # larger than the format allows, and the like
            if getattr(error, "errno", None) is not None:
                raise  # of the disk
            raise WriteError(
                f"a sheet of {picture.width} x {picture.height} pixels cannot be written as {form}",
                evidence=str(error),
                remedy="end the name in .png",
            ) from error


__all__ = ["MOST_PIXELS", "WIDTH", "Sheet", "save"]
