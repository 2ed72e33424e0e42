"""Facts at the indices that the caller's axes give them."""

from __future__ import annotations

import numpy as np

from omio_core.geometry.axes import layout
from omio_core.images.relabel import relabel
from omio_core.metadata.facts import Channel, Fact, Facts, Planes


def named(*names: str, samples: int = 1) -> tuple[Channel, ...]:
    return tuple(Channel(name=Fact(name, "file"), samples=samples) for name in names)


def names(facts: Facts) -> list[str | None]:
    return [channel.name.value if channel.name else None for channel in facts.channels]


def table(*shape: int) -> Planes:
    return Planes(columns={"DeltaT": np.arange(np.prod(shape), dtype=float).reshape(shape)}, origin="file")


def test_the_same_axes_are_the_same_facts() -> None:
    facts = Facts(channels=named("a", "b"), planes=table(3, 1, 2))
    assert relabel(facts, "TCYX", layout("TCYX", (3, 2, 4, 5), caller="TCYX")) is facts


def test_phases_that_become_times() -> None:
    known = named(*(f"{name} H{h}" for h in range(3) for name in ("GFP wide", "RFP")))
    got = relabel(Facts(channels=known, planes=table(1, 1, 6)), "HCYX", layout("HCYX", (3, 2, 4, 5), caller="TCYX"))
    assert names(got) == ["GFP wide", "RFP"]
    assert got.planes is not None
    assert got.planes.columns["DeltaT"][:, 0].tolist() == [[0, 1], [2, 3], [4, 5]]


def test_channels_that_become_slices_keep_what_they_share() -> None:
    green = Channel(name=Fact("a", "file"), color=Fact(7, "file"))
    red = Channel(name=Fact("b", "file"), color=Fact(7, "file"))
    got = relabel(Facts(channels=(green, red)), "CYX", layout("CYX", (2, 4, 5), caller="ZYX"))
    assert got.channels == (Channel(color=Fact(7, "file")),)


def test_times_that_become_channels_repeat_the_channel() -> None:
    got = relabel(Facts(channels=named("a"), planes=table(3, 1, 1)), "TYX", layout("TYX", (3, 4, 5), caller="CYX"))
    assert names(got) == ["a", "a", "a"]
    assert got.planes is not None
    assert got.planes.columns["DeltaT"].tolist() == [[[0, 1, 2]]]


def test_slices_and_times_that_change_places() -> None:
    got = relabel(Facts(planes=table(2, 3, 1)), "TZYX", layout("TZYX", (2, 3, 4, 5), caller="ZTYX"))
    assert got.planes is not None
    assert got.planes.columns["DeltaT"][:, :, 0].tolist() == [[0, 3], [1, 4], [2, 5]]


def test_samples_that_become_channels() -> None:
    got = relabel(
        Facts(channels=named("rgb", samples=3), planes=table(2, 1, 1)), "TYXS",
        layout("TYXS", (2, 4, 5, 3), caller="TYXC"),
    )  # fmt: skip
    assert names(got) == ["rgb", "rgb", "rgb"]
    assert {channel.samples for channel in got.channels} == {1}
    assert got.planes is not None
    assert got.planes.columns["DeltaT"].tolist() == [[[0, 0, 0]], [[1, 1, 1]]]


def test_facts_that_never_fitted_stay_as_they_are() -> None:
    facts = Facts(channels=named("a", "b", "c"), planes=table(7, 1, 1))
    assert relabel(facts, "TCYX", layout("TCYX", (3, 2, 4, 5), caller="ZCYX")) == facts
    chosen = layout("QQYX", (3, 2, 4, 5), caller="TZYX")
    assert relabel(facts, "QQYX", chosen) is facts
