"""From the tuples of layers to an image: what they show is kept, in the spelling of every version of napari."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import dask.array as da
import numpy as np
import pytest

from omio.viewing.incoming import image_of
from omio.viewing.layers import layers_of
from omio_core.errors import MetadataWarning, WriteError
from omio_core.images.image import Image
from omio_core.metadata.display import LABELS, saved_layer, saved_limits
from omio_core.metadata.from_dict import from_dict

GREEN = {"name": "green", "colors": [[0, 0, 0, 1], [0, 1, 0, 1]], "controls": [0, 1], "interpolation": "linear"}


class Levels(list):
    """As napari's MultiScaleData: asked for an array, it gives the smallest level."""

    shapes = ()

    def __array__(self) -> np.ndarray:
        raise AssertionError("the smallest level is not the picture")


def _layer(data: Any = None, kind: str = "image", **options: Any) -> tuple[Any, dict[str, Any], str]:
    data = np.zeros((3, 8, 9), np.uint16) if data is None else data
    base = {"name": "GFP", "scale": [2.0, 0.5, 0.25], "units": ("micrometer",) * 3, "axis_labels": ("Z", "Y", "X")}
    return data, base | {"contrast_limits": [3, 900], "colormap": GREEN} | options, kind


def test_what_a_layer_shows_is_kept() -> None:
    """Sizes, name, colour, contrast."""
    image = image_of([_layer()])
    known = image.metadata.to_dict()
    assert image.shape == (1, 3, 1, 8, 9)
    assert [known[f"PhysicalSize{axis}"] for axis in "ZYX"] == [2.0, 0.5, 0.25]
    (channel,) = known["Channels"]
    assert (channel["Name"], channel["Color"]) == ("GFP", 0x00FF00FF)
    assert saved_limits(image.metadata, 0) == (3, 900)
    assert (known["TimeIncrement"], known["Name"]) == (None, None)


@pytest.mark.parametrize(
    ("units", "sizes"),
    [
        (("nm",) * 3, [0.002, 0.0005, 0.00025]),
        (("millimeter",) * 3, [2000, 500, 250]),
        (tuple(SimpleNamespace(__str__=None) for _ in range(3)), None),
        ("micrometer", [2.0, 0.5, 0.25]),
    ],
)
def test_units(units: Any, sizes: list[float] | None) -> None:
    """Texts and objects; a scale without a known unit is no size, and that is said."""
    if sizes is None:
        with pytest.warns(MetadataWarning, match="the scale of the layer 'GFP' has no unit"):
            known = image_of([_layer(units=units)]).metadata.to_dict()
        assert known["PhysicalSizeX"] is None
        return
    known = image_of([_layer(units=units)]).metadata.to_dict()
    assert [known[f"PhysicalSize{axis}"] for axis in "ZYX"] == pytest.approx(sizes)


def test_pixels_are_unknown() -> None:
    """A scale of 1 pixel is how an unknown size is shown: nothing is warned of."""
    known = image_of([_layer(units=("pixel",) * 3, scale=[1, 1, 1])]).metadata.to_dict()
    assert [known[f"PhysicalSize{axis}"] for axis in "ZYX"] == [None] * 3


@pytest.mark.parametrize("labels", [("axis -3", "axis -2", "axis -1"), ("-3", "-2", "-1"), (), ("a", "b", "c")])
def test_axes_that_nobody_named(labels: tuple[str, ...]) -> None:
    """napari 0.6 calls them axis -3, later ones -3: the last are Z, Y and X, or T where the unit is one of time."""
    assert image_of([_layer(axis_labels=labels)]).shape == (1, 3, 1, 8, 9)
    timed = image_of([_layer(axis_labels=labels, units=("second", "micrometer", "micrometer"))])
    assert timed.shape == (3, 1, 1, 8, 9)
    assert timed.metadata.to_dict()["TimeIncrement"] == 2.0


def test_axes_that_are_named() -> None:
    """In any order, as words, in small letters."""
    array = np.arange(4 * 3 * 2).reshape(4, 3, 2)
    image = image_of([_layer(array, axis_labels=("x", "time", "y"), scale=(1, 1, 1), units=None)])
    assert image.shape == (3, 1, 1, 2, 4)
    assert np.array_equal(image.to_numpy()[:, 0, 0], array.transpose(1, 2, 0))
    with pytest.raises(WriteError, match="a layer with 6 axes is no image"):
        image_of([_layer(np.zeros((1,) * 6), axis_labels=(), scale=None, units=None)])


def test_layers_become_channels() -> None:
    """In order, and lazily."""
    arrays = [da.from_array(np.full((3, 8, 9), value, np.uint16), chunks=(1, 8, 9)) for value in (1, 2, 3)]
    image = image_of([_layer(array, name=f"c{index}") for index, array in enumerate(arrays)])
    assert image.shape == (1, 3, 3, 8, 9)
    assert image.to_numpy()[0, 0, :, 0, 0].tolist() == [1, 2, 3]
    assert [channel["Name"] for channel in image.metadata.to_dict()["Channels"]] == ["c0", "c1", "c2"]


