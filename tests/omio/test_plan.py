"""Plans: what is known before a pixel is read; and that running one does exactly that, or says what changed."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from click.testing import Result

import omio
from omio.planning import prepare
from omio_core import policies
from omio_core.errors import (
    FileChangedError,
    ManyImagesError,
    MergeError,
    MetadataConflictError,
    MetadataError,
    MissingMetadataError,
    NoWriterError,
    OmioError,
    UnknownOptionError,
    WriteError,
)
from omio_core.pixels import handles
from omio_core.pixels.picture import FilePicture

from .folders import along_t, first, put


@pytest.fixture
def series(tmp_path: Path) -> Path:
    """Three planes in a folder that state their sizes."""
    for t in (8, 9, 10):
        put(tmp_path / "series" / f"T_{t}.tif", t, size=0.25)
    return tmp_path / "series"


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pixel of a file can be read."""

    def refuse(*_: object) -> None:
        raise AssertionError("a pixel is read")

    monkeypatch.setattr(FilePicture, "read_into", refuse)


# --- what it says


@pytest.mark.usefixtures("unread")
def test_it_says_what_will_be(series: Path, tree: Callable[[], dict[str, bytes]]) -> None:
    """Inputs in order, reader and why, axes and the rule, name, bytes, memory; nothing read, nothing written."""
    before = tree()
    plan = omio.plan(series, merge="T")
    (output,) = plan.outputs
    assert [Path(one.path).name for one in output.inputs] == ["T_8.tif", "T_9.tif", "T_10.tif"]
    one = output.inputs[2]
    assert (one.reader, one.image, one.images, one.native_axes, one.rule) == ("tiff", 0, 1, "YX", "named by the file")
    assert one.because == "the only SIGNATURE claim: TIFF header (little-endian)"
    assert one.region == {"T": (2, 3), "Z": (0, 1), "C": (0, 1), "Y": (0, 5), "X": (0, 6)}
    assert (output.along, output.shape, output.dtype, output.nbytes) == ("T", (3, 1, 1, 5, 6), "uint16", 180)
    assert output.path == str(series.parent / "series_merged_T.ome.tif")
    assert output.unknown == ("TimeIncrement",)
    assert 0 < plan.memory <= 360
    assert plan.problems == ()
    text = str(plan)
    for words in ("merged along T", "T=2  T_10.tif", "named by the file", "reader tiff", "unknown: TimeIncrement"):
        assert words in text
    assert tree() == before


@pytest.mark.usefixtures("unread")
def test_it_says_what_was_assumed_and_padded(tmp_path: Path) -> None:
    """The rule of an axis that the file does not name; the lengths that are filled up; planning warns of nothing."""
    put(tmp_path / "f" / "a.tif", shape=(3, 5, 6), bare=True)
    put(tmp_path / "f" / "b.tif", shape=(2, 4, 6), bare=True)
    plan = omio.plan(tmp_path / "f", merge="T", shapes="pad")
    assert "taken for" in plan.outputs[0].inputs[0].rule
    assert plan.outputs[0].padded == ("b.tif: Y 4 to 5",)
    assert "padded with 0: b.tif: Y 4 to 5" in str(plan)
    said = omio.plan(tmp_path / "f", merge="Z", shapes="pad", axes="ZYX")
    assert said.outputs[0].inputs[0].rule == "named by the caller: ZYX"
    assert said.outputs[0].shape == (1, 5, 1, 5, 6)


@pytest.mark.usefixtures("unread")
def test_it_says_what_conflicts(tmp_path: Path) -> None:
    """A conflict that a policy forbids is a problem of the plan; one that it settles is told."""
    put(tmp_path / "f" / "a.tif", size=0.25)
    put(tmp_path / "f" / "b.tif", size=0.5)
    plan = omio.plan(tmp_path / "f", merge="T")
    assert "PhysicalSizeX is 0.25" in plan.problems[0]
    assert "PROBLEM: PhysicalSizeX" in str(plan)
    with pytest.raises(OmioError, match="cannot be carried out"):
        plan.run()
    settled = omio.plan(tmp_path / "f", merge="T", conflict="first")
    assert settled.problems == ()
    assert any(text.startswith("PhysicalSizeX: 0.25, that of a.tif") for text in settled.outputs[0].conflicts)
    assert "differs: PhysicalSizeX" in str(settled)


