"""A name that is taken: what each policy does, and what an update needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from omio_core.errors import OmioError, WriteError
from omio_core.images.collisions import under


def put(path: Path, replace: bool) -> None:
    if path.exists() and not replace:
        raise WriteError("exists") from FileExistsError()
    path.write_text("new")


def test_each_policy(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    assert under(target, "raise", put) == target
    target.write_text("old")
    assert under(target, "skip", put) is None
    assert target.read_text() == "old"
    assert under(target, "number", put) == tmp_path / "a-1.txt"
    with pytest.raises(WriteError):
        under(target, "raise", put)
    with pytest.raises(WriteError, match="no source to compare it with"):
        under(target, "update", put)
    assert target.read_text() == "old"
    assert under(target, "overwrite", put) == target
    assert target.read_text() == "new"
    with pytest.raises(OmioError, match="'replace'"):
        under(tmp_path / "b.txt", "replace", put)
