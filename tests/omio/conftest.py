"""What the tests of the face share: the sample, the real files, and judges of OME-TIFF that are not OMIO."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from click.testing import CliRunner, Result

from omio.cli import sample
from omio.cli.app import app

from .folders import PIXELS, broken, put

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = "http://www.openmicroscopy.org/Schemas/OME/2016-06"


# --- files


@pytest.fixture(scope="session")
def _samples(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return sample.write(tmp_path_factory.mktemp("sample"))


@pytest.fixture
def stated(_samples: list[Path], tmp_path: Path) -> Path:
    """An ImageJ hyperstack, TZCYX (4, 5, 2, 96, 128), that states its sizes; alone in its folder."""
    folder = tmp_path / "stated"
    folder.mkdir()
    return Path(shutil.copy(_samples[0], folder))


@pytest.fixture
def bare(_samples: list[Path], tmp_path: Path) -> Path:
    """Five pages and nothing else; alone in its folder."""
    folder = tmp_path / "bare"
    folder.mkdir()
    return Path(shutil.copy(_samples[1], folder))


@pytest.fixture
def plane(tmp_path: Path) -> Path:
    """A plain TIFF of one plane, 5 x 7, that says nothing: no axis needs to be assumed."""
    path = tmp_path / "plane" / "plane.tif"
    path.parent.mkdir()
    tifffile.imwrite(path, np.arange(35, dtype=np.uint8).reshape(5, 7), metadata=None)
    return path


@pytest.fixture
def several(tmp_path: Path) -> Callable[..., Path]:
    """Make an OME-TIFF of several images of the given names; image i is 8 x 9 and filled with i."""

    def make(*names: str | None, path: str = "several.ome.tif") -> Path:
        target = tmp_path / "several" / path
        target.parent.mkdir(exist_ok=True)
        with tifffile.TiffWriter(target, ome=True) as writer:
            for index, name in enumerate(names):
                said = {"axes": "YX"} | ({} if name is None else {"Name": name})
                writer.write(np.full((8, 9), index, np.uint8), metadata=said)
        return target

    return make


# --- folders


@pytest.fixture
def series(tmp_path: Path) -> Path:
    """Three planes in a folder."""
    for t in (8, 9, 10):
        put(tmp_path / "series" / f"T_{t}.tif", t)
    return tmp_path / "series"


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """A folder of three files, of which the second cannot be read to the end."""
    put(tmp_path / "f" / "a.tif", 1)
    broken(tmp_path / "f" / "b.tif")
    put(tmp_path / "f" / "c.tif", 3)
    return tmp_path / "f"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of one stack along Z, `PIXELS`."""
    home = tmp_path / "run"
    home.mkdir()
    tifffile.imwrite(home / "a.tif", PIXELS, imagej=True, metadata={"axes": "ZYX"})
    return home


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    """A file of three images, two of one name."""
    path = tmp_path / "plate.v1.2.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        for name, shape in (("A1", (2, 8, 9)), ("A1", (3, 8, 9)), (None, (4, 5))):  # tifffile calls it Image2
            metadata: dict[str, Any] = {"axes": "TYX"[-len(shape) :], "PhysicalSizeX": 0.25, "PhysicalSizeXUnit": "µm"}
            writer.write(np.full(shape, len(shape), np.uint8), metadata=metadata | ({"Name": name} if name else {}))
    return path


# --- real files


