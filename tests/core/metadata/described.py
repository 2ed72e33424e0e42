"""Metadata in which every kind of fact is stated."""

from __future__ import annotations

import math

import numpy as np

from omio_core.metadata.facts import Channel, Fact, Facts, Planes
from omio_core.metadata.model import Metadata

SHAPE = (2, 1, 2, 4, 5)


def full():
    table = np.array([[[0.0, 0.1]], [[2.0, math.nan]]])
    return Metadata(
        shape=SHAPE,
        dtype="uint16",
        facts=Facts(
            name=Fact("embryo", "file", "OME-XML Image/@Name"),
            physical_size_x=Fact(0.25, "file", "tag 282"),
            physical_size_y=Fact(0.5, "caller", "pixel_size="),
            time_increment=Fact(2.5, "file"),
            channels=(
                Channel(name=Fact("GFP", "file"), color=Fact(16711935, "file"), emission=Fact(509.0, "file")),
                Channel(name=Fact("DAPI", "file"), excitation=Fact(405.0, "file"), fluor=Fact("DAPI", "file")),
            ),
            acquisition_date=Fact("2024-03-01T10:00:00", "file"),
            objective=Fact({"LensNA": 1.4, "Immersion": "Oil"}, "file"),
            planes=Planes(columns={"DeltaT": table}, origin="file"),
            annotations={"microscope.org": {"laser": 3, "note": "warm"}},
        ),
        assumptions=("Q is T",),
        provenance={"reader": "toy"},
    )
