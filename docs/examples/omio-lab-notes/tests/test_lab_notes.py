"""The plugin keeps the contract of OMIO, and finds the notes that README.md describes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from omio_lab_notes import notes, omio_annotate

import omio
from omio_core.contract import Metadata, MetadataWarning
from omio_core.testing import MemoryLocation, PluginContract

METADATA = Metadata(shape=(1, 1, 1, 2, 2), dtype="uint8")


class TestPlugin(PluginContract):
    plugin = "omio_lab_notes"


@pytest.fixture
def image(tmp_path: Path) -> Path:
    omio.imwrite(tmp_path / "cells.ome.tif", np.zeros((1, 1, 1, 4, 4), np.uint8))
    return tmp_path / "cells.ome.tif"


def test_notes_beside_a_file_are_its_annotation(image: Path) -> None:
    """Under the name of the entry point."""
    (image.parent / "cells.ome.tif.notes.txt").write_text("# mouse 7\nStain: DAPI\n\nStage: day 3: evening\n", "utf-8")
    _, metadata = omio.imread(image)
    assert metadata["Annotations"]["lab_notes"] == {"Stain": "DAPI", "Stage": "day 3: evening"}


def test_a_file_without_notes_has_no_annotation(image: Path) -> None:
    """And there is no warning."""
    _, metadata = omio.imread(image)
    assert "lab_notes" not in metadata["Annotations"]


def test_notes_are_found_wherever_the_source_is() -> None:
    """The source need not be a local file."""
    files = {"/a/b.tif": b"", "/a/b.tif.notes.txt": b"Stain: GFP"}
    assert omio_annotate(METADATA, MemoryLocation("/a/b.tif", files)) == {"Stain": "GFP"}


@pytest.mark.parametrize("content", [b"Stain: \xff", b"a: b\n" * 20_000], ids=["not UTF-8", "too long"])
def test_notes_that_cannot_be_read_are_a_warning(content: bytes) -> None:
    """The image is read all the same."""
    source = MemoryLocation("/a/b.tif", {"/a/b.tif": b"", "/a/b.tif.notes.txt": content})
    with pytest.warns(MetadataWarning, match=r"b\.tif\.notes\.txt"):
        assert omio_annotate(METADATA, source) == {}


def test_lines_that_are_no_notes_are_left_out() -> None:
    """A comment, an empty line, a line without a key."""
    assert notes("# a: b\n\nno colon\n: no key\nkey:\n") == {"key": ""}
