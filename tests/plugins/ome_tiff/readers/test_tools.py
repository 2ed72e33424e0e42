"""Programs that read TIFF, and know nothing of OMIO, agree on the pages that it writes: order, sizes and every pixel.

tifffile reads the OME-XML too. The others see pages; what they must find is computed from the made pixels and from the
order that the file's own OME-XML states. A program that is not installed skips its tests, which say so.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from tests.plugins.ome_tiff.readers.cases import CASES, TYPES, Case, pages, some
from tests.plugins.ome_tiff.readers.conftest import Written

ANY = " ".join(TYPES)


def over(cases: Sequence[Case]) -> pytest.MarkDecorator:
    """A test for each of these cases."""
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)


def program(*names: str) -> str:
    """The first of these programs that is on the path; without any the test is skipped."""
    found = next((path for path in map(shutil.which, names) if path), None)
    if found is None:
        pytest.skip(f"{' or '.join(names)} is not installed")
    return found


def run(*command: str | Path) -> bytes:
    """What a program prints; it must end well and complain of nothing."""
    done = subprocess.run([str(part) for part in command], capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    # the profile "fiji" has a second ImageDescription, which libtiff mentions; nothing else may be said of any file
    about = [line for line in done.stderr.splitlines() if line and b"not sorted in ascending order" not in line]
    fiji = any("fiji" in Path(part).name for part in command)
    assert (about if fiji else done.stderr.splitlines()) == []
    return done.stdout


def expected(case: Case, path: Path) -> list[NDArray[Any]]:
    """The pages that `path` must have, little-endian, (Y, X) or (Y, X, S)."""
    with tifffile.TiffFile(path) as tif:
        return list(pages(case, tif.pages[0].description))


def raw(planes: list[NDArray[Any]]) -> bytes:
    return b"".join(np.ascontiguousarray(plane).tobytes() for plane in planes)


@over(CASES)
def test_tifffile(case: Case, written: Written) -> None:
    path = written(case)
    with tifffile.TiffFile(path) as tif:
        assert tif.is_ome
        assert len(tif.series) == len(case.images)
        for one, series in zip(case.images, tif.series, strict=True):
            array, axes = series.asarray(), series.axes
            for axis in "TZCYXS":
                if axis not in axes:
                    array, axes = array[np.newaxis], axis + axes
            assert array.dtype == one.pixels().dtype
            np.testing.assert_array_equal(array.transpose([axes.index(axis) for axis in "TZCYXS"]), one.pixels())
        reduced = tif.series[0].levels[1:]
        assert [(level.shape[level.axes.index("Y")], level.shape[level.axes.index("X")]) for level in reduced] == [
            *case.levels
        ]
        planes = expected(case, path)
        assert len(tif.pages) == len(planes)
        for page, plane in zip(tif.pages, planes, strict=True):
            np.testing.assert_array_equal(page.asarray(), plane)


# Pillow has no mode for the other types: https://pillow.readthedocs.io/en/stable/handbook/concepts.html#modes
@over([*some(dtypes="uint8 uint16 int32 float32"), *some(dtypes="uint8", samples=(3, 4), several=False)])
def test_pillow(case: Case, written: Written) -> None:
    from PIL import Image as Pillow

    path = written(case)
    planes = expected(case, path)
    with Pillow.open(path) as picture:
        assert picture.n_frames == len(planes)
        for index, plane in enumerate(planes):
            picture.seek(index)
            np.testing.assert_array_equal(np.asarray(picture), plane)


@over(some(dtypes=f"{ANY} complex64 complex128", samples=(1, 3, 4), codecs="zstd"))
def test_tiffinfo(case: Case, written: Written) -> None:
    path = written(case)
    said = run(program("tiffinfo"), "-s", path).decode()
    planes = expected(case, path)
    assert said.count("=== TIFF directory") >= len(planes)
    height, width = planes[0].shape[:2]
    assert f"Image Width: {width} Image Length: {height}" in said


# libtiff's programs copy no complex samples
@over(some(samples=(1, 3, 4), codecs="zstd"))
def test_tiffcp(case: Case, written: Written, tmp_path: Path) -> None:
    path, copy = written(case), tmp_path / "copy.tif"
    run(program("tiffcp"), "-c", "none", path, copy)
    with tifffile.TiffFile(copy) as tif:
        found = [page.asarray() for page in tif.pages]
    for page, plane in zip(found, expected(case, path), strict=True):
        np.testing.assert_array_equal(page, plane)


# of RGBA it multiplies the colours by the alpha
@over([*some(dtypes="uint8 uint16 float32 float64"), *some(dtypes="uint8 uint16", samples=(3,))])
def test_opencv(case: Case, written: Written) -> None:
    cv2 = pytest.importorskip("cv2", reason="opencv-python-headless is not installed")
    path = written(case)
    planes = expected(case, path)
    known, found = cv2.imreadmulti(str(path), flags=cv2.IMREAD_UNCHANGED)
    assert known
    assert len(found) == len(planes)
    for page, plane in zip(found, planes, strict=True):
        np.testing.assert_array_equal(page if plane.ndim == 2 else page[:, :, ::-1], plane)  # its colours are BGR


# libvips takes samples of at most 32 bits from a TIFF
@pytest.mark.slow
@over(some(dtypes="uint8 uint16 uint32 int8 int16 int32 float32", samples=(1, 3, 4), several=False, codecs="zstd"))
def test_vips(case: Case, written: Written, tmp_path: Path) -> None:
    vips, header = program("vips"), program("vipsheader")
    path, out = written(case), tmp_path / "pixels.raw"
    planes = expected(case, path)
    said = dict(line.split(": ", 1) for line in run(header, "-a", path).decode().splitlines() if ": " in line)
    assert (int(said["height"]), int(said["width"])) == planes[0].shape[:2]
    assert int(said.get("n-pages", 1)) == len(planes)
    run(vips, "rawsave", f"{path}[n=-1]", out)
    assert out.read_bytes() == raw(planes)


@pytest.mark.slow
@over(some(dtypes=f"{ANY} complex64 complex128", samples=(1, 3, 4), codecs="zstd"))
def test_gdal(case: Case, written: Written, tmp_path: Path) -> None:
    info, translate = program("gdalinfo"), program("gdal_translate")
    path = written(case)
    planes = expected(case, path)
    said = json.loads(run(info, "-json", path))
    parts = said["metadata"].get("SUBDATASETS", {})
    assert len(parts) // 2 == (len(planes) if len(planes) > 1 else 0)
    out, pixels = tmp_path / "pixels.raw", raw(planes[-1:])
    run(translate, "-q", "-of", "ENVI", "-co", "INTERLEAVE=BIP", f"GTIFF_DIR:{len(planes)}:{path}", out)
    assert out.read_bytes()[: len(pixels)] == pixels  # of a single byte it writes two


@pytest.mark.slow
@over([*some(dtypes="uint8 uint16", several=False), *some(dtypes="uint8 uint16", samples=(3, 4))])
def test_imagemagick(case: Case, written: Written) -> None:
    path = written(case)
    planes = expected(case, path)
    identify = [program("magick"), "identify"] if shutil.which("magick") else [program("identify")]
    height, width = planes[0].shape[:2]
    said = run(*identify, "-quiet", "-format", "%wx%h %z\n", path).decode().split("\n")[:-1]
    bits = planes[0].itemsize * 8
    assert said == [f"{width}x{height} {bits}"] * len(planes)
    kind = {1: "gray", 3: "rgb", 4: "rgba"}[1 if planes[0].ndim == 2 else planes[0].shape[2]]
    convert = program("magick", "convert")
    assert run(convert, "-quiet", path, "-depth", str(bits), "-endian", "LSB", f"{kind}:-") == raw(planes)
