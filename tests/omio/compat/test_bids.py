"""Projects by the first OMIO's names."""

from __future__ import annotations

from pathlib import Path

import pytest

import omio
from omio_core.errors import AbsentPlanesWarning, BatchError
from tests.omio.batching.projects import OUTPUTS, found, pixels, project
from tests.omio.folders import put


def test_the_call_of_the_documentation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five files, their folders kept; a second call writes nothing."""
    root = project(tmp_path)
    monkeypatch.chdir(tmp_path)
    for expected in (len(OUTPUTS), 0):
        written = omio.convert_bids_batch_to_ometiff(
            fname="project_root", sub="sub-", exp="TP", tagfolder="TAG_", merge_tagfolders=True
        )
        assert len(written) == expected
    out = root / "omio_converted"
    assert found(out) == sorted(OUTPUTS)
    assert pixels(out)["sub-01/exp_TP002/TAG_merged_T.ome.tif"] == [2, 3]


@pytest.mark.parametrize(
    ("mode", "exp", "count"),
    [
        (None, "TP00", 4),
        ("startswith", "TP00", 0),
        ("startswith", "exp_TP003", 2),
        ("contains", "TP003", 2),
        ("exact", "exp_TP001", 2),
        ("regex", "exp_TP00[13]", 4),
        ("regex", "TP00[13]", 0),
    ],
)
def test_exp_match_mode(tmp_path: Path, mode: str | None, exp: str, count: int) -> None:
    """A regular expression is one from the start of the name, as it was."""
    root = project(tmp_path)
    if count == 0:
        with pytest.raises(BatchError, match="no image is found"):
            omio.convert_bids_batch_to_ometiff(root, "sub-", exp, exp_match_mode=mode)
    else:
        assert len(omio.convert_bids_batch_to_ometiff(root, "sub-", exp, exp_match_mode=mode)) == count


def test_selection_and_merges(tmp_path: Path) -> None:
    """By subject, pattern and exclusion; the files of a folder as one, padded where that is asked for."""
    root = project(tmp_path)
    put(root / "sub-01" / "exp_TP003" / "image3.tif", 7, shape=(6, 6))
    with pytest.raises(BatchError) as caught:
        omio.convert_bids_batch_to_ometiff(root, exp="TP003", merge_multiple_files_in_folder=True)
    assert "it differs along Y" in str(caught.value)
    with pytest.warns(AbsentPlanesWarning, match="padded with 0: 2"):
        written = omio.convert_bids_batch_to_ometiff(
            root, exp="TP003", merge_multiple_files_in_folder=True, zeropadding=True, merge_along_axis="Z"
        )
    assert [path.name for path in written] == ["exp_TP003_merged_Z.ome.tif"]
    assert omio.imread(written[0])[1]["SizeZ"] == 3
    only = omio.convert_bids_batch_to_ometiff(
        root, subject_ids=["sub-01"], image_patterns="image*", exclude="image3", exp="TP003", out=tmp_path / "out"
    )
    assert [path.name for path in only] == ["image1.ome.tif", "image2.ome.tif"]


def test_a_failure_is_an_error_after_the_others_are_done(tmp_path: Path) -> None:
    """It names what failed and what was written."""
    root = project(tmp_path)
    bad = root / "sub-02" / "exp_TP001" / "bad.tif"
    bad.write_bytes(b"no image")
    with pytest.raises(BatchError) as caught:
        omio.convert_bids_batch_to_ometiff(root, exp="TP001")
    assert list(caught.value.failed) == [str(bad)]
    assert len(caught.value.written) == 2


def test_bids_batch_convert_writes_into_the_experiments(tmp_path: Path) -> None:
    """Into a folder of each, or beside the images; keywords without effect are taken."""
    root = project(tmp_path)
    keywords = {"tagfolder": "TAG_", "merge_tagfolders": True, "return_fnames": True}
    written = omio.bids_batch_convert(
        str(root), "sub-", "exp_TP", **keywords, verbose=False, overwrite=True, zarr_store="disk", cleanup_cache=True
    )
    assert written is not None
    names = [path.relative_to(root).as_posix() for path in written]
    assert names[1] == "sub-01/exp_TP002/omio_converted/TAG_merged_T.ome.tif"
    assert len(names) == 5
    assert omio.bids_batch_convert(root, "sub-", "exp_TP", **keywords) == []
    assert omio.bids_batch_convert(root, "sub-", "exp_TP001", physicalsize_xyz=(0.5, 0.5, 1.0)) is None
    assert omio.imread(written[0])[1]["PhysicalSizeX"] == 0.5
    with pytest.raises(BatchError, match="recursive"):
        omio.bids_batch_convert(root, "sub-", "exp_TP001", recursive=True)
