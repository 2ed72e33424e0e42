"""Folders and lists read, merged and converted: what comes out, what is left out, what is an error that names it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dask.array as da
import numpy as np
import pytest
import tifffile
from click.testing import Result

import omio
from omio_core.errors import (
    AssumedAxesWarning,
    CorruptFileError,
    LimitExceededError,
    ManyImagesError,
    MergeError,
    NoReaderError,
    UnknownReaderError,
)
from omio_core.ome import tree as ometree
from omio_core.parsing import xml as xmltext
from omio_core.pixels import handles
from omio_core.settings import using

from .folders import along_t, first, put

DOORS = {
    "imread": lambda path: omio.imread(path, return_list=True),
    "imread merged": lambda path: omio.imread(path, merge="T"),
    "imopen": lambda path: omio.imopen(path, merge="T"),
    "plan": omio.plan,
    "convert": omio.convert_to_ometiff,
    "convert merged": lambda path: omio.convert_to_ometiff(path, merge="T"),
}


@pytest.fixture
def series(tmp_path: Path) -> Path:
    """Three planes in a folder."""
    for t in (8, 9, 10):
        put(tmp_path / "series" / f"T_{t}.tif", t)
    return tmp_path / "series"


# --- reading


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
    handles.OPENS.clear()
    with omio.imopen([series / "T_10.tif", series / "T_8.tif"], merge="Z") as image:
        assert image.shape == (1, 2, 1, 5, 6)
        assert image[0, :, 0, 0, 0].tolist() == [10, 8]
    assert len(handles.OPENS) == 0


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


def test_a_reader_by_name(series: Path) -> None:
    """Files of other readers in the folder are left out; a reader that is none is told."""
    (series / "notes.txt").write_text("a note")
    assert len(omio.imread(series, reader="tiff", return_list=True)[0]) == 3
    with pytest.raises(UnknownReaderError):
        omio.imread(series, reader="nonsense", return_list=True)


def test_it_is_refused_before_it_fills_the_memory(series: Path) -> None:
    """A merge that is larger than memory allows, while each file is not."""
    with using(max_memory=100), pytest.raises(LimitExceededError, match="180 bytes of pixels do not fit"):
        omio.imread(series, merge="T")


def test_warnings_of_many_files(tmp_path: Path) -> None:
    """One a kind, with how many there were, and of which files."""
    for name in "abc":
        put(tmp_path / "f" / f"{name}.tif", shape=(2, 5, 6), bare=True)
    with pytest.warns(AssumedAxesWarning, match=r"a\.tif.*\(and 2 more of this kind: b\.tif, c\.tif\)") as told:
        omio.imread(tmp_path / "f", return_list=True)
    assert len(told) == 1
    with pytest.warns(AssumedAxesWarning) as told:
        omio.convert_to_ometiff(tmp_path / "f", tmp_path / "out")
    assert len(told) == 1
    omio.plan(tmp_path / "f")  # says it in the plan


def test_threads_leave_the_filters_alone(series: Path) -> None:
    """Many at once: each gets its picture, and warnings are what they were."""
    before = list(warnings.filters), warnings.showwarning
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: along_t(omio.imread(series, merge="T")[0]), range(16)))
    assert found == [[8, 9, 10]] * 16
    assert (list(warnings.filters), warnings.showwarning) == before


# --- converting


def test_a_folder_converted(series: Path, tmp_path: Path) -> None:
    """One output an input beside it; in a folder asked for, below it the folders of the source; or one merged."""
    assert [p.relative_to(tmp_path).as_posix() for p in omio.convert_to_ometiff(series)] == [
        f"series/T_{t}.ome.tif" for t in (8, 9, 10)
    ]
    put(series / "below" / "T_8.tif", 7)
    done: list[tuple[int, int]] = []
    written = omio.convert_to_ometiff(
        omio.Folder(series, recursive=True), tmp_path / "out", progress=lambda *now: done.append(now)
    )
    assert [p.relative_to(tmp_path).as_posix() for p in written] == [
        "out/below/T_8.ome.tif", "out/T_8.ome.tif", "out/T_9.ome.tif", "out/T_10.ome.tif",
    ]  # fmt: skip
    assert done[-1] == (240, 240)
    assert [now for now, _ in done] == sorted(now for now, _ in done)
    (merged,) = omio.convert_to_ometiff(series, merge="T")
    assert merged == tmp_path / "series_merged_T.ome.tif"
    assert along_t(omio.imread(merged)[0]) == [8, 9, 10]
    (named,) = omio.convert_to_ometiff(series, tmp_path / "out", merge="T", name="{stem}_of_{SizeT}")
    assert named == tmp_path / "out" / "series_of_3.ome.tif"
    (listed,) = omio.convert_to_ometiff([series / "T_9.tif", series / "T_8.tif"], merge="Z")
    assert listed == series / "T_9_merged_Z.ome.tif"


def test_what_omio_wrote_is_not_read_again(series: Path, tmp_path: Path) -> None:
    """Left out, with a note, where all it was made of is there; else it is an image like any other."""
    omio.convert_to_ometiff(series)
    omio.convert_to_ometiff(series, series / "all.ome.tif", merge="T")
    (again,) = omio.convert_to_ometiff(series / "T_8.ome.tif", series / "again.ome.tif")
    assert first(omio.imread(series, return_list=True)[0]) == [8, 9, 10]
    why = {Path(one.path).name: one.why for one in omio.plan(series).skipped}
    assert why["T_9.ome.tif"] == "written by OMIO from T_9.tif, which is among the inputs"
    assert why["all.ome.tif"] == "written by OMIO from T_8.tif and 2 more, which is among the inputs"
    assert set(why) == {"T_8.ome.tif", "T_9.ome.tif", "T_10.ome.tif", "all.ome.tif", "again.ome.tif"}
    # what is named is read
    assert first(omio.imread([series / "T_8.tif", series / "T_8.ome.tif"], return_list=True)[0]) == [8, 8]
    # what it was made of is gone, or is another file
    (series / "T_8.tif").unlink()
    put(series / "T_9.tif", 22)
    names = [Path(one.inputs[0].path).name for one in omio.plan(series).outputs]
    assert names == ["all.ome.tif", "T_8.ome.tif", "T_9.ome.tif", "T_9.tif", "T_10.tif"]
    assert again.exists()


def test_the_note(series: Path, cli: Callable[..., Result], caplog: pytest.LogCaptureFixture) -> None:
    """In the log of the library, and on standard error of the command line."""
    omio.convert_to_ometiff(series)
    with caplog.at_level("INFO", "omio"):
        omio.imread(series, merge="T")
    said = "left out, as OMIO wrote it from others of the inputs: T_8.ome.tif, T_9.ome.tif, T_10.ome.tif"
    assert caplog.messages == [said]
    assert f"note: {said}" in cli("merge", series, "--along", "T").stderr


def test_the_metadata_are_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To see what OMIO wrote, the metadata of a file are asked for while its text is still at hand."""
    for t in range(20):
        omio.imwrite(tmp_path / f"{t}.ome.tif", np.full((5, 6), t, "u2"))
    times: list[str] = []

    def counted(xml: str, *said: str) -> object:
        times.append(xml)
        return xmltext.parse(xml, *said)

    ometree._kept.cache_clear()
    monkeypatch.setattr(ometree, "parse", counted)
    assert omio.plan(tmp_path, merge="T").outputs[0].shape == (20, 1, 1, 5, 6)
    assert len(times) == 20


