"""`create_thorlabs_raw_yaml`: a sidecar to fill in, beside the file; one that stands is never replaced unasked."""

from __future__ import annotations

from pathlib import Path

import pytest

import omio
from omio_core.errors import NoReaderError, WriteError


def test_a_sidecar_to_fill_in(tmp_path: Path) -> None:
    """Beside the file or where asked; one that stands is kept, and None says so where that is asked for."""
    raw = tmp_path / "Image_001_001.raw"
    raw.write_bytes(bytes(2 * 64 * 64))
    made = omio.create_thorlabs_raw_yaml(raw)
    assert made == tmp_path / "Image_001_001.yaml"
    text = made.read_text("utf-8")
    assert "8192 bytes" in text
    with pytest.raises(WriteError, match="exists already"):
        omio.create_thorlabs_raw_yaml(raw)
    assert omio.create_thorlabs_raw_yaml(raw, collision="skip") is None
    assert made.read_text("utf-8") == text
    assert omio.create_thorlabs_raw_yaml(raw, tmp_path / "other.yaml") == tmp_path / "other.yaml"


def test_a_file_that_needs_no_sidecar(plane: Path) -> None:
    """No reader has a sidecar for it: refused, and nothing is written."""
    with pytest.raises(NoReaderError, match="no reader has a sidecar"):
        omio.create_thorlabs_raw_yaml(plane)
    assert [path.name for path in plane.parent.iterdir()] == [plane.name]
