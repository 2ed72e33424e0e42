"""Fixtures of the whole suite: the one door to the real files, and a clean environment."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def data_folder() -> Path:
    """Where the real files are, whether they are there or not."""
    return Path(os.environ.get("OMIO_TEST_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real files; the test is skipped where it is absent."""
    folder = data_folder()
    if not (folder / "EXPECTED.json").is_file():
        pytest.skip(f"real files are not at {folder}; set OMIO_TEST_DATA")
    return folder


@pytest.fixture(scope="session")
def expected(data: Path) -> dict[str, dict]:
    """What an independent reader says of each real file."""
    return json.loads((data / "EXPECTED.json").read_text())


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the machine leaks into a test."""
    for name in [n for n in os.environ if n.startswith("OMIO_") and n != "OMIO_TEST_DATA"]:
        monkeypatch.delenv(name)
