"""Whether OMIO is offered for a path: by its content, and never with an error."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import omio
from omio.viewing.claims import is_claimed


def test_content_decides(cells: Path, tmp_path: Path) -> None:
    """A file that a reader claims, whatever its name; a text is none, nor is what is not there."""
    assert is_claimed(str(cells))
    renamed = tmp_path / "cells.dat"
    renamed.write_bytes(cells.read_bytes())
    assert is_claimed(str(renamed))
    note = tmp_path / "note.txt"
    note.write_text("no picture")
    assert not is_claimed(str(note))
    assert not is_claimed(str(tmp_path / "absent.tif"))
    assert not is_claimed("")


def test_folders(cells: Path, tmp_path: Path) -> None:
    """One that is a picture, and one that holds a picture; not an empty one."""
    omio.imwrite(tmp_path / "a.ome.zarr", np.zeros((8, 8), np.uint8))
    assert is_claimed(str(tmp_path / "a.ome.zarr"))
    assert is_claimed(str(cells.parent))
    (tmp_path / "empty").mkdir()
    assert not is_claimed(str(tmp_path / "empty"))
