"""Checks of descriptions and facts: pure values, consistent, honest, and true after the file is closed."""

from __future__ import annotations

import json
import math
import os
import pickle
from collections.abc import Iterator
from pathlib import Path
from string import ascii_uppercase

from omio_core.geometry.box import Box, Present
from omio_core.metadata.facts import PLANE_COLUMNS, Facts
from omio_core.pixels.description import ImageDescription
from omio_core.pixels.handles import HANDLES

from .sample import Subject

SIZES = {
    "PhysicalSizeX": "physical_size_x",
    "PhysicalSizeY": "physical_size_y",
    "PhysicalSizeZ": "physical_size_z",
    "TimeIncrement": "time_increment",
}


class Describing(Subject):
    """Whether what the reader says of a file can be relied on."""

    def test_descriptions_are_values(self, tmp_path: Path) -> None:
        """A description survives pickling and the closing of the file, and is the same at every opening."""
        for name, sample in self.each(tmp_path):
            with self.handle(sample.path, sample.options) as opened:
                kept = tuple(opened.images)
                members = list(opened.members)
            assert kept, f"{name}: no image"
            assert all(isinstance(one, ImageDescription) for one in kept), (
                f"{name}: {kept!r} are not all ImageDescription"
            )
            assert os.path.samefile(members[0], sample.path), f"{name}: the first of its members is {members[0]}"
            copies = pickle.loads(pickle.dumps(kept))
            with self.handle(sample.path, sample.options) as opened:
                again = tuple(opened.images)
            for index, (one, copy, later) in enumerate(zip(kept, copies, again, strict=True)):
                where = f"{name}, image {index}"
                assert _told(one) == _told(copy), f"{where}: pickling changes the description"
                assert _told(one) == _told(later), f"{where}: described otherwise the second time"

    def test_descriptions_are_consistent(self, tmp_path: Path) -> None:
        """Axes, dtype, levels and blocks fit one another."""
        for where, one in self._described(tmp_path):
            letters = one.axes
            assert set(letters) <= set(ascii_uppercase), f"{where}: axes {letters!r}"
            assert len(set(letters)) == len(letters), f"{where}: an axis stands twice in {letters}"
            assert one.dtype.isnative, f"{where}: the dtype {one.dtype.str} is not of this machine's byte order"
            assert one.dtype.kind in "buifc", f"{where}: pixels of dtype {one.dtype}"
            assert one.levels, f"{where}: no level"
            assert all(isinstance(s, str) and s for s in one.assumptions), f"{where}: {one.assumptions!r}"
            for level in one.levels:
                assert len(level.shape) == len(level.blocks) == len(letters), f"{where}: {letters} and {level}"
                lengths = (*level.shape, *level.blocks)
                assert all(type(n) is int and n > 0 for n in lengths), f"{where}: lengths of {level}"
            for larger, smaller in zip(one.levels, one.levels[1:], strict=False):
                shrinks = all(b <= a for a, b in zip(larger.shape, smaller.shape, strict=True))
                assert shrinks, f"{where}: level of {smaller.shape} after {larger.shape}"

    def test_present_boxes_are_disjoint(self, tmp_path: Path) -> None:
        """Boxes that are present lie in the shape, do not overlap, and hold whole pixels."""
        for where, one in self._described(tmp_path):
            for level in one.levels:
                if level.present is None:
                    continue
                whole = Box.whole(level.shape)
                boxes = Present(level.present)
                for box in level.present:
                    assert (box & whole) == box, f"{where}: {box} is not inside {level.shape}"
                    assert boxes.hits(box) == [box], f"{where}: {box} overlaps {boxes.hits(box)}"
                    if "S" in one.axes:
                        s = one.axes.index("S")
                        assert box.spans[s] == whole.spans[s], f"{where}: {box} has part of the samples"

    def test_axes_are_understood(self, tmp_path: Path) -> None:
        """The core makes a TZCYX image of every description, with metadata that JSON can hold."""
        for name, sample in self.each(tmp_path):
            with self.source(sample) as source:
                for index, image in enumerate(source.images):
                    assert len(image.shape) == 5, f"{name}, image {index}"
                    public = json.loads(json.dumps(image.metadata.to_dict(), allow_nan=False))
                    assert public["shape"] == list(image.shape), f"{name}, image {index}"

    def test_facts_have_origins(self, tmp_path: Path) -> None:
        """Every fact is a reader's to state: from the file, from a sidecar, or derived from those."""
        for where, one in self._described(tmp_path):
            facts = one.facts()
            assert isinstance(facts, Facts), f"{where}: {facts!r} are no Facts"
            for what, origin in _origins(facts):
                assert origin in ("file", "sidecar", "derived"), f"{where}: {what} has the origin {origin!r}"
            if facts.planes is not None:
                tables = {column: table.dtype.str for column, table in facts.planes.columns.items()}
                assert set(tables) <= set(PLANE_COLUMNS), f"{where}: tables {list(tables)}"
                assert all(kind.endswith("f8") for kind in tables.values()), f"{where}: tables {tables}"

    def test_no_size_is_invented(self, tmp_path: Path) -> None:
        """The sizes are those the sample states, and unknown where it states none."""
        for name, sample in self.each(tmp_path):
            with self.handle(sample.path, sample.options) as opened:
                described = tuple(opened.images)
            assert set(sample.sizes) <= set(range(len(described))), f"{name}: sizes of images that are not there"
            for index, one in enumerate(described):
                stated = sample.sizes.get(index, {})
                assert set(stated) <= set(SIZES), f"{name}: {set(stated) - set(SIZES)} are no sizes"
                facts = one.facts()
                for public, slot in SIZES.items():
                    fact, wanted = getattr(facts, slot), stated.get(public)
                    where = f"{name}, image {index}: {public}"
                    if wanted is None:
                        assert fact is None, f"{where} is {fact}, and the sample states none"
                    else:
                        assert fact is not None, f"{where} is unknown, and the sample states {wanted}"
                        assert math.isclose(fact.value, wanted, rel_tol=1e-9), f"{where} is {fact}, not {wanted}"

    def _described(self, folder: Path) -> Iterator[tuple[str, ImageDescription]]:
        for name, sample in self.each(folder):
            with self.handle(sample.path, sample.options) as opened:
                described = tuple(opened.images)
            HANDLES.clear()
            yield from ((f"{name}, image {index}", one) for index, one in enumerate(described))


def _told(one: ImageDescription) -> tuple[object, ...]:
    """All that a description says, comparable; its functions are called."""
    return one.axes, one.dtype, one.levels, one.name, one.kind, one.assumptions, one.absent_files, one.facts()


def _origins(facts: Facts) -> Iterator[tuple[str, str]]:
    for slot in Facts.__dataclass_fields__:
        origin = getattr(getattr(facts, slot), "origin", None)
        if origin is not None:
            yield slot, origin
    for index, channel in enumerate(facts.channels):
        for slot in ("name", "color", "excitation", "emission", "fluor"):
            if (fact := getattr(channel, slot)) is not None:
                yield f"{slot} of channel {index}", fact.origin
