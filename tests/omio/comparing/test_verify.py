"""Files held against themselves: every flipped bit is found, nothing written is accused, nothing unproved is ok."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import omio
from omio_core.images import opening, writing
from omio_core.images.image import Image

TYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64", "bool", "float16", "int64",
         "uint64", "complex64", "complex128")  # fmt: skip


def picture(dtype: str = "uint16", shape: tuple[int, ...] = (2, 1, 2, 40, 52)) -> Image:
    """Random pixels, some of which are not a number where the type has that."""
    noise = np.random.default_rng(3).integers(0, 200, shape).astype(dtype)
    if np.dtype(dtype).kind in "fc":
        noise[..., 3, 5] = np.nan
    return Image.of_array(noise, axes="TZCYX")


def rgb() -> Image:
    """RGB, whose samples are folded into C."""
    return Image.of_array(np.random.default_rng(4).integers(0, 200, (48, 48, 3)).astype(np.uint8), axes="YXS")


def put(path: Path, *images: Image, **options: Any) -> Path:
    """Write images with the options of a writer."""
    keywords = {name: options.pop(name) for name in ("compression_level", "tile") if name in options}
    written = writing.write(path, images or (picture(),), options=options, **keywords)
    assert written is not None
    return written


WAYS: dict[str, Callable[[Path], Path]] = {
    "zlib": lambda home: put(home / "a.ome.tif"),
    "none": lambda home: put(home / "b.ome.tif", compression="none"),
    "tiles and levels": lambda home: put(home / "c.ome.tif", compression="zstd", predictor=True, tile=16, pyramid=2),
    "nearest": lambda home: put(home / "d.ome.tif", compression="lzw", pyramid=1, pyramid_method="nearest"),
    "packbits": lambda home: put(home / "e.ome.tif", compression="packbits"),
    "lzma": lambda home: put(home / "f.ome.tif", compression="lzma"),
    "png": lambda home: put(home / "g.ome.tif", rgb(), compression="png"),
    "jpeg2000": lambda home: put(home / "h.ome.tif", compression="jpeg2000"),
    "jpegxl": lambda home: put(home / "i.ome.tif", compression="jpegxl", pyramid=1),
    "webp": lambda home: put(home / "j.ome.tif", rgb(), compression="webp"),
    "several images": lambda home: put(home / "k.ome.tif", picture(), rgb(), picture("float32"), pyramid=1, tile=16),
    "shards": lambda home: put(home / "l.ome.zarr", pyramid=2),
    "chunks": lambda home: put(home / "m.ome.zarr", compression="zstd", shards=False, pyramid=1),
    "not compressed": lambda home: put(home / "n.ome.zarr", picture(), rgb(), compression="none", pyramid=1),
    "version 0.4": lambda home: put(home / "o.ome.zarr", version="0.4"),
}


def pixel_bytes(path: Path) -> list[tuple[Path, int]]:
    """Where the bytes of the pixels are: each file, and the place in it."""
    if path.is_dir():
        chunks = [file for file in sorted(path.rglob("*")) if file.is_file() and file.suffix not in (".json", ".xml")]
        chunks = [file for file in chunks if not file.name.startswith(".z")]
        return [(file, at) for file in chunks for at in range(file.stat().st_size)]
    with tifffile.TiffFile(path) as opened:
        pages = [page for first in opened.pages for page in (first, *(first.pages or ()))]
        segments = [span for page in pages for span in zip(page.dataoffsets, page.databytecounts, strict=True)]
    return [(path, at) for start, count in segments for at in range(start, start + count)]


def pixels(path: Path) -> list[bytes]:
    """All pixels of all levels of all images."""
    images = opening.open_source(path).images
    try:
        return [image.level(i).to_numpy().tobytes() for image in images for i in range(len(image.levels))]
    finally:
        images[0].close()


def test_every_flipped_bit_is_found(tmp_path: Path) -> None:
    """200 bits, one at a time, in every codec and layout: found, or in bytes that no pixel depends on."""
    chance, equal = random.Random(16), 0
    for flips, (way, make) in zip(spread(200, len(WAYS)), WAYS.items(), strict=True):
        path = make(tmp_path)
        whole, places = pixels(path), pixel_bytes(path)
        assert omio.verify(path).ok, way
        for file, at in chance.sample(places, flips):
            data = bytearray(file.read_bytes())
            data[at] ^= 1 << chance.randrange(8)
            original = file.read_bytes()
            file.write_bytes(data)
            (found,) = omio.verify(path).files
            if found.verdict != "damaged":
                assert pixels(path) == whole, f"{way}: byte {at} of {file.name} is not found"
                equal += 1
            else:
                assert found.flaws
            file.write_bytes(original)
    assert equal <= 4


def spread(count: int, parts: int) -> Iterator[int]:
    """Divide a number as evenly as it goes."""
    for part in range(parts):
        yield (count + part) // parts


@pytest.mark.parametrize("suffix", [".ome.tif", ".ome.zarr"])
def test_no_false_alarm(suffix: str, tmp_path: Path) -> None:
    """Every type in every layout is ok."""
    layouts: list[dict[str, Any]] = [{"pyramid": 2, "tile": 16}, {"pyramid": 1, "pyramid_method": "nearest"}]
    if suffix == ".ome.zarr":
        layouts = [{"pyramid": 2}, {"pyramid": 1, "pyramid_method": "nearest", "shards": False}]
    odd = [(1, 1, 1, 1, 33), (1, 2, 1, 33, 1), (3, 1, 2, 7, 9)]
    count = 0
    for dtype in TYPES:
        for number, layout in enumerate(layouts):
            if dtype == "bool" and layout.get("pyramid_method") != "nearest":
                continue  # the mean of two truths is neither
            for shape in [(2, 1, 1, 40, 52), *(odd if dtype == "uint16" else ())]:
                name = f"{dtype}{number}{'_'.join(map(str, shape))}{suffix}"
                put(tmp_path / name, picture(dtype, shape), **layout)
                count += 1
    found = omio.verify(tmp_path)
    assert len(found.files) == count > 30
    assert found.ok, str(found)


def test_levels_of_large_planes_are_compared_in_bands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plane larger than a band; an odd height."""
    from omio.comparing import proof

    monkeypatch.setattr(proof, "BAND", 1000)
    path = put(tmp_path / "a.ome.tif", picture(shape=(1, 1, 2, 61, 50)), tile=16, pyramid=2)
    assert omio.verify(path).ok


