"""Small sound LSM files of each kind, made in code, and where their structure lies; it damages nothing."""

from __future__ import annotations

from pathlib import Path

from tests.plugins.lsm.samples import KINDS

from .flavours import Sound


def sound(folder: Path) -> tuple[Sound, ...]:
    """Every kind, written in a folder and read back as bytes; the same bytes each time."""
    return tuple(_made(folder / "a.lsm", name) for name in KINDS)


def _made(path: Path, name: str) -> Sound:
    file = KINDS[name](path).file
    data = path.read_bytes()
    path.unlink()
    return Sound(name=name, stands_as="case.lsm", data=data, structure=file.structure, entries=file.entries)
