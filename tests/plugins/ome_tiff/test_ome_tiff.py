"""The OME-TIFF writer: what it writes is read back by tifffile, libtiff, Pillow and ome-types."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import threading
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from omio_core.contract import Match, WriteRequest, Written
from omio_core.errors import CorruptFileError, MetadataError, WriteError
from omio_core.files.atomic import land
from omio_core.images.image import Image
from omio_core.metadata.facts import Channel, Fact, Facts, Planes
from omio_core.metadata.model import Metadata
from omio_core.ome import read as ome
from omio_core.ome import write
from omio_core.settings import using
from omio_plugins.ome_tiff import WRITER, _check, _file, _plan, _write

MADE = {
    "uint8": "uint8", "uint16": "uint16", "uint32": "uint32", "int8": "int8", "int16": "int16", "int32": "int32",
    "float32": "float", "float64": "double", "complex64": "complex", "complex128": "double-complex",
}  # fmt: skip


def pixels(shape: tuple[int, ...], dtype: str = "uint16") -> NDArray[Any]:
    """Values that compress, are all over the range, and tell every plane apart."""
    count = int(np.prod(shape))
    values = (np.arange(count) // 3 % 251 - (0 if np.dtype(dtype).kind in "ub" else 125)).astype(dtype)
    if np.dtype(dtype).kind == "c":
        values = values + 1j * values[::-1]
    return values.astype(dtype).reshape(shape)


def save(path: Path, *images: Image, **request: Any) -> Written:
    """Write, check and land, as the core does."""
    asked = WriteRequest(name=path.name, **request)
    return land(path, lambda p: _write.write(p, images, asked), check=lambda p: _check.check(p, images), replace=True)


def image(array: NDArray[Any], axes: str = "TZCYX", **facts: Any) -> Image:
    plain = Image.of_array(array, axes=axes)
    if not facts:
        return plain
    metadata = Metadata(shape=plain.shape, dtype=str(plain.dtype), samples=plain.metadata.samples, facts=Facts(**facts))
    return Image.of_array(array, axes=axes, metadata=metadata)


def fact(value: Any) -> Fact[Any]:
    return Fact(value, "file", "test")


def read(path: Path, series: int = 0) -> NDArray[Any]:
    """By tifffile, as TZCYX; samples fold into C."""
    with tifffile.TiffFile(path) as tif:
        found = tif.series[series]
        array, axes = found.asarray(), found.axes
    for axis in "TZCYXS":
        if axis not in axes:
            array, axes = array[np.newaxis], axis + axes
    array = array.transpose([axes.index(a) for a in "TZCSYX"])
    t, z, c, s, y, x = array.shape
    return array.reshape(t, z, c * s, y, x)


def xml(path: Path) -> str:
    with tifffile.TiffFile(path) as tif:
        return tif.pages[0].description


# --- pixels


@pytest.mark.parametrize("tile", [None, 16, 64])
@pytest.mark.parametrize("level", [0, 1, 3, 9])
@pytest.mark.parametrize("dtype", MADE)
def test_every_pixel_type(tmp_path: Path, dtype: str, level: int, tile: int | None) -> None:
    array = pixels((2, 3, 2, 37, 50), dtype)
    path = tmp_path / "a.ome.tif"
    assert save(path, image(array), compression_level=level, tile=tile).notes == ()
    found = read(path)
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)
    text = xml(path)
    assert f'Type="{MADE[dtype]}"' in text
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.ome.tif"]
    with tifffile.TiffFile(path) as tif:
        page = tif.pages[1]
        assert page.compression == (8 if level else 1)
        assert page.is_tiled == (tile is not None)
        assert tif.byteorder == "<"
        assert tif.pages[0].software.startswith("omio-core ")


@pytest.mark.parametrize("tile", [None, 16])
@pytest.mark.parametrize("level", [0, 3])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize(("samples", "channels"), [(3, 1), (4, 1), (3, 2)])
def test_rgb(tmp_path: Path, samples: int, channels: int, dtype: str, level: int, tile: int | None) -> None:
    array = pixels((2, channels, 21, 33, samples), dtype)
    source = image(array, "ZCYXS")
    path = tmp_path / "a.ome.tif"
    save(path, source, compression_level=level, tile=tile)
    np.testing.assert_array_equal(read(path), source.to_numpy())
    with tifffile.TiffFile(path) as tif:
        assert len(tif.pages) == 2 * channels
        page = tif.pages[0]
        assert (page.photometric, page.planarconfig, page.samplesperpixel) == (2, 1, samples)
        assert tuple(page.extrasamples) == ((2,) if samples == 4 else ())
    described = ome.parse_ome(xml(path)).images[0]
    assert (described.size_c, described.samples) == (samples * channels, (samples,) * channels)


@pytest.mark.parametrize(("samples", "dtype"), [(2, "uint8"), (5, "uint16"), (3, "complex64")])
def test_other_samples_become_channels(tmp_path: Path, samples: int, dtype: str) -> None:
    array = pixels((2, 2, 9, 11, samples), dtype)
    source = Image.of_array(array, axes="TCYXS")
    names = (Channel(name=fact("a")), Channel(name=fact("b")))
    table = np.arange(4.0).reshape(2, 1, 2)
    facts = Facts(channels=names, planes=Planes(columns={"DeltaT": table}, origin="file"))
    metadata = Metadata(shape=source.shape, dtype=dtype, samples=samples, facts=facts)
    path = tmp_path / "a.ome.tif"
    source = Image.of_array(array, axes="TCYXS", metadata=metadata)
    (note,) = save(path, source).notes
    assert "channels of their own" in note
    np.testing.assert_array_equal(read(path), source.to_numpy())
    found = ome.ome_facts(xml(path), 0)
    assert found.annotations["omio/provenance"]["converted"] == [note]
    assert [c.name.value for c in found.channels if c.name] == ["a"] * samples + ["b"] * samples
    assert found.planes is not None
    np.testing.assert_array_equal(found.planes.columns["DeltaT"], table.repeat(samples, axis=2))


@pytest.mark.parametrize(
    ("dtype", "made", "least", "most"),
    [
        ("bool", "uint8", 0, 1),
        ("float16", "float32", -100, 100),
        ("int64", "int32", -(2**31), 2**31 - 1),
        ("int64", "uint32", 0, 2**32 - 1),
        ("uint64", "uint32", 0, 2**32 - 1),
    ],
)
def test_converted(tmp_path: Path, dtype: str, made: str, least: int, most: int) -> None:
    array = pixels((2, 1, 1, 20, 30), dtype)
    array = np.where(array < least, least, array).astype(dtype)
    array[0, 0, 0, 0, 0], array[1, 0, 0, 5, 5] = least, most
    path = tmp_path / "a.ome.tif"
    (note,) = save(path, image(array)).notes
    assert dtype in note
    assert made in note
    found = read(path)
    assert found.dtype == np.dtype(made)
    np.testing.assert_array_equal(found, array)
    assert ome.ome_facts(xml(path), 0).annotations["omio/provenance"]["converted"] == [note]


@pytest.mark.parametrize(
    ("dtype", "values"), [("int64", (-1, 2**31)), ("uint64", (0, 2**32)), ("int64", (-(2**40), 0))]
)
def test_integers_that_do_not_fit_are_refused(tmp_path: Path, dtype: str, values: Sequence[int]) -> None:
    path = tmp_path / "a.ome.tif"
    with pytest.raises(WriteError, match="do not fit") as caught:
        save(path, image(np.array(values, dtype).reshape(1, 1, 1, 1, 2)))
    assert str(values[1]) in (caught.value.evidence or "")
    assert list(tmp_path.iterdir()) == []


def test_accepts() -> None:
    def verdict(dtype: str, shape: tuple[int, ...] = (1, 1, 1, 2, 2)) -> Match:
        answer = WRITER.accepts([image(np.zeros(shape, dtype))])
        assert answer.why
        return answer.match

    assert {verdict(dtype) for dtype in [*MADE, "bool", "float16"]} == {Match.EXACT}
    assert verdict("int64") == verdict("uint64") == Match.SIGNATURE
    assert verdict("longdouble") == verdict("M8[s]") == Match.NO
    assert verdict("uint8", (1, 1, 1, 0, 2)) == Match.NO
    assert WRITER.accepts([]).match == Match.NO


def test_axes_that_ome_cannot_say_are_refused() -> None:
    long = da.zeros((1, 2**31), dtype="uint8", chunks=(1, 1 << 26))
    assert WRITER.accepts([Image.of_array(long, axes="YX")]).match == Match.NO


def test_several_images(tmp_path: Path) -> None:
    first, second, third = pixels((2, 1, 1, 10, 12)), pixels((3, 17, 9, 3), "uint8"), pixels((1, 1, 1, 64, 64), "bool")
    path = tmp_path / "a.ome.tif"
    images = [image(first, name=fact("one")), image(second, "ZYXS"), image(third, name=fact("three"))]
    done: list[int] = []
    notes = save(path, *images, progress=done.append).notes
    assert notes == ("image 2: bool is no OME pixel type; the values are written as uint8",)
    for index, source in enumerate(images):
        np.testing.assert_array_equal(read(path, index), source.to_numpy())
    assert [i.name for i in ome.parse_ome(xml(path)).images] == ["one", None, "three"]
    assert done[-1] == sum(a.nbytes for a in (first, second, third))
    assert done == sorted(done)


@pytest.mark.parametrize(
    "shape", [(1, 1, 1, 1, 1), (7, 1, 1, 3, 5), (2, 5, 3, 40, 41), (300, 1, 2, 8, 8), (1, 40, 1, 200, 200)]
)
@pytest.mark.parametrize("chunks", [(1, 1, 1), (2, 3, 1), (1, 1, 3), (7, 5, 3)])
def test_any_shape_and_source_block(tmp_path: Path, shape: tuple[int, ...], chunks: tuple[int, ...]) -> None:
    """The order of the planes follows the source's blocks, and each plane is where the OME-XML says."""
    import dask.array

    array = pixels(shape)
    path = tmp_path / "a.ome.tif"
    source = dask.array.from_array(
        array, chunks=(*(min(a, b) for a, b in zip(chunks, shape, strict=False)), *shape[3:])
    )
    save(path, Image.of_array(source, axes="TZCYX"), compression_level=0)
    np.testing.assert_array_equal(read(path), array)


