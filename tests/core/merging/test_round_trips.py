"""Metadata of a merge through the dict, a pickle and a file, and merged again."""

from __future__ import annotations

import json
import pickle

import numpy as np
from hypothesis import given

from omio_core.images import writing
from omio_core.images.opening import open_source
from omio_core.merging.merge import merge
from omio_core.metadata.from_dict import from_dict
from tests.core.merging.stating import described, of, record, told


@given(described())
def test_metadata_survive_the_dict_the_pickle_and_the_file(tmp_path_factory, given_):
    axis, images = given_
    merged = merge(images, axis, conflict="first")
    told(merged)
    metadata = merged.metadata
    public = metadata.to_dict()
    assert json.loads(json.dumps(public)) == public, "JSON, and nothing that JSON changes"
    back = from_dict(public, metadata.shape, metadata.dtype).to_dict()
    path = writing.write(tmp_path_factory.mktemp("merged") / "m.ome.tif", [merged])
    with open_source(path).images[0] as read:
        assert np.array_equal(read.to_numpy(), merged.to_numpy())
        again = read.metadata.to_dict()
    for kept in (back, again):
        for key in set(public) - {"Annotations", "AcquisitionDate", "Planes"}:
            assert kept[key] == public[key], key
        assert kept["Annotations"]["omio/merge"] == public["Annotations"]["omio/merge"]
        assert kept["Annotations"].get("omio/assumptions") == public["Annotations"].get("omio/assumptions")
        assert kept["Annotations"].get("n") == public["Annotations"].get("n")
        assert kept["Annotations"]["omio/provenance"]["history"][0]["merged"] == {"axis": axis, "inputs": len(images)}
        if kept["AcquisitionDate"] is None and public["AcquisitionDate"] is not None:  # no time of day: no place in OME
            assert kept["Annotations"]["omio/unplaced"] == {"AcquisitionDate": public["AcquisitionDate"]}
        assert _known(kept["Planes"]) == _known(public["Planes"])
    assert pickle.loads(pickle.dumps(merged)).metadata == metadata


def _known(planes):
    """The tables without those of which nothing is known, which a file cannot hold."""
    flat = {k: np.array(v, float) for k, v in (planes or {}).items()}
    return {k: v.tolist() for k, v in flat.items() if np.isfinite(v).any() and not np.isnan(v).any()}


def test_a_merge_that_was_written_is_merged_again(tmp_path):
    paths = [
        writing.write(tmp_path / f"{i}.ome.tif", [merge([of(fill=2 * i), of(fill=2 * i + 1)], "T")]) for i in range(2)
    ]
    merged = merge([open_source(path).images[0] for path in paths], "T")
    assert merged.to_numpy()[:, 0, 0, 0, 0].tolist() == [0, 1, 2, 3]
    entries = record(merged)["inputs"]
    assert [entry["name"] for entry in entries] == ["0.ome.tif", "1.ome.tif"]
    assert [len(entry["merge"]["inputs"]) for entry in entries] == [2, 2], "what they were made of is not lost"
