"""No input that a user named is touched by its path outside `omio_core/files`: core and face go through locations.

What is written is a local path, so the modules that write may look at their outputs; each is listed with its reason.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

OS = {
    "access", "chmod", "listdir", "lstat", "link", "makedirs", "mkdir", "open", "readlink", "remove", "rename",
    "replace", "rmdir", "scandir", "stat", "symlink", "unlink", "utime", "walk",
}  # fmt: skip
OS_PATH = {
    "exists", "getctime", "getmtime", "getsize", "isdir", "isfile", "islink", "ismount", "lexists", "realpath",
    "samefile",
}  # fmt: skip
PATH = {
    "chmod", "exists", "glob", "hardlink_to", "is_dir", "is_fifo", "is_file", "is_mount", "is_symlink", "iterdir",
    "lstat", "mkdir", "read_bytes", "read_text", "readlink", "rename", "resolve", "rglob", "rmdir", "samefile", "stat",
    "symlink_to", "touch", "unlink", "write_bytes", "write_text",
}  # fmt: skip
"""Methods of `pathlib.Path` that touch the disk. Locations have others, so that a name alone tells them apart."""
NOT_PATHS = {"conflicts", "filenames"}  # modules whose functions have such a name

OUTPUTS = {
    "omio/batching/functions.py": "makes the folder of an output",
    "omio/batching/journal.py": "the journal lies in the folder of the outputs",
    "omio/batching/lock.py": "so does the lock",
    "omio/batching/run.py": "makes the folder of the outputs",
    "omio/cache/build.py": "makes the cache folder, and looks whether the name of an entry is taken",
    "omio/cache/entries.py": "reads the entries of a cache, which OMIO wrote",
    "omio/cache/removal.py": "removes entries of a cache",
    "omio/cache/store.py": "tells a lost chunk from an entry that was removed",
    "omio/cli/__init__.py": "the null device takes the place of a closed standard output",
    "omio/cli/caching.py": "tells a file from a folder that has a cache folder",
    "omio/cli/app.py": "tells, links followed, whether a path of the command is a member of a set already converted",
    "omio/cli/log.py": "appends to the log that the user names",
    "omio/cli/sample.py": "writes the demo",
    "omio/compat/dict_completion.py": "writes an empty zarr array under a name that must be free",
    "omio/compat/processing.py": "makes the folder of an output, and looks whether it is there",
    "omio/planning/execute.py": "makes the folders of outputs, and looks whether their names are taken",
    "omio/planning/filenames.py": "tells whether an output is a folder that exists",
    "omio/planning/report.py": "follows the links of the members of a set, for the same",
    "omio/planning/serialize.py": "saves and loads plans",
    "omio/planning/settling.py": "looks whether the names of outputs are taken",
    "omio/planning/standing.py": "lists the folders that outputs go into",
    "omio/planning/targets.py": "looks whether the folder of outputs is a picture",
    "omio/viewing/preview.py": "writes a sheet, and compares its name with the files that it shows",
    "omio_core/images/collisions.py": "looks whether the names of outputs are taken",
    "omio_core/images/conversion.py": "gives outputs the time that their record states, and compares it",
    "omio_core/images/sidecar.py": "writes a sidecar, and compares it with the file that it describes",
    "omio_core/images/target.py": "compares the name of an output with local inputs, and looks what it would replace",
    "omio_core/images/writing.py": "looks whether the names of outputs are taken, and compares them with local inputs",
    "omio_core/ome/validate.py": "finds the schema in the package ome_types",
    "omio_core/pixels/zarrfiles.py": "writes an array into a folder that is being built",
    "omio_core/plugins/rules.py": "loads a file of policies, which is no image",
}
"""Modules that may touch the disk, each with its reason."""
FOLDERS = {
    "omio_core/files": "the one place where inputs are touched, and where outputs become files",
    "omio_core/testing": "watches what a plugin does to local files",
}


def touches(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of each call that touches the disk by a path."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        text = ast.unparse(function)
        if isinstance(function, ast.Name):
            touching = function.id == "open"
        elif isinstance(function, ast.Attribute):
            owner = ast.unparse(function.value)
            touching = (
                (owner == "os" and function.attr in OS)
                or (owner in ("os.path", "path") and function.attr in OS_PATH)
                or (owner in ("io", "pathlib.Path", "Path") and function.attr == "open")
                or (owner.startswith("Path(") and function.attr in (*PATH, "open"))
                or (owner not in ("os", *NOT_PATHS) and function.attr in PATH)
            )
        else:
            touching = False
        if touching:
            yield node.lineno, text


def modules() -> Iterator[str]:
    for top in ("omio", "omio_core"):
        for path in sorted((ROOT / top).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(tuple(f"{folder}/" for folder in FOLDERS)):
                yield name


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield the names of functions that a module takes out of os, os.path, shutil or glob."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in ("os", "os.path", "shutil", "glob", "io"):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in ("shutil", "glob", "posixpath", "ntpath"))


@pytest.mark.parametrize("module", list(modules()))
def test_no_input_is_touched_by_its_path(module: str) -> None:
    tree = ast.parse((ROOT / module).read_text("utf-8"))
    found = [f"{module}:{line}: {text}" for line, text in touches(tree)]
    if module in OUTPUTS:
        assert found, f"{module} no longer touches the disk: take it off the list"
        return
    assert not found, f"go through a Location, or list the module with its reason: {found}"
    assert not list(imported(tree)), f"{module} takes functions that touch the disk out of their modules"


def test_every_listed_module_exists() -> None:
    assert [name for name in OUTPUTS if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("open(path)", 1),
        ("os.stat(path)", 1),
        ("os.path.isdir(path)", 1),
        ("Path(path).open('rb')", 1),
        ("path.is_dir()", 1),
        ("Path(path).resolve()", 1),
        ("location.open()", 0),
        ("location.names()", 0),
        ("os.path.join(a, b)", 0),
        ("location.is_folder", 0),
        ("text.replace('a', 'b')", 0),
    ],
)
def test_the_rule_sees_what_touches_the_disk(code: str, expected: int) -> None:
    assert len(list(touches(ast.parse(code)))) == expected
