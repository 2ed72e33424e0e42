"""The facts of a merge: agreement, conflict, time told honestly, and a record of every input that survives a file."""

from __future__ import annotations

import json
import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omio_toy import READER
from omio_toy_read import image as toy_image
from omio_toy_read import write_toy

from omio_core.contract import Channel, Fact, Facts, Planes, Policy
from omio_core.errors import MetadataConflictError, MetadataWarning
from omio_core.geometry.axes import CANONICAL
from omio_core.images import writing
from omio_core.images.image import Image
from omio_core.images.opening import open_source
from omio_core.merging.merge import merge
from omio_core.metadata.from_dict import from_dict
from omio_core.metadata.model import Metadata
from omio_core.plugins import catalogue
from omio_core.plugins.catalogue import Catalogue
from omio_plugins.ome_tiff import omio_writers
from omio_plugins.policies import omio_policies
from omio_plugins.tiff import omio_readers

SIZES = {"physical_size_x": 0.5, "physical_size_y": 0.5, "physical_size_z": 2.0}


@pytest.fixture(autouse=True)
def _installed():
    """The toy, the readers and writers of TIFF, and the policies that come with OMIO."""
    known = Catalogue(readers=(READER, *omio_readers()), writers=tuple(omio_writers()), policies=tuple(omio_policies()))
    with catalogue.using(known):
        yield


