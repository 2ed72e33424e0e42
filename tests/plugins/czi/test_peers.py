"""Plane for plane what ZEISS' own libraries write and read.

libCZI is asked where it is safe: for one plane at a time, that exists.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from omio_core.contract import Box, locate
from omio_plugins.czi._read import open_czi

aicspylibczi = pytest.importorskip("aicspylibczi", reason="there is no aicspylibczi for this Python and machine")
writer = pytest.importorskip("pylibCZIrw.czi", reason="there is no pylibCZIrw for this Python and machine")

RNG = np.random.default_rng(7)
OPTIONS = ("uncompressed:", "zstd0:ExplicitLevel=2", "zstd1:ExplicitLevel=2;PreProcess=HiLoByteUnpack")


@pytest.fixture
def peer() -> Iterator[Callable[..., Any]]:
    """From a path to aicspylibczi's own; it never closes its files."""
    with contextlib.ExitStack() as files:
        yield lambda path: aicspylibczi.CziFile(files.enter_context(Path(path).open("rb")))


def pixels(*shape: int, dtype: str = "u2") -> np.ndarray:
    return RNG.integers(0, 250, shape).astype(dtype)


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize(("dtype", "samples"), [("u1", 1), ("u2", 1), ("f4", 1), ("u1", 3), ("u2", 3), ("f4", 3)])
def test_what_pylibczirw_writes(tmp_path: Path, options: str, dtype: str, samples: int, read, peer) -> None:
    """It takes and gives blue first; libCZI's planes are asked for one at a time."""
    array = pixels(2, 2, 3, 20, 28, samples, dtype=dtype)  # T C Z Y X S
    path = tmp_path / "a.czi"
    with writer.create_czi(str(path), compression_options=options) as czi:
        for t, c, z in np.ndindex(2, 2, 3):
            czi.write(array[t, c, z].squeeze(), plane={"T": t, "C": c, "Z": z})
    got = read(path)[0]
    wanted = array[..., ::-1].transpose(0, 2, 1, 5, 3, 4).reshape(2, 3, 2 * samples, 20, 28)
    np.testing.assert_array_equal(got, wanted)
    if (dtype, samples) == ("f4", 3) or ((dtype, samples) == ("u2", 3) and "HiLo" in options):
        return  # the first aicspylibczi does not read; of the second libCZI itself gives other pixels than it was given
    czi = peer(path)
    for t, c, z in np.ndindex(2, 2, 3):
        plane = czi.read_image(T=t, C=c, Z=z)[0].reshape(20, 28, samples)
        np.testing.assert_array_equal(got[t, z, samples * c : samples * (c + 1)], plane[..., ::-1].transpose(2, 0, 1))


def test_a_mosaic_that_pylibczirw_writes_and_composes(tmp_path: Path, read, describe) -> None:
    """Overlap and gap, with an origin that is negative; libCZI composes it."""
    path = tmp_path / "a.czi"
    tiles = [pixels(40, 50) + 1 for _ in range(4)]
    places = [(-70, 20), (-30, 25), (-70, 90), (15, -10)]
    with writer.create_czi(str(path)) as czi:
        for tile, (x, y) in zip(tiles, places, strict=True):
            czi.write(tile, location=(x, y), plane={"C": 0})
    with writer.open_czi(str(path)) as czi:
        box = czi.total_bounding_rectangle
        wanted = czi.read(plane={"C": 0}, background_pixel=(0.0, 0.0, 0.0))[..., 0]
    (image,) = describe(path)
    assert image.levels[0].shape == (box.h, box.w)
    np.testing.assert_array_equal(read(path)[0][0, 0, 0], wanted)


