"""What rules find in the folders of a project."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import omio
from omio.batching.discover import Project, discover
from omio.batching.rules import Rules
from omio_core.errors import BatchError
from omio_core.files.local import locate
from omio_core.files.memory import MemoryLocation


def search(root: Path, **rules: Any) -> Project:
    """Find what the rules say."""
    return discover(locate(root), Rules(**rules))


def keys(project: Project) -> list[str]:
    """What is found, in order."""
    return [leaf.key for leaf in project.leaves]


def empty(root: Path, *names: str) -> Path:
    """Files without content."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def test_the_tree_is_found_without_opening_a_file(root: Path, opened: list[str]) -> None:
    """Subjects, experiments with files, and one with tag folders in the order of their numbers."""
    (root / "sub-01" / "exp_TP002" / "TAG_10").mkdir()
    empty(root, "sub-01/exp_TP002/TAG_10/x.czi")
    found = search(root, experiments="TP", tags="TAG_", merges=["tags"])
    assert keys(found) == [
        "sub-01/exp_TP001", "sub-01/exp_TP002: tags merged along T", "sub-01/exp_TP003", "sub-02/exp_TP001",
    ]  # fmt: skip
    assert [part.name for part in found.leaves[1].parts] == ["TAG_01", "TAG_02", "TAG_10"]
    assert [leaf.subject for leaf in found.leaves] == ["sub-01"] * 3 + ["sub-02"]
    assert opened == []


def test_tag_folders_and_files_of_one_experiment_are_both_found(root: Path) -> None:
    """Nothing is left out in silence; without a merge each tag folder stands for itself."""
    empty(root, "sub-01/exp_TP002/single.tif")
    assert keys(search(root, experiments="TP002", tags="TAG_")) == [
        "sub-01/exp_TP002", "sub-01/exp_TP002/TAG_01", "sub-01/exp_TP002/TAG_02",
    ]  # fmt: skip


def test_any_number_of_levels(tmp_path: Path) -> None:
    """Each level has rules of its own; None for experiments means none."""
    root = empty(tmp_path, "ID1/DC000_FOV1/TL_000/a.tif", "ID1/DA000_FOV1/TL_001/b.tif", "ID1/c.tif", "ID1/other/d.tif")
    found = search(root, subjects="ID", experiments=["DC000_FOV", "DA000_FOV"], levels=["TL_000"])
    assert keys(found) == ["ID1/DC000_FOV1/TL_000"]
    assert keys(search(root, subjects="ID", experiments=None)) == ["ID1"]


def test_subjects_can_be_named(root: Path) -> None:
    """By their folders; one that is not there is an error that says which are."""
    assert keys(search(root, subject_ids=["sub-02"])) == ["sub-02/exp_TP001"]
    with pytest.raises(BatchError, match="sub-03") as caught:
        search(root, subject_ids=["sub-03"])
    assert "sub-01, sub-02" in str(caught.value)


def test_what_is_excluded_is_left_out_with_the_rule(root: Path) -> None:
    """Folders and files; a file is excluded by its very name."""
    empty(root, "sub-01/exp_TP003/image[2]x.tif")
    found = search(root, experiments="TP", exclude=["TP001", "glob:image[[]2]*"])
    assert keys(found) == ["sub-01/exp_TP003"]
    assert {Path(skip.path).name: skip.why for skip in found.skipped}["exp_TP001"] == "excluded: contains:TP001"
    from omio.sources.kinds import find

    listing = find(found.leaves[0].source)
    assert [candidate.location.name for candidate in listing.candidates] == ["image1.tif", "image2.tif"]


@pytest.mark.parametrize("name", ["omio_converted", "elsewhere"])
def test_what_is_written_is_never_searched(root: Path, name: str) -> None:
    """Neither the folder of that name, at any level, nor the one that is chosen."""
    empty(root, f"{name}/exp_TP001/x.tif", f"sub-01/{name}/y.tif")
    closed = [locate(root / name)]
    found = discover(locate(root), Rules(subjects="glob:*", experiments="TP"), closed)
    assert not any(name in key for key in keys(found))


def test_what_follows_no_rule_is_left_out_with_the_reason(root: Path) -> None:
    """Files beside the folders, folders of other names, and a second way to the same folder."""
    empty(root, "notes.txt", "sub-01/plan.pdf", "sub-01/calibration/x.tif", "sub-02/exp_TP009/.hidden")
    os.symlink(root / "sub-02", root / "sub-03", target_is_directory=True)
    found = search(root, experiments="TP")
    reasons = {Path(skip.path).name: skip.why for skip in found.skipped}
    assert reasons["notes.txt"] == "no folder, and lies beside the subjects"
    assert reasons["calibration"] == "no folder of the experiments: contains:TP"
    assert "the same folder as" in reasons["sub-03"]
    assert reasons["exp_TP009"] == "holds no file that may be an image"
    assert "no rule names: TAG_01, TAG_02" in reasons["exp_TP002"]


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda root: root / "nowhere", FileNotFoundError, "nowhere"),
        (lambda root: root / "sub-01" / "exp_TP001" / "image.tif", BatchError, "no folder"),
    ],
)
def test_a_root_that_is_no_folder(root: Path, make: Callable[[Path], Path], error: type[Exception], words: str) -> None:
    """It is an error at once."""
    with pytest.raises(error, match=words):
        search(make(root))


def test_rules_that_find_nothing_are_an_error_that_shows_what_is_there(root: Path) -> None:
    """With the rules, and the folders that follow none."""
    with pytest.raises(BatchError) as caught:
        omio.batch(root, {"experiments": "session"})
    assert "contains:session" in str(caught.value)
    assert "exp_TP001" in str(caught.value)


def test_a_project_need_not_be_on_this_machine() -> None:
    """Discovery goes through locations alone."""
    files = {"/p/sub-1/exp_TP1/a.tif": b"", "/p/sub-1/exp_TP2/TAG_1/b.tif": b"", "/p/sub-1/exp_TP2/TAG_2/c.tif": b""}
    found = discover(MemoryLocation("/p", files), Rules(experiments="TP", tags="TAG_", merges=["tags"]))
    assert keys(found) == ["sub-1/exp_TP1", "sub-1/exp_TP2: tags merged along T"]