def test_what_is_alike_is_said_once(series: Path) -> None:
    """Of the inputs of a merge, of which one is another; and of outputs."""
    put(series / "T_11.tif", shape=(7, 6), size=0.25)
    merged = str(omio.plan(series, merge="T", shapes="pad")).splitlines()
    assert "    T=2  T_10.tif" in merged
    assert "    T=3  T_11.tif  (YX (7, 6) -> T=1 Z=1 C=1 Y=7 X=6 uint16)" in merged
    assert "    all others: YX (5, 6) -> T=1 Z=1 C=1 Y=5 X=6 uint16" in merged
    assert "    all: axes named by the file" in merged
    each = str(omio.plan(omio.Folder(series, patterns=["!T_11*"]))).splitlines()
    at = each.index("each of the 3 outputs:")
    common = [line for line in each[at + 1 :] if line.startswith("  ")]
    assert "  axes named by the file" in common
    assert "  T=1 Z=1 C=1 Y=5 X=6 uint16, 60 B" in common
    assert [line for line in each[:at] if line.startswith("  ")] == [
        f"  from {series / f'T_{t}.tif'}" for t in (8, 9, 10)
    ]
    sizes = str(omio.plan(series)).splitlines()
    assert sum("Y=5 X=6 uint16, 60 B" in line for line in sizes) == 3
    assert sum("axes named by the file" in line for line in sizes) == 1
    assert "output 0:" in str(omio.plan(series / "T_8.tif"))
    assert "each of the" not in str(omio.plan(series / "T_8.tif"))


PROBLEMS = {
    "shapes": ({}, MergeError, r"b\.tif"),
    "dtypes": ({"shapes": "pad"}, MergeError, r"b\.tif.*of another type"),
    "missing": ({"shapes": "pad", "dtypes": "promote", "missing": "raise"}, MissingMetadataError, "PhysicalSizeX"),
}


@pytest.mark.parametrize("case", PROBLEMS)
def test_a_problem_is_the_error_of_doing_it(case: str, tmp_path: Path, tree: Callable[[], dict[str, bytes]]) -> None:
    """The plan has as a problem what imread and convert_to_ometiff raise; nothing is written."""
    said, kind, words = PROBLEMS[case]
    put(tmp_path / "f" / "a.tif")
    put(tmp_path / "f" / "b.tif", shape=(4, 6), dtype="f4")
    before = tree()
    for do in (omio.imread, omio.convert_to_ometiff):
        with pytest.raises(kind, match=words) as caught:
            do(tmp_path / "f", merge="T", **said)
        for to in ("files", "memory"):
            assert omio.plan(tmp_path / "f", merge="T", to=to, **said).problems == (str(caught.value),)
    assert tree() == before


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


def test_what_is_asked_for_wrongly(series: Path, tree: Callable[[], dict[str, bytes]]) -> None:
    """One error each, and nothing is written."""
    before = tree()
    for do in (omio.plan, omio.convert_to_ometiff):
        for kind, words, said in (
            (MergeError, "along 'X'", {"merge": "X"}),
            (MergeError, "along 't'", {"merge": "t"}),
            (ManyImagesError, "3 images cannot go into the one file", {"out": series / "x.ome.tif"}),
            (WriteError, "layout cannot be", {"layout": "pages"}),
            (NoWriterError, "is no name for an OME-TIFF", {"out": "x.tif"}),
            (OmioError, "there is no policy collision", {"collision": "replace"}),
            (UnknownOptionError, "no option 'zoom'", {"zoom": 3}),
            (ManyImagesError, "holds 1 image", {"image": 3}),
        ):
            with pytest.raises(kind, match=words):
                do(series, **said)
    with pytest.raises(OmioError, match="no plan to 'nowhere'"):
        omio.plan(series, to="nowhere")
    with pytest.raises(OmioError, match="has no name"):
        omio.plan(series, "x", to="memory")
    assert tree() == before


# --- nothing is held


def test_planning_holds_no_handle(tmp_path: Path) -> None:
    """Not of many files, and none while it describes the next."""
    for t in range(100):
        put(tmp_path / "f" / f"{t}.tif", t)
    handles.OPENS.clear()
    plan = omio.plan(tmp_path / "f", merge="T")
    assert len(plan.outputs[0].inputs) == 100
    assert len(handles.OPENS) == 0


# --- what the writer would refuse


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


def test_a_saved_plan_replaces_plans_only(series: Path, tmp_path: Path) -> None:
    plan, data = omio.plan(series), series / "T_8.tif"
    before = data.read_bytes()
    with pytest.raises(WriteError, match="it is no plan"):
        plan.to_json(data)
    assert data.read_bytes() == before
    plan.to_json(tmp_path / "plan.json")
    omio.plan(series, merge="T").to_json(tmp_path / "plan.json")
    assert omio.Plan.from_json(tmp_path / "plan.json").outputs[0].along == "T"


# --- there and back


