"""An OME-Zarr is known by its first document, not by its name; what is none is declined with a reason."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from omio_core.contract import Match, Probe
from omio_plugins.ome_zarr import sniff

from .made import array, group, image, ramp, zipped

GROUP = {"zarr_format": 3, "node_type": "group"}

DOCUMENTS: dict[str, tuple[str, Any, Match, str]] = {
    "an image of Zarr 3": (
        "zarr.json",
        {**GROUP, "attributes": {"ome": {"multiscales": []}}},
        Match.EXACT,
        "'multiscales'",
    ),
    "a plate": ("zarr.json", {**GROUP, "attributes": {"ome": {"plate": {}}}}, Match.EXACT, "'plate'"),
    "a series": (".zattrs", {"bioformats2raw.layout": 3}, Match.EXACT, "bioformats2raw"),
    "an image of Zarr 2": (".zattrs", {"multiscales": []}, Match.EXACT, "Zarr 2"),
    "a group": ("zarr.json", {**GROUP, "attributes": {}}, Match.NO, "none of the keys"),
    "a group of Zarr 2": (".zattrs", {"a": 1}, Match.NO, "none of the keys"),
    "a group without attributes": (".zgroup", {"zarr_format": 2}, Match.NO, "no attributes"),
    "an array": ("zarr.json", {"zarr_format": 3, "node_type": "array"}, Match.NO, "the group around it"),
    "an array of Zarr 2": (".zarray", {}, Match.NO, "the group around it"),
    "a number": ("zarr.json", 7, Match.NO, "none of the keys"),
    "something else": ("a.txt", 7, Match.NO, "without the metadata of a Zarr"),
}


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("place", ["folder", "zip"])
def test_documents(name: str, place: str, tmp_path: Path) -> None:
    file, document, match, why = DOCUMENTS[name]
    if place == "folder":
        (tmp_path / file).write_text(json.dumps(document))
        verdict = sniff(Probe(tmp_path))
    else:
        with zipfile.ZipFile(tmp_path / "a", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(file, json.dumps(document))
        verdict = sniff(Probe(tmp_path / "a"))
    assert verdict.match is match
    assert why in verdict.why


def test_a_broken_document_is_still_a_zarr(tmp_path: Path) -> None:
    (tmp_path / "zarr.json").write_text("{")
    assert sniff(Probe(tmp_path)).match is Match.SIGNATURE


def test_a_long_document(tmp_path: Path) -> None:
    """More than a probe reads: consolidated metadata of many arrays."""
    document = {**GROUP, "attributes": {"ome": {"plate": {}}}, "filler": "x" * (2 << 20)}
    (tmp_path / "zarr.json").write_text(json.dumps(document))
    assert sniff(Probe(tmp_path)).match is Match.EXACT


def test_a_zip_file_of_many_members(tmp_path: Path) -> None:
    image(tmp_path / "a", ramp(6, 8), "yx")
    path = zipped(tmp_path / "a", tmp_path / "a.zip")
    with zipfile.ZipFile(path, "a") as archive:
        for k in range(8000):
            archive.writestr(f"{k:080}", b"")
    assert sniff(Probe(path)).match is Match.EXACT


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04", b"PK\x03\x04" + b"\0" * 100, b"PK\x05\x06" + b"\0" * 18, b"II*\0" * 9]
)
def test_other_bytes_are_declined(data: bytes) -> None:
    assert sniff(Probe.of_bytes(data, "a.ome.zarr.zip")).match is Match.NO


def test_a_folder_of_images_is_no_zarr(tmp_path: Path) -> None:
    group(tmp_path / "a.zarr", {"multiscales": []})
    array(tmp_path / "a.zarr" / "0", ramp(6, 8))
    assert sniff(Probe(tmp_path)).match is Match.NO
    assert sniff(Probe(tmp_path / "a.zarr" / "0")).match is Match.NO
