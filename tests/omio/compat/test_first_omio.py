"""The names of earlier scripts: they make and tidy what `imwrite` takes, and never turn unknown into 1."""

from __future__ import annotations

import copy
import inspect
import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

import omio
from omio.compat import first_omio
from omio_core.errors import AmbiguousAxesError, MetadataError, MetadataWarning, WriteError

SIZES = ("PhysicalSizeX", "PhysicalSizeY", "PhysicalSizeZ", "TimeIncrement")

# --- pictures


def own(metadata: dict[str, Any]) -> dict[str, Any]:
    """All but the annotations, which a file records more in."""
    return {key: value for key, value in metadata.items() if key != "Annotations"}


def test_an_empty_picture_there_and_back(tmp_path: Path) -> None:
    """create_empty_image -> imwrite -> imread: the same pixels, the same dict, nothing known."""
    image, metadata = omio.create_empty_image((2, 3, 2, 8, 9), return_metadata=True)
    assert (image.shape, image.dtype, image.any()) == ((2, 3, 2, 8, 9), np.uint16, False)
    again, known = omio.imread(omio.imwrite(tmp_path / "a.ome.tif", image, metadata))
    np.testing.assert_array_equal(again, image)
    assert own(known) == own(metadata)
    assert [known[key] for key in SIZES] == [None] * 4
    json.dumps(metadata, allow_nan=False)


def test_what_is_stated_goes_along(tmp_path: Path) -> None:
    """input_metadata is laid under the new lengths; its units are converted."""
    said = {"PhysicalSizeX": 250, "PhysicalSizeXUnit": "nm", "shape": [1, 1, 1, 2, 2], "SizeX": 2, "gain": 3}
    image, metadata = omio.create_empty_image(
        shape=(1, 5, 1, 8, 9),
        dtype=np.float32,
        fill_value=1.5,
        return_metadata=True,
        input_metadata=said,
        verbose=False,
    )
    assert (image == 1.5).all()
    assert (metadata["PhysicalSizeX"], metadata["shape"], metadata["SizeX"]) == (0.25, [1, 5, 1, 8, 9], 9)
    _, known = omio.imread(omio.imwrite(tmp_path / "a.ome.tif", image, metadata))
    assert known["PhysicalSizeX"] == 0.25
    assert known["Annotations"]["omio:metadata"] == {"gain": "3"}


def test_axes_of_a_shape() -> None:
    """Five axes come out, whatever went in; nobody guesses what three lengths are."""
    assert omio.create_empty_image().shape == (1, 1, 1, 1, 1)
    assert omio.create_empty_image((5, 8, 9), axes="ZYX").shape == (1, 5, 1, 8, 9)
    assert omio.create_empty_image((8, 9)).shape == (1, 1, 1, 8, 9)
    with pytest.raises(AmbiguousAxesError):
        omio.create_empty_image((5, 8, 9))


@pytest.mark.parametrize("shape", [(), (0, 1, 1, 4, 4), (1, 1, 1, -4, 4), (1, 1, 1, 4.5, 4), "abcde", 5, None])
def test_what_is_no_shape(shape: Any) -> None:
    """Refused; None is not given for a picture."""
    with pytest.raises(MetadataError, match="no shape"):
        omio.create_empty_image(shape)


@pytest.mark.parametrize(
    ("dtype", "value"),
    [("u1", -1), ("u1", 300), ("u1", 1.5), ("u1", "a"), ("u1", None), ("f4", [1, 2]), ("u2", math.nan)],
)
def test_what_is_no_value_of_the_type(dtype: str, value: Any) -> None:
    """It is not rounded, wrapped, or spread."""
    with pytest.raises(MetadataError, match="fill_value"):
        omio.create_empty_image((1, 1, 1, 2, 2), dtype, value)
    assert np.isnan(omio.create_empty_image((1, 1, 1, 2, 2), "float32", math.nan)).all()


