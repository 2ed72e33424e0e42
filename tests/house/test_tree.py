"""The tree is the architecture: no circles, tests that mirror the rooms, no format in the core or the face."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from omio_core.plugins.catalogue import catalogue

# Files of the core and the face that may name a suffix of a format, each with the reason.
NAMES_A_SUFFIX = {
    "omio/cache/entries.py": "the first OMIO's suffix of a cache entry, which is a Zarr and no OME-Zarr",
    "omio/cli/sample.py": "the sample of `omio demo` is a TIFF that the tour writes",
    "omio/compat/dict_completion.py": "the first OMIO's name of an empty Zarr, which is no image and no OME-Zarr",
}

# The packages whose tests mirror them, file by file: tests/core mirrors omio_core, tests/omio mirrors omio.
MIRRORED = ("omio_core", "omio")

# Rooms without a test file of their name, each with the reason, which names the test file that covers it.
TESTED_ELSEWHERE = {
    "omio/batching/attempts.py": "how often a job is tried, in tests/omio/batching/test_executors.py",
    "omio/batching/records.py": "what a function is told, in tests/omio/batching/test_functions.py",
    "omio/compat/batch_results.py": "what batches return, in tests/omio/compat/test_processing.py",
    "omio/batching/looks.py": "how an unchanged project is known, in tests/omio/batching/test_run.py",
    "omio/batching/plans.py": "jobs, and whose outputs they may replace, in tests/omio/batching/test_run.py",
    "omio/batching/requests.py": "the keywords of `omio.batch`, in tests/omio/batching/test_run.py",
    "omio/batching/status.py": "what `omio batch --status` prints, in tests/omio/cli/test_batching.py",
    "omio/batching/values.py": "the report of a batch, in tests/omio/batching/test_run.py",
    "omio_core/__init__.py": "a list of lazy names, which tests/house/test_imports.py resolves for every package",
    "omio_core/testing/__init__.py": "lazy names, by which tests/core/testing/test_contracts.py has the whole kit",
    "omio_core/testing/annotating.py": "checks, each with its faults in tests/core/testing/test_faults.py",
    "omio_core/testing/attempts.py": "one write, made by every check of a writer in tests/core/testing/test_faults.py",
    "omio_core/testing/conduct.py": "checks, each with its faults in tests/core/testing/test_faults.py",
    "omio_core/testing/findings.py": "one value and its text, which tests/core/testing/test_contracts.py reads",
    "omio_core/testing/foreign.py": "checks, each with its faults in tests/core/testing/test_sniffing.py",
    "omio_core/testing/importing.py": "checks, each with its faults in tests/core/testing/test_faults.py",
    "omio_core/testing/pictures.py": "what is written by every check of a writer in tests/core/testing/test_faults.py",
    "omio_core/testing/places.py": "checks, each with its faults in tests/core/testing/test_faults.py",
    "omio_core/testing/registering.py": "checks, each with its faults in tests/core/testing/test_faults.py",
    "omio_core/testing/watching.py": "what the checks in tests/core/testing/test_manners.py watch with",
    "omio_core/testing/writing.py": "checks, each with its faults in tests/core/testing/test_faults.py",
    "omio/__init__.py": "names only: tests/house/test_imports.py loads them; the version, tests/omio/test_main.py",
    "omio_core/pixels/zarrreads.py": "how the stores in tests/core/pixels/test_zarrstore.py are read",
    "omio_core/files/memory.py": "together with local locations, in tests/core/files/test_location.py",
    "omio/comparing/against.py": "what `omio.verify(against=)` does, in tests/omio/comparing/test_verify.py",
    "omio/records/origins.py": "what records state, in tests/omio/comparing/test_pairs.py",
    "omio/comparing/proof.py": "what `omio.verify` does with a file, in tests/omio/comparing/test_verify.py",
    "omio/comparing/verification.py": "the result of `omio.verify`, in tests/omio/comparing/test_verify.py",
    "omio/cli/log.py": "what `--log` writes, in tests/omio/cli/test_show.py",
    "omio/records/values.py": "what `omio.methods` collects, in tests/omio/records/test_methods.py",
    "omio/records/paragraph.py": "the text of `omio.methods`, in tests/omio/records/test_methods.py",
    "omio/reports.py": "the head of every JSON report, in tests/omio/comparing/test_folders.py and tests/omio/cli",
    "omio/cli/__init__.py": "only main() and its exit codes, in tests/omio/cli/test_app.py",
}

# Test files that mirror no room, each with the reason.
THROUGH_SEVERAL_ROOMS = {
    "tests/omio/batching/test_killed.py": "a batch that is killed at any call, from the journal to the landing",
    "tests/core/testing/test_faults.py": "faults planted in a sound plugin, for every check of the kit",
    "tests/core/files/test_folders_killed.py": "folders that are killed while they land, at every call of the system",
    "tests/omio/cache/test_killed.py": "cache builds that are killed, or find the disk full, at every call",
    "tests/core/merging/test_round_trips.py": "a merge through the dict, a pickle, a file, and merged again",
    "tests/omio/planning/test_folder_inputs.py": "folders that are one picture, from the plan to the written file",
    "tests/omio/viewing/test_window.py": "napari's window, for every given format and every way to it",
    "tests/omio/test_aszarr.py": "pictures of every format through zarr, dask and another process",
    "tests/omio/test_axes.py": "axes that cannot be, at every door",
    "tests/omio/test_bad_input.py": "hostile files at every door",
    "tests/omio/test_circles.py": "every given file to OME-Zarr and on to OME-TIFF",
    "tests/omio/test_convert.py": "the verb for every format, from the keyword to the file and back",
    "tests/omio/test_decimals.py": "numbers from a file to the dict and back into a file",
    "tests/omio/test_folder_pictures.py": "folders that are read and written as one picture, at every door",
    "tests/omio/test_lazy.py": "what is not read before it is asked for, in every verb",
    "tests/omio/test_locations.py": "sources that are no local files, at every door",
    "tests/omio/test_policies_file.py": "a file of policies at every door",
    "tests/omio/test_processes.py": "images and their stores in other processes and in workers of a cluster",
    "tests/omio/test_real_files.py": "real files against what an independent reader says",
    "tests/omio/test_nights.py": "a folder that is converted every night, from the files to the records",
    "tests/omio/test_round_trips.py": "files there and back through every verb",
    "tests/omio/test_unknown_stays_none.py": "what is unknown, from the reader to the written file",
    "tests/omio/test_verification.py": "verify= from the keyword to the file that is removed",
    "tests/omio/test_writer_by_name.py": "a writer that is chosen by name, in every verb",
    "tests/omio/test_warning_lines.py": "the line that a warning points at, in every verb",
}


def _targets(module: Any, known: Mapping[str, Any]) -> Iterator[str]:
    """The modules of ours that one imports, wherever the import stands: at the top, in functions, for types only."""
    inside = module.name if module.path.name == "__init__.py" else module.name.rpartition(".")[0]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parts = inside.split(".")[: len(inside.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*parts, *([node.module] if node.module else [])])
            names = [f"{source}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            while name and name not in known:
                name = name.rpartition(".")[0]
            if name and name != module.name:
                yield name


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """The sets of modules that import one another, directly or through others (Tarjan's components)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in sorted(graph.get(name, ())):
            if other not in index:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], index[other])
        if low[name] == index[name]:
            component = [stack.pop()]
            while component[-1] != name:
                component.append(stack.pop())
            if len(component) > 1:
                found.append(sorted(component))

    for name in sorted(graph):
        if name not in index:
            visit(name)
    return found


