"""The tree is the architecture: no circles, tests that mirror the rooms, no format in the core or the face."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from omio_core.plugins.catalogue import catalogue

# Files of the core and the face that may name a suffix of a format, each with the reason.
NAMES_A_SUFFIX = {
    "omio/cli/sample.py": "the sample of `omio demo` is a TIFF that the tour writes",
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
