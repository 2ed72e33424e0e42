"""The example packages of the documentation: built, installed beside OMIO in a fresh environment, and tested there."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from tests.thirdparty.conftest import ROOT, _must, _wheel, run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

EXAMPLES = sorted(path.parent.name for path in (ROOT / "docs" / "examples").glob("*/pyproject.toml"))


@pytest.fixture(scope="module")
def python(_environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with OMIO, every example, and pytest."""
    folder = tmp_path_factory.mktemp("examples")
    (folder / "out").mkdir()
    wheels = []
    for name in EXAMPLES:
        shutil.copytree(
            ROOT / "docs" / "examples" / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "dist")
        )
        wheels.append(_wheel(folder / name, folder / "out"))
    _must(run(_environment, "-m", "pip", "install", "-q", "pytest>=8.3", *wheels, folder=folder))
    return _environment


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_passes_its_own_tests(python: Path, name: str, tmp_path: Path) -> None:
    """The installed package, not the sources: the tests are copied alone."""
    shutil.copytree(ROOT / "docs" / "examples" / name / "tests", tmp_path / "tests")
    options = ("-q", "-p", "no:cacheprovider", "--import-mode=importlib")
    done = run(python, "-m", "pytest", *options, tmp_path / "tests", folder=tmp_path, OMIO_DISABLE=DISABLED)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert " passed" in done.stdout


DISABLED = "unimportable,misspelt,futuristic,greedy,toy1"
"""The plugins that other tests install in the same environment: broken ones, and one that annotates every image."""


def test_a_folder_goes_there_and_back_on_the_command_line(python: Path, tmp_path: Path) -> None:
    """From the demo's pictures to a folder, and from the folder to OME-TIFF, with the pixels compared."""
    omio = (python, "-m", "omio")
    _must(run(*omio, "demo", "demo", folder=tmp_path, OMIO_DISABLE=DISABLED))
    source = min((tmp_path / "demo").rglob("*.tif"))
    _must(run(*omio, "convert", source, "--out", "a.tiles", "--axes", "TZCYX", folder=tmp_path, OMIO_DISABLE=DISABLED))
    assert (tmp_path / "a.tiles" / "picture.json").exists()
    _must(run(*omio, "convert", "a.tiles", "--out", "b.ome.tif", folder=tmp_path, OMIO_DISABLE=DISABLED))
    code = "import sys, omio; a, b = (omio.imread(p)[0] for p in sys.argv[1:]); sys.exit(not (a == b).all())"
    _must(run(python, "-W", "ignore", "-c", code, "a.tiles", "b.ome.tif", folder=tmp_path, OMIO_DISABLE=DISABLED))


def test_the_wheel_of_an_example_holds_the_package_and_nothing_else(tmp_path: Path) -> None:
    """Without tests, and with the entry point."""
    assert "omio-tiles" in EXAMPLES
    shutil.copytree(ROOT / "docs" / "examples" / "omio-tiles", tmp_path / "tiles")
    (tmp_path / "out").mkdir()
    with zipfile.ZipFile(_wheel(tmp_path / "tiles", tmp_path / "out")) as wheel:
        tops = {name.partition("/")[0] for name in wheel.namelist()}
        assert {top for top in tops if not top.endswith(".dist-info")} == {"omio_tiles"}
