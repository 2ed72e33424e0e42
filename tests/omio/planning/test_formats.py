"""The writer that ``to=``, ``writer=`` and the name of the output mean together, and what becomes of contradictions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import omio
from omio_core.errors import NoWriterError, OmioError, WriteError

CONTRADICTIONS: dict[str, tuple[dict[str, Any], str, str]] = {
    "two writers": ({"to": "ome-zarr", "writer": "ome_tiff"}, "contradict each other", 'to="ome-zarr"'),
    "the suffix": ({"to": "ome-zarr", "out": "a.ome.tif"}, "contradict each other", "a.ome.tif"),
    "another suffix": ({"to": "ome-tiff", "out": "a.ome.zarr"}, "contradict each other", "a.ome.zarr"),
    "a foreign suffix": ({"to": "ome-tiff", "out": "a.czi"}, "contradict each other", "a.czi"),
}


@pytest.mark.parametrize("case", CONTRADICTIONS)
@pytest.mark.parametrize("door", [omio.convert, omio.plan])
def test_contradictions(case: str, door: Callable[..., Any], stated: Path, tmp_path: Path) -> None:
    """The same error at both doors, before anything is written; what it advises works."""
    given, what, named = CONTRADICTIONS[case]
    given = given | ({"out": tmp_path / given["out"]} if "out" in given else {})
    with pytest.raises(WriteError, match=what) as caught:
        door(stated, **given)
    assert named in caught.value.what
    assert list(tmp_path.iterdir()) == [stated.parent]
    if case == "two writers":
        assert "leave out to=, or leave out writer=" in caught.value.remedy
        door(stated, tmp_path / "out", to="ome-zarr", writer="OME-Zarr")
    else:
        assert f'writer="{"ome_zarr" if given["to"] == "ome-zarr" else "ome_tiff"}"' in caught.value.remedy
        assert ("leave out to=" in caught.value.remedy) is (case != "a foreign suffix")
        door(stated, given["out"], writer=given["to"])


def test_a_word_that_no_writer_has(stated: Path, tmp_path: Path) -> None:
    with pytest.raises(NoWriterError, match="no writer 'bmp'") as caught:
        omio.convert(stated, tmp_path / "out", to="bmp")
    assert "installed: ome_tiff, ome_zarr" in caught.value.evidence
    with pytest.raises(OmioError, match="no plan to 'bmp'") as planned:
        omio.plan(stated, tmp_path / "out", to="bmp")
    assert '"files", "memory", "ome_tiff", "ome_zarr"' in planned.value.remedy
    with pytest.raises(OmioError, match="contradict each other"):
        omio.plan(stated, to="memory", writer="ome_zarr")
