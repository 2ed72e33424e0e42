"""Other programs open what is written: ome-zarr-models the metadata, tensorstore and ome-zarr-py the pixels, too."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import dask.array
import numpy as np
import pytest
import zarr
from zarr.storage import ZipStore

import omio
from omio_core.images import writing
from omio_core.testing.pictures import ramp

pytestmark = pytest.mark.slow
FORMS: dict[str, dict[str, Any]] = {"0.5": {}, "0.5 without shards": {"shards": False}, "0.4": {"version": "0.4"}}
"""The forms that the page on writing OME-Zarr lists, with the options that choose them."""

DTYPES = ("?", "u1", "i2", "u2", "i8", "u8", "f4", "f8", "c8", "c16")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_tensorstore_reads_the_same_pixels(tmp_path: Path, form: str, dtype: str) -> None:
    tensorstore = pytest.importorskip("tensorstore", reason="tensorstore is not installed")
    pixels = ramp((2, 3, 2, 40, 70), dtype)
    path = omio.imwrite(tmp_path / "a.ome.zarr", pixels, axes="TZCYX", tile=32, pyramid=1, **FORMS[form])
    driver = "zarr" if form == "0.4" else "zarr3"
    for level in ("0", "1"):
        spec = {"driver": driver, "kvstore": {"driver": "file", "path": str(path / level)}}
        read: Any = tensorstore.open(spec, read=True, open=True).result().read().result()
        expected: Any = zarr.open_group(str(path), mode="r")[level]
        np.testing.assert_array_equal(read, expected[...])
    assert read.shape == (2, 2, 3, 20, 35)


@pytest.mark.parametrize("form", FORMS)
def test_dask_reads_the_same_pixels_and_all_read_a_zip_file(tmp_path: Path, form: str) -> None:
    pixels = ramp((2, 3, 2, 40, 70), "u2")
    path = omio.imwrite(tmp_path / "a.ome.zarr", pixels, axes="TZCYX", tile=32, pyramid=1, **FORMS[form])
    expected = pixels.swapaxes(1, 2)
    np.testing.assert_array_equal(dask.array.from_zarr(str(path), component="0").compute(), expected)
    packed = tmp_path / "a.ozx"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in sorted(path.rglob("*")):
            archive.write(file, file.relative_to(path).as_posix())
    np.testing.assert_array_equal(omio.imread(packed)[0], pixels)
    assert omio.diff(path, packed).equal
    with ZipStore(packed, mode="r") as store:
        array: Any = zarr.open_group(store, mode="r")["0"]
        np.testing.assert_array_equal(array[...], expected)
        np.testing.assert_array_equal(dask.array.from_zarr(array).compute(), expected)
    tensorstore = pytest.importorskip("tensorstore", reason="tensorstore is not installed")
    base = {"driver": "zip", "base": {"driver": "file", "path": str(packed)}, "path": "0/"}
    spec = {"driver": "zarr" if form == "0.4" else "zarr3", "kvstore": base}
    read = tensorstore.open(spec, read=True, open=True).result().read().result()
    np.testing.assert_array_equal(read, expected)


@pytest.mark.filterwarnings("ignore")  # those of the other package are no fault of the store
@pytest.mark.parametrize("form", FORMS)
def test_ome_zarr_models_accepts_the_metadata(tmp_path: Path, form: str) -> None:
    models = pytest.importorskip("ome_zarr_models", reason="ome-zarr-models is not installed")
    pixels = ramp((2, 3, 2, 40, 70), "u2")
    source = omio.imwrite(tmp_path / "a.ome.tif", pixels, axes="TZCYX", pixel_size=0.5, channel_names=["a", "b"])
    path = omio.imwrite(tmp_path / "a.ome.zarr", omio.imopen(source), pyramid=2, **FORMS[form])
    model = models.open_ome_zarr(zarr.open_group(str(path), mode="r"))
    version = form.partition(" ")[0].replace(".", "")
    assert type(model).__module__ == f"ome_zarr_models.v{version}.image"
    attributes = model.attributes if form == "0.4" else model.attributes.ome
    assert len(attributes.multiscales[0].datasets) == 3


OME_ZARR_PY = ("ome-zarr==0.18.0", "deprecated", "wrapt", "scipy", "scikit-image", "lazy-loader")
"""What it imports to read. With all that it requires it is 450 MB, too much for the extra `test`."""

READ = """
import hashlib, json, sys
from ome_zarr.io import parse_url
from ome_zarr.reader import Reader
told = []
for path in sys.argv[1:]:
    (node,) = Reader(parse_url(path))()
    levels = [level.compute() for level in node.data]
    told.append({
        "levels": [[list(a.shape), a.dtype.name, hashlib.sha256(a.tobytes()).hexdigest()] for a in levels],
        "axes": "".join(axis["name"] for axis in node.metadata["axes"]),
        "scale": node.metadata["coordinateTransformations"][0][0]["scale"],
        "channels": node.metadata["channel_names"],
    })
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def ome_zarr_py(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a Python that has ome-zarr-py beside the packages of this one."""
    folder = tmp_path_factory.mktemp("ome-zarr-py")
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(folder), *OME_ZARR_PY]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    if done.returncode:
        pytest.skip(f"ome-zarr-py cannot be installed: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
    return {**os.environ, "PYTHONPATH": str(folder)}


def test_ome_zarr_py_reads_the_same_pixels(tmp_path: Path, ome_zarr_py: dict[str, str]) -> None:
    pixels = ramp((2, 3, 2, 40, 70), "u2")
    source = omio.imwrite(tmp_path / "a.ome.tif", pixels, axes="TZCYX", pixel_size=0.5, channel_names=["a", "b"])
    scenes = [omio.imopen(source).at(T=t) for t in range(2)]
    series = writing.write(tmp_path / "series.ome.zarr", scenes)
    assert series is not None
    stores = [
        omio.convert(source, tmp_path / f"{i}.ome.zarr", tile=32, pyramid=1, **each)[0]
        for i, each in enumerate(FORMS.values())
    ]
    places = [*stores, series / "0", series / "1"]
    command = [sys.executable, "-c", READ, *map(str, places)]
    done = subprocess.run(command, env=ome_zarr_py, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    assert len(told) == len(places)
    for place, one in zip(places, told, strict=True):
        assert (one["axes"], one["channels"]) == ("tczyx", ["a", "b"])
        assert one["scale"] == [1.0, 1.0, 1.0, 0.5, 0.5]
        group = zarr.open_group(str(place), mode="r")
        expected: list[Any] = [group[str(level)][...] for level in range(len(one["levels"]))]
        assert one["levels"] == [[list(a.shape), "uint16", hashlib.sha256(a.tobytes()).hexdigest()] for a in expected]
        np.testing.assert_array_equal(
            expected[0].swapaxes(1, 2), pixels if place in stores else pixels[int(place.name)][None]
        )
    assert [len(one["levels"]) for one in told] == [2, 2, 2, 1, 1]
