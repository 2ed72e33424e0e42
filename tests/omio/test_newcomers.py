"""What somebody new runs into: folders with one bad file, names of channels, suffixes, and what is said of them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import tifffile
from click.testing import Result

import omio
from omio_core.errors import (
    AbsentPlanesWarning,
    ManyImagesError,
    MetadataError,
    MetadataWarning,
    NoWriterError,
    OmioError,
    warn,
)

from .folders import put

Cli = Callable[..., Result]


def broken(path: Path) -> Path:
    """A TIFF whose pixels cannot be decompressed, which nobody sees before they are read."""
    tifffile.imwrite(path, np.arange(400, dtype="u2").reshape(20, 20), imagej=False, compression="zlib", metadata=None)
    with tifffile.TiffFile(path) as file:
        (at,), (count,) = file.pages[0].dataoffsets, file.pages[0].databytecounts
    data = bytearray(path.read_bytes())
    data[at : at + count] = b"\xff" * count
    path.write_bytes(data)
    return path


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """A folder of three files, of which the second cannot be read to the end."""
    put(tmp_path / "f" / "a.tif", 1)
    broken(tmp_path / "f" / "b.tif")
    put(tmp_path / "f" / "c.tif", 3)
    return tmp_path / "f"


# --- one bad file in a folder


def test_of_a_folder_the_others_are_done_and_said(three: Path, cli: Cli, tmp_path: Path) -> None:
    done = cli("convert", three, "-o", tmp_path / "out")
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        f"{three / name}.tif -> {tmp_path / 'out' / name}.ome.tif" for name in ("a", "c")
    ]
    (line,) = (line for line in done.stderr.splitlines() if line.startswith("error: "))
    assert str(three / "b.tif") in line
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.ome.tif", "c.ome.tif"]


def test_quiet_says_the_error_only(three: Path, cli: Cli, tmp_path: Path) -> None:
    done = cli("convert", three, "-o", tmp_path / "out", "-q")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "b.tif" in done.stderr


def test_files_are_named_as_the_folder_is(tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "f" / "a.tif", 1)
    monkeypatch.chdir(tmp_path)
    assert cli("convert", "f", "-o", "out").stdout == f"{Path('f', 'a.tif')} -> {Path('out', 'a.ome.tif')}\n"


@pytest.mark.parametrize("planned", [False, True])
def test_one_error_names_what_failed_and_what_was_written(three: Path, tmp_path: Path, *, planned: bool) -> None:
    landed: list[tuple[str, str]] = []

    def note(source: str, target: Path) -> None:
        assert target.exists()
        landed.append((Path(source).name, target.name))

    out = tmp_path / "out"
    do = omio.plan(three, out).run if planned else partial(omio.convert_to_ometiff, three, out)
    with pytest.raises(OmioError, match="1 of the source files could not be converted") as caught:
        do(landed=note)
    assert [Path(path).name for path in caught.value.failed] == ["b.tif"]
    assert [path.name for path in caught.value.written] == ["a.ome.tif", "c.ome.tif"]
    assert "b.tif" in str(caught.value)
    assert "c.ome.tif" in str(caught.value)
    assert landed == [("a.tif", "a.ome.tif"), ("c.tif", "c.ome.tif")]


def test_a_single_file_raises_its_own_error(three: Path, tmp_path: Path) -> None:
    with pytest.raises(OmioError) as caught:
        omio.convert_to_ometiff(three / "b.tif", tmp_path / "out")
    assert "failed" not in caught.value.facts


def test_info_of_a_folder_says_each_image(three: Path, cli: Cli) -> None:
    (three / "notes.txt").write_text("no image")
    (three / "d.tif").write_bytes(b"")
    put(three / "below" / "e.tif")
    done = cli("info", three, three / "a.tif")
    heads = [line.partition(": ")[0] for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert heads == [str(three / name) for name in ("a.tif", "b.tif", "c.tif", "a.tif")]
    assert done.stdout.count("image 0:") == 4
    assert done.exit_code == 1
    (line,) = (line for line in done.stderr.splitlines() if line.startswith("error: "))
    assert "d.tif" in line


def test_info_of_a_folder_takes_what_is_stated(tmp_path: Path, cli: Cli) -> None:
    put(tmp_path / "f" / "a.tif")
    done = cli("info", tmp_path / "f", "--pixel-size", "0.5", "--reader", "tiff")
    assert done.exit_code == 0
    assert "pixel X 0.5 µm" in done.stdout


def test_many_channels_are_shortened(tmp_path: Path, cli: Cli) -> None:
    for count in (8, 9):
        names = [f"n{i}" for i in range(count)]
        omio.imwrite(tmp_path / f"{count}.ome.tif", np.zeros((count, 4, 4), "u1"), axes="CYX", channel_names=names)
    assert "channels: n0, n1, n2, n3, n4, n5, n6, n7\n" in cli("info", tmp_path / "8.ome.tif").stdout
    assert "channels: n0, n1, n2, n3, n4, n5, … (9)\n" in cli("info", tmp_path / "9.ome.tif").stdout


# --- channel names of a merge along C


def _names(metadata: dict) -> list[str | None]:
    return [one["Name"] for one in metadata["Channels"]]


def _pair(folder: Path) -> list[Path]:
    paths = [folder / "one.ome.tif", folder / "two.ome.tif"]
    for path, count in zip(paths, (1, 2), strict=True):
        omio.imwrite(path, np.zeros((count, 4, 5), "u2"), axes="CYX")
    return paths


def test_names_are_those_of_the_result(tmp_path: Path, cli: Cli) -> None:
    paths = _pair(tmp_path)
    array, metadata = omio.imread(paths, merge="C", channel_names=["A", "B", "C"])
    assert array.shape[2] == 3
    assert _names(metadata) == ["A", "B", "C"]
    done = cli("merge", *paths, "--along", "C", "--channel-names", "A,B,C", "-o", tmp_path / "x.ome.tif")
    assert done.exit_code == 0, done.stderr
    assert _names(omio.imread(tmp_path / "x.ome.tif")[1]) == ["A", "B", "C"]
    plan = omio.plan(paths, tmp_path / "y.ome.tif", merge="C", channel_names=["A", "B", "C"])
    (path,) = omio.Plan.from_json(plan.to_json()).run()
    assert _names(omio.imread(path)[1]) == ["A", "B", "C"]


def test_names_of_each_input_are_given_to_each(tmp_path: Path) -> None:
    _, two = _pair(tmp_path)
    assert _names(omio.imread([two, two], merge="C", channel_names=["A", "B"])[1]) == ["A", "B", "A", "B"]


def test_names_that_fit_neither_are_refused_with_both_counts(tmp_path: Path) -> None:
    paths = _pair(tmp_path)
    said = r"channel_names has 2 name\(s\), and the images merged along C have 3 channel\(s\)"
    with pytest.raises(MetadataError, match=said):
        omio.imread(paths, merge="C", channel_names=["A", "B"])
    (problem,) = omio.plan(paths, merge="C", channel_names=["A", "B"]).problems
    assert "3 channel(s)" in problem
    with pytest.raises(MetadataError, match="does not fit"):
        omio.imread(paths, merge="C", channel_names="ABC")


def test_names_along_t_are_those_of_each(tmp_path: Path) -> None:
    _, two = _pair(tmp_path)
    assert _names(omio.imread([two, two], merge="T", channel_names=["A", "B"])[1]) == ["A", "B"]


# --- warnings about several files


def test_absent_planes_are_told_of_every_file() -> None:
    from omio.sources.notices import kept, once

    with kept() as told:
        for name in ("a", "b", "b"):
            warn(f"/f/{name}.tif: filled with 0", AbsentPlanesWarning, path=f"/f/{name}.tif")
        for number in range(8):
            warn(f"/f/{number}.tif: left out", MetadataWarning, path=f"/f/{number}.tif")
    assert tuple((one.category, one.text) for one in once(told)) == (
        (AbsentPlanesWarning, "/f/a.tif: filled with 0"),
        (AbsentPlanesWarning, "/f/b.tif: filled with 0"),
        (
            MetadataWarning,
            "/f/0.tif: left out (and 7 more of this kind: 1.tif, 2.tif, 3.tif, 4.tif, 5.tif, and 2 more)",
        ),
    )


def test_files_of_one_name_are_told_in_full() -> None:
    from omio.sources.notices import kept, once

    with kept() as told:
        for folder in ("t1", "t2"):
            warn(f"/{folder}/a.tif: left out", MetadataWarning, path=f"/{folder}/a.tif")
        warnings.warn("of no file", UserWarning, stacklevel=1)
        warnings.warn("of no file", UserWarning, stacklevel=1)
    assert [one.path for one in once(told)] == ["/t1/a.tif", None], "of several files, the first"
    assert [one.text for one in once(told)] == [
        "/t1/a.tif: left out (and 1 more of this kind: /t2/a.tif)", "of no file (and 1 more of this kind)",
    ]  # fmt: skip


@pytest.mark.parametrize("way", ["imread", "convert", "run"])
def test_padding_is_told_once(tmp_path: Path, way: str) -> None:
    put(tmp_path / "f" / "a.tif", 1, (5, 6))
    put(tmp_path / "f" / "b.tif", 2, (4, 6))
    put(tmp_path / "f" / "c.tif", 3, (3, 6))
    plan = omio.plan(tmp_path / "f", tmp_path / "x.ome.tif", merge="T", shapes="pad")  # silent: warnings are errors
    said = r"images merged that are too small and padded with 0: 2 \(b\.tif: Y 4 to 5; c\.tif: Y 3 to 5\)"
    do = {
        "imread": partial(omio.imread, tmp_path / "f", merge="T", shapes="pad"),
        "convert": partial(omio.convert_to_ometiff, tmp_path / "f", tmp_path / "x.ome.tif", merge="T", shapes="pad"),
        "run": plan.run,
    }
    with pytest.warns(AbsentPlanesWarning, match=said) as told:
        do[way]()
    assert len(told) == 1


# --- what is said of names and numbers


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


@pytest.mark.parametrize("name", ["x.png", "x.JPG", "x.zarr", "x.h5", "x.mrc", "x.nii.gz", "x.tif"])
def test_a_name_of_another_format_is_no_folder(plane: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(NoWriterError, match="is no name for an OME-TIFF") as caught:
        omio.convert_to_ometiff(plane, tmp_path / name)
    assert ".ome.tif" in caught.value.remedy
    assert not (tmp_path / name).exists()


def test_a_folder_that_is_there_may_have_any_name(plane: Path, tmp_path: Path) -> None:
    (tmp_path / "x.png").mkdir()
    (path,) = omio.convert_to_ometiff(plane, tmp_path / "x.png")
    assert path.parent.name == "x.png"


def test_a_plan_with_a_problem_promises_nothing(tmp_path: Path) -> None:
    put(tmp_path / "f" / "a.tif", shape=(5, 6))
    put(tmp_path / "f" / "b.tif", shape=(4, 6))
    text = str(omio.plan(tmp_path / "f", tmp_path / "x.ome.tif", merge="T"))
    assert "x.ome.tif would be written" in text
    assert "PROBLEM" in text
    assert " will " not in text
    assert "0 B" not in text
    assert text.endswith("in all: 1 output; nothing is done as long as there is a problem")


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--level", "fast", "'fast' is not a number from 0 to 9, or auto"),
        ("--level", "10", "'10' is not a number from 0 to 9, or auto"),
        ("--pyramid", "lots", "'lots' is not a number from 0 up, or auto"),
    ],
)
def test_a_number_or_a_word(plane: Path, cli: Cli, option: str, value: str, said: str) -> None:
    done = cli("convert", plane, option, value)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())
