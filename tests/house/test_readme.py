"""Every block of the README and of the documents runs, and the two commands of the README set everything up.

The Python blocks of a page run in the order of the page, in one interpreter and one temporary folder; each shell
block runs by itself, in a folder of its own, with ``omio`` on the path. A block is left out only by a comment directly
before it that gives a reason: ``<!-- not run: reason -->``.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["README.md", *sorted(p.relative_to(ROOT).as_posix() for p in (ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(
    r"(?:^<!--\s*(?P<comment>[^\n]*?)\s*-->\n+)?^```(?P<language>\w*)[^\n]*\n(?P<code>.*?)^```\s*$",
    re.MULTILINE | re.DOTALL,
)
SHELL, PYTHON = ("bash", "sh"), ("python", "pycon")
INERT = ("", "text", "toml", "json", "yaml", "xml", "mermaid", "diff", "ini")  # nothing to run in them
GUARD = "RUNNING_README_TEST_COMMAND"
GUARDED = GUARD in os.environ  # looked up once: the suite is being run by that very command

# Runs the blocks of a page: argv[1] is a JSON list of [where, language, code].
PLAYER = r"""
import doctest, json, subprocess, sys, tempfile
page = {"__name__": "__main__"}
for where, language, code in json.loads(sys.argv[1]):
    print("##", where, flush=True)
    if language in ("bash", "sh"):
        subprocess.run(["bash", "-euo", "pipefail", "-c", code], check=True, stdin=subprocess.DEVNULL,
                       cwd=tempfile.mkdtemp(dir="."))
    elif code.lstrip().startswith(">>>"):
        test = doctest.DocTestParser().get_doctest(code, page, where, where, 0)
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
        runner.run(test, clear_globs=False)
        page = test.globs
        if runner.failures:
            sys.exit(1)
    else:
        exec(compile(code, where, "exec"), page)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One fenced block of a page."""

    where: str
    language: str
    code: str
    comment: str

    @property
    def sets_up(self) -> bool:
        """Whether it makes an environment of its own; such a block has a test of its own."""
        return "-m venv" in self.code

    @property
    def left_out(self) -> str:
        """The reason why it is not run; "" if it is run."""
        return self.comment.partition("not run:")[2].strip() if self.comment.startswith("not run") else ""


def blocks(page: str) -> list[Block]:
    """All fenced blocks of a page."""
    text = (ROOT / page).read_text("utf-8")
    return [
        Block(
            where=f"{page}:{text.count(chr(10), 0, m.start('code'))}", language=m["language"].lower(), code=m["code"],
            comment=m["comment"] or "",
        )
        for m in BLOCK.finditer(text)
    ]  # fmt: skip


def command(mark: str) -> str:
    """The block of the README behind the comment ``<!-- ci: mark -->``."""
    codes = [block.code for block in blocks("README.md") if block.comment == f"ci: {mark}"]
    assert len(codes) == 1, f"the README has {len(codes)} blocks marked <!-- ci: {mark} -->"
    return codes[0]


def test_some_blocks_are_run() -> None:
    """The parser finds the blocks: a fence with another spelling must not be skipped in silence."""
    assert len([page for page in PAGES if runnable(page)]) >= 3


@pytest.mark.parametrize("page", PAGES)
def test_blocks_can_be_run_or_say_why_not(page: str) -> None:
    """Each block has a language we know; a block left out gives a reason; every fence is seen."""
    found = blocks(page)
    assert (ROOT / page).read_text("utf-8").count("\n```") + (ROOT / page).read_text("utf-8").startswith(
        "```"
    ) == 2 * len(found)
    for block in found:
        assert block.language in (*SHELL, *PYTHON, *INERT), block.where
        if block.comment.startswith("not run"):
            assert len(block.left_out) > 10, f"{block.where} gives no reason"


def runnable(page: str) -> list[Block]:
    """The blocks of a page that are run here; those that set up an environment have tests of their own."""
    return [b for b in blocks(page) if b.language in SHELL + PYTHON and not b.left_out and not b.sets_up]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("page", [page for page in PAGES if runnable(page)])
def test_blocks_run(page: str, installed: Path, environment: dict[str, str], tmp_path: Path) -> None:
    """All blocks of a page run, from the first to the last."""
    play = [[block.where, block.language, block.code] for block in runnable(page)]
    env = {k: v for k, v in environment.items() if k != "PYTHONPATH"}  # the installed OMIO is tested
    if page == "README.md":  # its examples use the sample that its first command makes
        subprocess.run([installed.parent / "omio", "demo"], cwd=tmp_path, env=env, check=True, capture_output=True)
    done = subprocess.run(
        [str(installed), "-c", PLAYER, json.dumps(play)],
        cwd=tmp_path, env=env | {"PATH": f"{installed.parent}{os.pathsep}{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-4000:]


def test_the_readme_gives_two_commands() -> None:
    """One does the main job, one runs the tests; each is one line that sets up all it needs, on the first screen."""
    assert "omio demo" in command("demo")
    assert "pytest" in command("tests")
    for mark in ("demo", "tests"):
        assert command(mark).startswith("python3 -m venv ")
        assert len(command(mark).strip().splitlines()) == 1
    first = "".join((ROOT / "README.md").read_text("utf-8").splitlines(keepends=True)[:30])
    assert command("demo") in first
    assert command("tests") in first


@pytest.fixture
def copy(tracked: tuple[Path, ...], tmp_path: Path) -> Path:
    """The tracked files, and nothing else, in a folder of their own."""
    for path in tracked:
        target = tmp_path / "copy" / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return tmp_path / "copy"


def _run(code: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYTEST", "VIRTUAL_ENV"))}
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", code],
        cwd=folder, env=env | {"NO_COLOR": "1"} | more, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=880, check=False,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_first_command_does_the_main_job(copy: Path) -> None:
    """In a fresh copy: an environment, the package, the demo, and files it says it wrote."""
    done = _run(command("demo"), copy)
    assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-4000:]
    written = sorted(copy.glob("omio-demo/**/*.ome.tif"))
    assert written
    # a long line may have been wrapped in the output: what counts is that the name is there
    printed = re.sub(r"\s", "", done.stdout)
    assert [path.name for path in written if path.name not in printed] == []


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(GUARDED, reason="this run is the README's test command already")
def test_the_second_command_runs_the_tests(copy: Path) -> None:
    """In a fresh copy: an environment, the package with its tests, and pytest; a few tests stand for all."""
    done = _run(
        command("tests"), copy, **{GUARD: "1", "PYTEST_ADDOPTS": "-m 'not slow' -k 'test_imports or test_layering'"}
    )
    assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-4000:]
    assert re.search(r"\d+ passed", done.stdout)