def test_the_full_resolution_is_written() -> None:
    """Not an array of the levels, which would be the smallest."""
    levels = Levels([np.ones((3, 8, 9), np.uint16), np.zeros((3, 4, 4), np.uint16)])
    assert image_of([_layer(levels, multiscale=True)]).to_numpy().all()
    assert image_of([_layer(list(levels), multiscale=True)]).shape == (1, 3, 1, 8, 9)


def test_rgb() -> None:
    """The samples are the last axis; the colour map says nothing."""
    rgb = np.random.default_rng(0).integers(0, 255, (8, 9, 3)).astype(np.uint8)
    image = image_of([_layer(rgb, rgb=True, axis_labels=("Y", "X"), scale=(1, 1), units=None)])
    assert (image.samples, image.shape) == (3, (1, 1, 3, 8, 9))
    assert np.array_equal(image.to_numpy()[0, 0].transpose(1, 2, 0), rgb)
    assert image.metadata.to_dict()["Channels"][0]["Color"] is None


def test_colours_that_have_no_place() -> None:
    """A map that is no ramp to one colour is warned of; objects of napari are read as their dicts are."""
    viridis = {"name": "viridis", "colors": [[0.2, 0, 0.3, 1], [0, 0.5, 0.5, 1], [1, 0.9, 0.1, 1]]}
    with pytest.warns(MetadataWarning, match="the colour map 'viridis' of the layer 'GFP'"):
        image = image_of([_layer(colormap=viridis)])
    assert image.metadata.to_dict()["Channels"][0]["Color"] is None
    gray = SimpleNamespace(name="gray", colors=np.linspace(0, 1, 256)[:, None] * [1, 1, 1, 1])
    assert image_of([_layer(colormap=gray)]).metadata.to_dict()["Channels"][0]["Color"] == -1


def test_labels_are_a_picture_of_labels() -> None:
    """Their numbers are the pixels, and the record says what they are."""
    labels = np.arange(3 * 8 * 9, dtype=np.int32).reshape(3, 8, 9)
    image = image_of([_layer(labels, "labels", name="nuclei", colormap=None)])
    assert np.array_equal(image.to_numpy()[0, :, 0], labels)
    assert saved_layer(image.metadata, 0) == LABELS
    assert saved_limits(image.metadata, 0) is None


@pytest.mark.parametrize(
    ("layers", "reason"),
    [
        ([_layer(), _layer(kind="labels", name="cells")], r"types are 'GFP' \(image\), 'cells' \(labels\)"),
        ([_layer(kind="points")], r"types are 'GFP' \(points\)"),
        ([_layer(), _layer(np.zeros((3, 8, 10), np.uint16))], r"shape \(TZCYX\): \(1, 3, 1, 8, 9\) and"),
        ([_layer(), _layer(np.zeros((3, 8, 9), np.uint8))], "type of pixels: uint16 and uint8"),
        ([_layer(), _layer(scale=[1, 1, 1])], "known sizes"),
        ([_layer(np.zeros((3, 8, 9, 3), np.uint8), rgb=True)] * 2, "both are RGB"),
    ],
)
def test_what_is_no_picture_is_refused(layers: Any, reason: str) -> None:
    """With the layers and what differs."""
    with pytest.raises(WriteError, match=reason):
        image_of(layers)


def test_what_the_file_stated_is_kept(counted: Any) -> None:
    """Facts that a layer does not show: wavelengths, the date, sizes of axes that are left out, foreign annotations."""
    picture = counted((1, 1, 2, 8, 9), (1, 1, 1, 8, 9))
    public = {
        "Name": "Scene 1", "AcquisitionDate": "2020-01-01T00:00:00", "PhysicalSizeZ": 3.0, "PhysicalSizeX": 0.5,
        "Channels": [{"Name": "a", "EmissionWavelength": 520.0}, {"Name": "b", "EmissionWavelength": 600.0}],
        "Annotations": {"lab": {"gain": 3}},
    }  # fmt: skip
    layers = layers_of([Image(picture, from_dict(public, picture.shape, "uint16"))])
    data, options, kind = layers[1].as_tuple()
    known = image_of([(data, options | {"name": "renamed"}, kind)]).metadata.to_dict()
    (channel,) = known["Channels"]
    assert (channel["Name"], channel["EmissionWavelength"]) == ("renamed", 600.0)
    assert (known["Name"], known["AcquisitionDate"]) == ("Scene 1", "2020-01-01T00:00:00")
    assert (known["PhysicalSizeZ"], known["PhysicalSizeX"]) == (3.0, 0.5)
    assert known["Annotations"]["lab"] == {"gain": 3}