def test_a_foreign_ome_tiff_is_read(series: Path) -> None:
    """It carries no record of ours."""
    put(series / "T_3.ome.tif", 3)
    assert first(omio.imread(series, return_list=True)[0]) == [3, 8, 9, 10]


# --- what is wrong


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("data", [b"", b"not a picture", b"II*\0\xff\xff\xff\xff", b"II*\0\x08\0\0\0\x01\0"])
def test_an_unreadable_file_among_good_ones(
    door: str, data: bytes, series: Path, tree: Callable[[], dict[str, bytes]]
) -> None:
    """Never dropped in silence: an error that names it, and nothing is written."""
    (series / "T_3.tif").write_bytes(data)
    before = tree()
    with pytest.raises((NoReaderError, CorruptFileError), match=r"T_3\.tif"):
        DOORS[door](series)
    assert tree() == before


def test_what_a_reader_knows_as_no_image(series: Path) -> None:
    """A mask that ThorImageLS writes beside its images has their suffix, and is left out with the reason."""
    (series / "ROIMask.raw").write_bytes(bytes(60))
    plan = omio.plan(series)
    assert [(Path(one.path).name, one.why) for one in plan.skipped] == [
        ("ROIMask.raw", "a mask of regions of interest, no image")
    ]
    with pytest.raises(NoReaderError, match=r"ROIMask\.raw"):
        omio.plan([series / "ROIMask.raw", series])
    (series / "Image_001_001.raw").write_bytes(bytes(60))  # it may be one, and nothing says its shape
    with pytest.raises(NoReaderError, match=r"Image_001_001\.raw"):
        omio.plan(series)


