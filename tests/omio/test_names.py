"""Names of files that are wanted more than once."""

from __future__ import annotations

from pathlib import Path

import pytest

from omio.planning import filenames


def test_names_wanted_by_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbered in order, past those that are wanted as such; each number is tried once, however many there are."""
    asked: list[Path] = []
    plain = filenames.key
    monkeypatch.setattr(filenames, "key", lambda path: (asked.append(path), plain(path))[1])
    taken: dict[str, int] = {}
    wanted = ["x_3.ome.tif", *["x.ome.tif"] * 500, "X.ome.tif", "x_3.ome.tif", "y.tif", "y.tif"]
    found = [filenames.unique(Path(name), taken).name for name in wanted]
    numbers = [n for n in range(2, 502) if n != 3]
    assert found[:501] == ["x_3.ome.tif", "x.ome.tif", *(f"x_{n}.ome.tif" for n in numbers)]
    assert found[501:] == ["X_502.ome.tif", "x_3_2.ome.tif", "y.tif", "y_2.tif"]
    assert len({plain(Path(name)) for name in found}) == len(found)
    assert len(asked) < 5 * len(wanted)
