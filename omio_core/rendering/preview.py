"""Previews: one image as a small picture with names and a scale bar; a few planes of it are read, however large it is.

`Image.preview` shows it, and `omio preview` puts several on one sheet.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from PIL import Image as Pillow
from PIL import ImageDraw

from omio_core.errors import MetadataError
from omio_core.geometry.axes import CANONICAL
from omio_core.metadata.model import Metadata
from omio_core.plugins.descriptions import ImageLike
from omio_core.wording import advise

from .panels import Panel, Projection, Selection, panel_size, panels, select
from .planes import View, view
from .stated import WHITE, Color, colors
from .text import SIZE, shorten, write

if TYPE_CHECKING:
    from collections.abc import Iterator

BACKGROUND: Color = (24, 24, 24)
TEXT: Color = (232, 232, 232)
SIZES = (64, 2048)
"""The smallest and the largest edge of a panel, in pixels."""

_FAINT: Color = (170, 170, 170)
_LINE = SIZE + 5
_GAP = 6
_BAR_HEIGHT = 4
_NARROWEST = 230  # pixels; the size of a picture is legible in it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    title: str
    color: Color | None


def preview(image: ImageLike, *, title: str | None = None, z: Projection = "middle", size: int = 256) -> Pillow.Image:
    """Draw an image.

    Parameters
    ----------
    image
        The image; planes of at most 16 MiB are read, of a smaller level where there is one.
    title
        The first line; None for the name of the image.
    z
        ``"middle"``: the plane in the middle of Z. ``"max"``: the maximum along Z.
    size
        The longer edge of a panel in pixels.

    Returns
    -------
    PIL.Image.Image
        RGB: a row of panels for the first, a middle and the last time; in a row all channels together, then each.

    Raises
    ------
    MetadataError
        There is no such `z` or `size`.
    OmioError
        The pixels cannot be read, or a policy forbids that they are absent.
    """
    _check(z, size)
    shown = view(image.picture, size)
    selection = select(image, shown, z)
    facts = image.metadata.facts
    x, y = (fact.value if fact else None for fact in (facts.physical_size_x, facts.physical_size_y))
    rows_columns = panel_size(shown.field, (y, x) if x and y else (1, 1), size)
    grid = panels(image, shown, selection, rows_columns) if shown.readable else []
    lines = list(_lines(image, shown, selection, title, z))
    bar = _bar(x, shown.field[1], rows_columns[1])
    return _Drawing(grid, _columns(image.metadata, selection), rows_columns, _names(image, selection)).draw(lines, bar)


def _check(z: str, size: int) -> None:
    if z not in get_args(Projection):
        raise MetadataError(
            f"a preview cannot show z={z!r}", remedy=advise("take {z} or {}", '"max"', z="middle"), key="z"
        )
    if isinstance(size, bool) or not isinstance(size, int) or not SIZES[0] <= size <= SIZES[1]:
        raise MetadataError(
            f"a preview cannot have panels of {size!r} pixels",
            remedy=f"take a whole number from {SIZES[0]} to {SIZES[1]}",
            key="size",
        )


def _lines(
    image: ImageLike, shown: View, selection: Selection, title: str | None, z: Projection
) -> Iterator[tuple[str, Color]]:
    """The text above the panels."""
    name = title if title is not None else image.name
    if name:
        yield name, TEXT
    t, depth, c, y, x = image.shape
    samples = image.metadata.samples
    lengths = [("T", t), ("Z", depth), ("C", c // samples)]
    several = [f"{axis} {length}" for axis, length in lengths if length > 1]
    kind = f"{image.dtype}{' RGB' if samples == 3 else ''}"
    yield ", ".join((f"{x} x {y} px", *several, kind)), _FAINT
    notes = [shown.note] if shown.note else []
    if depth > 1:
        chosen = len(selection.depths)
        of = f"{depth} planes" if chosen == depth else f"{chosen} of {depth} planes"
        notes.append(f"maximum of {of}" if z == "max" else f"Z = {selection.depths[0]}")
    if len(selection.channels) < image.metadata.channel_count:
        notes.append(f"{len(selection.channels)} of {image.metadata.channel_count} channels")
    if not shown.readable:
        notes.append("not shown: it can only be read as a whole")
    if notes:
        yield ", ".join(notes), _FAINT


def _columns(metadata: Metadata, selection: Selection) -> list[_Column]:
    names = [channel.name.value if channel.name else None for channel in metadata.channels]
    chosen, palette = selection.channels, colors(metadata)
    if metadata.samples > 1:
        return [_Column(title=names[c] or (f"channel {c}" if len(chosen) > 1 else ""), color=None) for c in chosen]
    columns = [_Column(title=names[c] or f"channel {c}", color=palette[c]) for c in chosen]
    if len(columns) > 1:
        return [_Column(title="composite", color=None), *columns]
    return columns if names[0] or palette[0] != WHITE else [_Column(title="", color=None)]


def _names(image: ImageLike, selection: Selection) -> list[str]:
    """The names of the rows: the times."""
    if image.shape[CANONICAL.index("T")] == 1:
        return [""]
    step = image.metadata.facts.time_increment
    return [f"T = {t}" + (f" ({t * step.value:g} s)" if step else "") for t in selection.times]


def _bar(pixel: float | None, field: float, columns: int) -> tuple[int, str] | None:
    """Return the length of a scale bar in pixels of the panel, and its text; None if the size is unknown."""
    if pixel is None:
        return None
    per_pixel = pixel * field / columns  # micrometres
    most = 0.5 * columns * per_pixel
    power = 10.0 ** math.floor(math.log10(most))
    length = max(step * power for step in (1, 2, 5) if step * power <= most * (1 + 1e-9))
    return max(1, round(length / per_pixel)), _length_text(length)


def _length_text(micrometres: float) -> str:
    for factor, unit in ((1e6, "m"), (1e3, "mm"), (1, "µm"), (1e-3, "nm")):
        if micrometres >= factor * (1 - 1e-9):
            return f"{micrometres / factor:.3g} {unit}"
    return f"{micrometres * 1e6:.3g} pm"


class _Drawing:
    """Panels, and the texts around them."""

    def __init__(
        self,
        grid: Sequence[Sequence[Panel]],
        columns: Sequence[_Column],
        panel: tuple[int, int],
        rows: Sequence[str],
    ):
        self.grid, self.columns, self.panel, self.rows = grid, columns, panel, rows
        self.column = max(panel[1], 90 if len(columns) > 1 else 0)  # wide enough for a name
        self.width = max(_NARROWEST, len(columns) * (self.column + _GAP) - _GAP)

    def draw(self, lines: Sequence[tuple[str, Color]], bar: tuple[int, str] | None) -> Pillow.Image:
        """Return the picture: lines of text, panels, the scale bar or that the size is unknown."""
        has_titles = any(column.title for column in self.columns)
        above = len(lines) * _LINE + has_titles * _LINE
        heights = [(_LINE if name else 0) + self.panel[0] + _GAP for name in self.rows] if self.grid else []
        canvas = Pillow.new("RGB", (self.width + 2 * _GAP, above + sum(heights) + _LINE + 2 * _GAP), BACKGROUND)
        draw = ImageDraw.Draw(canvas)
        top = _GAP
        for text, color in lines:
            write(draw, (_GAP, top), text, self.width, fill=color)
            top += _LINE
        if has_titles:
            self._titles(draw, top)
            top += _LINE
        for name, row in zip(self.rows, self.grid, strict=False):
            if name:
                write(draw, (_GAP, top), name, self.width, fill=_FAINT)
                top += _LINE
            self._row(canvas, draw, row, top)
            top += self.panel[0] + _GAP
        self._scale(draw, top, bar)
        return canvas

    def _titles(self, draw: ImageDraw.ImageDraw, top: int) -> None:
        for index, column in enumerate(self.columns):
            left = _GAP + index * (self.column + _GAP)
            indent = 0
            if column.color is not None:
                draw.rectangle((left, top + 4, left + 9, top + 13), fill=column.color)
                indent = 15
            room = (self.column if len(self.columns) > 1 else self.width) - indent
            write(draw, (left + indent, top), column.title, room, fill=TEXT)

    def _row(self, canvas: Pillow.Image, draw: ImageDraw.ImageDraw, row: Sequence[Panel], top: int) -> None:
        for index, panel in enumerate(row):
            left = _GAP + index * (self.column + _GAP)
            canvas.paste(Pillow.fromarray(panel.pixels), (left, top))
            if panel.note:
                text, font = shorten(panel.note, self.panel[1] - 4)
                middle = (left + self.panel[1] // 2, top + self.panel[0] // 2)
                draw.text(middle, text, font=font, anchor="mm", fill=TEXT, stroke_width=2, stroke_fill=BACKGROUND)

    def _scale(self, draw: ImageDraw.ImageDraw, top: int, bar: tuple[int, str] | None) -> None:
        """Draw the bar below the panels, where it hides no pixel."""
        if bar is None:
            write(draw, (_GAP, top), "size unknown", self.width, fill=_FAINT)
            return
        length, text = bar
        middle = top + _LINE // 2
        draw.rectangle((_GAP, middle - _BAR_HEIGHT // 2, _GAP + length - 1, middle + _BAR_HEIGHT // 2 - 1), fill=WHITE)
        write(draw, (_GAP + length + 8, top), text, self.width - length - 8, fill=TEXT)


__all__ = ["BACKGROUND", "SIZES", "TEXT", "preview"]
