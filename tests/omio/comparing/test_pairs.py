"""Which image belongs to which: sets of files, copies, records that state nonsense."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import omio
from omio.comparing.pairs import pair_up
from omio.records.origins import Sources, identify, origins
from omio_core.images.image import Image
from omio_core.images.overrides import Request
from omio_core.metadata.facts import Facts
from omio_core.metadata.model import Metadata
from tests.omio.folders import put


def titles(a: Path, b: Path) -> list[str]:
    """The names of the pairs."""
    return [pair.title for pair in pair_up(Sources.open(a, Request()), Sources.open(b, Request())).pairs]


def test_copies_and_changed_sources(tmp_path: Path) -> None:
    """Of two files of the same bytes, the one of the recorded name; a source that was changed, by its name."""
    first = put(tmp_path / "in" / "a.tif", 1)
    shutil.copy(first, tmp_path / "in" / "copy.tif")
    omio.convert_to_ometiff(first, tmp_path / "out")
    assert titles(tmp_path / "in", tmp_path / "out") == ["a.tif -> a.ome.tif"]
    put(first, 2, shape=(7, 8))
    (tmp_path / "in" / "copy.tif").unlink()
    assert titles(tmp_path / "in", tmp_path / "out") == ["a.tif -> a.ome.tif"]


def image(provenance: Any = None, **annotations: Any) -> Image:
    """An image whose file states a record."""
    history = {} if provenance is None else {"history": [provenance]}
    facts = Facts(annotations={name.replace("_", "/"): value for name, value in annotations.items()})
    metadata = Metadata(shape=(2, 1, 1, 4, 5), dtype="uint8", facts=facts, provenance=history)
    return Image.of_array(np.zeros((2, 1, 1, 4, 5), np.uint8), axes="TZCYX", metadata=metadata)


SOURCE = {"source": [{"name": "a.tif", "bytes": 3, "sample_digest": "ab"}]}
WHOLE = {axis: [0, n] for axis, n in zip("TZCYX", (2, 1, 1, 4, 5), strict=True)}


@pytest.mark.parametrize(
    "record",
    [
        None, 3, {}, {"source": 3}, {"source": []}, {"source": [3]}, {"source": [{"name": 3}]},
        {**SOURCE, "image": "x"},
        {**SOURCE, "image": 2, "images": 2}, {**SOURCE, "images": True},
    ],
)  # fmt: skip
def test_nonsense_is_no_origin(record: Any) -> None:
    """A file may state anything."""
    assert origins(image(record)) == ()


@pytest.mark.parametrize(
    "merge",
    [
        3, {}, {"axis": "T"}, {"axis": "Q", "inputs": [{**SOURCE, "region": WHOLE}]}, {"axis": "T", "inputs": [3]},
        {"axis": "T", "inputs": [SOURCE]}, {"axis": "T", "inputs": [{**SOURCE, "region": {**WHOLE, "T": [0, 3]}}]},
        {"axis": "T", "inputs": [{**SOURCE, "region": {**WHOLE, "T": "01"}}]},
        {"axis": "T", "inputs": [{**SOURCE, "region": {**WHOLE, "T": [1, 1]}}]},
    ],
)  # fmt: skip
def test_nonsense_is_no_merge(merge: Any) -> None:
    """Neither is a region outside the picture."""
    assert origins(image({"merged": {}}, omio_merge=merge)) == ()


def test_what_is_an_origin() -> None:
    """A file, a folder, a part of a merge."""
    (found,) = origins(image(SOURCE))
    assert (found.name, found.mark, found.image, found.region) == ("a.tif", (3, "ab"), 0, None)
    (part,) = origins(image({"merged": {}}, omio_merge={"axis": "T", "inputs": [{**SOURCE, "region": WHOLE}]}))
    assert part.part(image()).shape == (2, 1, 1, 4, 5)
    assert identify({"source": [{"name": "a.ome.zarr", "listing": "cd"}, {}]}) == ("a.ome.zarr", ("cd",))
    assert identify({"source": [{"name": "a.ome.zarr"}]}) == ("a.ome.zarr", ())
