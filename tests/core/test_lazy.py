"""Lazy doors: a name imports its module at first use, and a name that is none is refused without importing."""

from __future__ import annotations

import sys

import pytest

from omio_core.lazy import attach, load


@pytest.fixture
def module(tmp_path, monkeypatch):
    """The name of a module that nobody has imported."""
    (tmp_path / "omio_test_behind.py").write_text("value = [1, 2]\nother = 3\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield "omio_test_behind"
    sys.modules.pop("omio_test_behind", None)


def test_a_name_is_imported_at_first_use(module):
    get, names = attach("door", {"value": module, "other": module})
    assert names() == ["other", "value"]
    assert module not in sys.modules
    assert get("value") is get("value")
    assert get("value") is sys.modules[module].value


def test_a_name_that_is_none_is_refused(module):
    get, _ = attach("door", {"value": module})
    with pytest.raises(AttributeError, match="module 'door' has no attribute 'valeu'"):
        get("valeu")
    with pytest.raises(AttributeError, match="'other'"):
        get("other")  # the module has it, the door does not
    assert module not in sys.modules


def test_a_reference_is_loaded(module):
    assert load(f"{module}:other") == 3
    with pytest.raises(AttributeError):
        load(f"{module}:nothing")
