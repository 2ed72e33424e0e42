"""The paragraph on methods: every sentence comes from a record, and what no record states is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import omio
from omio_core.errors import AssumedAxesWarning
from omio_core.metadata.namespaces import omio_version
from tests.omio.folders import broken, put

VERSION = omio_version()


def test_conversions_and_merges(series: Path, tmp_path: Path) -> None:
    """Files, readers, versions, merges, policies, levels and what is unknown; the sources are gone."""
    out = tmp_path / "out"
    omio.convert_to_ometiff(series, out, pyramid=1, missing="unknown")
    omio.convert_to_ometiff(series, out, merge="T", shapes="pad")
    for source in series.iterdir():
        source.unlink()
    found = omio.methods(out)
    assert found.ok
    text = str(found)
    assert "\n" not in text
    for sentence in (
        "4 files with 4 images (series_merged_T.ome.tif, T_8.ome.tif, T_9.ome.tif, T_10.ome.tif) were written by OMIO "
        f"(omio-core) {VERSION} from 3 source files, with the writer ome_tiff {VERSION} (revision 1).",
        f"OMIO read 3 sources with the reader tiff {VERSION} (revision 1) (T_8.tif, T_9.tif, T_10.tif).",
        "Images were merged along T: series_merged_T.ome.tif from 3 (policies shapes=pad, dtypes=strict, "
        "conflict=careful).",
        "The policies in force were missing=unknown, axes=warn, absent_files=raise, absent_planes=warn, "
        "collision=number (3 of 4 images).",
        "1 smaller resolution was added (3 of 4 images), each made of the one before: the mean of 2 x 2 pixels.",
        "Unknown, and not assumed: PhysicalSizeX (all images), PhysicalSizeY (all images), TimeIncrement (1 of 4",
        "A checksum of each image plane is recorded in the files.",
        "The records state no conversion of pixel values.",
    ):
        assert sentence in text
    known = found.to_dict()
    assert (known["verb"], known["ok"], known["counts"]["images"]) == ("methods", True, 4)
    assert known["text"] == text
    assert known["images"][0]["axis"] == "T"
    assert [one["source"] for one in known["images"][0]["readings"]] == [["T_8.tif"], ["T_9.tif"], ["T_10.tif"]]


def test_what_was_stated_assumed_and_converted(bare: Path, tmp_path: Path) -> None:
    """The caller's words, the assumptions of the reader, values of another type."""
    with pytest.warns(AssumedAxesWarning):
        (path,) = omio.convert_to_ometiff(bare, tmp_path / "out", pixel_size=0.25, axes="warn", verify="none")
    text = str(omio.methods(path))
    assert "Not from the files, but stated by the user: pixel size X 0.25, Y 0.25." in text
    assert "Assumptions were made: " in text
    assert "checksum" not in text
    omio.imwrite(tmp_path / "b.ome.tif", np.ones((4, 4), bool), axes="YX")
    text = str(omio.methods(tmp_path / "b.ome.tif"))
    assert "Pixel values were converted: " in text
    assert "Unknown, and not assumed: PhysicalSizeX, PhysicalSizeY, the source." in text


def test_of_another_program(series: Path, tmp_path: Path) -> None:
    """No record, or not readable: named, and no part of the text."""
    (path,) = omio.convert_to_ometiff(series / "T_8.tif", series / "out")
    (again,) = omio.convert_to_ometiff(path, tmp_path / "again")
    broken(series / "bad.tif").write_bytes(b"II*\0\xff\xff\xff\xff")
    (series / "notes.txt").write_text("no picture")
    found = omio.methods(series)
    assert not found.ok
    assert [Path(name).name for name in found.without] == ["T_8.tif", "T_9.tif", "T_10.tif"]
    assert [Path(name).name for name in found.failed] == ["bad.tif"]
    assert [Path(skip.path).name for skip in found.skipped] == ["notes.txt"]
    assert len(found.images) == 1
    assert "It was made from what earlier runs of OMIO had written." in str(omio.methods([again]))
    assert "No record of OMIO was found." in str(omio.methods(series / "T_8.tif"))
    with pytest.raises(FileNotFoundError):
        omio.methods(tmp_path / "nothing.tif")


def test_many_names(tmp_path: Path) -> None:
    """The first few of many, or all."""
    for number in range(7):
        put(tmp_path / "in" / f"a{number}.tif", number)
    omio.convert_to_ometiff(tmp_path / "in", tmp_path / "out")
    found = omio.methods(tmp_path / "out")
    assert "a6.tif" not in str(found)
    assert "and 2 more" in str(found)
    assert "a6.tif" in found.text(every=True)