def test_zarr(tmp_path: Path) -> None:
    """In memory and on disk; what is there is never replaced."""
    for array in (
        omio.create_empty_image((1, 2, 1, 8, 9), fill_value=7, zarr_store="memory"),
        omio.create_empty_image((1, 2, 1, 8, 9), "uint8", 7, zarr_store="disk", zarr_store_path=tmp_path),
    ):
        assert isinstance(array, zarr.Array)
        assert (array.shape, array[...].min(), array[...].max()) == ((1, 2, 1, 8, 9), 7, 7)
    array[0, 1] = 3
    assert zarr.open_array(tmp_path / "empty_image.zarr", mode="r")[0, 1, 0, 0, 0] == 3
    with pytest.raises(WriteError, match="exists"):
        omio.create_empty_image(zarr_store="disk", zarr_store_path=str(tmp_path), zarr_store_name="empty_image.zarr")
    assert zarr.open_array(tmp_path / "empty_image.zarr", mode="r")[0, 1, 0, 0, 0] == 3
    for said in ({"zarr_store": "disk"}, {"zarr_store": "cloud"}):
        with pytest.raises(MetadataError, match="zarr_store"):
            omio.create_empty_image(**said)
    other, metadata = omio.create_empty_image(
        zarr_store="disk", zarr_store_path=tmp_path, zarr_store_name="b", return_metadata=True
    )
    assert (metadata["omio_cache_folder"], metadata["omio_zarr_store_path"]) == (
        str(tmp_path),
        str(tmp_path / "b.zarr"),
    )
    omio.imwrite(tmp_path / "b.ome.tif", other, metadata)
    written = omio.imwrite(tmp_path / "a.ome.tif", array, omio.update_metadata_from_image({}, array))
    np.testing.assert_array_equal(omio.imread(written)[0], array[...])


# --- a dict to begin with


def test_what_is_stated() -> None:
    """In the words of the first OMIO, and in those of the dict."""
    metadata = omio.create_empty_metadata(
        physicalsize_xyz=(250, 250, None), pixelunit="nm", time_increment=20, time_increment_unit="ms",
        shape=(2, 3, 1, 8, 9), annotations={"operator": "me", "lab": {"room": 3}},
        input_metadata={"Name": "a", "PhysicalSizeX": 9.0, "weather": "fine"}, name="b", verbose=True,
    )  # fmt: skip
    assert [metadata[key] for key in SIZES] == [0.25, 0.25, None, 0.02]
    assert (metadata["Name"], metadata["shape"], metadata["SizeZ"]) == ("b", [2, 3, 1, 8, 9], 3)
    assert metadata["Annotations"] == {"omio:metadata": {"operator": "me"}, "lab": {"room": 3}}
    some = omio.create_empty_metadata(size_t=4, physicalsize_x=0.5, PhysicalSizeYUnit="nm", physical_size_y=500)
    assert (some["SizeT"], some["SizeX"], some["shape"]) == (4, None, None)
    assert (some["PhysicalSizeX"], some["PhysicalSizeY"]) == (0.5, 0.5)
    assert omio.create_empty_metadata((0.1, 0.2, 0.3))["PhysicalSizeZ"] == 0.3
    assert len(omio.create_empty_metadata(channels=[{"Name": "GFP"}, {"Name": "RFP"}])["Channels"]) == 2
    assert omio.create_empty_metadata(shape=(1, 1, 1, 4, 4), SizeX=5)["SizeX"] == 4  # a shape says all lengths


def test_a_dict_of_another_picture() -> None:
    """What is not of these lengths is left out, with a warning; the sizes stay."""
    other = omio.create_empty_metadata((0.5, 0.5, 2), shape=(1, 1, 2, 4, 5), channels=[{"Name": "a"}, {"Name": "b"}])
    other["Planes"] = {"DeltaT": [[[0.0, 1.0]]]}
    with pytest.warns(MetadataWarning) as caught:
        metadata = omio.create_empty_metadata(shape=(2, 1, 1, 8, 9), input_metadata=other)
    assert [str(one.message).partition(" ")[0] for one in caught] == ["Channels", "Planes"]
    assert (metadata["PhysicalSizeZ"], metadata["SizeC"], metadata["Planes"]) == (2.0, 1, None)


@pytest.mark.parametrize(
    "said",
    [
        {"physicalsize_xyz": (0, 1, 1)},
        {"physicalsize_xyz": (1, 1)},
        {"physicalsize_x": math.nan},
        {"physicalsize_x": 1.0, "pixelunit": "pixel"},
        {"time_increment": -1},
        {"size_t": 0},
    ],
)
def test_what_cannot_be_true(said: dict[str, Any]) -> None:
    """What is stated in the call itself is refused, not dropped."""
    with pytest.raises(MetadataError):
        omio.create_empty_metadata(**said)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: omio.create_empty_image(shap=(1, 1)), "no keyword 'shap'"),
        (lambda: omio.create_empty_image(verbos=True), "did you mean 'verbose'"),
        (lambda: omio.create_empty_metadata(physicalsize_q=1), "did you mean"),
        (lambda: omio.create_empty_metadata(weather="fine"), "no keyword 'weather'"),
        (lambda: omio.update_metadata_from_image({}, np.zeros((2, 2)), colour="red"), "no keyword 'colour'"),
        (lambda: omio.OME_metadata_checkup({}, loud=True), "no keyword 'loud'"),
    ],
)
def test_unknown_keywords_are_refused(call: Any, words: str) -> None:
    """As Python refuses them; `verbose` says nothing any more, and is taken."""
    with pytest.raises(TypeError, match=words):
        call()


