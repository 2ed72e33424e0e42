"""All cases, by the group that writes their files."""

from __future__ import annotations

from collections.abc import Mapping

from . import czi, importing, merging, nights, raw, reading, stores, viewing, writing
from .case import Case

GROUPS = (reading, writing, merging, czi, raw, stores, nights, viewing, importing)

CASES: Mapping[str, Case] = {name: case for group in GROUPS for name, case in group.CASES.items()}
