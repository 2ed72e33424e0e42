"""Plans as JSON and out of it: all of a plan, and a refusal of what is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import omio
from omio_core.errors import MetadataError, WriteError
from tests.omio.folders import along_t


def test_a_saved_plan_replaces_plans_only(series: Path, tmp_path: Path) -> None:
    plan, data = omio.plan(series), series / "T_8.tif"
    before = data.read_bytes()
    with pytest.raises(WriteError, match="it is no plan"):
        plan.to_json(data)
    assert data.read_bytes() == before
    plan.to_json(tmp_path / "plan.json")
    omio.plan(series, merge="T").to_json(tmp_path / "plan.json")
    assert omio.Plan.from_json(tmp_path / "plan.json").outputs[0].along == "T"


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