def test_a_plan_survives_json(series: Path, tmp_path: Path) -> None:
    """All of it, and runs from there to the same file."""
    said = {"merge": "T", "shapes": "pad", "pixel_size": {"X": 0.5, "Z": 2.0}, "compression": "lzw", "tile": 16}
    plan = omio.plan(series, **said)
    assert omio.Plan.from_json(plan.to_json()) == plan
    saved = tmp_path / "plan.json"
    plan.to_json(saved)
    assert json.loads(saved.read_text("utf-8"))["outputs"][0]["along"] == "T"
    again = omio.Plan.from_json(saved)
    assert again == plan
    done: list[tuple[int, int]] = []
    (path,) = again.run(progress=lambda now, whole: done.append((now, whole)))
    assert str(path) == plan.outputs[0].path
    assert done[-1] == (180, 180)
    array, metadata = omio.imread(path)
    assert along_t(array) == [8, 9, 10]
    assert (metadata["PhysicalSizeX"], metadata["PhysicalSizeY"]) == (0.5, 0.25)
    assert omio.Plan.from_json(omio.plan(series, to="memory").to_json()).outputs[0].path is None


@pytest.mark.parametrize("to", ["files", "memory"])
def test_running_gives_what_doing_gives(series: Path, tmp_path: Path, to: str) -> None:
    """The same pixels, one output an input, in order."""
    out = {"out": tmp_path / "out"} if to == "files" else {}
    found = omio.plan(series, to=to, **out).run()
    arrays = [omio.imread(one)[0] if to == "files" else one.to_numpy() for one in found]
    assert first(arrays) == [8, 9, 10]


