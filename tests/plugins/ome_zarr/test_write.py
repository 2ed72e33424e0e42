"""What the OME-Zarr writer writes: pixels and levels as zarr-python reads them, metadata, images, options, damage."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from click.testing import CliRunner

import omio
from omio.cli.app import app
from omio_core.errors import CorruptFileError, OmioError, WriteError
from omio_core.images.image import Image
from omio_core.images.writing import write
from omio_core.metadata.facts import Channel, Fact, Facts
from omio_core.metadata.model import Metadata
from omio_core.ome.read import ome_facts
from omio_core.pixels.digests import image_digests, stored_digests
from omio_core.testing.pictures import RecordedPicture, ramp
from omio_plugins.ome_zarr import READER, TYPES, _check, _write_plan

VERSIONS = ("0.5", "0.4")


def save(path: Path, pixels: np.ndarray, **options: Any) -> Path:
    """Write TZCYX pixels."""
    return omio.imwrite(path, pixels, axes="TZCYX", **options)


def stored(path: Path, level: int = 0, image: str = "") -> np.ndarray:
    """The pixels of a level, TZCYX, as zarr-python reads them."""
    array: Any = zarr.open_group(str(path / image), mode="r")[str(level)]
    return array[...].swapaxes(1, 2)


def attributes(path: Path) -> Any:
    """The attributes of OME-Zarr of a group, of either version."""
    if (path / "zarr.json").exists():
        return json.loads((path / "zarr.json").read_text("utf-8"))["attributes"]["ome"]
    return json.loads((path / ".zattrs").read_text("utf-8"))


def halved(pixels: np.ndarray) -> np.ndarray:
    """The mean of 2 x 2 pixels, in the simplest way."""
    *outer, y, x = pixels.shape
    even = pixels[..., : y // 2 * 2, : x // 2 * 2].astype(np.int64)
    blocks = even.reshape(*outer, y // 2, 2, x // 2, 2)
    return ((blocks.sum((-3, -1)) + 2) // 4).astype(pixels.dtype)


def recorded(pixels: np.ndarray, blocks: Sequence[int] | None = None, facts: Facts | None = None, **more: Any) -> Image:
    """An image whose pixels come in blocks."""
    picture = RecordedPicture(pixels, **more)
    if blocks is not None:
        kind = type("Blocks", (RecordedPicture,), {"blocks": property(lambda _: tuple(blocks))})
        picture = kind(pixels, **more)
    samples = more.get("samples", 1)
    return Image(
        picture, Metadata(shape=pixels.shape, dtype=str(pixels.dtype), samples=samples, facts=facts or Facts())
    )


# --- pixels


@pytest.mark.parametrize("dtype", sorted(TYPES))
@pytest.mark.parametrize("version", VERSIONS)
def test_every_type_of_pixel_is_what_zarr_python_reads(tmp_path: Path, dtype: str, version: str) -> None:
    pixels = ramp((2, 2, 3, 9, 11), "?" if dtype == "bool" else dtype)
    path = save(tmp_path / "a.ome.zarr", pixels, version=version, pyramid=2, verify="pixels")
    assert stored(path).dtype == np.dtype(dtype)
    np.testing.assert_array_equal(stored(path), pixels)
    np.testing.assert_array_equal(omio.imread(path)[0], pixels)
    assert stored(path, 2).shape == (2, 2, 3, 2, 2)


@pytest.mark.parametrize("version", VERSIONS)
def test_levels_are_means_until_no_edge_is_long(tmp_path: Path, version: str) -> None:
    pixels = ramp((1, 2, 1, 1101, 1303), "uint16")
    path = save(tmp_path / "a.ome.zarr", pixels, version=version, tile=256)
    for level in range(3):
        np.testing.assert_array_equal(stored(path, level), pixels)
        pixels = halved(pixels)
    assert len(attributes(path)["multiscales"][0]["datasets"]) == 3
    assert [shape[3:] for shape in omio.imopen(path).levels] == [(1101, 1303), (550, 651), (275, 325)]


@pytest.mark.parametrize(
    "blocks", [(1, 1, 1, 7, 131), (1, 1, 1, 32, 32), (1, 1, 2, 48, 20), (1, 1, 1, 99, 131)], ids=str
)
@pytest.mark.parametrize("whole", [1 << 23, 1000])
def test_planes_in_parts_are_the_planes_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blocks: tuple[int, ...], whole: int
) -> None:
    """Strips, tiles, tiles of other sizes; parts as wide as the plane or not: the same pixels, levels and digests."""
    pixels = ramp((1, 2, 2, 99, 131), "uint16")
    monkeypatch.setattr(_write_plan, "WHOLE", whole)
    monkeypatch.setattr(_write_plan, "PART", 4000)
    path = tmp_path / "a.ome.zarr"
    write(path, [recorded(pixels, blocks)], verify="pixels", options={"pyramid": 4}, tile=16)
    for level in range(5):
        np.testing.assert_array_equal(stored(path, level), pixels)
        pixels = halved(pixels)


@pytest.mark.parametrize("shape", [(1, 1, 1, 401, 200_000), (1, 1, 3, 40_000, 40_000), (9, 1, 1, 90_000, 333)], ids=str)
@pytest.mark.parametrize("blocks", [(1, 1, 1, 1, 1 << 20), (1, 1, 3, 256, 256), (1, 1, 1, 1 << 20, 1 << 20)], ids=str)
def test_no_more_than_some_mebibytes_are_asked_for_at_once(shape: tuple[int, ...], blocks: tuple[int, ...]) -> None:
    """And each pixel once."""
    blocks = tuple(min(n, m) for n, m in zip(shape, blocks, strict=True))
    image = recorded(np.broadcast_to(np.zeros(1, "uint16"), shape), blocks)
    asked = list(_write_plan.boxes(_write_plan.plan(image, "", omio_request())))
    assert max(box.size for box in asked) * 2 <= 1 << 24
    assert sum(box.size for box in asked) == math.prod(shape)


@pytest.mark.parametrize("shape", [(1, 1, 1, 1, 70), (1, 1, 1, 70, 1), (1, 1, 1, 33, 65), (1, 1, 1, 1, 1)])
def test_edges_of_one_pixel_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...]) -> None:
    monkeypatch.setattr(_write_plan, "WHOLE", 30)
    monkeypatch.setattr(_write_plan, "PART", 64)
    path = tmp_path / "a.ome.zarr"
    levels = max(shape).bit_length() - 1
    write(path, [recorded(ramp(shape, "uint8"))], tile=16, verify="pixels", options={"pyramid": levels})
    assert stored(path, levels).shape == (1, 1, 1, 1, 1) or max(shape[3:]) == 65


def test_the_mean_of_64_bits_does_not_overflow(tmp_path: Path) -> None:
    top = np.full((1, 1, 1, 2, 2), np.iinfo("uint64").max)
    assert stored(save(tmp_path / "a.zarr", top, pyramid=1), 1).item() == top[0, 0, 0, 0, 0]
    low = np.array([-7, -8, -9, -9], "int64").reshape(1, 1, 1, 2, 2)
    assert stored(save(tmp_path / "b.zarr", low, pyramid=1), 1).item() == -8
    assert stored(save(tmp_path / "c.zarr", low, pyramid=1, pyramid_method="nearest"), 1).item() == -7


def test_the_same_bytes_with_any_number_of_threads(tmp_path: Path) -> None:
    pixels = ramp((2, 3, 2, 70, 90), "uint16")
    trees = []
    for workers in (1, 2):
        path = save(tmp_path / f"{workers}.ome.zarr", pixels, workers=workers, tile=32)
        trees.append({f.relative_to(path).as_posix(): f.read_bytes() for f in path.rglob("*") if f.is_file()})
    assert trees[0] == trees[1]


# --- metadata


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_unknown_has_the_scale_one_and_no_unit(tmp_path: Path, version: str) -> None:
    path = save(tmp_path / "a.ome.zarr", ramp((2, 2, 1, 8, 8), "uint16"), version=version, pixel_size=0.5, pyramid=1)
    (multiscale,) = attributes(path)["multiscales"]
    assert multiscale["axes"] == [
        {"name": "t", "type": "time"},
        {"name": "c", "type": "channel"},
        {"name": "z", "type": "space"},
        {"name": "y", "type": "space", "unit": "micrometer"},
        {"name": "x", "type": "space", "unit": "micrometer"},
    ]
    first, second = (dataset["coordinateTransformations"] for dataset in multiscale["datasets"])
    assert first == [{"type": "scale", "scale": [1, 1, 1, 0.5, 0.5]}]
    assert second[0]["scale"] == [1, 1, 1, 1, 1]
    assert second[1] == {"type": "translation", "translation": [0, 0, 0, 0.25, 0.25]}
    metadata = omio.imread(path)[1]
    assert (metadata["PhysicalSizeX"], metadata["PhysicalSizeZ"], metadata["TimeIncrement"]) == (0.5, None, None)


def test_all_facts_come_back(tmp_path: Path) -> None:
    facts = Facts(
        name=Fact("Übersicht", "file"),
        physical_size_z=Fact(1.5, "file"),
        time_increment=Fact(2.5, "file"),
        acquisition_date=Fact("2021-02-03T04:05:06", "file"),
        channels=(
            Channel(name=Fact("DAPI", "file"), color=Fact(0x0000FFFF, "file"), emission=Fact(461.0, "file")),
            Channel(name=Fact("GFP", "file"), color=Fact(0x00FF00FF, "file")),
        ),
        annotations={"lab": {"note": "a < b & ü"}},
    )
    path, image = tmp_path / "a.ome.zarr", recorded(ramp((2, 2, 2, 8, 9), "uint16"), facts=facts)
    write(path, [image])
    read = omio.imopen(path).metadata.facts
    assert (read.name, read.acquisition_date) != (None, None)
    assert [c.name.value for c in read.channels if c.name] == ["DAPI", "GFP"]
    assert [c.color.value for c in read.channels if c.color] == [0x0000FFFF, 0x00FF00FF]
    assert read.channels[0].emission is not None
    assert read.channels[0].emission.value == 461
    assert read.annotations["lab"] == {"note": "a < b & ü"}
    (first, _) = attributes(path)["omero"]["channels"]
    assert (first["label"], first["color"], first["window"]["max"]) == ("DAPI", "0000FF", 65535)
    assert first["window"]["start"] == int(image.to_numpy()[:, :, 0].min())
    assert attributes(path)["multiscales"][0]["name"] == "Übersicht"


def test_no_colour_is_made_up(tmp_path: Path) -> None:
    path = save(tmp_path / "a.ome.zarr", ramp((1, 1, 2, 8, 9), "uint16"), channel_names=["a", "b"])
    assert [one["label"] for one in attributes(path)["omero"]["channels"]] == ["a", "b"]  # colours for viewers only
    channels = omio.imread(path)[1]["Channels"]
    assert [(channel["Name"], channel["Color"]) for channel in channels] == [("a", None), ("b", None)]


def test_no_name_is_made_up(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.zarr"
    write(path, [recorded(ramp((1, 1, 1, 8, 9), "uint8")), recorded(ramp((1, 1, 1, 5, 6), "uint8"))])
    assert ["name" in attributes(path / k)["multiscales"][0] for k in ("0", "1")] == [False, False]
    assert [omio.imread(path, image=k)[1].get("Name") for k in (0, 1)] == [None, None]


@pytest.mark.parametrize("samples", [3, 4])
def test_rgb_comes_back(tmp_path: Path, samples: int) -> None:
    pixels = ramp((1, 2, 2 * samples, 40, 30), "uint8")
    path = tmp_path / "a.ome.zarr"
    write(path, [recorded(pixels, samples=samples)], tile=16)
    image = omio.imopen(path)
    assert image.metadata.samples == samples
    assert [one["label"] for one in attributes(path)["omero"]["channels"]][:3] == ["red", "green", "blue"]
    np.testing.assert_array_equal(image.to_numpy(), pixels)
    np.testing.assert_array_equal(stored(path), pixels)


@pytest.mark.parametrize("version", VERSIONS)
def test_several_images_are_a_series(tmp_path: Path, version: str) -> None:
    images = [recorded(ramp((1, 1, 1, 8, n), "uint8"), facts=Facts(name=Fact(f"n{n}", "file"))) for n in (5, 7)]
    path = tmp_path / "a.ome.zarr"
    write(path, images, options={"version": version}, verify="pixels")
    assert attributes(path)["bioformats2raw.layout"] == 3
    assert attributes(path / "OME")["series"] == ["0", "1"]
    np.testing.assert_array_equal(stored(path, image="1"), ramp((1, 1, 1, 8, 7), "uint8"))
    assert omio.imread(path, image="n7")[0].shape == (1, 1, 1, 8, 7)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_ome_xml_has_the_digests_of_the_planes(tmp_path: Path, version: str) -> None:
    image = recorded(ramp((2, 3, 2, 6, 5), "uint16"))
    path = tmp_path / "a.ome.zarr"
    write(path, [image], options={"version": version})
    record = ome_facts((path / "OME" / "METADATA.ome.xml").read_text("utf-8"), 0).annotations["omio/provenance"]
    assert record["digests"]["planes"].split() == list(image_digests(image))
    assert stored_digests(omio.imopen(path)) == tuple(image_digests(image))
    assert record["writer"] == "ome_zarr"


# --- files


def _files(shape: tuple[int, ...], dtype: str = "uint16") -> int:
    """How many files of pixels an image of this shape becomes; it has no memory."""
    pixels = np.broadcast_to(np.zeros(1, dtype), shape)
    request: Any = omio_request()
    plan = _write_plan.plan(recorded(pixels), "", request)
    for level in plan.levels:
        assert all(n % k == 0 for n, k in zip(level.shard[3:], level.chunk, strict=True))
    return sum(math.prod(level.keys("", 3).grid) for level in plan.levels)


def omio_request(**options: Any) -> Any:
    """A request with options."""
    from omio_core.contract import WriteRequest

    return WriteRequest(options=options)


@pytest.mark.parametrize(
    "shape",
    [
        (1, 128, 1, 1024, 1024), (4, 8, 4, 1024, 1024), (1, 1, 1, 11585, 11585), (1, 32, 1, 2048, 2048),
        (512, 1, 1, 512, 512), (1, 2048, 1, 1024, 1024), (20, 50, 2, 1024, 1024), (1, 1, 1, 46341, 46341),
    ],
)  # fmt: skip
def test_large_images_are_few_files(shape: tuple[int, ...]) -> None:
    """256 MiB and 4 GiB, in planes of any size."""
    assert 1 <= _files(shape) <= 150


@pytest.mark.parametrize("level", [0, 1, 3, 9, "auto"])
@pytest.mark.parametrize("options", [{}, {"compression": "zstd"}, {"shards": False}, {"version": "0.4"}], ids=str)
def test_every_chunk_has_a_checksum(tmp_path: Path, level: Any, options: dict[str, Any]) -> None:
    """Each flipped bit of a file of pixels is an error, or changes no pixel."""
    if level == 0 and options.get("version") == "0.4":
        with pytest.raises(WriteError, match="without compression"):
            save(tmp_path / "a.zarr", ramp((1, 1, 1, 4, 4), "uint8"), compression_level=level, **options)
        return
    pixels = ramp((1, 2, 1, 40, 50), "uint16")
    path = save(tmp_path / "a.ome.zarr", pixels, compression_level=level, tile=32, **options)
    files = [f for f in (path / "0").rglob("*") if f.is_file() and not f.name.startswith((".", "zarr.json"))]
    generator, unseen = random.Random(f"{level}{options}"), 0
    for _ in range(20):
        file = generator.choice(files)
        data = bytearray(file.read_bytes())
        where = generator.randrange(len(data))
        data[where] ^= 1 << generator.randrange(8)
        whole, _ = file.read_bytes(), file.write_bytes(data)
        try:
            read, _ = omio.imread(path)
        except OmioError:
            pass
        else:
            np.testing.assert_array_equal(read, pixels)
            unseen += 1
        finally:
            file.write_bytes(whole)
    assert unseen <= 2


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_is_left_unwritten(tmp_path: Path, version: str) -> None:
    """Chunks of nothing but zeros are written, and a missing one is absent."""
    path = save(tmp_path / "a.ome.zarr", np.zeros((2, 1, 1, 40, 50), "uint8"), version=version, tile=32)
    keys = _write_plan.ArrayPlan(shape=(2, 1, 1, 40, 50), chunk=(32, 32), shard=(1, 1, 1, 32, 32), scale=(1, 1))
    if version == "0.4":
        assert all((path / keys.keys("0", 2).key(i)).stat().st_size for i in np.ndindex(2, 1, 1, 2, 2))
    else:
        (shard,) = [f for f in (path / "0" / "c").rglob("*") if f.is_file()]
        index = np.frombuffer(shard.read_bytes()[-(16 * 8 + 4) : -4], "<u8").reshape(8, 2)
        assert (index[:, 1] < 1000).all()


# --- what is refused


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"version": "0.3"}, "version"),
        ({"compression": "lzw"}, "compression"),
        ({"pyramid": -1}, "pyramid"),
        ({"pyramid": 9}, "no 9 levels"),
        ({"pyramid_method": "median"}, "pyramid_method"),
        ({"shards": "many"}, "shards"),
        ({"shards": True, "version": "0.4"}, "no shards"),
        ({"compression": "blosc", "version": "0.4"}, "blosc"),
        ({"tile": 33}, "33 pixels"),
    ],
)
def test_options_that_do_not_suit_are_refused_before_anything_is_written(
    tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(WriteError, match=message):
        save(tmp_path / "a.ome.zarr", ramp((1, 1, 1, 40, 40), "uint8"), **options)
    assert list(tmp_path.iterdir()) == []


def test_types_that_zarr_does_not_have_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OmioError, match="Zarr has no such type"):
        save(tmp_path / "a.ome.zarr", ramp((1, 1, 1, 4, 4), "float64").astype(np.longdouble))
    assert list(tmp_path.iterdir()) == []


def _flip_index(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[-9] ^= 4
    file.write_bytes(data)


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[1:])


def _add(file: Path) -> None:
    file.with_name("extra").write_bytes(b"x")


@pytest.mark.parametrize("damage", [_flip_index, _cut, _add, Path.unlink])
def test_the_check_finds_damaged_shards_and_foreign_files(tmp_path: Path, damage: Any) -> None:
    image = recorded(ramp((1, 2, 1, 40, 50), "uint16"))
    path = tmp_path / "a.ome.zarr"
    write(path, [image], tile=16)
    _check.check(str(path), [image])
    (shard,) = [f for f in (path / "0" / "c").rglob("*") if f.is_file()]
    damage(shard)
    with pytest.raises(CorruptFileError, match="not what was asked for"):
        _check.check(str(path), [image])


def test_the_check_compares_shapes(tmp_path: Path) -> None:
    path = save(tmp_path / "a.ome.zarr", ramp((1, 2, 1, 40, 50), "uint16"))
    with pytest.raises(CorruptFileError, match="it holds 1 images"):
        _check.check(str(path), [recorded(ramp((2, 1, 1, 40, 50), "uint16"))])


# --- from and to other formats


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "name",
    ["czi/Fluorescence_RGB.czi", "lsm/032113-18.lsm", "tiff/exampletiffs/coffee.tif", "imagej/xyzc_8bit_spheres.tif"],
)
def test_there_and_back_nothing_is_lost(tmp_path: Path, data: Path, name: str, version: str) -> None:
    source = data / name
    there = omio.imwrite(tmp_path / "a.ome.zarr", omio.imopen(source), version=version)
    back = omio.imwrite(tmp_path / "a.ome.tif", omio.imopen(there))
    for copy in (there, back):
        done = CliRunner().invoke(app, ["diff", str(source), str(copy)])
        assert (done.exit_code, done.output.splitlines()[-1]) == (0, "equal")


def test_the_command_line_converts(tmp_path: Path) -> None:
    source = omio.imwrite(tmp_path / "a.ome.tif", ramp((1, 2, 1, 30, 40), "uint16"), axes="TZCYX")
    done = CliRunner().invoke(app, ["convert", str(source), "-o", str(tmp_path / "b.ome.zarr")])
    assert done.exit_code == 0, done.output
    np.testing.assert_array_equal(stored(tmp_path / "b.ome.zarr"), ramp((1, 2, 1, 30, 40), "uint16"))
    assert omio.imopen(tmp_path / "b.ome.zarr").metadata.provenance["reader"] == READER.name
