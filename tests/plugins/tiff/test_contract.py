"""The TIFF reader keeps the contract that every reader keeps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile

from omio_core.testing import ReaderContract, Sample
from omio_plugins.tiff import READER

from .made import companion, master


def ramp(*shape: int, dtype: str = "u2") -> np.ndarray:
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


class TestTiff(ReaderContract):
    """Few files, unlike: flavours, ways of storing, sizes stated and not."""

    reader = READER

    def samples(self, folder: Path) -> dict[str, Sample]:
        """One of each flavour, and the ways of storing spread over them."""
        return {
            "plain": self._plain(folder / "plain.tif"),
            "imagej": self._imagej(folder / "imagej.tif"),
            "shaped": self._shaped(folder / "shaped.tif"),
            "ome": self._ome(folder / "a.ome.tif"),
            "several": self._several(folder / "several.tif"),
            "master": self._set(folder / "master", 0),
            "member": self._set(folder / "member", 2),
            "companion": self._companion(folder / "companion"),
        }

    def _plain(self, path: Path) -> Sample:
        array = ramp(3, 20, 30)
        tifffile.imwrite(path, array, metadata=None, photometric="minisblack", compression="lzw", predictor=True)
        return Sample(path=path, arrays={0: array[:, None, None]})

    def _imagej(self, path: Path) -> Sample:
        array = ramp(2, 3, 2, 16, 18)
        metadata = {"axes": "TZCYX", "unit": "um", "spacing": 0.5, "finterval": 2.5}
        tifffile.imwrite(path, array, imagej=True, resolution=(4, 5), metadata=metadata)
        sizes = {"PhysicalSizeX": 0.25, "PhysicalSizeY": 0.2, "PhysicalSizeZ": 0.5, "TimeIncrement": 2.5}
        return Sample(path=path, arrays={0: array}, sizes={0: sizes})

    def _shaped(self, path: Path) -> Sample:
        array = ramp(2, 3, 32, 20, dtype="u1")
        tifffile.imwrite(
            path, array, photometric="rgb", planarconfig="separate", tile=(16, 16), compression="zlib", bigtiff=True,
            metadata={"axes": "ZCYX"},
        )  # fmt: skip
        return Sample(path=path, arrays={0: array[None]})

    def _ome(self, path: Path) -> Sample:
        array = ramp(2, 2, 17, 19, 3, dtype="u1")
        metadata = {"axes": "TZYXS", "PhysicalSizeX": 0.3, "PhysicalSizeXUnit": "µm"}
        tifffile.imwrite(path, array, byteorder=">", photometric="rgb", rowsperstrip=4, metadata=metadata)
        return Sample(path=path, arrays={0: array.transpose(0, 1, 4, 2, 3)}, sizes={0: {"PhysicalSizeX": 0.3}})

    def _set(self, folder: Path, opened: int) -> Sample:
        paths, array = master(folder)
        return Sample(path=paths[opened], arrays={0: array})

    def _companion(self, folder: Path) -> Sample:
        folder.mkdir()
        paths, array = companion(folder)
        return Sample(path=paths[0], arrays={0: array})

    def _several(self, path: Path) -> Sample:
        first, second = ramp(16, 18, dtype="f4"), ramp(8, 9, dtype="i2")
        with tifffile.TiffWriter(path) as writer:
            writer.write(first, metadata=None)
            writer.write(second, metadata=None, compression="zlib", rowsperstrip=3)
        return Sample(path=path, arrays={0: first[None, None, None], 1: second[None, None, None]})
