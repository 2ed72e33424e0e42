"""Core decides, plugins know, the face does: who may import whom, who may start threads, who may print."""

from __future__ import annotations

import ast
from typing import Any

# The rooms of the core that a plugin may use besides `contract`, each with the reason.
ROOMS = {
    "contract": "what a plugin author imports",
    "geometry.axes": "pure algebra of axis strings",
    "geometry.box": "pure algebra of boxes",
    "metadata.units": "spellings of units, one list for all formats",
    "metadata.facts": "values and their origins",
    "metadata.plain": "values as JSON has them, which annotations are made of",
    "metadata.model": "what omio_annotate and a writer are given",
    "errors": "what a reader and a writer raise",
    "wording": "texts of errors that name keywords, which the command line spells as flags",
    "settings": "the limits that every reader holds a file against",
    "ome.read": "the OME model, which several formats carry",
    "ome.positions": "which planes the Plane elements of OME-XML are about",
    "ome.write": "the model as XML, which several formats carry",
    "pixels.digests": "digests of planes, which a writer takes while it has the pixels",
    "files.positioned": "positioned reads of a file, held against its size, which every reader needs",
    "parsing.xml": "XML as a tree, guarded, which several formats carry",
    "parsing.yaml": "YAML as plain values, guarded, which sidecars and settings are written in",
    "threads": "ordered: tasks of a writer on the one pool, results in order",
    "pixels.stream": "pull: how a writer gets its pixels, in order and bounded",
    "metadata.namespaces": "the namespaces and the record that a writer puts into the file",
}
# Plugins that use another plugin's modules, each with the reason: the format really is the other's.
STANDS_ON = {
    "lsm": {"tiff": "LSM is TIFF with a private tag: chain of IFDs, strips, codecs and limits are TIFF's"},
}
PLUGGY = {"omio_core.plugins.descriptions", "omio_core.hookspecs", "omio_core.plugins.catalogue"}
THREADS = {"Thread", "Timer", "ThreadPoolExecutor", "ThreadPool", "start_new_thread", "start_joinable_thread"}


def _room(name: str, package: str) -> str:
    return name.removeprefix(f"{package}.").partition(".")[0] if name != package else ""


def _room_of_the_core(name: str, rooms: frozenset[str]) -> str:
    """The longest module that the dotted name begins with, without the package: a name in it does not count."""
    parts = name.removeprefix("omio_core").removeprefix(".").split(".")
    while parts and ".".join(parts) not in rooms:
        parts.pop()
    return ".".join(parts)


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


def test_plugins_use_only_pure_rooms_of_the_core(modules: tuple[Any, ...]) -> None:
    """A plugin of ours gets no more of the core than a stranger's, and nothing of the face."""
    wrong, rooms = [], frozenset(_rooms(modules))
    for module in modules:
        if module.package != "omio_plugins":
            continue
        for line, name in module.imports():
            top = name.partition(".")[0]
            if top == "omio" or (top == "omio_core" and _room_of_the_core(name, rooms) not in ROOMS):
                wrong.append(f"{module.file}:{line} imports {name}")
    assert not wrong, "\n".join(wrong)


def test_no_room_is_open_for_nobody(modules: tuple[Any, ...]) -> None:
    """The list of rooms holds what exists, so that it cannot grow by itself."""
    assert set(ROOMS) <= _rooms(modules)


def _rooms(modules: tuple[Any, ...]) -> set[str]:
    return {module.name.removeprefix("omio_core.") for module in modules if module.package == "omio_core"}


def test_plugins_do_not_know_each_other(modules: tuple[Any, ...]) -> None:
    """Each folder of omio_plugins could be a package of its own, or one that needs those it says it stands on."""
    wrong = []
    for module in modules:
        if module.package != "omio_plugins":
            continue
        own = _room(module.name, "omio_plugins")
        allowed = (own, *STANDS_ON.get(own, ()))
        for line, name in module.imports():
            if name.partition(".")[0] == "omio_plugins" and _room(name, "omio_plugins") not in allowed:
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
