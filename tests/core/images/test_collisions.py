"""A name that is taken: what each policy does, and one that is no policy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from omio_core.errors import OmioError, WriteError
from omio_core.files.atomic import land
from omio_core.images.collisions import under


def fill(text: str) -> Callable[[str], object]:
    return lambda temporary: Path(temporary).write_text(text)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def policies(catalogue) -> None:
    """The plain ones are in force."""
    catalogue()


@pytest.mark.parametrize("collision", ["raise", "number", "overwrite", "skip"])
@pytest.mark.usefixtures("policies")
def test_a_name_that_is_taken(tmp_path: Path, collision: str) -> None:
    (tmp_path / "a.txt").write_text("old")

    def put(goal: Path, replace: bool) -> None:
        land(goal, fill("new"), replace=replace)

    if collision == "raise":
        with pytest.raises(WriteError, match="exists already"):
            under(tmp_path / "a.txt", collision, put)
        assert names(tmp_path) == ["a.txt"]
        return
    found = under(tmp_path / "a.txt", collision, put)
    assert found == {"number": tmp_path / "a-1.txt", "overwrite": tmp_path / "a.txt", "skip": None}[collision]
    assert (tmp_path / "a.txt").read_text() == ("new" if collision == "overwrite" else "old")
    assert names(tmp_path) == (["a-1.txt", "a.txt"] if collision == "number" else ["a.txt"])


@pytest.mark.parametrize("collision", ["raise", "number", "overwrite", "skip"])
@pytest.mark.usefixtures("policies")
def test_a_name_that_somebody_takes_meanwhile(tmp_path: Path, collision: str) -> None:
    """The policy is asked once more."""
    goal = tmp_path / "a.txt"

    def write(temporary: str) -> None:
        Path(temporary).write_text("ours")
        goal.write_text("theirs")

    def put(goal: Path, replace: bool) -> None:
        land(goal, write, replace=replace)

    if collision == "raise":
        with pytest.raises(WriteError, match="exists already"):
            under(goal, collision, put)
    else:
        found = under(goal, collision, put)
        assert found == {"number": tmp_path / "a-1.txt", "overwrite": goal, "skip": None}[collision]
    assert goal.read_text() == ("ours" if collision == "overwrite" else "theirs")
    assert names(tmp_path) == (["a-1.txt", "a.txt"] if collision == "number" else ["a.txt"])


@pytest.mark.usefixtures("policies")
def test_a_policy_that_is_none_is_told_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(OmioError, match="'replace'"):
        under(tmp_path / "b.txt", "replace", lambda goal, replace: land(goal, fill("new"), replace=replace))
    assert names(tmp_path) == []
