"""Maps: of any byte order, offset and axes, of the whole and of parts; refused where the pixels do not lie so."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from omio_core.contract import Box, ImageDescription, Level, MappedLayout
from omio_core.errors import CorruptFileError, FileChangedError, UnsupportedFeatureError
from omio_core.files.local import locate
from omio_core.files.stamps import Fingerprint, Key
from omio_core.geometry.axes import layout
from omio_core.images.image import Image
from omio_core.metadata.model import Metadata
from omio_core.pixels.picture import FilePicture

HEADER = 16


def made(path: Path, array: np.ndarray, axes: str, **changes: Any) -> Image:
    """An image over a file of a header and this array, as a reader would describe it."""
    path.write_bytes(bytes(HEADER) + array.tobytes())
    raw = MappedLayout(location=locate(path), offset=HEADER, strides=array.strides, dtype=array.dtype.str)
    level = Level(shape=array.shape, blocks=array.shape, raw=raw)
    described = ImageDescription(axes=axes, dtype=array.dtype.newbyteorder("="), levels=(replace(level, **changes),))
    key = Key(reader="none", location=locate(path), members=(Fingerprint.of(locate(path)),))
    understood = layout(axes, array.shape, caller=axes)
    picture = FilePicture(key=key, index=0, description=described, layout=understood)
    return Image(picture, Metadata(shape=picture.shape, dtype=str(picture.dtype), samples=understood.samples))


@pytest.mark.parametrize("dtype", ["<u2", ">u2", "u1", ">f4"])
def test_byte_order_stays_that_of_the_file(tmp_path: Path, dtype: str) -> None:
    array = np.arange(2 * 3 * 4 * 5 * 6).astype(dtype).reshape(2, 3, 4, 5, 6)
    seen = made(tmp_path / "a", array, "TZCYX").to_memmap()
    assert seen.dtype == np.dtype(dtype)
    assert np.array_equal(seen, array)
    assert isinstance(seen, np.memmap)
    assert not seen.flags.writeable


@pytest.mark.parametrize(
    ("axes", "shape", "wanted"),
    [
        ("YX", (4, 5), "ab->ab"), ("XY", (4, 5), "ab->ba"), ("CZT" + "YX", (2, 3, 4, 5, 6), "abcde->cbade"),
        ("YXS", (4, 5, 3), "abc->cab"), ("ZYXC", (2, 4, 5, 3), "abcd->adbc"), ("HCYX", (2, 3, 4, 5), "abcd->abcd"),
    ],
)  # fmt: skip
def test_any_axes(tmp_path: Path, axes: str, shape: tuple[int, ...], wanted: str) -> None:
    """Turned by strides; axes that follow one another fold into C."""
    array = np.arange(np.prod(shape), dtype="<u2").reshape(shape)
    image = made(tmp_path / "a", array, axes)
    assert np.array_equal(image.to_memmap(), np.einsum(wanted, array).reshape(image.shape))


def test_parts(tmp_path: Path) -> None:
    """Of parts, too."""
    array = np.arange(2 * 3 * 4 * 5 * 6, dtype="<u2").reshape(2, 3, 4, 5, 6)
    part = made(tmp_path / "a", array, "TZCYX").at(T=1, Y=slice(1, 5)).at(C=slice(1, 3), Y=slice(1, 3), X=-1)
    assert np.array_equal(part.to_memmap(), array[1:2, :, 1:3, 2:4, 5:])


def test_gaps_between_images(tmp_path: Path) -> None:
    """A stride is longer than what it steps over; the last gap need not be there."""
    array = np.arange(4 * 3 * 5, dtype="<u2").reshape(4, 3, 5)
    path = tmp_path / "a"
    raw = MappedLayout(location=locate(path), offset=HEADER + 30, strides=(60, 10, 2), dtype="<u2")
    image = made(path, array, "TYX", shape=(2, 3, 5), raw=raw)
    image = Image(
        FilePicture(
            key=image.picture.key, index=0, description=image.picture.description, layout=layout("TYX", (2, 3, 5))
        ),
        image.metadata,
    )
    assert np.array_equal(image.to_memmap()[:, 0, 0], array[1::2])


def test_an_odd_place_in_the_file(tmp_path: Path) -> None:
    """Pixels need not begin where their type would have them."""
    array = np.arange(12, dtype="<u4").reshape(3, 4)
    path = tmp_path / "a"
    image = made(path, array, "YX")
    path.write_bytes(bytes(HEADER + 3) + array.tobytes())
    raw = MappedLayout(location=locate(path), offset=HEADER + 3, strides=array.strides, dtype="<u4")
    described = replace(image.picture.description, levels=(Level(shape=(3, 4), blocks=(3, 4), raw=raw),))
    key = replace(image.picture.key, members=(Fingerprint.of(locate(path)),))
    moved = FilePicture(key=key, index=0, description=described, layout=layout("YX", (3, 4)))
    assert np.array_equal(Image(moved, image.metadata).to_memmap()[0, 0, 0], array)


def test_the_same_plane_again_and_again(tmp_path: Path) -> None:
    """A distance of 0 is one: of planes that share their bytes."""
    array = np.arange(3 * 4 * 5, dtype="<u2").reshape(3, 4, 5)
    path = tmp_path / "a"
    raw = MappedLayout(location=locate(path), offset=HEADER, strides=(0, 10, 2), dtype="<u2")
    seen = made(path, array, "TYX", raw=raw).to_memmap()
    assert np.array_equal(seen[:, 0, 0], np.broadcast_to(array[0], array.shape))


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"raw": None}, UnsupportedFeatureError, "does not find them stored"),
        ({"present": (Box(((0, 1), (0, 2), (0, 4), (0, 5))),)}, UnsupportedFeatureError, "absent"),
        ({"strides": (120, 40, 10, 3)}, UnsupportedFeatureError, "distances"),
        ({"strides": (120, 40, -10, 2)}, UnsupportedFeatureError, "distances"),
        ({"strides": (120, 60, 10, 2)}, UnsupportedFeatureError, "do not follow"),
        ({"offset": HEADER + 2}, CorruptFileError, "ends too soon"),
        ({"offset": -2}, CorruptFileError, "ends too soon"),
    ],
)
def test_what_cannot_be_mapped(tmp_path: Path, changes: dict[str, Any], error: type[Exception], words: str) -> None:
    """Says why, and what to take instead; what does not lie in the file is never mapped."""
    array = np.arange(2 * 3 * 4 * 5, dtype="<u2").reshape(2, 3, 4, 5)
    path = tmp_path / "a"
    raw = MappedLayout(location=locate(path), offset=HEADER, strides=array.strides, dtype="<u2")
    whole = changes if set(changes) <= {"raw", "present"} else {"raw": replace(raw, **changes)}
    image = made(path, array, "HCYX" if "strides" in changes and changes["strides"][1] == 60 else "TCYX", **whole)
    with pytest.raises(error) as told:
        image.to_memmap()
    assert words in str(told.value)


def test_no_file_no_map() -> None:
    with pytest.raises(UnsupportedFeatureError, match="cannot be mapped") as told:
        Image.of_array(np.zeros((3, 4)), axes="YX").to_memmap()
    assert "to_numpy() " in told.value.remedy


def test_a_file_that_changed(tmp_path: Path) -> None:
    image = made(tmp_path / "a", np.zeros((3, 4), "<u2"), "YX")
    os.truncate(tmp_path / "a", 20)
    with pytest.raises(FileChangedError):
        image.to_memmap()
