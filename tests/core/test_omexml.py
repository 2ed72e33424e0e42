"""OME-XML written: valid for two validators, and read back as what was known."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from omio_core.errors import CorruptFileError, MetadataError
from omio_core.metadata.facts import Channel, Fact, Facts, Planes
from omio_core.metadata.model import Metadata
from omio_core.ome import read, validate, write

UUID = "urn:uuid:3e450fae-b8f2-4d35-aa54-702168b2487f"


def built(*images: Metadata, **other: Any) -> str:
    defaults = {
        "pixel_types": ["uint16"] * len(images),
        "first_ifds": [0] * len(images),
        "uuid": UUID,
        "file_name": "a.ome.tif",
        "creator": "omio-core test",
    }
    return write.build(images, **{**defaults, **other})


def fact(value: Any) -> Fact[Any]:
    return Fact(value, "file", "somewhere")


def metadata(facts: Facts | None = None, shape: tuple[int, ...] = (1, 1, 1, 3, 4), **other: Any) -> Metadata:
    return Metadata(shape=shape, dtype="uint16", facts=facts or Facts(), **other)


def again(given: Metadata) -> Facts:
    """The facts after writing, checking and reading; without what omio notes of its own."""
    text = built(given)
    assert "&#" not in text, "Bio-Formats takes character references apart"
    write.check(text)
    found = read.facts(text, 0)
    own = ("omio/provenance", "omio/assumptions", "omio/origins", write.UNPLACED)
    return replace(found, annotations={k: v for k, v in found.annotations.items() if k not in own})


RICH = Facts(
    name=fact("näme <&\"'> µ \u2028"),
    physical_size_x=fact(0.1),
    physical_size_y=fact(0.2),
    physical_size_z=fact(1e-3),
    time_increment=fact(0.25),
    channels=(
        Channel(
            name=fact("GFP"), color=fact(-16711936), excitation=fact(488.0), emission=fact(509.5), fluor=fact("EGFP")
        ),
        Channel(),
    ),
    acquisition_date=fact("2020-02-29T10:00:00.5+01:00"),
    objective=fact({"Model": "Plan", "LensNA": 1.4, "NominalMagnification": 63.0, "Immersion": "Oil"}),
    planes=Planes(
        columns={
            "DeltaT": np.arange(12.0).reshape(2, 3, 2) / 7,
            "PositionX": np.full((2, 3, 2), -123.456),
        },
        origin="file",
    ),
    annotations={
        "http://example.org/a": {"text": "1", "list": ["x", "y"], "one": ["x"], "number": 1.5, "none": None},
        "omio/mine": {"text": "1", "number": 1.5, "list": [1, {"a": None}], "control": "a\x00b\r", "plain": "x"},
        "MapAnnotation": {"a": "b"},
        "MapAnnotation (2)": {"a": "c"},
    },
)


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
    write.check(text)
    for name in ("PhysicalSize", "TimeIncrement", "Color", "Wavelength", "<Plane", "Objective", "Annotation", "Date"):
        assert name not in text
    assert re.search(r"<Image [^>]*Name=", text) is None


def test_what_was_assumed_and_whence_is_written() -> None:
    text = built(
        metadata(assumptions=("an axis is T", "another"), provenance={"reader": "tiff", "policies": {"a": "b"}})
    )
    found = read.facts(text, 0).annotations
    assert found["omio/provenance"] == {"reader": "tiff", "policies": {"a": "b"}}
    assert found["omio/assumptions"] == {"assumption": ["an axis is T", "another"]}


def test_several_images_share_what_is_equal() -> None:
    shared = {"ns": {"a": "b"}}
    first = metadata(Facts(name=fact("one"), annotations=shared))
    second = metadata(
        Facts(name=fact("two"), annotations=shared, objective=fact({"Model": "M"})), (2, 1, 6, 3, 4), samples=3
    )
    text = built(first, second, pixel_types=["uint16", "uint8"], first_ifds=[0, 1], orders=["XYZCT", "XYCZT"])
    write.check(text)
    assert text.count("<MapAnnotation") == 1 + 2  # and the origins of each
    found = read.parse(text)
    assert [i.name for i in found.images] == ["one", "two"]
    assert [i.order for i in found.images] == ["XYZCT", "XYCZT"]
    # a TiffData for each plane: one of the first image, 2 x 1 x 2 of the second
    assert [(d.ifd, d.count) for i in found.images for d in i.tiff_data] == [(n, 1) for n in range(5)]
    assert [(d.first_t, d.first_c) for d in found.images[1].tiff_data] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert (found.images[1].samples, found.images[1].size_c) == ((3, 3), 6)
    assert read.facts(text, 1).objective == Fact({"Model": "M"}, "file", "OME-XML Instrument/Objective")


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
    write.check(text)
    found = read.facts(text, 0)
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
    write.check(text)
    found = read.facts(text, 0)
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
    write.check(text)
    assert "Color" not in re.sub("<StructuredAnnotations.*", "", text)
    assert "Wavelength=" not in text
    assert read.facts(text, 0).annotations[write.UNPLACED] == {
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
    write.check(text)
    found = read.facts(text, 0)
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
    write.check(text)
    # where any plane has a value, each has an element: the k-th is of the k-th directory
    assert re.findall("<Plane[^>]*>", text) == [
        '<Plane TheZ="0" TheT="0" TheC="0"/>',
        '<Plane TheZ="0" TheT="1" TheC="0" DeltaT="1.0" DeltaTUnit="s"/>',
        '<Plane TheZ="0" TheT="2" TheC="0" PositionZ="0.0" PositionZUnit="µm"/>',
    ]
    assert read.facts(text, 0).annotations[write.UNPLACED] == {
        "Planes.DeltaT": {"T2 Z0 C0": "inf"},
        "Planes.PositionZ": {"T1 Z0 C0": 1e300},
    }


def test_one_is_a_document_without_pixels() -> None:
    text = write.one(metadata(RICH, (2, 3, 2, 3, 4)))
    write.check(text)
    assert "<MetadataOnly/>" in text
    assert write.model(text).images[0].pixels.size_t == 2
    with pytest.raises(MetadataError, match="no pixel type"):
        write.one(replace(metadata(), dtype="int64"))


# --- odd text

ODD = st.text(st.characters(codec="utf-16", exclude_categories=()), max_size=12) | st.text(
    st.sampled_from(" :/%[]#?<>&\"'\t\r\n\0\x1f\x85\u2028\ud800\ufffe\U0001f52caé=()2"), max_size=12
)


def legal(text: str) -> str:
    """What XML 1.0 can say of a text."""
    return "".join(
        c for c in text
        if c in "\t\n\r" or "\x20" <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c >= "\U00010000"
    )  # fmt: skip


def spaced(text: str) -> str:
    """The same as an attribute has it: white space is spaces, since there may be no character references."""
    return legal(text).translate(str.maketrans("\t\n\r", "   "))


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


@settings(max_examples=300, deadline=None)
@given(namespace=ODD, key=ODD, value=ODD)
@example(namespace="http://a/b%20c#d", key="", value="")
@example(namespace="1a:b", key="k", value=" ")
@example(namespace="::", key="k", value="v")
@example(namespace="a:?:#[]#%", key="k", value="v")
@example(namespace="http://host:port/x", key="k", value="v")
@example(namespace="//a:b:c", key="k", value="v")
@example(namespace="http://h:4294967296/", key="k", value="v")
@example(namespace=" a  b ", key="k", value="v")
def test_odd_namespaces_are_valid(namespace: str, key: str, value: str) -> None:
    given = metadata(Facts(annotations={namespace: {key: value}}))
    found = again(given).annotations
    assert len(found) == 1 or namespace.startswith("omio/")
    if legal(namespace) == namespace and not namespace.startswith("omio/"):
        content = {spaced(key): legal(value).replace("\r\n", "\n").replace("\r", "\n")}
        assert found == {namespace or "MapAnnotation": content}
        assert again(metadata(Facts(annotations=found))).annotations == found


FLOATS = st.floats() | st.sampled_from([1e-9, 5e-324, 3.5e38, -0.0, 1e-8])


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


# --- any metadata at all

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
    write.check(text)
    assert read.parse(text).images[0].size_c == 2


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


# --- the check


def test_check_names_what_is_wrong() -> None:
    good = built(metadata())
    write.check(good)
    write.check(good.encode())
    with pytest.raises(MetadataError) as caught:
        write.check(good.replace("uint16", "uint64"))
    assert "uint64" in (caught.value.evidence or "")
    assert caught.value.problems
    for bad in ("<OME", "<!DOCTYPE OME [<!ENTITY a 'b'>]>" + good.partition("\n")[2]):
        with pytest.raises(CorruptFileError):
            write.check(bad)
        with pytest.raises(CorruptFileError):
            write.model(bad)


def test_model() -> None:
    found = write.model(built(metadata(RICH, (2, 3, 2, 3, 4))))
    pixels = found.images[0].pixels
    assert (pixels.size_x, pixels.size_t, pixels.dimension_order.value) == (4, 2, "XYZCT")
    assert (pixels.physical_size_x, pixels.physical_size_x_unit.value) == (0.1, "µm")
    assert pixels.channels[0].name == "GFP"
    with pytest.raises(MetadataError, match="model"):
        write.model(built(metadata()).replace('Type="uint16"', 'Type="nonesuch"'))


def test_xmllint_agrees(tmp_path: Path, data: Path) -> None:
    xmllint = shutil.which("xmllint")
    if xmllint is None:
        pytest.skip("xmllint is not installed")
    # the schema imports xml.xsd from w3.org and uses nothing of it
    schema = (data / "ome-xml" / "xsd-2016-06" / "ome.xsd").read_text(encoding="utf-8")
    patched = re.sub("<xsd:import [^>]*/>", "", schema)
    assert patched != schema
    (tmp_path / "ome.xsd").write_text(patched, encoding="utf-8")
    odd = Facts(
        name=fact("\0\ud800<µ>"),
        acquisition_date=fact("2020-01-02"),
        objective=fact({"Immersion": "Silicone", "Model": "M"}),
        annotations={"a b [%]": {"k": "\x01"}, "": {"": ""}, "x:y:z": {"a": [1]}, ":": {"a": "b"}},
    )
    documents = [
        metadata(RICH, (2, 3, 2, 3, 4)),
        metadata(),
        metadata(odd),
        metadata(shape=(1, 1, 4, 3, 4), samples=4, assumptions=("a",), provenance={"p": [1, "x"]}),
    ]
    for index, document in enumerate(documents):
        (tmp_path / f"{index}.xml").write_text(built(document), encoding="utf-8")
    (tmp_path / "all.xml").write_text(built(*documents), encoding="utf-8")
    (tmp_path / "one.xml").write_text(write.one(documents[0]), encoding="utf-8")
    files = [str(p) for p in sorted(tmp_path.glob("*.xml"))]
    done = subprocess.run(
        [xmllint, "--nonet", "--noout", "--schema", str(tmp_path / "ome.xsd"), *files],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("validates") == len(files) == 6


def test_schema_is_the_published_one(data: Path) -> None:
    import importlib.util

    spec = importlib.util.find_spec("ome_types")
    assert spec is not None
    assert spec.submodule_search_locations
    shipped = Path(spec.submodule_search_locations[0], "ome-2016-06.xsd").read_bytes()
    assert shipped == (data / "ome-xml" / "xsd-2016-06" / "ome.xsd").read_bytes()
    assert validate._schema() is validate._schema()
