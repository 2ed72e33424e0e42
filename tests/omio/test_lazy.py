"""Lazy reading: the same pixels, only those that are asked for, and no file held longer than it is used."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import dask
import dask.array as da
import numpy as np
import pytest

import omio
from omio_core.errors import AmbiguousAxesError, ManyImagesError, MissingMetadataError, OmioError

PIXELS = np.arange(2 * 3 * 2 * 20 * 30, dtype=np.uint16).reshape(2, 3, 2, 20, 30)


@pytest.mark.parametrize("scheduler", ["synchronous", "threads"])
def test_dask(stated: Path, scheduler: str) -> None:
    """Equal as a whole and in part, with the same dict."""
    array, metadata = omio.imread(stated)
    lazy, same = omio.imread(stated, lazy=True)
    assert isinstance(lazy, da.Array)
    assert same == metadata
    assert (lazy.shape, lazy.dtype) == (array.shape, array.dtype)
    with dask.config.set(scheduler=scheduler):
        np.testing.assert_array_equal(lazy.compute(), array)
        np.testing.assert_array_equal(lazy[1, 2:4, 0, 5:50:3, ::-1].compute(), array[1, 2:4, 0, 5:50:3, ::-1])
        assert int(lazy.max().compute()) == int(array.max())
        np.testing.assert_array_equal(pickle.loads(pickle.dumps(lazy)).compute(), array)


def test_lists(several: Callable[..., Path]) -> None:
    """`return_list=True` gives one lazy array an image."""
    arrays, dicts = omio.imread(several("a", "b"), lazy=True, return_list=True)
    assert [int(array.max().compute()) for array in arrays] == [0, 1]
    assert [metadata["Name"] for metadata in dicts] == ["a", "b"]


INDICES = [
    0,
    -1,
    (0, 3, 0),
    (slice(None), 2),
    (..., slice(10, 20), slice(None)),
    (1, ..., 5),
    (slice(3, 0, -1), slice(None, None, 2), 1),
    (slice(2, 2),),
    (np.int64(1), 0, slice(-1, None)),
    ...,
]


@pytest.mark.parametrize("index", INDICES, ids=repr)
def test_indices_are_those_of_numpy(stated: Path, index: object) -> None:
    """Integers, slices, an ellipsis."""
    array, _ = omio.imread(stated)
    with omio.imopen(stated) as image:
        part = image[index]
        assert part.shape == array[index].shape
        np.testing.assert_array_equal(part, array[index])


@pytest.mark.parametrize("index", [4, -5, (0, 0, 0, 0, 0, 0), 1.5, (..., ...), "T", [0, 1]], ids=repr)
def test_indices_that_are_none(stated: Path, index: object) -> None:
    """Outside, too many, or no index at all: an IndexError, as with numpy."""
    with omio.imopen(stated) as image, pytest.raises(IndexError):
        image[index]


def test_axes_are_spelled(stated: Path) -> None:
    """`at` gives a lazy part with five axes, and its metadata follow."""
    array, _ = omio.imread(stated)
    with omio.imopen(stated, channel_names=["nuclei", "spots"]) as image:
        part = image.at(T=-1, Z=slice(1, 4), C="spots")
        assert part.shape == (1, 3, 1, 96, 128)
        np.testing.assert_array_equal(part.to_numpy(), array[3:, 1:4, 1:])
        assert part.metadata.channels[0].name.value == "spots"
        assert part.metadata.facts.physical_size_z.value == 1.5
        inner = part.at(Z=0, X=slice(100, 110))
        np.testing.assert_array_equal(np.asarray(inner), array[3:, 1:2, 1:, :, 100:110])
        for wrong in ({"Q": 0}, {"T": 4}, {"C": "blue"}, {"Z": slice(0, 5, 2)}, {"Z": slice(3, 3)}, {"T": "spots"}):
            with pytest.raises(IndexError):
                image.at(**wrong)


def test_into_an_array_of_the_caller(stated: Path) -> None:
    """`to_numpy(out=)` fills it, whatever its strides and type; one that does not fit is refused."""
    array, _ = omio.imread(stated)
    with omio.imopen(stated) as image:
        out = np.zeros((*array.shape[:3], 100, 256), np.float32)[..., 2:98, ::2]
        assert image.to_numpy(out=out) is out
        np.testing.assert_array_equal(out, array)
        with pytest.raises(OmioError, match="out= cannot take"):
            image.to_numpy(out=np.zeros((1, 1, 1, 96, 128), np.uint16))
        assert np.asarray(image, dtype=np.float64).dtype == np.float64


def test_an_image_says_what_it_is(stated: Path) -> None:
    """Without a pixel being read."""
    with omio.imopen(stated) as image:
        assert repr(image) == "<Image T4 Z5 C2 Y96 X128 uint16>"
        assert (image.axes, image.ndim, image.nbytes) == ("TZCYX", 5, 4 * 5 * 2 * 96 * 128 * 2)
        assert "PhysicalSizeX     0.25 µm" in image.explain()


def test_it_can_be_sent_and_shared(stated: Path) -> None:
    """Pickled, and read from many threads at once."""
    array, _ = omio.imread(stated)
    with omio.imopen(stated) as image:
        sent = pickle.loads(pickle.dumps(image))
        assert sent.metadata.to_dict() == image.metadata.to_dict()
        with ThreadPoolExecutor(8) as pool:
            for index, plane in enumerate(pool.map(lambda i: sent[i % 4, i % 5], range(40))):
                np.testing.assert_array_equal(plane, array[index % 4, index % 5])
        sent.close()


@pytest.fixture
def held() -> Callable[[Path], int]:
    """How many handles of this process are on a file."""
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("this system does not list open handles under /proc")

    def count(path: Path) -> int:
        found = 0
        for handle in Path("/proc/self/fd").iterdir():
            try:
                found += os.path.samefile(handle, path)
            except OSError:  # the handle that lists the folder is gone by now
                continue
        return found

    return count


def test_no_handle_stays_open(stated: Path, held: Callable[[Path], int]) -> None:
    """After a read, an explanation, a conversion, the end of a with; and a closed image reads again."""
    omio.imread(stated)
    assert held(stated) == 0
    omio.imread(stated, return_list=True)
    assert held(stated) == 0
    omio.explain(stated)
    assert held(stated) == 0
    omio.convert_to_ometiff(stated)
    assert held(stated) == 0
    with omio.imopen(stated) as image:
        plane = image[0, 0, 0]
        assert held(stated) >= 1
    assert held(stated) == 0
    np.testing.assert_array_equal(image[0, 0, 0], plane)
    image.close()
    assert held(stated) == 0


def test_no_handle_stays_open_after_an_error(
    several: Callable[..., Path], bare: Path, tmp_path: Path, held: Callable[[Path], int]
) -> None:
    """A file that is refused can be moved or removed, on any system."""
    source = several("a", "b")
    for refused in (omio.imread, omio.imopen):
        with pytest.raises(ManyImagesError):
            refused(source)
        assert held(source) == 0
    with pytest.raises(ManyImagesError):
        omio.convert_to_ometiff(source, tmp_path / "x.ome.tif")
    with pytest.raises(ManyImagesError):
        omio.convert_to_ometiff(source, image="c")
    with pytest.raises(OmioError):
        omio.imopen(source, image=0, nonsense=1)
    assert held(source) == 0
    with pytest.raises(AmbiguousAxesError):
        omio.imread(bare, axes="raise")
    with pytest.raises(AmbiguousAxesError):
        omio.imread(bare, axes="YX")
    with pytest.raises(MissingMetadataError):
        omio.imread(bare, axes="ZYX", missing="raise")
    assert held(bare) == 0


def test_many_open_images_hold_few_files(plane: Path, held: Callable[[Path], int]) -> None:
    """Images are descriptions: a hundred of them share one handle."""
    images = [omio.imopen(plane) for _ in range(100)]
    assert all(int(image[0, 0, 0, 0, 1]) == 1 for image in images)
    assert held(plane) <= 2
    for image in images:
        image.close()
    assert held(plane) == 0


@pytest.mark.parametrize("kind", ["zarr", "dask", "merge"])
def test_what_is_not_in_memory_is_written_by_the_block(tmp_path: Path, kind: str) -> None:
    import dask.array
    import zarr

    largest: list[int] = []
    if kind == "zarr":
        source: Any = zarr.create_array(tmp_path / "a.zarr", shape=PIXELS.shape, chunks=(1, 1, 1, 10, 30), dtype="u2")
        source[...] = PIXELS
    elif kind == "dask":
        blocks = dask.array.from_array(PIXELS, chunks=(1, 1, 1, 10, 30))
        source = blocks.map_blocks(lambda block: largest.append(block.nbytes) or block, dtype="u2")
    else:
        parts = [omio.imwrite(tmp_path / f"{t}.ome.tif", PIXELS[t], axes="ZCYX") for t in range(2)]
        source = omio.imopen(parts, merge="T")
    path = omio.imwrite(tmp_path / "b.ome.tif", source,
                        axes=None if kind == "merge" else "TZCYX", verify="pixels", pyramid=1, tile=16)  # fmt: skip
    np.testing.assert_array_equal(omio.imread(path)[0], PIXELS)
    assert all(size <= 600 for size in largest)
