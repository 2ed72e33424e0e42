"""Metadata: facts joined with a shape; regions, resolutions, and what an earlier run recorded."""

from __future__ import annotations

import json

import numpy as np
import pytest

from omio_core.errors import MetadataError, MissingMetadataError
from omio_core.geometry.box import Box
from omio_core.metadata.facts import Channel, Fact, Facts, Planes
from omio_core.metadata.model import Metadata, to_dict
from omio_core.metadata.namespaces import ASSUMPTIONS, ORIGINS, PROVENANCE
from tests.core.metadata.described import full


def named(*names):
    return tuple(Channel(name=Fact(name, "file")) for name in names)


def names(metadata):
    return [channel.name.value if channel.name else None for channel in metadata.channels]


def picture(shape=(4, 3, 2, 8, 9), samples=1, **facts):
    return Metadata(shape=shape, dtype="uint16", samples=samples, facts=Facts(**facts))


@pytest.mark.parametrize(
    ("shape", "samples"), [((1, 2, 3), 1), ((1, 1, 4, 5, 5), 3), ((1, 1, 3, 5, 5), 0), ((1,) * 6, 1)]
)
def test_shapes_that_cannot_be(shape, samples):
    with pytest.raises(MetadataError, match="cannot have the shape"):
        Metadata(shape=shape, dtype="uint8", samples=samples)


def test_channels_are_all_described_or_none():
    with pytest.raises(MetadataError, match="3 channels are described, and the picture has 2"):
        picture(channels=named("a", "b", "c"))
    assert names(picture()) == [None, None]


def test_an_rgb_picture_has_one_channel_of_three_samples():
    metadata = picture((1, 1, 6, 4, 4), samples=3, channels=named("H&E", "copy"))
    assert metadata.channel_count == 2
    assert [channel.samples for channel in metadata.channels] == [3, 3]


def test_crop_takes_channels_and_planes_along():
    table = np.arange(4 * 3 * 2, dtype=float).reshape(4, 3, 2)
    planes = Planes(columns={"DeltaT": table}, origin="file", where="somewhere")
    metadata = picture(channels=named("a", "b"), planes=planes, physical_size_x=Fact(0.5, "file"))
    part = metadata.crop(Box(((1, 3), (2, 3), (1, 2), (0, 8), (4, 6))))
    assert part.shape == (2, 1, 1, 8, 2)
    assert names(part) == ["b"]
    assert np.array_equal(part.facts.planes.columns["DeltaT"], table[1:3, 2:3, 1:2])
    assert (part.facts.planes.origin, part.facts.planes.where) == ("file", "somewhere")
    assert part.facts.physical_size_x == Fact(0.5, "file")
    assert metadata.shape == (4, 3, 2, 8, 9), "the whole is as it was"


def test_crop_of_whole_pixels_keeps_samples_and_a_cut_pixel_loses_them():
    table = np.arange(2, dtype=float).reshape(1, 1, 2)
    rgb = picture((1, 1, 6, 4, 4), 3, channels=named("a", "b"), planes=Planes(columns={"DeltaT": table}, origin="file"))
    whole = rgb.crop(Box(((0, 1), (0, 1), (3, 6), (0, 4), (0, 4))))
    assert (whole.samples, names(whole), whole.shape[2]) == (3, ["b"], 3)
    assert whole.facts.planes.columns["DeltaT"].tolist() == [[[1.0]]]
    cut = rgb.crop(Box(((0, 1), (0, 1), (2, 5), (0, 4), (0, 4))))
    assert (cut.samples, names(cut), cut.shape[2]) == (1, ["a", "b", "b"], 3)
    assert cut.facts.planes.columns["DeltaT"].tolist() == [[[0.0, 1.0, 1.0]]]


def test_another_resolution_has_larger_pixels():
    planes = Planes(columns={"DeltaT": np.zeros((4, 3, 2))}, origin="file")
    metadata = picture(
        physical_size_x=Fact(0.5, "file", "tag"),
        physical_size_z=Fact(2.0, "file"),
        planes=planes,
        name=Fact("a", "file"),
    )
    half = metadata.scaled((4, 3, 2, 4, 3))
    assert half.shape == (4, 3, 2, 4, 3)
    assert (half.facts.physical_size_x.value, half.facts.physical_size_x.origin) == (1.5, "derived")
    assert "tag" in half.facts.physical_size_x.where
    assert half.facts.physical_size_y is None, "what is unknown stays unknown"
    assert half.facts.physical_size_z == Fact(2.0, "file"), "its axis did not change"
    assert half.facts.name == metadata.facts.name
    assert half.facts.planes == planes
    assert metadata.scaled((4, 1, 2, 8, 9)).facts.planes is None, "the table is of other planes"


