"""An LSM file is told by its tag, whatever its name; and dispatch prefers its reader to that of TIFF."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import tifffile

from omio_core.contract import Match, Probe
from omio_core.images.opening import open_source
from omio_core.plugins.catalogue import Catalogue, using
from omio_plugins import tiff
from omio_plugins.lsm import READER, omio_readers, sniff

from .samples import KINDS


@pytest.mark.parametrize("name", ["a.lsm", "A.LSM", "a.tif", "a", "a.czi"])
def test_the_tag_decides(tmp_path: Path, name: str) -> None:
    KINDS["single"](tmp_path / name)
    verdict = sniff(Probe(tmp_path / name))
    assert verdict.match is Match.EXACT
    assert "34412" in verdict.why
    assert ("although" in verdict.why) == (not name.lower().endswith(".lsm"))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty file"),
        (b"II", "too short"),
        (b"hello, world", "begins with b'hell'"),
        (b"II*\0\xff\xff\xff\xff", "no tag 34412"),
        (b'<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">', "no TIFF"),
    ],
)
def test_a_no_has_its_reason(content: bytes, why: str) -> None:
    verdict = sniff(Probe.of_bytes(content, "a.lsm"))
    assert verdict.match is Match.NO
    assert why in verdict.why


def test_a_tiff_of_that_name_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a.lsm"
    tifffile.imwrite(path, np.zeros((3, 4), "u1"), metadata=None)
    assert sniff(Probe(path)).match is Match.NO
    tag = (34412, 7, 4, b"abcd", True)
    tifffile.imwrite(path, np.zeros((3, 4), "u1"), metadata=None, byteorder=">", extratags=[tag])
    assert "big-endian" in sniff(Probe(path)).why


def test_dispatch(tmp_path: Path) -> None:
    assert omio_readers() == [READER]
    one = KINDS["tzc"](tmp_path / "a.tif")
    with using(Catalogue(readers=(tiff.READER, READER))):
        (image,) = open_source(os.fspath(one.file.path)).images
        assert image.shape == (2, 3, 2, 7, 9)
        assert np.array_equal(image.to_numpy(), one.arrays[0])
        assert image.metadata.to_dict()["TimeIncrement"] == 1.5
    with using(Catalogue(readers=(tiff.READER,))):  # without the plugin it is a TIFF
        other = KINDS["single"](tmp_path / "b.lsm")
        assert open_source(os.fspath(other.file.path)).images[0].shape == (1, 1, 1, 7, 9)
