"""Stores of other writers, and metadata of public ones: each is read as zarr-python reads it, or refused by name."""

from __future__ import annotations

import warnings
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import zarr

from omio_core.errors import AbsentDataError, CorruptFileError, OmioWarning, UnsupportedFeatureError
from omio_core.files.local import locate
from omio_core.geometry.box import Box
from omio_core.images.opening import open_source
from omio_core.images.overrides import Request
from omio_core.pixels.picture import read
from omio_core.pixels.protocol import StoredPicture
from omio_plugins.ome_zarr._read import open_ome_zarr
from tests.conftest import data_folder

ROOT = data_folder() / "ome-zarr"
pytestmark = pytest.mark.skipif(not ROOT.is_dir(), reason="needs the test data")

ABSENT, CORRUPT, UNSUPPORTED = AbsentDataError, CorruptFileError, UnsupportedFeatureError

READ = (
    "examples-04/valid/image-01.zarr",
    "examples-04/valid/image-02.zarr",
    "examples-04/valid/image-03.zarr",
    "examples-04/valid/image-04.zarr",
    "examples-04/valid/plate-01.zarr",
    "examples-04/warning/image-01.zarr",
    "examples-04/invalid/image-04.zarr",  # its levels have two types of pixels: the first is read, the other left out
    "neuroglancer/simple_0.4",
    "neuroglancer/simple_0.5",
    "neuroglancer/simple_0.5.ome.zarr.zip",
)
REFUSED = {
    "examples-04/invalid/image-01.zarr": (CORRUPT, "describes no image"),
    "examples-04/invalid/image-02.zarr": (CORRUPT, r"its multiscales are \[\]"),
    "examples-04/invalid/image-03.zarr": (ABSENT, "there is no array"),
    "public-roots/broken/broken_v05.ome.zarr": (CORRUPT, "node_type 'array'"),
    "public-roots/v04/2551.zarr": (ABSENT, "there is no array"),
    "public-roots/v05/190129.zarr": (ABSENT, "none of its images"),
    "public-roots/v05/76-45.ome.zarr": (ABSENT, "there is no array"),
    "viv/blobs_image_v04.ome.zarr": (CORRUPT, "neither zarr.json nor .zattrs"),
    "viv/blobs_image_v05.ome.zarr": (CORRUPT, "neither zarr.json nor .zattrs"),
    "viv-bioformats2raw/data.zarr": (CORRUPT, "neither zarr.json nor .zattrs"),
    "viv-bioformats2raw/data.zarr/0": (UNSUPPORTED, "version '0.1'"),
}
ROOTS_ONLY = (
    "public-roots/v04/4007801.zarr",
    "public-roots/v04/9798462.zarr",
    "public-roots/v05/1micron_reconstructions_VOI1.zarr",
    "public-roots/v05/4ffaeed2-fa70-4907-820f-8a96ef683095.zarr",
    "public-roots/v05/6001240_labels.zarr",
    "public-roots/v05/79ad519b-0aa6-4d64-85a9-6cea2318b980.zarr",
    "public-roots/v05/9822152.zarr",
    "public-roots/v05/ExpD_chicken_embryo_MIP.ome.zarr",
    "public-roots/v05/c0e5d621-62cc-43a6-9dad-2ddab8959d17.zarr",
    "public-roots/v05/fb416517-e36d-4bdb-98f9-47b644138d47.zarr",
)
SERIES_ONLY = (
    "public-roots/v05/EM04534_04_dU_SBF_8bits_aligned_z4-136_7-7-50nm_v3.zarr",
    "public-roots/v05/L3_nsybG4xcherryCAAXmerged.ims.zarr",
    "public-roots/v05/Larve_2_20x095_Z1_4096_BAPP_with_cslip.lif.zarr",
    "public-roots/v05/Target-TS.ome.zarr",
    "public-roots/v05/emimmsyn1.zarr",
)
TABLE = {
    **REFUSED,
    **dict.fromkeys(ROOTS_ONLY, (ABSENT, "there is no array")),
    **dict.fromkeys(SERIES_ONLY, (ABSENT, "none of its images")),
}


def stored(path: Path) -> list[StoredPicture]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OmioWarning)
        images = open_source(path, Request(reader="ome_zarr")).images
    return [image.picture.stored for image in images if image.picture.stored is not None]


def by_zarr(path: Path, array: str) -> np.ndarray:
    store = zarr.storage.ZipStore(path) if path.is_file() else zarr.storage.LocalStore(path, read_only=True)
    node = zarr.open(store, mode="r")[array]
    return np.asarray(node[...])


@pytest.mark.filterwarnings("ignore::omio_core.errors.AbsentPlanesWarning")
@pytest.mark.parametrize("name", READ)
def test_read(name: str) -> None:
    path, compared = ROOT / name, 0
    with closing(open_ome_zarr(locate(path))) as handle:
        arrays = [[array.keys.path for array in one.arrays] for one in handle._pictures]
    for index, one in enumerate(stored(path)):
        for level in range(len(one.levels)):
            pixels = np.empty(one.at_level(level).shape, one.dtype)
            read(one.at_level(level), pixels, Box.whole(pixels.shape))
            np.testing.assert_array_equal(pixels.squeeze(), by_zarr(path, arrays[index][level]).squeeze())
            compared += 1
    assert compared


@pytest.mark.parametrize("name", TABLE)
def test_refused(name: str) -> None:
    error, words = TABLE[name]
    with pytest.raises(error, match=words):
        stored(ROOT / name)


def test_every_store_is_in_the_table() -> None:
    found = {p.relative_to(ROOT).as_posix() for k in (1, 2, 3) for p in ROOT.glob("*/" * k) if p.name.endswith(".zarr")}
    assert found <= set(READ) | set(TABLE)
