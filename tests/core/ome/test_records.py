"""Records in OME-XML: what OMIO's own annotations state of each image."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from omio_core.metadata.facts import Facts
from omio_core.metadata.model import Metadata
from omio_core.ome.records import ome_records, scan_records
from omio_core.ome.write import build_ome

STATED: dict[str, Any] = {
    "text": 'a "quoted" <text> & more &amp; so', "number": 3, "looks like one": "3", "nested": {"a": [1, {"b": "<"}]},
    "lines": "one\ntwo", "none": None, "\u00e9": "\u00b5m",
}  # fmt: skip


def document(count: int = 2) -> str:
    images = [
        Metadata(
            shape=(1, 1, 1, 4, 5),
            dtype="uint8",
            facts=Facts(annotations={"other": {"x": "omio/provenance"}}),
            provenance=STATED | {"image": index},
            assumptions=("one", "two"),
        )
        for index in range(count)
    ]
    return build_ome(images, pixel_types=["uint8"] * count, creator="test")


def test_each_image_has_its_own() -> None:
    records = ome_records(document())
    assert [dict(one["omio/provenance"]) for one in records] == [STATED | {"image": index} for index in range(2)]
    assert all(one.keys() == {"omio/provenance", "omio/assumptions"} for one in records)


@pytest.mark.parametrize("count", [1, 3])
def test_a_scan_gives_the_same(count: int) -> None:
    assert scan_records(document(count)) == ome_records(document(count))


def test_no_record_of_ours() -> None:
    xml = build_ome([replace(Metadata(shape=(1, 1, 1, 4, 5), dtype="uint8"))], pixel_types=["uint8"], creator="test")
    assert scan_records(xml) == ome_records(xml) == ({},)
