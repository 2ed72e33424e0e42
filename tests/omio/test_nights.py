"""The story of a folder that is converted every night: files come, change, go and break, and a night is cut short.

After each night, for every source that can be read, the output that names it equals one made from scratch.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import omio
from omio.planning.report import Report
from omio_core.errors import OmioError
from tests.plugins.lsm.samples import KINDS
from tests.plugins.thorlabs import made

from .folders import put


def source(folder: Path, number: int, value: int) -> None:
    """A file of one of six kinds, filled with `value` as far as it can be."""
    kind, stem = number % 6, folder / f"f{number:03d}"
    if kind == 0:
        put(stem.with_suffix(".tif"), value, size=0.5)
    elif kind == 1:
        put(stem.with_suffix(".tiff"), value, shape=(3, 5, 6))
    elif kind == 2:
        with tifffile.TiffWriter(stem.with_suffix(".ome.tif"), ome=True) as writer:
            for name in ("left", "right"):
                writer.write(np.full((8, 9), value + len(name), np.uint8), metadata={"axes": "YX", "Name": name})
    elif kind == 3:
        KINDS[list(KINDS)[value % 2]](stem.with_suffix(".lsm"))
    elif kind == 4:
        stem.mkdir(exist_ok=True)
        (stem / made.NAME).write_bytes(np.full((2, 1, 2, 4, 5), value, np.uint16).tobytes())
        (stem / f"{Path(made.NAME).stem}.yaml").write_text(made.by_hand(PhysicalSizeX=0.5))
    else:
        omio.imwrite(stem.with_suffix(".ome.zarr"), np.full((4, 5), value, np.uint8), collision="overwrite")


def night(folder: Path, out: Path, collision: str = "update") -> Report:
    """Convert the folder; what fails is in the report."""
    reports: list[Report] = []
    with warnings.catch_warnings(), contextlib.suppress(OmioError):
        warnings.simplefilter("ignore")
        omio.convert(omio.Folder(folder, recursive=True), out, collision=collision, reported=reports.append)
    return reports[0]


def by_source(out: Path) -> dict[tuple[str, int], tuple[Path, bytes, dict[str, Any]]]:
    """From a source file and the index of its image to what was made of it: pixels, and the dict without records."""
    found = {}
    for path in sorted(out.rglob("*.ome.tif")):
        try:
            array, metadata = omio.imread(path)
        except OmioError:
            continue  # edited by hand
        history = metadata["Annotations"].pop("omio/provenance").get("history")
        if history and "conversion" in history[0]:
            key = (history[0]["conversion"]["path"], history[0]["image"])
            assert key not in found, f"{path} and {found[key][0]} are made of one image"
            found[key] = (path, array.tobytes(), metadata)
    return found


def check(folder: Path, out: Path, scratch: Path, left: set[str]) -> None:
    """Compare with a conversion from scratch; `left` are sources whose outputs were edited by hand."""
    report = night(folder, scratch, collision="number")
    here, anew = by_source(out), by_source(scratch)
    assert len(anew) == len(report.written)
    for key, (_, pixels, metadata) in anew.items():
        if key[0] not in left:
            assert here[key][1:] == (pixels, metadata), key


KILLED = """
import os, signal, sys, warnings
import omio
warnings.simplefilter("ignore")
done = []
def landed(source, path):
    done.append(path)
    if len(done) == {count}:
        os.kill(os.getpid(), signal.SIGKILL)
omio.convert(omio.Folder({folder!r}, recursive=True), {out!r}, collision="update", landed=landed)
"""


@pytest.mark.timeout(900)
@pytest.mark.parametrize("count", [36, pytest.param(400, marks=pytest.mark.slow)])
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system cannot kill a process so")
def test_three_nights(tmp_path: Path, count: int) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for number in range(count):
        source(folder, number, 1)
    first = night(folder, out)
    assert (len(first.written), first.failed, first.stale) == (count + count // 6 + (count % 6 > 2), {}, ())
    unchanged = night(folder, out)
    assert (len(unchanged.current), unchanged.written, unchanged.failed) == (len(first.written), (), {})

    for number in range(5):  # changed, one of each kind but the last
        source(folder, number, 2)
    for number in range(count, count + 6):  # added
        source(folder, number, 3)
    put(folder / "f000.lsm.tif", 4)
    put(folder / "F000.tiff", 5)  # a clash of stems, in another case
    (folder / "f006.tif").unlink()  # removed
    (folder / "f007.tiff").write_bytes((folder / "f007.tiff").read_bytes()[:40])  # half a copy
    edited = next(path for path in out.rglob("f012.ome.tif"))
    tifffile.tiffcomment(edited, b"mine")
    names = {path: path.stat().st_ino for path in out.rglob("*.ome.tif")}
    second = night(folder, out)
    assert sorted(Path(path).name for path in second.failed) == ["f007.tiff", "f012.tif"]
    assert [Path(one.path).name for one in second.stale] == ["f006.ome.tif"]
    assert names.keys() <= set(out.rglob("*.ome.tif"))
    assert tifffile.tiffcomment(edited) == "mine"
    if count < 100:  # the conversion from scratch is most of this test
        check(folder, out, tmp_path / "scratch2", {"f012.tif"})

    for number in range(8, 30):  # all that follows is cut short in the middle
        source(folder, number, 4)
    program = KILLED.format(count=9, folder=str(folder), out=str(out))
    environment = os.environ | {"PYTHONPATH": str(Path(omio.__file__).parents[1])}
    killed = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    third = night(folder, out)
    assert sorted(Path(path).name for path in third.failed) == ["f007.tiff", "f012.tif"]
    assert 10 <= len(third.written) < 30
    check(folder, out, tmp_path / "scratch3", {"f012.tif"})
    assert not night(folder, out).written
    assert not [path for path in out.rglob("*") if path.name.startswith(".")]  # what the kill left is cleaned up
