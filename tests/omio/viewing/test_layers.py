"""Layers as values: one a channel, with names, colours, sizes, units and contrast; no viewer is needed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import pytest

import omio
from omio.viewing.layers import layers_of, stem_of
from omio_core.errors import MetadataError
from omio_core.images.image import Image
from omio_core.metadata.display import display_record

Make = Callable[..., Image]


def test_one_layer_a_channel_with_all_that_is_known(cells: Path) -> None:
    """Names, colours, scale, units, labels of the axes, contrast; lazy."""
    first, second = layers_of([omio.imopen(cells)])
    options = first.options
    assert [layer.options["name"] for layer in (first, second)] == ["LED555", "LED470"]
    assert (options["colormap"], second.options["colormap"]) == ("#ff8000", "green")
    assert (options["scale"], first.axes) == ((30.0, 2.0, 0.25, 0.5), "TZYX")
    assert options["units"] == ("second", "micrometer", "micrometer", "micrometer")
    assert options["axis_labels"] == ("T", "Z", "Y", "X")
    assert (options["rgb"], options["multiscale"], options["blending"]) == (False, False, "additive")
    assert isinstance(first.data, da.Array)
    assert np.array_equal(np.asarray(second.data), omio.imread(cells)[0][:, :, 1])
    low, high = options["contrast_limits"]
    assert 0 <= low < 100
    assert 3900 < high <= 4095  # 12 bits, not the 65535 of the type


def test_contrast_reads_three_blocks_and_nothing_else(counted: Any, image: Make) -> None:
    """Of the coarsest level, for each channel."""
    small = counted((9, 9, 2, 256, 256), (1, 1, 1, 256, 256))
    picture = counted((9, 9, 2, 2048, 2048), (1, 1, 1, 512, 512), (small,))
    layers = layers_of([image(picture)])
    assert picture.read == []
    assert 0 < len(small.read) <= 6
    assert all(layer.options["contrast_limits"][0] < layer.options["contrast_limits"][1] for layer in layers)


def test_a_stated_range_is_taken_and_nothing_is_read(counted: Any, image: Make) -> None:
    """As another viewer saved it."""
    picture = counted((1, 1, 2, 16, 16), (1, 1, 1, 16, 16))
    saved = display_record([(5, 77), (0, 65535)], ["image", "image"])
    layers = layers_of([image(picture, annotations=saved)])
    assert [layer.options["contrast_limits"] for layer in layers] == [(5, 77), (0, 65535)]
    assert picture.read == []


def test_resolutions_become_one_layer(counted: Any, image: Make) -> None:
    """Those that get smaller; a level with other times is not of the same picture to a viewer."""
    smaller = tuple(counted((2, n, 1, 1024 // f, 1024 // f), (1, 1, 1, 64, 64)) for f, n in ((2, 4), (4, 2), (4, 2)))
    other = counted((1, 2, 1, 64, 64), (1, 1, 1, 64, 64))
    (layer,) = layers_of([image(counted((2, 4, 1, 1024, 1024), (1, 1, 1, 64, 64), (*smaller, other)))])
    assert layer.options["multiscale"]
    assert [array.shape for array in layer.data] == [(2, 4, 1024, 1024), (2, 4, 512, 512), (2, 2, 256, 256)]


def test_rgb_is_rgb() -> None:
    """The samples are the last axis, and the colours are those of the pixels."""
    rgb = np.random.default_rng(0).integers(0, 255, (3, 20, 30, 3)).astype(np.uint8)
    (layer,) = layers_of([Image.of_array(rgb, axes="ZYXS")])
    assert (layer.options["rgb"], layer.axes, len(layer.options["scale"])) == (True, "ZYX", 3)
    assert np.array_equal(layer.data, rgb)
    assert layer.options["contrast_limits"] == (0, 255)
    two = layers_of([Image.of_array(rgb[..., :2], axes="ZYXS")])
    assert [one.options["name"] for one in two] == ["image sample 0", "image sample 1"]
    assert np.array_equal(two[1].data, rgb[..., 1])


def test_what_is_unknown_is_in_pixels(counted: Any, image: Make) -> None:
    """An unknown size is 1 pixel, beside a known one too."""
    (layer,) = layers_of([image(counted((4, 3, 1, 8, 8), (1, 1, 1, 8, 8)), physical_size_x=0.5)])
    assert layer.options["scale"] == (1, 1, 1, 0.5)
    assert layer.options["units"] == ("pixel", "pixel", "pixel", "micrometer")


def test_axes_that_are_left_out_are_named(counted: Any, image: Make) -> None:
    """Y and X stay, however short; the metadata of the layer has the rest, and all of the file's."""
    (layer,) = layers_of([image(counted((1, 1, 1, 1, 9), (1, 1, 1, 1, 9)), names=("GFP",), physical_size_z=3.0)])
    assert (layer.axes, layer.data.shape) == ("YX", (1, 9))
    record = layer.options["metadata"]["omio"]
    assert (record["squeezed"], record["axes"], record["shape"]) == ("TZC", "YX", [1, 1, 1, 1, 9])
    assert record["metadata"]["PhysicalSizeZ"] == 3.0
    assert record["channel"] == 0


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        ([{"name": "a", "names": ("GFP",)}], ["GFP"]),
        ([{"name": "a"}], ["a"]),
        ([{}], ["image"]),
        ([{"names": ("GFP", None)}], ["GFP", "channel 1"]),
        ([{"name": "a", "names": ("GFP",)}, {"name": "b", "names": ("GFP",)}], ["a: GFP", "b: GFP"]),
        ([{"name": "a"}, {"name": "b"}], ["a", "b"]),
        ([{}, {}], ["image", "image [1]"]),
        ([{"name": "a", "names": ("GFP", "RFP")}, {}], ["a: GFP", "a: RFP", "image"]),
    ],
)
def test_names(images: list[dict[str, Any]], expected: list[str], counted: Any, image: Make) -> None:
    """By channel; of several images with the image before it, so that no two are equal."""
    made = [image(counted((1, 1, len(facts.get("names", "1")), 8, 8), (1, 1, 1, 8, 8)), **facts) for facts in images]
    assert [layer.options["name"] for layer in layers_of(made)] == expected


