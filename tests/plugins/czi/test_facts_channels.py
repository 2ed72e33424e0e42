"""Channels from a CZI's XML: which element is of which C index, and what it says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from omio_core.contract import Channel

from .made import Block, ramp, write

Channels_of = Callable[..., tuple[Channel, ...]]


def document(stated: str = "", shown: str = "") -> bytes:
    image = f"<Information><Image><Dimensions><Channels>{stated}</Channels></Dimensions></Image></Information>"
    display = f"<DisplaySetting><Channels>{shown}</Channels></DisplaySetting>"
    return f"<ImageDocument><Metadata>{image}{display}</Metadata></ImageDocument>".encode()


def blocks(*channels: int, **others: int) -> list[Block]:
    return [Block(pixels=ramp(4, 5), at={"C": c, **others}) for c in channels]


@pytest.fixture
def channels(tmp_path: Path, describe: Callable[..., list[Any]]) -> Channels_of:
    """From an XML and sub-blocks to the channels of the first image."""

    def of(xml: bytes | None, found: list[Block]) -> tuple[Channel, ...]:
        return describe(write(tmp_path / "one.czi", found, xml=xml))[0].facts().channels

    return of


def names(channels: tuple[Channel, ...]) -> list[str | None]:
    return [one.name and one.name.value for one in channels]


def test_all_that_a_channel_says(channels: Channels_of) -> None:
    xml = document(
        '<Channel Id="Channel:0" Name="LED555"><ExcitationWavelength>553</ExcitationWavelength>'
        "<EmissionWavelength>568.5</EmissionWavelength><Color>#FFFF7E00</Color><Fluor>Alexa Fluor 555</Fluor></Channel>"
    )
    (one,) = channels(xml, blocks(0))
    facts = (one.name, one.excitation, one.emission, one.color, one.fluor)
    assert [fact and fact.value for fact in facts] == [
        "LED555",
        553.0,
        568.5,
        0xFF7E00FF - (1 << 32),
        "Alexa Fluor 555",
    ]
    assert {fact.origin for fact in facts if fact} == {"file"}
    assert one.color is not None
    assert one.color.where == "CZI Information Channel/Color"


def test_the_display_says_what_the_image_does_not(channels: Channels_of) -> None:
    """ZEN black keeps colours there, ZEN 2.3 names too."""
    shown = "".join(
        f'<Channel Id="{identity}" Name="{name}"><Color>{color}</Color><DyeName>{name} dye</DyeName>'
        f"<DyeMaxExcitation>488</DyeMaxExcitation><DyeMaxEmission>509</DyeMaxEmission></Channel>"
        for identity, name, color in (("b", "second", "#00FF00"), ("a", "first", "#800000FF"))
    )
    stated = '<Channel Id="a" Name="stated"/><Channel Id="b"><EmissionWavelength>520</EmissionWavelength></Channel>'
    one, two = channels(document(stated, shown), blocks(0, 1))
    assert names((one, two)) == ["stated", "second"]
    assert [c.color and c.color.value for c in (one, two)] == [0x0000FF80, 0x00FF00FF]
    assert [c.emission and c.emission.value for c in (one, two)] == [509, 520]
    assert [c.excitation and c.excitation.value for c in (one, two)] == [488, 488]
    assert [c.fluor and c.fluor.value for c in (one, two)] == ["first dye", "second dye"]
    assert two.name is not None
    assert two.name.where == "CZI DisplaySetting Channel/@Name"


def test_a_display_with_ids_of_its_own_goes_by_place(channels: Channels_of) -> None:
    stated = '<Channel Id="Channel:0"/><Channel Id="Channel:1"/>'
    shown = '<Channel Id="Channel:0" Name="DAPI"/><Channel Id="c15b6ce0" Name="GFP"/>'
    assert names(channels(document(stated, shown), blocks(0, 1))) == ["DAPI", "GFP"]
    fewer = '<Channel Id="c15b6ce0" Name="GFP"/>'
    assert channels(document(stated, fewer), blocks(0, 1)) == ()


def test_a_display_alone_is_enough(channels: Channels_of) -> None:
    assert names(channels(document("", '<Channel Id="x" Name="DAPI"/>'), blocks(0))) == ["DAPI"]


@pytest.mark.parametrize(
    ("ids", "indices", "wanted"),
    [
        (("Channel:0", "Channel:1"), (0, 1), ["n0", "n1"]),
        (("Channel:1", "Channel:0"), (0, 1), ["n1", "n0"]),  # an Id is an index
        (("823", "117"), (0, 1), ["n0", "n1"]),  # ZEN black's Ids are none
        (("Channel:0", "117"), (0, 1), ["n0", "n1"]),
        (("Channel:0", "Channel:0"), (0, 1), ["n0", "n1"]),
        (("Channel:1", "Channel:2"), (1, 2), ["n0", "n1"]),
        (("Channel:0", "Channel:1"), (5, 6), ["n0", "n1"]),  # a part that was saved apart
        (("Channel:0", "Channel:1"), (0, 1, 2), ["n0", "n1", None]),
        (("Channel:0", "Channel:1", "Channel:2"), (1,), ["n1"]),
        (("a", "b", "c"), (1,), ["n1"]),
        (("Channel:0",), (0, 2), ["n0", None, None]),  # a channel that is missing is counted
        (("",), (0,), ["n0"]),
    ],
)
def test_which_element_is_of_which_index(
    channels: Channels_of, ids: tuple[str, ...], indices: tuple[int, ...], wanted: list[str | None]
) -> None:
    stated = "".join(f'<Channel Id="{one}" Name="n{k}"/>' for k, one in enumerate(ids))
    assert names(channels(document(stated), blocks(*indices))) == wanted


@pytest.mark.parametrize(
    "inner",
    [
        "<Color>red</Color>", "<Color>#FF00</Color>", "<Color>#FF00FF00FF</Color>", "<Color>FF00FF00</Color>",
        "<Color/>", "<color>#FF00FF00</color>", "<ExcitationWavelength>0</ExcitationWavelength>",
        "<ExcitationWavelength>-488</ExcitationWavelength>", "<EmissionWavelength>NaN</EmissionWavelength>",
        "<EmissionWavelength/>", "<EmissionWavelength>509 nm</EmissionWavelength>", "<Fluor> </Fluor>",
    ],
)  # fmt: skip
def test_what_is_no_value_is_unknown(channels: Channels_of, inner: str) -> None:
    assert channels(document(f'<Channel Id="Channel:0" Name=" ">{inner}</Channel>'), blocks(0)) == ()


@pytest.mark.parametrize(
    ("said", "signed"),
    [("#FFFFFFFF", -1), ("#ff0000ff", 0x0000FFFF), ("#00000000", 0), ("#7FFFFFFF", -129), ("#00FF00", 0x00FF00FF)],
)
def test_colours(channels: Channels_of, said: str, signed: int) -> None:
    (one,) = channels(document(f'<Channel Id="Channel:0"><Color>{said}</Color></Channel>'), blocks(0))
    assert one.color is not None
    assert one.color.value == signed


def test_rgb_is_one_channel(channels: Channels_of) -> None:
    (one,) = channels(
        document('<Channel Id="Channel:0" Name="TL"/>'), [Block(pixels=ramp(4, 5, 3, dtype="u1"), at={"C": 0})]
    )
    assert one.samples == 3
    assert names((one,)) == ["TL"]


def test_folded_axes_are_in_the_names(channels: Channels_of) -> None:
    found = [Block(pixels=ramp(4, 5), at={"C": c, "H": h}) for h in (3, 4) for c in (0, 1)]
    stated = (
        '<Channel Id="Channel:0" Name="GFP"><Color>#FF00FF00</Color></Channel>'
        '<Channel Id="Channel:1"><ExcitationWavelength>405</ExcitationWavelength></Channel>'
    )
    several = channels(document(stated), found)
    assert names(several) == ["GFP H3", "C1 H3", "GFP H4", "C1 H4"]
    assert [c.color is not None for c in several] == [True, False, True, False]
    assert [c.excitation is not None for c in several] == [False, True, False, True]
    assert {c.name.origin for c in several if c.name} == {"derived"}


def test_several_folded_axes_are_outermost_first(tmp_path: Path, describe: Callable[..., list[Any]]) -> None:
    found = [Block(pixels=ramp(4, 5), at={"C": 0, "H": h, "V": v}) for h in (0, 1) for v in (0, 1)]
    described = describe(write(tmp_path / "one.czi", found))[0]
    folded = [axis for axis in described.axes if axis in "HV"]
    wanted = [f"C0 {folded[0]}{a} {folded[1]}{b}" for a in (0, 1) for b in (0, 1)]
    assert names(described.facts().channels) == wanted


def test_an_exposure_is_nanoseconds_of_every_plane(tmp_path: Path, describe: Callable[..., list[Any]]) -> None:
    stated = "".join(
        f'<Channel Id="Channel:{c}"><ExposureTime>{n}</ExposureTime></Channel>'
        for c, n in enumerate(("100000000", "0", "2000000"))
    )
    some = [b for t in (0, 1) for b in blocks(0, 1, 2, T=t)][:-1]
    planes = describe(write(tmp_path / "one.czi", some, xml=document(stated)))[0].facts().planes
    assert planes is not None
    assert set(planes.columns) == {"ExposureTime"}
    assert planes.columns["ExposureTime"].dtype == np.float64
    np.testing.assert_array_equal(planes.columns["ExposureTime"][:, 0], [[0.1, np.nan, 0.002], [0.1, np.nan, np.nan]])
    assert (planes.origin, planes.where) == ("file", "CZI Channel/ExposureTime")