@pytest.mark.parametrize("tile", [None, 16, 48])
@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("axes", ["TZCYX", "ZCYXS"])
def test_huge_planes_go_in_bands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tile: int | None, level: int, axes: str
) -> None:
    monkeypatch.setattr(_plan, "BAND", 10_000)
    monkeypatch.setattr(_plan, "BAND_BOX", 4_000)
    monkeypatch.setattr(_plan, "STRIP", 600)
    source = image(pixels((2, 2, 2, 101, 75) if axes == "TZCYX" else (2, 1, 101, 75, 3)), axes)
    done: list[int] = []
    path = tmp_path / "a.ome.tif"
    save(path, source, tile=tile, compression_level=level, progress=done.append)
    assert len(done) > 6
    np.testing.assert_array_equal(read(path), source.to_numpy())


@pytest.mark.parametrize("tile", [8, 17, -16])
def test_tiles_that_are_none(tmp_path: Path, tile: int) -> None:
    with pytest.raises(WriteError, match="tiles"):
        save(tmp_path / "a.ome.tif", image(pixels((1, 1, 1, 4, 4))), tile=tile)
    assert list(tmp_path.iterdir()) == []


# --- the file


@pytest.mark.parametrize("tile", [None, 16])
@pytest.mark.parametrize("axes", ["TZCYX", "ZCYXS"])
def test_bigtiff_when_the_size_asks_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tile: int | None, axes: str
) -> None:
    source = image(pixels((2, 2, 2, 40, 50) if axes == "TZCYX" else (2, 1, 40, 50, 3)), axes, physical_size_x=fact(0.1))
    path, big = tmp_path / "a.ome.tif", tmp_path / "b.ome.tif"
    save(path, source, tile=tile, compression_level=0)
    size = path.stat().st_size
    monkeypatch.setattr(_file, "MOST_CLASSIC", size - 1)
    save(big, source, tile=tile, compression_level=0)
    assert (path.read_bytes()[:4], big.read_bytes()[:4]) == (b"II*\0", b"II+\0")
    np.testing.assert_array_equal(read(big), read(path))
    with pytest.raises(WriteError, match="classic"):
        save(tmp_path / "c.ome.tif", source, tile=tile, compression_level=0, options={"bigtiff": False})


