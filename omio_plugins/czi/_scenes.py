"""Build the images from the directory: the scene, plane and resolution of each sub-block; it reads no pixel.

C and the axes that fold into it (rotations, illuminations, phases, views, blocks) are counted over the whole file, so
that a channel has the same index in every scene, even where it is missing; T and Z are counted per scene.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import CorruptFileError, LimitExceededError, current_settings

from ._directory import Directory, Scene
from ._levels import factors
from ._pixeltypes import dtype_of, name
from ._runs import runs_of, unique_values
from ._tiles import Tiles, clip, tiles

FOLDED = "BVRIH"
"""Letters that fold into C, outermost first."""

_ALWAYS_ALLOWED = 1000  # channels that any file may declare, even if they are missing
Range = tuple[int, int]  # first index in the file, length


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Image:
    """One image: its scene, its axes before Y and X, and its tiles at each resolution.

    Attributes
    ----------
    axes, lead
        Letters and lengths of the axes before Y and X that are longer than 1.
    dtype
        The type of a sample in the machine's byte order; wide enough for all channels.
    levels
        The tiles of each resolution, full resolution first.
    factors
        The factor of each level.
    notes
        What was assumed, in sentences.
    """

    scene: Scene
    axes: str
    lead: tuple[int, ...]
    dtype: np.dtype[Any]
    levels: tuple[Tiles, ...]
    factors: tuple[int, ...]
    notes: tuple[str, ...]


def images(directory: Directory, *, separate: bool = False) -> Iterator[Image]:
    """Yield the images of a file: one per scene, or one per tile with `separate`.

    Raises
    ------
    CorruptFileError
        The file has no pixels of full resolution.
    LimitExceededError
        The file declares more channels or planes than it may.
    UnsupportedFeatureError
        A pixel type is unknown.
    """
    entries = directory.entries
    factor = factors(entries)
    full = np.flatnonzero(factor == 1)
    if not len(full):
        raise CorruptFileError(
            "the file has no pixels of full resolution", evidence=f"{len(entries)} sub-blocks, all of a pyramid"
        )
    shared = {letter: _range(entries, full, letter) for letter in FOLDED + "C"}
    scene = np.where(entries["S_size"] > 0, entries["S"].astype(np.int64), -1)
    for group in _groups(scene, np.flatnonzero(factor > 0)):
        full_resolution = group[factor[group] == 1]
        if not len(full_resolution):  # a pyramid above several scenes
            continue
        if not separate:
            yield _image(directory, group, factor[group], shared)
            continue
        for number, part in _separate(entries, full_resolution):
            yield _image(directory, part, factor[part], shared, tile=number)


def _groups(keys: NDArray[np.int64], which: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Groups of indices with equal keys, by ascending key."""
    order = which[np.argsort(keys[which], kind="stable")]
    return np.split(order, runs_of(keys[order])[1:-1])


