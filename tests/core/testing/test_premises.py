"""One wrong field is told once: the checks that would fail for the same reason are skipped."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from omio_core.testing.premises import premise_fault
from tests.core.testing.kits import Small, breaking

SUITE = """
from omio_core.testing import ReaderContract
from tests.core.testing.kits import breaking

class TestIt(ReaderContract):
    def samples(self, folder):
        return breaking("").samples(folder)

    reader = breaking("Overlaps").reader

    def test_of_the_author(self):
        assert self.reader
"""


def test_a_sound_reader_has_no_fault(tmp_path):
    assert premise_fault(breaking(""), tmp_path) == ""


def test_samples_that_cannot_be_made_are_the_fault(tmp_path):
    class Missing(Small):
        def samples(self, folder):
            return {"small": folder / "small.toy", "none": 1 / 0}

    assert premise_fault(Missing(), tmp_path) == "the samples cannot be made: ZeroDivisionError: division by zero"


def test_a_wrong_field_is_the_fault(tmp_path):
    fault = premise_fault(breaking("Overlaps"), tmp_path)
    assert "small: PluginContractError: the reader toy describes" in fault
    assert "image 0, level 0: present " in fault


def test_a_sample_that_does_not_open_is_the_fault(tmp_path):
    class Empty(Small):
        def samples(self, folder):
            (folder / "empty.toy").write_bytes(b"")
            return {"empty": folder / "empty.toy"}

    kit = Empty()
    kit.reader = breaking("").reader
    assert premise_fault(kit, tmp_path).startswith("empty: ")


@pytest.mark.slow
def test_one_failure_is_reported_and_what_rests_on_it_is_skipped(tmp_path):
    (tmp_path / "test_it.py").write_text(SUITE)
    root = Path(__file__).parents[3]
    path = os.pathsep.join((str(root), str(root / "tests" / "core" / "toy"), *sys.path))
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-rs",
            "-p",
            "no:cacheprovider",
            "--rootdir",
            str(tmp_path),
            str(tmp_path),
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    last = run.stdout.splitlines()[-1]
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (failed|passed|skipped)", last)}
    assert counts["failed"] == 1, run.stdout[-3000:]
    assert counts["skipped"] > 15
    assert counts["passed"] == 4, "those of sniff, and the author's own"
    assert "test_samples_are_described fails: small: " in run.stdout
