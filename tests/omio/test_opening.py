"""From a path to images: content decides who reads it, one image is chosen, and a folder is opened as one or all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import dask.array as da
import numpy as np
import pytest

import omio
import omio.cli
from omio_core.errors import LimitExceededError, ManyImagesError, NoReaderError, UnknownReaderError
from omio_core.pixels import handles
from omio_core.settings import using
from tests.omio.folders import along_t, first, put


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("stack.czi", "although the name ends in .czi"),
        ("stack", "although the name has no suffix"),
        ("stack.ome", "although the name ends in .ome"),
        ("stack.jpg", "although the name ends in .jpg"),
        ("été 1 (2)", "although the name has no suffix"),
    ],
)
def test_a_wrong_name(stated: Path, name: str, said: str) -> None:
    """Read all the same, and the verdict names the contradiction."""
    array, _ = omio.imread(stated)
    path = stated.rename(stated.with_name(name))
    again, metadata = omio.imread(path)
    np.testing.assert_array_equal(again, array)
    assert metadata["PhysicalSizeX"] == 0.25
    told = omio.explain(path)
    assert told.to_dict()["reader"] == "tiff"
    assert said in told.to_dict()["verdicts"]["tiff"]["why"]
    assert said in str(told)


def test_a_right_name_in_capitals(stated: Path) -> None:
    """.TIF is .tif: nothing to remark."""
    path = stated.rename(stated.with_name("STACK.TIF"))
    array, _ = omio.imread(path)
    assert array.shape == (4, 5, 2, 96, 128)
    assert "although" not in str(omio.explain(path))


def test_a_picture_of_another_kind_named_tif(tmp_path: Path) -> None:
    """The name does not help it; the error has each reader's reason."""
    path = tmp_path / "a.tif"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    with pytest.raises(NoReaderError) as caught:
        omio.imread(path)
    assert "\\x89PN" in caught.value.evidence
    assert caught.value.verdicts["tiff"].match.name == "NO"


def test_a_reader_named_by_the_caller(stated: Path) -> None:
    """Settles it, and `explain` says who did; one that does not exist is refused with those that do."""
    assert omio.explain(stated, reader="tiff").to_dict()["because"] == "the caller named it"
    with pytest.raises(UnknownReaderError, match=r"installed: .*tiff"):
        omio.imread(stated, reader="tif")


def test_a_folder_is_not_explained(stated: Path) -> None:
    """Who asks why a folder is read as it is, is told what says so."""
    with pytest.raises(NoReaderError, match="is a folder") as caught:
        omio.explain(stated.parent)
    assert f"omio.plan({str(stated.parent)!r})" in caught.value.remedy
    assert f"omio plan {stated.parent}" in caught.value.remedy
    assert caught.value.path == str(stated.parent)


@pytest.mark.parametrize("image", [2, -3, "middle", ""])
def test_one_that_is_not_there(several: Callable[..., Path], tmp_path: Path, image: int | str) -> None:
    """The error lists those there are; nothing is written."""
    with pytest.raises(ManyImagesError, match=r"0: .*'left'.*1: .*'right'"):
        omio.convert_to_ometiff(several("left", "right"), tmp_path / "out", image=image)
    assert not (tmp_path / "out").exists()


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


def test_lists_and_merges(series: Path) -> None:
    """Equal to what the files hold, in natural order; in memory, lazily, and opened."""
    wanted = np.stack([omio.imread(series / f"T_{t}.tif")[0][0] for t in (8, 9, 10)])
    array, metadata = omio.imread(series, merge="T")
    np.testing.assert_array_equal(array, wanted)
    assert metadata["shape"] == [3, 1, 1, 5, 6]
    lazy, same = omio.imread(series, merge="T", lazy=True)
    assert isinstance(lazy, da.Array)
    assert same == metadata
    np.testing.assert_array_equal(lazy.compute(), wanted)
    arrays, dicts = omio.imread(series, merge="T", return_list=True)
    assert (len(arrays), len(dicts)) == (1, 1)
    handles.HANDLES.clear()
    with omio.imopen([series / "T_10.tif", series / "T_8.tif"], merge="Z") as image:
        assert image.shape == (1, 2, 1, 5, 6)
        assert image[0, :, 0, 0, 0].tolist() == [10, 8]
    assert len(handles.HANDLES) == 0


def test_one_file_in_a_folder(tmp_path: Path) -> None:
    """Nothing to choose: it is the image, merged or not."""
    put(tmp_path / "f" / "a.tif", 4)
    assert omio.imread(tmp_path / "f")[0].max() == 4
    assert omio.imread(tmp_path / "f", merge="T")[0].shape == (1, 1, 1, 5, 6)
    assert omio.imopen(tmp_path / "f").shape == (1, 1, 1, 5, 6)


def test_files_of_several_images(several: Callable[..., Path], tmp_path: Path) -> None:
    """All of each in a list; to merge, one is chosen by name or index, or all are."""
    several("left", "right", path="a.ome.tif")
    folder = several("left", "right", path="b.ome.tif").parent
    assert first(omio.imread(folder, return_list=True)[0]) == [0, 1, 0, 1]
    assert first(omio.imread(folder, return_list=True, image="right")[0]) == [1, 1]
    with pytest.raises(ManyImagesError, match="which of them to merge is not said") as caught:
        omio.imread(folder, merge="T")
    assert 'image="all"' in caught.value.remedy
    assert along_t(omio.imread(folder, merge="T", image="right")[0]) == [1, 1]
    assert along_t(omio.imread(folder, merge="T", image="all")[0]) == [0, 1, 0, 1]
    assert along_t(omio.imread(folder / "a.ome.tif", merge="T", image="all")[0]) == [0, 1]
    written = omio.convert_to_ometiff(folder, tmp_path / "out")
    assert [path.name for path in written] == [
        "a_left.ome.tif", "a_right.ome.tif", "b_left.ome.tif", "b_right.ome.tif",
    ]  # fmt: skip
    together = omio.convert_to_ometiff(folder, tmp_path / "one", layout="one-file")
    assert [(path.name, len(omio.imread(path, return_list=True)[0])) for path in together] == [
        ("a.ome.tif", 2), ("b.ome.tif", 2),
    ]  # fmt: skip


def test_it_is_refused_before_it_fills_the_memory(series: Path) -> None:
    """A merge that is larger than memory allows, while each file is not."""
    with using(max_memory=100), pytest.raises(LimitExceededError, match="180 bytes of pixels do not fit"):
        omio.imread(series, merge="T")
