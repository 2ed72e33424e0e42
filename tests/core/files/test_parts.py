"""Names and locks of temporaries: recognised by their form, and no other name is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from omio_core.files.parts import LONGEST, PART, is_part, locked_file, part_of


def test_a_name_made_here_is_recognised_and_repeats_only_so_much_of_the_target() -> None:
    part = part_of(Path("a", "é" * 200))
    assert part.parent == Path("a")
    assert is_part(part.name)
    assert part.name.startswith(".é")
    assert len(os.fsencode(part.name)) <= LONGEST + 14 + len(PART)


@pytest.mark.parametrize("name", [".a.omio-part", "a.0123456789ab.omio-part", ".a.0123456789xy.omio-part", ".a.part"])
def test_other_names_are_not(name: str) -> None:
    assert not is_part(name)


def test_a_name_that_is_taken_is_an_error(tmp_path: Path) -> None:
    handle, exists = locked_file(tmp_path / "a", keep=True)
    assert exists
    assert handle is not None
    os.close(handle)
    with pytest.raises(FileExistsError):
        locked_file(tmp_path / "a")
