"""The CZI reader keeps the contract that every reader keeps."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np

from omio_core.testing import ReaderContract, Sample
from omio_plugins.czi import READER

from .made import JPEGXR, RAW, ZSTD0, ZSTD1, Block, ramp, write

XML = b"""<ImageDocument><Metadata><Scaling><Items>
<Distance Id="X"><Value>2.5e-07</Value></Distance><Distance Id="Y"><Value>5e-07</Value></Distance>
<Distance Id="Z"><Value>1e-06</Value></Distance></Items></Scaling></Metadata></ImageDocument>"""
SIZES = {"PhysicalSizeX": 0.25, "PhysicalSizeY": 0.5, "PhysicalSizeZ": 1.0}


class TestCzi(ReaderContract):
    """Few files, unlike: axes, scenes, mosaics, pyramids, compressions, planes missing."""

    reader = READER

    def samples(self, folder: Path) -> dict[str, Sample]:
        """Each of them some kilobytes."""
        found = {
            "axes": self._axes(folder / "axes.czi"),
            "sparse": self._sparse(folder / "sparse.czi"),
            "scenes": self._scenes(folder / "scenes.czi"),
            "mosaic": self._mosaic(folder / "mosaic.czi", {}),
            "tiles": self._mosaic(folder / "tiles.czi", {"tiles": True}),
            "colour": self._colour(folder / "colour.czi"),
        }
        if importlib.util.find_spec("aicspylibczi") is not None:
            found["jpegxr"] = self._jpegxr(folder / "jpegxr.czi")
        return found

    def _axes(self, path: Path) -> Sample:
        array = ramp(2, 2, 3, 9, 11)  # T C Z
        made = [
            Block(pixels=array[t, c, z], at={"T": t, "C": c, "Z": z}, compression=(RAW, ZSTD1)[c])
            for t, c, z in np.ndindex(2, 2, 3)
        ]
        write(path, made, xml=XML)
        return Sample(path=path, arrays={0: array.swapaxes(1, 2)}, sizes={0: SIZES})

    def _sparse(self, path: Path) -> Sample:
        array = np.zeros((1, 1, 6, 8, 10), "f4")
        made = []
        for h, c in ((0, 0), (1, 0), (2, 0), (0, 1)):
            array[0, 0, 2 * h + c] = ramp(8, 10, dtype="f4", start=h + 3 * c)
            made.append(Block(pixels=array[0, 0, 2 * h + c], at={"H": h, "C": c}))
        write(path, made)
        return Sample(path=path, arrays={0: array})

    def _scenes(self, path: Path) -> Sample:
        first, second = ramp(7, 9), ramp(2, 12, 5, start=3)
        made = [Block(pixels=first, at={"S": 0}), *(Block(pixels=second[t], at={"S": 1, "T": t + 4}) for t in range(2))]
        write(path, made, xml=XML)
        arrays = {0: first[None, None, None], 1: second[:, None, None]}
        return Sample(path=path, arrays=arrays, sizes={0: SIZES, 1: SIZES})

    def _mosaic(self, path: Path, options: dict[str, Any]) -> Sample:
        tiles = [ramp(32, 32, start=k) for k in range(3)]
        places = [(-10, -7), (12, -7), (-10, 40)]
        made = []
        for m, (pixels, (x, y)) in enumerate(zip(tiles, places, strict=True)):
            at = {"X": x, "Y": y, "M": m}
            made.append(Block(pixels=pixels, at=at, compression=(RAW, ZSTD0, ZSTD1)[m]))
            made.append(Block(pixels=pixels[::2, ::2], at=at, covers=(32, 32), pyramid_type=2))
        write(path, made)
        if options:
            return Sample(
                path=path, arrays={m: pixels[None, None, None] for m, pixels in enumerate(tiles)}, options=options
            )
        whole = np.zeros((1, 1, 1, 79, 54), "u2")
        for pixels, (x, y) in zip(tiles, places, strict=True):
            whole[0, 0, 0, y + 7 : y + 39, x + 10 : x + 42] = pixels
        return Sample(path=path, arrays={0: whole})

    def _colour(self, path: Path) -> Sample:
        array = ramp(2, 13, 17, 3, dtype="u1")
        write(path, [Block(pixels=array[c], at={"C": c}, compression=(RAW, ZSTD0)[c]) for c in range(2)])
        return Sample(path=path, arrays={0: array.transpose(0, 3, 1, 2).reshape(1, 1, 6, 13, 17)})

    def _jpegxr(self, path: Path) -> Sample:
        array = ramp(2, 16, 18)
        write(path, [Block(pixels=array[z], at={"Z": z}, compression=JPEGXR) for z in range(2)])
        return Sample(path=path, arrays={0: array[None, :, None]})
