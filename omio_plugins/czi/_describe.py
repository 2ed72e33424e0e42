"""Describe an image: axes, levels, what is present, names, assumptions; it reads no pixel."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Sequence

import numpy as np

from omio_core.contract import Box, ImageDescription, Level, PositionedFile, axis_name

from . import _facts
from ._attachments import not_kept
from ._directory import Directory
from ._pixeltypes import NAMES, RAW
from ._places import facts_of_tile
from ._runs import runs_of
from ._scenes import Image
from ._tiles import Tiles, present_boxes

_LARGEST_BLOCK = 8 << 20  # bytes; the overhead of smaller blocks exceeds reading them, larger ones keep cores waiting


def describe(file: PositionedFile, directory: Directory, images: Sequence[Image]) -> tuple[ImageDescription, ...]:
    """Describe all images; the XML is read only if there are several scenes, for their names.

    Raises
    ------
    CorruptFileError
        The XML does not lie in the file.
    LimitExceededError
        The tiles overlap in too many ways.
    """
    names = _names(file, directory, images)
    left_out = not_kept(file, directory.attachments)
    return tuple(_describe_image(directory, image, names, left_out) for image in images)


def _names(file: PositionedFile, directory: Directory, images: Sequence[Image]) -> dict[int, str]:
    """Names of scenes, if they are unique."""
    scenes = {image.scene.scene for image in images}
    if len(scenes) < 2 or directory.metadata is None:
        return {}
    scene_names = _facts.scene_names(file.read(*directory.metadata))
    count = Counter(name for scene, name in scene_names.items() if scene in scenes)
    return {scene: name for scene, name in scene_names.items() if count[name] == 1}


def _describe_image(
    directory: Directory, image: Image, names: dict[int, str], left_out: tuple[str, ...]
) -> ImageDescription:
    scene = image.scene
    notes = [*image.notes, *_starts(image)]
    if directory.pending:
        notes.append("the file says that its writer was not done with it")
    colour = "S" if scene.samples > 1 else ""
    is_mosaic = len(image.levels[0].planes) > len(runs_of(image.levels[0].planes)) - 1
    return ImageDescription(
        axes=f"{image.axes}YX{colour}",
        dtype=image.dtype,
        levels=tuple(_level(directory, image, level) for level in image.levels),
        facts=functools.partial(_facts.facts if scene.tile is None else facts_of_tile, directory, scene),
        vendor=functools.partial(_facts.vendor, directory),
        name=_name(image, names),
        kind="tile of a Zeiss CZI" if scene.tile is not None else "Zeiss CZI mosaic" if is_mosaic else "Zeiss CZI",
        compression=_compression(directory, image),
        assumptions=tuple(notes),
        not_kept=left_out,
    )


def _compression(directory: Directory, image: Image) -> str:
    """The compressions of the sub-blocks of the full resolution."""
    codes = np.unique(directory.entries["compression"][image.levels[0].entries]).tolist()
    names = [NAMES.get(code, f"code {code}") for code in codes]
    return ", ".join("none" if name == NAMES[RAW] else name for name in names)


def _name(image: Image, names: dict[int, str]) -> str | None:
    scene = image.scene
    name = None if scene.scene is None else names.get(scene.scene)
    if scene.tile is None:
        return name
    before = name or ("" if scene.scene is None else f"scene {scene.scene}")
    return f"{before} tile {scene.tile}".strip()


def _starts(image: Image) -> list[str]:
    """One note per axis that does not begin at 0 in the file."""
    scene = image.scene
    firsts = [("T", *scene.t), ("Z", *scene.z), ("C", scene.channels[0], len(scene.channels)), *scene.folded]
    return [
        f"axis {letter} ({axis_name(letter)}) begins at {first} in the file; index 0 here is {first} there"
        for letter, first, _ in firsts
        if first
    ]


def _level(directory: Directory, image: Image, level: Tiles) -> Level:
    samples = (image.scene.samples,) if image.scene.samples > 1 else ()
    boxes = present_boxes(level, image.lead)
    all_samples = tuple((0, n) for n in samples)
    return Level(
        shape=(*image.lead, *level.shape, *samples),
        blocks=(*(1 for _ in image.lead), *_block(directory, image, level), *samples),
        present=None if boxes is None else tuple(Box((*box.spans, *all_samples)) for box in boxes),
    )


def _block(directory: Directory, image: Image, level: Tiles) -> tuple[int, int]:
    """The block of a plane: a tile of a mosaic, the plane, or some of its rows where rows can be read singly."""
    height, width = level.shape
    if not level.whole():
        sizes = level.spots[:, 2:] - level.spots[:, :2]
        sizes = sizes[np.lexsort((sizes[:, 1], sizes[:, 0]))]
        starts = runs_of(sizes)
        height, width = (int(n) for n in sizes[starts[np.argmax(np.diff(starts))]])
    if (directory.entries["compression"][level.entries] == RAW).all():
        parts = -(-height * width * image.scene.samples * image.dtype.itemsize // _LARGEST_BLOCK)
        height = -(-height // min(parts, height))
    return height, width
