"""An LSM file's chain of IFDs, whose tags are corrected before the TIFF reader interprets them; it knows no picture.

Zeiss's programs deviate from TIFF 6.0, as others have found (tifffile's `_fix_lsm_...` and `TiffPage`, BSD licence;
Bio-Formats' notes on RowsPerStrip and on floats): one strip per channel, whatever RowsPerStrip states; channels of
different depth in one page; 12 bits in two bytes; 32 bits that are floats without SampleFormat; a predictor without
compression; two depths stored elsewhere although they fit into their entry.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

from omio_core.contract import CorruptFileError, UnsupportedFeatureError
from omio_plugins.tiff.family import NONE, STRIP_OFFSETS, Chain, Page, Values

_LENGTH, _BITS, _COMPRESSION, _SAMPLES, _ROWS, _PLANAR, _PREDICTOR, _FORMAT = 257, 258, 259, 277, 278, 284, 317, 339
_DEPTHS = (8, 12, 16, 32)
_FLOAT = 3  # SampleFormat, TIFF 6.0, section 19


class LsmChain(Chain):
    """A chain that interprets its pages as LSM does."""

    def structural_values(self, values: Values, counts: Mapping[int, int]) -> Values:
        """The corrected tags of a page; channels of different depth get the largest depth."""
        depths = self.depths(values)
        bits = max(depths)
        corrected: dict[int, tuple[Any, ...]] = {_BITS: (bits,)}
        if bits == 32:
            corrected[_FORMAT] = (_FLOAT,)
        elif len(set(depths)) > 1:
            corrected[_FORMAT] = (1,)
        if _number(values, _COMPRESSION, NONE) == NONE:
            corrected[_PREDICTOR] = ()
        strips, samples = counts.get(STRIP_OFFSETS, 0), _number(values, _SAMPLES, 1)
        if samples > 1 and strips >= samples and not values(_PLANAR):
            corrected[_PLANAR] = (2,)
        planes = samples if corrected.get(_PLANAR, values(_PLANAR)) == (2,) else 1
        length = _number(values, _LENGTH, 1)
        rows = _number(values, _ROWS, length) or length
        strips_per_plane = strips // planes
        if 0 < strips_per_plane < -(-length // rows):  # fewer strips than RowsPerStrip implies
            corrected[_ROWS] = (-(-length // strips_per_plane),)
        return lambda code: corrected[code] if code in corrected else values(code)

    def depths(self, values: Values) -> tuple[int, ...]:
        """Bits of each sample: 8, 16 or 32.

        Raises
        ------
        UnsupportedFeatureError
            A depth is none that LSM files have.
        """
        stated = values(_BITS)
        if len(stated) == 2 and not set(stated) <= set(_DEPTHS):
            try:  # the two numbers are the halves of an offset
                stated = struct.unpack("<2H", self.file.read(struct.unpack("<I", struct.pack("<2H", *stated))[0], 4))
            except (CorruptFileError, struct.error):
                stated = ()
        sample_bits = stated[: max(_number(values, _SAMPLES, 1), 1)]
        depths = tuple(next((n for n in (8, 16, 32) if isinstance(b, int) and 0 < b <= n), 0) for b in sample_bits)
        if not depths or 0 in depths:
            raise UnsupportedFeatureError(
                "the depth of the pixels is none of an LSM file",
                evidence=f"BitsPerSample is {tuple(sample_bits[:8])}",
                path=self.file.path,
            )
        return depths

    def depths_of(self, page: Page) -> tuple[int, ...]:
        """Bits of each sample of a page, one entry per sample."""
        depths = self.depths(lambda code: self.values(page, code))
        samples = page.structure.samples
        return (depths * samples)[:samples] if len(depths) == 1 else depths


def _number(values: Values, code: int, default: int) -> int:
    numbers = values(code)
    return numbers[0] if numbers and isinstance(numbers[0], int) and numbers[0] > 0 else default
