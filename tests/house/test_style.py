"""The style of the house, as far as a machine can see it."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LINES_OF_A_MODULE = 400  # hard; 300 is the aim
SIGNATURES = {"omio.api": "the face: signatures with their docstrings, and no work"}  # may be twice as long
LINES_OF_A_FUNCTION = 60  # hard, docstring aside; 40 is the aim

# Classes made by @dataclass that are not frozen, each with its reason.
CHANGING = {
    "omio_core.pixels.handles._Entry": "counts the leases on one open file",
    "omio_plugins.ome_tiff._file._Page": "grows while a page is being written",
}
# Where NotImplementedError may be raised, each with its reason.
SPECIFIED = {
    "omio_core.hookspecs": "a hook's specification has no body",
    "omio_core.testing.sample": "an author's own contract test must name samples",
}
# The two places where anything may come: a plugin, and a library whose errors share no base. The comment names which.
BORDER = re.compile(r"# .*\bthe (plugin border\b|border to \w+)")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _decorated(node: Function | ast.ClassDef, name: str) -> ast.expr | None:
    for one in node.decorator_list:
        called = one.func if isinstance(one, ast.Call) else one
        if getattr(called, "attr", getattr(called, "id", None)) == name:
            return one
    return None


def _length(function: Function) -> int:
    """Lines from the first decorator's ``def`` to the end, the docstring aside."""
    assert function.end_lineno is not None
    lines = function.end_lineno - function.lineno + 1
    first = function.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def test_rooms_are_small(modules: tuple[Any, ...]) -> None:
    """When a module or a function does not fit, a noun is missing."""
    wrong = [
        f"{m.file}: {len(m.lines)} lines"
        for m in modules
        if len(m.lines) > LINES_OF_A_MODULE * (2 if m.name in SIGNATURES else 1)
    ]
    wrong += [
        f"{module.file}:{function.lineno} {function.name}: {_length(function)} lines"
        for module in modules
        for function in _functions(module.tree)
        if _length(function) > LINES_OF_A_FUNCTION
    ]
    assert not wrong, "\n".join(wrong)


def test_every_module_says_its_place(modules: tuple[Any, ...]) -> None:
    """A docstring whose first sentence ends."""
    wrong = []
    for module in modules:
        said = ast.get_docstring(module.tree) or ""
        if not re.search(r"\.(\s|$)", said.partition("\n\n")[0]):
            wrong.append(module.file)
    assert not wrong, "\n".join(wrong)


def _public(body: list[ast.stmt], owner: str = "") -> Iterator[tuple[str, Function | ast.ClassDef]]:
    for node in body:
        if isinstance(node, ast.If | ast.Try):
            yield from _public(node.body, owner)
            yield from _public(node.orelse, owner)
        elif isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            yield f"{owner}{node.name}", node
            if isinstance(node, ast.ClassDef):
                yield from _public(node.body, f"{owner}{node.name}.")


def test_whatever_is_public_has_a_docstring(modules: tuple[Any, ...]) -> None:
    """Classes, functions and methods without a leading underscore, in modules without one.

    Overloads and setters repeat what stands beside them; a method that only keeps a promise of a protocol or of a
    parent class has its docstring there.
    """
    promised = {
        (node.name)
        for module in modules
        if module.package == "omio_core"
        for owner in ast.walk(module.tree)
        if isinstance(owner, ast.ClassDef) and any("Protocol" in ast.unparse(base) for base in owner.bases)
        for node in owner.body
        if isinstance(node, Function)
    } | {"convert"}  # click.ParamType's
    wrong = []
    for module in modules:
        for name, node in _public(module.tree.body):
            if ast.get_docstring(node):
                continue
            if isinstance(node, Function) and (_decorated(node, "overload") or _decorated(node, "setter")):
                continue
            if "." in name and node.name in promised:
                continue
            wrong.append(f"{module.file}:{node.lineno} {name}")
    assert not wrong, "\n".join(wrong)