# --- the lengths of a picture


def test_lengths_follow_the_picture() -> None:
    """And the dict given is not changed; facts that do not fit any more are left out, with a warning."""
    before = omio.create_empty_metadata(shape=(1, 1, 2, 4, 5), channels=[{"Name": "a"}, {"Name": "b"}], verbose=False)
    before["Planes"] = {"DeltaT": [[[0.0, 1.0]]]}
    kept = copy.deepcopy(before)
    after = omio.update_metadata_from_image(before, np.zeros((3, 1, 2, 8, 9), np.uint8)[:1])
    assert (after["shape"], after["SizeX"], after["Channels"][1]["Name"]) == ([1, 1, 2, 8, 9], 9, "b")
    assert after["Planes"] == before["Planes"]
    assert before == kept
    with pytest.warns(MetadataWarning) as caught:
        fewer = omio.update_metadata_from_image(before, np.zeros((1, 1, 1, 8, 9)), verbose=False)
    assert [str(one.message).partition(" ")[0] for one in caught] == ["Channels", "Planes"]
    assert (fewer["Channels"][0]["Name"], fewer["Planes"]) == (None, None)
    raw = omio.update_metadata_from_image({"gain": 3}, np.zeros((1, 1, 1, 8, 9)), run_checkup=False)
    assert (raw["gain"], raw["SizeY"]) == (3, 8)


def test_axes_of_the_picture(tmp_path: Path) -> None:
    """The caller's, else the dict's; what comes out is what imwrite takes for that array."""
    array = np.arange(5 * 8 * 9, dtype=np.uint8).reshape(5, 8, 9)
    metadata = omio.update_metadata_from_image({"PhysicalSizeX": 0.5}, array, axes="ZYX")
    assert (metadata["axes"], metadata["shape"], metadata["SizeZ"]) == ("ZYX", [5, 8, 9], 5)
    again, known = omio.imread(omio.imwrite(tmp_path / "a.ome.tif", array, metadata))
    np.testing.assert_array_equal(again[0, :, 0], array)
    assert known["PhysicalSizeX"] == 0.5
    assert omio.update_metadata_from_image(metadata, array[:2])["SizeZ"] == 2
    with pytest.raises(AmbiguousAxesError):
        omio.update_metadata_from_image({}, array)
    rgb = omio.update_metadata_from_image({}, np.zeros((8, 9, 3), np.uint8), axes="YXS")
    assert (rgb["SamplesPerPixel"], rgb["SizeC"], len(rgb["Channels"])) == (3, 3, 1)
    omio.imwrite(tmp_path / "b.ome.tif", np.zeros((8, 9, 3), np.uint8), rgb)


def test_an_image_knows_its_samples(stated: Path) -> None:
    """Any picture will do: an Image, dask."""
    with omio.imopen(stated) as image:
        metadata = omio.update_metadata_from_image(image.metadata.to_dict(), image)
        assert metadata == image.metadata.to_dict()
        assert omio.update_metadata_from_image({}, image.to_dask())["SizeT"] == 4


# --- tidying up


def test_the_page_of_names_is_true() -> None:
    """Every name on it exists, and every one of these four is on it."""
    page = (Path(__file__).resolve().parents[3] / "docs" / "reference" / "first-omio.md").read_text("utf-8")
    names, keywords = page.split('<a id="open_in_napari"></a>')
    listed = set(re.findall(r"^\| `(\w+)", names, re.MULTILINE))
    assert {"imread", "imwrite", "imconvert", *first_omio.__all__} <= listed
    assert [name for name in listed if name not in omio.__all__] == []
    listed = set(re.findall(r"`(\w+)`(?=[^|\n]* \|)", "".join(re.findall(r"^\| `[^|]*\|", keywords, re.MULTILINE))))
    assert {"zarr_mode", "returns", "viewer"} <= listed
    assert listed - {"verbose"} <= set(inspect.signature(omio.open_in_napari).parameters)  # dropped by compat
