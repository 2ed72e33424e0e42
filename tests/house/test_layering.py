"""Core decides, plugins know, the face does: who may import whom, who may start threads, who may print."""

from __future__ import annotations

import ast
from typing import Any

# Plugins that use another plugin's public module, each with the reason: the format really is the other's.
STANDS_ON = {
    "lsm": {"tiff": "LSM is TIFF with a private tag: chain of IFDs, strips, codecs and limits are TIFF's"},
}
PUBLIC = {"tiff": ("omio_plugins.tiff.family",)}
"""The public modules of plugins that others stand on; the package itself, with its `sniff`, is public too."""
DOOR = "omio_core.contract"
PLUGGY = {"omio_core.plugins.descriptions", "omio_core.hookspecs", "omio_core.plugins.catalogue"}
THREADS = {"Thread", "Timer", "ThreadPoolExecutor", "ThreadPool", "start_new_thread", "start_joinable_thread"}


def _room(name: str, package: str) -> str:
    return name.removeprefix(f"{package}.").partition(".")[0] if name != package else ""


def test_core_imports_neither_plugins_nor_face(modules: tuple[Any, ...]) -> None:
    """The core names no format's module and no face, not even as text."""
    wrong = [
        f"{module.file}:{line} imports {name}"
        for module in modules
        if module.package == "omio_core"
        for line, name in module.imports()
        if name.partition(".")[0] in ("omio_plugins", "omio")
    ]
    assert not wrong, "\n".join(wrong)


def test_plugins_enter_by_the_one_door(modules: tuple[Any, ...]) -> None:
    """A plugin of ours gets no more of the core than a stranger's, and nothing of the face."""
    wrong, through = [], 0
    for module in modules:
        if module.package != "omio_plugins":
            continue
        for line, name in module.imports():
            through += name.startswith(f"{DOOR}.")
            if name.partition(".")[0] == "omio" or (name.startswith("omio_core") and not name.startswith(DOOR)):
                wrong.append(f"{module.file}:{line} imports {name}")
    assert not wrong, "\n".join(wrong)
    assert through > 100, "the test looks in the wrong place"


def test_no_room_of_the_core_uses_the_door(modules: tuple[Any, ...]) -> None:
    """Definitions stand in the rooms; the door only shows them, so that it can never be part of a circle."""
    wrong = [
        f"{module.file}:{line} imports {name}"
        for module in modules
        if module.package == "omio_core"
        for line, name in module.imports()
        if name.startswith(DOOR)
    ]
    assert not wrong, "\n".join(wrong)


def test_plugins_do_not_know_each_other(modules: tuple[Any, ...]) -> None:
    """Each folder of omio_plugins could be a package of its own, or one that needs those it says it stands on."""
    wrong = []
    for module in modules:
        if module.package != "omio_plugins":
            continue
        own = _room(module.name, "omio_plugins")
        others = tuple(STANDS_ON.get(own, ()))
        public = tuple(room for other in others for room in PUBLIC[other])
        for line, name in module.imports():
            if name.partition(".")[0] != "omio_plugins" or _room(name, "omio_plugins") == own:
                continue
            if name not in {f"omio_plugins.{other}" for other in others} and not name.startswith(public):
                wrong.append(f"{module.file}:{line} imports {name}")
    assert not wrong, "\n".join(wrong)


def test_the_face_never_imports_a_plugin(modules: tuple[Any, ...]) -> None:
    """The face goes through the core's dispatch like everybody."""
    wrong = [
        f"{module.file}:{line} imports {name}"
        for module in modules
        if module.package == "omio"
        for line, name in module.imports()
        if name.partition(".")[0] == "omio_plugins"
    ]
    assert not wrong, "\n".join(wrong)


def test_one_file_touches_the_plugin_manager(modules: tuple[Any, ...]) -> None:
    """Only the catalogue knows pluggy's manager, descriptions and hookspecs its markers; nobody else knows pluggy."""
    for module in modules:
        names = {getattr(n, "attr", getattr(n, "id", None)) for n in ast.walk(module.tree)}
        imported = [name for _, name in module.imports() if name.partition(".")[0] == "pluggy"]
        if module.name != "omio_core.plugins.catalogue":
            assert "PluginManager" not in names, module.file
            assert "pluggy.PluginManager" not in imported, module.file
        if module.name not in PLUGGY:
            assert not imported, module.file


def test_one_file_starts_threads(modules: tuple[Any, ...]) -> None:
    """The one pool is the core's threads.py; readers, writers and the face start none.

    The conformance kit does: it plays the part of a caller with threads of his own.
    """
    wrong = []
    for module in modules:
        if module.name == "omio_core.threads" or module.name.startswith("omio_core.testing."):
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call):
                called = getattr(node.func, "attr", getattr(node.func, "id", None))
                if called in THREADS:
                    wrong.append(f"{module.file}:{node.lineno} calls {called}")
        wrong += [
            f"{module.file}:{line} imports {n}" for line, n in module.imports() if n.rpartition(".")[2] in THREADS
        ]
    assert not wrong, "\n".join(wrong)


def test_nobody_prints(modules: tuple[Any, ...]) -> None:
    """The library logs, warns and calls back; only the command line prints."""
    wrong = []
    for module in modules:
        if module.name.startswith("omio.cli"):
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
                wrong.append(f"{module.file}:{node.lineno}")
            if isinstance(node, ast.arg) and node.arg == "verbose":
                wrong.append(f"{module.file}:{node.lineno} has a flag `verbose`")
    assert not wrong, "\n".join(wrong)


def test_the_trap_snaps(modules: tuple[Any, ...], root: Any) -> None:
    """The collector of imports sees relative ones, late ones, those for types, and references in text."""
    kind = type(modules[0])
    text = "\n".join(
        [
            "from . import a",
            "from ..b import c",
            "def f():",
            "    import d.e",
            "open = 'omio_plugins.tiff._read:open_tiff'",
            "import_module('omio_plugins.lsm')",
        ]
    )
    module = kind(path=root / "omio_core/x/y.py", name="omio_core.x.y", text=text, tree=ast.parse(text))
    assert {name for _, name in module.imports()} == {
        "omio_core.x.a",
        "omio_core.b.c",
        "d.e",
        "omio_plugins.tiff._read",
        "omio_plugins.lsm",
    }
