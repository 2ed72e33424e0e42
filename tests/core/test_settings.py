"""Settings: from the environment, checked, and replaced for a while."""

from __future__ import annotations

import os

import pytest

from omio_core.errors import OmioError
from omio_core.settings import MIB, Settings, cores, current_settings, from_environment, using

NUMBERS = {
    "OMIO_WORKERS": "workers",
    "OMIO_MAX_BYTES": "max_bytes",
    "OMIO_MAX_OPEN": "max_open",
    "OMIO_MAX_XML": "max_xml",
    "OMIO_MAX_PAGES": "max_pages",
    "OMIO_MAX_EXPANSION": "max_expansion",
    "OMIO_MAX_MEMORY": "max_memory",
}


def test_defaults():
    assert from_environment({}) == Settings(workers=cores())
    assert from_environment(dict.fromkeys(NUMBERS, " ")) == Settings(workers=cores())
    assert Settings(workers=1).max_bytes == 256 * MIB


@pytest.mark.parametrize(("variable", "slot"), NUMBERS.items())
def test_numbers(variable, slot):
    assert getattr(from_environment({variable: " 17 "}), slot) == 17


@pytest.mark.parametrize("variable", NUMBERS)
@pytest.mark.parametrize("text", ["0", "-1", "many", "1.5", "1e3", "²"])
def test_what_is_no_number_is_refused_by_name(variable, text):
    with pytest.raises(OmioError, match=f"{variable} is not usable") as caught:
        from_environment({variable: text})
    assert text in caught.value.evidence


def test_names():
    settings = from_environment({"OMIO_PREFER": " tiff , czi,,", "OMIO_DISABLE": "lsm"})
    assert (settings.prefer, settings.disable) == (("tiff", "czi"), ("lsm",))


def test_the_environment_counts_when_asked(monkeypatch):
    monkeypatch.setenv("OMIO_WORKERS", "3")
    assert current_settings().workers == 3
    monkeypatch.setenv("OMIO_WORKERS", "4")
    assert current_settings().workers == 4


def test_other_settings_for_a_while():
    before = current_settings()
    with using(workers=1) as first:
        assert current_settings() is first
        with using(max_open=2):
            assert (current_settings().workers, current_settings().max_open) == (1, 2), "they add up"
        assert current_settings().max_open == before.max_open
    assert current_settings() == before
    with pytest.raises(ZeroDivisionError), using(workers=1):
        _ = 1 / 0
    assert current_settings() == before


def test_cores_where_the_system_does_not_tell(monkeypatch):
    assert cores() >= 1
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert cores() == 1
