"""What a folder, a list and a stack of folders stand for: which files, in which order, and what is left out and why."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

import omio
from omio.sources.kinds import find, natural
from omio_core.errors import NoReaderError, OmioError, ReadError

from .folders import along_t, first, put

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a privilege on Windows")


def _names(source: object) -> list[str]:
    return [Path(one.path).name for one in find(source).candidates]


def _why(plan: omio.Plan) -> dict[str, str]:
    return {Path(one.path).name: one.why for one in plan.skipped}


def test_natural_order(tmp_path: Path) -> None:
    """Numbers by value, wherever they stand; in folders too."""
    names = ["T_10.tif", "T_2.tif", "t_1.tif", "T_1_Z_10.tif", "T_1_Z_9.tif"]
    for name in names:
        put(tmp_path / name)
    assert _names(tmp_path) == ["t_1.tif", "T_1_Z_9.tif", "T_1_Z_10.tif", "T_2.tif", "T_10.tif"]
    assert sorted(["b10/a", "b9/a"], key=natural) == ["b9/a", "b10/a"]


def test_what_is_no_image_by_its_name(tmp_path: Path) -> None:
    """Hidden files, previews and thumbnails are left out of a folder, each with the reason; images are not."""
    for name in (".a.tif", "._a.tif", "ChanA_Preview.tif", "a_thumb.tif", "Thumbnail of a.tif", "PREVIEW.TIF"):
        put(tmp_path / name)
    for name in ("previewer.tif", "thumbprint.tif", "a.tif"):
        put(tmp_path / name)
    plan = omio.plan(tmp_path)
    assert [Path(one.inputs[0].path).name for one in plan.outputs] == ["a.tif", "previewer.tif", "thumbprint.tif"]
    assert set(_why(plan).values()) == {"hidden", "a preview or thumbnail by its name"}
    assert "left out (hidden): ._a.tif, .a.tif" in str(plan)


@pytest.mark.parametrize("name", ["._a.tif", "ChanA_Preview.tif"])
def test_a_path_that_is_given_is_read(tmp_path: Path, name: str) -> None:
    """Whatever it is called, alone and in a list."""
    path = put(tmp_path / name, 7)
    assert omio.imread(path)[0].max() == 7
    assert first(omio.imread([put(tmp_path / "b.tif", 1), path], return_list=True)[0]) == [1, 7]


def test_recursive(tmp_path: Path) -> None:
    """Folders in the folder are looked into only if that is said; hidden ones never."""
    put(tmp_path / "a.tif", 1)
    put(tmp_path / "sub10" / "b.tif", 3)
    put(tmp_path / "sub2" / "b.tif", 2)
    put(tmp_path / ".cache" / "b.tif", 9)
    assert first(omio.imread(tmp_path, return_list=True)[0]) == [1]
    assert first(omio.imread(omio.Folder(tmp_path, recursive=True), return_list=True)[0]) == [1, 2, 3]
    assert _why(omio.plan(tmp_path))["sub2"] == "a folder"
    (tmp_path / "top" / "below").mkdir(parents=True)
    with pytest.raises(NoReaderError, match="holds no image") as caught:
        omio.imread(tmp_path / "top")
    assert "recursive=True" in caught.value.remedy


def test_patterns(tmp_path: Path) -> None:
    """Of any case; one that begins with ! leaves out."""
    for name in ("a_ch1.tif", "A_CH1_old.TIF", "a_ch2.tif"):
        put(tmp_path / name)
    assert _names(omio.Folder(tmp_path, patterns="*_ch1*.tif")) == ["a_ch1.tif", "A_CH1_old.TIF"]
    assert _names(omio.Folder(tmp_path, patterns=("*_ch1*", "!*_old*"))) == ["a_ch1.tif"]
    assert _names(omio.Folder(tmp_path, patterns=["!*ch1*"])) == ["a_ch2.tif"]
    with pytest.raises(NoReaderError, match="holds no image") as caught:
        omio.imread(omio.Folder(tmp_path, patterns="*.lsm"))
    assert "does not match *.lsm" in caught.value.evidence


def test_what_is_no_image_by_its_content(tmp_path: Path) -> None:
    """Left out with the reason where no reader gives images such names; content decides, not the name."""
    put(tmp_path / "a.tif", 1).rename(tmp_path / "a.dat")
    (tmp_path / "notes.txt").write_text("a note")
    put(tmp_path / "b.tif", 2)
    plan = omio.plan(tmp_path)
    assert [Path(one.inputs[0].path).name for one in plan.outputs] == ["a.dat", "b.tif"]
    assert _why(plan) == {"notes.txt": "no reader knows it"}


def test_a_set_counts_once(tmp_path: Path) -> None:
    """The files of a set of several are one image, whichever comes first; in a list too."""
    ome = (
        '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0">'
        '<Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint16" SizeX="6" SizeY="5" SizeZ="1" SizeC="1" SizeT="2">'
        '<Channel ID="Channel:0:0" SamplesPerPixel="1"/>'
        '<TiffData FirstT="0" IFD="0" PlaneCount="1"><UUID FileName="t0.ome.tif">urn:uuid:1</UUID></TiffData>'
        '<TiffData FirstT="1" IFD="0" PlaneCount="1"><UUID FileName="t1.ome.tif">urn:uuid:2</UUID></TiffData>'
        "</Pixels></Image></OME>"
    )
    import numpy as np
    import tifffile

    for t in range(2):
        own = ome.replace("<OME ", f'<OME UUID="urn:uuid:{t + 1}" ')
        tifffile.imwrite(tmp_path / f"t{t}.ome.tif", np.full((5, 6), t + 1, "u2"), description=own, metadata=None)
    put(tmp_path / "z.tif", 9)
    (whole, other), _ = omio.imread(tmp_path, return_list=True)
    assert along_t(whole) == [1, 2]
    assert other.max() == 9
    assert _why(omio.plan(tmp_path)) == {"t1.ome.tif": "of the set of t0.ome.tif"}
    given = [tmp_path / "t1.ome.tif", tmp_path / "t0.ome.tif"]
    assert [array.shape[0] for array in omio.imread(given, return_list=True)[0]] == [2]


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


# --- links


@needs_links
def test_a_circle_of_links(tmp_path: Path) -> None:
    """An error that names the link: of folders, and of files."""
    put(tmp_path / "data" / "a.tif")
    (tmp_path / "data" / "loop").symlink_to(tmp_path / "data", target_is_directory=True)
    assert len(omio.imread(tmp_path / "data", return_list=True)[0]) == 1  # nobody follows it
    with pytest.raises(ReadError, match=r"loop is a symbolic link that leads in a circle"):
        omio.imread(omio.Folder(tmp_path / "data", recursive=True))
    (tmp_path / "files").mkdir()
    put(tmp_path / "files" / "a.tif")
    (tmp_path / "files" / "x.tif").symlink_to(tmp_path / "files" / "y.tif")
    (tmp_path / "files" / "y.tif").symlink_to(tmp_path / "files" / "x.tif")
    with pytest.raises(ReadError, match=r"[xy]\.tif is a symbolic link that leads in a circle"):
        omio.imread(tmp_path / "files", return_list=True)


@needs_links
def test_links(tmp_path: Path) -> None:
    """One to a file is followed; a folder is visited once; one to nothing is an error if it is named as images are."""
    put(tmp_path / "elsewhere" / "x" / "b.tif", 2)
    data = put(tmp_path / "data" / "a.tif", 1).parent
    (data / "linked.tif").symlink_to(tmp_path / "elsewhere" / "x" / "b.tif")
    (data / "one").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (data / "two").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (data / "nothing.txt").symlink_to(tmp_path / "gone")
    source = omio.Folder(data, recursive=True)
    assert first(omio.imread(source, return_list=True)[0]) == [1, 2, 2]
    assert _why(omio.plan(source))["two"].startswith("the same folder as")
    (data / "nothing.tif").symlink_to(tmp_path / "gone")
    with pytest.raises(FileNotFoundError, match=r"nothing\.tif"):
        omio.imread(source, return_list=True)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_among_files(tmp_path: Path) -> None:
    """It would block for ever: left out, or an error if it is named as images are."""
    put(tmp_path / "a.tif", 1)
    os.mkfifo(tmp_path / "events")
    assert first(omio.imread(tmp_path, return_list=True)[0]) == [1]
    os.mkfifo(tmp_path / "b.tif")
    with pytest.raises(ReadError, match=r"b\.tif is neither a file nor a folder"):
        omio.imread(tmp_path, return_list=True)
