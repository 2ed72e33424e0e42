"""Light at the door: what an import loads, and that every public name is there and says what it is."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

HEAVY = {
    "numpy", "tifffile", "zarr", "dask", "yaml", "ome_types", "lxml", "imagecodecs", "aicspylibczi", "napari", "click",
    "rich", "xml", "asyncio", "multiprocessing",
}  # fmt: skip
ROOT = Path(__file__).resolve().parents[2]
PLUGINS = sorted(f"omio_plugins.{path.parent.name}" for path in (ROOT / "omio_plugins").glob("*/__init__.py"))
LOADED = """
import json, sys
before = set(sys.modules)
__import__(sys.argv[1])
print(json.dumps(sorted(set(sys.modules) - before)))
"""


@pytest.mark.parametrize("package", ["omio", "omio.api", "omio_core", "omio_core.contract", "omio_plugins", *PLUGINS])
def test_an_import_is_light(package: str, child: Callable[..., Any]) -> None:
    """No array library, no codec, no parser, no toolkit; pluggy only where its markers are needed."""
    done = child(LOADED, package)
    assert done.returncode == 0, done.stderr
    loaded = json.loads(done.stdout)
    assert package in loaded
    forbidden = HEAVY | ({"pluggy"} if package in ("omio", "omio_core") else set())
    assert not sorted({name.partition(".")[0] for name in loaded} & forbidden)


def test_there_are_plugins() -> None:
    """The list above is read from the folder; were the folder moved, it must not be empty in silence."""
    assert {"omio_plugins.tiff", "omio_plugins.ome_tiff", "omio_plugins.policies"} <= set(PLUGINS)


@pytest.mark.parametrize("package", ["omio", "omio_core"])
def test_public_names_resolve(package: str) -> None:
    """Whatever `__all__` names exists, once, and `dir` shows it."""
    module = importlib.import_module(package)
    assert len(set(module.__all__)) == len(module.__all__)
    assert [name for name in module.__all__ if not hasattr(module, name)] == []
    assert set(module.__all__) <= set(dir(module))


@pytest.mark.parametrize("package", ["omio", "omio_core", "omio_core.contract"])
def test_public_names_are_documented(package: str, modules: tuple[Any, ...]) -> None:
    """A class or function has a docstring of its own; any other value has one below its assignment."""
    trees = {module.name: module.tree for module in modules}
    module = importlib.import_module(package)
    silent = []
    for name in module.__all__:
        if name.startswith("__"):  # __version__ and the like mean the same everywhere
            continue
        value = getattr(module, name)
        if callable(value):
            value = inspect.unwrap(value)  # a cached function says what the function says
        if inspect.isclass(value) or inspect.isfunction(value) or isinstance(value, ModuleType):
            own = value.__doc__ or ""
            made = own.startswith(f"{name}(")  # what dataclass writes where there is none
            if not own.strip() or made:
                silent.append(name)
        elif not any(_documented_value(tree, name) for tree in trees.values()):
            silent.append(name)
    assert silent == []


def _documented_value(tree: ast.Module, name: str) -> bool:
    for node, following in zip(tree.body, tree.body[1:], strict=False):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
    return False


def test_an_unknown_name_is_refused() -> None:
    """The lazy door says no like any module."""
    for package in ("omio", "omio_core"):
        module = importlib.import_module(package)
        with pytest.raises(AttributeError, match="no_such_name"):
            _ = module.no_such_name
