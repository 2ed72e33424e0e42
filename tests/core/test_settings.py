"""Settings: from the environment, checked, and replaced for a while."""

from __future__ import annotations

import os
import threading

import pytest

from omio_core.errors import OmioError
from omio_core.settings import MIB, Settings, cores, current_settings, from_environment, parse_bytes, using, within

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


def test_other_settings_of_a_call():
    """They hold in the thread that asks for them, and in no other."""
    before, seen = current_settings(), []
    with within(max_bytes=5, workers=None) as settings:
        assert current_settings() is settings
        assert (settings.max_bytes, settings.workers) == (5, before.workers)
        other = threading.Thread(target=lambda: seen.append(current_settings()))
        other.start()
        other.join()
        with within(workers=1):
            assert (current_settings().max_bytes, current_settings().workers) == (5, 1), "they add up"
    assert seen == [before]
    with pytest.raises(ZeroDivisionError), within(max_bytes=5):
        _ = 1 / 0
    assert current_settings() == before


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (1, 1), ("4096", 4096), ("10 B", 10), ("1k", 1024), ("1.5 KiB", 1536), ("512M", 512 * MIB), ("2GiB", 2 << 30),
        (" 2 gib ", 2 << 30), ("500 MB", 500_000_000), ("1TB", 10**12), (None, None),
    ],
)  # fmt: skip
def test_bytes(given, expected):
    assert parse_bytes(given) == expected


@pytest.mark.parametrize("given", [0, -1, True, "", "0", "lots", "1 MiBs", "-5M", "1e3", "²", 1.5, "0.1 B"])
def test_what_is_no_number_of_bytes(given):
    with pytest.raises(OmioError, match="is no number of bytes"):
        parse_bytes(given)
