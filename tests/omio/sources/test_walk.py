"""What lies in a folder: its natural order, what may be an image by its name, folders in it, and links."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import omio
from omio.sources.kinds import find, natural
from omio_core.errors import NoReaderError, ReadError
from tests.omio.folders import first, put, reasons

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a privilege on Windows")


def _names(source: object) -> list[str]:
    return [Path(one.path).name for one in find(source).candidates]


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
    assert set(reasons(plan).values()) == {"hidden", "a preview or thumbnail by its name"}
    assert "left out (hidden): ._a.tif, .a.tif" in str(plan)


def test_recursive(tmp_path: Path) -> None:
    """Folders in the folder are looked into only if that is said; hidden ones never."""
    put(tmp_path / "a.tif", 1)
    put(tmp_path / "sub10" / "b.tif", 3)
    put(tmp_path / "sub2" / "b.tif", 2)
    put(tmp_path / ".cache" / "b.tif", 9)
    assert first(omio.imread(tmp_path, return_list=True)[0]) == [1]
    assert first(omio.imread(omio.Folder(tmp_path, recursive=True), return_list=True)[0]) == [1, 2, 3]
    assert reasons(omio.plan(tmp_path))["sub2"] == "a folder"
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
    assert reasons(omio.plan(source))["two"].startswith("the same folder as")
    (data / "nothing.tif").symlink_to(tmp_path / "gone")
    with pytest.raises(FileNotFoundError, match=r"nothing\.tif"):
        omio.imread(source, return_list=True)
