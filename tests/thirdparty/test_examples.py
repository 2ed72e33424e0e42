"""The packages that authors copy, docs/examples: built, installed beside OMIO, tested by their own tests, checked."""

from __future__ import annotations

import json
import shutil
import tomllib
import zipfile
from pathlib import Path

import pytest

from .conftest import BROKEN, EXAMPLES, must, run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

ONLY_SOUND = {"OMIO_DISABLE": ",".join(BROKEN)}


def test_there_are_examples_of_everything() -> None:
    """A reader and writer, policies, an annotation; each with a licence, a page and tests."""
    assert set(EXAMPLES) >= {"omio-slab", "omio-tiles", "omio-lab-rules", "omio-lab-notes"}
    for folder in EXAMPLES.values():
        assert (folder / "README.md").is_file()
        assert list(folder.glob("tests/test_*.py"))
        assert list(folder.glob("*/py.typed"))


@pytest.mark.parametrize("example", EXAMPLES)
def test_its_own_tests_pass(example: str, environment: Path, tmp_path: Path) -> None:
    """With the installed package, far from the sources; every warning is an error."""
    shutil.copytree(EXAMPLES[example] / "tests", tmp_path / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    done = run(environment, "-m", "pytest", "-q", "-W", "error", "tests", folder=tmp_path, **ONLY_SOUND)
    assert done.returncode == 0, done.stdout[-4000:]


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_wheel_holds_the_package_and_nothing_else(example: str, wheels: dict[str, Path]) -> None:
    """Without tests."""
    with zipfile.ZipFile(wheels[example]) as wheel:
        tops = {name.partition("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {example.replace("-", "_")}


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_check_finds_nothing(example: str, environment: Path, tmp_path: Path) -> None:
    """`omio plugins check`, by the name of the entry point, as a page says."""
    points = tomllib.loads((EXAMPLES[example] / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]
    for name in points["omio.plugins"]:
        omio = environment.with_name("omio")
        done = run(omio, "plugins", "check", name, "--json", folder=tmp_path, **ONLY_SOUND)
        must(done)
        report = json.loads(done.stdout)
        assert (report["plugin"], report["findings"]) == (name, [])


def test_a_folder_goes_there_and_back_on_the_command_line(environment: Path, tmp_path: Path) -> None:
    """From the demo's pictures to a folder, and from the folder to OME-TIFF, with the pixels compared."""
    omio = environment.with_name("omio")
    must(run(omio, "demo", "demo", folder=tmp_path, **ONLY_SOUND))
    source = min((tmp_path / "demo").rglob("*.tif"))
    must(run(omio, "convert", source, "--out", "a.tiles", "--axes", "TZCYX", folder=tmp_path, **ONLY_SOUND))
    assert (tmp_path / "a.tiles" / "picture.json").exists()
    must(run(omio, "convert", "a.tiles", "--out", "b.ome.tif", folder=tmp_path, **ONLY_SOUND))
    code = "import sys, omio; a, b = (omio.imread(p)[0] for p in sys.argv[1:]); sys.exit(not (a == b).all())"
    must(run(environment, "-W", "ignore", "-c", code, "a.tiles", "b.ome.tif", folder=tmp_path, **ONLY_SOUND))
