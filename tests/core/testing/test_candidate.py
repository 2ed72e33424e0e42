"""The plugin under test: found by an entry point, by a module, or told with what is there."""

from __future__ import annotations

import sys

import pytest

from omio_core.errors import PluginLoadError
from omio_core.testing.candidate import Offer, candidate
from tests.core.testing.planting import plant, uproot


def test_an_entry_point_is_found_by_its_name_and_by_its_module():
    by_name, by_module = candidate("policies"), candidate("omio_plugins.policies")
    assert by_name == by_module
    assert (by_name.name, by_name.value) == ("policies", "omio_plugins.policies")
    assert by_name.ours


def test_a_module_need_not_be_installed(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    module = plant(tmp_path, "omio_good_candidate")
    try:
        found = candidate(module)
        assert (found.name, found.value, found.distribution, found.ours) == (*["omio_good_candidate"] * 2, "", False)
        assert found.entry.load() is module
        offer = Offer.of(module)
        assert [reader.name for reader in offer.readers] == ["good_file", "good_folder"]
        assert [policy.name for policy in offer.policies] == ["good-axes"]
    finally:
        uproot("omio_good_candidate")
    assert "omio_good_candidate" not in sys.modules


@pytest.mark.parametrize("name", ["omio_no_such_thing", "no.such.package", "two words", ""])
def test_what_is_neither_is_an_error_that_lists_the_plugins(name):
    with pytest.raises(PluginLoadError, match="policies"):
        candidate(name)