def test_it_can_be_left_out(series: Path) -> None:
    """As the remedy says."""
    (series / "T_3.tif").write_bytes(b"not a picture")
    with pytest.raises(NoReaderError) as caught:
        omio.imread(series, return_list=True)
    assert "patterns=['!T_3.tif']" in caught.value.remedy
    assert len(omio.imread(omio.Folder(series, patterns=["!T_3.tif"]), return_list=True)[0]) == 3


@pytest.mark.parametrize("door", DOORS)
def test_a_folder_without_images(door: str, tmp_path: Path, tree: Callable[[], dict[str, bytes]]) -> None:
    """Empty, or of text files: an error that says what is there."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(NoReaderError, match="empty is a folder that holds no file"):
        DOORS[door](tmp_path / "empty")
    (tmp_path / "texts").mkdir()
    for name in ("a.txt", "b.md", ".hidden.tif"):
        (tmp_path / "texts" / name).write_text("text")
    before = tree()
    with pytest.raises(NoReaderError, match="texts is a folder that holds no image") as caught:
        DOORS[door](tmp_path / "texts")
    assert "a.txt: no reader knows it" in caught.value.evidence
    assert ".hidden.tif: hidden" in caught.value.evidence
    assert tree() == before


@pytest.mark.parametrize("door", ["imread merged", "imopen", "convert merged"])
def test_mixed_types(door: str, series: Path, tree: Callable[[], dict[str, bytes]]) -> None:
    """Another type, RGB among grey: an error that names the file."""
    put(series / "T_11.tif", dtype="f4")
    before = tree()
    with pytest.raises(MergeError, match=r"T_11\.tif.*of another type"):
        DOORS[door](series)
    (series / "T_11.tif").unlink()
    tifffile.imwrite(series / "T_11.tif", np.zeros((5, 6, 3), "u2"), photometric="rgb", metadata=None)
    with pytest.raises(MergeError, match=r"T_11\.tif.*other samples"):
        DOORS[door](series)
    (series / "T_11.tif").unlink()
    assert set(tree()) == set(before) - {"series/T_11.tif"}


@pytest.mark.parametrize("door", DOORS)
def test_what_is_not_there(door: str, series: Path, tree: Callable[[], dict[str, bytes]]) -> None:
    """In a list, or as a folder."""
    before = tree()
    for missing in ([series / "T_8.tif", series / "T_5.tif"], omio.Folder(series / "T_5.tif")):
        with pytest.raises(FileNotFoundError, match=r"T_5\.tif"):
            DOORS[door](missing)
    assert tree() == before


def test_a_disk_that_is_full_later(series: Path, tmp_path: Path) -> None:
    """A file that cannot be written after others were: those that are whole stay, and no part of the other is left."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "below").write_text("a file where a folder is needed")
    put(series / "below" / "b.tif")
    from omio_core.errors import WriteError

    with pytest.raises(WriteError, match="below"):
        omio.convert_to_ometiff(omio.Folder(series, recursive=True), tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["below"]


# --- on the command line


def test_the_command_line(series: Path, tmp_path: Path, cli: Callable[..., Result]) -> None:
    """Convert a folder; merge files, folders and stacks of folders."""
    put(series / "below" / "b_old.tif", 7)
    done = cli("convert", series, "-o", tmp_path / "out", "--recursive", "--pattern", "!*_old*")
    assert (done.exit_code, len(done.stdout.splitlines())) == (0, 3)
    done = cli("merge", series / "T_10.tif", series / "T_8.tif", "--along", "t", "-o", tmp_path / "two.ome.tif")
    assert done.exit_code == 0
    assert along_t(omio.imread(tmp_path / "two.ome.tif")[0]) == [10, 8]
    for t in (1, 2):
        put(tmp_path / f"S_{t}" / "a.tif", t)
    done = cli("merge", tmp_path / "S_1", "--stack", "--along", "T", "-o", tmp_path / "out")
    assert along_t(omio.imread(tmp_path / "out" / "S_merged_T.ome.tif")[0]) == [1, 2]
    assert done.stdout.strip() == f"{tmp_path / 'S_1'} -> {tmp_path / 'out' / 'S_merged_T.ome.tif'}"
    done = cli("merge", tmp_path, "--tag", "S_", "--along", "T", "-o", tmp_path / "out", "--collision", "skip", "-q")
    assert (done.exit_code, done.stdout) == (0, "")
