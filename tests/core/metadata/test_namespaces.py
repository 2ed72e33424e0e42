"""The names of OMIO's own annotations, and the version that is recorded in them."""

from __future__ import annotations

import importlib.metadata

import pytest

from omio_core.metadata import namespaces


@pytest.fixture
def _asked_anew():
    namespaces.omio_version.cache_clear()
    yield
    namespaces.omio_version.cache_clear()


def test_each_namespace_is_omios_and_no_other():
    names = [value for name, value in vars(namespaces).items() if name.isupper() and isinstance(value, str)]
    assert {namespaces.PROVENANCE, namespaces.ASSUMPTIONS, namespaces.ORIGINS, namespaces.MERGE} <= set(names)
    assert len(set(names)) == len(names)
    assert all(name.startswith("omio/") for name in names)


@pytest.mark.usefixtures("_asked_anew")
def test_a_bare_source_tree_has_no_version(monkeypatch):
    def absent(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(namespaces, "version", absent)
    assert namespaces.omio_version() == "unknown"