def test_images_of_equal_names_in_several_files(tmp_path: Path) -> None:
    """The name of the file tells them apart."""
    for name in ("one", "two"):
        omio.imwrite(tmp_path / f"{name}.ome.tif", np.zeros((8, 8), np.uint8), {"Name": "Scene"})
    images = [omio.imopen(tmp_path / f"{name}.ome.tif") for name in ("one", "two")]
    assert [layer.options["name"] for layer in layers_of(images)] == ["one Scene", "two Scene"]
    assert stem_of(images[0]) == "one"


def test_names_of_the_caller(cells: Path) -> None:
    """One for the image, or one for each layer; another number is refused."""
    image = omio.imopen(cells)
    assert [one.options["name"] for one in layers_of([image], names=["raw"])] == ["raw: LED555", "raw: LED470"]
    assert [one.options["name"] for one in layers_of([image], channel_labels=[["a", "b"]])] == ["a", "b"]
    with pytest.raises(MetadataError, match="1 names are given, and the image has 2 layers"):
        layers_of([image], channel_labels=[["a"]])


def test_labels_come_back_as_labels(counted: Any, image: Make) -> None:
    """They have no contrast and no colour of their own, and nothing is read for them."""
    picture = counted((1, 1, 1, 8, 8), (1, 1, 1, 8, 8))
    (layer,) = layers_of([image(picture, names=("nuclei",), annotations=display_record([None], ["labels"]))])
    assert layer.kind == "labels"
    assert not {"contrast_limits", "colormap", "rgb"} & set(layer.options)
    assert picture.read == []
    assert layer.as_tuple()[2] == "labels"