def test_bigtiff_by_name_and_by_option(tmp_path: Path) -> None:
    source = image(pixels((1, 1, 1, 4, 4)))
    for name, options, start in (
        ("a.ome.btf", {}, b"II+"),
        ("a.ome.btf", {"bigtiff": False}, b"II*"),
        ("a.ome.tif", {"bigtiff": True}, b"II+"),
    ):
        save(tmp_path / name, source, options=options)
        assert (tmp_path / name).read_bytes()[:3] == start
    with pytest.raises(WriteError, match="bigtiff"):
        save(tmp_path / "b.ome.tif", source, options={"bigtiff": "yes"})


def test_uncompressed_pixels_are_one_run_of_bytes(tmp_path: Path) -> None:
    array = pixels((2, 3, 1, 300, 500))
    path = tmp_path / "a.ome.tif"
    save(path, image(array), compression_level=0)
    assert path.stat().st_size < array.nbytes + 10_000
    assert path.read_bytes()[16 : 16 + array.nbytes] == array.tobytes()
    mapped = tifffile.memmap(path, mode="r")
    np.testing.assert_array_equal(mapped.reshape(array.shape), array)
    with tifffile.TiffFile(path) as tif:
        assert len(tif.pages[0].dataoffsets) > 1  # in strips nonetheless


