"""Checks of descriptions and facts: they are values, consistent, true, and valid after the file is closed."""

from __future__ import annotations

import json
import math
import os
import pickle
from collections.abc import Iterator, Sequence
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from omio_core.files.location import Location
from omio_core.geometry.box import Box, Present
from omio_core.metadata.facts import PLANE_COLUMNS, Facts
from omio_core.pixels.description import ImageDescription
from omio_core.pixels.handles import HANDLES

from .sample import Subject
from .values import json_fault, pickle_fault

SIZES = {
    "PhysicalSizeX": "physical_size_x",
    "PhysicalSizeY": "physical_size_y",
    "PhysicalSizeZ": "physical_size_z",
    "TimeIncrement": "time_increment",
}


class DescriptionChecks(Subject):
    """Checks whether the reader's descriptions of a file are reliable."""

    def test_descriptions_are_values(self, tmp_path: Path) -> None:
        """A description survives pickling and closing the file, and is the same each time the file is opened."""
        for name, sample in self.make_samples(tmp_path):
            with self.handle(sample.path, sample.options) as opened:
                descriptions = tuple(opened.images)
                members = list(opened.members)
            assert descriptions, f"{name}: no image"
            assert all(isinstance(description, ImageDescription) for description in descriptions), (
                f"{name}: {descriptions!r} are not all ImageDescription"
            )
            _check_members(name, members, sample.path)
            for index, description in enumerate(descriptions):
                fault = pickle_fault(description)
                assert not fault, f"{name}, image {index}: {fault}"
            copies = pickle.loads(pickle.dumps(descriptions))
            with self.handle(sample.path, sample.options) as opened:
                reopened = tuple(opened.images)
            for index, (description, copy, second) in enumerate(zip(descriptions, copies, reopened, strict=True)):
                where = f"{name}, image {index}"
                assert _comparable(description) == _comparable(copy), f"{where}: pickling changes the description"
                assert _comparable(description) == _comparable(second), f"{where}: described otherwise the second time"

    def test_descriptions_are_consistent(self, tmp_path: Path) -> None:
        """Axes, dtype, levels and blocks are consistent."""
        for where, description in self._descriptions(tmp_path):
            letters = description.axes
            assert set(letters) <= set(ascii_uppercase), f"{where}: axes {letters!r}"
            assert len(set(letters)) == len(letters), f"{where}: an axis stands twice in {letters}"
            assert description.dtype.isnative, (
                f"{where}: the dtype {description.dtype.str} is not of this machine's byte order"
            )
            assert description.dtype.kind in "buifc", f"{where}: pixels of dtype {description.dtype}"
            assert isinstance(description.levels, tuple), f"{where}: levels are {description.levels!r}, no tuple"
            assert description.levels, f"{where}: no level; a picture has at least one"
            for field in ("assumptions", "warnings", "absent_files", "not_kept"):
                texts = getattr(description, field)
                valid = isinstance(texts, tuple) and all(isinstance(text, str) and text for text in texts)
                assert valid, f"{where}: {field} is {texts!r}, no tuple of texts"
            for level in description.levels:
                for lengths, what in ((level.shape, "shape"), (level.blocks, "blocks")):
                    assert len(lengths) == len(letters), f"{where}: a level has the {what} {lengths}, axes {letters}"
                    right = all(type(n) is int and n > 0 for n in lengths)
                    assert right, f"{where}: a level has the {what} {lengths}; write positive whole numbers"
            for larger, smaller in zip(description.levels, description.levels[1:], strict=False):
                shrinks = all(b <= a for a, b in zip(larger.shape, smaller.shape, strict=True))
                assert shrinks, f"{where}: level of {smaller.shape} after {larger.shape}"

    def test_present_boxes_are_disjoint(self, tmp_path: Path) -> None:
        """Present boxes are inside the shape, do not overlap, and contain all samples of a pixel."""
        for where, description in self._descriptions(tmp_path):
            for level in description.levels:
                if level.present is None:
                    continue
                full_box = Box.whole(level.shape)
                boxes = Present(level.existing())
                assert level.existing() == level.existing(), f"{where}: present answers otherwise the second time"
                for box in level.existing():
                    assert (box & full_box) == box, f"{where}: {box} is not inside {level.shape}"
                    assert boxes.hits(box) == [box], f"{where}: {box} overlaps {boxes.hits(box)}"
                    if "S" in description.axes:
                        sample_axis = description.axes.index("S")
                        assert box.spans[sample_axis] == full_box.spans[sample_axis], (
                            f"{where}: {box} has part of the samples"
                        )

    def test_axes_are_understood(self, tmp_path: Path) -> None:
        """The core makes a TZCYX image from every description, with metadata that JSON can represent."""
        for name, sample in self.make_samples(tmp_path):
            with self.source(sample) as source:
                for index, image in enumerate(source.images):
                    assert len(image.shape) == 5, f"{name}, image {index}"
                    fault = json_fault(image.metadata.to_dict(), "metadata")
                    assert not fault, f"{name}, image {index}: {fault}"
                    public = json.loads(json.dumps(image.metadata.to_dict(), allow_nan=False))
                    assert public["shape"] == list(image.shape), f"{name}, image {index}"

    def test_facts_have_origins(self, tmp_path: Path) -> None:
        """Every fact has an origin that a reader may state, and JSON can hold every annotation.

        The origin is the file, a sidecar, or derived from those.
        """
        for where, description in self._descriptions(tmp_path):
            facts = description.facts()
            assert isinstance(facts, Facts), f"{where}: {facts!r} are no Facts"
            for fact_name, origin in _origins(facts):
                assert origin in ("file", "sidecar", "derived"), f"{where}: {fact_name} has the origin {origin!r}"
            fault = json_fault(facts.annotations, "annotations")
            assert not fault, f"{where}: {fault}"
            if facts.planes is not None:
                tables = {column: table.dtype.str for column, table in facts.planes.columns.items()}
                assert set(tables) <= set(PLANE_COLUMNS), f"{where}: tables {list(tables)}"
                assert all(kind.endswith("f8") for kind in tables.values()), f"{where}: tables {tables}"

    def test_no_size_is_invented(self, tmp_path: Path) -> None:
        """The sizes are those that the sample states, and unknown if it states none."""
        for name, sample in self.make_samples(tmp_path):
            with self.handle(sample.path, sample.options) as opened:
                descriptions = tuple(opened.images)
            assert set(sample.sizes) <= set(range(len(descriptions))), f"{name}: sizes of images that are not there"
            for index, description in enumerate(descriptions):
                stated = sample.sizes.get(index, {})
                assert set(stated) <= set(SIZES), f"{name}: {set(stated) - set(SIZES)} are no sizes"
                facts = description.facts()
                for public, slot in SIZES.items():
                    fact, expected = getattr(facts, slot), stated.get(public)
                    where = f"{name}, image {index}: {public}"
                    if expected is None:
                        assert fact is None, f"{where} is {fact}, and the sample states none"
                    else:
                        assert fact is not None, f"{where} is unknown, and the sample states {expected}"
                        assert math.isclose(fact.value, expected, rel_tol=1e-9), f"{where} is {fact}, not {expected}"

    def _descriptions(self, folder: Path) -> Iterator[tuple[str, ImageDescription]]:
        for name, sample in self.make_samples(folder):
            with self.handle(sample.path, sample.options) as opened:
                descriptions = tuple(opened.images)
            HANDLES.clear()
            yield from ((f"{name}, image {index}", description) for index, description in enumerate(descriptions))


