"""An LSM file's chain of IFDs, whose tags are set right before TIFF understands them; it knows no picture.

What Zeiss's programs write otherwise than TIFF 6.0 has it, and others have met before (tifffile's `_fix_lsm_...` and
`TiffPage`, BSD licence; Bio-Formats' notes on RowsPerStrip and on floats): one strip a channel, whatever RowsPerStrip
says; channels of different depth in one page; 12 bits in two bytes; 32 bits that are floats unsaid; a predictor where
nothing is compressed; two depths that lie elsewhere though they fit into their entry.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

from omio_core.errors import CorruptFileError, UnsupportedFeatureError
from omio_plugins.tiff._ifd import Chain, Page
from omio_plugins.tiff._structure import NONE, STRIP_OFFSETS, Values

_LENGTH, _BITS, _COMPRESSION, _SAMPLES, _ROWS, _PLANAR, _PREDICTOR, _FORMAT = 257, 258, 259, 277, 278, 284, 317, 339
_DEPTHS = (8, 12, 16, 32)
_FLOAT = 3  # SampleFormat, TIFF 6.0, section 19


class LsmChain(Chain):
    """A chain that understands its pages as LSM has them."""

    def structural_values(self, values: Values, counts: Mapping[int, int]) -> Values:
        """The tags of a page, set right; channels of different depth are as the deepest."""
        depths = self.depths(values)
        bits = max(depths)
        right: dict[int, tuple[Any, ...]] = {_BITS: (bits,)}
        if bits == 32:
            right[_FORMAT] = (_FLOAT,)
        elif len(set(depths)) > 1:
            right[_FORMAT] = (1,)
        if _one(values, _COMPRESSION, NONE) == NONE:
            right[_PREDICTOR] = ()
        strips, samples = counts.get(STRIP_OFFSETS, 0), _one(values, _SAMPLES, 1)
        if samples > 1 and strips >= samples and not values(_PLANAR):
            right[_PLANAR] = (2,)
        planes = samples if right.get(_PLANAR, values(_PLANAR)) == (2,) else 1
        length = _one(values, _LENGTH, 1)
        rows = _one(values, _ROWS, length) or length
        each = strips // planes
        if 0 < each < -(-length // rows):  # fewer strips than the rows of one would make
            right[_ROWS] = (-(-length // each),)
        return lambda code: right[code] if code in right else values(code)

    def depths(self, values: Values) -> tuple[int, ...]:
        """Bits of each sample: 8, 16 or 32.

        Raises
        ------
        UnsupportedFeatureError
            Another depth.
        """
        stated = values(_BITS)
        if len(stated) == 2 and not set(stated) <= set(_DEPTHS):
            try:  # they are the two halves of an offset
                stated = struct.unpack("<2H", self.file.read(struct.unpack("<I", struct.pack("<2H", *stated))[0], 4))
            except (CorruptFileError, struct.error):
                stated = ()
        found = stated[: max(_one(values, _SAMPLES, 1), 1)]
        whole = tuple(next((n for n in (8, 16, 32) if isinstance(b, int) and 0 < b <= n), 0) for b in found)
        if not whole or 0 in whole:
            raise UnsupportedFeatureError(
                "the depth of the pixels is none of an LSM file",
                evidence=f"BitsPerSample is {tuple(found[:8])}",
                path=self.file.path,
            )
        return whole

    def depths_of(self, page: Page) -> tuple[int, ...]:
        """The same of a page, one a sample."""
        found = self.depths(lambda code: self.values(page, code))
        samples = page.structure.samples
        return (found * samples)[:samples] if len(found) == 1 else found


def _one(values: Values, code: int, default: int) -> int:
    found = values(code)
    return found[0] if found and isinstance(found[0], int) and found[0] > 0 else default
