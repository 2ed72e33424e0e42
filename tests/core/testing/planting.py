"""Copies of the sound plugin in `good`, each with one small change to one of its files."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np

from omio_core.geometry.box import Box
from omio_core.lazy import load
from omio_core.testing import ReaderContract, Sample
from omio_core.testing.attempts import WriterSubject, attempt
from omio_core.testing.pictures import case, full_facts, ramp

SOURCE = Path(__file__).parent / "good"


def plant(folder: Path, name: str, file: str = "", old: str = "", new: str = ""):
    """Make the plugin as the package `name`, with `old` replaced by `new` in one file; gives the module."""
    package = folder / name
    package.mkdir()
    for source in SOURCE.glob("*.py"):
        text = source.read_text("utf-8").replace("PACKAGE", name)
        if source.name == file:
            assert text.count(old) >= 1, f"{old!r} is not in {file}"
            text = text.replace(old, new)
        (package / source.name).write_text(text, "utf-8")
    importlib.invalidate_caches()
    return importlib.import_module(name)


def uproot(name: str) -> None:
    """Forget a package."""
    for module in [m for m in sys.modules if m == name or m.startswith(f"{name}.")]:
        del sys.modules[module]


def write(writer, folder: Path, name: str, picture) -> Path:
    """Write a sample with a writer of the plugin."""
    tried = attempt(WriterSubject(writer=writer), picture, folder / f"write-{name}")
    assert tried.error is None, tried.error
    path = folder / name / f"{name}{writer.suffixes[0]}"
    path.parent.mkdir()
    tried.land().rename(path)
    return path


def kit(reader, writer) -> ReaderContract:
    """Give the contract of a reader, with samples made by a sound writer of its format."""

    class Planted(ReaderContract):
        def samples(self, folder):
            movie = ramp((2, 3, 2, 6, 5), "u2")
            gaps = ramp((2, 2, 1, 4, 5), "u2") + np.uint16(1)
            box = Box(((0, 1), (0, 2), (0, 1), (0, 4), (0, 5)))
            cases = {
                "movie": case("movie", movie, full_facts()),
                "gaps": case("gaps", gaps, present=[box]),
                "rgb": case("rgb", ramp((1, 1, 3, 7, 9), "u1"), samples=3),
            }
            sizes = {"PhysicalSizeX": 0.325, "PhysicalSizeY": 0.25, "PhysicalSizeZ": 1.5, "TimeIncrement": 2.5}
            return {
                name: Sample(
                    path=write(writer, folder, name, picture),
                    arrays={0: picture.arrays[0]},
                    sizes={0: sizes} if name == "movie" else {},
                )
                for name, picture in cases.items()
            }

    contract = Planted()
    contract.reader = reader
    assert callable(load(reader.open))
    return contract


def checks_of(contract) -> list[str]:
    """Give the names of all checks of a contract."""
    return sorted(name for name in dir(contract) if name.startswith("test_"))
