"""The pages are true: the reference has every public name, names in pages exist, links resolve, examples run."""

from __future__ import annotations

import ast
import doctest
import importlib
import importlib.util
import inspect
import re
import tomllib
import typing
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import click
import pytest

from omio_core import contract, errors, hookspecs
from omio_core.plugins.cases import CASES
from omio_core.plugins.catalogue import load
from omio_core.policies import ACTIONS

FENCE = re.compile(r"^(```+|~~~+).*?^\1\s*$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
HEADING = re.compile(r"^#{1,6}\s+(.*)$", re.MULTILINE)
NAMED_ANCHOR = re.compile(r"<a\s+(?:id|name)=\"([^\"]+)\"")


def _named(text: str) -> set[str]:
    """The words between backticks, without code blocks."""
    return {word for span in _spans(text) for word in re.findall(r"--?[\w-]+|[\w.]+", span)}


def _spans(text: str) -> list[str]:
    """The texts between backticks, without code blocks."""
    return re.findall(r"`([^`]+)`", FENCE.sub("", text))


def test_every_hook_is_documented(reference: dict[str, str]) -> None:
    """The page of hooks names each one."""
    hooks = {name for name, _ in inspect.getmembers(hookspecs, inspect.isfunction) if name.startswith("omio_")}
    assert hooks >= {"omio_readers", "omio_writers", "omio_policies", "omio_annotate"}
    assert hooks - _named(reference["hooks.md"]) == set()


def test_every_name_of_the_contract_is_documented(reference: dict[str, str]) -> None:
    """The page of hooks lists all that a plugin can import from `omio_core.contract`, and nothing else."""
    assert {"ImageDescription", "ImageLike", "Verdict"} <= set(contract.__all__)
    table = reference["hooks.md"].partition('<a id="door"></a>')[2].partition("```")[0]
    rows = [line.split("|")[2] for line in table.splitlines() if line.startswith("|") and "`" in line]
    assert {span for row in rows for span in _spans(row)} == set(contract.__all__)


def test_every_policy_is_documented(reference: dict[str, str], root: Path) -> None:
    """Each kind, each action, and each policy that comes with the package."""
    ours = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]["omio.plugins"]
    offered = load([EntryPoint(name, value, "omio.plugins") for name, value in ours.items()]).policies
    assert offered
    names = {policy.name for policy in offered}
    expected = set(ACTIONS) | {action for actions in ACTIONS.values() for action in actions} | names
    assert expected - _named(reference["policies.md"]) == set()


def test_every_case_of_a_policy_is_documented(reference: dict[str, str]) -> None:
    """The page of policies has each kind with its case and its actions, and each field with its type; no others."""
    page = reference["policies.md"].partition('<a id="cases"></a>')[2]
    rows = [[cell.strip() for cell in line.split(" | ")] for line in page.splitlines() if line.startswith("| `")]
    kinds = [row for row in rows if len(row) == 3]
    assert [[_spans(cell) for cell in row] for row in kinds] == [
        [[kind], [case.__name__], list(ACTIONS[kind])] for kind, case in CASES.items()
    ]
    documented = [tuple(_spans(cell)[0] for cell in row[:3]) for row in rows if len(row) == 4]
    assert documented == [
        (case.__name__, name, _type_text(kind))
        for case in CASES.values()
        for name, kind in typing.get_type_hints(case).items()
    ]


def _type_text(kind: Any) -> str:
    """A type as a signature has it, without the names of modules."""
    if isinstance(kind, type) and not typing.get_args(kind):
        return kind.__name__
    return re.sub(r"\b(typing|collections\.abc)\.", "", str(kind))


FACTS_BY_NAME = {"MissingDependencyError": {"path", "reader"}}  # which callers of `missing_package` pass as a dict
PARTS = {"evidence", "remedy", "kind", "source", "passed"}  # of a message, and of `Border`


def _facts(modules: tuple[Any, ...]) -> dict[str, set[str]]:
    """From each error to the facts that OMIO passes where it raises one, directly or by the plugin border."""
    found = {name: set(facts) for name, facts in FACTS_BY_NAME.items()}
    kinds = {name for name, value in vars(errors).items() if isinstance(value, type)}
    for node in (node for module in modules for node in ast.walk(module.tree)):
        if not isinstance(node, ast.Call):
            continue
        called = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if called == "Border":
            given = [keyword.value for keyword in node.keywords if keyword.arg == "kind"]
            called = getattr(given[0], "id", "") if given else "PluginContractError"
        if called in kinds:
            found.setdefault(called, set()).update(k.arg for k in node.keywords if k.arg and k.arg not in PARTS)
    return {name: facts for name, facts in found.items() if facts and name.endswith("Error")}


def test_every_fact_of_an_error_is_documented(reference: dict[str, str], modules: tuple[Any, ...]) -> None:
    """The page of errors has, for each error, the facts that it may carry, and no others; and what each fact is."""
    page = reference["errors.md"].partition('<a id="attributes"></a>')[2]
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| `")]
    documented = {_spans(row[0])[0]: set(_spans(row[1])) for row in rows if len(row) == 2}
    found = _facts(modules)
    assert len(found) > 15
    assert documented == found
    assert {_spans(row[0])[0] for row in rows if len(row) == 3} == set.union(*found.values())


def test_every_variable_of_the_environment_is_documented(reference: dict[str, str], modules: tuple[Any, ...]) -> None:
    """The page of settings names every variable that a module reads."""
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
    """The page of the command line has each one as ``omio verb``."""
    verbs = dict(_verbs(_app()))
    assert {"info", "convert", "plugins", "demo"} <= set(verbs)
    page = reference["cli.md"]
    assert [verb for verb in verbs if not re.search(rf"`(\$ )?omio {verb}\b", page)] == []


