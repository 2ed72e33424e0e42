"""What ``pip install omio-core[extra]`` brings is used: no extra is left behind by the code that wanted it."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

BESIDE = {
    "distributed": "dask imports it: image.to_dask() and stores are read by its workers",
    "xarray": "it opens what image.aszarr() returns",
}
"""Packages that work on what OMIO returns, and that no module imports; a test uses each."""


@pytest.fixture(scope="module")
def extras(root: Path) -> dict[str, list[str]]:
    """From each extra to its requirements, those of extras that it brings included."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    stated = project["optional-dependencies"]
    return {extra: list(_requirements(extra, stated, project["name"])) for extra in stated}


def _requirements(extra: str, stated: Mapping[str, Sequence[str]], project: str) -> Iterator[str]:
    for requirement in stated[extra]:
        name = re.match(r"[\w.-]+", requirement)
        assert name is not None, requirement
        if _normal(name[0]) != _normal(project):
            yield _normal(name[0])
            continue
        others = re.search(r"\[(.*)\]", requirement)
        assert others is not None, f"{extra} brings omio-core itself"
        for other in others[1].split(","):
            yield from _requirements(other.strip(), stated, project)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _wanted(module: Any) -> Iterator[str]:
    """The top names that a module imports, or asks `find_spec` for."""
    yield from (name.partition(".")[0] for _, name in module.imports())
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call) or getattr(node.func, "attr", getattr(node.func, "id", "")) != "find_spec":
            continue
        if node.args and isinstance(node.args[0], ast.Constant):
            yield str(node.args[0].value).partition(".")[0]


def _used(requirements: Sequence[str], wanted: set[str]) -> list[str]:
    """The requirements of which a module is wanted; of what is not installed, one of its own name."""
    homes: dict[str, set[str]] = {}
    for top, names in packages_distributions().items():
        for name in names:
            homes.setdefault(_normal(name), set()).add(top)
    return [one for one in requirements if homes.get(one, {one.replace("-", "_")}) & wanted]


def test_every_extra_brings_something_used(modules: tuple[Any, ...], extras: dict[str, list[str]], root: Path) -> None:
    """Imported by a module of the three packages, looked for with `find_spec`, or used beside them in a test."""
    tests = "".join(path.read_text("utf-8") for path in (root / "tests" / "omio").glob("test_*.py"))
    assert {name for name in BESIDE if f'importorskip("{name}"' not in tests} == set()
    wanted = {name for module in modules for name in _wanted(module)} | set(BESIDE)
    assert {"fast", "test", "all"} <= set(extras)
    assert {extra for extra, requirements in extras.items() if not _used(requirements, wanted)} == set()


def test_an_idle_extra_is_seen(modules: tuple[Any, ...]) -> None:
    """`find_spec` counts, an extra in an extra is followed, and what nobody imports is found out."""
    text = "import importlib.util\nif importlib.util.find_spec('isal'):\n    from yaml import load\n"
    module = type(modules[0])(path=Path("a.py"), name="a", text=text, tree=ast.parse(text))
    stated = {"fast": ["isal>=1.7", "PyYAML"], "idle": ["sphinx >= 7"], "all": ["omio-core[fast, idle]"]}
    found = {extra: list(_requirements(extra, stated, "omio-core")) for extra in stated}
    assert found["all"] == ["isal", "pyyaml", "sphinx"]
    assert _used(found["all"], set(_wanted(module))) == ["isal", "pyyaml"]
    assert _used(found["idle"], set(_wanted(module))) == []
