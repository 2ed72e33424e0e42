"""Real files give the pixels that an independent reader gave."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from omio_core.errors import OmioError, UnsupportedFeatureError
from omio_plugins.tiff._read import open_tiff

FOLDERS = ("imagej/", "ome-tiff/", "tiff/")


def differences(data: Path, name: str, entry: dict, whole) -> list[str]:
    opened = open_tiff(str(data / name))
    try:
        if len(opened.images) != len(entry["images"]):
            return [f"{name}: {len(opened.images)} images, {len(entry['images'])} expected"]
        found = []
        for k, (image, stated) in enumerate(zip(opened.images, entry["images"], strict=True)):
            axes = stated["native_axes"].replace("I", "Q")  # tifffile's letter for what nobody labelled
            array = whole(opened, k)
            little = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<"), copy=False))
            got = (image.axes, list(image.levels[0].shape), little.dtype.str)
            if got != (axes, stated["native_shape"], stated["dtype"]):
                found.append(f"{name} image {k}: {got}")
            if "sha256" in stated and hashlib.sha256(little.tobytes()).hexdigest() != stated["sha256"]:
                found.append(f"{name} image {k}: other pixels")
            sizes = entry.get("pixel_size_um", {})
            facts = image.facts()
            for axis in sizes:
                fact = getattr(facts, f"physical_size_{axis.lower()}")
                if fact is None or fact.value != pytest.approx(sizes[axis]) or fact.origin != "file":
                    found.append(f"{name}: size {axis} is {fact}")
        return found
    finally:
        opened.close()


@pytest.mark.parametrize("folder", FOLDERS)
def test_pixels_axes_and_types(data: Path, expected: dict[str, dict], folder: str, whole) -> None:
    names = [n for n, e in expected.items() if n.startswith(folder) and "images" in e and "multifile" not in n]
    assert names
    found = [line for name in names for line in differences(data, name, expected[name], whole)]
    assert found == []


def test_files_of_a_set_are_refused_by_name(data: Path, expected: dict[str, dict]) -> None:
    names = [n for n in expected if "multifile-companion" in n and n.endswith(".tiff")]
    assert names
    for name in names:
        with pytest.raises(UnsupportedFeatureError, match=r"multifile\.companion\.ome"):
            open_tiff(str(data / name))


def test_what_nobody_decodes_is_an_error(data: Path, expected: dict[str, dict], read) -> None:
    names = [n for n, e in expected.items() if n.startswith("tiff/") and "images" not in e]
    assert names
    for name in names:
        with pytest.raises(OmioError):
            read(data / name)


def test_malformed_files_are_errors_or_pictures(data: Path, read) -> None:
    folder = data / "malformed"
    if not folder.is_dir():
        pytest.skip("there are no malformed files")
    outcomes = {"error": 0, "picture": 0}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        try:
            read(path)
        except OmioError:
            outcomes["error"] += 1
        else:
            outcomes["picture"] += 1
    assert outcomes["error"] > 60
