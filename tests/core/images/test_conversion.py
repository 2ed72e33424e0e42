"""The record of a conversion, and the times of files that it states."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from omio_core.images.conversion import Conversion, facts_digest, is_untouched, nanoseconds, set_time
from omio_core.metadata.facts import Fact, Facts
from omio_core.metadata.model import Metadata

PLAIN = Metadata(shape=(1, 1, 1, 4, 5), dtype="uint8")
TIME = 1_764_190_265_368_857_000  # 2025, with microseconds


def test_what_stands_in_the_record() -> None:
    record = Conversion(root="in", path="sub/a.tif", settings={"tile": None}).to_dict(TIME, PLAIN)
    assert record["path"] == "sub/a.tif"
    assert nanoseconds(record["written"]) == TIME
    assert "inputs" not in record
    assert Conversion(root="in", path="in", inputs=("a", "b")).to_dict(TIME, PLAIN)["inputs"] == ["a", "b"]
    assert nanoseconds(None) is None


def test_facts_have_a_digest_and_records_of_reading_are_none() -> None:
    sized = replace(PLAIN, facts=Facts(physical_size_x=Fact(0.5, "file")))
    assert facts_digest(PLAIN) == facts_digest(replace(PLAIN, provenance={"reader": "x"}))
    assert facts_digest(PLAIN) != facts_digest(sized)


@pytest.mark.parametrize("name", ["a.bin", "folder/b/a.bin"])
def test_a_file_that_is_touched_shows_it(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    top = str(tmp_path / Path(name).parts[0])
    set_time(top, TIME)
    assert is_untouched(top, TIME)
    os.utime(path, ns=(TIME, TIME // 10**9 * 10**9))  # a file system without fractions of a second
    assert is_untouched(top, TIME)
    os.utime(path, ns=(TIME, TIME + 1000))
    assert not is_untouched(top, TIME)
