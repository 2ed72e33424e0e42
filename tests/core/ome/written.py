"""Metadata to be written as OME-XML, and read again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from omio_core.metadata.facts import Channel, Fact, Facts, Planes
from omio_core.metadata.model import Metadata
from omio_core.ome import read, write

UUID = "urn:uuid:3e450fae-b8f2-4d35-aa54-702168b2487f"


def built(*images: Metadata, **other: Any) -> str:
    defaults = {
        "pixel_types": ["uint16"] * len(images),
        "first_ifds": [0] * len(images),
        "uuid": UUID,
        "file_name": "a.ome.tif",
        "creator": "omio-core test",
    }
    return write.build_ome(images, **{**defaults, **other})


def fact(value: Any) -> Fact[Any]:
    return Fact(value, "file", "somewhere")


def metadata(facts: Facts | None = None, shape: tuple[int, ...] = (1, 1, 1, 3, 4), **other: Any) -> Metadata:
    return Metadata(shape=shape, dtype="uint16", facts=facts or Facts(), **other)


def again(given: Metadata) -> Facts:
    """The facts after writing, checking and reading; without what omio notes of its own."""
    text = built(given)
    assert "&#" not in text, "Bio-Formats takes character references apart"
    write.check_ome(text)
    found = read.ome_facts(text, 0)
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


FLOATS = st.floats() | st.sampled_from([1e-9, 5e-324, 3.5e38, -0.0, 1e-8])
