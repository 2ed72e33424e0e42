"""The packages that authors copy, docs/examples: the pages show their very lines, and they use nothing but the door."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from .test_readme import Block, blocks

PAGES = [
    "docs/how-to/write-a-reader.md",
    "docs/how-to/write-a-writer.md",
    "docs/how-to/write-a-policy-or-annotation.md",
]
PART = re.compile(r"not run: part of (?P<path>docs/examples/\S+)")


def _shown(page: str) -> list[tuple[Block, str]]:
    """The blocks of a page that are parts of a file, each with the file."""
    return [(block, match["path"]) for block in blocks(page) if (match := PART.fullmatch(block.comment))]


@pytest.mark.parametrize("page", PAGES)
def test_the_code_on_a_page_is_that_of_the_package(page: str, root: Path) -> None:
    """Each block is a run of whole lines of the file that it names."""
    shown = _shown(page)
    assert len(shown) >= 4, "the page shows no code of a package"
    for block, path in shown:
        file = (root / path).read_text("utf-8")
        assert f"\n{block.code.rstrip()}\n" in f"\n{file}", f"{block.where} differs from {path}"


@pytest.mark.parametrize("page", PAGES)
def test_code_is_shown_or_run(page: str) -> None:
    """A Python block that is not part of a package has another reason why it is not run, or is run."""
    python = [block for block in blocks(page) if block.language == "python"]
    assert len(python) > len([block for block in python if "omio." in block.code])
    typed_in = [block.where for block in python if "omio_core" in block.code and not PART.fullmatch(block.comment)]
    assert typed_in == []


def test_a_difference_is_seen(root: Path) -> None:
    """A line that is not in the file, and a line that is there in part only."""
    (block, path), *_ = _shown(PAGES[0])
    file = (root / path).read_text("utf-8")
    assert f"\n{block.code.rstrip()} \n" not in f"\n{file}"
    assert f"\n{block.code.rstrip()[1:]}\n" not in f"\n{file}"


def test_examples_use_nothing_but_the_door(root: Path) -> None:
    """Packages import `omio_core.contract`; their tests also the kit and `omio`."""
    files = sorted((root / "docs" / "examples").rglob("*.py"))
    assert len(files) > 5
    for file in files:
        names = set()
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(node.module or "")
        ours = {name for name in names if name.split(".")[0] in ("omio", "omio_core", "omio_plugins")}
        allowed = {"omio_core.contract"}
        if file.parent.name == "tests":
            allowed |= {"omio", "omio_core.testing"}
        assert ours <= allowed, f"{file}: {ours - allowed}"


def test_examples_map_no_file(root: Path) -> None:
    """A mapped file that somebody cuts short ends the process; what authors copy does not do it."""
    files = sorted((root / "docs" / "examples").rglob("*.py"))
    assert [file for file in files if re.search(r"mmap|memmap|np\.fromfile", file.read_text("utf-8"))] == []
    assert files
