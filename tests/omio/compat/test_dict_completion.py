"""The public dict made whole: every key, canonical lengths, annotations by namespace; unknown is never 1."""

from __future__ import annotations

import copy
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import omio
from omio_core.errors import MetadataError, MetadataWarning

SIZES = ("PhysicalSizeX", "PhysicalSizeY", "PhysicalSizeZ", "TimeIncrement")


def test_an_empty_dict_has_every_key_and_knows_nothing(plane: Path) -> None:
    """The keys are those of imread; lengths too are None until there is a shape."""
    metadata = omio.create_empty_metadata()
    assert set(metadata) == set(omio.imread(plane)[1])
    known = {key: value for key, value in metadata.items() if value}
    assert known == {"axes": "TZCYX", "SamplesPerPixel": 1}
    assert 1.0 not in [metadata[key] for key in SIZES]


def test_what_is_tidied() -> None:
    """Units, what is no size, keys of the caller's own; done twice is done once; the dict given stays."""
    given = {
        "PhysicalSizeX": 250, "PhysicalSizeXUnit": "nm", "PhysicalSizeY": 0.5, "unit": "micron", "TimeIncrement": 20,
        "TimeIncrementUnit": "ms", "gain": np.int64(3), "curve": np.array([1.0, np.nan]), "size": (1, 2),
        "nothing": None, "Annotations": {"Namespace": "me", "original_gain": 2, "lab": {"room": 3}},
    }  # fmt: skip
    kept = copy.deepcopy({**given, "curve": None})
    found = omio.OME_metadata_checkup(given, verbose=False)
    assert [found[key] for key in SIZES] == [0.25, 0.5, None, 0.02]
    assert (found["PhysicalSizeXUnit"], found["PhysicalSizeZUnit"], found["TimeIncrementUnit"]) == ("µm", None, "s")
    assert found["Annotations"] == {
        "me": {"original_gain": 2},
        "lab": {"room": 3},
        "omio:metadata": {"gain": 3, "curve": [1.0, "nan"], "size": [1, 2]},
    }
    assert {**given, "curve": None} == kept
    assert omio.OME_metadata_checkup(found) == found
    json.dumps(found, allow_nan=False)
    named = omio.OME_metadata_checkup({"gain": 1, "Annotations": {"a": 1}}, namespace="x")
    assert named["Annotations"] == {"x": {"a": 1, "gain": 1}}


@pytest.mark.parametrize(
    "said",
    [
        {"PhysicalSizeX": 0}, {"PhysicalSizeX": -1.0}, {"PhysicalSizeX": math.nan}, {"PhysicalSizeX": math.inf},
        {"PhysicalSizeX": 1e-10}, {"PhysicalSizeX": 1, "PhysicalSizeXUnit": "pixel"},
        {"PhysicalSizeX": 1, "unit": "pixel"},
    ],
)  # fmt: skip
def test_what_is_no_size_is_unknown(said: dict[str, Any]) -> None:
    """None, and a warning that names it; never 1."""
    with pytest.warns(MetadataWarning, match="PhysicalSizeX"):
        found = omio.OME_metadata_checkup(said)
    assert (found["PhysicalSizeX"], found["PhysicalSizeXUnit"]) == (None, None)


@pytest.mark.parametrize(
    "said",
    [
        {"PhysicalSizeX": "0.5"}, {"PhysicalSizeX": True}, {"Annotations": [1]}, {"Channels": "GFP"},
        {"SizeX": 3, "shape": (1, 1, 1, 4, 4)}, {"shape": "abc"}, {"Name": 3},
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_refused(said: dict[str, Any]) -> None:
    """A text is no number, and no length is guessed."""
    with pytest.raises(MetadataError):
        omio.OME_metadata_checkup(said)
    with pytest.raises(MetadataError):
        omio.OME_metadata_checkup(3)  # type: ignore[arg-type]


def test_a_dict_of_imread_stays_as_it_is(stated: Path, tmp_path: Path) -> None:
    """Nothing to tidy: provenance, origins and all."""
    array, metadata = omio.imread(stated)
    assert omio.OME_metadata_checkup(metadata) == metadata
    changed = omio.update_metadata_from_image(metadata, array[:2])
    again, known = omio.imread(omio.imwrite(tmp_path / "a.ome.tif", array[:2], changed))
    np.testing.assert_array_equal(again, array[:2])
    assert known["PhysicalSizeZ"] == metadata["PhysicalSizeZ"]
    assert known["Annotations"]["imagej"] == {k: v if isinstance(v, str) else json.dumps(v)
                                              for k, v in metadata["Annotations"]["imagej"].items()}  # fmt: skip
