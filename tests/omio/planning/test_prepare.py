"""What a plan says before a pixel is read: inputs, outputs, what is assumed, padded or in conflict, and problems."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

import omio
from omio_core import policies
from omio_core.errors import (
    ManyImagesError,
    MergeError,
    MetadataConflictError,
    MissingMetadataError,
    NoWriterError,
    OmioError,
    UnknownOptionError,
    WriteError,
)
from omio_core.pixels import handles
from tests.omio.folders import DOORS, put


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


def test_what_is_asked_for_wrongly(series: Path, tree: Callable[[], dict[str, bytes]]) -> None:
    """One error each, and nothing is written."""
    before = tree()
    for do in (omio.plan, omio.convert_to_ometiff):
        for kind, words, said in (
            (MergeError, "along 'X'", {"merge": "X"}),
            (MergeError, "along 't'", {"merge": "t"}),
            (ManyImagesError, "3 images cannot go into the one file", {"out": series / "x.ome.tif"}),
            (WriteError, "layout cannot be", {"layout": "pages"}),
            (NoWriterError, "no writer writes files named like", {"out": "x.tif"}),
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


def test_planning_holds_no_handle(tmp_path: Path) -> None:
    """Not of many files, and none while it describes the next."""
    for t in range(100):
        put(tmp_path / "f" / f"{t}.tif", t)
    handles.HANDLES.clear()
    plan = omio.plan(tmp_path / "f", merge="T")
    assert len(plan.outputs[0].inputs) == 100
    assert len(handles.HANDLES) == 0


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


def test_the_policy_for_what_is_missing(plane: Path, tmp_path: Path) -> None:
    """`missing="raise"` refuses before the folder is made, and names what is missing."""
    with pytest.raises(MissingMetadataError, match="PhysicalSizeX, PhysicalSizeY") as caught:
        omio.convert_to_ometiff(plane, tmp_path / "out", missing="raise")
    assert caught.value.missing == ("PhysicalSizeX", "PhysicalSizeY")
    assert not (tmp_path / "out").exists()
    assert omio.convert_to_ometiff(plane, tmp_path / "out", missing="raise", pixel_size=0.5)


@pytest.mark.parametrize("out", [None, "folder", "all.ome.tif"])
def test_all_images_in_one_file(plate: Path, tmp_path: Path, out: str | None) -> None:
    (path,) = omio.convert_to_ometiff(plate, tmp_path / out if out else None, layout="one-file", verify="pixels")
    assert path.name == (
        "all.ome.tif" if out == "all.ome.tif" else "plate.v1.2.ome.tif" if out else "plate.v1.2-1.ome.tif"
    )
    arrays, dicts = omio.imread(path, return_list=True)
    before, _ = omio.imread(plate, return_list=True)
    assert [d["Name"] for d in dicts] == ["A1", "A1", "Image2"]
    for a, b in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_layouts_that_are_none(plate: Path) -> None:
    with pytest.raises(WriteError, match="layout"):
        omio.convert_to_ometiff(plate, layout="one")
