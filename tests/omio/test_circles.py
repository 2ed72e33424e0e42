"""Every given file goes to OME-Zarr, and from there to OME-TIFF: `omio.diff` finds nothing that was lost or changed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import omio
from omio.comparing.values import Difference
from omio_core.errors import OmioError
from omio_core.images.image import Image
from omio_core.images.opening import open_source

# read now, because the suite takes OMIO_* away from tests
ROOT = Path(os.environ.get("OMIO_TEST_DATA", "/nowhere"))
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not ROOT.is_dir(), reason="needs the test data"),
    pytest.mark.filterwarnings("ignore::omio_core.errors.OmioWarning"),  # what files state is the concern of others
]

SUFFIXES = (".tif", ".tiff", ".btf", ".czi", ".lsm", ".raw")
GROUPS = {
    "bids": 8, "czi": 11, "czi-generated": 13, "found": 128, "imagej": 10, "lsm": 1, "lsm-generated": 2, "ome-tiff": 9,
    "thorlabs": 2, "tiff": 128,
}  # fmt: skip
"""The folders of whole files, and how many sources of each go the whole way at least.

Those in ``malformed`` are damaged on purpose. What is not counted here cannot be read, with an error that says why.
"""

OTHER_TYPES = {"bool": "uint8", "float16": "float32", "uint64": "uint32", "int64": "int32"}
"""What OME-TIFF has in place of types that OME does not have. OME-Zarr has them all."""


def sources(group: str) -> Iterator[Path]:
    """The files of a group, a set of several files once."""
    seen: set[str] = set()
    for path in sorted((ROOT / group).rglob("*")):
        if path.suffix.lower() in SUFFIXES and path.is_file() and str(path.resolve()) not in seen:
            yield path
            seen |= members(path)


def members(path: Path) -> set[str]:
    try:
        images = open_source(path).images
    except OmioError:
        return set()
    stored = images[0].picture.stored
    images[0].close()
    assert stored is not None
    return {str(Path(member.location.local_path()).resolve()) for member in stored.key.members}


def is_readable(path: Path) -> bool:
    """Whether all pixels and facts of a file can be read; what cannot be read cannot be converted."""
    try:
        for image in open_source(path).images:
            _ = image.metadata
            touch(image)
            image.close()
    except OmioError:
        return False
    return True


def touch(image: Image) -> None:
    """Read each plane once, one after another."""
    for t in range(image.shape[0]):
        for z in range(image.shape[1]):
            image.at(T=t, Z=z).to_numpy()


def unexpected(difference: Difference) -> list[str]:
    """What differs, in words, apart from types that OME does not have."""
    said = [f"uncompared: {difference.uncompared}"] if difference.uncompared else []
    for image in difference.images:
        if image.pixels.verdict != "equal":
            said.append(f"{image.name}: pixels {image.pixels.verdict}")
        for kind in ("lost", "changed", "added"):
            for change in getattr(image, kind):
                another_type = change.fact == "dtype" and OTHER_TYPES.get(change.a) == change.b
                # a gray sample with an alpha one: OME-TIFF has them as two channels
                two_samples = (change.fact, change.a, change.b) == ("SamplesPerPixel", 2, 1)
                if not (kind == "changed" and (another_type or two_samples)):
                    said.append(f"{image.name}: {kind} {change.fact} {change.a!r} -> {change.b!r}"[:300])
    return said


@pytest.mark.parametrize("group", GROUPS)
def test_nothing_is_lost(group: str, tmp_path: Path) -> None:
    faults: dict[str, list[str]] = {}
    converted = 0
    for number, source in enumerate(sources(group)):
        name, folder = str(source.relative_to(ROOT)), tmp_path / str(number)
        try:
            (store,) = omio.convert(source, folder / "a.ome.zarr", layout="one-file")
        except OmioError as error:
            if is_readable(source):
                faults[name] = [f"not converted: {error}"]
            assert not list(folder.glob("*")), name
            continue
        (file,) = omio.convert(store, folder / "b.ome.tif", layout="one-file")
        converted += 1
        to_zarr = omio.diff(source, store)
        if not to_zarr.equal:
            faults[f"{name} -> OME-Zarr"] = [str(to_zarr)]
        if found := unexpected(omio.diff(source, file)):
            faults[f"{name} -> OME-Zarr -> OME-TIFF"] = found
        if found := unexpected(omio.diff(store, file)):
            faults[f"{name}: OME-Zarr -> OME-TIFF"] = found
    assert faults == {}
    assert converted >= GROUPS[group]
