"""Importing: the whole process is measured."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .case import Case


def prepare(folder: Path, mib: int) -> None:
    """Do nothing: the cases need no files."""


def import_omio(folder: Path) -> None:
    """``import omio``."""
    import omio  # noqa: F401


def import_tifffile(folder: Path) -> None:
    """``import tifffile``."""
    import tifffile  # noqa: F401


def import_nothing(folder: Path) -> None:
    """Nothing: the interpreter alone."""


CASES: Mapping[str, Case] = {
    "import": Case(
        title="import",
        contenders={"omio": import_omio, "tifffile": import_tifffile, "limit": import_nothing},
    ),
}  # fmt: skip