def test_every_option_of_the_command_line_is_documented(reference: dict[str, str]) -> None:
    """The option stands in the section of its verb, or before the first verb."""
    page, verbs = reference["cli.md"], dict(_verbs(_app()))
    begins = {verb: m.start() for verb in verbs if (m := re.search(rf"^#+ .*`omio {verb}\b", page, re.MULTILINE))}
    assert set(verbs) == set(begins), "each verb needs a heading of its own, such as ## `omio info`"
    ends = {verb: min([b for b in begins.values() if b > start], default=len(page)) for verb, start in begins.items()}
    common = page[: min(begins.values())]
    missing = []
    for verb, command in verbs.items():
        named = _named(common + page[begins[verb] : ends[verb]])
        for option in command.params:
            if isinstance(option, click.Option) and option.opts and not option.hidden:
                missing += [f"{verb} {spelled}" for spelled in option.opts if spelled not in named]
    assert missing == []


def test_a_verb_says_what_it_does() -> None:
    """``--help`` has a sentence on each verb, and one on each option, or its choices."""
    for verb, command in _verbs(_app()):
        assert (command.help or "").strip(), verb
        for option in command.params:
            if isinstance(option, click.Option):
                assert option.help or isinstance(option.type, click.Choice), (verb, option.name)


def _pages(root: Path) -> list[Path]:
    top = [root / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md") if (root / name).is_file()]
    return top + sorted((root / "docs").rglob("*.md"))


def _links(page: Path) -> Iterator[tuple[str, Path, str]]:
    """The relative links of a page: as written, the target file, the anchor."""
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
    """Every relative link leads to a file of the repository, and to one of its headings."""
    wrong, count = [], 0
    for page in _pages(root):
        for written, target, anchor in _links(page):
            count += 1
            if not target.is_relative_to(root) or not target.exists():
                wrong.append(f"{page.relative_to(root)}: {written}: no such file")
            elif anchor and target.suffix == ".md" and anchor not in _anchors(target):
                wrong.append(f"{page.relative_to(root)}: {written}: no such heading")
    assert not wrong, "\n".join(wrong)
    assert count, "no page links to another"


def _exists(span: str, root: Path) -> bool:
    """Whether a dotted name of ours can be imported, or a path from the root of the repository is there."""
    if "/" in span:
        return (root / span).exists()
    module, *names = span.split(".")
    target: Any = importlib.import_module(module)
    for name in names:
        module += f".{name}"
        if hasattr(target, "__path__") and importlib.util.find_spec(module) is not None:
            target = importlib.import_module(module)
        elif hasattr(target, name):
            target = getattr(target, name)
        else:
            return False
    return True


def test_names_in_pages_exist(root: Path) -> None:
    """A module, a name or a path of ours between backticks is one of today's; CHANGELOG.md names earlier ones, too."""
    paths = (
        r"(?:omio_core|omio_plugins|tests|docs|benchmarks)(?:/[\w.]+)*/?|omio(?:/\w+)*/\w+\.py"  # omio/merge is none
    )
    ours = re.compile(rf"omio(?:_core|_plugins)?(?:\.\w+)+|{paths}")
    spans = {
        (page.relative_to(root).as_posix(), span)
        for page in _pages(root)
        if page.name != "CHANGELOG.md"
        for written in _spans(page.read_text("utf-8"))
        if ours.fullmatch(span := written.removesuffix("()")) and span != "omio.plugins"
    }
    assert {("docs/explanation/architecture.md", "omio_core/metadata/units.py")} < spans
    assert len(spans) > 30, "no name is found: the test looks in the wrong place"
    assert sorted(f"{page}: {span}" for page, span in spans if not _exists(span, root)) == []


def test_a_wrong_name_is_seen(root: Path) -> None:
    """Modules, attributes, members of a class and files; and one of each that is not there."""
    there = (
        "omio_core.contract.ImageLike",
        "omio_core.metadata.facts.Fact.origin_text",
        "omio.__version__",
        "tests/house",
    )
    gone = ("omio_core.contract.Described", "omio_core.region", "omio_core.errors.OmioError.no", "docs/reference/no.md")
    assert [span for span in (*there, *gone) if _exists(span, root)] == list(there)


def test_pages_are_reachable(root: Path) -> None:
    """Links lead from the README and the index to every page."""
    doors = [page for page in (root / "README.md", root / "docs" / "index.md") if page.is_file()]
    assert doors
    reached, todo = set(), [page.resolve() for page in doors]
    while todo:
        page = todo.pop()
        if page not in reached and page.suffix == ".md" and page.is_file():
            reached.add(page)
            todo += [target for _, target, _ in _links(page)]
    lost = {page.resolve() for page in (root / "docs").rglob("*.md")} - reached
    assert not lost, "\n".join(str(page.relative_to(root)) for page in sorted(lost))


def test_examples_of_docstrings_run(modules: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The lines after ``>>>`` in a docstring give the results that it shows."""
    monkeypatch.chdir(tmp_path)
    tried, wrong = 0, []
    for module in modules:
        if ">>>" not in module.text:
            continue
        result = doctest.testmod(
            importlib.import_module(module.name), optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
        )
        tried += result.attempted
        wrong += [module.file] * result.failed
    assert wrong == []
    assert tried
