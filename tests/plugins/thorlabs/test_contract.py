"""The Thorlabs reader keeps the contract that every reader keeps."""

from __future__ import annotations

from pathlib import Path

from omio_core.testing import ReaderContract, Sample
from omio_plugins.thorlabs import READER

from .made import by_hand, fast, flown, pixels, write, xml


class TestThorlabs(ReaderContract):
    """Streaming, fast-Z with flyback, stopped, by hand."""

    reader = READER

    def samples(self, folder: Path) -> dict[str, Sample]:
        """One of each way in which a RAW file is described."""
        return {
            "streaming": self._streaming(folder / "streaming"),
            "fast": self._fast(folder / "fast"),
            "stopped": self._stopped(folder / "stopped"),
            "by hand": self._by_hand(folder / "by_hand"),
        }

    def _streaming(self, folder: Path) -> Sample:
        array = pixels(3, 1, 2, 4, 5)
        sizes = {"PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5, "TimeIncrement": 0.25}
        return Sample(path=write(folder, array, xml(Streaming={"frames": 3})), arrays={0: array}, sizes={0: sizes})

    def _fast(self, folder: Path) -> Sample:
        array = pixels(2, 3, 2, 4, 5)
        sizes = {"PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5, "PhysicalSizeZ": 2.5, "TimeIncrement": 1.0}
        return Sample(path=write(folder, flown(array, 1), fast(2, 3, 1)), arrays={0: array}, sizes={0: sizes})

    def _stopped(self, folder: Path) -> Sample:
        """Ends in the second volume, after two of its images."""
        array = pixels(2, 3, 2, 4, 5)
        text = fast(9, 3, 0, ExperimentStatus={"value": "Stopped"}, LSM={"pixelSizeUM": None, "frameRate": 0})
        path = write(folder, array.reshape(-1, 4, 5)[:9], text)
        array[1, 1, 1], array[1, 2] = 0, 0
        return Sample(path=path, arrays={0: array}, sizes={0: {"PhysicalSizeZ": 2.5}})

    def _by_hand(self, folder: Path) -> Sample:
        array = pixels(2, 3, 2, 4, 5)
        path = write(folder, array, name="some name.RAW", **{"some name.yml": by_hand(z=3)})
        return Sample(path=path, arrays={0: array})
