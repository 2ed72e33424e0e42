"""Other programs open what the OME-Zarr writer writes: ome-zarr-models accepts the metadata, tensorstore the pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

import omio
from omio_core.testing.pictures import ramp

pytestmark = pytest.mark.slow
VERSIONS = ("0.5", "0.4")
DTYPES = ("?", "u1", "i2", "u2", "i8", "u8", "f4", "f8", "c8", "c16")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_tensorstore_reads_the_same_pixels(tmp_path: Path, version: str, dtype: str) -> None:
    tensorstore = pytest.importorskip("tensorstore", reason="tensorstore is not installed")
    pixels = ramp((2, 3, 2, 40, 70), dtype)
    path = omio.imwrite(tmp_path / "a.ome.zarr", pixels, axes="TZCYX", version=version, tile=32, pyramid=1)
    driver = "zarr3" if version == "0.5" else "zarr"
    for level in ("0", "1"):
        spec = {"driver": driver, "kvstore": {"driver": "file", "path": str(path / level)}}
        read: Any = tensorstore.open(spec, read=True, open=True).result().read().result()
        expected: Any = zarr.open_group(str(path), mode="r")[level]
        np.testing.assert_array_equal(read, expected[...])
    assert read.shape == (2, 2, 3, 20, 35)


@pytest.mark.filterwarnings("ignore")  # those of the other package are no fault of the store
@pytest.mark.parametrize("version", VERSIONS)
def test_ome_zarr_models_accepts_the_metadata(tmp_path: Path, version: str) -> None:
    models = pytest.importorskip("ome_zarr_models", reason="ome-zarr-models is not installed")
    pixels = ramp((2, 3, 2, 40, 70), "u2")
    source = omio.imwrite(tmp_path / "a.ome.tif", pixels, axes="TZCYX", pixel_size=0.5, channel_names=["a", "b"])
    path = omio.imwrite(tmp_path / "a.ome.zarr", omio.imopen(source), version=version, pyramid=2)
    model = models.open_ome_zarr(zarr.open_group(str(path), mode="r"))
    assert type(model).__module__ == f"ome_zarr_models.v{version.replace('.', '')}.image"
    attributes = model.attributes if version == "0.4" else model.attributes.ome
    assert len(attributes.multiscales[0].datasets) == 3
