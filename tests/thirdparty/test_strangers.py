"""Strangers' plugins work beside ours, four broken ones harm nobody, all are told of; in a fresh environment."""

from __future__ import annotations

import json
import re
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image as Picture

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

BROKEN = {
    "unimportable": "a_toolkit_of_1998",
    "misspelt": "omio_raeders",
    "futuristic": "999",
    "greedy": "claims everything",
}
SHAPE = (3, 2, 5, 7)  # ZCYX
PIXELS = np.arange(np.prod(SHAPE), dtype=np.uint16).reshape(SHAPE) * 257


@pytest.fixture
def slab(place: Any) -> Path:
    """A SLAB file of one image under a name that says nothing; docs/examples/omio-slab/README.md has the format."""
    path: Path = place.folder / "a.dat"
    header = struct.pack("<4s2H6I4d2Q", b"SLAB", 1, 1, 1, *SHAPE, 2, 325, 325, 0, 0, 80, 0)
    path.write_bytes(header + PIXELS.astype("<u2").tobytes())
    return path


@pytest.fixture
def notes(slab: Path) -> Iterator[None]:
    """Notes beside the file."""
    path = slab.with_name("a.dat.notes.txt")
    path.write_text("Stain: DAPI\n", "utf-8")
    yield
    path.unlink()


def test_the_wheel_is_whole(wheels: dict[str, Path]) -> None:
    """Three packages, typed, with the licence; no tests, no data."""
    with zipfile.ZipFile(wheels["core"]) as wheel:
        names = set(wheel.namelist())
        (licence,) = [name for name in names if name.endswith("dist-info/licenses/LICENSE")]
        assert b"GNU GENERAL PUBLIC LICENSE" in wheel.read(licence)[:200]
        (points,) = [name for name in names if name.endswith("dist-info/entry_points.txt")]
        assert b"omio.plugins" in wheel.read(points)
    assert {"omio_core/py.typed", "omio_plugins/py.typed", "omio/py.typed"} <= names
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"omio_core", "omio_plugins", "omio"}
    assert [name for name in names if name.endswith((".pyc", ".tif", ".omio-part"))] == []


def test_everything_is_imported_from_the_environment(place: Any, speak: Callable[[str], str]) -> None:
    """Not from the sources beside the tests."""
    said = speak("import omio, omio_core, omio_plugins\nfor m in (omio, omio_core, omio_plugins): print(m.__file__)")
    environment = place.python.parent.parent
    assert len(said.splitlines()) == 3
    assert all(Path(line).is_relative_to(environment) for line in said.splitlines())


def test_the_versions_of_pluggy_differ(place: Any, request: pytest.FixtureRequest) -> None:
    """The oldest is the one that pyproject.toml promises, the newest is another."""
    oldest = "oldest" in request.node.callspec.id
    assert place.pluggy.startswith("1.3.") == oldest


def test_pip_finds_no_contradiction(place: Any) -> None:
    """All requirements of all wheels hold; pytest, which runs the packages' own tests, wants a newer pluggy than we."""
    done = place("python", "-m", "pip", "check")
    assert [line for line in done.stdout.splitlines() if line != "No broken requirements found."
            and not line.startswith("pytest ")] == []  # fmt: skip
    assert "Traceback" not in done.stderr


READ = """
import json, sys, warnings
import numpy as np
import omio

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    array, metadata = omio.imread({path!r}, **{options!r})
    again, _ = omio.imread({path!r}, **{options!r})
assert (again == array).all()
np.save({out!r}, array)
print(json.dumps([metadata, [[type(w.message).__name__, str(w.message)] for w in caught]]))
"""


def _read(speak: Callable[[str], str], path: Path, **options: Any) -> tuple[Any, dict, list]:
    out = path.with_suffix(".npy")
    metadata, caught = json.loads(speak(READ.format(path=str(path), out=str(out), options=options)))
    return np.load(out), metadata, caught