def test_a_file_without_digests_is_not_ok(stated: Path, tmp_path: Path) -> None:
    """Of another program, or written without: it says so, unless it is held against its source."""
    found = omio.verify(stated)
    assert not found.ok
    assert (found.files[0].verdict, "no digests" in found.files[0].why) == ("unproved", True)
    (bare,) = omio.convert_to_ometiff(stated, tmp_path / "out", verify="none")
    assert omio.verify(bare).files[0].verdict == "unproved"
    assert omio.verify(bare, against=stated).ok


def test_the_digest_of_all_digests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of very many planes states one digest for all of them."""
    for module in ("omio_plugins.ome_tiff._write", "omio_plugins.ome_zarr._write"):
        monkeypatch.setattr(f"{module}.MOST_DIGESTS", 1)
    for suffix in (".ome.tif", ".ome.zarr"):
        path = put(tmp_path / f"a{suffix}", compression="none")
        assert omio.verify(path).ok
        file, at = pixel_bytes(path)[0]
        data = bytearray(file.read_bytes())
        data[at] ^= 1
        file.write_bytes(data)
        assert omio.verify(path).files[0].verdict == "damaged"


def test_structure_and_missing_parts(tmp_path: Path) -> None:
    """What no pixel shows: a chunk that is gone, an invalid document, a folder that is no picture any more."""
    path = put(tmp_path / "a.ome.zarr", Image.of_array(np.zeros((32, 32), np.uint8), axes="YX"), shards=False)
    next(file for file, _ in pixel_bytes(path)).unlink()
    (found,) = omio.verify(path).files
    assert found.verdict == "damaged"
    assert any("missing" in flaw.what for flaw in found.flaws)
    (path / "zarr.json").unlink()
    (found,) = omio.verify(tmp_path).files
    assert (found.path, found.verdict) == (str(path), "unreadable")
    (tmp_path / "tiff").mkdir()
    tiff = put(tmp_path / "tiff" / "b.ome.tif")
    tiff.write_bytes(tiff.read_bytes().replace(b'Type="uint16"', b'Tipe="uint16"'))
    assert not omio.verify(tiff).ok


def test_a_level_that_is_of_another_picture(tmp_path: Path) -> None:
    """A level that can be read and is not made of the level before."""
    path = put(tmp_path / "a.ome.tif", compression="none", pyramid=1)
    with tifffile.TiffFile(path) as opened:
        start = opened.pages[0].pages[0].dataoffsets[0]
    with path.open("r+b") as file:
        file.seek(start)
        file.write(b"\xff")
    (flaw,) = omio.verify(path).files[0].flaws
    assert (flaw.level, flaw.plane, flaw.image) == (1, (0, 0, 0), 0)
    assert "mean of the level before" in str(flaw)


def test_against_the_source(series: Path, several: Callable[..., Path], tmp_path: Path) -> None:
    """Conversions, merges and images of a file: each output is held against its own source, found by the record."""
    omio.convert_to_ometiff(series, tmp_path / "out")
    omio.convert_to_ometiff(series, tmp_path / "out", merge="T")
    found = omio.verify(tmp_path / "out", against=series)
    assert found.ok, str(found)
    assert [len(file.source) for file in found.files] == [3, 1, 1, 1]
    source = several("left", "right")
    outputs = omio.convert_to_ometiff(source, tmp_path / "images")
    assert len(outputs) == 2
    assert omio.verify(outputs, against=source).ok
    other = tifffile.imread(series / "T_9.tif") + 1
    tifffile.imwrite(series / "T_9.tif", other)
    found = omio.verify(tmp_path / "out", against=series)
    assert [file.verdict for file in found.files] == ["different", "ok", "different", "ok"]
    (series / "T_9.tif").unlink()
    found = omio.verify(tmp_path / "out", against=series)
    assert [file.verdict for file in found.files] == ["unproved", "ok", "unproved", "ok"]
    assert "T_9.tif" in found.files[2].why


def test_what_the_caller_stated_is_stated_again(bare: Path, tmp_path: Path) -> None:
    """Axes that the source does not state come from the record of the output."""
    (path,) = omio.convert_to_ometiff(bare, tmp_path / "out", axes="ZYX")
    assert omio.verify(path, against=bare).ok


def test_folders_lists_and_callbacks(tmp_path: Path) -> None:
    """Folders in folders, files that are none, and a path that does not exist."""
    (tmp_path / "in").mkdir()
    path = put(tmp_path / "in" / "a.ome.tif", pyramid=1)
    (tmp_path / "notes.txt").write_text("no picture")
    done: list[tuple[int, int]] = []
    seen: list[str] = []
    found = omio.verify(
        [tmp_path, path], progress=lambda *both: done.append(both), verified=lambda f: seen.append(f.path)
    )
    assert [file.path for file in found.files] == seen == [str(path), str(path)]
    assert [skip.path for skip in found.skipped] == [str(tmp_path / "notes.txt")]
    assert done[-1] == (done[-1][1], 2 * 2 * (40 * 52 + 20 * 26) * 2)
    assert found.summary() == "2 ok, 1 left out"
    assert found.to_dict()["counts"]["ok"] == 2
    with pytest.raises(FileNotFoundError, match=r"nothing\.tif"):
        omio.verify([path, tmp_path / "nothing.tif"])


def edit_tag(path: Path) -> None:
    """As another program changes a tag: the resolution, over its old value."""
    with tifffile.TiffFile(path, mode="r+b") as file:
        file.pages.first.tags["Software"].overwrite("other")


def edit_text(path: Path) -> None:
    """As an editor changes a text, with as many letters as before."""
    place = path / "OME" / "METADATA.ome.xml"
    place.write_bytes(place.read_bytes().replace(b'SizeT="2"', b'SizeT="2" ', 1))


@pytest.mark.parametrize(
    ("name", "edit", "words"),
    [("a.ome.tif", edit_tag, "tags or texts are not those"), ("a.ome.zarr", edit_text, "documents or files are not")],
)
def test_what_is_no_pixel_and_was_changed_is_damage(
    name: str, edit: Callable[[Path], None], words: str, tmp_path: Path
) -> None:
    path = put(tmp_path / name)
    assert omio.verify(path).ok
    edit(path)
    (found,) = omio.verify(path).files
    assert found.verdict == "damaged"
    assert words in str(found.flaws)
