"""What a file, a list and a stack of folders stand for: which files, in which order."""

from __future__ import annotations

from pathlib import Path

import pytest
import tifffile

import omio
from omio.sources.kinds import find
from omio_core.errors import NoReaderError, OmioError, ReadError
from tests.omio.folders import PIXELS, along_t, first, put


@pytest.mark.parametrize("name", ["._a.tif", "ChanA_Preview.tif"])
def test_a_path_that_is_given_is_read(tmp_path: Path, name: str) -> None:
    """Whatever it is called, alone and in a list."""
    path = put(tmp_path / name, 7)
    assert omio.imread(path)[0].max() == 7
    assert first(omio.imread([put(tmp_path / "b.tif", 1), path], return_list=True)[0]) == [1, 7]


# --- lists


def test_a_list(tmp_path: Path) -> None:
    """In its own order; a file that is given twice is read twice; a folder in it is a folder."""
    a, b = put(tmp_path / "f" / "a.tif", 1), put(tmp_path / "f" / "b.tif", 2)
    assert first(omio.imread([b, a, b], return_list=True)[0]) == [2, 1, 2]
    assert first(omio.imread((str(b), tmp_path / "f"), return_list=True)[0]) == [2, 1]
    assert first(omio.imread(omio.Files([omio.File(a)]), return_list=True)[0]) == [1]
    with pytest.raises(OmioError, match="list of files is empty"):
        omio.imread([])
    with pytest.raises(OmioError, match="int is no source"):
        omio.imread(3)


# --- stacks of folders


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """Two families of three folders, and others that are of neither."""
    for fov in (1, 2):
        for t in (1, 2, 10):
            put(tmp_path / f"FOV{fov}_time{t:03}" / "image.tif", 10 * fov + t)
    put(tmp_path / "FOV1_time001_raw" / "image.tif", 99)
    put(tmp_path / "FOV1_timelapse" / "image.tif", 98)
    return tmp_path


def test_a_family_of_folders(stack: Path) -> None:
    """Siblings that share the tag before the last number, by its value; no other family; the family is shown."""
    plan = omio.plan(omio.FolderStack(stack / "FOV1_time002"), merge="T", to="memory")
    assert [Path(path).name for path in plan.family] == ["FOV1_time001", "FOV1_time002", "FOV1_time010"]
    assert "stack of 3 folders: FOV1_time001, FOV1_time002, FOV1_time010" in str(plan)
    assert plan.notes == ("between FOV1_time002 and FOV1_time010 the numbers 3 to 9 are missing",)
    (image,) = plan.run()
    assert along_t(image.to_numpy()) == [11, 12, 20]


def test_a_tag(stack: Path) -> None:
    """It names the family in the folder they lie in; without one, several families are an error that lists them."""
    assert [Path(p).name for p in find(omio.FolderStack(stack, tag="FOV2_time")).family] == [
        "FOV2_time001", "FOV2_time002", "FOV2_time010",
    ]  # fmt: skip
    (stack / "data").mkdir()
    for child in sorted(stack.glob("FOV*")):
        child.rename(stack / "data" / child.name)
    with pytest.raises(OmioError, match="holds 4 families") as caught:
        find(omio.FolderStack(stack / "data"))
    assert "FOV1_time<number>, FOV1_time<number>_raw, FOV2_time<number>, FOV<number>_timelapse" in caught.value.evidence
    with pytest.raises(OmioError, match="holds 0 families"):
        find(omio.FolderStack(stack / "data", tag="nothing"))


def test_a_stack_that_is_none(tmp_path: Path) -> None:
    """A file, or what is not there."""
    with pytest.raises(FileNotFoundError, match="FOV1_time001"):
        find(omio.FolderStack(tmp_path / "FOV1_time001"))
    with pytest.raises(ReadError, match="is no folder"):
        find(omio.FolderStack(put(tmp_path / "a1.tif")))


def test_unequal_folders_of_a_stack(stack: Path) -> None:
    """Told, because a file may be missing."""
    put(stack / "FOV1_time001" / "image2.tif")
    assert any("FOV1_time002 1, others up to 2" in n for n in find(omio.FolderStack(stack / "FOV1_time001")).notes)


def test_a_folder_of_a_stack_that_is_named_belongs_to_it(tmp_path: Path) -> None:
    """It was left out for its name, and an IndexError came of that."""
    (tmp_path / "preview_001").mkdir()
    tifffile.imwrite(tmp_path / "preview_001" / "a.tif", PIXELS, imagej=True, metadata={"axes": "ZYX"})
    arrays, _ = omio.imread(omio.FolderStack(tmp_path / "preview_001"), return_list=True)
    assert len(arrays) == 1


DOORS = {
    "imread": omio.imread,
    "imopen": omio.imopen,
    "explain": omio.explain,
    "convert": lambda path: omio.convert_to_ometiff(path, path.with_name("out")),
    "plan": omio.plan,
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("content", ["chunks", "nothing"])
def test_a_folder_named_like_a_picture_that_is_none(door: str, content: str, tmp_path: Path) -> None:
    """The reader of such folders says what is missing; a plain folder is not asked for it."""
    folder = tmp_path / "cells.ome.zarr"
    (folder / "0" / "c").mkdir(parents=True)
    if content == "nothing":
        (folder / "0" / "c").rmdir()
        (folder / "0").rmdir()
    with pytest.raises(NoReaderError, match="named like a picture that is a folder") as caught:
        DOORS[door](folder)
    assert "ome_zarr: a folder without the metadata of a Zarr" in str(caught.value)
    with pytest.raises(NoReaderError, match=r"a folder that (holds no|no reader knows)") as plain:
        DOORS[door](folder.rename(tmp_path / "cells"))
    assert "zarr" not in str(plain.value)
