"""All cases, by the group that makes their files."""

from __future__ import annotations

from collections.abc import Mapping

from . import importing, reading, writing
from .case import Case

GROUPS = (reading, writing, importing)

CASES: Mapping[str, Case] = {name: case for group in GROUPS for name, case in group.CASES.items()}
