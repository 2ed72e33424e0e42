"""The OME-Zarr reader keeps the contract that every reader keeps."""

from __future__ import annotations

import shutil
from pathlib import Path

from omio_core.testing import PluginContract, ReaderContract, Sample
from omio_plugins.ome_zarr import READER

from .made import CHAINS, codecs, group, image, multiscale, ramp, zipped

SIZES = {"PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5, "PhysicalSizeZ": 2.0}


class TestOmeZarr(ReaderContract):
    """Few stores, unlike: both formats of Zarr, shards, levels, chunks missing, several images, a zip file."""

    reader = READER

    def samples(self, folder: Path) -> dict[str, Sample]:
        """Each of them some kilobytes."""
        return {
            "axes": self._axes(folder / "axes.ome.zarr"),
            "v2": self._v2(folder / "v2.zarr"),
            "shards": self._shards(folder / "shards.ome.zarr"),
            "missing": self._missing(folder / "missing.ome.zarr"),
            "series": self._series(folder / "series.ome.zarr"),
            "zip": self._zip(folder),
        }

    def _axes(self, path: Path) -> Sample:
        pixels = ramp(2, 2, 3, 9, 11)
        units = {"z": "micrometer", "y": "micrometer", "x": "micrometer"}
        image(path, pixels, "tczyx", [1, 1, 2, 0.5, 0.5], chunks=(1, 1, 2, 5, 6), units=units)
        return Sample(path=path, arrays={0: pixels.swapaxes(1, 2)}, sizes={0: SIZES})

    def _v2(self, path: Path) -> Sample:
        pixels = ramp(3, 9, 11, dtype="f4")
        image(path, pixels, "cyx", version="0.4", chunks=(1, 4, 11), order="F")
        return Sample(path=path, arrays={0: pixels[None, None]})

    def _shards(self, path: Path) -> Sample:
        pixels = ramp(4, 15, 18)
        group(path, {"multiscales": [multiscale("zyx", [[2, 0.5, 0.5]])]})
        codecs(path / "0", pixels, (2, 8, 10), CHAINS["shards"])
        return Sample(path=path, arrays={0: pixels[None, :, None]}, sizes={0: SIZES})

    def _missing(self, path: Path) -> Sample:
        pixels = ramp(4, 8, 10)
        image(path, pixels, "tyx", chunks=(1, 8, 5), fill_value=7)
        shutil.rmtree(path / "0" / "c" / "1")
        (path / "0" / "c" / "3" / "0" / "1").unlink()
        pixels[1] = 7
        pixels[3, :, 5:] = 7
        return Sample(path=path, arrays={0: pixels[:, None, None]})

    def _series(self, path: Path) -> Sample:
        group(path, {"bioformats2raw.layout": 3})
        group(path / "OME", {"series": ["b", "a"]})
        image(path / "b", ramp(5, 7), "yx")
        image(path / "a", ramp(8, 6, dtype="u1"), "yx")
        return Sample(path=path, arrays={0: ramp(5, 7)[None, None, None], 1: ramp(8, 6, dtype="u1")[None, None, None]})

    def _zip(self, folder: Path) -> Sample:
        pixels = ramp(2, 9, 11)
        store = image(folder / "packed", pixels, "zyx", [2, 0.5, 0.5], chunks=(1, 9, 11))
        path = zipped(store, folder / "packed.ozx")
        shutil.rmtree(store)
        return Sample(path=path, arrays={0: pixels[None, :, None]}, sizes={0: SIZES})


class TestPlugin(PluginContract):
    """The plugin as a whole."""

    plugin = "omio_plugins.ome_zarr"