BROKEN = {
    "no JSON": "{", "another thing": "{}", "another form": '{"omio_plan": 99}', "a list": "[1]", "nothing": "",
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_no_plan(case: str, tmp_path: Path) -> None:
    """Refused as what it is."""
    path = tmp_path / "plan.json"
    path.write_text(BROKEN[case])
    with pytest.raises(MetadataError, match=r"plan\.json is no plan") as caught:
        omio.Plan.from_json(path)
    assert "to_json" in caught.value.remedy
    with pytest.raises(FileNotFoundError, match=r"missing\.json"):
        omio.Plan.from_json(tmp_path / "missing.json")


def test_a_plan_that_was_bent(series: Path) -> None:
    """Any value of another kind, and any that is gone, is told before anything is done."""
    told = json.loads(omio.plan(series, merge="T").to_json())
    for change in (
        {"action": "burn"}, {"path": None}, {"path": 7}, {"inputs": []}, {"inputs": [{}]}, {"colour": "red"},
        {"inputs": [told["outputs"][0]["inputs"][0] | {"members": []}]},
        {"inputs": [told["outputs"][0]["inputs"][0] | {"members": [{"path": 3, "size": 1, "mtime_ns": 1}]}]},
    ):  # fmt: skip
        bent = told | {"outputs": [told["outputs"][0] | change]}
        with pytest.raises(MetadataError, match="no plan that OMIO can run"):
            omio.Plan.from_json(json.dumps(bent))
    with pytest.raises(MetadataError, match="no plan that OMIO can run"):
        omio.Plan.from_json(json.dumps(told | {"outputs": []}))
    for key in told:
        if key not in ("omio", "memory"):
            with pytest.raises(MetadataError, match="no plan that OMIO can run"):
                omio.Plan.from_json(json.dumps({k: v for k, v in told.items() if k != key}))


# --- what changed since


def test_an_input_that_changed(series: Path, tree: Callable[[], dict[str, bytes]]) -> None:
    """The file is named, and nothing is written: of another size, of another time, gone."""
    for spoil in (
        lambda path: put(path, 3, (7, 6)),
        lambda path: os.utime(path, ns=(0, 0)),
        lambda path: path.unlink(),
    ):
        plan = omio.Plan.from_json(omio.plan(series).to_json())
        spoil(series / "T_10.tif")
        before = tree()
        with pytest.raises(FileChangedError, match=r"T_10\.tif"):
            plan.run()
        assert tree() == before


def test_a_name_that_was_taken(series: Path) -> None:
    """Named, and nothing is written, not even the files before it."""
    plan = omio.plan(series)
    (series / "T_10.ome.tif").write_bytes(b"somebody else's")
    with pytest.raises(WriteError, match=r"T_10\.ome\.tif was free when the plan was made, and is taken now"):
        plan.run()
    assert sorted(path.name for path in series.glob("*.ome.tif")) == ["T_10.ome.tif"]
    assert (series / "T_10.ome.tif").read_bytes() == b"somebody else's"


def test_a_file_to_be_overwritten_that_is_another(series: Path) -> None:
    """What stood there when the plan was made may go, and nothing else."""
    target = series.parent / "out.ome.tif"
    target.write_bytes(b"old")
    plan = omio.plan(series, target, merge="T", collision="overwrite")
    target.write_bytes(b"new work of somebody")
    with pytest.raises(WriteError, match="is another file since"):
        plan.run()
    assert target.read_bytes() == b"new work of somebody"
    omio.plan(series, target, merge="T", collision="overwrite").run()
    assert along_t(omio.imread(target)[0]) == [8, 9, 10]


def test_what_stands_is_skipped(series: Path) -> None:
    """As planned: nothing is written."""
    target = series.parent / "out.ome.tif"
    target.write_bytes(b"old")
    assert omio.plan(series, target, merge="T", collision="skip").run() == []
    assert target.read_bytes() == b"old"


def test_a_reader_that_sees_another_picture(series: Path) -> None:
    """The same bytes, but another shape than was planned: told, not written."""
    told = json.loads(omio.plan(series / "T_8.tif").to_json())
    told["outputs"][0]["inputs"][0]["shape"] = [1, 1, 1, 50, 60]
    with pytest.raises(FileChangedError, match="not what it was when the plan was made"):
        omio.Plan.from_json(json.dumps(told)).run()


def test_a_name_taken_while_it_is_done_at_once(series: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a saved plan, the policy still holds: the next number."""
    first_look = prepare.targets.name

    def and_then_somebody_comes(*arguments: object) -> object:
        made = first_look(*arguments)
        (series / "T_8.ome.tif").write_bytes(b"somebody else's")
        return made

    monkeypatch.setattr(prepare.targets, "name", and_then_somebody_comes)
    (path,) = omio.convert_to_ometiff(series / "T_8.tif")
    assert path.name == "T_8-1.ome.tif"
    assert (series / "T_8.ome.tif").read_bytes() == b"somebody else's"


# --- on the command line


def test_the_verbs(series: Path, tmp_path: Path, cli: Callable[..., Result]) -> None:
    """Plan, save, run; run again; and dry runs."""
    told = cli("plan", series, "--along", "T", "-o", tmp_path / "out.ome.tif")
    assert (told.exit_code, "T=2  T_10.tif" in told.stdout) == (0, True)
    saved = tmp_path / "plan.json"
    saved.write_text(cli("plan", series, "--along", "T", "-o", tmp_path / "out.ome.tif", "--json").stdout, "utf-8")
    for verb in (["merge", "--along", "T"], ["convert"]):
        dry = cli(*verb, "--dry-run", series)
        assert (dry.exit_code, "output 0:" in dry.stdout) == (0, True)
    assert not list(tmp_path.rglob("*.ome.tif"))
    done = cli("run", saved)
    assert (done.exit_code, done.stdout.strip()) == (0, f"{saved} -> {tmp_path / 'out.ome.tif'}")
    assert along_t(omio.imread(tmp_path / "out.ome.tif")[0]) == [8, 9, 10]
    again = cli("run", saved)
    assert (again.exit_code, "taken now" in again.stderr) == (1, True)


def test_a_problem_on_the_command_line(tmp_path: Path, cli: Callable[..., Result]) -> None:
    """The plan is printed, and the exit code is 1; merging says the error."""
    put(tmp_path / "f" / "a.tif")
    put(tmp_path / "f" / "b.tif", shape=(4, 6))
    told = cli("plan", tmp_path / "f", "--along", "T")
    assert (told.exit_code, "PROBLEM" in told.stdout) == (1, True)
    failed = cli("merge", tmp_path / "f", "--along", "T")
    assert (failed.exit_code, "b.tif" in failed.stderr, failed.stdout) == (1, True, "")
    padded = cli("merge", tmp_path / "f", "--along", "T", "--shapes", "pad", "-o", tmp_path / "out")
    assert (padded.exit_code, (tmp_path / "out" / "f_merged_T.ome.tif").exists()) == (0, True)
    assert cli("merge", tmp_path / "f", "--along", "X").exit_code == 2


def test_policies_are_found_once(series: Path) -> None:
    """Any name that is none is told, whether or not something differs."""
    for kind in set(policies.KINDS) - {"axes"}:  # any text there that is no policy names axes
        with pytest.raises(OmioError, match=f"there is no policy {kind}="):
            omio.plan(series, merge="T", **{kind: "nonsense"})


def test_a_conflict_is_an_error_of_doing(tmp_path: Path) -> None:
    """Before anything is read or written; settled by a policy, it is one warning."""
    put(tmp_path / "f" / "a.tif", size=0.25)
    put(tmp_path / "f" / "b.tif", size=0.5)
    with pytest.raises(MetadataConflictError, match="PhysicalSizeX"):
        omio.imread(tmp_path / "f", merge="T")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        array, metadata = omio.imread(tmp_path / "f", merge="T", conflict="first")
    assert [str(one.message).count("PhysicalSizeX") for one in told] == [1]
    assert metadata["PhysicalSizeX"] == 0.25
    assert np.array_equal(array[0], array[1])