def test_scenes_of_pylibczirw(tmp_path: Path, read) -> None:
    path = tmp_path / "a.czi"
    scenes = [pixels(2, 16, 20), pixels(3, 32, 24)]
    with writer.create_czi(str(path)) as czi:
        for s, planes in enumerate(scenes):
            for t, plane in enumerate(planes):
                czi.write(plane, location=(200 * s, 0), plane={"T": t}, scene=s)
    got = read(path)
    for s, planes in enumerate(scenes):
        np.testing.assert_array_equal(got[s][:, 0, 0], planes)


SAFE = (
    "czi/CellDivision_T3_Z5_CH2_X240_Y170.czi", "czi/CellDivision_T3_Z5_CH2_X240_Y170_comp1.czi", "czi/DAPI_GFP.czi",
    "czi/newCZI_compressed.czi", "czi/s_1_t_1_c_1_z_1.czi", "czi-generated/gray16_tzc.czi",
    "czi-generated/gray16_zstd0.czi", "czi-generated/gray16_zstd1_hilo.czi", "czi-generated/gray32float_tzc.czi",
    "czi-generated/gray8_jpegxr_lossless_patched.czi", "czi-generated/linescan_xt.czi",
)  # fmt: skip


@pytest.mark.parametrize("name", SAFE)
def test_real_files_plane_for_plane(data: Path, name: str, whole, peer) -> None:
    """Files of one scene in which every plane exists, and no mosaic: there libCZI can be asked."""
    opened = open_czi(locate(data / name))
    got = whole(opened)
    opened.close()
    czi = peer(data / name)
    there = czi.get_dims_shape()[0]
    count = 0
    for t, z, c in np.ndindex(*got.shape[:3]):
        plane = {"T": t, "Z": z, "C": c}
        starts = {letter: there[letter][0] + k for letter, k in plane.items() if letter in there}
        np.testing.assert_array_equal(np.squeeze(czi.read_image(**starts)[0]), np.squeeze(got[t, z, c]))
        count += 1
    assert count == int(np.prod(got.shape[:3]))


def test_airyscan_plane_for_plane(data: Path, peer) -> None:
    """132 of 256 planes exist; libCZI gives uninitialised memory for the others, so it is asked for those alone."""
    path = data / "czi/LSM880_AiryScan.czi"
    opened = open_czi(locate(path))
    (image,) = opened.images
    czi = peer(path)
    count = 0
    for box in image.levels[0].present:
        out = np.empty(box.shape, image.dtype)
        opened.read_into(out, 0, box, 0)
        for h, c in np.ndindex(*box.shape[:2]):
            plane = {"H": box.spans[0][0] + h, "C": box.spans[1][0] + c}
            np.testing.assert_array_equal(np.squeeze(czi.read_image(**plane)[0]), out[h, c])
            count += 1
    opened.close()
    assert count == 132


def test_a_missing_channel_does_not_shift_the_others(tmp_path: Path, read, describe) -> None:
    path = tmp_path / "a.czi"
    planes = {c: pixels(9, 11) for c in (0, 2, 3)}
    with writer.create_czi(str(path)) as czi:
        for c, plane in planes.items():
            czi.write(plane, plane={"C": c})
    got = read(path)[0][0, 0]
    assert got.shape == (4, 9, 11)
    assert describe(path)[0].levels[0].present == (
        Box(((0, 1), (0, 9), (0, 11))),
        Box(((2, 4), (0, 9), (0, 11))),
    )
    for c, plane in planes.items():
        np.testing.assert_array_equal(got[c], plane)


def test_a_real_pyramid_is_the_one_libczi_gives(data: Path, whole) -> None:
    """At half the size libCZI takes its pixels from the level of the pyramid."""
    path = data / "czi/WellD6-7_S2.czi"
    opened = open_czi(locate(path))
    with writer.open_czi(str(path)) as czi:
        for k, image in enumerate(opened.images):
            assert [level.shape for level in image.levels] == [(440, 544), (220, 272)]
            np.testing.assert_array_equal(whole(opened, k, 1)[0, 0, 0], czi.read(scene=k, zoom=0.5)[..., 0])
    opened.close()
