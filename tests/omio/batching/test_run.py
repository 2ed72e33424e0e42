"""Batches from the tree to the files, a second time, after changes, and with files that cannot be read."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import omio
from omio_core.errors import BatchError, OmioError, UnknownOptionError
from omio_core.metadata.namespaces import MERGE, PROVENANCE
from tests.omio.folders import broken, put

from .projects import OUTPUTS, RULES, czi, found, pixels

PIXELS = dict(zip(OUTPUTS, ([1], [2, 3], [4], [5], [6]), strict=True))


def test_the_tree_becomes_five_files(root: Path) -> None:
    """Names, pixels, sizes, and what each was made of; the inputs stay as they are."""
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    report = omio.batch(root, RULES)
    out = root / "omio_converted"
    assert found(out) == sorted(OUTPUTS)
    assert [path.relative_to(out).as_posix() for path in report.written] == list(OUTPUTS)
    assert pixels(out) == PIXELS
    assert report.ok
    assert report.summary() == "5 written, 0 up to date, 0 failed, 0 left out"
    assert all(path.read_bytes() == content for path, content in before.items())

    metadata = omio.imread(out / OUTPUTS[0])[1]
    assert metadata["PhysicalSizeX"] == pytest.approx(0.5)
    assert metadata["Annotations"][PROVENANCE]["history"][0]["conversion"]["path"] == "image.tif"
    merged = omio.imread(out / OUTPUTS[1])[1]["Annotations"][MERGE]
    assert [one["source"][0]["name"] for one in merged["inputs"]] == ["image1.czi", "image2.czi"]


def test_a_second_run_opens_nothing(root: Path, opened: list[str]) -> None:
    """All is known from names, sizes and times."""
    omio.batch(root, RULES)
    assert opened
    opened.clear()
    report = omio.batch(root, RULES)
    assert opened == []
    assert report.summary() == "0 written, 5 up to date, 0 failed, 0 left out"
    assert [job.nbytes for job in report.jobs] == [path.stat().st_size for path in report.current]


@pytest.mark.parametrize("touch", ["content", "time"])
def test_touching_one_input_redoes_one(root: Path, touch: str) -> None:
    """In a folder with another file, which stays."""
    omio.batch(root, RULES)
    image = root / "sub-01" / "exp_TP003" / "image1.tif"
    put(image, 40) if touch == "content" else os.utime(image)
    report = omio.batch(root, RULES)
    assert [path.name for path in report.written] == ["image1.ome.tif"]
    assert pixels(root / "omio_converted")[OUTPUTS[2]] == [40 if touch == "content" else 4]
    assert omio.batch(root, RULES).written == []


def test_a_part_of_a_merge_that_changes_or_comes_redoes_the_merge(root: Path) -> None:
    """Under its name."""
    omio.batch(root, RULES)
    czi(root / "sub-01" / "exp_TP002" / "TAG_10" / "image3.czi", 9)
    report = omio.batch(root, RULES)
    assert [path.name for path in report.written] == ["TAG_merged_T.ome.tif"]
    assert pixels(root / "omio_converted") == {**PIXELS, OUTPUTS[1]: [2, 3, 9]}


def test_other_settings_redo_all_and_a_lost_output_is_made_again(root: Path) -> None:
    """An output that was removed by hand is missing, and nothing more."""
    omio.batch(root, RULES)
    (root / "omio_converted" / OUTPUTS[3]).unlink()
    assert [path.name for path in omio.batch(root, RULES).written] == ["image2.ome.tif"]
    assert len(omio.batch(root, RULES, compression_level=1).written) == 5


def test_one_bad_file_fails_alone(root: Path) -> None:
    """Found when it is opened, or only when its pixels are read; what failed is tried again, or alone with `retry`."""
    bad, late = root / "sub-01" / "exp_TP003" / "bad.tif", broken(root / "sub-02" / "exp_TP001" / "late.tif")
    bad.write_bytes(b"no image")
    report = omio.batch(root, RULES)
    assert set(report.failed) == {str(bad), str(late)}
    assert report.failed[str(bad)]["error"] == "NoReaderError"
    assert "written" not in {job.status for job in report.jobs if job.source in report.failed}
    assert pixels(root / "omio_converted") == PIXELS
    error = report.error()
    assert isinstance(error, BatchError)
    assert str(bad) in str(error)
    assert json.loads(json.dumps(report.to_dict()))["counts"]["failed"] == 2

    put(late, 7)
    put(root / "sub-02" / "exp_TP001" / "new.tif", 8)
    retried = omio.batch(root, RULES, retry=True)
    assert [path.name for path in retried.written] == ["late.ome.tif"]
    assert [job.source for job in retried.jobs if job.status == "waiting"] == [str(late.with_name("new.tif"))]


def test_a_merge_is_whole_or_not_at_all(root: Path) -> None:
    """A part that cannot be read fails the merge, which is not made of the rest."""
    (root / "sub-01" / "exp_TP002" / "TAG_02" / "more.czi").write_bytes(b"no image")
    report = omio.batch(root, RULES)
    assert len(report.written) == 4
    assert not (root / "omio_converted" / OUTPUTS[1]).exists()
    (failure,) = report.failed.values()
    assert "more.czi" in failure["what"]


def test_what_the_journal_did_not_make_is_never_trusted_or_replaced(root: Path) -> None:
    """Neither a file of another program, nor one that OMIO made of the same image in another way."""
    out = root / "omio_converted"
    omio.convert(root / "sub-02" / "exp_TP001" / "image.tif", out / "sub-02" / "exp_TP001", collision="update")
    (out / "sub-01" / "exp_TP001").mkdir(parents=True)
    (out / OUTPUTS[0]).write_bytes(b"mine")
    stands = (out / OUTPUTS[4]).read_bytes()
    report = omio.batch(root, RULES)
    assert len(report.written) == 3
    assert len(report.failed) == 2
    assert (out / OUTPUTS[0]).read_bytes() == b"mine"
    assert (out / OUTPUTS[4]).read_bytes() == stands

    (out / OUTPUTS[0]).unlink()
    (out / OUTPUTS[4]).unlink()
    assert len(omio.batch(root, RULES).written) == 2


def test_an_output_that_was_edited_is_left(root: Path) -> None:
    """It fails with the reason, and stays."""
    omio.batch(root, RULES)
    output = root / "omio_converted" / OUTPUTS[0]
    omio.imwrite(output, np.zeros((5, 6), "u2"), collision="overwrite")
    edited = output.read_bytes()
    report = omio.batch(root, RULES)
    assert list(report.failed) == [str(root / "sub-01" / "exp_TP001" / "image.tif")]
    assert output.read_bytes() == edited


def test_nothing_is_deleted_when_an_input_goes(root: Path) -> None:
    """Its output stays, and is told of."""
    omio.batch(root, RULES)
    (root / "sub-01" / "exp_TP003" / "image2.tif").unlink()
    report = omio.batch(root, RULES)
    assert (root / "omio_converted" / OUTPUTS[3]).exists()
    assert [skip.why for skip in report.left_out] == ["its source image2.tif is gone; it stays"]


def test_two_files_that_want_one_name_are_an_error_before_anything_is_written(root: Path) -> None:
    """It names both."""
    czi(root / "sub-01" / "exp_TP003" / "image1.czi", 7)
    with pytest.raises(BatchError, match="under the name") as caught:
        omio.batch(root, RULES)
    assert "image1.czi" in str(caught.value)
    assert "image1.tif" in str(caught.value)
    assert found(root / "omio_converted") == []
    assert len(omio.batch(root, {**RULES, "exclude": "image1.czi"}).written) == 5


def test_a_dry_run_and_a_status_write_nothing(root: Path) -> None:
    """Not even the folder; the plan has the names."""
    report = omio.batch(root, RULES, dry_run=True)
    assert report.counts() == {"written": 0, "current": 0, "waiting": 5, "failed": 0, "left out": 0}
    assert [str(job.outputs[0].relative_to(report.out)) for job in report.jobs] == list(OUTPUTS)
    assert not (root / "omio_converted").exists()


def test_a_tree_that_moved_is_still_known(root: Path, tmp_path: Path, opened: list[str]) -> None:
    """Paths in the journal are relative."""
    omio.batch(root, RULES)
    (tmp_path / "archive").mkdir()
    moved = shutil.move(root, tmp_path / "archive" / root.name)
    opened.clear()
    assert omio.batch(moved, RULES).summary() == "0 written, 5 up to date, 0 failed, 0 left out"
    assert opened == []


def test_outputs_can_go_elsewhere_and_in_another_format(root: Path, tmp_path: Path) -> None:
    """The folders of the project are repeated there."""
    report = omio.batch(root, RULES, out=tmp_path / "zarrs", to="ome-zarr")
    assert [path.relative_to(tmp_path / "zarrs").as_posix() for path in report.written] == [
        name.replace(".ome.tif", ".ome.zarr") for name in OUTPUTS
    ]
    assert omio.batch(root, RULES, out=tmp_path / "zarrs", to="ome-zarr").written == []


@pytest.mark.parametrize(
    ("keywords", "error"),
    [
        ({"compresion_level": 1}, UnknownOptionError),
        ({"merge": "T"}, UnknownOptionError),
        ({"collision": "overwrite"}, BatchError),
        ({"out": "x.ome.tif"}, BatchError),
        ({"missing": "perhaps"}, OmioError),
    ],
)
def test_a_mistake_in_the_call_is_an_error_at_once(
    root: Path, keywords: dict[str, object], error: type[Exception]
) -> None:
    """And not one of each file."""
    with pytest.raises(error):
        omio.batch(root, RULES, **keywords)  # type: ignore[arg-type]
    assert not (root / "omio_converted").exists()
