"""The journal: what it states after it was written, cut short, or made unreadable."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import omio
from omio.batching.journal import NAME, Journal, mark, read
from omio_core.errors import BatchError

from .projects import OUTPUTS, RULES, found


def fill(home: Path) -> None:
    """Two lines of one job."""
    with Journal(home, "p") as journal:
        journal.add("begun", "a.tif", outputs=["a.ome.tif"])
        journal.add(
            "made", "a.tif", leaf="", source="a.tif", inputs=[["a.tif", 3, 5, ""]], outputs=[["a.ome.tif", 1, 2, ""]],
            seconds=0.1,
        )  # fmt: skip


def test_what_is_added_is_read(tmp_path: Path) -> None:
    """At once, and by another journal; another project is another matter."""
    fill(tmp_path)
    ledger = read(tmp_path, "p")
    assert ledger.made["a.tif"].outputs == (("a.ome.tif", 1, 2, ""),)
    assert ledger.has("a.ome.tif", "a.tif")
    assert not ledger.has("a.ome.tif", "b.tif")
    assert not read(tmp_path, "q").paths


def test_a_journal_cut_anywhere_states_whole_lines_only(tmp_path: Path) -> None:
    """And it can be continued: the incomplete line is none."""
    fill(tmp_path)
    path = tmp_path / NAME
    whole = path.read_bytes()
    ends = [i + 1 for i, byte in enumerate(whole) if byte == 10]
    for length in range(0, len(whole) + 1, 7):
        path.write_bytes(whole[:length])
        ledger = read(tmp_path, "p")
        assert ledger.has("a.ome.tif", "a.tif") is (length >= ends[1])
        assert ("a.tif" in ledger.made) is (length >= ends[2])
        with Journal(tmp_path, "p") as journal:
            journal.add("failed", "b.tif", leaf="", source="b.tif", error={"what": "x"})
        assert read(tmp_path, "p").failed["b.tif"]["error"] == {"what": "x"}
        assert ("a.tif" in read(tmp_path, "p").made) is (length >= ends[2])


def test_a_mark_follows_the_content_of_a_folder(tmp_path: Path) -> None:
    """An output that is a folder is marked with all that lies in it."""
    folder = tmp_path / "x.ome.zarr"
    (folder / "0").mkdir(parents=True)
    (folder / "0" / "c").write_bytes(b"abc")
    before = mark(folder, tmp_path)
    assert before[:2] == ("x.ome.zarr", 3)
    (folder / "0" / "c").write_bytes(b"abcd")
    assert mark(folder, tmp_path) != before


def test_a_journal_of_another_form_is_refused(tmp_path: Path) -> None:
    """It may state what this version does not understand."""
    (tmp_path / NAME).write_text('{"line": "journal", "form": 99, "omio": "9.0"}\n')
    with pytest.raises(BatchError, match="another version") as caught:
        read(tmp_path, "p")
    assert "9.0" in str(caught.value)


def test_without_the_last_lines_a_batch_goes_on(root: Path) -> None:
    """Cut after each line: what stands is recognised by its record, the rest is made, and nothing is made twice."""
    omio.batch(root, RULES)
    out = root / "omio_converted"
    lines = (out / NAME).read_bytes().splitlines(keepends=True)
    times = {name: (out / name).stat().st_mtime_ns for name in found(out)}
    for count in (len(lines) - 1, len(lines) - 2, 5):
        (out / NAME).write_bytes(b"".join(lines[:count]) + b'{"line": "ma')
        for name in OUTPUTS[3:] if count == 5 else ():
            os.unlink(out / name)
        report = omio.batch(root, RULES)
        if count != 5:
            assert report.summary() == "0 written, 5 up to date, 0 failed, 0 left out"
            assert {name: (out / name).stat().st_mtime_ns for name in found(out)} == times
        else:  # the journal had not begun the third: a file of that name is not its own
            assert [path.relative_to(out).as_posix() for path in report.written] == list(OUTPUTS[3:])
            assert len(report.failed) == 1
