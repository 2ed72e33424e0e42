"""The door for plugin authors: its three lists agree, and every name is the room's own."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from omio_core import contract


def _typed() -> dict[str, tuple[str, ...]]:
    """What type checkers are told: the rooms and names imported under TYPE_CHECKING."""
    tree = ast.parse(Path(contract.__file__).read_text("utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    assert len(imports) == len(block.body)
    return {str(node.module): tuple(alias.name for alias in node.names) for node in imports}


def test_the_lists_agree():
    homes = {home: set(names) for home, names in contract._HOMES.items()}
    assert {home: set(names) for home, names in _typed().items()} == homes
    named = [name for names in contract._HOMES.values() for name in names]
    assert len(named) == len(set(named))
    assert set(contract.__all__) == set(dir(contract)) == set(named)


@pytest.mark.parametrize("home", contract._HOMES)
def test_names_are_those_of_the_room(home):
    room = importlib.import_module(f"omio_core.{home}")
    for name in contract._HOMES[home]:
        assert getattr(contract, name) is getattr(room, name), name


def test_a_name_that_is_none_is_refused():
    with pytest.raises(AttributeError, match="'Raeder'"):
        _ = contract.Raeder


HEAVY = {"pixels.digests", "pixels.halving", "pixels.stream"}
"""The homes of names that need numpy: what works on pixels."""


def test_every_name_but_those_for_pixels_loads_without_numpy():
    light = [name for home, names in contract._HOMES.items() if home not in HEAVY for name in names]
    code = f"import sys; from omio_core import contract; [getattr(contract, name) for name in {light}]"
    code += "; sys.exit('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
