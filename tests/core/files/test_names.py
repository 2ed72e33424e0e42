"""Numbered names: the suffix stays whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from omio_core.files.names import numbered


@pytest.mark.parametrize(
    ("name", "second"),
    [
        ("x.ome.tif", "x-1.ome.tif"),
        ("x.OME.TIFF", "x-1.OME.TIFF"),
        ("a.b.ome.btf", "a.b-1.ome.btf"),
        ("x.tif", "x-1.tif"),
        ("x", "x-1"),
        (".ome.tif", ".ome-1.tif"),
    ],
)
def test_numbered(name: str, second: str, tmp_path: Path) -> None:
    found = numbered(tmp_path / name)
    assert [next(found).name, next(found).name] == [name, second]
    assert next(found).parent == tmp_path


@pytest.mark.parametrize(("name", "second"), [("x.my.tiles", "x-1.my.tiles"), (".my.tiles", ".my-1.tiles")])
def test_a_suffix_that_is_known_is_not_split(name: str, second: str) -> None:
    found = numbered(name, (".tiles", ".my.tiles"))
    assert [next(found).name, next(found).name] == [name, second]