def _real() -> list[str]:
    """The real files that this reader reads, by their names in EXPECTED.json."""
    folder = Path(os.environ.get("OMIO_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "EXPECTED.json").is_file():
        return []
    known = json.loads((folder / "EXPECTED.json").read_text())
    wanted = ("imagej/", "ome-tiff/", "tiff/viv-multi-tiff/")
    return [
        name
        for name, entry in known.items()
        if name.startswith(wanted) and "/multifile-companion/" not in name
        if isinstance(entry, dict) and any("sha256" in image for image in entry.get("images", ()))
    ]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test a real file; one that the fixture `data` skips where there are none."""
    if "real" in metafunc.fixturenames:
        metafunc.parametrize("real", _real() or ["none"], scope="module")


# --- judges


@dataclass(frozen=True, slots=True)
class Told:
    """What an OME-TIFF says, told by tifffile and ElementTree: its pixels as TZCYX and the attributes of its XML."""

    pixels: np.ndarray
    xml: str
    image: dict[str, str]
    at: dict[str, str]  # attributes of Pixels
    channels: list[dict[str, str]]
    date: str | None
    annotations: dict[str, dict[str, str]]


def tell(path: Path) -> Told:
    """Read an OME-TIFF of one image without OMIO."""
    with tifffile.TiffFile(path) as file:
        xml = file.ome_metadata
        (series,) = file.series
        axes, array = series.axes, series.asarray()
    (image,) = ET.fromstring(xml.encode()).findall("{*}Image")
    pixels = image.find("{*}Pixels")
    wanted = [int(pixels.get(f"Size{axis}")) for axis in "TZCYX"]
    if "S" in axes:  # samples come last within C
        array = np.moveaxis(array, axes.index("S"), -3)
        axes = axes.replace("S", "")
        axes = axes[:-2] + "S" + axes[-2:]
    order = [axes.index(axis) for axis in "TZCSYX" if axis in axes]
    date = image.find("{*}AcquisitionDate")
    notes = {}
    for note in ET.fromstring(xml.encode()).iterfind("{*}StructuredAnnotations/{*}MapAnnotation"):
        notes[note.get("Namespace")] = {m.get("K"): m.text or "" for m in note.iterfind("{*}Value/{*}M")}
    return Told(
        pixels=array.transpose(order).reshape(wanted),
        xml=xml,
        image=dict(image.attrib),
        at=dict(pixels.attrib),
        channels=[dict(c.attrib) for c in pixels.findall("{*}Channel")],
        date=None if date is None else date.text,
        annotations=notes,
    )


@pytest.fixture(scope="session", name="tell")
def _tell() -> Callable[[Path], Told]:
    """Read an OME-TIFF of one image without OMIO."""
    return tell


@pytest.fixture(scope="session")
def digest() -> Callable[[np.ndarray], str]:
    """The digest of EXPECTED.json: sha256 of the C-ordered little-endian bytes."""

    def of(array: np.ndarray) -> str:
        return hashlib.sha256(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()).hexdigest()

    return of


@pytest.fixture(scope="session")
def xmllint(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], None]:
    """Hold a document against the 2016-06 schema with xmllint."""
    if not shutil.which("xmllint"):
        pytest.skip("xmllint is not installed")
    found = importlib.util.find_spec("ome_types")
    schema = Path(found.submodule_search_locations[0], "ome-2016-06.xsd")
    # the import of xml.xsd would ask the network, and nothing of it is used
    text = re.sub(r'<xsd:import namespace="http://www.w3.org/XML/1998/namespace"[^>]*/>', "", schema.read_text("utf-8"))
    folder = tmp_path_factory.mktemp("schema")
    (folder / "ome.xsd").write_text(text, "utf-8")

    def lint(xml: str) -> None:
        (folder / "a.xml").write_text(xml, "utf-8")
        done = subprocess.run(
            ["xmllint", "--nonet", "--noout", "--schema", "ome.xsd", "a.xml"],
            cwd=folder, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    return lint


@pytest.fixture(scope="session")
def tiffinfo() -> Callable[[Path], None]:
    """Let libtiff's tiffinfo read the directories: it must say nothing on standard error."""
    if not shutil.which("tiffinfo"):
        pytest.skip("tiffinfo is not installed")

    def look(path: Path) -> None:
        done = subprocess.run(["tiffinfo", str(path)], capture_output=True, timeout=60, check=False)
        assert done.returncode == 0
        assert done.stderr == b""

    return look


# --- the command line


@pytest.fixture
def cli() -> Callable[..., Result]:
    """Run the command line in this process; what goes wrong unforeseen is raised."""

    try:
        runner = CliRunner(mix_stderr=False)  # before click 8.2, the two were one unless asked
    except TypeError:
        runner = CliRunner()

    def run(*arguments: object) -> Result:
        return runner.invoke(app, [str(a) for a in arguments], catch_exceptions=False)

    return run


@pytest.fixture
def shell(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command line in a process of its own, with nothing that is a terminal."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("OMIO_", "PYTEST", "NO_COLOR", "FORCE_COLOR"))}

    def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        code = "from omio.cli import main; main()"
        return subprocess.run(
            [sys.executable, "-c", code, *map(str, arguments)],
            cwd=tmp_path, env=kept | {"PYTHONPATH": str(ROOT)} | environment,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    return run


@pytest.fixture
def tree(tmp_path: Path) -> Callable[[], dict[str, bytes]]:
    """Every file below the temporary folder with its bytes, hidden ones too: to see that nothing was written."""
    return lambda: {p.relative_to(tmp_path).as_posix(): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
