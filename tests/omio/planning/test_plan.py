"""A plan and its verbs: it runs, prints and saves itself."""

from __future__ import annotations

from pathlib import Path

import pytest

import omio
from omio.planning import serialize, text
from tests.omio.folders import first


@pytest.mark.parametrize("to", ["files", "memory"])
def test_running_gives_what_doing_gives(series: Path, tmp_path: Path, to: str) -> None:
    """The same pixels, one output an input, in order."""
    out = {"out": tmp_path / "out"} if to == "files" else {}
    found = omio.plan(series, to=to, **out).run()
    arrays = [omio.imread(one)[0] if to == "files" else one.to_numpy() for one in found]
    assert first(arrays) == [8, 9, 10]


def test_it_prints_and_saves_what_its_values_are(series: Path, tmp_path: Path) -> None:
    """The text and the JSON are those that the rooms below make of its values, and a plan comes back out of JSON."""
    plan = omio.plan(series, merge="T")
    assert str(plan) == text.text(plan)
    saved = plan.to_json(tmp_path / "plan.json")
    assert saved == serialize.dump(plan)
    again = omio.Plan.from_json(tmp_path / "plan.json")
    assert isinstance(again, omio.Plan)
    assert again == plan
