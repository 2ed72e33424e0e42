"""How much memory a conversion may take: what the caller allows is kept, or refused before anything is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import omio
from omio_core import threads
from omio_core.errors import LimitExceededError, OmioError
from omio_core.settings import MIB, current_settings


def test_memory_is_bounded(stated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pool is given the caller's limit, at every door, and the process keeps its own."""
    budgets: list[int | None] = []
    ordered = threads.ordered

    def watched(tasks: Any, **keywords: Any) -> Any:
        budgets.append(keywords.get("max_bytes") or current_settings().max_bytes)
        return ordered(tasks, **keywords)

    monkeypatch.setattr("omio_core.pixels.stream.ordered", watched)
    before = current_settings()
    omio.convert(stated, tmp_path / "a.ome.zarr", max_memory=32 * MIB, verify="pixels")
    omio.convert(stated, tmp_path / "a.ome.tif", max_memory="32M")
    omio.plan(stated, tmp_path / "b.ome.tif", max_memory="32 MiB").run()
    omio.imwrite(tmp_path / "c.ome.tif", omio.imopen(stated), max_memory="32MiB")
    assert set(budgets) == {32 * MIB}
    assert current_settings() == before


def test_memory_that_does_not_suffice(tmp_path: Path) -> None:
    large = omio.imwrite(tmp_path / "a.ome.tif", np.zeros((1024, 1024), "u2"), tile=0, compression="none")
    block = least_memory(large)
    with pytest.raises(LimitExceededError, match="cannot be converted within 1,000 bytes of memory") as caught:
        omio.convert(large, tmp_path / "b.ome.zarr", max_memory=1000)
    assert f"{block:,} bytes" in caught.value.evidence
    (problem,) = omio.plan(large, tmp_path / "b.ome.zarr", max_memory=1000).problems
    assert "1,000 bytes of memory" in problem
    assert not (tmp_path / "b.ome.zarr").exists()
    assert omio.convert(large, tmp_path / "b.ome.zarr", max_memory=block)
    with pytest.raises(OmioError, match="'lots' is no number of bytes"):
        omio.convert(large, tmp_path / "c.ome.zarr", max_memory="lots")


def least_memory(path: Path) -> int:
    """What the plan of a file needs at least."""
    memory = omio.plan(path, max_memory=1).outputs[0].memory
    assert memory is not None
    return memory
