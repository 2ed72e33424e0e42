"""One image, series, plates, wells, labels: which images a store has, and under which names."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import omio
from omio_core.errors import (
    AbsentDataError,
    CorruptFileError,
    ManyImagesError,
    OmioError,
    ReadError,
    UnsupportedFeatureError,
)
from omio_core.images.image import Image
from omio_core.images.opening import open_source
from omio_core.images.overrides import Request
from omio_core.policies import Policies

from .made import array, group, image, multiscale, ramp

VERSIONS = pytest.mark.parametrize("version", ["0.4", "0.5"])


def opened(path: Path, absent_files: str = "raise", **options: Any) -> tuple[Image, ...]:
    policies = Policies(absent_files=absent_files)
    return open_source(path, Request(reader="ome_zarr", options=options, policies=policies)).images


def plate(path: Path, version: str = "0.5") -> Path:
    """Two wells with two fields each; the pixels of the fields are 1, 2, 3, 4."""
    wells = [{"path": "B/03", "rowIndex": 1, "columnIndex": 2}, {"path": "A/01", "rowIndex": 0, "columnIndex": 0}]
    names = {"rows": [{"name": "A"}, {"name": "B"}], "columns": [{"name": n} for n in ("01", "02", "03")]}
    stated = {"name": "P7", "wells": wells, **names, **({"version": "0.4"} if version == "0.4" else {})}
    group(path, {"plate": stated}, version)
    for k, well in enumerate(wells):
        group(path / well["path"], {"well": {"images": [{"path": "0"}, {"path": "1", "acquisition": 5}]}}, version)
        for field in range(2):
            image(path / well["path"] / str(field), np.full((6, 8), 2 * k + field + 1, "u2"), "yx", version=version)
    return path


@VERSIONS
def test_a_plate_is_an_image_a_field(version: str, tmp_path: Path) -> None:
    found = opened(plate(tmp_path / "p.zarr", version))
    assert [one.name for one in found] == ["B/03/0", "B/03/1", "A/01/0", "A/01/1"]
    assert [int(one[0, 0, 0, 0, 0].item()) for one in found] == [1, 2, 3, 4]
    assert found[1].metadata.facts.annotations["ome/plate"] == {
        "plate": "P7", "well": "B03", "row": 1, "column": 2, "field": 1, "acquisition": 5,
    }  # fmt: skip
    assert (omio.imread(tmp_path / "p.zarr", image="A/01/0")[0] == 3).all()


def test_a_well_of_its_own(tmp_path: Path) -> None:
    found = opened(plate(tmp_path / "p.zarr") / "A" / "01")
    assert [one.name for one in found] == ["0", "1"]


def test_fields_that_are_not_there_are_absent_files(tmp_path: Path) -> None:
    path = plate(tmp_path / "p.zarr")
    shutil.rmtree(path / "B" / "03" / "1")
    shutil.rmtree(path / "A" / "01")
    with pytest.raises(AbsentDataError, match="B/03/1"):
        opened(path)
    with pytest.warns(UserWarning, match="A/01"):
        found = opened(path, absent_files="warn")
    assert [one.name for one in found] == ["B/03/0"]


@pytest.mark.parametrize(
    "wells", [[{"path": "../../etc"}], [{"path": "/etc"}], [{"path": ""}], [{"path": 7}], [{}], [{"path": "A/01"}] * 2]
)
def test_wells_that_lead_nowhere(wells: Any, tmp_path: Path) -> None:
    path = plate(tmp_path / "p.zarr")
    group(path, {"plate": {"wells": wells}})
    with pytest.raises(ReadError):
        opened(path)


@VERSIONS
def test_a_series_in_its_order(version: str, tmp_path: Path) -> None:
    group(tmp_path, {"bioformats2raw.layout": 3}, version)
    for k in range(12):
        image(tmp_path / str(k), np.full((6, 8), k, "u1"), "yx", version=version)
    found = opened(tmp_path)
    assert [int(one[0, 0, 0, 0, 0].item()) for one in found] == list(range(12))
    group(tmp_path / "OME", {"series": ["3", "1"]}, version)
    assert [one.name for one in opened(tmp_path)] == ["3", "1"]


def test_a_series_gets_the_names_of_its_ome_xml(tmp_path: Path) -> None:
    group(tmp_path, {"bioformats2raw.layout": 3})
    pixels = '<Pixels DimensionOrder="XYZCT" Type="uint8" SizeX="8" SizeY="6" SizeZ="1" SizeC="1" SizeT="1" PhysicalSizeX="{}"/>'
    images = [
        f'<Image ID="Image:{k}" Name="{n}">{pixels.format(k + 1)}</Image>' for k, n in enumerate(("left", "right"))
    ]
    (tmp_path / "OME").mkdir()
    (tmp_path / "OME" / "METADATA.ome.xml").write_text(f"<OME>{''.join(images)}</OME>")
    for k in range(2):
        image(tmp_path / str(k), np.full((6, 8), k, "u1"), "yx")
    found = opened(tmp_path)
    assert [one.name for one in found] == ["left", "right"]
    assert [one.metadata.to_dict()["PhysicalSizeX"] for one in found] == [1.0, 2.0]
    assert (omio.imread(tmp_path, image="right")[0] == 1).all()


def test_a_series_without_images(tmp_path: Path) -> None:
    group(tmp_path, {"bioformats2raw.layout": 3})
    with pytest.raises(AbsentDataError, match="none of its images"):
        opened(tmp_path)


def labelled(path: Path, version: str = "0.5") -> Path:
    image(path, ramp(2, 6, 8), "cyx", version=version)
    group(path / "labels", {"labels": ["nuclei", "cells"]}, version)
    for name, value in (("nuclei", 1), ("cells", 2)):
        image(
            path / "labels" / name, np.full((6, 8), value, "i4"), "yx", version=version, attributes={"image-label": {}}
        )
    return path


@VERSIONS
def test_labels_are_opened_by_name(version: str, tmp_path: Path) -> None:
    path = labelled(tmp_path / "a.ome.zarr", version)
    pixels, _ = omio.imread(path)
    assert pixels.shape == (1, 1, 2, 6, 8)
    (description,) = [one.picture.stored.description for one in opened(path)]
    assert description.not_kept == ("the label images nuclei, cells; choose one by the reader's option label",)
    (found,) = opened(path, label="cells")
    assert found.name == "labels/cells"
    assert (found[:] == 2).all()
    assert (omio.imread(path / "labels" / "nuclei")[0] == 1).all()
    assert [one.name for one in opened(path / "labels")] == ["nuclei", "cells"]
    with pytest.raises(CorruptFileError, match="cells, nuclei"):
        opened(path, label="cytoplasm")


def test_several_multiscales_are_several_images(tmp_path: Path) -> None:
    one, other = multiscale("yx", [[1, 1]], name="a"), multiscale("yx", [[1, 1]], name="b")
    other["datasets"][0]["path"] = "deep/er"
    group(tmp_path, {"multiscales": [one, other]})
    array(tmp_path / "0", ramp(6, 8))
    array(tmp_path / "deep" / "er", ramp(5, 4))
    with pytest.raises(ManyImagesError, match="Image 'a' .*; 1: .*Image 'b'"):
        omio.imread(tmp_path)
    assert omio.imread(tmp_path, image="b")[0].shape == (1, 1, 1, 5, 4)


@pytest.mark.parametrize("version", ["0.1", "0.2", "0.3", "0.5", "0.7", "1.0", 4])
def test_other_versions_of_zarr_2_are_refused(version: Any, tmp_path: Path) -> None:
    image(tmp_path, ramp(6, 8), "yx", version="0.4")
    document = json.loads((tmp_path / ".zattrs").read_text())
    document["multiscales"][0]["version"] = version
    (tmp_path / ".zattrs").write_text(json.dumps(document))
    with pytest.raises(
        UnsupportedFeatureError, match=f"'{version}', in Zarr 2; 0.4 in Zarr 2, and 0.5 and 0.6 in Zarr 3"
    ):
        omio.imread(tmp_path)


@pytest.mark.parametrize("version", ["0.4", "0.5.1", "0.7-dev", "", None])
def test_other_versions_of_zarr_3_are_refused(version: Any, tmp_path: Path) -> None:
    image(tmp_path, ramp(6, 8), "yx")
    group(tmp_path, {"version": version, "multiscales": [multiscale("yx", [[1, 1]])]})
    with pytest.raises(UnsupportedFeatureError, match="version of OME-Zarr that is not read"):
        omio.imread(tmp_path)


def test_the_form_of_04_without_a_version_is_an_assumption(tmp_path: Path) -> None:
    image(tmp_path, ramp(6, 8), "yx", version="0.4")
    document = json.loads((tmp_path / ".zattrs").read_text())
    del document["multiscales"][0]["version"]
    (tmp_path / ".zattrs").write_text(json.dumps(document))
    assert any("no version of OME-Zarr" in one for one in omio.imopen(tmp_path).metadata.assumptions)


DOCUMENTS = {
    "no JSON": "{",
    "no text": "\xff\xfe",
    "deep": "[" * 100_000,
    "a list": "[]",
    "a key twice": '{"zarr_format": 3, "node_type": "group", "attributes": {"ome": {}, "ome": {}}}',
    "a number of many digits": '{"zarr_format": ' + "9" * 5000 + "}",
    "no multiscales": '{"zarr_format": 3, "node_type": "group", "attributes": {"ome": {"version": "0.5", "multiscales": 3}}}',
    "no dataset": '{"zarr_format": 3, "node_type": "group", "attributes": {"ome": {"version": "0.5", "multiscales": [{"axes": []}]}}}',
    "empty": "",
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_that_are_none(name: str, tmp_path: Path) -> None:
    image(tmp_path, ramp(6, 8), "yx")
    (tmp_path / "zarr.json").write_bytes(DOCUMENTS[name].encode("latin-1"))
    with pytest.raises(OmioError):
        omio.imread(tmp_path, reader="ome_zarr")


@pytest.mark.parametrize("path", ["../other", "/0", "", ".", "0/..", "0//0", "a\\b", None, 7, "0\0"])
def test_levels_that_lead_nowhere(path: Any, tmp_path: Path) -> None:
    one = multiscale("yx", [[1, 1]])
    one["datasets"][0]["path"] = path
    group(tmp_path, {"multiscales": [one]})
    array(tmp_path / "other", ramp(6, 8))
    with pytest.raises(ReadError):
        omio.imread(tmp_path)


def test_a_document_that_is_missing_has_a_copy(tmp_path: Path) -> None:
    """Other readers take consolidated metadata first; here it is the last resort, and said."""
    image(tmp_path, ramp(6, 8), "yx", [2, 2])
    document = json.loads((tmp_path / "zarr.json").read_text())
    copy = json.loads((tmp_path / "0" / "zarr.json").read_text())
    document["consolidated_metadata"] = {"kind": "inline", "must_understand": False, "metadata": {"0": copy}}
    (tmp_path / "zarr.json").write_text(json.dumps(document))
    (tmp_path / "0" / "zarr.json").unlink()
    found = omio.imopen(tmp_path)
    assert (found[0, 0, 0] == ramp(6, 8)).all()
    assert any("0/zarr.json is missing" in one for one in found.metadata.assumptions)
