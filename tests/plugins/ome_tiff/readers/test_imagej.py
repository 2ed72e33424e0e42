"""ImageJ without a plugin, as when a file is dropped on its window, opens the classic files in strips that OMIO writes.

It knows no OME-XML: the pages are one stack, and the size of a pixel comes from the resolution tags. Axes it takes from
a description of its own, which is what the profile "fiji" is for.
"""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
import tifffile

from tests.plugins.ome_tiff.readers.cases import CASES, Case, pages
from tests.plugins.ome_tiff.readers.conftest import Answers, Written

pytestmark = pytest.mark.slow

BITS = {"uint8": 8, "uint16": 16, "int16": 16, "float32": 32}


@pytest.mark.parametrize("case", [case for case in CASES if case.imagej], ids=lambda case: case.name)
def test_a_dropped_file(case: Case, written: Written, imagej: Answers) -> None:
    path = written(case)
    found = imagej[case.name]
    t, z, c, y, x, _ = case.sizes.values()
    fiji = case.options.get("profile") == "fiji"
    assert found["sizes"] == ([t, z, c, y, x] if fiji else [1, t * z * c, 1, y, x])
    assert found["bits"] == BITS[case.dtype]
    assert found["signed"] == (case.dtype == "int16")  # the digests are of calibrated values then
    if "PhysicalSizeX" in case.metadata:
        assert found["unit"] == "\u00b5m"
        assert found["x"] == pytest.approx(case.metadata["PhysicalSizeX"], rel=1e-6)
        assert found["y"] == pytest.approx(case.metadata["PhysicalSizeY"], rel=1e-6)
    if fiji:
        assert found["hyperstack"] == (sum(n > 1 for n in (t, z, c)) > 1)
        assert found["z"] == pytest.approx(case.metadata.get("PhysicalSizeZ", 1.0))
        assert found["interval"] == pytest.approx(case.metadata.get("TimeIncrement", 0.0))
        planes = list(case.pixels().reshape(-1, y, x))  # a hyperstack has C fastest, then Z, then T
    else:
        with tifffile.TiffFile(path) as tif:
            planes = list(pages(case, tif.pages[0].description))
    assert found["digests"] == [hashlib.sha256(np.ascontiguousarray(plane).tobytes()).hexdigest() for plane in planes]
