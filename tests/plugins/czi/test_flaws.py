"""A text is not the picture: each flaw of a CZI's XML costs what stands behind it, and no pixel."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import omio
from omio_core.errors import LimitExceededError, MetadataWarning, OmioError, UnsupportedFeatureError
from omio_core.settings import using

from .made import JPEG, ZSTD0, ZSTD1, Block, ramp, stored, write

CHANNEL = '<Channel Id="Channel:0" Name="GFP"><Color>#FFFF0000</Color></Channel>'
SIZE = '<Scaling><Items><Distance Id="X"><Value>1e-07</Value></Distance></Items></Scaling>'
SOUND = (
    '<?xml version="1.0" encoding="utf-8"?><ImageDocument><Metadata><Information><Image><Dimensions><Channels>'
    f"{CHANNEL}</Channels></Dimensions></Image></Information>{SIZE}<Notes>words</Notes></Metadata></ImageDocument>"
)
# flaw: the text, and whether channels and sizes are known
FLAWS: dict[str, tuple[Callable[[str], str], bool, bool]] = {
    "stray byte after the end": (lambda xml: xml + "\x01", True, True),
    "line break before the declaration": (lambda xml: "\n" + xml, True, True),
    "control character in the notes": (lambda xml: xml.replace("words", "\x01"), True, True),
    "reference to NUL in the notes": (lambda xml: xml.replace("words", "&#0;"), True, True),
    "bare ampersand in the notes": (lambda xml: xml.replace("words", "a & b"), True, True),
    "cut in the notes": (lambda xml: xml[: xml.index("words")], True, True),
    "NUL between": (lambda xml: xml.replace("<Scaling>", "\0<Scaling>"), True, False),
    "cut before the sizes": (lambda xml: xml[: xml.index("<Scaling>")], True, False),
    "NUL in a channel": (lambda xml: xml.replace("GFP", "G\0P"), False, False),
    "reference to none in a channel": (lambda xml: xml.replace("GFP", "&#1;"), False, False),
    "DOCTYPE": (lambda xml: xml.replace("<ImageD", "<!DOCTYPE a><ImageD", 1), False, False),
    "no XML": (lambda xml: "words", False, False),
}


@pytest.fixture
def made(tmp_path: Path) -> Callable[[str], Path]:
    """Three planes along T, one sub-block each, with this XML."""

    def written(xml: str) -> Path:
        blocks = [Block(pixels=ramp(6, 8, start=t), at={"T": t}) for t in range(3)]
        return write(tmp_path / "a.czi", blocks, xml=xml.encode())

    return written


def test_a_sound_one_warns_of_nothing(made: Callable[[str], Path]) -> None:
    _, metadata = omio.imread(made(SOUND))
    assert (metadata["Channels"][0]["Name"], metadata["PhysicalSizeX"]) == ("GFP", pytest.approx(0.1))


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_flaw_costs_what_stands_behind_it(flaw: str, made: Callable[[str], Path]) -> None:
    sound, _ = omio.imread(made(SOUND))
    spoil, has_channels, has_sizes = FLAWS[flaw]
    path = made(spoil(SOUND))
    with pytest.warns(MetadataWarning, match="the CZI metadata") as told:
        array, metadata = omio.imread(path)
    assert len(told) == 1
    np.testing.assert_array_equal(array, sound)
    assert metadata["Channels"][0]["Name"] == ("GFP" if has_channels else None)
    assert metadata["PhysicalSizeX"] == (pytest.approx(0.1) if has_sizes else None)
    assert "the CZI metadata" in str(metadata["Annotations"]["omio/assumptions"])
    np.testing.assert_array_equal(omio.imread(path, description="ignore")[0], sound)


def test_scenes_of_one_document_warn_once(tmp_path: Path) -> None:
    blocks = [Block(pixels=ramp(6, 8), at={"S": s, "X": 20 * s}) for s in range(3)]
    path = write(tmp_path / "a.czi", blocks, xml=SOUND.encode() + b"&")
    with pytest.warns(MetadataWarning) as told:
        omio.imread(path, return_list=True)
    assert len(told) == 1


def test_ignoring_the_texts_asks_none_of_them(made: Callable[[str], Path]) -> None:
    path = made(SOUND)
    with omio.imopen(path, description="ignore") as image:
        assert image.vendor is None
        known = image.metadata.facts
        assert pickle.loads(pickle.dumps(image)).metadata.facts == known
    assert (known.physical_size_x, known.channels) == (None, ())
    with using(max_xml=10), omio.imopen(path) as image:
        with pytest.raises(LimitExceededError) as caught:
            str(image.vendor)
        assert 'description="ignore"' in caught.value.remedy
    with pytest.raises(OmioError, match="description cannot be"):
        omio.imread(path, description=1)


@pytest.mark.parametrize(("name", "size"), [("ctrlchar.czi", None), ("b4435_nulinside.czi", None)])
def test_found_files(data: Path, name: str, size: float | None) -> None:
    with pytest.warns(MetadataWarning, match="Unknown for it: the pixel sizes"):
        array, metadata = omio.imread(data / "found" / name)
    assert array.any()
    assert metadata["PhysicalSizeX"] == size


# --- sub-blocks of several planes


@pytest.mark.parametrize("compression", [0, ZSTD0, ZSTD1])
@pytest.mark.parametrize("letter", ["T", "Z"])
def test_sub_blocks_of_several_planes(tmp_path: Path, letter: str, compression: int, read: Callable[..., Any]) -> None:
    blocks = []
    for c in range(2):
        lines = ramp(5, 8, start=100 * c)
        data = stored(Block(pixels=lines, compression=compression))
        entry = {"sizes": {letter: (5, 5)}}
        place = {"C": c, letter: 2}
        blocks.append(Block(pixels=lines[:1], at=place, compression=compression, data=data, entry=entry))
    (array,) = read(write(tmp_path / "a.czi", blocks))
    assert array.shape == ((5, 1, 2, 1, 8) if letter == "T" else (1, 5, 2, 1, 8))
    planes = array.reshape(5, 2, 8)
    for c in range(2):
        np.testing.assert_array_equal(planes[:, c], ramp(5, 8, start=100 * c))


def test_several_planes_that_are_not_read(tmp_path: Path, read: Callable[..., Any]) -> None:
    for sizes in ({"C": 2}, {"T": 2, "Z": 2}):
        block = Block(
            pixels=ramp(4, 8),
            at=dict.fromkeys(sizes, 0),
            entry={"sizes": {letter: (n, n) for letter, n in sizes.items()}},
        )
        with pytest.raises(UnsupportedFeatureError, match="several planes"):
            read(write(tmp_path / "a.czi", [block]))
    picture = Block(pixels=ramp(4, 8, dtype="u1"), at={"T": 0}, compression=JPEG, entry={"sizes": {"T": (3, 3)}})
    with pytest.raises(UnsupportedFeatureError, match="several planes in one encoded picture"):
        read(write(tmp_path / "a.czi", [picture]))


def test_the_line_scan_that_taught_us(data: Path) -> None:
    array, _ = omio.imread(data / "found" / "l31_Tsize5.czi")
    assert array.shape == (5, 1, 2, 1, 32)
    assert array[:, 0, 0, 0, 0].tolist() == [0, 100, 200, 300, 400]
