"""`omio plugins check`: one line a finding, an exit code, JSON with a version; no samples and no pytest needed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

GOOD = """
from omio_core.contract import Match, Policy, Reader, Verdict, hookimpl

OMIO_API = 1

def sniff(probe):
    return Verdict(Match.NO, "it reads nothing")

@hookimpl
def omio_readers():
    return [Reader(name="kit_nothing", title="Nothing", suffixes=(".omio-none",), sniff=sniff, open="MODULE:sniff")]
"""


def _plugin(folder: Path, name: str, *changes: tuple[str, str]) -> str:
    text = GOOD.replace("MODULE", name)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / f"{name}.py").write_text(text)
    return name


def test_a_sound_plugin_has_no_finding(cli: Callable[..., Any], tmp_path: Path, monkeypatch: Any) -> None:
    """An installed one by its entry point, and a module of the current folder that is not installed."""
    monkeypatch.chdir(tmp_path)
    for name in ("policies", _plugin(tmp_path, "omio_kit_sound")):
        done = cli("plugins", "check", name)
        assert done.exit_code == 0, done.stdout
        (line,) = done.stdout.splitlines()
        assert line.startswith(f"{name}: nothing found; checked: import, hooks, ")


def test_each_finding_is_a_line(cli: Callable[..., Any], tmp_path: Path, monkeypatch: Any) -> None:
    """It names what breaks the rule and the rule; the exit code is 1."""
    monkeypatch.chdir(tmp_path)
    name = _plugin(
        tmp_path, "omio_kit_wrong", ('".omio-none"', '".OMIO"'), ("OMIO_API = 1", 'OMIO_API = 1\nprint("hello")')
    )
    done = cli("plugins", "check", name)
    assert done.exit_code == 1
    *findings, last = done.stdout.splitlines()
    assert "reader kit_nothing: the suffix '.OMIO' is not in lower case; write '.omio'. [suffixes]" in findings
    assert f"plugin {name}: importing it prints 'hello'; a plugin prints nothing [light import]" in findings
    assert last.startswith(f"{name}: 2 findings; checked: ")
    assert done.stdout.count("hello") == 1


def test_json_has_a_version(cli: Callable[..., Any], tmp_path: Path, monkeypatch: Any) -> None:
    """One object, and nothing that the plugin prints."""
    monkeypatch.chdir(tmp_path)
    name = _plugin(tmp_path, "omio_kit_json", ("@hookimpl\n", ""), ("OMIO_API = 1", 'OMIO_API = 1\nprint("hello")'))
    done = cli("plugins", "check", name, "--json")
    assert done.exit_code == 1
    report = json.loads(done.stdout)
    assert report["omio_plugin_check"] == 1
    assert (report["plugin"], report["module"], report["distribution"]) == (name, name, "")
    assert report["checked"] == ["import", "hooks", "reader kit_nothing"]
    assert {"rule", "subject", "sentence"} == set(report["findings"][0])
    assert any("omio_readers has no @hookimpl" in finding["sentence"] for finding in report["findings"])


def test_a_name_that_nothing_has_is_an_error(cli: Callable[..., Any]) -> None:
    """With the names that exist."""
    done = subprocess.run(
        [sys.executable, "-c", "from omio.cli import main; main()", "plugins", "check", "omio_no_such_plugin"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "there is no plugin 'omio_no_such_plugin'" in done.stderr
    assert "tiff" in done.stderr


def test_pytest_is_not_needed(tmp_path: Path) -> None:
    """The checks run where pytest cannot be imported."""
    name = _plugin(tmp_path, "omio_kit_bare")
    code = (
        "import sys; sys.modules['pytest'] = None\n"
        "from omio.cli import main\n"
        f"sys.argv = ['omio', 'plugins', 'check', {name!r}]\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{name}: nothing found")