def test_nothing_is_left_for_later(modules: tuple[Any, ...]) -> None:
    """No mark of unfinished work; a hook's specification is the one body that raises NotImplementedError."""
    marks = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")))
    wrong = []
    for module in modules:
        for number, line in enumerate(module.lines, 1):
            if marks.search(line):
                wrong.append(f"{module.file}:{number} {line.strip()}")
            if "raise NotImplementedError" in line and module.name not in SPECIFIED:
                wrong.append(f"{module.file}:{number} {line.strip()}")
    assert not wrong, "\n".join(wrong)


def _broad(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(k is None or getattr(k, "id", None) in ("Exception", "BaseException") for k in kinds)


def _lets_go(handler: ast.ExceptHandler) -> bool:
    """It tidies up and raises the same exception again: nothing is swallowed."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def test_exceptions_are_caught_narrowly(modules: tuple[Any, ...]) -> None:
    """All of them only at a border, and the line says which; or to tidy up and raise on."""
    wrong = []
    for module in modules:
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.ExceptHandler) or not _broad(node) or _lets_go(node):
                continue
            if not BORDER.search(module.lines[node.lineno - 1]):
                wrong.append(f"{module.file}:{node.lineno} {module.lines[node.lineno - 1].strip()}")
    assert not wrong, "\n".join(wrong)


def test_names_are_nouns_of_the_house(modules: tuple[Any, ...]) -> None:
    """One word for one thing; these words stand for none (Micro-Manager is a program's name)."""
    empty = re.compile(r"(?<!micro)manager|handler|helper|utils?(?![a-z])|processor", re.IGNORECASE)
    wrong = []
    for module in modules:
        if empty.search(module.path.stem):
            wrong.append(module.file)
        wrong += [
            f"{module.file}:{node.lineno} {node.name}"
            for node in ast.walk(module.tree)
            if isinstance(node, ast.ClassDef | Function) and empty.search(node.name)
        ]
    assert not wrong, "\n".join(wrong)


def test_values_are_frozen(modules: tuple[Any, ...]) -> None:
    """A dataclass is frozen and slotted; a change makes a new one."""
    there = {f"{m.name}.{n.name}" for m in modules for n in ast.walk(m.tree) if isinstance(n, ast.ClassDef)}
    assert set(CHANGING) <= there, "an exception for what is no more"
    wrong = []
    for module in modules:
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.ClassDef) or (made := _decorated(node, "dataclass")) is None:
                continue
            said = {
                k.arg: getattr(k.value, "value", None) for k in (made.keywords if isinstance(made, ast.Call) else [])
            }
            if said.get("slots") is not True and "cached_property" not in ast.unparse(node):
                wrong.append(f"{module.file}:{node.lineno} {node.name} has no slots")
            if said.get("frozen") is not True and f"{module.name}.{node.name}" not in CHANGING:
                wrong.append(f"{module.file}:{node.lineno} {node.name} is not frozen")
    assert not wrong, "\n".join(wrong)


def test_no_line_is_silenced_without_a_reason(modules: tuple[Any, ...]) -> None:
    """``noqa`` and ``type: ignore`` name the rule; ruff's are followed by the reason or stand where it is plain."""
    wrong = []
    for module in modules:
        for token in tokenize.generate_tokens(io.StringIO(module.text).readline):
            if token.type != tokenize.COMMENT:
                continue
            if re.search(r"#\s*noqa(?!:)", token.string) or re.search(r"#\s*type:\s*ignore(?!\[)", token.string):
                wrong.append(f"{module.file}:{token.start[0]} {token.string}")
    assert not wrong, "\n".join(wrong)


def test_no_path_of_a_machine(tracked: tuple[Path, ...], root: Path) -> None:
    """What is tracked works on any machine: no absolute path of the one it was written on."""
    machine = re.compile(
        r"(?<![\w.~*-])/(?:"
        + "|".join(("wo" + "rk", "ro" + "ot", "tmp/" + "bash", "tmp/" + "v"))
        + r")(?:/|\b(?![\w-]))"
    )
    wrong = []
    for path in tracked:
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if machine.search(line):
                wrong.append(f"{path.relative_to(root)}:{number} {line.strip()[:100]}")
    assert not wrong, "\n".join(wrong)


def test_every_package_is_typed(root: Path) -> None:
    """``py.typed`` lies in each of the three."""
    assert [p for p in ("omio_core", "omio_plugins", "omio") if not (root / p / "py.typed").is_file()] == []
