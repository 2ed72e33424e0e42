"""RAW files that are no local files: in memory, in a place that can be listed and in one that cannot."""

from __future__ import annotations

import hashlib
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from omio_core.errors import AmbiguousSidecarError, NoReaderError, UnsupportedFeatureError
from omio_core.files.memory import MemoryLocation
from omio_core.images.image import Image
from omio_core.images.opening import open_source
from omio_core.images.overrides import Request
from omio_plugins.thorlabs._template import template

from .made import NAME, by_hand, fast, flown, pixels, write, xml

ARRAY = pixels(2, 1, 2, 4, 5)
EXPERIMENT = xml(Streaming={"frames": 2})
CHILD = """
import hashlib, pickle, sys
image = pickle.load(sys.stdin.buffer)
print(hashlib.sha256(image.to_numpy().tobytes()).hexdigest(), image.metadata.to_dict()["PhysicalSizeX"])
"""


def in_memory(folder: Path, name: str = NAME, *, listable: bool) -> MemoryLocation:
    contents = {f"/far/{path.name}": path.read_bytes() for path in folder.iterdir() if path.is_file()}
    return MemoryLocation(f"/far/{name}", contents, listable)


def facts(image: Image) -> dict[str, object]:
    """The public dict without the record of the files, which has the times of local files."""
    public = image.metadata.to_dict()
    public["Annotations"] = {k: v for k, v in public["Annotations"].items() if "provenance" not in k}
    return public


def same(local: Path, far: MemoryLocation) -> None:
    a, b = open_source(local).images[0], open_source(far).images[0]
    assert np.array_equal(a.to_numpy(), b.to_numpy())
    assert facts(a) == facts(b)
    assert list(b.picture.files) == [
        far.path,
        *(str(far.parent.child(Path(path).name)) for path in a.picture.files[1:]),
    ]


@pytest.mark.parametrize("listable", [True, False])
def test_the_usual_sidecars_are_found(tmp_path: Path, listable: bool) -> None:
    by_xml = write(tmp_path / "xml", flown(pixels(2, 3, 2, 4, 5), 1), fast(2, 3, 1))
    same(by_xml, in_memory(by_xml.parent, listable=listable))
    for suffix in ("yaml", "yml"):
        hand = write(tmp_path / suffix, ARRAY, **{f"Image_001_001.{suffix}": by_hand()})
        same(hand, in_memory(hand.parent, listable=listable))


def test_only_a_listing_shows_other_names(tmp_path: Path) -> None:
    """A place that cannot be listed is asked for the usual names alone, and the error says what is missing."""
    path = write(tmp_path, ARRAY, other__yaml=by_hand())
    same(path, in_memory(tmp_path, listable=True))
    with pytest.raises(NoReaderError, match=r"no Experiment\.xml and no sidecar lie beside"):
        open_source(in_memory(tmp_path, listable=False))


@pytest.mark.parametrize("listable", [True, False])
def test_two_equal_sidecars_are_refused(tmp_path: Path, listable: bool) -> None:
    write(tmp_path, ARRAY, Image_001_001__yaml=by_hand(), Image_001_001__yml=by_hand())
    with pytest.raises(AmbiguousSidecarError, match="2 sidecars claim /far/"):
        open_source(in_memory(tmp_path, listable=listable))


@pytest.mark.parametrize("listable", [True, False])
def test_a_sidecar_is_a_path_or_a_location(tmp_path: Path, listable: bool) -> None:
    write(tmp_path, ARRAY, mine__yaml=by_hand())
    far = in_memory(tmp_path, listable=listable)
    for sidecar in (tmp_path / "mine.yaml", str(tmp_path / "mine.yaml"), far.parent.child("mine.yaml")):
        image = open_source(far, Request(options={"sidecar": sidecar})).images[0]
        assert np.array_equal(image.to_numpy(), ARRAY)
        assert list(image.picture.files) == [far.path, str(sidecar)]


def test_another_process_reads_what_was_pickled(tmp_path: Path) -> None:
    write(tmp_path, ARRAY, EXPERIMENT)
    image = open_source(in_memory(tmp_path, listable=False)).images[0]
    done = subprocess.run([sys.executable, "-c", CHILD], input=pickle.dumps(image), capture_output=True, check=True)
    assert done.stdout.decode().split() == [hashlib.sha256(ARRAY.tobytes()).hexdigest(), "0.5"]


@pytest.mark.parametrize("listable", [True, False])
def test_a_template_is_made_for_a_location(tmp_path: Path, listable: bool) -> None:
    path = write(tmp_path, ARRAY, EXPERIMENT)
    far = in_memory(tmp_path, listable=listable)
    assert template(far).splitlines()[:4] == template(in_memory(path.parent, listable=True)).splitlines()[:4]
    assert "Experiment.xml says T=2 Z=1 C=2 Y=4 X=5" in template(far)
    with pytest.raises(UnsupportedFeatureError, match="needs no sidecar"):
        template(far.parent.child("ROIMask.raw"))


def test_a_map_needs_a_local_file(tmp_path: Path) -> None:
    path = write(tmp_path, ARRAY, EXPERIMENT)
    assert np.array_equal(open_source(path).images[0].to_memmap(), ARRAY)
    with pytest.raises(OSError, match="not a local file"):
        open_source(in_memory(tmp_path, listable=True)).images[0].to_memmap()


def test_what_is_not_shown_is_named(tmp_path: Path) -> None:
    def left_out(folder: str, array: np.ndarray, text: str, more: bytes = b"") -> tuple[str, ...]:
        path = write(tmp_path / folder, array, text)
        with path.open("ab") as file:
            file.write(more)
        return open_source(path).images[0].picture.stored.description.not_kept

    flyback = "1 flyback image(s) of each channel at the end of each volume"
    assert left_out("plain", ARRAY, EXPERIMENT) == ()
    assert left_out("fast", flown(pixels(2, 3, 2, 4, 5), 1), fast(2, 3, 1)) == (flyback,)
    unfinished = fast(2, 3, 1, Streaming={"frames": 9, "zFastEnable": 1, "flybackFrames": 1})
    assert left_out("more", flown(pixels(2, 3, 2, 4, 5), 1), unfinished, bytes(2 * 4 * 5 * 2)) == (
        flyback,
        "2 image(s) at the end, of an unfinished volume",
    )
    stopped = xml(Streaming={"frames": 9}, ExperimentStatus={"value": "Stopped"})
    with pytest.warns(UserWarning, match="the run was stopped"):
        assert left_out("cut", ARRAY, stopped, b"abc") == ("3 bytes of an unfinished image at the end",)
