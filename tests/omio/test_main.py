"""`python -m omio` is the command line, and the package knows its version."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import omio

ROOT = Path(__file__).resolve().parents[2]


def test_python_m_omio_prints_the_help() -> None:
    """As `omio --help` does."""
    done = subprocess.run(
        [sys.executable, "-m", "omio", "--help"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: ")
    assert "\n  convert " in done.stdout


def test_the_version_is_that_of_the_distribution() -> None:
    assert omio.__version__ == importlib.metadata.version("omio-core")