def test_there_is_no_circle(modules: tuple[Any, ...]) -> None:
    """Imports run one way, those inside functions and under TYPE_CHECKING counted."""
    known = {module.name: module for module in modules}
    graph = {name: set(_targets(module, known)) for name, module in known.items()}
    assert sum(map(len, graph.values())) > 300, "the graph is empty: the test looks in the wrong place"
    assert circles(graph) == []


def test_circles_are_found() -> None:
    """The search finds a circle of two, one through three, and none in a chain."""
    assert circles({"a": {"b"}, "b": {"a"}}) == [["a", "b"]]
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]
    assert circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_late_imports_count(modules: tuple[Any, ...], root: Path) -> None:
    """An import in a function, under TYPE_CHECKING, relative or of a package is an arrow like any other."""
    text = "\n".join(
        [
            "if TYPE_CHECKING:",
            "    from .b import B",
            "def f():",
            "    from . import c",
            "    import x.y.d",
            "    from x.z import E",
        ]
    )
    module = type(modules[0])(path=root / "x/y/a.py", name="x.y.a", text=text, tree=ast.parse(text))
    known = dict.fromkeys(("x.y.a", "x.y.b", "x.y.c", "x.y.d", "x.z", "x.y", "x"))
    assert set(_targets(module, known)) == {"x.y.b", "x.y.c", "x.y.d", "x.z"}


def test_the_core_lies_in_folders(root: Path) -> None:
    """What is not in a folder is the door, or what every room may import."""
    flat = {path.stem for path in (root / "omio_core").glob("*.py")}
    doors = {"__init__", "__main__", "contract", "hookspecs"}
    assert flat == doors | {"errors", "wording", "policies", "settings", "threads", "lazy"}