def test_a_strangers_file_is_read(slab: Path, notes: None, speak: Callable[[str], str]) -> None:
    """Right pixels, axes TZCYX, the size it states and none it does not; by content, for the name says nothing."""
    array, metadata, _ = _read(speak, slab)
    assert array.dtype == np.uint16
    np.testing.assert_array_equal(array, PIXELS[np.newaxis])
    assert (metadata["axes"], metadata["shape"]) == ("TZCYX", [1, *SHAPE])
    assert metadata["PhysicalSizeX"] == metadata["PhysicalSizeY"] == pytest.approx(0.325)
    assert metadata["PhysicalSizeXUnit"] == "µm"
    assert metadata["PhysicalSizeZ"] is None
    assert metadata["TimeIncrement"] is None
    assert metadata["Annotations"]["lab_notes"] == {"Stain": "DAPI"}


def test_an_option_of_the_stranger_reaches_it(slab: Path, speak: Callable[[str], str]) -> None:
    """Options go through the face to the reader."""
    array, _, _ = _read(speak, slab, upside_down=True)
    np.testing.assert_array_equal(array, PIXELS[np.newaxis, :, :, ::-1])


def test_a_strangers_writer_is_chosen_by_the_suffix(place: Any, slab: Path, speak: Callable[[str], str]) -> None:
    """And its file is read back with the size that was stated."""
    path = place.folder / "b.slab"
    code = f"import omio; omio.imwrite({str(path)!r}, *omio.imread({str(slab)!r}), verify='pixels')"
    done = place("python", "-W", "ignore", "-c", code)
    assert done.returncode == 0, done.stderr
    array, metadata, _ = _read(speak, path)
    np.testing.assert_array_equal(array, PIXELS[np.newaxis])
    assert metadata["PhysicalSizeX"] == pytest.approx(0.325)
    path.unlink()


def test_each_broken_one_is_warned_of_once(slab: Path, speak: Callable[[str], str]) -> None:
    """One PluginLoadWarning each, that names it and says why; none for the rest; none at the second read."""
    _, _, caught = _read(speak, slab)
    assert {kind for kind, _ in caught} == {"PluginLoadWarning"}
    assert len(caught) == len(BROKEN)
    for name, why in BROKEN.items():
        (message,) = [text for _, text in caught if f"plugin {name} " in text]
        assert why in message


def test_a_tiff_still_reads(place: Any, speak: Callable[[str], str]) -> None:
    """The rest is unharmed, although two of the broken ones claim every TIFF; and a stranger may annotate it."""
    path = place.folder / "b.tif"
    plane = np.arange(12, dtype=np.uint8).reshape(3, 4)
    tifffile.imwrite(path, plane, metadata=None)
    path.with_name("b.tif.notes.txt").write_text("Stain: none\n", "utf-8")
    array, metadata, _ = _read(speak, path)
    np.testing.assert_array_equal(array, plane[np.newaxis, np.newaxis, np.newaxis])
    assert metadata["PhysicalSizeX"] is None
    assert metadata["Annotations"]["lab_notes"] == {"Stain": "none"}


def test_a_strangers_file_is_converted(slab: Path, place: Any) -> None:
    """From a stranger's format to ours on the command line, read back by somebody else."""
    done = place("omio", "convert", slab, "-o", place.folder / "out")
    assert done.returncode == 0, done.stderr
    (written,) = (place.folder / "out").glob("*.ome.tif")
    with tifffile.TiffFile(written) as file:
        series = file.series[0]
        seen = series.asarray().transpose([series.axes.index(axis) for axis in "ZCYX"])
    np.testing.assert_array_equal(seen, PIXELS)
    written.unlink()