def of(shape=(1, 1, 1, 2, 3), *, fill=1, samples=1, delta_t=None, assumptions=(), planes=None, channels=(), **facts):
    """An image in memory that states facts."""
    tables = dict(planes or {})
    if delta_t is not None:
        tables["DeltaT"] = np.array(delta_t, float).reshape(-1, 1, 1) + np.zeros(
            (shape[0], shape[1], shape[2] // samples)
        )
    stated = {name: Fact(value, "file", name) for name, value in facts.items() if name != "annotations"}
    described = Metadata(
        shape=shape,
        dtype="uint8",
        samples=samples,
        facts=Facts(
            **stated,
            planes=Planes(columns=tables, origin="file", where="planes") if tables else None,
            channels=tuple(Channel(name=Fact(n, "file") if n else None) for n in channels),
            annotations=facts.get("annotations", {}),
        ),
        assumptions=tuple(assumptions),
    )
    return Image.of_array(np.full(shape, fill, "u1"), axes=CANONICAL, metadata=described)


def frames(n, date=None, increment=None, delta_t=None, **more):
    """A time series of `n` frames that began at a time of day."""
    said = {"acquisition_date": f"2024-05-01T{date}"} if date else {}
    said |= {"time_increment": increment} if increment else {}
    return of((n, 1, 1, 2, 3), delta_t=delta_t, **said, **more)


def record(image):
    return image.metadata.facts.annotations["omio/merge"]


def told(image):
    """The warnings that asking for the metadata gives."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert image.metadata
    assert all(issubclass(one.category, MetadataWarning) for one in caught)
    return [str(one.message) for one in caught]


# --- what agrees, and what does not


def test_facts_that_agree_stay_as_they_are():
    images = [of(**SIZES, name="a", objective={"Model": "M"}, channels=["GFP"]) for _ in range(3)]
    facts = merge(images, "T").metadata.facts
    first = images[0].metadata.facts
    for slot in (*SIZES, "name", "objective", "channels"):
        assert getattr(facts, slot) == getattr(first, slot), slot
    assert merge(images, "T").metadata.assumptions == ()
    assert set(record(merge(images, "T"))) == {"axis", "inputs"}


def test_sizes_that_differ_are_refused_when_metadata_are_asked_for(tmp_path):
    paths = [
        write_toy(tmp_path / f"{i}.toy", toy_image(np.ones((2, 2), "u1"), "YX", facts={"physical_size_x": size}))
        for i, size in enumerate((0.5, 0.5, 0.25))
    ]
    images = [open_source(path).images[0] for path in paths]
    merged = merge(images, "Z")
    with pytest.raises(MetadataConflictError) as caught:
        merged.metadata  # noqa: B018, the question is what is tested
    assert caught.value.what == f"PhysicalSizeX is 0.5 in {paths[0]}, and 0.25 in {paths[2]}"
    assert "1 of 3" in caught.value.evidence
    assert "pixel_size=" in caught.value.remedy
    assert 'conflict="first"' in caught.value.remedy
    assert (caught.value.fact, caught.value.values) == ("PhysicalSizeX", (0.5, 0.25))
    target = tmp_path / "out.ome.tif"
    with pytest.raises(MetadataConflictError):
        writing.write(target, [merged])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["0.toy", "1.toy", "2.toy"], "nothing is written"
    assert told(merge(images, "Z", conflict="first")) == [
        "the images merged along Z state different values, decided by the policy conflict='first': PhysicalSizeX "
        "(that of 0.toy); each input's own are in the annotation 'omio/merge'"
    ]


def test_each_policy_on_a_size():
    images = [of(physical_size_x=x) for x in (0.5, 0.25)]
    first = merge(images, "T", conflict="first")
    assert len(told(first)) == 1
    size = first.metadata.facts.physical_size_x
    assert (size.value, size.origin) == (0.5, "policy:first")
    assert "input 0" in size.where
    assert record(first)["conflicts"] == [
        {"fact": "PhysicalSizeX", "action": "first", "value": 0.5, "from": "input 0 (an array in memory)",
         "differing": 1, "such as": "input 1 (an array in memory)"}
    ]  # fmt: skip
    assert [entry.get("stated") for entry in record(first)["inputs"]] == [None, {"PhysicalSizeX": 0.25}]
    null = merge(images, "T", conflict="null")
    assert "PhysicalSizeX (now unknown)" in told(null)[0]
    assert null.metadata.facts.physical_size_x is None
    assert [entry["stated"]["PhysicalSizeX"] for entry in record(null)["inputs"]] == [0.5, 0.25]
    for name in ("careful", "raise"):
        with pytest.raises(MetadataConflictError):
            merge(images, "T", conflict=name).metadata  # noqa: B018, the question is what is tested


def test_rounding_is_no_conflict():
    merged = merge([of(physical_size_x=0.1), of(physical_size_x=0.1000000001)], "T")
    assert told(merged) == []
    assert merged.metadata.facts.physical_size_x.value == 0.1


def test_a_size_that_some_do_not_state_is_an_assumption():
    merged = merge([of(), of(physical_size_x=0.5), of()], "T")
    assert merged.metadata.facts.physical_size_x == Fact(0.5, "file", "physical_size_x")
    assert merged.metadata.assumptions == (
        "PhysicalSizeX is unknown in 2 of 3 inputs; that of input 1 (an array in memory) is taken for all",
    )
    planes = [of((1, 3, 1, 2, 3), physical_size_z=2.0), of()]
    assert merge(planes, "T", shapes="pad").metadata.assumptions == (), "one plane has no distance to state"
    assert len(merge(planes, "Z").metadata.assumptions) == 1


def test_other_facts_are_the_first_ones():
    a = of(objective={"Model": "A"}, channels=["GFP"], name="a")
    b = of(objective={"Model": "B"}, channels=["RFP"], name="b")
    merged = merge([a, b], "Z")
    (said,) = told(merged)
    assert "Channels[0].Name" in said
    assert "Objective" in said
    assert "Name (" not in said.replace(".Name (", "")
    facts = merged.metadata.facts
    assert facts.objective.value == {"Model": "A"}
    assert facts.channels[0].name.value == "GFP"
    assert facts.name is None, "names differ as a rule"
    assert record(merged)["inputs"][1]["stated"] == {
        "Name": "b", "Objective": {"Model": "B"}, "Channels[0].Name": "RFP",
    }  # fmt: skip
    with pytest.raises(MetadataConflictError, match="GFP"):
        merge([a, b], "Z", conflict="raise").metadata  # noqa: B018, the question is what is tested


def test_a_third_partys_policy_sees_what_it_is_about():
    seen = {}

    def decide(case):
        seen[case["fact"]] = (case["about"], case["values"])
        return "null"

    rule = Policy(kind="conflict", name="mine", decide=decide, summary="Asks.")
    a = frames(2, "10:00:00", 1.0, physical_size_x=0.5, annotations={"n": {"k": 1}})
    b = frames(2, "10:00:09", 3.0, physical_size_x=0.25, annotations={"n": {"k": 2}})
    with catalogue.using(Catalogue(policies=(*omio_policies(), rule))):
        told(merge([a, b], "Z", conflict="mine"))
    assert {fact: about for fact, (about, _) in seen.items()} == {
        "PhysicalSizeX": "size", "TimeIncrement": "time", "AcquisitionDate": "fact", "Annotations[n][k]": "annotation",
    }  # fmt: skip
    assert seen["PhysicalSizeX"][1] == (0.5, 0.25)


def test_channels_follow_their_inputs():
    images = [of(channels=["GFP"]), of(), of((1, 1, 2, 2, 3), channels=["GFP", "RFP"])]
    names = [c.name.value if c.name else None for c in merge(images, "C").metadata.channels]
    assert names == ["GFP", None, "GFP", "RFP"], "verbatim: equal names stay equal, unknown ones unknown"
    assert merge([of(), of()], "C").metadata.facts.channels == ()
    padded = merge([images[0], images[2]], "T", shapes="pad").metadata
    assert [c.name.value for c in padded.channels] == ["GFP", "RFP"]
    assert padded.assumptions == (), "an input that padding gave the channel is not asked"


def test_annotations_are_kept_key_by_key():
    a = of(annotations={"n": {"same": 1, "own": 1, "a": "x"}})
    b = of(annotations={"n": {"same": 1, "own": 2}, "m": {"k": [1]}})
    merged = merge([a, b], "T")
    assert told(merged) == [], "files describe themselves differently as a rule"
    kept = merged.metadata.facts.annotations
    assert kept["n"] == {"same": 1, "own": 1, "a": "x"}
    assert kept["m"] == {"k": [1]}
    assert record(merged)["inputs"][1]["stated"] == {"Annotations": {"n": {"own": 2}}}
    assert "own" not in merge([a, b], "T", conflict="null").metadata.facts.annotations["n"]


def test_assumptions_of_inputs_are_told_once():
    merged = merge([of(assumptions=["X", "all"]), of(assumptions=["all"]), of(assumptions=["X", "all"])], "T")
    assert merged.metadata.assumptions == (
        "input 0 (an array in memory), input 2 (an array in memory): X",
        "all inputs: all",
    )


# --- time


def times(image):
    table = image.metadata.facts.planes.columns["DeltaT"]
    return [None if np.isnan(v) else v for v in table[:, 0, 0]]


def test_delta_t_counts_from_the_first_begin():
    a = frames(3, "10:00:00", 10.0, delta_t=[0, 10, 20.5])
    b = frames(2, "10:00:30", 10.0, delta_t=[0.25, 10])
    merged = merge([a, b], "T")
    assert told(merged) == []
    assert times(merged) == [0, 10, 20.5, 30.25, 40]
    facts = merged.metadata.facts
    assert facts.acquisition_date.value == "2024-05-01T10:00:00"
    assert facts.time_increment.value == 10.0
    assert facts.planes.origin == "derived"
    assert "AcquisitionDate" in facts.planes.where
    assert record(merged)["inputs"][1]["stated"]["AcquisitionDate"] == "2024-05-01T10:00:30"


def test_delta_t_without_dates_is_unknown_not_wrong():
    merged = merge([frames(2, increment=5.0, delta_t=[0, 5]), frames(2, increment=5.0, delta_t=[0, 5])], "T")
    assert told(merged) == []
    assert times(merged) == [0, 5, None, None]
    assert merged.metadata.facts.time_increment is None
    increment, delta = record(merged)["notes"]
    assert increment.startswith("TimeIncrement, 5 s in the inputs, is unknown of the whole: nothing says how much time")
    assert delta.startswith("DeltaT of 1 of 2 inputs is unknown")
    assert record(merged)["inputs"][1]["stated"] == {"TimeIncrement": 5.0, "DeltaT": [[[0.0]], [[5.0]]]}, "not lost"


@pytest.mark.parametrize("date", ["2024-05-01", "yesterday at 10:00", "2024-05-01T10:00:30Z"])
def test_dates_that_cannot_be_compared(date):
    """No time of day; no date; one with a time zone and one without."""
    merged = merge([frames(1, "10:00:00", delta_t=[1]), of(delta_t=[1], acquisition_date=date)], "T")
    assert times(merged) == [1, None]


def test_time_zones_are_understood():
    a = of(delta_t=[0], acquisition_date="2024-05-01T10:00:00+02:00")
    b = of(delta_t=[0], acquisition_date="2024-05-01T08:00:07Z")
    assert times(merge([a, b], "T")) == [0, 7]


def test_the_first_date_is_never_anothers():
    merged = merge([frames(1), frames(1, "10:00:00")], "T")
    assert merged.metadata.facts.acquisition_date is None
    assert record(merged)["inputs"][1]["stated"] == {"AcquisitionDate": "2024-05-01T10:00:00"}


def test_a_gap_is_told():
    merged = merge([frames(3, "10:00:00", 10.0), frames(2, "10:02:00", 10.0), frames(2, "10:02:20", 10.0)], "T")
    (said,) = told(merged)
    assert "gap between input 0 (an array in memory) and input 1 (an array in memory)" in said
    assert "a step of 100 s, 10 s is usual" in said
    (gap,) = record(merged)["gaps"]
    assert (gap["kind"], gap["at"], gap["step"], gap["usual"], gap["unit"]) == ("gap", 3, 100.0, 10.0, "s")
    assert merged.metadata.facts.time_increment is None
    assert "1 of the steps between inputs" in record(merged)["notes"][0]


def test_an_overlap_is_told():
    merged = merge([frames(3, "10:00:00", 10.0), frames(3, "10:00:10", 10.0)], "T")
    (said,) = told(merged)
    assert "overlap between" in said
    assert "a step of -10 s" in said
    assert merged.metadata.facts.time_increment is None
    backwards = merge([frames(1, "10:00:10"), frames(1, "10:00:00")], "T")
    assert "overlap" in told(backwards)[0]


def test_a_gap_without_a_stated_increment():
    """One-plane files that only have dates: three equal steps and a long one."""
    dates = ["10:00:00.0", "10:00:05.0", "10:00:10.0", "10:00:15.0", "10:01:00.0"]
    merged = merge([frames(1, date) for date in dates], "T")
    assert "a step of 45 s, 5 s is usual" in told(merged)[0]
    assert times(merged) == [0, 5, 10, 15, 60], "a plane's date is its time"
    assert merged.metadata.facts.time_increment is None, "nobody stated one"


def test_increments_that_differ_are_not_true_of_the_whole():
    images = [frames(2, "10:00:00", 10.0), frames(2, "10:00:20", 20.0)]
    for policy in ("careful", "first", "null"):
        merged = merge(images, "T", conflict=policy)
        assert "TimeIncrement (now unknown)" in told(merged)[0]
        assert merged.metadata.facts.time_increment is None
    with pytest.raises(MetadataConflictError, match="TimeIncrement is"):
        merge(images, "T", conflict="raise").metadata  # noqa: B018, the question is what is tested
    along_c = merge(images, "C", conflict="first")
    assert len(told(along_c)) == 1
    assert along_c.metadata.facts.time_increment.value == 10.0
    careful = merge(images, "C")
    assert len(told(careful)) == 1
    assert careful.metadata.facts.time_increment is None


def test_single_frames_that_state_an_increment():
    merged = merge([frames(1, increment=5.0) for _ in range(4)], "T")
    assert merged.metadata.facts.time_increment.value == 5.0
    assert merged.metadata.assumptions == (
        "TimeIncrement 5 s: each input is one time point and states it; they are taken to follow each other",
    )
    some = merge([frames(1, increment=5.0), frames(1)], "T")
    assert some.metadata.facts.time_increment is None
    assert "nothing says" in record(some)["notes"][0]
    silent = merge([frames(2, "10:00:00", 5.0), frames(2, "10:00:10")], "T")
    assert silent.metadata.facts.time_increment is None


def test_the_date_of_a_series_in_each_of_its_files():
    """Equal dates are one date: DeltaT counts from it already, and files without DeltaT do not overlap."""
    merged = merge([frames(1, "10:00:00", 5.0, delta_t=[5 * i]) for i in range(4)], "T")
    assert told(merged) == []
    assert times(merged) == [0, 5, 10, 15]
    assert merged.metadata.facts.time_increment.value == 5.0
    assert merged.metadata.facts.planes.origin == "file", "nothing was computed"
    bare = merge([frames(1, "10:00:00", 5.0) for _ in range(4)], "T")
    assert told(bare) == []
    assert bare.metadata.facts.planes is None
    assert bare.metadata.facts.time_increment.value == 5.0


def test_coarse_dates_tell_no_step():
    """Dates to the second cannot tell half a second; a long gap they can."""
    merged = merge([frames(2, "10:00:00", 0.5), frames(2, "10:00:01", 0.5)], "T")
    assert told(merged) == []
    assert merged.metadata.facts.time_increment is None
    assert "gap" in told(merge([frames(2, "10:00:00", 0.5), frames(2, "10:00:09", 0.5)], "T"))[0]


def test_times_of_channels_taken_one_after_another():
    a = of((2, 1, 1, 2, 3), delta_t=[0, 1], acquisition_date="2024-05-01T10:00:00")
    b = of((2, 1, 1, 2, 3), delta_t=[0, 1], acquisition_date="2024-05-01T10:05:00")
    merged = merge([a, b], "C")
    assert "AcquisitionDate" in told(merged)[0]
    table = merged.metadata.facts.planes.columns["DeltaT"]
    assert table[:, 0].tolist() == [[0, 300], [1, 301]]


def test_planes_of_padding_are_unknown():
    a = of((1, 2, 1, 2, 3), planes={"PositionX": np.full((1, 2, 1), 7.0)})
    b = of((1, 1, 1, 2, 3), planes={"PositionX": np.full((1, 1, 1), 8.0), "ExposureTime": np.ones((1, 1, 1))})
    columns = merge([a, b], "T", shapes="pad").metadata.facts.planes.columns
    assert np.array_equal(columns["PositionX"][:, :, 0], [[7, 7], [8, np.nan]], equal_nan=True)
    assert np.array_equal(columns["ExposureTime"][:, :, 0], [[np.nan, np.nan], [1, np.nan]], equal_nan=True)


# --- depth


def stack(heights, **more):
    table = np.array(heights, float).reshape(1, -1, 1)
    return of((1, len(heights), 1, 2, 3), planes={"PositionZ": table}, physical_size_z=2.0, **more)


def test_stacks_that_follow_each_other():
    merged = merge([stack([0, 2]), stack([4, 6])], "Z")
    assert told(merged) == []
    assert merged.metadata.facts.planes.columns["PositionZ"][0, :, 0].tolist() == [0, 2, 4, 6]
    assert merged.metadata.facts.planes.origin == "file"
    assert told(merge([stack([6, 4]), stack([2, 0])], "Z")) == [], "downward"


def test_stacks_that_do_not():
    assert "gap between" in told(merge([stack([0, 2]), stack([9, 11])], "Z"))[0]
    merged = merge([stack([0, 2, 4]), stack([2, 4, 6])], "Z")
    assert "overlap between" in told(merged)[0]
    assert record(merged)["gaps"][0]["unit"] == "µm"
    assert merged.metadata.facts.physical_size_z.value == 2.0, "true inside each stack"
    assert told(merge([stack([5, 5]), stack([5, 5])], "Z")) == [], "where the stage stood says nothing of planes"


# --- the record


def test_every_input_is_recorded(tmp_path):
    arrays = [np.full((1 + i, 1, 2 + i, 3), i, "u1") for i in range(3)]
    paths = [write_toy(tmp_path / f"{i}.toy", toy_image(a, "TZYX")) for i, a in enumerate(arrays)]
    merged = merge([open_source(path).images[0] for path in paths], "T", shapes="pad")
    entries = record(merged)["inputs"]
    assert [entry["name"] for entry in entries] == ["0.toy", "1.toy", "2.toy"]
    assert [(entry["start"], entry["stop"]) for entry in entries] == [(0, 1), (1, 3), (3, 6)]
    assert entries[1]["region"] == {"T": [1, 3], "Z": [0, 1], "C": [0, 1], "Y": [0, 3], "X": [0, 3]}
    assert entries[0]["reader"] == "toy"
    assert entries[0]["image"] == 0
    (source,) = entries[2]["source"]
    assert source["name"] == "2.toy"
    assert source["bytes"] == paths[2].stat().st_size
    assert len(source["sample_digest"]) == 32
    assert str(tmp_path) not in json.dumps(merged.metadata.to_dict()), "names, never folders"
    provenance = merged.metadata.provenance
    assert provenance["merged"] == {"axis": "T", "inputs": 3}
    assert provenance["policies"] == {"shapes": "pad", "dtypes": "strict", "conflict": "careful"}


def test_the_record_of_nested_merges_is_flat():
    z = merge([of(), of((1, 2, 1, 2, 3))], "Z")
    merged = merge([z, of((1, 3, 1, 2, 3))], "T")
    entries = record(merged)["inputs"]
    assert [entry["region"]["Z"] for entry in entries] == [[0, 1], [1, 3], [0, 3]]
    assert [entry["region"]["T"] for entry in entries] == [[0, 1], [0, 1], [1, 2]]
    assert [(entry["start"], entry["stop"]) for entry in entries] == [(0, 1), (0, 1), (1, 2)]


def test_the_word_of_an_input_of_an_input_is_kept():
    a = of(annotations={"n": {"k": 1, "l": 1}}, delta_t=[1])
    b = of(annotations={"n": {"k": 2, "l": 1}}, delta_t=[2])
    other = of((1, 2, 1, 2, 3), annotations={"n": {"k": 3, "l": 3}})
    merged = merge([other, merge([a, b], "Z")], "T")
    entries = record(merged)["inputs"]
    assert "stated" not in entries[0]
    assert entries[1]["stated"] == {"Annotations": {"n": {"k": 1, "l": 1}}, "DeltaT": [[[1.0]]]}
    assert entries[2]["stated"] == {"Annotations": {"n": {"k": 2, "l": 1}}, "DeltaT": [[[2.0]]]}


def test_another_policy_is_respected_inside():
    """What was decided with one policy is not decided again with another."""
    inner = merge([of(physical_size_x=0.5), of(physical_size_x=0.25)], "T", conflict="first")
    assert len(told(inner)) == 1
    outer = merge([inner, of(physical_size_x=0.5)], "T")
    assert told(outer) == []
    assert outer.metadata.facts.physical_size_x.value == 0.5
    assert len(record(outer)["inputs"]) == len(outer.picture.parts) == 3
    assert record(outer)["inputs"][1]["stated"]["PhysicalSizeX"] == 0.25


def test_types_are_recorded():
    images = [Image.of_array(np.ones((2, 2), dtype), axes="YX") for dtype in ("u1", "f4")]
    entries = record(merge(images, "T", dtypes="promote"))["inputs"]
    assert [entry.get("dtype") for entry in entries] == ["uint8", None]


# --- through the dict, a pickle and a file

NAMES = st.one_of(st.none(), st.sampled_from(["GFP", "RFP", "µ"]))


@st.composite
def described(draw):
    """An axis and images in memory that state this and that."""
    axis = draw(st.sampled_from("TZC"))
    shape = [draw(st.integers(1, 2)) for _ in range(3)] + [2, 3]
    images = []
    for n in range(draw(st.integers(2, 4))):
        own = list(shape)
        own[CANONICAL.index(axis)] = draw(st.integers(1, 2))
        facts = {}
        for slot, values in (
            ("name", ["a", "b"]), ("physical_size_x", [0.5, 0.25]), ("time_increment", [1.0, 2.0]),
            ("acquisition_date", ["2024-05-01T10:00:00", "2024-05-01T10:00:05", "2024-05-01"]),
            ("objective", [{"Model": "A"}, {"LensNA": 1.4}]), ("annotations", [{"n": {"k": "1"}}, {"n": {"k": "2"}}]),
        ):  # fmt: skip
            if (value := draw(st.one_of(st.none(), st.sampled_from(values)))) is not None:
                facts[slot] = value
        if draw(st.booleans()):
            facts["delta_t"] = [draw(st.floats(0, 9, width=16)) for _ in range(own[0])]
        images.append(of(tuple(own), fill=n, channels=[draw(NAMES) for _ in range(own[2])], **facts))
    return axis, images


@given(described())
def test_metadata_survive_the_dict_the_pickle_and_the_file(tmp_path_factory, given_):
    axis, images = given_
    merged = merge(images, axis, conflict="first")
    told(merged)
    metadata = merged.metadata
    public = metadata.to_dict()
    assert json.loads(json.dumps(public)) == public, "JSON, and nothing that JSON changes"
    back = from_dict(public, metadata.shape, metadata.dtype).to_dict()
    path = writing.write(tmp_path_factory.mktemp("merged") / "m.ome.tif", [merged])
    with open_source(path).images[0] as read:
        assert np.array_equal(read.to_numpy(), merged.to_numpy())
        again = read.metadata.to_dict()
    for kept in (back, again):
        for key in set(public) - {"Annotations", "AcquisitionDate", "Planes"}:
            assert kept[key] == public[key], key
        assert kept["Annotations"]["omio/merge"] == public["Annotations"]["omio/merge"]
        assert kept["Annotations"].get("omio/assumptions") == public["Annotations"].get("omio/assumptions")
        assert kept["Annotations"].get("n") == public["Annotations"].get("n")
        assert kept["Annotations"]["omio/provenance"]["history"][0]["merged"] == {"axis": axis, "inputs": len(images)}
        if kept["AcquisitionDate"] is None and public["AcquisitionDate"] is not None:  # no time of day: no place in OME
            assert kept["Annotations"]["omio/unplaced"] == {"AcquisitionDate": public["AcquisitionDate"]}
        assert _known(kept["Planes"]) == _known(public["Planes"])
    assert pickle.loads(pickle.dumps(merged)).metadata == metadata


@given(described(), st.data())
def test_metadata_of_a_merge_of_merges_are_those_of_the_flat_merge(given_, data):
    axis, images = given_
    cut = data.draw(st.integers(1, len(images) - 1))
    flat = merge(images, axis, conflict="first")
    inner = [merge(images[:cut], axis, conflict="first"), merge(images[cut:], axis, conflict="first")]
    if data.draw(st.booleans()):
        told(inner[0])
    nested = merge(inner, axis, conflict="first")
    assert told(nested) == told(flat)
    assert nested.metadata == flat.metadata


def _known(planes):
    """The tables without those of which nothing is known, which a file cannot hold."""
    flat = {k: np.array(v, float) for k, v in (planes or {}).items()}
    return {k: v.tolist() for k, v in flat.items() if np.isfinite(v).any() and not np.isnan(v).any()}


def test_a_merge_that_was_written_is_merged_again(tmp_path):
    paths = [
        writing.write(tmp_path / f"{i}.ome.tif", [merge([of(fill=2 * i), of(fill=2 * i + 1)], "T")]) for i in range(2)
    ]
    merged = merge([open_source(path).images[0] for path in paths], "T")
    assert merged.to_numpy()[:, 0, 0, 0, 0].tolist() == [0, 1, 2, 3]
    entries = record(merged)["inputs"]
    assert [entry["name"] for entry in entries] == ["0.ome.tif", "1.ome.tif"]
    assert [len(entry["merge"]["inputs"]) for entry in entries] == [2, 2], "what they were made of is not lost"