def _strings(text: str) -> Iterator[tuple[int, str]]:
    """The string literals of a source, docstrings aside, with their lines."""
    tree = ast.parse(text)
    docs = {
        (node.body[0].lineno, node.body[0].col_offset)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    loose = {(n.lineno, n.col_offset) for n in ast.walk(tree) if isinstance(n, ast.Expr)}  # below an assignment
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if (token.type == tokenize.STRING and token.start not in docs | loose) or token.type == getattr(
            tokenize, "FSTRING_MIDDLE", None
        ):
            yield token.start[0], token.string


def test_no_suffix_of_a_format_outside_the_plugins(modules: tuple[Any, ...]) -> None:
    """Core and face ask the catalogue: a suffix written down here would treat a stranger's format otherwise."""
    known = catalogue()
    suffixes = {suffix for one in (*known.readers, *known.writers) for suffix in one.suffixes}
    assert {".tif", ".czi", ".ome.tif"} <= suffixes
    wrong = [
        f"{module.file}:{line} {string.strip()[:60]}"
        for module in modules
        if module.package != "omio_plugins" and module.file not in NAMES_A_SUFFIX
        for line, string in _strings(module.text)
        if any(_ends_in(string.lower(), suffix) for suffix in suffixes)
    ]
    assert wrong == []


def _ends_in(string: str, suffix: str) -> bool:
    """Whether a suffix stands in a literal, at the end of a word."""
    at = string.find(suffix)
    while at >= 0:
        after = string[at + len(suffix) : at + len(suffix) + 1]
        if not (after.isalnum() or after in ("_", "/", "(")):
            return True
        at = string.find(suffix, at + 1)
    return False


def test_a_suffix_is_seen() -> None:
    """In a literal of its own, in a sentence, in an f-string; not in a docstring, nor where a word goes on."""
    body = ['"""Of a.tif."""', 'b = ".tif"', 'c = f"{a}.tif"', 'return "end it in .tif, please", ".tiff"']
    text = "\n    ".join(["def f(a):", *body]) + "\n"
    assert [line for line, string in _strings(text) if _ends_in(string, ".tif")] == [3, 4, 5]


def _mirror(room: str) -> str:
    """Where the tests of a source file stand: those of ``omio_core/a/b.py`` in ``tests/core/a/test_b.py``."""
    package, *folders, file = room.removesuffix(".py").split("/")
    return "/".join(("tests", package.removeprefix("omio_"), *folders, f"test_{file.strip('_')}.py"))


def _has_code(tree: ast.Module) -> bool:
    """Whether there is more in a file than its docstring: the ``__init__`` of a mere folder has no tests."""
    return any(not isinstance(node, ast.Expr) for node in tree.body)


def _has_tests(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name.lower().startswith("test") for node in tree.body
    )


def unmirrored(
    rooms: Iterable[str], tests: Iterable[str], elsewhere: Iterable[str], several: Iterable[str]
) -> dict[str, list[str]]:
    """What of sources and tests does not fit together, by kind of fault; an exception that is none is a fault too."""
    rooms, tests = set(rooms), set(tests)
    of = {room: _mirror(room) for room in rooms}
    return {
        "rooms without tests": sorted(r for r in rooms if of[r] not in tests and r not in elsewhere),
        "tests without a room": sorted(tests - set(of.values()) - set(several)),
        "no exceptions": sorted(
            {r for r in elsewhere if r not in rooms or of[r] in tests} | (set(several) - (tests - set(of.values())))
        ),
    }


def test_tests_mirror_the_rooms(modules: tuple[Any, ...], root: Path) -> None:
    """Who looks for the tests of a room finds them at its own place in the tests, and the other way round."""
    folders = {package: f"tests/{package.removeprefix('omio_')}/" for package in MIRRORED}
    rooms = [m.file for m in modules if m.package in MIRRORED and (m.path.name != "__init__.py" or _has_code(m.tree))]
    found = [path for folder in folders.values() for path in sorted((root / folder).rglob("test_*.py"))]
    assert len(rooms) > 50, "there are no rooms: the test looks in the wrong place"
    assert [p.name for p in found if not _has_tests(ast.parse(p.read_text("utf-8")))] == []
    faults = unmirrored(
        rooms,
        [path.relative_to(root).as_posix() for path in found],
        [room for room in TESTED_ELSEWHERE if room.partition("/")[0] in folders],
        [test for test in THROUGH_SEVERAL_ROOMS if test.startswith(tuple(folders.values()))],
    )
    assert {kind: files for kind, files in faults.items() if files} == {}


def test_tests_elsewhere_are_there(root: Path) -> None:
    """Every reason of a room without tests of its own names the file that has them."""
    for room, reason in TESTED_ELSEWHERE.items():
        named = re.findall(r"tests/[\w/]+\.py", reason)
        assert named, room
        assert [file for file in named if not (root / file).is_file()] == [], room


def test_a_missing_mirror_is_seen() -> None:
    """Each way in which sources and tests can differ, and none where they agree."""
    rooms, tests = ["omio_core/a/b.py", "omio/__main__.py"], ["tests/core/a/test_b.py", "tests/omio/test_main.py"]
    nothing = {"rooms without tests": [], "tests without a room": [], "no exceptions": []}
    assert unmirrored(rooms, tests, (), ()) == nothing
    assert unmirrored(rooms, tests[:1], (), ()) == nothing | {"rooms without tests": ["omio/__main__.py"]}
    assert unmirrored(rooms[1:], tests, (), ()) == nothing | {"tests without a room": ["tests/core/a/test_b.py"]}
    assert unmirrored(rooms, tests[:1], rooms[1:], ()) == nothing
    assert unmirrored(rooms[1:], tests, (), tests[:1]) == nothing
    assert unmirrored(rooms, tests, rooms[:1], tests[:1]) == nothing | {"no exceptions": [rooms[0], tests[0]]}
    assert unmirrored(rooms, tests, ["omio/c.py"], ()) == nothing | {"no exceptions": ["omio/c.py"]}
