"""RGB files whose ImageJ description counts the samples of a pixel, as Bio-Formats does, or pages, as ImageJ does."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import omio
from omio_core.errors import AssumedAxesWarning, CorruptFileError, MetadataWarning

from .made import ramp


def described(**keys: int) -> str:
    """A description as Bio-Formats writes it: no version."""
    return "\n".join(("ImageJ=", "hyperstack=true", *(f"{key}={n}" for key, n in keys.items())))


def write(path: Path, array: np.ndarray, description: str, **options: Any) -> Path:
    """A page for each leading index of `array`, whose last axis is samples."""
    options = {"photometric": "rgb", "planarconfig": "contig", **options}
    if options["planarconfig"] == "separate":
        array = np.moveaxis(array, -1, -3)
    tifffile.imwrite(path, array, description=description, metadata=None, **options)
    return path


@pytest.mark.parametrize(("name", "shape"), [("bfconvert_rgb.tif", (1, 1, 3)), ("bf_rgb_z4_contig.tif", (1, 4, 3))])
def test_found_files(data: Path, name: str, shape: tuple[int, ...]) -> None:
    path = data / "found" / name
    if not path.is_file():
        pytest.skip(f"{name} is not among the real files")
    arrays, metadata = omio.imread(path, return_list=True)
    assert [a.shape for a in arrays] == [(*shape, 16, 20)]
    assert (metadata[0]["SizeZ"], metadata[0]["SizeC"], metadata[0]["SamplesPerPixel"]) == (shape[1], 3, 3)
    with tifffile.TiffFile(path) as file:
        pages = np.stack([page.asarray() for page in file.pages])
    np.testing.assert_array_equal(arrays[0][0], np.moveaxis(pages, -1, 1))


SAMPLES: dict[str, tuple[tuple[int, ...], str, dict[str, int]]] = {
    "one page": ((9, 11, 3), "YXS", {"images": 3, "channels": 3, "slices": 1, "frames": 1}),
    "Z": ((4, 9, 11, 3), "ZYXS", {"images": 12, "channels": 3, "slices": 4, "frames": 1}),
    "T": ((5, 9, 11, 3), "TYXS", {"images": 15, "channels": 3, "slices": 1, "frames": 5}),
    "T and Z": ((2, 3, 9, 11, 3), "TZYXS", {"images": 18, "channels": 3, "slices": 3, "frames": 2}),
    "two channels": ((2, 9, 11, 3), "CYXS", {"images": 6, "channels": 6, "slices": 1, "frames": 1}),
    "two channels, Z": ((4, 2, 9, 11, 3), "ZCYXS", {"images": 24, "channels": 6, "slices": 4, "frames": 1}),
    "RGBA": ((9, 11, 4), "YXS", {"images": 4, "channels": 4, "slices": 1, "frames": 1}),
    "RGBA, T": ((3, 9, 11, 4), "TYXS", {"images": 12, "channels": 4, "slices": 1, "frames": 3}),
}


@pytest.mark.parametrize("kind", SAMPLES)
@pytest.mark.parametrize(
    "options",
    [{}, {"planarconfig": "separate"}, {"compression": "zlib"}, {"byteorder": ">", "rowsperstrip": 4}],
    ids=["contig", "planar", "zlib", "big-endian strips"],
)
@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_samples_are_counted(tmp_path: Path, kind: str, options: dict[str, Any], dtype: str, describe) -> None:
    shape, axes, keys = SAMPLES[kind]
    array = ramp(*shape, dtype=dtype)
    path = write(tmp_path / "a.tif", array, described(**keys), **options)
    (image,) = describe(path)
    lead = axes[:-3]
    assert image.axes == lead + ("SYX" if "planarconfig" in options else "YXS")
    assert image.assumptions == ()
    read, metadata = omio.imread(path)
    assert metadata["SamplesPerPixel"] == shape[-1]
    sizes = dict(zip(axes, shape, strict=True))
    t, z, c = (sizes.get(axis, 1) for axis in "TZC")
    expected = np.moveaxis(array.reshape(t, z, c, 9, 11, shape[-1]), -1, 3).reshape(t, z, c * shape[-1], 9, 11)
    np.testing.assert_array_equal(read, expected)
    assert len(metadata["Channels"]) == c


def test_after_conversion(tmp_path: Path) -> None:
    array = ramp(4, 9, 11, 3, dtype="u1")
    path = write(tmp_path / "a.tif", array, described(images=12, channels=3, slices=4, frames=1))
    (target,) = omio.convert_to_ometiff(path, tmp_path / "out")
    again, metadata = omio.imread(target)
    assert (again.shape, metadata["SamplesPerPixel"]) == ((1, 4, 3, 9, 11), 3)
    np.testing.assert_array_equal(again[0], np.moveaxis(array, -1, 1))


# --- pages are counted


@pytest.mark.parametrize(
    ("shape", "keys", "axes"),
    [
        ((4, 9, 11, 3), {"images": 4, "slices": 4}, "ZYXS"),
        ((3, 9, 11, 3), {"images": 3, "slices": 3}, "ZYXS"),
        ((3, 9, 11, 3), {"images": 3, "channels": 3}, "CYXS"),
        ((6, 9, 11, 3), {"images": 6, "channels": 3, "frames": 2}, "TCYXS"),
        ((9, 11, 3), {}, "YXS"),
    ],
)
def test_pages_are_counted(tmp_path: Path, shape, keys: dict[str, int], axes: str, describe) -> None:
    path = write(tmp_path / "a.tif", ramp(*shape, dtype="u1"), described(**keys))
    (image,) = describe(path)
    assert image.axes == axes
    assert np.prod(image.levels[0].shape) == np.prod(shape)


def test_pages_behind_one_ifd_are_counted(make, page, describe, read) -> None:
    """As ImageJ stores what has 4 GB and more: three RGB images behind the only page are there, so they are meant."""
    tags = page(
        t270=(2, described(images=3, channels=3).encode() + b"\0"), t277=(3, 3), t262=(3, 2), t279=(4, 36),
        t258=(3, (8, 8, 8)),
    )  # fmt: skip
    data = bytes(range(108))
    (image,) = describe(path := make([tags], data=data))
    assert (image.axes, image.levels[0].shape) == ("CYXS", (3, 3, 4, 3))
    assert hashlib.sha256(np.moveaxis(read(path)[0].reshape(3, 3, 3, 4), 1, -1).tobytes()).digest() == (
        hashlib.sha256(data).digest()
    )
    (image,) = describe(make([tags], data=data[:36]))
    assert (image.axes, image.levels[0].shape) == ("YXS", (3, 4, 3))


@pytest.mark.parametrize(
    "keys",
    [
        {"images": 12, "channels": 3, "slices": 4},  # of 5 pages, neither 12 images nor 15 samples
        {"images": 18, "channels": 3, "slices": 6},
        {"images": 15, "slices": 15},  # samples, and no axis of them
        {"images": 15, "channels": 5, "slices": 3},
    ],
)
def test_counts_that_fit_neither_way(tmp_path: Path, keys: dict[str, int]) -> None:
    array = ramp(5, 9, 11, 3, dtype="u1")
    path = write(tmp_path / "a.tif", array, described(**keys))
    with pytest.warns(AssumedAxesWarning), pytest.warns(MetadataWarning, match="images, the file has 5 pages"):
        got, _ = omio.imread(path)
    np.testing.assert_array_equal(got[:, 0], array.transpose(0, 3, 1, 2))


def test_pixels_of_one_sample_are_never_counted_so(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", ramp(9, 11, dtype="u1"), described(images=3, channels=3), photometric="minisblack")
    with pytest.raises(CorruptFileError, match="holds fewer planes than its description says"):
        omio.imread(path)
