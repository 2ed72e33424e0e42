"""What metadata state of how an image looks: ranges, significant bits, colours."""

from __future__ import annotations

import json
from typing import Any

import pytest

from omio_core.metadata.display import display_record
from omio_core.metadata.facts import Channel, Fact, Facts
from omio_core.metadata.model import Metadata
from omio_core.rendering.stated import USUAL, colors, significant_bits, stated_range


def _metadata(
    annotations: dict[str, Any] | None = None, *, dtype: str = "uint16", count: int = 2, samples: int = 1, **facts: Any
) -> Metadata:
    return Metadata(
        shape=(1, 1, count * samples, 4, 4),
        dtype=dtype,
        samples=samples,
        facts=Facts(annotations=annotations or {}, **facts),
    )


@pytest.mark.parametrize(
    ("annotations", "dtype", "expected"),
    [
        ({}, "uint16", [None, None]),
        ({"imagej": {"Ranges": [9.0, 40.0, 1.0, 4095.0], "min": 9.0, "max": 40.0}}, "uint16", [(9, 40), (1, 4095)]),
        ({"imagej": {"min": 3.0, "max": 900.0}}, "uint16", [(3, 900), (3, 900)]),
        ({"imagej": {"min": 3, "max": "much"}}, "uint16", [None, None]),
        ({"imagej": {"Ranges": [0.0, 0.0, 5.0, 4.0]}}, "uint8", [None, None]),  # empty, and upside down
        ({"imagej": {"Ranges": [1.0, 2.0], "min": 1.0, "max": 2.0}}, "uint16", [None, None]),  # of another count
        ({"imagej": {"min": 32668.0, "max": 32987.0}}, "int16", [(-100, 219), (-100, 219)]),  # stored with 32768 more
        ({"imagej": {"min": 0.0, "max": 65535.0}}, "uint16", [None, None]),  # nobody has looked
        ({"imagej": {"min": 0.0, "max": 255.0}}, "uint8", [(0, 255), (0, 255)]),
        ({"imagej": {"min": -5.0, "max": float("nan")}}, "float32", [None, None]),
        ({"imagej": {"min": 70000.0, "max": 80000.0}}, "uint16", [None, None]),
    ],
)
def test_ranges(annotations: dict[str, Any], dtype: str, expected: list[Any]) -> None:
    """ImageJ's range of each channel, or of all; what cannot be a range states nothing."""
    metadata = _metadata(annotations, dtype=dtype)
    assert [stated_range(metadata, channel) for channel in range(2)] == expected


def test_the_window_of_omero() -> None:
    """start and end, not min and max; of as many channels as the pixels have; malformed texts state nothing."""
    windows = [{"window": {"start": 10 * i, "end": 100 + i, "min": 0, "max": 65535}} for i in range(2)]
    display = {f"Channel {i}": json.dumps(one) for i, one in enumerate(windows)}
    metadata = _metadata({"ome-zarr/omero": {**display, "rdefs": "{}"}})
    assert [stated_range(metadata, channel) for channel in range(2)] == [(0, 100), (10, 101)]
    assert stated_range(_metadata({"ome-zarr/omero": display}, count=3), 0) is None
    for text in ("{", "[]", '{"window": 3}', '{"window": {"start": "a", "end": 4}}'):
        assert stated_range(_metadata({"ome-zarr/omero": {"Channel 0": text}}, count=1), 0) is None


def test_significant_bits() -> None:
    """SignificantBits of the kept OME-XML; unknown where it is not stated, or stated in two ways."""
    kept = '<OME><Image><Pixels ID="Pixels:0" SignificantBits="12" /></Image></OME>'
    assert significant_bits(_metadata({"ome/xml": {"Remainder": kept}})) == 12
    assert significant_bits(_metadata({"ome/xml": {"Remainder": kept + kept.replace("12", "14")}})) is None
    assert significant_bits(_metadata({"ome/xml": {"Remainder": 5}})) is None
    assert significant_bits(_metadata()) is None


def test_colors() -> None:
    """The stated colour; black is none; a single channel is white, several get different ones."""
    red = Channel(color=Fact(-16776961, "file"))  # 0xFF0000FF
    black = Channel(color=Fact(255, "file"))
    assert colors(_metadata(channels=(red, black))) == ((255, 0, 0), USUAL[1])
    assert colors(_metadata(count=1)) == ((255, 255, 255),)
    assert len(set(colors(_metadata(count=6)))) == 6
    assert len(colors(_metadata(count=20))) == 20


def test_the_tables_of_imagej_are_colors() -> None:
    """A table that is a ramp is its brightest colour; of other tables no colour is taken."""
    ramp, nothing = list(range(256)), [0] * 256
    tables = [[ramp, nothing, ramp], [nothing, ramp, nothing]]
    assert colors(_metadata({"imagej": {"LUTs": tables}})) == ((255, 0, 255), (0, 255, 0))
    fire = [[ramp[::-1], nothing, ramp], tables[1]]
    for wrong in (fire, tables[:1], [1, 2], "LUTs", [[ramp[:9]] * 3] * 2):
        assert colors(_metadata({"imagej": {"LUTs": wrong}})) == USUAL[:2]


def test_what_a_viewer_saved_comes_first() -> None:
    """Somebody chose it: also the whole range of a type, and before what the file stated once."""
    record = display_record([(0, 65535), None], ["image", "image"])
    known = _metadata({"imagej": {"Ranges": [1, 9, 2, 8]}, **record})
    assert [stated_range(known, channel) for channel in (0, 1)] == [(0, 65535), (2, 8)]
