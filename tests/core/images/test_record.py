"""The record of where an image comes from: plain values, and no folder."""

from __future__ import annotations

import json

from omio_core.images.opening import open_source
from omio_core.images.overrides import Overrides, Request


def test_the_provenance_is_plain_and_names_no_folder(file, tmp_path):
    path = file()
    one = open_source(path, Request(overrides=Overrides(pixel_size=0.5), options={"add": 1})).images[0]
    provenance = one.metadata.provenance
    text = json.dumps(one.metadata.to_dict(), allow_nan=False)
    assert str(tmp_path) not in text
    assert (provenance["reader"], provenance["reader_version"]) == ("toy", "7")
    assert provenance["options"] == {"add": "1"}
    assert provenance["caller"] == {"pixel_size": {"X": 0.5, "Y": 0.5}}
    assert provenance["source"][0]["bytes"] == path.stat().st_size
    assert len(provenance["source"][0]["sample_digest"]) == 32
