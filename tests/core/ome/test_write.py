"""OME-XML written: what is known is read back as it was, and what the schema does not take is kept aside."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omio_core.errors import MetadataError
from omio_core.metadata.facts import Channel, Fact, Facts, Planes
from omio_core.metadata.model import Metadata
from omio_core.ome import read, write
from tests.core.ome.written import FLOATS, ODD, RICH, UUID, again, built, fact, metadata


def test_everything_comes_back() -> None:
    found = again(metadata(RICH, (2, 3, 2, 3, 4)))

    def values(facts: Facts) -> dict[str, Any]:
        names = ("name", "physical_size_x", "physical_size_y", "physical_size_z", "time_increment")
        plain = {n: getattr(facts, n).value for n in (*names, "acquisition_date", "objective")}
        plain["channels"] = [
            [getattr(c, n) and getattr(c, n).value for n in ("name", "color", "excitation", "emission", "fluor")]
            for c in facts.channels
        ]
        assert facts.planes is not None
        plain["planes"] = {k: v.tolist() for k, v in facts.planes.columns.items()}
        return plain

    assert values(found) == values(RICH)
    assert found.annotations == {
        "http://example.org/a": {"text": "1", "list": ["x", "y"], "one": '["x"]', "number": "1.5", "none": "null"},
        "omio/mine": RICH.annotations["omio/mine"],
        "MapAnnotation": {"a": "b"},
        "MapAnnotation (2)": {"a": "c"},
    }


def test_spellings_that_other_readers_take() -> None:
    text = built(metadata(RICH, (2, 3, 2, 3, 4)))
    assert 'PhysicalSizeX="0.1" PhysicalSizeXUnit="µm"' in text
    assert 'TimeIncrement="0.25" TimeIncrementUnit="s"' in text
    assert 'EmissionWavelength="509.5" EmissionWavelengthUnit="nm"' in text
    # a TiffData for each plane, as Bio-Formats writes it: programs that take planes by position need as many
    own = f'<UUID FileName="a.ome.tif">{UUID}</UUID>'
    assert f'<TiffData IFD="7" FirstZ="1" FirstT="1" FirstC="0" PlaneCount="1">{own}</TiffData>' in text
    assert text.count("<TiffData ") == 12
    assert text.count("<Plane ") == 12
    assert 'PositionXUnit="µm"' in text


def test_unknown_is_left_out() -> None:
    text = built(metadata())
    write.check_ome(text)
    for name in ("PhysicalSize", "TimeIncrement", "Color", "Wavelength", "<Plane", "Objective", "Annotation", "Date"):
        assert name not in text
    assert re.search(r"<Image [^>]*Name=", text) is None


def test_what_was_assumed_and_whence_is_written() -> None:
    text = built(
        metadata(assumptions=("an axis is T", "another"), provenance={"reader": "tiff", "policies": {"a": "b"}})
    )
    found = read.ome_facts(text, 0).annotations
    assert found["omio/provenance"] == {"reader": "tiff", "policies": {"a": "b"}}
    assert found["omio/assumptions"] == {"assumption": ["an axis is T", "another"]}


def test_several_images_share_what_is_equal() -> None:
    shared = {"ns": {"a": "b"}}
    first = metadata(Facts(name=fact("one"), annotations=shared))
    second = metadata(
        Facts(name=fact("two"), annotations=shared, objective=fact({"Model": "M"})), (2, 1, 6, 3, 4), samples=3
    )
    text = built(first, second, pixel_types=["uint16", "uint8"], first_ifds=[0, 1], orders=["XYZCT", "XYCZT"])
    write.check_ome(text)
    assert text.count("<MapAnnotation") == 1 + 2  # and the origins of each
    found = read.parse_ome(text)
    assert [i.name for i in found.images] == ["one", "two"]
    assert [i.order for i in found.images] == ["XYZCT", "XYCZT"]
    # a TiffData for each plane: one of the first image, 2 x 1 x 2 of the second
    assert [(d.ifd, d.count) for i in found.images for d in i.tiff_data] == [(n, 1) for n in range(5)]
    assert [(d.first_t, d.first_c) for d in found.images[1].tiff_data] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert (found.images[1].samples, found.images[1].size_c) == ((3, 3), 6)
    assert read.ome_facts(text, 1).objective == Fact({"Model": "M"}, "file", "OME-XML Instrument/Objective")


@pytest.mark.parametrize(
    ("date", "written"),
    [
        ("2020-01-02T03:04:05", "2020-01-02T03:04:05"),
        ("2020-01-02T03:04:05.123456789Z", "2020-01-02T03:04:05.123456789Z"),
        ("2020-01-02 03:04:05", "2020-01-02T03:04:05"),
        ("2020-01-02", None),
        ("2020-13-02T03:04:05", None),
        ("yesterday", None),
        ("2020-01-02T03:04:05+25:00", None),
    ],
)
def test_dates(date: str, written: str | None) -> None:
    text = built(metadata(Facts(acquisition_date=fact(date))))
    write.check_ome(text)
    found = read.ome_facts(text, 0)
    if written is None:
        assert found.acquisition_date is None
        assert found.annotations[write.UNPLACED] == {"AcquisitionDate": date}
    else:
        assert found.acquisition_date is not None
        assert found.acquisition_date.value == written


def test_objective_that_the_schema_does_not_take() -> None:
    lens = {
        "Model": "M",
        "Immersion": "Silicone",
        "LensNA": "1.4",
        "Colour": "red",
        "WorkingDistance": 0.2,
        "Iris": True,
    }
    text = built(metadata(Facts(objective=fact(lens))))
    write.check_ome(text)
    found = read.ome_facts(text, 0)
    assert found.objective is not None
    assert found.objective.value == {
        "Model": "M", "Iris": "true", "WorkingDistance": 0.2, "WorkingDistanceUnit": "µm",
    }  # fmt: skip
    assert found.annotations[write.UNPLACED]["Objective"] == {
        "Immersion": "Silicone",
        "LensNA": "1.4",
        "Colour": "red",
    }


@pytest.mark.parametrize("color", [2**32, -(2**31) - 1, True, 1.5])
def test_channel_values_that_the_schema_does_not_take(color: Any) -> None:
    text = built(metadata(Facts(channels=(Channel(color=fact(color), emission=fact(math.inf), excitation=fact(0.0)),))))
    write.check_ome(text)
    assert "Color" not in re.sub("<StructuredAnnotations.*", "", text)
    assert "Wavelength=" not in text
    assert read.ome_facts(text, 0).annotations[write.UNPLACED] == {
        "Channels[0].Color": color,
        "Channels[0].EmissionWavelength": "inf",
        "Channels[0].ExcitationWavelength": 0.0,
    }


@pytest.mark.parametrize(
    ("color", "signed"), [(2**31, -(2**31)), (0xFF0000FF, -16776961), (2**32 - 1, -1), (np.int64(5), 5)]
)
def test_unsigned_colours_are_signed_ones(color: Any, signed: int) -> None:
    found = again(metadata(Facts(channels=(Channel(color=fact(color)),))))
    assert found.channels[0].color is not None
    assert found.channels[0].color.value == signed


def test_sizes_that_the_schema_does_not_take() -> None:
    text = built(metadata(Facts(physical_size_x=fact(1e39), time_increment=fact(1e-45))))
    write.check_ome(text)
    found = read.ome_facts(text, 0)
    assert (found.physical_size_x, found.time_increment) == (None, None)
    assert found.annotations[write.UNPLACED] == {"PhysicalSizeX": 1e39, "TimeIncrement": 1e-45}


def test_planes_must_fit() -> None:
    for columns in (
        {"DeltaT": np.zeros((1, 1, 2))},
        {"Other": np.zeros((1, 1, 1))},
        {"DeltaT": np.full((1, 1, 1), "a")},
    ):
        for refuse in (built, write.refuse_planes):
            with pytest.raises(MetadataError, match="do not fit"):
                refuse(metadata(Facts(planes=Planes(columns=columns, origin="file"))))


def test_values_of_planes_that_the_schema_does_not_take() -> None:
    columns = {
        "DeltaT": np.array([math.nan, 1.0, math.inf]).reshape(3, 1, 1),
        "PositionZ": np.array([math.nan, 1e300, 0.0]).reshape(3, 1, 1),
    }
    text = built(metadata(Facts(planes=Planes(columns=columns, origin="file")), (3, 1, 1, 3, 4)))
    write.check_ome(text)
    # where any plane has a value, each has an element: the k-th is of the k-th directory
    assert re.findall("<Plane[^>]*>", text) == [
        '<Plane TheZ="0" TheT="0" TheC="0"/>',
        '<Plane TheZ="0" TheT="1" TheC="0" DeltaT="1.0" DeltaTUnit="s"/>',
        '<Plane TheZ="0" TheT="2" TheC="0" PositionZ="0.0" PositionZUnit="µm"/>',
    ]
    assert read.ome_facts(text, 0).annotations[write.UNPLACED] == {
        "Planes.DeltaT": {"T2 Z0 C0": "inf"},
        "Planes.PositionZ": {"T1 Z0 C0": 1e300},
    }


def test_one_is_a_document_without_pixels() -> None:
    text = write.one(metadata(RICH, (2, 3, 2, 3, 4)))
    write.check_ome(text)
    assert "<MetadataOnly/>" in text
    assert write.model(text).images[0].pixels.size_t == 2
    with pytest.raises(MetadataError, match="no pixel type"):
        write.one(replace(metadata(), dtype="int64"))


@settings(max_examples=50, deadline=None)
@given(data=st.data(), shape=st.tuples(*[st.integers(1, 3)] * 3))
def test_planes_come_back(data: st.DataObject, shape: tuple[int, int, int]) -> None:
    number = st.floats(-1e30, 1e30) | st.just(math.nan)
    columns = {
        name: np.array(data.draw(st.lists(number, min_size=math.prod(shape), max_size=math.prod(shape)))).reshape(shape)
        for name in data.draw(
            st.sets(st.sampled_from(["DeltaT", "ExposureTime", "PositionX", "PositionY", "PositionZ"]))
        )
    }
    t, z, c = shape
    found = again(metadata(Facts(planes=Planes(columns=columns, origin="file")), (t, z, c, 3, 4))).planes
    known = {name: table for name, table in columns.items() if np.isfinite(table).any()}
    if not known:
        assert found is None
    else:
        assert found is not None
        assert set(found.columns) == set(known)
        for name, table in known.items():
            np.testing.assert_array_equal(found.columns[name], table)


TEXTS = ODD | st.sampled_from(["http://host:port/x", "//a:b:c", "2020-01-02T03:04:05.٣", "2020-01-02T03:04:05Z", "1e5"])


NUMBERS = (
    FLOATS
    | st.integers()
    | st.booleans()
    | st.sampled_from([10**400, 2**31, 2**32, np.int64(7), np.float32(0.1), np.longdouble(1.5), Fraction(1, 3), 1e300])
)


ANYTHING = st.recursive(
    TEXTS
    | NUMBERS
    | st.none()
    | st.binary(max_size=3)
    | st.sampled_from([np.arange(3), np.zeros((2, 2)), 1j, {1, 2}, object, Path("a"), {(1, 2): 3}]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS | st.integers(), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def any_metadata(draw: st.DrawFn) -> Metadata:
    """What a reader, sound or not, could say of a picture of two channels."""

    def maybe(values: st.SearchStrategy[Any]) -> Fact[Any] | None:
        return draw(st.none() | values.map(fact))

    channel = st.builds(
        Channel,
        name=st.none() | TEXTS.map(fact),
        color=st.none() | (NUMBERS | TEXTS).map(fact),
        excitation=st.none() | (NUMBERS | TEXTS).map(fact),
        emission=st.none() | NUMBERS.map(fact),
        fluor=st.none() | TEXTS.map(fact),
        samples=st.just(1),
    )
    lens = st.sampled_from(
        [
            "Model",
            "LensNA",
            "NominalMagnification",
            "WorkingDistance",
            "WorkingDistanceUnit",
            "Iris",
            "Immersion",
            "other",
        ]
    )
    table = st.lists(FLOATS | st.sampled_from([1e300, -1e39]), min_size=2, max_size=2)
    columns = draw(st.dictionaries(st.sampled_from(["DeltaT", "ExposureTime", "PositionX"]), table))
    facts = Facts(
        name=maybe(TEXTS),
        physical_size_x=maybe(FLOATS),
        physical_size_y=maybe(st.sampled_from([1e39, 1.0, 3.4028235677973366e38])),
        time_increment=maybe(FLOATS),
        channels=tuple(draw(st.just([]) | st.lists(channel, min_size=2, max_size=2))),
        acquisition_date=maybe(TEXTS),
        objective=maybe(st.dictionaries(lens, ANYTHING, max_size=3)),
        planes=Planes(columns={k: np.array(v).reshape(1, 1, 2) for k, v in columns.items()}, origin="file"),
        annotations=draw(st.dictionaries(TEXTS, st.dictionaries(TEXTS, ANYTHING, max_size=3), max_size=3)),
    )
    return metadata(facts, (1, 1, 2, 3, 4), provenance=draw(st.dictionaries(TEXTS, ANYTHING, max_size=2)))


@settings(max_examples=150, deadline=None)
@given(said=any_metadata())
def test_no_metadata_make_a_document_that_is_refused(said: Metadata) -> None:
    """So that the check after the last pixel never fails for a word."""
    text = built(said)
    write.check_ome(text)
    assert read.parse_ome(text).images[0].size_c == 2
