"""Wheels of OMIO, of the example packages and of four broken plugins, in an environment made from nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = {path.parent.name: path.parent for path in sorted(ROOT.glob("docs/examples/*/pyproject.toml"))}

PYPROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "omio-{name}"
version = "0.1"

[project.entry-points."omio.plugins"]
{name} = "omio_{name}"

[tool.hatch.build.targets.wheel]
packages = ["omio_{name}"]
"""
CLAIMING = """
from omio_core.contract import Match, Reader, Verdict, hookimpl

OMIO_API = {api}

def sniff(probe):
    return Verdict(Match.EXACT, "everything is mine")

@hookimpl
def {hook}():
    return [Reader(name="{name}", title="Takes all", suffixes=(".tif", ".slab"), sniff=sniff, open="nowhere:nothing")]
"""
# Four ways to be broken; each would take every file if it were let in.
BROKEN = {
    "unimportable": "raise ImportError('no module named a_toolkit_of_1998')\n",
    "misspelt": CLAIMING.format(api=1, hook="omio_raeders", name="misspelt"),
    "futuristic": CLAIMING.format(api=999, hook="omio_readers", name="futuristic"),
    "greedy": CLAIMING.format(api=1, hook="omio_readers", name="greedy"),
}


def plain_environment() -> dict[str, str]:
    """The machine's environment without what would change Python, pytest or OMIO."""
    foreign = ("OMIO_", "PYTHON", "PYTEST", "VIRTUAL_ENV", "COV_")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(foreign)}
    return kept | {"NO_COLOR": "1", "COLUMNS": "200", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def run(*command: str | Path, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder far from the sources."""
    return subprocess.run(
        [str(part) for part in command],
        cwd=folder, env=plain_environment() | more, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=840, check=False,
    )  # fmt: skip


def must(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, f"{done.args}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


def _wheel(source: Path, into: Path) -> Path:
    before = set(into.glob("*.whl"))
    must(
        run(
            sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", into, source, folder=into.parent,
        )
    )  # fmt: skip
    (wheel,) = set(into.glob("*.whl")) - before
    return wheel


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """From each name, ``core``, the examples and the broken ones, to its wheel."""
    folder = tmp_path_factory.mktemp("wheels")
    out = folder / "out"
    out.mkdir()
    built = {"core": _wheel(ROOT, out)}
    for name, source in EXAMPLES.items():
        shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        built[name] = _wheel(folder / name, out)
    for name, module in BROKEN.items():
        package = folder / name / f"omio_{name}"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(module)
        (folder / name / "pyproject.toml").write_text(PYPROJECT.format(name=name))
        built[name] = _wheel(folder / name, out)
    return built


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An environment with all wheels installed, and an empty folder to work in."""

    python: Path
    folder: Path
    pluggy: str

    def __call__(self, *command: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a script of the environment by name, or ``python`` with arguments."""
        return run(self.python.parent / command[0], *command[1:], folder=self.folder, **more)


def floor(package: str) -> str:
    """The oldest version of a dependency that pyproject.toml allows."""
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    (version,) = [m[1] for line in wanted if (m := re.match(rf"{package}>=([\d.]+)", line))]
    return version


@pytest.fixture(scope="session")
def environment(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with every wheel, pytest, and their dependencies from the package index; nothing of the running one."""
    folder = tmp_path_factory.mktemp("fresh")
    must(run(sys.executable, "-m", "venv", folder / "venv", folder=folder))
    scripts = "Scripts" if os.name == "nt" else "bin"
    python = folder / "venv" / scripts / "python"
    must(run(python, "-m", "pip", "install", "-q", *wheels.values(), "pytest", folder=folder))
    return python


@pytest.fixture(scope="module", params=["oldest", "newest"])
def place(request: pytest.FixtureRequest, environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The environment, with the oldest pluggy that is supported, and then with the newest there is."""
    wanted = f"pluggy~={floor('pluggy')}.0" if request.param == "oldest" else "pluggy"
    folder = tmp_path_factory.mktemp(request.param)
    must(run(environment, "-m", "pip", "install", "-q", "--upgrade", wanted, folder=folder))
    asked = run(environment, "-c", "from importlib.metadata import version; print(version('pluggy'))", folder=folder)
    return Place(python=environment, folder=folder, pluggy=asked.stdout.strip())


@pytest.fixture(scope="module")
def speak(place: Place) -> Callable[[str], str]:
    """Run Python code in the environment and give back what it prints; it must succeed."""

    def spoken(code: str) -> str:
        done = place("python", "-c", code)
        must(done)
        return done.stdout

    return spoken