def test_needed_facts_depend_on_the_shape():
    assert picture((1, 1, 1, 4, 4)).needed() == ("PhysicalSizeX", "PhysicalSizeY")
    assert picture().needed() == ("PhysicalSizeX", "PhysicalSizeY", "PhysicalSizeZ", "TimeIncrement")
    sized = picture((1, 1, 1, 4, 4), physical_size_x=Fact(1.0, "file"), physical_size_y=Fact(1.0, "file"))
    assert sized.needed() == ()
    sized.refuse_missing("a.tif")
    with pytest.raises(MissingMetadataError, match=r"PhysicalSizeX, PhysicalSizeY of a\.tif are unknown") as caught:
        picture((1, 1, 1, 4, 4)).refuse_missing("a.tif")
    assert caught.value.missing == ("PhysicalSizeX", "PhysicalSizeY")
    assert "pixel_size" in caught.value.remedy


def test_what_an_earlier_run_recorded_becomes_history():
    facts = Facts(
        annotations={
            PROVENANCE: {"reader": "toy", "source": [], "history": [{"reader": "older"}]},
            ASSUMPTIONS: {"assumption": ["Q is T", "both"]},
            ORIGINS: {"PhysicalSizeX": "caller: pixel_size="},
            "microscope.org": {"laser": 3},
        }
    )
    read = Metadata(
        shape=(1, 1, 1, 2, 2), dtype="uint8", facts=facts, assumptions=("both", "new"), provenance={"reader": "tiff"}
    ).with_record()
    assert read.facts.annotations == {"microscope.org": {"laser": 3}}
    assert read.assumptions == ("Q is T", "both", "new")
    assert read.provenance["reader"] == "tiff"
    assert read.provenance["history"] == [
        {"reader": "toy", "source": [], "origins": {"PhysicalSizeX": "caller: pixel_size="}},
        {"reader": "older"},
    ]
    assert read.with_record() == read, "settling twice is settling once"


def test_a_single_assumption_may_be_a_text():
    metadata = Metadata(
        shape=(1, 1, 1, 2, 2), dtype="uint8", facts=Facts(annotations={ASSUMPTIONS: {"assumption": "Q is T"}})
    )
    assert metadata.with_record().assumptions == ("Q is T",)


def test_stated_lists_every_value_under_its_public_name():
    metadata = picture(name=Fact("a", "file"), channels=(Channel(color=Fact(255, "file")), Channel()))
    stated = dict(metadata.stated())
    assert stated["Name"] == Fact("a", "file")
    assert stated["Channels[0].Color"] == Fact(255, "file")
    assert "Channels[1].Color" not in stated
    assert stated["PhysicalSizeX"] is None


@pytest.mark.parametrize("given", ["a text", 7, None, ["a", "b"]])
def test_what_is_called_like_omios_own_and_is_none_stays(given):
    """A file, or a dict, may say anything under any name."""
    annotations = {"omio/assumptions": given, "omio/provenance": given, "omio/origins": given}
    found = Metadata(shape=(1, 1, 1, 2, 2), dtype="uint8", facts=Facts(annotations=annotations)).with_record()
    assert (found.assumptions, dict(found.provenance), dict(found.facts.annotations)) == ((), {}, annotations)


@pytest.mark.parametrize("given", [5, {"a": "b"}, [5, None], None])
def test_assumptions_that_are_no_sentences(given):
    annotations = {"omio/assumptions": {"assumption": given}}
    found = Metadata(shape=(1, 1, 1, 2, 2), dtype="uint8", facts=Facts(annotations=annotations)).with_record()
    assert found.assumptions == ()


def test_the_dict_is_plain():
    public = to_dict(full())
    again = json.loads(json.dumps(public, allow_nan=False))
    assert again == public
    assert public["axes"] == "TZCYX"
    assert public["shape"] == [2, 1, 2, 4, 5]
    assert [public[f"Size{a}"] for a in "TZCYX"] == [2, 1, 2, 4, 5]
    assert (public["PhysicalSizeX"], public["PhysicalSizeXUnit"]) == (0.25, "µm")
    assert (public["PhysicalSizeZ"], public["PhysicalSizeZUnit"]) == (None, None)
    assert (public["TimeIncrement"], public["TimeIncrementUnit"]) == (2.5, "s")
    assert public["Channels"][0] == {
        "Name": "GFP",
        "Color": 16711935,
        "ExcitationWavelength": None,
        "EmissionWavelength": 509.0,
        "Fluor": None,
        "SamplesPerPixel": 1,
    }
    assert public["Planes"] == {"DeltaT": [[[0.0, 0.1]], [[2.0, None]]]}
    assert public["Annotations"][ASSUMPTIONS] == {"assumption": ["Q is T"]}
    assert public["Annotations"][PROVENANCE] == {"reader": "toy"}
    assert public["Annotations"][ORIGINS]["PhysicalSizeY"] == "caller: pixel_size="
    assert public["Annotations"]["microscope.org"] == {"laser": 3, "note": "warm"}


def test_a_picture_of_which_nothing_is_known():
    public = to_dict(Metadata(shape=(1, 1, 1, 4, 5), dtype="uint8"))
    assert public["Annotations"] == {}
    assert public["Channels"] == [dict.fromkeys(public["Channels"][0]) | {"SamplesPerPixel": 1}]
    unknown = [k for k, v in public.items() if v is None]
    assert {"Name", "PhysicalSizeX", "PhysicalSizeXUnit", "TimeIncrement", "Objective", "Planes"} <= set(unknown)
