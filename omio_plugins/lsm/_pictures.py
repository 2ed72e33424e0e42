"""Build the images of an LSM file from its chain, arrangement, strips and planes; it reads no pixel.

An image whose channels have one type is one picture of the TIFF reader. If types differ, each channel is such a
picture, and the image has the type that represents them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import (
    Box,
    ImageDescription,
    Level,
    Location,
    PositionedFile,
    UnsupportedFeatureError,
    advise,
)
from omio_plugins.tiff._chain import read_chain
from omio_plugins.tiff._ifd import PageSequence
from omio_plugins.tiff._pages import PagesInOrder
from omio_plugins.tiff._picture import Picture, Stack, picture
from omio_plugins.tiff._plain import full_pages
from omio_plugins.tiff._structure import Structure

from . import _blocks, _info, _strips
from ._arrange import Arrangement, arrange
from ._chain import LsmChain
from ._facts import Place, Recording, facts, name_of, vendor
from ._planes import planes

_KINDS = {1: 8, 2: 16, 5: 32}  # DataType, ChannelDataTypes: 12 bits are stored in 16


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositeImage:
    """An image: its description, and the TIFF pictures that it consists of: one, or one per channel."""

    described: ImageDescription
    parts: tuple[Picture, ...]


def describe(file: PositionedFile, location: Location) -> list[CompositeImage]:
    """Describe the images of an open file, and of its location.

    Raises
    ------
    CorruptFileError
        The file is damaged or no LSM file, its pages differ, or its strips cannot be found.
    LimitExceededError
        The file has more pages than the settings allow; see `read_chain`.
    UnsupportedFeatureError
        The file is big-endian, or stores its pixels as no LSM file does.
    """
    chain = read_chain(file, location, LsmChain)
    assert isinstance(chain, LsmChain)
    if chain.form.order != "<":
        raise UnsupportedFeatureError(
            f"{file.path} is a big-endian TIFF",
            evidence="LSM files are little-endian",
            remedy=advise("use {reader}", reader="tiff"),
            path=file.path,
        )
    info = _info.parse(chain.data(chain.pages[0], _info.TAG, (1, 2, 6, 7)) or b"", file.path)
    pages = full_pages(chain.pages)
    structure, depths = _common_structure(chain, pages)
    arrangement = arrange(info, structure, len(pages))
    strips = _strips.read(chain, pages, structure, depths)
    strips = _strips.unwrap(strips, chain, structure, _orders(arrangement, len(pages)))
    strips = _strips.recount(strips, structure, file.size)
    recording = Recording(info=info, blocks=_blocks.read(file, info))
    notes = (*arrangement.assumptions, *_assumptions(recording, structure, depths))
    channels = planes(chain, structure, depths, strips)
    rest = _blocks.overlays(file, info)
    if info.get("OffsetNextRecording", 0):
        rest = (*rest, "another recording, which is inside the file")
    return [
        _image(arrangement, structure, channels, index, Place.of(arrangement, structure, index), recording, notes, rest)
        for index in range(len(arrangement.images))
    ]


def _common_structure(chain: LsmChain, pages: PageSequence) -> tuple[Structure, tuple[int, ...]]:
    """The common structure of all pages, and the bits of each sample."""
    kinds = pages.kinds()
    first, depths = kinds[0].structure, chain.depths_of(kinds[0])
    for page in kinds[1:]:
        structure = page.structure
        if replace(structure, photometric=first.photometric) != first or chain.depths_of(page) != depths:
            raise chain.page_error(
                page.index, f"{structure.shape} of {structure.dtype} where the first page is {first.shape}"
            )
    if first.tile is not None or (len(set(depths)) > 1 and not first.planar):
        raise UnsupportedFeatureError(
            f"{chain.file.path} stores its pixels as no LSM file does",
            evidence=f"tiles {first.tile}, bits of the samples of a pixel {depths}",
            remedy=advise("read it as a TIFF with {reader}", reader="tiff"),
            path=chain.file.path,
        )
    return first, depths


def _orders(arrangement: Arrangement, pages: int) -> Iterable[NDArray[np.intp]]:
    """Yield possible orders of acquisition: time outermost, whatever the order of IFDs; then that of the IFDs.

    tifffile found the first in files (`_lsm_fix_strip_offsets`).
    """
    times = arrangement.lead[0] if arrangement.axes[0] == "T" else 1
    tiles, positions = arrangement.tiles, arrangement.positions
    indices = np.arange(pages)
    if (
        tiles * positions > 1
        and pages == tiles * positions * arrangement.pages_per_image
        and arrangement.pages_per_image % times == 0
    ):
        shaped = indices.reshape(tiles, positions, times, -1)
        yield shaped.transpose(2, 1, 0, 3).reshape(-1)
        yield shaped.transpose(2, 0, 1, 3).reshape(-1)
    yield indices


def _assumptions(recording: Recording, structure: Structure, depths: tuple[int, ...]) -> list[str]:
    """What was assumed about the type of the pixels."""
    notes = []
    if len(set(depths)) > 1:
        notes.append(f"the channels have {', '.join(map(str, depths))} bits: all are given as {_common_type(depths)}")
    kinds = recording.info["DataType"], *recording.parse_blocks().get("ChannelDataTypes", ())
    if 32 in depths and 5 not in kinds:
        notes.append("CZ_LSMINFO does not say so, but pixels of 32 bits are floats")
    stated = _KINDS.get(kinds[0])
    if stated is not None and stated != structure.bits:
        notes.append(f"CZ_LSMINFO says {stated} bits a pixel, the pages have {structure.bits}")
    return notes


def _common_type(depths: Sequence[int]) -> np.dtype[Any]:
    """The type that represents all of them exactly: 8 and 16 bits unsigned, 32 bits float."""
    return np.dtype({8: np.uint8, 16: np.uint16, 32: np.float32}[max(depths)])


def _image(
    arrangement: Arrangement,
    structure: Structure,
    channels: list[PageSequence],
    index: int,
    place: Place,
    recording: Recording,
    notes: tuple[str, ...],
    not_kept: tuple[str, ...],
) -> CompositeImage:
    along_c = structure.planes if len(channels) == 1 else 1
    start = index * arrangement.pages_per_image
    stop = start + min(arrangement.pages_per_image, arrangement.planes)
    axes, lead = arrangement.axes, arrangement.lead
    if along_c > 1:
        axes, lead = axes + "C", (*lead, along_c)
    letters = arrangement.rows + ("X" if structure.contig == 1 else "XC")
    parts = tuple(
        picture(
            axes=axes, lead=lead, stacks=[Stack(pages=PagesInOrder(sequence[start * along_c : stop * along_c]))],
            page_axes=letters, kind=f"LSM, {_info.SCAN_TYPES.get(recording.info['ScanType'], 'unknown scan')}",
            name=place.name or name_of(recording), assumptions=notes, facts=partial(facts, recording, place),
            vendor=partial(vendor, recording), not_kept=not_kept,
        )
        for sequence in channels
    )  # fmt: skip
    return CompositeImage(described=parts[0].description if len(parts) == 1 else _join(parts), parts=parts)


def _join(parts: tuple[Picture, ...]) -> ImageDescription:
    """The description of an image with one picture per channel."""
    first = parts[0].description
    at = len(parts[0].lead)
    levels = [part.description.levels[0] for part in parts]
    present: tuple[Box, ...] | None = None
    if any(level.present is not None for level in levels):
        present = tuple(
            Box((*box.spans[:at], (c, c + 1), *box.spans[at:]))
            for c, level in enumerate(levels)
            for box in level.existing()
        )
    shape, blocks = levels[0].shape, levels[0].blocks
    level_of_all = Level(
        shape=(*shape[:at], len(parts), *shape[at:]), blocks=(*blocks[:at], 1, *blocks[at:]), present=present
    )  # fmt: skip
    dtype = np.result_type(*(part.description.dtype for part in parts))
    return replace(first, axes=first.axes[:at] + "C" + first.axes[at:], dtype=dtype, levels=(level_of_all,))
