"""Batches with functions of the caller, by the first OMIO's names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import omio
from omio_core.errors import BatchError
from tests.omio.batching.projects import project
from tests.omio.folders import put


def find(root: Path, **rules: Any) -> list[tuple[str, str]]:
    """The folders and the name of each image that is found."""
    found = omio.discover_bids_like_batch_images(root, subject_prefix="sub-", **rules)
    return [("/".join((record.subject_id, *record.tag_folders)), record.image_path.name) for record in found]


def test_discovery(tmp_path: Path) -> None:
    """Levels of folders by what their names contain; stacks of folders beside single files; what is no image is not."""
    root = project(tmp_path)
    (root / "sub-02" / "exp_TP001" / "notes.txt").write_text("no image")
    (root / "sub-02" / "exp_TP001" / "bad.tif").write_bytes(b"no image")
    assert find(root) == [
        ("sub-01/exp_TP001", "image.tif"), ("sub-01/exp_TP003", "image1.tif"), ("sub-01/exp_TP003", "image2.tif"),
        ("sub-02/exp_TP001", "bad.tif"), ("sub-02/exp_TP001", "image.tif"),
    ]  # fmt: skip
    levels = [("TP001", "TP002"), None]
    assert find(root, tag_folder_levels=levels, folder_stacks="TAG_", exclude_name_contains="bad") == [
        ("sub-01/exp_TP001", "image.tif"), ("sub-01/exp_TP002", "image1.czi"), ("sub-02/exp_TP001", "image.tif"),
    ]  # fmt: skip
    assert find(root, tag_folder_levels=[("TP002",), ("TAG_",)]) == [
        ("sub-01/exp_TP002/TAG_01", "image1.czi"), ("sub-01/exp_TP002/TAG_02", "image2.czi"),
    ]  # fmt: skip
    assert find(root, subject_ids=["sub-02", "sub-99"], image_patterns="im*") == [("sub-02/exp_TP001", "image.tif")]
    assert find(root, tag_folder_levels=["nothing"]) == []
    with pytest.raises(BatchError, match="no text"):
        find(root, folder_stacks=True)
    with pytest.raises(FileNotFoundError):
        find(root / "nowhere")


def test_files_become_files_and_are_skipped_then(tmp_path: Path) -> None:
    """Beside the images; folder stacks as one; a file that cannot be read is an entry of its own."""
    root = project(tmp_path)
    (root / "sub-02" / "exp_TP001" / "bad.tif").write_bytes(b"no image")
    keywords: dict[str, Any] = {"subject_prefix": "sub-", "folder_stacks": ("TAG_",), "verbose": False}
    result = omio.bids_batch_process(root, **keywords)
    assert [record.output_path.relative_to(root).as_posix() for record in result.processed][:2] == [
        "sub-01/exp_TP001/omio_converted/image_omio_converted.ome.tif",
        "sub-01/exp_TP002/omio_converted/TAG__omio_converted.ome.tif",
    ]
    assert omio.imread(result.processed[1].output_path)[1]["SizeT"] == 2
    assert (len(result.discovered), len(result.processed), len(result.skipped)) == (6, 5, 0)
    (failure,) = result.failed
    assert (failure.stage, failure.relative_path) == ("load", "sub-02/exp_TP001/bad.tif")
    assert failure.exception_type == "NoReaderError"
    again = omio.bids_batch_process(root, **keywords)
    assert (len(again.processed), len(again.skipped), len(again.failed)) == (0, 5, 1)


def test_each_stage_can_be_the_caller_s(tmp_path: Path) -> None:
    """They are called with the first OMIO's keywords; an error has the name of its stage."""
    root = tmp_path / "p"
    put(root / "ID1" / "TP1" / "a.tif", 3, shape=(4, 5, 6))
    put(root / "ID1" / "TP1" / "b.tif", 4)

    def load(path: Path, *, offset: int) -> tuple[Any, dict[str, Any]]:
        array, metadata = omio.imread(path)
        return array + offset, metadata

    def project_z(*, image: Any, metadata: Any, record: Any, processing_options: dict[str, Any]) -> tuple[Any, ...]:
        if record.image_path.name == processing_options["refused"]:
            raise ValueError("refused")
        highest = np.max(image, axis=1, keepdims=True)
        return highest, omio.update_metadata_from_image(metadata, highest), {"details": "max"}

    saved = []

    def save(*, image: Any, output_path: Path, save_options: dict[str, Any], **_: Any) -> None:
        saved.append((image.shape, int(image.flat[0]), output_path.name, save_options))

    result = omio.bids_batch_process(
        root, load_func=load, process_func=project_z, save_func=save, load_options={"offset": 1},
        processing_options={"refused": "b.tif"}, save_options={"k": 1}, output_suffix="_max",
        output_folder_name=tmp_path,
    )  # fmt: skip
    assert saved == [((1, 1, 1, 5, 6), 4, "a_max.ome.tif", {"k": 1})]
    assert [record.output_path for record in result.processed] == [tmp_path / "a_max.ome.tif"]
    assert [(record.stage, record.message) for record in result.failed] == [("process", "refused")]
    with pytest.raises(ValueError, match="refused"):
        omio.bids_batch_process(
            root, process_func=project_z, processing_options={"refused": "a.tif"}, continue_on_error=False
        )
    with pytest.raises(TypeError, match="sub_prefix"):
        omio.bids_batch_process(root, sub_prefix="ID")
