"""The LSM reader keeps the contract that every reader keeps."""

from __future__ import annotations

from pathlib import Path

from omio_core.testing import ReaderContract, Sample
from omio_plugins.lsm import READER

from .samples import KINDS


class TestLsm(ReaderContract):
    """Files that are unlike in their axes, types and ways of storing."""

    reader = READER

    def samples(self, folder: Path) -> dict[str, Sample]:
        """Those of the kinds that differ for the contract."""
        found = {}
        for name in ("tzc", "unknown-sizes", "line", "places", "mixed", "lzw", "chunky"):
            one = KINDS[name](folder / f"{name}.lsm")
            arrays = dict(enumerate(one.arrays))
            found[name] = Sample(path=one.file.path, arrays=arrays, sizes=dict.fromkeys(arrays, one.sizes))
        return found
