"""The microscope's computer runs Windows: the core's and the plugins' tests again, without what only Unix has."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

# What CPython lacks on Windows, or network shares refuse: https://docs.python.org/3/library/os.html
TAKEN = (
    "pread", "preadv", "pwrite", "pwritev", "link", "sched_getaffinity", "sched_setaffinity", "fork", "forkpty",
    "register_at_fork", "O_DIRECTORY", "posix_fallocate", "posix_fadvise", "sendfile", "copy_file_range",
    "fchmod", "fchown", "chown", "getuid", "geteuid", "getgid", "getegid", "statvfs", "fstatvfs", "mkfifo",
)  # fmt: skip
ABSENT = ("fcntl", "resource", "pwd", "grp")
POORER = f"""
import os, sys
for name in {TAKEN!r}:
    if hasattr(os, name):
        delattr(os, name)
if hasattr(os, "process_cpu_count"):
    os.process_cpu_count = os.cpu_count  # what it is where there is no affinity
for name in {ABSENT!r}:
    sys.modules[name] = None  # importing it raises ImportError
import pytest
sys.exit(pytest.main(sys.argv[1:]))
"""


def run_without_unix(root: Path, environment: dict[str, str], base: Path, *tests: str) -> None:
    """Run tests in a process with those calls and modules gone; they pass."""
    done = subprocess.run(
        [sys.executable, "-c", POORER, *tests, "-m", "not slow", "-q", f"--basetemp={base}"],
        cwd=root, env=environment, capture_output=True, text=True, timeout=580, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert " passed" in done.stdout


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_core_without_unix(root: Path, environment: dict[str, str], tmp_path: Path) -> None:
    """As much of the core's tests as is quick; those of the plugins are in a file of their own, to run beside these."""
    run_without_unix(root, environment, tmp_path / "base", "tests/core")


def test_the_calls_are_gone(root: Path, environment: dict[str, str], tmp_path: Path) -> None:
    """The trick works: in such a process there is no pread, no link and no fcntl, and OMIO's core imports."""
    check = tmp_path / "test_gone.py"
    check.write_text(
        "import importlib, os, pytest\n"
        "def test_gone():\n"
        "    assert not any(hasattr(os, n) for n in ('pread', 'preadv', 'link', 'fork', 'sched_getaffinity'))\n"
        "    with pytest.raises(ImportError):\n"
        "        importlib.import_module('fcntl')\n"
        "    for name in ('omio_core.pixels.stream', 'omio_core.pixels.handles', 'omio_core.files.atomic',"
        " 'omio_core.settings'):\n"
        "        importlib.import_module(name)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", POORER, str(check), "-q", "-c", str(root / "pyproject.toml"), f"--rootdir={tmp_path}"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "1 passed" in done.stdout
