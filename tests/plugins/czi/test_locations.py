"""CZI files that are no local files: in memory, in a place that can be listed and in one that cannot."""

from __future__ import annotations

import hashlib
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from omio_core.errors import FileChangedError
from omio_core.files.memory import MemoryLocation
from omio_core.images.image import Image
from omio_core.images.opening import open_source

from .made import JPEGXR, RAW, ZSTD1, Block, attach, ramp, write

XML = b"""<ImageDocument><Metadata><Scaling><Items><Distance Id="X"><Value>2.5e-07</Value></Distance></Items></Scaling>
<Information><Image><Dimensions><S><Scenes><Scene Index="0" Name="left"/><Scene Index="1" Name="right"/></Scenes></S>
</Dimensions></Image></Information></Metadata></ImageDocument>"""
CHILD = """
import hashlib, pickle, sys
image = pickle.load(sys.stdin.buffer)
print(hashlib.sha256(image.to_numpy().tobytes()).hexdigest(), image.metadata.to_dict()["PhysicalSizeX"])
"""


def in_memory(path: Path, *, listable: bool) -> MemoryLocation:
    return MemoryLocation(f"/far/{path.name}", {f"/far/{path.name}": path.read_bytes()}, listable)


def facts(image: Image) -> dict[str, object]:
    """The public dict without the record of the file, which has the time of a local file."""
    public = image.metadata.to_dict()
    public["Annotations"] = {k: v for k, v in public["Annotations"].items() if "provenance" not in k}
    return public


@pytest.fixture(params=["scenes", "jpegxr", "czi/WellD6-7_S2.czi", "czi/DAPI_GFP.czi", "czi/tiles.czi"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if "/" in request.param:
        return Path(request.getfixturevalue("data") / request.param)
    if request.param == "jpegxr":
        pytest.importorskip("aicspylibczi")
        return write(tmp_path / "a.czi", [Block(pixels=ramp(16, 18), compression=JPEGXR)], xml=XML)
    blocks = [
        Block(pixels=ramp(7, 9, start=s + c), at={"S": s, "C": c}, compression=(RAW, ZSTD1)[c])
        for s, c in np.ndindex(2, 2)
    ]
    return attach(write(tmp_path / "a.czi", blocks, xml=XML), (b"CZI", b"..", b"Label"))


@pytest.mark.parametrize("listable", [True, False])
def test_a_file_in_memory_is_as_a_local_one(file: Path, listable: bool) -> None:
    local, far = open_source(file), open_source(in_memory(file, listable=listable))
    assert [image.name for image in far.images] == [image.name for image in local.images]
    for a, b in zip(local.images, far.images, strict=True):
        assert np.array_equal(a.to_numpy(), b.to_numpy())
        assert facts(a) == facts(b)
        assert a.picture.stored.description.not_kept == b.picture.stored.description.not_kept


def test_another_process_reads_what_was_pickled(tmp_path: Path) -> None:
    path = write(tmp_path / "a.czi", [Block(pixels=ramp(7, 9), compression=ZSTD1)], xml=XML)
    image = open_source(in_memory(path, listable=False)).images[0]
    done = subprocess.run([sys.executable, "-c", CHILD], input=pickle.dumps(image), capture_output=True, check=True)
    assert done.stdout.decode().split() == [hashlib.sha256(image.to_numpy().tobytes()).hexdigest(), "0.25"]


def test_a_file_that_became_shorter_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "a.czi", [Block(pixels=ramp(7, 9))], xml=XML)
    place = in_memory(path, listable=True)
    contents = dict(place.contents)
    image = open_source(MemoryLocation(place.path, contents)).images[0]
    contents[place.path] = contents[place.path][:-1]
    with pytest.raises(FileChangedError):
        image.to_numpy()
