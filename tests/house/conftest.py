"""What the tests of the house share: sources as syntax trees, documents, and a Python that has OMIO installed."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("omio_core", "omio_plugins", "omio")


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One source file of the three packages."""

    path: Path
    name: str
    text: str
    tree: ast.Module

    @property
    def file(self) -> str:
        """The path from the root, with forward slashes."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def package(self) -> str:
        """Which of the three packages it belongs to."""
        return self.name.partition(".")[0]

    @property
    def lines(self) -> list[str]:
        """The text, line by line."""
        return self.text.splitlines()

    def imports(self) -> Iterator[tuple[int, str]]:
        """Every module this one imports, absolute, wherever the import stands, with its line.

        ``from a import b`` gives ``a.b``: whether b is a module or a name in one, its room is found by prefix.
        References such as ``"package.module:function"`` and arguments of ``import_module`` are imports too.
        """
        inside = self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = ".".join(inside.split(".")[: len(inside.split(".")) - node.level + 1]) if node.level else ""
                source = ".".join(part for part in (base, node.module or "") if part)
                yield from ((node.lineno, f"{source}.{alias.name}") for alias in node.names)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                module, colon, name = node.value.partition(":")
                if colon and name.isidentifier() and all(part.isidentifier() for part in module.split(".")):
                    yield node.lineno, module
            elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                called = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if called in ("import_module", "__import__"):
                    yield node.lineno, str(node.args[0].value)


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def modules() -> tuple[Module, ...]:
    """Every source file of the three packages."""
    paths = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    assert paths, f"no sources below {ROOT}"
    return tuple(
        Module(path=p, name=_name(p), text=(text := p.read_text("utf-8")), tree=ast.parse(text, str(p))) for p in paths
    )


@pytest.fixture(scope="session")
def tracked() -> tuple[Path, ...]:
    """Every file that is, or is about to be, under version control; without git, all but what tools leave behind."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        asked = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(asked, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
        found = [ROOT / name for name in listed if name]
    else:
        left = {"__pycache__", "build", "dist"}
        found = [
            path
            for path in ROOT.rglob("*")
            if not any(p in left or (p.startswith(".") and p != ".ci") for p in path.relative_to(ROOT).parts[:-1])
        ]
    return tuple(sorted(path for path in found if path.is_file()))


@pytest.fixture(scope="session")
def reference() -> dict[str, str]:
    """The reference: from a page's name to its text."""
    pages = {path.name: path.read_text("utf-8") for path in sorted((ROOT / "docs" / "reference").glob("*.md"))}
    assert pages, "docs/reference holds no page"
    return pages


def _environment() -> dict[str, str]:
    """The machine's environment without what would change OMIO or Python."""
    foreign = ("OMIO_", "PYTHON", "PYTEST", "COV_")
    kept = {k: v for k, v in os.environ.items() if k == "OMIO_TEST_DATA" or not k.startswith(foreign)}
    return kept | {"NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "120"}


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """An environment for child processes, in which the sources of this repository are found first."""
    return _environment() | {"PYTHONPATH": str(ROOT)}


@pytest.fixture
def child(environment: dict[str, str], tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run Python code in a fresh interpreter, warnings as errors, and give back what it said."""

    def run(code: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", code, *arguments],
            cwd=tmp_path, env=environment | more, capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip

    return run


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with OMIO installed and its console scripts beside it: the running one, or one made for the purpose."""
    try:
        here = distribution("omio-core")
    except PackageNotFoundError:
        here = None
    running = Path(sys.executable)
    if here is not None and here.files and (running.parent / "omio").exists():
        return running
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    (packages / "running.pth").write_text(sysconfig.get_path("purelib") + "\n")  # its dependencies, not copied
    subprocess.run(
        [str(python), "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "-e", str(ROOT)],
        env=_environment(), check=True,
    )  # fmt: skip
    return python