def _check_members(name: str, members: Sequence[Any], path: Path) -> None:
    assert members, f"{name}: no members; name the opened file, and every other that pixels and facts come from"
    for member in members:
        assert isinstance(member, Location), f"{name}: the member {member!r} is no Location"
    if path.is_dir():
        folder = str(path.resolve()) + os.sep
        outside = [str(member) for member in members if not str(member).startswith(folder)]
        assert not outside, f"{name}: the member {outside[:1]} is not in the folder; name its metadata documents"
    else:
        assert os.path.samefile(members[0], path), f"{name}: the first of its members is {members[0]}"


def _comparable(description: ImageDescription) -> tuple[object, ...]:
    """Return the contents of a description for comparison, with the facts that its function returns."""
    return (
        description.axes,
        description.dtype,
        tuple((level.shape, level.blocks, level.existing(), level.fill, level.raw) for level in description.levels),
        description.name,
        description.kind,
        description.assumptions,
        description.absent_files,
        description.facts(),
    )


def _origins(facts: Facts) -> Iterator[tuple[str, str]]:
    for slot in Facts.__dataclass_fields__:
        origin = getattr(getattr(facts, slot), "origin", None)
        if origin is not None:
            yield slot, origin
    for index, channel in enumerate(facts.channels):
        for slot in ("name", "color", "excitation", "emission", "fluor"):
            if (fact := getattr(channel, slot)) is not None:
                yield f"{slot} of channel {index}", fact.origin
