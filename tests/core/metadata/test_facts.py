"""Facts: a value with an origin; sizes that are none are not held; what is known first wins."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omio_core.errors import MetadataError
from omio_core.metadata.facts import Channel, Fact, Facts, Planes

SIZES = ("physical_size_x", "physical_size_y", "physical_size_z")
NO_SIZE = [0, 0.0, -1, -0.5, math.nan, math.inf, -math.inf, 1e-9, 1e-12, 5e-324, True, "1", None]


@pytest.mark.parametrize("slot", SIZES)
@pytest.mark.parametrize("value", NO_SIZE)
def test_what_is_no_size_is_unknown(slot, value):
    assert getattr(Facts(**{slot: Fact(value, "file")}), slot) is None


@given(st.floats(), st.sampled_from(SIZES))
def test_a_size_is_kept_as_it_is_or_not_at_all(value, slot):
    fact = getattr(Facts(**{slot: Fact(value, "file")}), slot)
    if fact is None:
        assert not 1e-9 < value < math.inf
    else:
        assert fact.value == value
        assert 1e-9 < value < math.inf


@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf, True])
def test_what_is_no_interval_is_unknown(value):
    assert Facts(time_increment=Fact(value, "file")).time_increment is None
    assert Facts(time_increment=Fact(1e-12, "file")).time_increment is not None, "a short time is a time"


def test_nothing_is_known_by_default():
    facts = Facts()
    assert [getattr(facts, slot) for slot in (*SIZES, "time_increment", "name", "planes")] == [None] * 6
    assert facts.channels == ()
    assert facts.annotations == {}


@pytest.mark.parametrize("origin", ["file", "sidecar", "caller", "derived", "policy:first"])
def test_origins(origin):
    assert Fact(1, origin).origin == origin


@pytest.mark.parametrize("origin", ["", "default", "guess", "policy"])
def test_nothing_comes_from_nowhere(origin):
    with pytest.raises(MetadataError, match="cannot have the origin"):
        Fact(1.0, origin)


def test_a_fact_says_where():
    assert str(Fact(0.25, "file", "tag 282")) == "0.25 (file: tag 282)"
    assert str(Fact(0.25, "caller")) == "0.25 (caller)"
    assert str(Fact(0.25, "file", "tag 282", unit="nm")) == "0.25 (file: tag 282, unit nm)"
    assert str(Fact(0.25, "file", unit="nm")) == "0.25 (file: unit nm)"


def test_what_is_known_goes_over_what_is_not():
    first = Facts(name=Fact("a", "file"), physical_size_x=Fact(0.5, "caller"), annotations={"n": {"k": 1}})
    second = Facts(
        name=Fact("b", "sidecar"),
        physical_size_y=Fact(0.7, "sidecar"),
        channels=(Channel(),),
        planes=Planes(columns={"DeltaT": np.zeros((1, 1, 1))}, origin="sidecar"),
        annotations={"n": {"k": 2}, "m": {"k": 3}},
    )
    both = first.over(second)
    assert both.name == Fact("a", "file")
    assert both.physical_size_x == Fact(0.5, "caller")
    assert both.physical_size_y == Fact(0.7, "sidecar")
    assert both.physical_size_z is None
    assert both.channels == (Channel(),)
    assert both.planes == second.planes
    assert both.annotations == {"n": {"k": 1}, "m": {"k": 3}}
    assert Facts().over(first) == first
    assert first.over(Facts()) == first


def test_planes_are_compared_by_value():
    def table(value, origin="file"):
        return Planes(columns={"DeltaT": np.array([[[value, math.nan]]])}, origin=origin)

    assert table(1.0) == table(1.0), "NaN is unknown in both"
    assert table(1.0) != table(2.0)
    assert table(1.0) != table(1.0, "sidecar")
    assert table(1.0) != "a table"
    assert hash(table(1.0)) == hash(table(1.0))
    assert pickle.loads(pickle.dumps(table(1.0))) == table(1.0)
