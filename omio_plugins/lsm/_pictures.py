"""From an LSM file to its images: chain, arrangement, strips, planes, put together; it reads no pixel.

An image whose channels are of one type is one picture of the TIFF reader. Where types differ, each channel is such a
picture, and the image is of the type that holds them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import Box, ImageDescription, Level
from omio_core.errors import UnsupportedFeatureError
from omio_core.files.positioned import PositionedFile
from omio_core.wording import advise
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
class Composed:
    """An image: its description, and the TIFF pictures it is made of: one, or one a channel."""

    described: ImageDescription
    parts: tuple[Picture, ...]


def describe(file: PositionedFile) -> list[Composed]:
    """Describe the images of a file.

    Raises
    ------
    CorruptFileError, LimitExceededError, UnsupportedFeatureError
        As `read_chain`; it is no LSM file; its pages differ; its strips cannot be found.
    """
    chain = read_chain(file, LsmChain)
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
    structure, depths = _common(chain, pages)
    arranged = arrange(info, structure, len(pages))
    strips = _strips.read(chain, pages, structure, depths)
    strips = _strips.unwrapped(strips, chain, structure, _orders(arranged, len(pages)))
    strips = _strips.recounted(strips, structure, file.size)
    recording = Recording(info=info, blocks=_blocks.read(file, info))
    said = (*arranged.assumptions, *_said(recording, structure, depths))
    channels = planes(chain, structure, depths, strips)
    return [
        _image(arranged, structure, channels, index, Place.of(arranged, structure, index), recording, said)
        for index in range(len(arranged.images))
    ]


def _common(chain: LsmChain, pages: PageSequence) -> tuple[Structure, tuple[int, ...]]:
    """What all pages have in common: structure, and bits of each sample."""
    kinds = pages.kinds()
    first, depths = kinds[0].structure, chain.depths_of(kinds[0])
    for page in kinds[1:]:
        one = page.structure
        if replace(one, photometric=first.photometric) != first or chain.depths_of(page) != depths:
            raise chain.page_error(page.index, f"{one.shape} of {one.dtype} where the first page is {first.shape}")
    if first.tile is not None or (len(set(depths)) > 1 and not first.planar):
        raise UnsupportedFeatureError(
            f"{chain.file.path} stores its pixels as no LSM file does",
            evidence=f"tiles {first.tile}, bits of the samples of a pixel {depths}",
            remedy=advise("read it as a TIFF with {reader}", reader="tiff"),
            path=chain.file.path,
        )
    return first, depths


def _orders(arranged: Arrangement, pages: int) -> Iterable[NDArray[np.intp]]:
    """Orders in which pages may have been taken: time outermost, whatever the order of their IFDs; then as they are.

    tifffile met the first (`_lsm_fix_strip_offsets`).
    """
    times = arranged.lead[0] if arranged.axes[0] == "T" else 1
    tiles, positions = arranged.tiles, arranged.positions
    indices = np.arange(pages)
    if tiles * positions > 1 and pages == tiles * positions * arranged.each and arranged.each % times == 0:
        shaped = indices.reshape(tiles, positions, times, -1)
        yield shaped.transpose(2, 1, 0, 3).reshape(-1)
        yield shaped.transpose(2, 0, 1, 3).reshape(-1)
    yield indices


def _said(recording: Recording, structure: Structure, depths: tuple[int, ...]) -> list[str]:
    """What was assumed of the type of the pixels."""
    said = []
    if len(set(depths)) > 1:
        said.append(
            f"the channels have {', '.join(str(bits) for bits in depths)} bits: all are given as {_joint(depths)}"
        )
    kinds = recording.info["DataType"], *recording.parsed().get("ChannelDataTypes", ())
    if 32 in depths and 5 not in kinds:
        said.append("CZ_LSMINFO does not say so, but pixels of 32 bits are floats")
    stated = _KINDS.get(kinds[0])
    if stated is not None and stated != structure.bits:
        said.append(f"CZ_LSMINFO says {stated} bits a pixel, the pages have {structure.bits}")
    if recording.info.get("OffsetNextRecording", 0):
        said.append("another recording that is inside the file is not read")
    return said


def _joint(depths: Sequence[int]) -> np.dtype[Any]:
    """The type that holds all of them exactly: 8 and 16 bits unsigned, 32 bits float."""
    return np.dtype({8: np.uint8, 16: np.uint16, 32: np.float32}[max(depths)])


def _image(
    arranged: Arrangement,
    structure: Structure,
    channels: list[PageSequence],
    index: int,
    place: Place,
    recording: Recording,
    said: tuple[str, ...],
) -> Composed:
    along_c = structure.planes if len(channels) == 1 else 1
    start = index * arranged.each
    stop = start + min(arranged.each, arranged.planes)
    axes, lead = arranged.axes, arranged.lead
    if along_c > 1:
        axes, lead = axes + "C", (*lead, along_c)
    letters = arranged.rows + ("X" if structure.contig == 1 else "XC")
    parts = tuple(
        picture(
            axes=axes, lead=lead, stacks=[Stack(pages=PagesInOrder(one[start * along_c : stop * along_c]))],
            page_axes=letters, kind=f"LSM, {_info.SCAN_TYPES.get(recording.info['ScanType'], 'unknown scan')}",
            name=place.name or name_of(recording), assumptions=said, facts=partial(facts, recording, place),
            vendor=partial(vendor, recording),
        )
        for one in channels
    )  # fmt: skip
    return Composed(described=parts[0].description if len(parts) == 1 else _joined(parts), parts=parts)


def _joined(parts: tuple[Picture, ...]) -> ImageDescription:
    """The description of an image whose channels are pictures of their own."""
    first = parts[0].description
    at = len(parts[0].lead)
    levels = [one.description.levels[0] for one in parts]
    present: tuple[Box, ...] | None = None
    if any(level.present is not None for level in levels):
        present = tuple(
            Box((*box.spans[:at], (c, c + 1), *box.spans[at:]))
            for c, level in enumerate(levels)
            for box in ((Box.whole(level.shape),) if level.present is None else level.present)
        )
    shape, blocks = levels[0].shape, levels[0].blocks
    whole = Level(
        shape=(*shape[:at], len(parts), *shape[at:]), blocks=(*blocks[:at], 1, *blocks[at:]), present=present
    )  # fmt: skip
    dtype = np.result_type(*(one.description.dtype for one in parts))
    return replace(first, axes=first.axes[:at] + "C" + first.axes[at:], dtype=dtype, levels=(whole,))