def test_a_strangers_policy_is_chosen_by_name(slab: Path, place: Any) -> None:
    """From a file and from the environment, never by being installed; and the output names it."""
    out, previews, chosen = place.folder / "chosen", place.folder / "previews", place.folder / "policies.yaml"
    chosen.write_text("conflict: calibrated\ncollision: previews\n")
    for _ in range(2):
        done = place("omio", "convert", slab, "-o", previews, "--policies", chosen)
        assert done.returncode == 0, done.stderr
    (written,) = previews.glob("*.ome.tif")
    with tifffile.TiffFile(written) as file:
        assert {"calibrated", "previews"} <= set(re.findall(r"\w+", file.ome_metadata))
    assert place("omio", "convert", slab, "-o", out, OMIO_POLICIES="collision=previews").returncode == 0
    refused = place("omio", "convert", slab, "-o", out, OMIO_POLICIES="collision=previews")
    assert refused.returncode == 1
    assert len(list(out.glob("*.ome.tif"))) == 1


def test_the_list_of_plugins_shows_all(place: Any) -> None:
    """Ours and the stranger's with what they offer, the broken ones left out with the reason; exit code 0."""
    done = place("omio", "plugins")
    assert done.returncode == 0, done.stderr
    lines = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    assert {"tiff", "ome_tiff", "policies", "slab", "lab_rules", "lab_notes", *BROKEN} <= set(lines)
    assert "omio-slab" in lines["slab"]
    assert "1.0" in lines["slab"]
    assert "reader slab" in lines["slab"]
    assert "calibrated" in lines["lab_rules"]
    assert "omio-core" in lines["tiff"]
    for name, why in BROKEN.items():
        assert "LEFT OUT" in lines[name]
        assert why in lines[name]
        assert f"omio-{name}" in lines[name]
    assert sum("LEFT OUT" in line for line in lines.values()) == len(BROKEN)


def test_whoever_finds_no_reader_hears_of_the_broken_ones(place: Any) -> None:
    """One of them might have been the reader wanted."""
    path = place.folder / "c.png"
    Picture.new("L", (4, 4)).save(path)
    done = place("python", "-W", "ignore", "-c", f"import omio; omio.imread({str(path)!r})")
    assert done.returncode == 1
    assert "NoReaderError" in done.stderr
    message = done.stderr[done.stderr.rindex("NoReaderError") :]
    assert "left out" in message
    assert [name for name in BROKEN if name not in message] == []
    assert "slab: does not begin with SLAB, version 1" in message


def test_a_corrupt_file_is_the_strangers_error(slab: Path, place: Any) -> None:
    """What a plugin raises arrives as it is, and the exit code tells."""
    slab.write_bytes(slab.read_bytes()[:-1])
    done = place("omio", "info", slab)
    assert done.returncode == 1
    assert "ends too soon" in done.stderr


def test_a_plugin_can_be_kept_out(slab: Path, place: Any) -> None:
    """OMIO_DISABLE, by the name of the entry point or of the distribution; without a warning."""
    for name in ("slab", "omio-slab"):
        done = place("omio", "info", slab, OMIO_DISABLE=f"{name},{','.join(BROKEN)}")
        assert done.returncode == 1
        assert "no reader recognises" in done.stderr
        assert "is left out:" not in done.stderr
        listed = place("omio", "plugins", OMIO_DISABLE=name)
        assert listed.returncode == 0
        (line,) = [line for line in listed.stdout.splitlines() if line.startswith("slab ")]
        assert "OMIO_DISABLE" in line


@pytest.mark.parametrize("script", ["omio", "omio-core"])
def test_the_console_scripts_help(script: str, place: Any) -> None:
    """Both names, and the verbs."""
    done = place(script, "--help")
    assert done.returncode == 0, done.stderr
    assert [verb for verb in ("info", "convert", "plugins", "demo") if verb not in done.stdout] == []


def test_python_m_omio_core_tells_what_is_plugged_in(place: Any) -> None:
    """And ends with 1, because some are left out."""
    done = place("python", "-W", "ignore", "-m", "omio_core")
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("omio-core ")
    assert done.stdout.count("LEFT OUT") == len(BROKEN)


def test_the_demo_runs(place: Any) -> None:
    """The main job of the README, beside strangers."""
    done = place("omio", "demo", "a-demo")
    assert done.returncode == 0, done.stderr
    assert list((place.folder / "a-demo").rglob("*.ome.tif"))
