"""Fixtures of the core's tests: the toy plugin, and a catalogue that holds what the test says and nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import settings

from omio_core.contract import Policy
from omio_core.pixels import handles
from omio_core.plugins import catalogue as plugins
from omio_core.plugins.catalogue import Catalogue

# the toy is imported by name, as any plugin is: by the tests, by the core, and by other processes
sys.path.insert(0, str(Path(__file__).parent / "toy"))


# no deadline: a loaded machine is no failure; no database of examples: every run is like the first
settings.register_profile("core", max_examples=80, deadline=None, database=None)
settings.load_profile("core")


@pytest.fixture(autouse=True)
def _alone():
    """No installed plugin is seen, and no file stays open from one test to the next."""
    with plugins.using(Catalogue()):
        yield
    handles.HANDLES.clear()


def _rules():
    named = {
        "axes": {"warn": "warn", "raise": "raise", "accept": "accept"},
        "absent_planes": {"warn": "warn", "raise": "raise", "accept": "accept"},
        "absent_files": {"raise": "raise", "warn": "warn"},
        "shapes": {"strict": "raise", "pad": "pad"},
        "dtypes": {"strict": "raise", "promote": "promote"},
        "conflict": {"careful": "first", "raise": "raise", "first": "first", "null": "null"},
        "missing": {"unknown": "accept", "raise": "raise"},
        "collision": {"raise": "raise", "number": "number", "overwrite": "overwrite", "skip": "skip"},
    }
    return tuple(
        Policy(kind=kind, name=name, decide=lambda case, action=action: action, summary="")
        for kind, rules in named.items()
        for name, action in rules.items()
    )


@pytest.fixture
def catalogue():
    """A function that puts readers and writers in force, with plain policies."""
    stack = []

    def put(*readers, writers=(), policies=None, annotators=()):
        known = Catalogue(
            readers=readers,
            writers=tuple(writers),
            policies=_rules() if policies is None else tuple(policies),
            annotators=tuple(annotators),
        )
        entered = plugins.using(known)
        stack.append(entered)
        return entered.__enter__()

    yield put
    for entered in reversed(stack):
        entered.__exit__(None, None, None)


@pytest.fixture
def toy(catalogue):
    """The toy reader, alone in the catalogue."""
    from omio_toy import READER

    catalogue(READER)
    return READER
