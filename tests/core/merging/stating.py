"""Images in memory that state facts, and what a merge of them records and warns of."""

from __future__ import annotations

import warnings

import numpy as np
from hypothesis import strategies as st

from omio_core.contract import Channel, Fact, Facts, Planes
from omio_core.errors import MetadataWarning
from omio_core.geometry.axes import CANONICAL
from omio_core.images.image import Image
from omio_core.metadata.model import Metadata


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