def _separate(entries: NDArray[Any], indices: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield the tiles of a scene with their numbers: by M, or if there is none, by their position."""
    tile_entries = entries[indices]
    if (tile_entries["M_size"] > 0).all():
        for part in _groups(entries["M"].astype(np.int64), indices):
            yield int(entries["M"][part[0]]), part
        return
    spots = np.stack([tile_entries[name] for name in ("Y", "X", "Y_size", "X_size")], axis=1)
    order = np.lexsort(spots.T[::-1])
    starts = runs_of(spots[order])
    yield from enumerate(np.sort(part) for part in np.split(indices[order], starts[1:-1]))


def _range(entries: NDArray[Any], which: NDArray[np.int64], letter: str) -> Range:
    """First index and length along a dimension; a sub-block without the dimension is at 0."""
    start = _starts(entries, which, letter)
    low, high = int(start.min()), int(start.max())
    return low, high - low + 1


def _starts(entries: NDArray[Any], which: NDArray[np.int64], letter: str) -> NDArray[Any]:
    return np.where(entries[f"{letter}_size"][which] > 0, entries[letter][which], 0)


def _image(
    directory: Directory,
    group: NDArray[np.int64],
    factor: NDArray[np.int64],
    shared: dict[str, Range],
    tile: int | None = None,
) -> Image:
    entries = directory.entries
    full_resolution = group[factor == 1]
    ranges = {**shared, "T": _range(entries, full_resolution, "T"), "Z": _range(entries, full_resolution, "Z")}
    order = f"{FOLDED}TCZ"
    shape = tuple(ranges[letter][1] for letter in order)
    _check_planes(shape, len(entries))
    x, y = (_extent(entries, full_resolution, letter) for letter in "XY")
    flat, inside = _flat(entries, group, ranges, order, len(full_resolution) == len(group))
    levels = [tiles(entries, full_resolution, flat[factor == 1], (x[0], y[0]), 1)]
    factors_of_levels = [1]
    for level_factor in unique_values(factor[factor > 1]).tolist():
        of_level = (factor == level_factor) & inside
        if of_level.any():
            level = tiles(entries, group[of_level], flat[of_level], (x[0], y[0]), level_factor)
            level = clip(
                level, (min(level.shape[0], -(-y[1] // level_factor)), min(level.shape[1], -(-x[1] // level_factor)))
            )
            if len(level.planes):
                levels.append(level)
                factors_of_levels.append(level_factor)
    dtype, samples, notes = _pixels(entries, np.concatenate([level.entries for level in levels]))
    first = np.full(math.prod(shape), -1, np.int32)
    first[levels[0].planes[::-1]] = levels[0].entries[::-1]  # the lowest tile is written last
    planes = np.moveaxis(first.reshape(shape), (5, 7), (0, 1))  # T and Z before all others
    scene = Scene(
        scene=int(entries["S"][full_resolution[0]]) if entries["S_size"][full_resolution[0]] else None,
        tile=tile,
        channels=tuple(range(ranges["C"][0], sum(ranges["C"]))),
        t=ranges["T"],
        z=ranges["Z"],
        folded=tuple((letter, *ranges[letter]) for letter in FOLDED if ranges[letter][1] > 1),
        samples=samples,
        x=x,
        y=y,
        planes=np.ascontiguousarray(planes).reshape(ranges["T"][1], ranges["Z"][1], -1),
    )
    long = [(letter, n) for letter, n in zip(order, shape, strict=True) if n > 1]
    return Image(
        scene=scene,
        axes="".join(letter for letter, _ in long),
        lead=tuple(n for _, n in long),
        dtype=dtype,
        levels=tuple(levels),
        factors=tuple(factors_of_levels),
        notes=(*notes, *_duplicates(entries, levels[0])),
    )


def _check_planes(shape: tuple[int, ...], subblocks: int) -> None:
    """Limit the number of channels and planes: absent planes cost nothing, but each absent channel has metadata."""
    channels = math.prod(shape) // (shape[5] * shape[7])
    if channels > max(_ALWAYS_ALLOWED, 4 * subblocks):
        raise LimitExceededError(
            "the file declares far more channels than it holds",
            evidence=f"{channels:,} of channels, phases, rotations and the like; {subblocks:,} sub-blocks",
        )
    if math.prod(shape) > (most := current_settings().max_pages):
        raise LimitExceededError(
            "the file declares too many planes",
            evidence=f"{math.prod(shape):,}; at most {most:,} are allowed",
            remedy="set OMIO_MAX_PAGES higher, if you trust the file",
        )


def _extent(entries: NDArray[Any], which: NDArray[np.int64], letter: str) -> Range:
    """The first pixel of the tiles along an axis, and their common extent."""
    start = entries[letter][which].astype(np.int64)
    low = int(start.min())
    return low, int((start + entries[f"{letter}_size"][which]).max()) - low


def _flat(
    entries: NDArray[Any], which: NDArray[np.int64], ranges: dict[str, Range], order: str, all_inside: bool
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The flat index of the plane of each entry, and whether the plane belongs to the image.

    With `all_inside` all planes do, because the ranges were computed from these entries.
    """
    flat = np.zeros(len(which), np.int64)
    inside = np.ones(len(which), np.bool_)
    for letter in order:
        low, length = ranges[letter]
        if all_inside and length == 1:
            continue
        index = _starts(entries, which, letter).astype(np.int64) - low
        if not all_inside:
            inside &= (index >= 0) & (index < length)
            index = np.clip(index, 0, length - 1)
        flat = flat * length + index
    return flat, inside


def _pixels(entries: NDArray[Any], which: NDArray[np.int64]) -> tuple[np.dtype[Any], int, list[str]]:
    """The type that represents the pixels of all channels, the samples per pixel, and notes on both."""
    codes = unique_values(entries["pixel_type"][which]).tolist()
    kinds = [dtype_of(code) for code in codes]
    dtype = np.result_type(*(kind for kind, _ in kinds)).newbyteorder("=")
    samples = max(n for _, n in kinds)
    if len(codes) == 1:
        return dtype, samples, []
    names = ", ".join(name(code) for code in codes)
    notes = []
    if any(kind.newbyteorder("=") != dtype for kind, _ in kinds):
        notes.append(f"channels are of unequal pixel type ({names}); all are given as {dtype}")
    if any(n != samples for _, n in kinds):
        notes.append(f"some channels are grey and some in colour ({names}); grey is given as {samples} equal samples")
    return dtype, samples, notes


def _duplicates(entries: NDArray[Any], level: Tiles) -> list[str]:
    """A note if sub-blocks occur twice: of the same plane, place and M."""
    tile = np.where(entries["M_size"][level.entries] > 0, entries["M"][level.entries].astype(np.int64), -1)
    same = (level.planes[1:] == level.planes[:-1]) & (tile[1:] == tile[:-1])
    same &= (level.spots[1:] == level.spots[:-1]).all(axis=1)
    if not same.any():
        return []
    return [f"{int(same.sum())} sub-blocks have the coordinates of another; the one later in the directory is taken"]
