"""Harmony's TIFFs: the size of a pixel is that of the index, or unknown; and the overview of cellSens."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import omio
from omio_core.errors import MetadataWarning

NAME = "r01c01f01p01-ch1sk1fk1fl1.tiff"
SCHEMA = b'<TiffImageDescription xmlns="http://www.perkinelmer.com/PEHH/HarmonyV5"/>\0'
IMAGE = (
    '<Image Version="1"><URL>{name}</URL><ImageResolutionX Unit="m">{size}</ImageResolutionX>'
    '<ImageResolutionY Unit="m">{size}</ImageResolutionY></Image>'
)
CAMERA = {"t282": (5, (15504, 10)), "t283": (5, (15504, 10)), "t296": (3, 3)}  # 6.45 µm


@pytest.fixture
def plane(make: Callable[..., Path], page: Callable[..., dict]) -> Path:
    return make([page(t65500=(7, SCHEMA), **CAMERA)], data=bytes(12), name=NAME)


def index(*others: str, size: str = "5.98E-07") -> str:
    images = (IMAGE.format(name=other, size="1E-06") for other in others)
    return f"<EvaluationInputData>{''.join(images)}{IMAGE.format(name=NAME, size=size)}</EvaluationInputData>"


@pytest.mark.parametrize("name", ["Index.idx.xml", "Index.xml", "../Index.idx.xml"])
def test_the_size_of_the_index(tmp_path: Path, plane: Path, name: str) -> None:
    folder = tmp_path / "Images"
    folder.mkdir()
    path = shutil.move(plane, folder / NAME)
    (folder / name).write_text(index("another.tiff"))
    _, metadata = omio.imread(path)
    assert (metadata["PhysicalSizeX"], metadata["PhysicalSizeY"]) == (pytest.approx(0.598), pytest.approx(0.598))
    assert metadata["Annotations"]["omio/origins"]["PhysicalSizeX"].startswith("sidecar: ")


@pytest.mark.parametrize("text", [None, "", "words", index(size="wide"), IMAGE.format(name="other.tiff", size="1E-6")])
def test_unknown_and_said_without_it(plane: Path, text: str | None) -> None:
    if text is not None:
        (plane.parent / "Index.idx.xml").write_text(text)
    with omio.imopen(plane) as image:
        assert image.metadata.facts.physical_size_x is None
        assert any("of the camera" in note for note in image.metadata.assumptions)
    assert omio.imread(plane, description="ignore")[1]["PhysicalSizeX"] is None


def test_any_other_tiff_keeps_its_resolution(make: Callable[..., Path], page: Callable[..., dict]) -> None:
    path = make([page(t65500=(7, b"<other/>\0"), **CAMERA)], data=bytes(12), name=NAME)
    assert omio.imread(path)[1]["PhysicalSizeX"] == pytest.approx(6.45, rel=1e-3)


def test_found_files(data: Path) -> None:
    _, metadata = omio.imread(data / "found" / "harmony" / NAME)
    assert metadata["PhysicalSizeX"] == pytest.approx(0.598, rel=1e-3)
    with pytest.warns(MetadataWarning, match=r"overview.*\.ets"):
        omio.imread(data / "found" / "vsi" / "vsi-ets-test-jpg2k.vsi")


def test_an_overview_of_cellsens_is_told(make: Callable[..., Path], page: Callable[..., dict]) -> None:
    with pytest.warns(MetadataWarning, match="overview"):
        omio.imread(make([page()], data=bytes(12), name="a.vsi"))
