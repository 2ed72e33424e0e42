"""The public dict: plain, JSON-able, and read back to the same metadata; what is wrong in it is refused by name."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from omio_core.errors import AmbiguousAxesError, MetadataError
from omio_core.metadata.facts import Fact, Facts
from omio_core.metadata.from_dict import axes_of, from_dict
from omio_core.metadata.model import Metadata, to_dict
from omio_core.metadata.namespaces import ASSUMPTIONS
from tests.core.metadata.described import SHAPE, full


def test_there_and_back():
    before = full()
    after = from_dict(json.loads(json.dumps(to_dict(before))), SHAPE, "uint16")
    pairs = zip(dict(before.stated()).items(), dict(after.stated()).items(), strict=True)
    for (name, one), (same_name, other) in pairs:
        assert name == same_name
        assert (one and one.value) == (other and other.value), name
        assert other is None or other.origin == "caller"
    assert np.array_equal(before.facts.planes.columns["DeltaT"], after.facts.planes.columns["DeltaT"], equal_nan=True)
    assert after.facts.annotations == before.facts.annotations
    assert after.assumptions == before.assumptions
    assert after.provenance["history"][0]["reader"] == "toy"
    public = to_dict(after)
    own = {k: v for k, v in public.items() if k != "Annotations"}
    assert own == {k: v for k, v in to_dict(before).items() if k != "Annotations"}


def test_rgb_there_and_back():
    before = Metadata(shape=(1, 1, 6, 4, 5), dtype="uint8", samples=3)
    after = from_dict(to_dict(before), before.shape, "uint8")
    assert (after.samples, after.channel_count) == (3, 2)


def test_units_are_converted():
    metadata = from_dict(
        {"PhysicalSizeX": 250, "PhysicalSizeXUnit": "nm", "TimeIncrement": 20, "TimeIncrementUnit": "ms"}, SHAPE, "u2"
    )
    assert metadata.facts.physical_size_x.value == 0.25
    assert metadata.facts.time_increment.value == 0.02


def test_part_of_a_dict_is_enough():
    assert from_dict({}, SHAPE, "u2").facts == Facts()
    assert from_dict({"Name": "a"}, SHAPE, "u2").facts.name == Fact("a", "caller", "metadata['Name']")


@pytest.mark.parametrize(
    ("public", "words"),
    [
        ({"PhysicalsizeX": 1.0}, "did you mean 'PhysicalSizeX'"),
        ({"weather": "fine"}, "put what is your own under Annotations"),
        ({3: 4}, "no key 3"),
        ({"SizeT": 3}, "SizeT is 3, the array has 2"),
        ({"shape": [1, 1, 1, 4, 5]}, "shape is"),
        ({"shape": 7}, "no list of lengths"),
        ({"PhysicalSizeX": 0}, "is no size"),
        ({"PhysicalSizeX": -1.0}, "is no size"),
        ({"PhysicalSizeX": 1e-10}, "is no size"),
        ({"PhysicalSizeX": math.nan}, "is no size"),
        ({"PhysicalSizeX": math.inf}, "is no size"),
        ({"PhysicalSizeX": 1.0, "PhysicalSizeXUnit": "pixel"}, "is no size"),
        ({"PhysicalSizeX": "1"}, "must be a number"),
        ({"PhysicalSizeX": True}, "must be a number"),
        ({"PhysicalSizeX": 1e39}, "is no size"),
        ({"PhysicalSizeX": 10**400}, "is no size"),
        ({"PhysicalSizeX": 10**5000}, "is no size"),
        ({"PhysicalSizeX": 1.0, "PhysicalSizeXUnit": 3}, "PhysicalSizeXUnit must be a str"),
        ({"TimeIncrement": 1.0, "TimeIncrementUnit": "µm"}, "is no size"),
        ({"TimeIncrement": 1e-45}, "is no size"),
        ({"SizeZ": True}, "SizeZ is True, the array has 1"),
        ({"SizeZ": np.arange(2)}, "SizeZ is"),
        ({"shape": 5}, "no list of lengths"),
        ({"shape": [2, True, 2, 4, 5]}, "no list of lengths"),
        ({"Name": 3}, "Name must be a str"),
        ({"Objective": "60x"}, "Objective must be a dict"),
        ({"SamplesPerPixel": "3"}, "SamplesPerPixel"),
        ({"SamplesPerPixel": -1}, "SamplesPerPixel"),
        ({"SamplesPerPixel": True}, "SamplesPerPixel"),
        ({"SamplesPerPixel": 3}, "cannot have the shape"),
        ({"Channels": "GFP"}, "Channels must be a list"),
        ({"Channels": 2}, "Channels must be a list"),
        ({"Channels": ["GFP", "DAPI"]}, r"Channels\[0\] is no channel"),
        ({"Channels": [{"Name": "a"}]}, "1 channels are described"),
        ({"Channels": [{"Colour": 1}, {}]}, r"Channels\[0\] is no channel"),
        ({"Channels": [{}, {"Name": 5}]}, r"Channels\[1\] is no channel"),
        ({"Channels": [{}, {"EmissionWavelength": math.nan}]}, r"Channels\[1\] is no channel"),
        *(
            ({"Channels": [{}, {key: value}]}, rf"Channels\[1\] is no channel: {key} must be")
            for key, value in (
                ("Color", 2**32),
                ("Color", -(2**31) - 1),
                ("Color", 1.5),
                ("Color", True),
                ("ExcitationWavelength", 0),
                ("ExcitationWavelength", -5),
                ("ExcitationWavelength", 1e40),
                ("EmissionWavelength", 10**400),
                ("EmissionWavelength", 1e-45),
                ("EmissionWavelength", "509"),
                ("Fluor", 5),
            )
        ),
        ({"Channels": [{}, {"SamplesPerPixel": True}]}, "SamplesPerPixel must be"),
        ({"Channels": np.arange(2)}, "Channels must be a list"),
        ({"Planes": {"DeltaT": [[[1e300, 1.0]], [[1.0, 2.0]]]}}, r"Planes\['DeltaT'\] cannot be written"),
        ({"Planes": {"DeltaT": [[[0.0, 1.0]], [[1.0, -math.inf]]]}}, "-inf at T1 Z0 C1"),
        ({"Planes": np.zeros((2, 1, 2))}, "dict of tables"),
        ({"Planes": {"DeltaT": [[[1.0]]]}}, "no table of this picture"),
        ({"Planes": {"Weather": [[[1.0, 2.0]], [[1.0, 2.0]]]}}, "no table of this picture"),
        ({"Planes": {"DeltaT": [[1.0], [2.0, 3.0]]}}, "no table of this picture"),
        ({"Planes": {"DeltaT": "now"}}, "no table of this picture"),
        ({"Planes": [1.0]}, "dict of tables"),
        ({"Annotations": "none"}, "dict of dicts"),
        ({"Annotations": {"mine": 3}}, "dict of dicts"),
        ({"Annotations": {ASSUMPTIONS: "Q is T"}}, "dict of dicts"),
        ({"Annotations": {ASSUMPTIONS: {"assumption": 5}}}, "list of sentences"),
        ({"Annotations": {ASSUMPTIONS: {"assumption": ["a", 5]}}}, "list of sentences"),
        ({"Annotations": {1: {"a": "b"}}}, "dict of dicts"),
        *(
            ({"Annotations": {"mine": {"key": value}}}, r"Annotations\['mine'\] cannot be written")
            for value in (b"raw", {1, 2}, object(), 1j, {(1, 2): 3}, 10**5000, [np.array([b"raw"])])
        ),
        ({"Annotations": {"mine": {(1, 2): 3}}}, r"Annotations\['mine'\] cannot be written"),
        ({"Annotations": {"mine": {1: 2, "1": 3}}}, "two keys"),
        ({"Objective": {"LensNA": b"1.4"}}, "Objective cannot be written"),
    ],
)
def test_what_is_wrong_is_refused_by_name(public, words):
    with pytest.raises(MetadataError, match=words) as caught:
        from_dict(public, SHAPE, "uint16")
    assert caught.value.evidence or caught.value.remedy


@pytest.mark.parametrize(
    ("public", "shape", "axes", "wanted"),
    [
        (None, (4, 5), None, "YX"),
        (None, (1, 2, 3, 4, 5), None, "TZCYX"),
        ({"axes": "ZYX"}, (3, 4, 5), None, "ZYX"),
        ({"axes": "TZCYX"}, (3, 4, 5), "ZYX", "ZYX"),
        (None, (4, 5, 3), "YXS", "YXS"),
    ],
)
def test_axes_of_an_array(public, shape, axes, wanted):
    assert axes_of(public, shape, axes) == wanted


@pytest.mark.parametrize(
    ("public", "shape", "axes"),
    [(None, (3, 4, 5), None), ({"axes": "TZCYX"}, (3, 4, 5), None), (None, (4, 5), "ZYX"), (None, (3, 4, 5), "YYX")],
)
def test_axes_nobody_can_know(public, shape, axes):
    with pytest.raises(AmbiguousAxesError) as caught:
        axes_of(public, shape, axes)
    assert caught.value.remedy


def test_axes_that_are_no_text():
    with pytest.raises(MetadataError, match="axes must be a text"):
        axes_of({"axes": 5}, (4, 5))
