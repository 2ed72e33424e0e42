"""Keys: equal for the same question about the same files, different for any other."""

from __future__ import annotations

import os
from pathlib import Path

import omio
from omio.cache.keys import key_of
from omio.request import make_request
from omio_core.images.image import Image
from omio_core.images.overrides import Request


def test_a_key_is_the_same_each_time_and_names_every_file(series: Path) -> None:
    image = omio.imopen(series, merge="T")
    key = key_of(image, Request())
    assert key == key_of(omio.imopen(series, merge="T"), Request())
    assert [Path(member["path"]).name for member in key.members] == ["T_8.tif", "T_9.tif", "T_10.tif"]
    for member in key.members:
        status = os.stat(member["path"])
        assert (member["bytes"], member["mtime_ns"]) == (status.st_size, status.st_mtime_ns)
        assert len(member["sample_digest"]) == 32
    assert key.versions["readers"].keys() == {"tiff"}


def test_identity_stays_and_digest_changes_with_the_files(plane: Path) -> None:
    first = key_of(omio.imopen(plane), Request())
    os.utime(plane, ns=(1, 1))
    second = key_of(omio.imopen(plane), Request())
    assert first.identity == second.identity
    assert first.digest != second.digest


def test_each_question_has_a_key_of_its_own(several, series: Path) -> None:
    """Images, levels, regions, merges, options, policies and statements."""
    images, _ = several("a", "b"), None
    opened = [omio.imopen(images, image=index) for index in (0, 1)]
    asked = [
        *((image, Request()) for image in opened),
        (opened[0].at(Y=slice(2, 5)), Request()),
        (opened[0].at(Y=slice(2, 6)), Request()),
        (omio.imopen(series, merge="T"), Request()),
        (omio.imopen(series, merge="Z"), Request()),
        (omio.imopen([series / "T_9.tif", series / "T_8.tif"], merge="T"), Request()),
        (opened[0], make_request(pixel_size=1.0)),
        (opened[0], make_request(pixel_size=2.0)),
        (opened[0], make_request(others={"absent_planes": "raise"})),
    ]
    keys = [key_of(image, request) for image, request in asked]
    assert len({key.identity for key in keys}) == len({key.digest for key in keys}) == len(keys)
    assert isinstance(asked[0][0], Image)


def test_a_folder_that_is_one_image_is_in_the_key_by_its_listing(tmp_path: Path) -> None:
    import numpy as np

    path = omio.imwrite(tmp_path / "a.ome.zarr", np.ones((2, 8, 9), "u1"), axes="ZYX")
    members = key_of(omio.imopen(path), Request()).members
    assert members[0].keys() == {"path", "listing"}
    assert members[0]["path"] == str(path)
    assert len(members) > 1
