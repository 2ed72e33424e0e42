"""Real LSM files give the pixels and sizes that an independent reader gave."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from omio_core.contract import Box
from omio_core.errors import OmioError
from omio_core.files.local import locate
from omio_core.metadata.facts import SMALLEST_SIZE
from omio_plugins.lsm._read import open_lsm

FOLDERS = ("lsm/", "lsm-generated/")


def test_pixels_axes_types_and_sizes(data: Path, expected: dict[str, dict]) -> None:
    names = [name for name in expected if name.startswith(FOLDERS)]
    assert len(names) >= 3
    for name in names:
        opened = open_lsm(locate(data / name))
        (image,) = opened.images  # the second that is expected are the thumbnails
        shape = image.levels[0].shape
        out = np.empty(shape, image.dtype)
        opened.read_into(out, 0, Box.whole(shape), 0)
        opened.close()
        stated = expected[name]["images"][0]
        assert (image.axes, list(shape), image.dtype.str) == (
            stated["native_axes"], stated["native_shape"], stated["dtype"],
        )  # fmt: skip
        assert hashlib.sha256(out.tobytes()).hexdigest() == stated["sha256"]
        facts = image.facts()
        for axis, size in expected[name]["pixel_size_um"].items():
            fact = getattr(facts, f"physical_size_{axis.lower()}")
            if size <= SMALLEST_SIZE:
                assert fact is None
            else:
                assert fact.value == pytest.approx(size, rel=1e-6)
                assert fact.origin == "file"


def test_what_a_real_file_says(data: Path) -> None:
    opened = open_lsm(locate(data / "lsm/032113-18.lsm"))
    (image,) = opened.images
    opened.close()
    facts = image.facts()
    assert [(c.name.value, c.excitation.value) for c in facts.channels] == [
        ("Ch1-T1", 405.0), ("Ch2-T2", 561.0), ("T PMT-T2", 561.0),
    ]  # fmt: skip
    assert [c.color.value & 0xFFFFFFFF for c in facts.channels] == [0x0000FFFF, 0xFF0000FF, 0xFFFFFFFF]
    assert [c.fluor.value if c.fluor else None for c in facts.channels] == ["DAPI", "Alexa Fluor 546", None]
    assert facts.objective.value["NominalMagnification"] == 20.0
    assert facts.acquisition_date.value == "2013-03-20T20:18:58"
    assert image.name == "032113-18"
    assert image.assumptions == ()
    assert len(image.vendor()["ScanInformation"]["Tracks"]) == 2


def test_malformed_files_are_errors(data: Path) -> None:
    folder = data / "malformed" / "imread-lsm"
    paths = sorted(folder.glob("*.lsm"))
    if not paths:
        pytest.skip("there are no malformed LSM files")
    for path in paths:
        with pytest.raises(OmioError):
            open_lsm(locate(path)).close()
