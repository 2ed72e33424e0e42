"""A picture as a zarr store: equal pixels, honest errors, and no read that waits for itself."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import dask.array as da
import numpy as np
import pytest
import zarr
from omio_toy import READER as TOY
from omio_toy_late import READER as LATE
from omio_toy_late import late, write_late
from omio_toy_read import image, write_toy
from zarr.abc.store import OffsetByteRequest, RangeByteRequest, SuffixByteRequest
from zarr.core.buffer import default_buffer_prototype

from omio_core import settings, threads
from omio_core.errors import AbsentDataError, AbsentPlanesWarning, FileChangedError, UnsupportedFeatureError, WriteError
from omio_core.images.image import Image
from omio_core.images.opening import open_source
from omio_core.images.overrides import Request
from omio_core.merging.merge import merge
from omio_core.metadata.facts import Channel, Fact, Facts
from omio_core.metadata.model import Metadata
from omio_core.ome.read import ome_facts
from omio_core.pixels import zarrlevels
from omio_core.policies import Policies
from tests.core.pixels.counted import Counted

SHAPE = (3, 5, 2, 7, 9)
PIXELS = (np.arange(np.prod(SHAPE)) + 1).reshape(SHAPE).astype("u2")
ORDER = (0, 2, 1, 3, 4)


@pytest.fixture
def small_chunks(monkeypatch):
    """Chunks of one block, as a large picture has many of them; blocks of the arrays here are rows."""
    monkeypatch.setattr(zarrlevels, "_grown", lambda shape, blocks, itemsize, floor: (1, 2, 1, 4, shape[4]))


@pytest.fixture
def merging(catalogue):
    """The policies of merging are there."""
    return catalogue()


@pytest.fixture
def toy(catalogue, tmp_path):
    """A function that writes images into a file and opens it."""
    catalogue(TOY)

    def opened(*images, name="a.toy", **how):
        return open_source(write_toy(tmp_path / name, *images), Request(**how))

    return opened


def of_array(array=PIXELS, metadata=None):
    return Image.of_array(array, axes="TZCYX", metadata=metadata)


def seen(store, path="0"):
    """All pixels of an array of a store, TZCYX."""
    return zarr.open_array(store, path=path, mode="r")[:].transpose(ORDER)


def asked(store, method, *arguments):
    """The answer of a coroutine or of an asynchronous generator of the store."""

    async def all_of(answers):
        return [answer async for answer in answers]

    answer = getattr(store, method)(*arguments)
    return asyncio.run(answer if asyncio.iscoroutine(answer) else all_of(answer))


def fetched(store, key, byte_range=None):
    found = asked(store, "get", key, default_buffer_prototype(), byte_range)
    return None if found is None else found.to_bytes()


# -- pixels ---------------------------------------------------------------------------------------------------------


def test_an_array_a_region_and_a_merge_have_equal_pixels(merging, small_chunks):
    whole = of_array()
    region = whole.at(T=slice(1, 3), C=1, Y=slice(2, 7))
    merged = merge([whole, whole.at(T=0)], "T")
    for one in (whole, region, merged, merge([region, region], "C")):
        assert np.array_equal(seen(one.aszarr()), one.to_numpy())
    array = zarr.open_group(merged.aszarr(), mode="r")["0"]
    assert np.array_equal(array[3, 1, 2:4, ..., 5], PIXELS[0, 2:4, 1, :, 5])
    assert array.attrs.asdict() == {}
    assert array.metadata.dimension_names == ("t", "c", "z", "y", "x")


@pytest.mark.parametrize("dtype", ["?", "u1", ">u2", "i8", "f2", "f8", "c8"])
def test_every_type_is_equal(dtype, small_chunks):
    pixels = PIXELS.astype(dtype)
    assert np.array_equal(seen(of_array(pixels).aszarr()), pixels)


def test_a_pyramid_is_a_multiscale_group(toy):
    """The levels of the file; from the level of the image on, and none of a region."""
    levels = [PIXELS, PIXELS[..., ::2, ::2], PIXELS[..., ::4, ::4]]
    one = toy(image(PIXELS, "TZCYX", levels=3)).images[0]
    group = zarr.open_group(one.aszarr(), mode="r")
    assert sorted(group.array_keys()) == ["0", "1", "2"]
    for number, wanted in enumerate(levels):
        assert np.array_equal(group[str(number)][:].transpose(ORDER), wanted)
    (multiscale,) = group.attrs["ome"]["multiscales"]
    scales = [each["coordinateTransformations"][0]["scale"] for each in multiscale["datasets"]]
    assert scales == [[1] * 5, [1, 1, 1, 7 / 4, 9 / 5], [1, 1, 1, 7 / 2, 3]]
    second = zarr.open_group(one.level(1).aszarr(), mode="r")
    assert sorted(second.array_keys()) == ["0", "1"]
    assert np.array_equal(second["0"][:].transpose(ORDER), levels[1])
    assert list(zarr.open_group(one.at(T=0).aszarr(), mode="r").array_keys()) == ["0"]


def test_dask_reads_it_with_every_scheduler(toy):
    one = toy(image(PIXELS, "TZCYX")).images[0]
    for scheduler in ("threads", "synchronous"):
        lazy = da.from_zarr(one.aszarr(), component="0")
        assert np.array_equal(lazy.compute(scheduler=scheduler).transpose(ORDER), PIXELS)


def test_nothing_is_read_before_pixels_are_asked_for_and_then_only_those(small_chunks):
    picture = Counted((3, 5, 2, 7, 9), (1, 1, 1, 7, 9))
    one = Image(picture, Metadata(shape=picture.shape, dtype="uint16"))
    group = zarr.open_group(one.aszarr(), mode="r")
    array = group["0"]
    assert picture.reads == []
    assert np.array_equal(array[1, 0, 0], picture.pixels[1, 0, 0])
    assert {box.spans[:3] for box in picture.reads} == {((1, 2), (0, 2), (0, 1))}


# -- the group ------------------------------------------------------------------------------------------------------


def test_the_group_states_what_is_known_and_an_unknown_size_has_no_unit():
    facts = Facts(physical_size_x=Fact(0.5, "file"), channels=(Channel(name=Fact("GFP", "file")), Channel()))
    metadata = Metadata(shape=SHAPE, dtype="uint16", facts=facts, assumptions=("something",))
    store = of_array(metadata=metadata).aszarr()
    ome = zarr.open_group(store, mode="r").attrs["ome"]
    assert [axis.get("unit") for axis in ome["multiscales"][0]["axes"]] == [None] * 4 + ["micrometer"]
    assert [channel.get("label") for channel in ome["omero"]["channels"]] == ["GFP", None]
    read_back = ome_facts(fetched(store, "OME/METADATA.ome.xml"), 0)
    assert read_back.physical_size_x.value == 0.5
    assert read_back.physical_size_y is None
    assert read_back.channels[0].name.value == "GFP"
    assert "something" in str(read_back.annotations)


def test_facts_are_parsed_when_the_group_is_opened_not_before():
    """An array opens without them."""
    calls = []

    def parse():
        calls.append(1)
        return Metadata(shape=SHAPE, dtype="uint16")

    store = Image(of_array().picture, parse).aszarr()
    assert np.array_equal(seen(store), PIXELS)
    assert calls == []
    zarr.open_group(store, mode="r")
    assert calls


@pytest.mark.parametrize("dtype", ["?", "f2", "i8", "u8"])
def test_types_that_ome_does_not_have_have_their_facts_too(dtype):
    store = of_array(PIXELS.astype(dtype)).aszarr()
    assert b"<Pixels" in fetched(store, "OME/METADATA.ome.xml")


# -- the store ------------------------------------------------------------------------------------------------------


def test_what_is_listed_exists_and_nothing_else(small_chunks):
    store = of_array().aszarr()
    keys = asked(store, "list")
    assert len(keys) == len(set(keys)) == 4 + 3 * 2 * 3 * 2
    assert all(asked(store, "exists", key) for key in keys)
    sizes = {key: asked(store, "getsize", key) for key in keys}
    assert all(len(fetched(store, key)) == sizes[key] for key in keys)
    for key in ("", "0", "c", "1/zarr.json", "0/c", "0/c/0/0/0/0", "0/c/0/0/3/0/0", "0/c/0/0/00/0/0", "0/c/0/0/-1/0/0",
                "0/c/0/0/0/0/0/0", "00/zarr.json", "zarr.json/", "0/c/" + "9" * 5000, "0/c/0/0/٣/0/0"):  # fmt: skip
        assert not asked(store, "exists", key), key
        assert fetched(store, key) is None
        with pytest.raises(FileNotFoundError):
            asked(store, "getsize", key)
    for prefix in ("", "0", "0/", "0/c/1", "0/c/1/1/2/", "OME", "x", "zarr"):
        assert sorted(asked(store, "list_prefix", prefix)) == sorted(key for key in keys if key.startswith(prefix))
    for folder in (
        "",
        "0",
        "0/",
        "0/c",
        "0/c/2",
        "0/c/2/1/2/1",
        "OME",
        "0/c/9",
        "0/x",
        "3",
        "0/c/0/0/0/0/0",
        "zarr.json",
    ):
        below = f"{folder.strip('/')}/" if folder else ""
        names = {key.removeprefix(below).split("/")[0] for key in keys if key.startswith(below)}
        assert sorted(asked(store, "list_dir", folder)) == sorted(names), folder
    assert asked(store, "getsize_prefix", "0/") == sum(size for key, size in sizes.items() if key.startswith("0/"))


@pytest.mark.parametrize("key", ["zarr.json", "0/zarr.json", "0/c/1/1/1/0/0"])
def test_parts_of_what_a_key_names_are_served(key, small_chunks):
    store = of_array().aszarr()
    whole = fetched(store, key)
    assert fetched(store, key, RangeByteRequest(3, 17)) == whole[3:17]
    assert fetched(store, key, RangeByteRequest(len(whole) - 2, len(whole) + 9)) == whole[-2:]
    assert fetched(store, key, OffsetByteRequest(5)) == whole[5:]
    assert fetched(store, key, SuffixByteRequest(4)) == whole[-4:]
    assert fetched(store, key, SuffixByteRequest(len(whole) + 4)) == whole
    parts = [(key, RangeByteRequest(0, 2)), ("nothing", None), (key, None)]
    got = asked(store, "get_partial_values", default_buffer_prototype(), parts)
    assert [part and part.to_bytes() for part in got] == [whole[:2], None, whole]
    assert store.get_sync(key).to_bytes() == whole


def test_nothing_can_be_written():
    store = of_array().aszarr()
    with pytest.raises(ValueError, match="read-only"):
        zarr.open_array(store, path="0", mode="r+")
    with pytest.raises(ValueError, match="read-only"):
        zarr.open_array(store, path="0")[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        asked(store, "delete", "zarr.json")
    with pytest.raises(ValueError, match="read-only"):
        zarr.create_array(store, name="new", shape=(1,), dtype="u1")
    with pytest.raises(WriteError, match="cannot be written"):
        store.with_read_only(False)
    assert store.with_read_only(True) == store
    assert (store.read_only, store.supports_writes, store.supports_deletes) == (True, False, False)


def test_two_stores_of_the_same_picture_are_equal_and_hash_alike(toy):
    one = toy(image(PIXELS, "TZCYX"), image(PIXELS, "TZCYX"))
    first, again = one.images[0].aszarr(), one.images[0].aszarr()
    assert first == again
    assert len({first, again, one.images[1].aszarr()}) == 2
    assert first != one.images[0].at(T=0).aszarr()
    stated = Image(one.images[0].picture, Metadata(shape=SHAPE, dtype="uint16", facts=Facts(name=Fact("b", "caller"))))
    assert stated.aszarr() != first, "other facts"
    assert of_array().aszarr() != of_array(PIXELS.copy()).aszarr()
    assert "a.toy" in repr(first)


def test_it_is_pickled_as_the_picture_is(toy):
    for one in (toy(image(PIXELS, "TZCYX")).images[0], of_array(), merge([of_array(), of_array()], "T")):
        store = one.aszarr()
        array = zarr.open_array(store, path="0", mode="r")
        array[0]
        for copy in (pickle.loads(pickle.dumps(store)), pickle.loads(pickle.dumps(array)).store):
            assert np.array_equal(seen(copy), one.to_numpy())
    stored = toy(image(PIXELS, "TZCYX")).images[0].aszarr()
    assert pickle.loads(pickle.dumps(stored)) == stored
    assert len(pickle.dumps(stored)) < 5000, "a description, not pixels"


def test_it_opens_again_after_it_was_closed():
    store = of_array().aszarr()
    with store:
        assert np.array_equal(seen(store), PIXELS)
    assert np.array_equal(seen(store), PIXELS)
    opened = asyncio.run(type(store).open(store._picture, store._metadata))
    assert opened == store


# -- what is absent, and errors -------------------------------------------------------------------------------------


def test_absent_pixels_have_their_fill_value_or_the_error_of_the_policy(catalogue, tmp_path):
    """Said by a function, found while reading, and of a merge that is padded."""
    catalogue(LATE)
    there = [[[0, 1], [0, 2], [0, 4], [0, 5]]]
    path = write_late(tmp_path / "a.late", late((3, 2, 4, 5), ask=there, fill=7))
    with pytest.warns(AbsentPlanesWarning):
        got = seen(open_source(path, Request()).images[0].aszarr())
    assert (got[1:] == 7).all()
    assert (got[0] != 7).any()
    strict = open_source(path, Request(policies=Policies(absent_planes="raise"))).images[0]
    with pytest.raises(AbsentDataError):
        seen(strict.aszarr())
    with pytest.raises(AbsentDataError):
        da.from_zarr(strict.aszarr(), component="0").compute()
    padded = merge([of_array(), of_array(PIXELS[:, :2])], "T", shapes="pad")
    assert np.array_equal(seen(padded.aszarr()), padded.to_numpy())
    assert not seen(padded.aszarr())[3:, 2:].any()


def test_a_file_that_has_changed_is_an_error_of_its_own(toy, tmp_path):
    store = toy(image(PIXELS, "TZCYX")).images[0].aszarr()
    array = zarr.open_array(store, path="0", mode="r")
    array[0]
    write_toy(tmp_path / "a.toy", image(PIXELS[:, ::-1], "TZCYX"))
    os.utime(tmp_path / "a.toy", ns=(1, 1))
    from omio_core.pixels import handles

    handles.HANDLES.drop(store._picture.key)
    with pytest.raises(FileChangedError):
        array[1]


def test_a_type_that_zarr_does_not_have_is_an_error_when_the_array_is_opened():
    with pytest.raises(UnsupportedFeatureError):
        zarr.open_array(of_array(PIXELS.astype("g")).aszarr(), path="0", mode="r")


# -- threads --------------------------------------------------------------------------------------------------------


def test_reads_never_use_the_pool(monkeypatch, small_chunks):
    picture = Counted((6, 2, 1, 8, 8), (1, 1, 1, 8, 8), slow=0.002)
    executor = threads._executor
    monkeypatch.setattr(
        threads, "_executor", lambda n: executor(n) if n == threads.MOST_APART else pytest.fail("asked for the pool")
    )
    with settings.using(workers=3):
        store = Image(picture, Metadata(shape=picture.shape, dtype="uint16")).aszarr()
        assert np.array_equal(seen(store), picture.pixels)
    assert 1 < picture.most <= 3, "no more at once than there are workers, whatever zarr asks for"
    assert threading.main_thread() not in picture.threads


@pytest.mark.timeout(60)
def test_a_picture_of_zarr_arrays_of_pictures_never_waits_for_itself(small_chunks):
    """Each read of the outer store needs reads of the inner one; zarr has few threads, and all callers come at once."""
    deep = of_array()
    for _ in range(2):
        array = zarr.open_array(deep.aszarr(), path="0", mode="r")
        deep = Image.of_array(array, axes="TCZYX")
    lazy = Image.of_array(da.from_zarr(deep.aszarr(), component="0"), axes="TCZYX")
    array = zarr.open_array(lazy.aszarr(), path="0", mode="r")
    with ThreadPoolExecutor(12) as callers:
        for got in callers.map(lambda _: array[:], range(12)):
            assert np.array_equal(got.transpose(ORDER), PIXELS)
    assert np.array_equal(lazy.to_numpy(), PIXELS), "from OMIO's own pool too"
    assert np.array_equal(da.from_array(array).compute().transpose(ORDER), PIXELS)


@pytest.mark.timeout(60)
def test_many_threads_and_dask_read_one_store_at_once(toy, small_chunks):
    one = toy(image(PIXELS, "TZCYX")).images[0]
    store = one.aszarr()
    lazy = da.from_zarr(store, component="0")
    array = zarr.open_array(store, path="0", mode="r")

    def work(number):
        return (lazy.compute(scheduler="threads") if number % 2 else array[:]).transpose(ORDER)

    with ThreadPoolExecutor(16) as callers:
        for got in callers.map(work, range(48)):
            assert np.array_equal(got, PIXELS)


def test_the_module_is_loaded_when_a_store_is_asked_for():
    code = (
        "import sys, numpy as np\n"
        "from omio_core.images.image import Image\n"
        "image = Image.of_array(np.zeros((2, 2)), axes='YX')\n"
        "assert 'zarr' not in sys.modules\n"
        "image.aszarr()\n"
        "assert 'zarr' in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_documents_are_plain_json():
    store = of_array().aszarr()
    for key in ("zarr.json", "0/zarr.json", "OME/zarr.json"):
        assert json.loads(fetched(store, key))["zarr_format"] == 3
