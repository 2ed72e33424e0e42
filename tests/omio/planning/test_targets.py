"""Which file each output becomes: names that are taken, several images for one file, what the writer would refuse."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import tifffile

import omio
from omio_core.errors import ManyImagesError, OmioError, WriteError
from tests.omio.folders import put


def test_names(series: Path, tmp_path: Path) -> None:
    """One output an input, beside it or where asked; names that are taken, by each policy; two sources of one name."""

    def names(plan: omio.Plan) -> list[str]:
        return [str(Path(one.path).relative_to(tmp_path)) for one in plan.outputs]

    series_names = [os.path.join("series", f"T_{t}.ome.tif") for t in (8, 9, 10)]
    assert names(omio.plan(series)) == series_names
    assert names(omio.plan(series, tmp_path / "out"))[0] == os.path.join("out", "T_8.ome.tif")
    put(series / "T_9.ome.tif", 7)
    assert names(omio.plan(series / "T_9.tif")) == [os.path.join("series", "T_9-1.ome.tif")]
    twins = omio.plan([series / "T_9.tif", series / "T_9.ome.tif"], tmp_path / "out")
    assert names(twins) == [os.path.join("out", "T_9.ome.tif"), os.path.join("out", "T_9_2.ome.tif")]
    (output,) = omio.plan(series / "T_9.tif", collision="skip").outputs
    assert (output.action, "nothing is written" in str(omio.plan(series / "T_9.tif", collision="skip"))) == (
        "skip",
        True,
    )
    assert "exists already" in omio.plan(series / "T_9.tif", collision="raise").problems[0]
    (output,) = omio.plan(series / "T_9.tif", collision="overwrite").outputs
    assert (output.action, Path(output.stands.path).name) == ("overwrite", "T_9.ome.tif")
    both = omio.plan([series / "T_9.tif", series / "T_9.ome.tif"], collision="overwrite")
    assert "is being read and cannot be overwritten" in both.problems[0]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"compression": "webp"}, "webp"),
        ({"compression": "zip"}, "there is no compression 'zip'"),
        ({"compression_level": 99}, "no compression level 99"),
        ({"compression_level": "auto", "compression": "zstd"}, "encoders of zlib"),
        ({"compression": "png", "predictor": True}, "no predictor"),
        ({"tile": 17}, "17 pixels wide"),
        ({"tile": 0, "pyramid": True}, "tiles"),
        ({"pyramid": "some"}, "pyramid cannot be"),
        ({"bigtiff": "no"}, "bigtiff cannot be"),
        ({"order": "TZCYX"}, "order cannot be"),
        ({"profile": "fiji", "pyramid": 1}, "fiji"),
        ({"profile": "imagej"}, "profile cannot be"),
        ({"verify": "all"}, "verify cannot be"),
    ],
)
@pytest.mark.parametrize("merge", [None, "T"])
@pytest.mark.usefixtures("unread")
def test_what_the_writer_would_refuse_is_a_problem(
    series: Path, tmp_path: Path, tree: Callable[[], dict[str, bytes]], asked: dict[str, object], words: str,
    merge: str | None,
) -> None:  # fmt: skip
    """Told by the plan, and before anything is written or a folder is made."""
    before = tree()
    problems = omio.plan(series, tmp_path / "out", merge=merge, **asked).problems
    assert len(problems) == (3 if merge is None else 1)
    assert all(words in one for one in problems)
    with pytest.raises(WriteError, match=words):
        omio.convert_to_ometiff(series, tmp_path / "out", merge=merge, **asked)
    assert tree() == before
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("unread")
def test_no_classic_tiff_of_more_than_it_holds(tmp_path: Path) -> None:
    """Told before 5 GB are written, where the size is certain."""
    large = tmp_path / "large.tif"
    tifffile.imwrite(large, shape=(5, 1 << 15, 1 << 15), dtype="uint8", bigtiff=True)  # a file of holes
    (problem,) = omio.plan(large, compression_level=0, bigtiff=False).problems
    assert "do not fit a classic TIFF" in problem
    assert not omio.plan(large, bigtiff=False).problems


@pytest.mark.usefixtures("unread")
def test_64_bit_integers_are_looked_at_when_they_are_written(tmp_path: Path) -> None:
    put(tmp_path / "wide.tif", 1, dtype="int64", bare=True)
    assert not omio.plan(tmp_path / "wide.tif").problems


def test_an_ome_tiff_beside_itself(stated: Path) -> None:
    """The name is its own: numbered, never overwritten; and refused if overwriting is asked for."""
    (path,) = omio.convert_to_ometiff(stated)
    before = path.read_bytes()
    assert omio.convert_to_ometiff(path) == [path.with_name("cells_hyperstack-1.ome.tif")]
    with pytest.raises(WriteError, match="is being read"):
        omio.convert_to_ometiff(path, collision="overwrite")
    assert path.read_bytes() == before


def test_several_into_one_file(several: Callable[..., Path], tmp_path: Path) -> None:
    """Refused before anything is written."""
    with pytest.raises(ManyImagesError, match="2 images"):
        omio.convert_to_ometiff(several("left", "right"), tmp_path / "out.ome.tif")
    assert not (tmp_path / "out.ome.tif").exists()


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


def test_images_of_one_file_can_share_one(several: Callable[..., Path], tmp_path: Path) -> None:
    source = several("left", None)
    with pytest.raises(ManyImagesError, match="2 images cannot go into the one file") as caught:
        omio.convert_to_ometiff(source, tmp_path / "x.ome.tif")
    assert caught.value.evidence == f"{source} holds image 0 'left', image 1 'Image1'"
    assert 'layout="one-file" (--layout one-file)' in caught.value.remedy
    assert "merge" not in caught.value.remedy


def test_images_of_several_files_can_be_merged(tmp_path: Path) -> None:
    put(tmp_path / "f" / "a.tif")
    put(tmp_path / "f" / "b.tif")
    with pytest.raises(ManyImagesError, match="2 images cannot go into the one file") as caught:
        omio.convert_to_ometiff(tmp_path / "f", tmp_path / "x.ome.tif")
    assert caught.value.evidence == f"{tmp_path / 'f' / 'a.tif'}; {tmp_path / 'f' / 'b.tif'}"
    assert "--along T" in caught.value.remedy
