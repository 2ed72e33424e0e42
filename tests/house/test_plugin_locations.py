"""No reader of a plugin touches the file system: every byte of a source comes through its location."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

# Modules that may, each with the reason; none of them opens what a user named.
MAY = {
    "omio_plugins.ome_tiff._records": "reads the record in a file that OMIO wrote, which is local",
    "omio_plugins.ome_tiff._write": "writes the temporary file, which is local",
    "omio_plugins.ome_tiff._check": "reads the temporary file that was just written",
    "omio_plugins.ome_zarr._records": "reads the record in a folder that OMIO wrote, which is local",
    "omio_plugins.ome_zarr._write": "writes into the temporary folder, which is local",
    "omio_plugins.ome_zarr._write_documents": "the same",
    "omio_plugins.ome_zarr._write_files": "the same",
    "omio_plugins.czi._worker": "the process that decodes: its pipes, and a temporary file that libCZI reads",
    "omio_plugins.czi._workers": "starts that process, which needs the folder of this package",
}
TEXT = frozenset({"commonprefix", "isabs", "join", "normcase", "normpath", "split", "splitdrive", "splitext", "sep"})
"""What of `os.path` and `os` looks at the text of a name, and at nothing else."""

MACHINE = frozenset({"cpu_count", "environ", "getpid", "name", "path", "fspath", "PathLike"})
"""What of `os` is about the machine and the process."""

OPENERS = frozenset({"open", "io.open", "numpy.memmap", "numpy.fromfile", "numpy.load", "mmap.mmap"})
ROOMS = frozenset({"glob", "pathlib", "shutil", "fileinput", "tempfile"})


def _names(tree: ast.AST) -> dict[str, str]:
    """From each name that an import binds to what it means, such as "np" to "numpy"."""
    bound = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                whole = alias.name if alias.asname else alias.name.partition(".")[0]
                bound[alias.asname or whole] = whole
        elif isinstance(node, ast.ImportFrom) and not node.level:
            bound.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    return bound


def _dotted(node: ast.AST, bound: dict[str, str]) -> str:
    """The dotted name of an expression, with what its first part was imported as; "" if it has none."""
    if isinstance(node, ast.Name):
        return bound.get(node.id, node.id)
    if isinstance(node, ast.Attribute) and (left := _dotted(node.value, bound)):
        return f"{left}.{node.attr}"
    return ""


def touches(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the line and name of everything in a module that touches the file system."""
    bound = _names(tree)
    for name in bound.values():
        if name.partition(".")[0] in ROOMS:
            yield 1, name
    for node in ast.walk(tree):
        if not isinstance(node, ast.Name | ast.Attribute):
            continue
        name = _dotted(node, bound)
        parts = name.split(".")
        if parts[0] in ("posixpath", "ntpath"):
            parts = ["os", "path", *parts[1:]]
        of_path = parts[:2] == ["os", "path"] and len(parts) > 2 and parts[2] not in TEXT
        of_system = parts[0] == "os" and len(parts) > 1 and parts[1] not in TEXT | MACHINE
        if name in OPENERS or of_path or of_system:
            yield node.lineno, name


def test_readers_of_plugins_stand_on_locations(modules: tuple[Any, ...]) -> None:
    """They neither open nor look at a path, so that what is not on this machine needs no other reader."""
    wrong = [
        f"{module.file}:{line} uses {name}"
        for module in modules
        if module.package == "omio_plugins" and module.name not in MAY
        for line, name in touches(module.tree)
    ]
    assert not wrong, "\n".join(wrong)


def test_the_list_of_those_who_may_holds_what_needs_it(modules: tuple[Any, ...]) -> None:
    """An entry without a use would hide the next one."""
    found = {module.name for module in modules if module.name in MAY and any(touches(module.tree))}
    assert found == set(MAY)


def test_the_trap_snaps() -> None:
    """Uses under other names, and paths as text, which are allowed."""
    text = """
import os, io
import numpy as np
import posixpath
from os import stat as look
from os.path import exists
from pathlib import Path
open("a"); location.open(); io.open("a"); np.memmap("a"); np.zeros(3)
os.stat("a"); os.path.isfile("a"); os.path.join("a", "b"); look("a"); exists("a"); posixpath.realpath("a")
os.path.splitext("a"); os.environ; os.sep; file.open
"""
    assert sorted({name for _, name in touches(ast.parse(text))}) == [
        "io.open", "numpy.memmap", "open", "os.path.exists", "os.path.isfile", "os.stat", "pathlib.Path",
        "posixpath.realpath",
    ]  # fmt: skip
