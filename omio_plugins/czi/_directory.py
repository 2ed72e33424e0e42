"""The sub-block directory of a CZI as an array, and the images it makes up as values; it reads no pixel and no XML.

Offsets, field names and codes are those of ZEISS' "CZI file format description" (DS_ZISRAW, 1.2.2): file header,
directory segment, `DirectoryEntryDV`, `DimensionEntryDV1`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

LETTERS = "XYZCTRSIHVBM"
"""The dimensions of a sub-block: S is the scene, M the tile; R rotation, I illumination, H phase, V view, B block."""

ENTRY = np.dtype(
    [
        ("file_position", "i8"), ("file_part", "i4"), ("pixel_type", "i4"), ("compression", "i4"),
        ("pyramid_type", "u1"), ("stored_x", "i4"), ("stored_y", "i4"),
        *((name, "i4") for letter in LETTERS for name in (letter, f"{letter}_size")),
    ],
    align=True,
)  # fmt: skip
"""One row a sub-block: ``entries["T"]`` is its start along T, ``entries["T_size"]`` its size, 0 where it has no T.

`file_position` is that of the sub-block's segment header. X and Y are pixels of the full resolution, whatever the
resolution that is stored (`stored_x`, `stored_y`).
"""


@dataclass(frozen=True, kw_only=True)  # no slots: `entries` is kept, and is not pickled
class Directory:
    """What the file header and the sub-block directory of one CZI say; picklable, small, without a handle.

    Attributes
    ----------
    path
        The file.
    size
        Its bytes when it was opened.
    position
        Of the segment of the sub-block directory.
    digest
        CRC-32 of its entries, so that a file that changed is noticed.
    metadata
        Offset and size in bytes of the XML; None where there is none.
    attachments
        Offset of the segment of the attachment directory; None where there is none.
    pending
        Whether the header says that a writer is not done with the file.
    """

    path: str
    size: int
    position: int
    digest: int
    metadata: tuple[int, int] | None = None
    attachments: int | None = None
    pending: bool = False

    @cached_property
    def entries(self) -> NDArray[Any]:
        """The sub-blocks in the order of the directory, dtype `ENTRY`; read again where a pickle came without them.

        Raises
        ------
        FileChangedError
            The file is not the one that was described.
        """
        from ._parse import entries_again

        return entries_again(self)

    def __reduce__(self) -> Any:
        state = (self.path, self.size, self.position, self.digest, self.metadata, self.attachments, self.pending)
        return _directory, state


def _directory(*state: Any) -> Directory:
    names = ("path", "size", "position", "digest", "metadata", "attachments", "pending")
    return Directory(**dict(zip(names, state, strict=True)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """One image of the file: which sub-blocks its planes are, at full resolution.

    Attributes
    ----------
    scene
        The S index in the file; None where its sub-blocks have none.
    tile
        The M index, where a tile is an image of its own (option ``tiles``); else None.
    channels
        The C index in the file of each index along C (before folding). A channel that is missing is counted.
    t, z
        The first T and Z index in the file, and the length along each.
    folded
        Letters, first index in the file and length of each axis that folds into C besides C, outermost first, such as
        ``(("H", 0, 32),)``; axes of length 1 are left out. A channel of the described image is
        ``(folded..., C)`` in C order: index ``h * len(channels) + c``.
    samples
        Samples of a pixel: 1, 3 (RGB) or 4 (RGBA).
    x, y
        The first column and row in the file's pixels, and the width and height.
    planes
        (T, Z, folded... times C) of indices into `Directory.entries`: the first tile of each plane, -1 where the
        plane is missing; int32.
    """

    scene: int | None
    tile: int | None = None
    channels: tuple[int, ...]
    t: tuple[int, int]
    z: tuple[int, int]
    folded: tuple[tuple[str, int, int], ...]
    samples: int
    x: tuple[int, int]
    y: tuple[int, int]
    planes: NDArray[np.int32]