def test_the_same_but_for_the_uuid_and_the_seal(tmp_path: Path) -> None:
    source = image(pixels((2, 3, 1, 300, 500)), physical_size_x=fact(0.5))
    texts = []
    for workers in (1, 2):
        save(tmp_path / "a.ome.tif", source, workers=workers)
        data = (tmp_path / "a.ome.tif").read_bytes()
        uuid = (ome.parse_ome(xml(tmp_path / "a.ome.tif")).uuid or "").encode()
        assert len(uuid) == 45
        texts.append(re.sub(rb"(>tiff-[0-9a-f]+-)[0-9a-f]{32}<", rb"\1<", data.replace(uuid, b"-" * 45)))
    assert texts[0] == texts[1]


def test_progress_is_told_in_the_callers_thread(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    source = image(pixels((1, 1, 1, 4, 4)))
    save(tmp_path / "a.ome.tif", source, progress=lambda n: told.append((n, threading.get_ident())))
    assert told == [(0, threading.get_ident()), (32, threading.get_ident())]


class Endless:
    """An array that is made when it is asked for, and counts nothing but itself."""

    def __init__(self, shape: tuple[int, ...], dtype: str):
        self.shape, self.dtype, self.ndim = shape, np.dtype(dtype), len(shape)

    def __getitem__(self, key: tuple[slice, ...]) -> NDArray[Any]:
        starts = [range(n)[k] for n, k in zip(self.shape, key, strict=True)]
        return np.full([len(r) for r in starts], sum(r[0] for r in starts) % 1000, self.dtype)


@pytest.mark.parametrize("level", [0, 1])
def test_memory_is_a_few_boxes(tmp_path: Path, level: int) -> None:
    source = Image.of_array(Endless((1, 100, 1, 1024, 512), "uint16"), axes="TZCYX")
    path = tmp_path / "a.ome.tif"
    with using(workers=2):
        save(tmp_path / "warm.ome.tif", source.at(Z=slice(0, 2)), compression_level=level)
        tracemalloc.start()
        try:
            save(path, source, compression_level=level)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert source.nbytes == 100 << 20
    assert peak < 16 << 20
    assert tifffile.imread(path, key=99)[0, 0] == 99


# --- metadata


RICH: dict[str, Any] = {
    "name": fact("näme"),
    "physical_size_x": fact(0.325),
    "physical_size_y": fact(0.25),
    "physical_size_z": fact(2.0),
    "time_increment": fact(0.5),
    "channels": (Channel(name=fact("GFP"), color=fact(-16711936)), Channel(emission=fact(610.0))),
}


def test_metadata_by_ome_types(tmp_path: Path) -> None:
    from ome_types import from_xml

    path = tmp_path / "a.ome.tif"
    save(path, image(pixels((2, 3, 2, 30, 20)), **RICH))
    text = xml(path)
    write.check_ome(text)
    found = from_xml(text).images[0]
    sizes = found.pixels
    assert found.name == "näme"
    assert (sizes.physical_size_x, sizes.physical_size_y, sizes.physical_size_z) == (0.325, 0.25, 2.0)
    assert sizes.physical_size_x_unit.value == sizes.physical_size_z_unit.value == "µm"
    assert (sizes.time_increment, sizes.time_increment_unit.value) == (0.5, "s")
    assert [c.name for c in sizes.channels] == ["GFP", None]
    assert sizes.channels[1].emission_wavelength == 610.0
    assert found.pixels.tiff_data_blocks[0].uuid.file_name == "a.ome.tif"


def test_resolution_tags(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    save(path, image(pixels((2, 1, 2, 30, 20)), **RICH))
    with tifffile.TiffFile(path) as tif:
        for page in tif.pages:
            assert page.tags["ResolutionUnit"].value == 3
            x, y = (page.tags[n].value for n in ("XResolution", "YResolution"))
            assert x[0] / x[1] == pytest.approx(10_000 / 0.325, rel=1e-6)
            assert y == (40_000, 1)


@pytest.mark.parametrize(
    "facts", [{}, {"physical_size_x": fact(0.5)}, {"physical_size_x": fact(1e-8), "physical_size_y": fact(1.0)}]
)
def test_unknown_resolution_is_not_invented(tmp_path: Path, facts: dict[str, Any]) -> None:
    from PIL import Image as Pillow

    path = tmp_path / "a.ome.tif"
    save(path, image(pixels((1, 1, 1, 30, 20)), **facts))
    with tifffile.TiffFile(path) as tif:
        tags = tif.pages[0].tags
        assert "XResolution" not in tags
        assert "YResolution" not in tags
        assert tags["ResolutionUnit"].value == 1
    with Pillow.open(path) as picture:
        assert "dpi" not in picture.info


@pytest.mark.parametrize("micrometres", [2.4e-6, 0.0885000000221, 0.325, 1 / 3, 1.0, 100.0, 7e7, 4e13])
def test_rational(micrometres: float) -> None:
    found = _file.resolution(micrometres)
    assert found is not None
    assert 0 < found.numerator < 2**32
    assert 0 < found.denominator < 2**32
    assert float(found) == pytest.approx(1e4 / micrometres, rel=1e-6)


@pytest.mark.parametrize("micrometres", [1e-8, 1e15])
def test_rational_that_is_none(micrometres: float) -> None:
    assert _file.resolution(micrometres) is None


# --- other programs


@pytest.mark.parametrize("tile", [None, 32])
@pytest.mark.parametrize("level", [0, 3])
@pytest.mark.parametrize(
    ("dtype", "axes"), [("uint8", "TZCYX"), ("uint16", "TZCYX"), ("uint8", "ZCYXS"), ("bool", "TZCYX")]
)
def test_pillow(tmp_path: Path, dtype: str, axes: str, level: int, tile: int | None) -> None:
    from PIL import Image as Pillow

    source = image(pixels((2, 3, 1, 40, 50) if axes == "TZCYX" else (6, 1, 40, 50, 3), dtype), axes)
    path = tmp_path / "a.ome.tif"
    save(path, source, compression_level=level, tile=tile)
    array = source.to_numpy()
    with Pillow.open(path) as picture:
        assert picture.n_frames == 6
        for frame in range(6):
            picture.seek(frame)
            t, z = (frame // 3, frame % 3) if axes == "TZCYX" else (0, frame)
            plane = array[t, z]
            expected = plane[0] if len(plane) == 1 else plane.transpose(1, 2, 0)
            np.testing.assert_array_equal(np.asarray(picture), expected)


def test_tiffinfo_has_nothing_to_say(tmp_path: Path) -> None:
    tiffinfo = shutil.which("tiffinfo")
    if tiffinfo is None:
        pytest.skip("tiffinfo is not installed")
    paths = []
    for index, (shape, axes, dtype, options) in enumerate(
        [
            ((2, 3, 2, 40, 50), "TZCYX", "uint16", {}),
            ((2, 3, 2, 40, 50), "TZCYX", "float64", {"compression_level": 0, "tile": 16}),
            ((2, 3, 2, 40, 50), "TZCYX", "complex64", {"tile": 16, "options": {"bigtiff": True}}),
            ((2, 1, 40, 50, 3), "ZCYXS", "uint8", {"compression_level": 9}),
            ((2, 1, 40, 50, 4), "ZCYXS", "uint16", {"options": {"bigtiff": True}}),
        ]
    ):
        path = tmp_path / f"{index}.ome.tif"
        sizes = {"physical_size_x": fact(0.1), "physical_size_y": fact(0.1)} if index % 2 else {}
        save(path, image(pixels(shape, dtype), axes, **sizes), **options)
        paths.append(str(path))
    done = subprocess.run([tiffinfo, "-d", *paths], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stderr == ""
    # complex is not printed by tiffinfo, but found
    assert done.stdout.count("TIFF Directory") == 12 + 12 + 12 + 2 + 2


# --- the check


def damaged(path: Path, make: Any) -> Path:
    data = bytearray(path.read_bytes())
    made = make(data)
    other = path.with_name("damaged.ome.tif")
    other.write_bytes(data if made is None else made)
    return other


def _patch(position: int, form: str, value: int) -> Any:
    return lambda data: struct.pack_into(form, data, position, value)


@pytest.mark.parametrize("tag", ["ImageDescription", "Software", "StripOffsets"])
@pytest.mark.parametrize("bigtiff", [False, True])
def test_check_finds_values_at_odd_offsets(tmp_path: Path, bigtiff: bool, tag: str) -> None:
    source = image(pixels((1, 1, 1, 900, 700)))
    path = tmp_path / "a.ome.tif"
    save(path, source, options={"bigtiff": bigtiff})
    with tifffile.TiffFile(path) as tif:
        found = tif.pages[0].tags[tag]
        at, where = found.valueoffset, found.offset + (12 if bigtiff else 8)
    assert at % 2 == 0
    path = damaged(path, _patch(where, "<Q" if bigtiff else "<L", at + 1))
    with pytest.raises(CorruptFileError, match="not what was asked for") as caught:
        _check.check(str(path), [source])
    assert f"the value of tag {found.code} at {at + 1} is at no word boundary" in str(caught.value)


@pytest.mark.parametrize("bigtiff", [False, True])
def test_check_finds_a_directory_at_an_odd_offset(tmp_path: Path, bigtiff: bool) -> None:
    source = image(pixels((1, 1, 1, 9, 7)))
    path = tmp_path / "a.ome.tif"
    save(path, source, options={"bigtiff": bigtiff})
    with tifffile.TiffFile(path) as tif:
        at = tif.pages[0].offset
    assert at % 2 == 0

    def moved(data: bytearray) -> bytes:  # one byte later, and still whole
        struct.pack_into("<Q" if bigtiff else "<L", data, 8 if bigtiff else 4, at + 1)
        return bytes(data[:at]) + b"\0" + bytes(data[at:])

    with pytest.raises(CorruptFileError, match="not what was asked for") as caught:
        _check.check(str(damaged(path, moved)), [source])
    assert f"the directory at {at + 1} is at no word boundary" in str(caught.value)


@pytest.mark.parametrize("bigtiff", [False, True])
def test_check_finds_damage(tmp_path: Path, bigtiff: bool) -> None:
    images = [image(pixels((2, 3, 1, 30, 20)))]
    path = tmp_path / "a.ome.tif"
    save(path, *images, compression_level=0, options={"bigtiff": bigtiff})
    size = path.stat().st_size
    with tifffile.TiffFile(path) as tif:
        second = tif.pages[1]
        width, offsets = second.tags["ImageWidth"], second.tags["StripOffsets"]
        next_ifd = tif.pages[1].offset
        text_at = tif.pages[0].tags["ImageDescription"].valueoffset
        offset_at = offsets.offset + (12 if bigtiff else 8)
    cases = {
        "shorter": lambda data: data[: size - 20],
        "empty": lambda data: b"",
        "no header": _patch(0, "<L", 0),
        "no pages": _patch(8 if bigtiff else 4, "<L", 0),
        "first page far away": _patch(8 if bigtiff else 4, "<L", size * 2),
        "second page as the first": _patch(8 if bigtiff else 4, "<L", next_ifd),
        "width": _patch(width.offset + (12 if bigtiff else 8), "<L", 21),
        "segment outside": _patch(offset_at, "<L", size),
        "text": _patch(text_at, "<L", 0),
    }
    _check.check(str(path), images)
    found = set()
    for name, make in cases.items():
        try:
            _check.check(str(damaged(path, make)), images)
        except (CorruptFileError, MetadataError):
            found.add(name)
    assert found == set(cases)


PLANES = Planes(columns={"DeltaT": np.arange(12.0).reshape(2, 3, 2)}, origin="file")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        # the second plane of XYZCT is Z1; of two elements that change places, each is at the wrong directory
        (('TheZ="0" TheT="0" TheC="0"', 'TheZ="1" TheT="0" TheC="0"'), None, "do not follow its pages"),
        (('FirstZ="0" FirstT="0" FirstC="0"', 'FirstZ="1" FirstT="0" FirstC="0"'), None, "where the planes"),
        (('IFD="4" ', 'IFD="5" '), None, "where the planes"),
        (('FirstT="1" FirstC="1" PlaneCount="1"',), 'FirstT="2" FirstC="1" PlaneCount="1"', "where the planes"),
        (('IFD="11"',), 'IFD="10"', "where the planes"),
        (('<Plane TheZ="0" TheT="0" TheC="0" DeltaT="0.0" DeltaTUnit="s"/>',), " ", "do not follow its pages"),
        (('TheZ="2" TheT="1" TheC="1"',), 'TheZ="3" TheT="1" TheC="1"', "do not follow its pages"),
    ],
)
def test_check_finds_planes_in_another_order(
    tmp_path: Path, before: tuple[str, ...], after: str | None, said: str
) -> None:
    path = tmp_path / "a.ome.tif"
    source = image(pixels((2, 3, 2, 8, 9)), planes=PLANES)
    save(path, source)
    data = path.read_bytes()
    for text in before:
        assert data.count(text.encode()) >= 1
    if after is None:
        one, other = (text.encode() for text in before)
        changed = other.join(one.join(part.split(other)) for part in data.split(one))
    else:
        changed = data.replace(before[0].encode(), after.encode().ljust(len(before[0].encode())))
    path.write_bytes(changed)
    with pytest.raises(CorruptFileError, match="not what was asked for") as caught:
        _check.check(str(path), [source])
    assert said in str(caught.value)


def test_check_holds_the_file_against_the_images(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    one, other = image(pixels((2, 3, 1, 30, 20))), image(pixels((3, 2, 1, 30, 20)))
    save(path, one)
    for images in ([other], [one, one], []):
        with pytest.raises(CorruptFileError):
            _check.check(str(path), images)


def test_a_failing_source_leaves_nothing(tmp_path: Path) -> None:
    class Failing(Endless):
        def __getitem__(self, key: tuple[slice, ...]) -> NDArray[Any]:
            if key[1].start and key[1].start > 20:
                raise CorruptFileError("it ends here")
            return super().__getitem__(key)

    source = Image.of_array(Failing((1, 50, 1, 512, 512), "uint8"), axes="TZCYX")
    with pytest.raises(CorruptFileError, match="ends here"):
        save(tmp_path / "a.ome.tif", source)
    assert list(tmp_path.iterdir()) == []
