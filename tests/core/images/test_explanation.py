"""The explanation of a decision: which reader, and why."""

from __future__ import annotations

import json

from omio_core.images import explanation
from omio_core.images.opening import open_source


def test_the_decision_explains_itself(file):
    told = explanation.Explanation(source=open_source(file()))
    plain = told.to_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert plain["verdicts"] == {"toy": {"match": "EXACT", "why": "begins with TOY1"}}
    assert plain["images"][0]["facts"]["PhysicalSizeX"] is None
    assert "begins with TOY1" in str(told)
