"""What did not change is settled without opening it; what lies beside a source may change what it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import omio
from omio_core.errors import AbsentPlanesWarning
from omio_core.images import opening
from tests.omio.folders import put

from .updating import NAMES, snapshot, update, written


def test_the_second_time_nothing_is_opened(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert written(folder, tmp_path / "out") == NAMES
    before = snapshot(tmp_path / "out")
    monkeypatch.setattr(opening, "open_source", None)
    monkeypatch.setattr("omio.planning.update.open_source", None)
    report, error = update(folder, tmp_path / "out")
    assert (report.counts(), error) == ("0 written, 4 up to date, 0 left out, 0 failed", None)
    assert snapshot(tmp_path / "out") == before


def test_a_night_after_an_addition_opens_nothing(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies beside a source may belong to it; what is a source itself does not count."""
    written(folder, tmp_path / "out")
    opened: list[str] = []
    real = opening.open_source

    def open_source(path: Any, *rest: Any, **more: Any) -> Any:
        opened.append(Path(str(path)).name)
        return real(path, *rest, **more)

    monkeypatch.setattr(opening, "open_source", open_source)
    put(folder / "d.tif", 3)
    assert written(folder, tmp_path / "out") == ["d.ome.tif"]
    assert opened == ["d.tif"]
    (folder / "c.ome.tif").unlink()
    assert written(folder, tmp_path / "out") == []
    assert opened == ["d.tif"]
    (folder / "a.yaml").write_text("a sidecar, perhaps")
    assert written(folder, tmp_path / "out") == []
    assert opened == ["d.tif", "a.tif", "b.tif", "d.tif"]


def set_of_two(first: Path, second: Path) -> None:
    """An OME-TIFF of two planes in two files that name each other; they are filled with 1 and 2."""
    names = {first: 1, second: 2}
    uuids = {path: f"urn:uuid:00000000-0000-4000-8000-00000000000{value}" for path, value in names.items()}
    first.parent.mkdir(parents=True, exist_ok=True)
    for path, value in names.items():
        data = "".join(
            f'<TiffData FirstZ="{z}" IFD="0" PlaneCount="1"><UUID FileName="{one.name}">{uuid}</UUID></TiffData>'
            for z, (one, uuid) in enumerate(uuids.items())
        )
        xml = (
            '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" '
            f'UUID="{uuids[path]}"><Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" '
            'SizeX="5" SizeY="4" SizeZ="2" SizeC="1" SizeT="1"><Channel ID="Channel:0:0" SamplesPerPixel="1"/>'
            f"{data}</Pixels></Image></OME>"
        )
        tifffile.imwrite(path, np.full((4, 5), value, "u2"), description=xml.encode(), metadata=None)


def test_a_new_file_of_the_set_of_an_old_one_changes_it(tmp_path: Path) -> None:
    """Two files of one picture, of which the second comes a night later."""
    paths = [tmp_path / "in" / f"{name}.ome.tif" for name in "ab"]
    set_of_two(*paths)
    paths[1].rename(tmp_path / "b")
    with pytest.warns(AbsentPlanesWarning):
        assert written(tmp_path / "in", tmp_path / "out", absent_files="warn") == ["a.ome.tif"]
    (tmp_path / "b").rename(paths[1])
    assert written(tmp_path / "in", tmp_path / "out", absent_files="warn") == ["a.ome.tif"]
    assert omio.imread(tmp_path / "out" / "a.ome.tif")[0][0, :, 0, 0, 0].tolist() == [1, 2]
    assert written(tmp_path / "in", tmp_path / "out", absent_files="warn") == []
