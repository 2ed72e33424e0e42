"""A caller's own function between reading and writing."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import omio
from omio.batching.functions import load, name_of
from omio_core.errors import BatchError, MetadataError
from omio_core.metadata.namespaces import PROVENANCE

from .projects import OUTPUTS, RULES, found, pixels

SEEN: list[Any] = []


def tenfold(image: Any, metadata: dict[str, Any], record: Any) -> tuple[Any, dict[str, Any]]:
    """Ten times the pixels, and the highest of all slices."""
    SEEN.append(record)
    return (image * 10).max(axis=1, keepdims=True), {**metadata, "SizeZ": 1, "shape": None}


def picky(image: Any, metadata: dict[str, Any], record: Any) -> Any:
    """Works for subject 2 only."""
    if record.subject_id == "sub-01":
        return image
    if record.image_path.name == "image.tif":
        raise ValueError("no cells")
    return image, metadata


def test_each_image_is_changed_and_known_again(root: Path) -> None:
    """By the function, or its name; it is told where the image lies. A second run calls nothing; a touch calls once."""
    SEEN.clear()
    report = omio.batch(root, RULES, job=tenfold)
    assert report.ok, report.failed
    out = root / "omio_converted"
    assert pixels(out) == dict(zip(OUTPUTS, ([10], [20, 30], [40], [50], [60]), strict=True))
    assert [(one.subject_id, one.tag_folders) for one in SEEN[:2]] == [
        ("sub-01", ("exp_TP001",)), ("sub-01", ("exp_TP002",)),
    ]  # fmt: skip
    assert (SEEN[1].input_kind, SEEN[1].folder_stack_tag, len(SEEN[1].folder_stack_paths)) == ("folder_stack", "TAG", 2)
    assert SEEN[0].image_path == root / "sub-01" / "exp_TP001" / "image.tif"
    metadata = omio.imread(out / OUTPUTS[0])[1]
    assert metadata["PhysicalSizeX"] == pytest.approx(0.5)
    (first, *_) = metadata["Annotations"][PROVENANCE]["history"]
    assert first["conversion"]["settings"]["process"].startswith(f"{__name__}:tenfold ")

    SEEN.clear()
    assert omio.batch(root, RULES, job=f"{__name__}:tenfold").written == []
    image = root / "sub-02" / "exp_TP001" / "image.tif"
    image.write_bytes(image.read_bytes() + b"\0")
    assert [path.parent.parent.name for path in omio.batch(root, RULES, job=tenfold).written] == ["sub-02"]
    assert len(SEEN) == 1
    assert len(omio.batch(root, RULES).written) == 5  # without the function: other files


def test_a_function_that_fails_fails_for_its_image(root: Path) -> None:
    """With its own error as the evidence; others are done."""
    report = omio.batch(root, {"experiments": "TP001"}, job=picky)
    texts = {Path(source).parent.parent.name: error for source, error in report.failed.items()}
    assert "returned no image" in texts["sub-01"]["what"]
    assert texts["sub-02"]["evidence"] == "ValueError: no cells"
    assert found(root / "omio_converted") == []


@pytest.mark.parametrize("reference", ["nowhere:f", "json", "json:nothing", f"{__name__}:OUTPUTS"])
def test_what_is_no_function_is_an_error_at_once(root: Path, reference: str) -> None:
    """It says how to name one."""
    with pytest.raises(BatchError):
        omio.batch(root, RULES, job=reference)
    assert not (root / "omio_converted").exists()


def test_the_name_of_a_function_changes_with_its_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that what another version made is made anew."""
    monkeypatch.syspath_prepend(tmp_path)
    names = []
    for number in (1, 2):
        module = tmp_path / f"steps{number}.py"
        module.write_text(f"def step(image, metadata, record):\n    return image + {number}, metadata\n")
        names.append(name_of(f"steps{number}:step").partition(" ")[2])
        assert np.array_equal(load(f"steps{number}:step")(1, {}, None)[0], 1 + number)
        sys.modules.pop(f"steps{number}")
    assert names[0] != names[1]


def test_metadata_that_contradict_the_image_are_an_error(root: Path) -> None:
    """As in `imwrite`."""
    report = omio.batch(root, {"experiments": "TP001"}, job=lambda image, metadata, record: (image[..., 1:], metadata))
    assert {error["error"] for error in report.failed.values()} == {MetadataError.__name__}
