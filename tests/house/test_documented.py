"""What can be said to OMIO, or caught from it, stands in the reference; links lead somewhere; examples run."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import click
import pytest

from omio_core import hookspecs
from omio_core.plugins.catalogue import load
from omio_core.policies import ACTIONS

FENCE = re.compile(r"^(```+|~~~+).*?^\1\s*$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
HEADING = re.compile(r"^#{1,6}\s+(.*)$", re.MULTILINE)
NAMED_ANCHOR = re.compile(r"<a\s+(?:id|name)=\"([^\"]+)\"")


def _named(text: str) -> set[str]:
    """The words that stand between backticks, code blocks aside."""
    prose = FENCE.sub("", text)
    return {word for span in re.findall(r"`([^`]+)`", prose) for word in re.findall(r"--?[\w-]+|[\w.]+", span)}


def test_every_hook_is_documented(reference: dict[str, str]) -> None:
    """On the page of hooks."""
    hooks = {name for name, _ in inspect.getmembers(hookspecs, inspect.isfunction) if name.startswith("omio_")}
    assert hooks >= {"omio_readers", "omio_writers", "omio_policies", "omio_annotate"}
    assert hooks - _named(reference["hooks.md"]) == set()


def test_every_policy_is_documented(reference: dict[str, str], root: Path) -> None:
    """Each kind, each action, and each policy that comes with the package."""
    ours = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]["omio.plugins"]
    offered = load([EntryPoint(name, value, "omio.plugins") for name, value in ours.items()]).policies
    assert offered
    said = {kind: {policy.name for policy in offered if policy.kind == kind} for kind in ACTIONS}
    wanted = set(ACTIONS) | {action for actions in ACTIONS.values() for action in actions} | set().union(*said.values())
    assert wanted - _named(reference["policies.md"]) == set()


def test_every_variable_of_the_environment_is_documented(reference: dict[str, str], modules: tuple[Any, ...]) -> None:
    """Whatever a module reads from the environment stands on the page of settings."""
    read = {
        node.value
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if re.fullmatch(r"OMIO_[A-Z_]+", node.value) and node.value != "OMIO_API"
    }
    assert "OMIO_WORKERS" in read
    assert read - _named(reference["settings.md"]) == set()


def _verbs(group: click.Group, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        yield f"{prefix}{name}", command
        if isinstance(command, click.Group):
            yield from _verbs(command, f"{prefix}{name} ")


def _app() -> click.Group:
    return importlib.import_module("omio.cli.app").app


def test_every_verb_of_the_command_line_is_documented(reference: dict[str, str]) -> None:
    """On the page of the command line, as ``omio verb``."""
    verbs = dict(_verbs(_app()))
    assert {"info", "convert", "plugins", "demo"} <= set(verbs)
    page = reference["cli.md"]
    assert [verb for verb in verbs if not re.search(rf"`(\$ )?omio {verb}\b", page)] == []


def test_every_option_of_the_command_line_is_documented(reference: dict[str, str]) -> None:
    """In the part of the page that its verb heads, or before the first verb."""
    page, wanted = reference["cli.md"], dict(_verbs(_app()))
    begins = {verb: m.start() for verb in wanted if (m := re.search(rf"^#+ .*`omio {verb}\b", page, re.MULTILINE))}
    assert set(wanted) == set(begins), "each verb needs a heading of its own, such as ## `omio info`"
    ends = {verb: min([b for b in begins.values() if b > start], default=len(page)) for verb, start in begins.items()}
    common = page[: min(begins.values())]
    silent = []
    for verb, command in wanted.items():
        named = _named(common + page[begins[verb] : ends[verb]])
        for option in command.params:
            if isinstance(option, click.Option) and option.opts and not option.hidden:
                silent += [f"{verb} {spelled}" for spelled in option.opts if spelled not in named]
    assert silent == []


def test_a_verb_says_what_it_does() -> None:
    """``--help`` of each verb has a sentence, and each of its options has one or shows its choices."""
    for verb, command in _verbs(_app()):
        assert (command.help or "").strip(), verb
        for option in command.params:
            if isinstance(option, click.Option):
                assert option.help or isinstance(option.type, click.Choice), (verb, option.name)


def _pages(root: Path) -> list[Path]:
    top = [root / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md") if (root / name).is_file()]
    return top + sorted((root / "docs").rglob("*.md"))


def _links(page: Path) -> Iterator[tuple[str, Path, str]]:
    """Relative links of a page: as written, the file meant, the anchor."""
    prose = re.sub(r"`[^`]*`", "", FENCE.sub("", page.read_text("utf-8")))
    for target in LINK.findall(prose):
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        name, _, anchor = target.partition("#")
        yield target, (page.parent / name).resolve() if name else page.resolve(), anchor


def _anchors(page: Path) -> set[str]:
    text = FENCE.sub("", page.read_text("utf-8"))
    slugs = {re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", h.strip().lower())) for h in HEADING.findall(text)}
    return slugs | set(NAMED_ANCHOR.findall(text))


def test_links_resolve(root: Path) -> None:
    """Every relative link leads to a file of the repository, and to a heading that it has."""
    wrong, seen = [], 0
    for page in _pages(root):
        for written, meant, anchor in _links(page):
            seen += 1
            if not meant.is_relative_to(root) or not meant.exists():
                wrong.append(f"{page.relative_to(root)}: {written}: no such file")
            elif anchor and meant.suffix == ".md" and anchor not in _anchors(meant):
                wrong.append(f"{page.relative_to(root)}: {written}: no such heading")
    assert not wrong, "\n".join(wrong)
    assert seen, "no page links to another"


def test_pages_are_reachable(root: Path) -> None:
    """Nobody finds a page that nothing links to."""
    doors = [page for page in (root / "README.md", root / "docs" / "index.md") if page.is_file()]
    assert doors
    reached, todo = set(), [page.resolve() for page in doors]
    while todo:
        page = todo.pop()
        if page not in reached and page.suffix == ".md" and page.is_file():
            reached.add(page)
            todo += [meant for _, meant, _ in _links(page)]
    lost = {page.resolve() for page in (root / "docs").rglob("*.md")} - reached
    assert not lost, "\n".join(str(page.relative_to(root)) for page in sorted(lost))


def test_examples_of_docstrings_run(modules: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What a docstring shows after ``>>>`` is what comes out."""
    monkeypatch.chdir(tmp_path)
    tried, wrong = 0, []
    for module in modules:
        if ">>>" not in module.text:
            continue
        found = doctest.testmod(
            importlib.import_module(module.name), optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
        )
        tried += found.attempted
        wrong += [module.file] * found.failed
    assert wrong == []
    assert tried
