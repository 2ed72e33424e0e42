"""`convert_to_ometiff`: what the files are called, where they land, and that what is there stays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import omio
from omio_core.errors import ManyImagesError, MissingMetadataError, NoWriterError, OmioError, WriteError


def test_beside_the_source(stated: Path) -> None:
    """Where nothing is said; the source is left alone."""
    before = stated.read_bytes()
    (path,) = omio.convert_to_ometiff(stated)
    assert path == stated.with_name("cells_hyperstack.ome.tif")
    assert stated.read_bytes() == before
    np.testing.assert_array_equal(omio.imread(path)[0], omio.imread(stated)[0])


def test_it_has_another_name() -> None:
    """`imconvert` is the same function."""
    assert omio.imconvert is omio.convert_to_ometiff


def test_into_a_folder(stated: Path, tmp_path: Path) -> None:
    """One that is there, and one that is not, however deep."""
    (tmp_path / "there").mkdir()
    for folder in (tmp_path / "there", tmp_path / "not" / "yet", tmp_path / "with.dots"):
        assert omio.convert_to_ometiff(stated, folder) == [folder / "cells_hyperstack.ome.tif"]
        assert [p.name for p in folder.iterdir()] == ["cells_hyperstack.ome.tif"]


@pytest.mark.parametrize("name", ["new.ome.tif", "new.ome.tiff", "New.OME.TIF"])
def test_into_a_file(stated: Path, tmp_path: Path, name: str) -> None:
    """Its name is the one given; its folder is made."""
    assert omio.convert_to_ometiff(stated, str(tmp_path / "sub" / name)) == [tmp_path / "sub" / name]


def test_into_a_file_of_another_kind(stated: Path, tmp_path: Path) -> None:
    """A name such as new.tif is neither a folder nor an OME-TIFF: refused."""
    with pytest.raises(NoWriterError, match=r"end it in \.ome\.tif"):
        omio.convert_to_ometiff(stated, tmp_path / "new.tif")
    assert not (tmp_path / "new.tif").exists()


def test_where_nothing_can_be_made(stated: Path, tmp_path: Path) -> None:
    """A file in the place of a folder, at either depth: one WriteError with a remedy."""
    (tmp_path / "file").write_text("here")
    for out in (tmp_path / "file", tmp_path / "file" / "sub", tmp_path / "file" / "a.ome.tif"):
        with pytest.raises(WriteError) as caught:
            omio.convert_to_ometiff(stated, out)
        assert caught.value.remedy
    assert (tmp_path / "file").read_text() == "here"


# --- names


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("a.tif", "a.ome.tif"),
        ("a.TIFF", "a.ome.tif"),
        ("a.b.c.tif", "a.b.c.ome.tif"),
        ("sample_0.5um", "sample_0.5um.ome.tif"),
        ("a.ome.tiff", "a.ome.tif"),
        (".tif", ".tif.ome.tif"),
        ("ünï çødé µ.tif", "ünï çødé µ.ome.tif"),
        ("a.btf", "a.ome.tif"),
    ],
)
def test_the_stem(plane: Path, source: str, target: str) -> None:
    """Only the suffix of the format goes; other dots stay."""
    (path,) = omio.convert_to_ometiff(plane.rename(plane.with_name(source)))
    assert path.name == target


def test_an_ome_tiff_beside_itself(stated: Path) -> None:
    """The name is its own: numbered, never overwritten; and refused if overwriting is asked for."""
    (path,) = omio.convert_to_ometiff(stated)
    before = path.read_bytes()
    assert omio.convert_to_ometiff(path) == [path.with_name("cells_hyperstack-1.ome.tif")]
    with pytest.raises(WriteError, match="is being read"):
        omio.convert_to_ometiff(path, collision="overwrite")
    assert path.read_bytes() == before


def test_several_images(several: Callable[..., Path], tmp_path: Path) -> None:
    """One file each, by its name, in file order, with its own pixels."""
    source = several("left eye", "right eye")
    paths = omio.convert_to_ometiff(source, tmp_path / "out")
    assert [p.name for p in paths] == ["several_left eye.ome.tif", "several_right eye.ome.tif"]
    for index, path in enumerate(paths):
        array, metadata = omio.imread(path)
        assert array.shape == (1, 1, 1, 8, 9)
        assert set(array.ravel()) == {index}
        assert metadata["Name"] == ("left eye", "right eye")[index]


@pytest.mark.parametrize(
    ("names", "parts"),
    [
        (("a", "a", "a"), ("a", "a_2", "a_3")),
        (("a", "A"), ("a", "A_2")),
        (("a", "a_2", "a"), ("a", "a_2", "a_3")),
        (("x/y\\z", "../up"), ("x_y_z", "_up")),
        (("con", "a:b?*"), ("con_", "a_b_")),
        (("dot.", " space "), ("dot", "space")),
        (("?", "..."), ("_", "image1")),
        (("n" * 300, "b"), ("n" * 120, "b")),
        (("é", "e\u0301"), ("é", "é_2")),
    ],
)
def test_odd_names(several: Callable[..., Path], names: tuple[str, ...], parts: tuple[str, ...]) -> None:
    """Safe on any system, no two alike even where case does not count, and none outside the folder."""
    source = several(*names)
    paths = omio.convert_to_ometiff(source)
    assert [p.name for p in paths] == [f"several_{part}.ome.tif" for part in parts]
    assert {p.parent for p in paths} == {source.parent}
    assert all(p.is_file() for p in paths)


def test_one_of_several(several: Callable[..., Path], tmp_path: Path) -> None:
    """By index, also from the end, and by name; its file still says which it is."""
    source = several("left", "right")
    for image, name in ((0, "left"), (-1, "right"), ("right", "right")):
        (path,) = omio.convert_to_ometiff(source, tmp_path / f"{image}", image=image)
        assert path.name == f"several_{name}.ome.tif"
    (path,) = omio.convert_to_ometiff(source, tmp_path / "one.ome.tif", image="left")
    assert omio.imread(path)[1]["Name"] == "left"


@pytest.mark.parametrize("image", [2, -3, "middle", ""])
def test_one_that_is_not_there(several: Callable[..., Path], tmp_path: Path, image: int | str) -> None:
    """The error lists those there are; nothing is written."""
    with pytest.raises(ManyImagesError, match=r"0: .*'left'.*1: .*'right'"):
        omio.convert_to_ometiff(several("left", "right"), tmp_path / "out", image=image)
    assert not (tmp_path / "out").exists()


def test_several_into_one_file(several: Callable[..., Path], tmp_path: Path) -> None:
    """Refused before anything is written."""
    with pytest.raises(ManyImagesError, match="2 images"):
        omio.convert_to_ometiff(several("left", "right"), tmp_path / "out.ome.tif")
    assert not (tmp_path / "out.ome.tif").exists()


def test_imread_of_several(several: Callable[..., Path]) -> None:
    """One is chosen, or all are taken; none chosen is an error that tells how."""
    source = several("left", "right", "right")
    with pytest.raises(ManyImagesError, match="return_list=True"):
        omio.imread(source)
    arrays, dicts = omio.imread(source, return_list=True)
    assert [int(a[0, 0, 0, 0, 0]) for a in arrays] == [0, 1, 2]
    assert [d["Name"] for d in dicts] == ["left", "right", "right"]
    assert omio.imread(source, image="left")[1]["Name"] == "left"
    assert omio.imread(source, image=np.int64(2))[0].max() == 2
    arrays, _ = omio.imread(source, image=1, return_list=True)
    assert len(arrays) == 1
    for image in ("right", "all", "up", 3):  # two of that name; two images; none; none
        with pytest.raises(ManyImagesError):
            omio.imread(source, image=image)
    with omio.imopen(source, image=1) as image:
        assert image.name == "right"


# --- names that are taken


def test_numbering(stated: Path, tmp_path: Path) -> None:
    """By default; what is there stays."""
    names = [omio.convert_to_ometiff(stated, tmp_path / "out")[0].name for _ in range(3)]
    assert names == ["cells_hyperstack.ome.tif", "cells_hyperstack-1.ome.tif", "cells_hyperstack-2.ome.tif"]


def test_other_collisions(stated: Path, tmp_path: Path) -> None:
    """Raise, skip, overwrite; a policy that is none is told before anything is written."""
    out = tmp_path / "out"
    with pytest.raises(OmioError, match="'ask'"):
        omio.convert_to_ometiff(stated, out, collision="ask")
    assert not out.exists()
    (path,) = omio.convert_to_ometiff(stated, out)
    before = path.stat().st_mtime_ns
    with pytest.raises(WriteError, match="exists already"):
        omio.convert_to_ometiff(stated, out, collision="raise")
    assert omio.convert_to_ometiff(stated, out, collision="skip") == []
    assert path.stat().st_mtime_ns == before
    assert omio.convert_to_ometiff(stated, out, collision="overwrite", compression_level=0) == [path]
    with tifffile.TiffFile(path) as file:
        assert file.pages[0].compression == tifffile.COMPRESSION.NONE
    assert [p.name for p in out.iterdir()] == [path.name]


# --- how


@pytest.mark.parametrize("level", [0, 3, 9])
def test_levels(stated: Path, tmp_path: Path, level: int) -> None:
    """The same pixels; 0 is truly uncompressed, the default is 3."""
    (path,) = omio.convert_to_ometiff(stated, tmp_path, compression_level=level)
    np.testing.assert_array_equal(omio.imread(path)[0], omio.imread(stated)[0])
    raw = 4 * 5 * 2 * 96 * 128 * 2
    with tifffile.TiffFile(path) as file:
        assert {page.compression.name for page in file.pages} == {"NONE" if level == 0 else "ADOBE_DEFLATE"}
        stored = sum(sum(page.databytecounts) for page in file.pages)
    assert stored == raw if level == 0 else stored < raw
    if level == 3:
        (default,) = omio.convert_to_ometiff(stated, tmp_path / "default")
        assert default.stat().st_size == pytest.approx(path.stat().st_size, abs=2000)


def test_tiles(stated: Path, tmp_path: Path) -> None:
    """As large as asked."""
    (path,) = omio.convert_to_ometiff(stated, tmp_path, tile=32)
    with tifffile.TiffFile(path) as file:
        assert file.pages[0].tile == (32, 32)
    np.testing.assert_array_equal(omio.imread(path)[0], omio.imread(stated)[0])


def test_progress(several: Callable[..., Path], stated: Path, tmp_path: Path) -> None:
    """Bytes done and bytes in all, over all images of the call, never less than before."""
    for source, whole in ((several("a", "b", "c"), 3 * 72), (stated, 4 * 5 * 2 * 96 * 128 * 2)):
        said: list[tuple[int, int]] = []
        omio.convert_to_ometiff(source, tmp_path / "out", progress=lambda *both, said=said: said.append(both))
        assert {total for _, total in said} == {whole}
        done = [bytes_ for bytes_, _ in said]
        assert done == sorted(done)
        assert done[-1] == whole


def test_the_policy_for_what_is_missing(plane: Path, tmp_path: Path) -> None:
    """`missing="raise"` refuses before the folder is made, and names what is missing."""
    with pytest.raises(MissingMetadataError, match="PhysicalSizeX, PhysicalSizeY") as caught:
        omio.convert_to_ometiff(plane, tmp_path / "out", missing="raise")
    assert caught.value.missing == ("PhysicalSizeX", "PhysicalSizeY")
    assert not (tmp_path / "out").exists()
    assert omio.convert_to_ometiff(plane, tmp_path / "out", missing="raise", pixel_size=0.5)


def test_where_it_comes_from(stated: Path, tell: Callable[[Path], Any]) -> None:
    """The file says who made it of what: reader, source, choices; never a folder of the machine."""
    (path,) = omio.convert_to_ometiff(stated, missing="raise")
    told = tell(path)
    _, metadata = omio.imread(path)
    (record,) = metadata["Annotations"]["omio/provenance"]["history"]
    assert record["reader"] == "tiff"
    assert record["source"][0]["name"] == stated.name
    assert record["source"][0]["bytes"] == stated.stat().st_size
    assert record["policies"]["missing"] == "raise"
    assert str(stated.parent) not in told.xml
    assert "file: ImageJ description: finterval" in told.annotations["omio/origins"]["TimeIncrement"]
