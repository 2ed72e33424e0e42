"""Odd texts and numbers in OME-XML: what comes back is what was given, or what XML can say of it."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from omio_core.metadata.facts import Channel, Fact, Facts
from tests.core.ome.written import FLOATS, ODD, again, fact, metadata, spaced


@settings(max_examples=150, deadline=None)
@given(name=ODD, fluor=ODD)
@example(name="\ud800", fluor="\0")
def test_odd_names(name: str, fluor: str) -> None:
    facts = again(metadata(Facts(name=fact(name), channels=(Channel(name=fact(name), fluor=fact(fluor)),))))

    def value(found: Fact[str] | None) -> str:
        return "" if found is None else found.value

    def kept(text: str) -> str:
        return spaced(text) if spaced(text).strip() else ""

    assert value(facts.name) == kept(name)
    assert value(facts.channels[0].name) == kept(name)
    assert value(facts.channels[0].fluor) == kept(fluor)


@settings(max_examples=150, deadline=None)
@given(content=st.dictionaries(ODD, ODD | st.floats() | st.none() | st.lists(st.integers()), max_size=4))
def test_our_own_annotations_come_back_as_they_were(content: dict[str, Any]) -> None:
    content = {spaced(key): value for key, value in content.items()}
    found = again(metadata(Facts(annotations={"omio/x": content}))).annotations
    assert repr(found.get("omio/x", {})) == repr(content)  # repr: NaN is not itself


@settings(max_examples=100, deadline=None)
@given(sizes=st.tuples(FLOATS, FLOATS, FLOATS, FLOATS), color=st.integers(), waves=st.tuples(FLOATS, FLOATS))
def test_numbers(sizes: tuple[float, ...], color: int, waves: tuple[float, float]) -> None:
    x, y, z, t = (fact(v) for v in sizes)
    channel = Channel(color=fact(color), excitation=fact(waves[0]), emission=fact(waves[1]))
    given = Facts(physical_size_x=x, physical_size_y=y, physical_size_z=z, time_increment=t, channels=(channel,))
    found = again(metadata(given))

    def expected(value: float, least: float = 1.17549435e-38) -> float | None:
        return value if math.isfinite(value) and least < value < 3.41e38 else None

    def value(of: Fact[Any] | None) -> Any:
        return None if of is None else of.value

    signed = color - 2**32 if 2**31 <= color < 2**32 else color
    assert [value(f) for f in (found.physical_size_x, found.physical_size_y, found.physical_size_z)] == [
        expected(v, 1e-9) for v in sizes[:3]
    ]
    assert value(found.time_increment) == expected(sizes[3])
    assert value(found.channels[0].color) == (signed if -(2**31) <= signed < 2**31 else None)
    assert [value(found.channels[0].excitation), value(found.channels[0].emission)] == [expected(v) for v in waves]


def test_arrays_in_annotations_are_written_whole() -> None:
    table = np.linspace(0, 1, 5000)
    found = again(metadata(Facts(annotations={"lab/stage": {"x": table, "n": np.int64(7), "b": b"raw"}})))
    assert json.loads(found.annotations["lab/stage"]["x"]) == table.tolist()
    assert found.annotations["lab/stage"]["n"] == "7"
    assert "raw" in found.annotations["lab/stage"]["b"]


def test_an_annotation_that_json_does_not_end_in() -> None:
    endless: list[Any] = []
    endless.append(endless)
    deep: Any = 0
    for _ in range(100_000):
        deep = [deep]
    long = 10**5000
    said = {"a": {"endless": endless, "deep": deep, "long": long, "b": "c"}}
    found = again(metadata(Facts(annotations=said, objective=fact({"Model": "M", "x": long}))))
    assert found.annotations["a"]["b"] == "c"
    assert set(found.annotations["a"]) == {"endless", "deep", "long", "b"}
