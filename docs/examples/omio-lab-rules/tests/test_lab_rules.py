"""The plugin keeps the contract of OMIO, and its policies decide as README.md says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from omio_lab_rules import POLICIES, calibrated, previews

import omio
from omio_core.contract import CollisionCase, ConflictCase, MetadataConflictError, MetadataWarning, WriteError
from omio_core.testing import PluginContract, PolicyContract


class TestPlugin(PluginContract):
    plugin = "omio_lab_rules"


class TestPolicies(PolicyContract):
    policies = POLICIES


@pytest.mark.parametrize(
    ("about", "values", "action"),
    [
        ("size", (0.25, 0.251), "first"),
        ("size", (0.251, 0.25), "first"),
        ("size", (0.25, 0.26), "raise"),
        ("time", (1.0, 2.0), "null"),
        ("fact", ("GFP", "DAPI"), "null"),
    ],
)
def test_conflicts_are_decided(about: Any, values: tuple[Any, Any], action: str) -> None:
    """Small differences of sizes are calibrations."""
    assert calibrated(ConflictCase(fact="any", about=about, values=values, sources=("a", "b"))) == action


@pytest.mark.parametrize(
    ("path", "action"),
    [
        ("/data/previews/a.ome.tif", "overwrite"),
        ("C:\\data\\previews\\a.ome.tif", "overwrite"),
        ("/data/a.ome.tif", "raise"),
        ("/data/previews", "raise"),
        ("/data/old-previews/a.ome.tif", "raise"),
    ],
)
def test_collisions_are_decided(path: str, action: str) -> None:
    """The name of a folder decides, and not a part of a name."""
    assert previews(CollisionCase(path=path)) == action


def test_they_are_chosen_by_name(tmp_path: Path) -> None:
    """In a merge of two files, and for an output whose name is taken."""
    for number, size in enumerate((0.25, 0.251, 0.3)):
        metadata = {"PhysicalSizeX": size, "PhysicalSizeY": size}
        omio.imwrite(tmp_path / f"{number}.ome.tif", np.zeros((1, 1, 1, 4, 4), np.uint8), metadata)
    files = sorted(tmp_path.glob("*.ome.tif"))
    with pytest.warns(MetadataWarning, match="PhysicalSizeX"):
        _, metadata = omio.imread(files[:2], merge="T", conflict="calibrated")
    assert metadata["PhysicalSizeX"] == 0.25
    with pytest.raises(MetadataConflictError):
        omio.imread(files[::2], merge="T", conflict="calibrated")
    with pytest.raises(WriteError):
        omio.imwrite(files[0], np.zeros((1, 1, 1, 4, 4), np.uint8), collision="previews")
