"""A text is not the picture: a flaw in Experiment.xml costs what stands behind it, if the layout stands before it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import omio
from omio_core.errors import CorruptFileError, MetadataWarning

from .made import NAME, by_hand, pixels, xml

ARRAY = pixels(3, 1, 2, 4, 5)
NOTES = '<ExperimentNotes text="odours: {}"/>'
SOUND = xml(Streaming={"frames": 3}).replace("<Name", NOTES.format("none") + "<Name")
LAST = "</ThorImageExperiment>"

NOTES_ALONE: dict[str, Callable[[str], str]] = {
    "control character": lambda text: text.replace("none", "\x1f"),
    "reference to a control character": lambda text: text.replace("none", "&#x1F;"),
    "reference to NUL": lambda text: text.replace("none", "&#0;"),
    "bare ampersand": lambda text: text.replace("none", "a & b"),
    "less than": lambda text: text.replace("none", "a < b"),
    "in an element of its own": lambda text: text.replace(
        NOTES.format("none"), "<ExperimentNotes>a & b</ExperimentNotes>"
    ),
}
BEHIND_THE_LAYOUT: dict[str, Callable[[str], str]] = {
    "stray byte after the end": lambda text: text + "\x01",
    "line break before the declaration": lambda text: "\n" + text,
    "control character in a last element": lambda text: text.replace(LAST, '<Comments text="\x01"/>' + LAST),
    "cut in the last tag": lambda text: text[:-9],
}


@pytest.fixture
def put(tmp_path: Path) -> Callable[[str], Path]:
    def written(text: str) -> Path:
        (tmp_path / NAME).write_bytes(ARRAY.tobytes())
        (tmp_path / "Experiment.xml").write_bytes(text.encode())
        return tmp_path / NAME

    return written


@pytest.mark.parametrize("flaw", NOTES_ALONE)
def test_notes_cost_the_notes(flaw: str, put: Callable[[str], Path]) -> None:
    path = put(NOTES_ALONE[flaw](SOUND))
    with pytest.warns(MetadataWarning, match="the notes in the Experiment.xml are malformed") as told:
        array, metadata = omio.imread(path)
    assert len(told) == 1
    np.testing.assert_array_equal(array, ARRAY)
    assert metadata["PhysicalSizeX"] == 0.5
    assert metadata["Channels"][1]["Name"] == "ChanB"


@pytest.mark.parametrize("flaw", BEHIND_THE_LAYOUT)
def test_a_flaw_behind_the_layout(flaw: str, put: Callable[[str], Path]) -> None:
    with pytest.warns(MetadataWarning, match=r"the Experiment.xml (is malformed|begins with)"):
        array, metadata = omio.imread(put(BEHIND_THE_LAYOUT[flaw](SOUND)))
    np.testing.assert_array_equal(array, ARRAY)
    assert metadata["PhysicalSizeX"] == 0.5


@pytest.mark.parametrize("element", ["<LSM", "<Streaming", "<CaptureMode", "<Modality", "<RawData", "<Wavelengths"])
def test_a_layout_behind_the_flaw_is_never_guessed(element: str, put: Callable[[str], Path]) -> None:
    path = put(SOUND.replace(element, "\x01" + element))
    with pytest.raises(CorruptFileError, match="breaks off") as caught:
        omio.imread(path)
    assert "sidecar=" in caught.value.remedy
    (path.parent / "said.yaml").write_text(by_hand(3))
    array, _ = omio.imread(path, sidecar=str(path.parent / "said.yaml"))
    np.testing.assert_array_equal(array, ARRAY)


@pytest.mark.parametrize("text", ["words", "<!DOCTYPE a>" + SOUND.partition("?>")[2], ""])
def test_no_text_at_all(text: str, put: Callable[[str], Path]) -> None:
    with pytest.raises(CorruptFileError) as caught:
        omio.imread(put(text), reader="thorlabs")
    assert "sidecar=" in caught.value.remedy


def test_the_found_file(data: Path) -> None:
    with pytest.warns(MetadataWarning, match="notes"):
        array, _ = omio.imread(data / "found" / "thor" / "notes_ctrl" / NAME)
    assert array.shape[:3] == (10, 1, 2)
