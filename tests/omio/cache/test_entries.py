"""Entries: their names, their mark, and every way in which a folder is none or must not be used."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

import omio
from omio.cache import entries
from omio.cache.entries import array_document, entry_path, fault, flaw, foreign, incomplete, read_entry, stale
from omio.cache.keys import CacheKey, key_of
from omio_core.images.overrides import Request


@pytest.fixture
def entry(source: Path) -> entries.Entry:
    """The entry of `source`."""
    found = read_entry(Path(omio.imread(source, zarr_store="disk")[1]["omio_zarr_store_path"]))
    assert found is not None
    return found


KEY = CacheKey(picture={}, members=({"path": "a"},), versions={}, request={})


@pytest.mark.parametrize(
    ("source", "stem"),
    [
        ("/a/cells.ome.tif", "cells.ome.tif"),
        ("/a/Übung 1 µm.czi", "Übung_1_µm.czi"),
        ("/a/x" + "µ" * 200, "x" + "µ" * 29),
        ("", "image"),
    ],
)
def test_the_name_has_that_of_the_source_and_the_digest(tmp_path: Path, source: str, stem: str) -> None:
    path = entry_path(tmp_path, source, KEY)
    assert path == tmp_path / f"{stem}.{KEY.digest}.zarr"
    assert len(os.fsencode(path.name)) < 100


def test_an_entry_states_what_it_was_made_from(source: Path, entry: entries.Entry) -> None:
    assert entry.source == str(source)
    assert [member["path"] for member in entry.members] == [str(source)]
    assert entry.identity == key_of(omio.imopen(source), Request()).identity
    assert entry.info["policies"]["absent_planes"] == "warn"
    assert entry.info["versions"]["readers"].keys() == {"tiff"}
    assert [found.path for found in entries.entries(entry.path.parent)] == [entry.path]


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", "{}", '{"attributes": []}', '{"attributes": {"omio_cache_info": 1}}', "[" * 100_000,
        '{"attributes": {"omio_cache_info": {"made_by": "somebody"}}}', '{"attributes": {"omio_cache_info": []}}',
    ],
)  # fmt: skip
def test_a_folder_without_the_mark_is_none(entry: entries.Entry, text: str) -> None:
    (entry.path / "zarr.json").write_text(text)
    assert read_entry(entry.path) is None
    assert list(entries.entries(entry.path.parent)) == []


def test_what_is_no_folder_of_that_suffix_is_none(entry: entries.Entry, tmp_path: Path) -> None:
    assert read_entry(tmp_path / "nothing.zarr") is None
    assert list(entries.entries(tmp_path / "nothing")) == []
    assert read_entry(entry.path.rename(tmp_path / "renamed")) is None
    (tmp_path / "link.zarr").symlink_to(tmp_path / "renamed")
    assert read_entry(tmp_path / "link.zarr") is None
    if hasattr(os, "mkfifo"):
        (tmp_path / "pipe.zarr").mkdir()
        os.mkfifo(tmp_path / "pipe.zarr" / "zarr.json")
        assert read_entry(tmp_path / "pipe.zarr") is None


def test_faults_are_named(source: Path, entry: entries.Entry) -> None:
    image = omio.imopen(source)
    key, wanted = key_of(image, Request()), array_document(image.picture)
    assert fault(entry, key, wanted) is None
    assert fault(entry, KEY, wanted) == "it was made from something else"
    assert fault(replace(entry, info={**entry.info, "form": 0}), key, wanted) == "it was made from something else"
    assert fault(replace(entry, array={**entry.array, "fill_value": 3}), key, wanted) == "its array is another one"
    (entry.path / "c.0.0.0.0.0").unlink()
    assert "has 47 chunks" in (fault(entry, key, wanted) or "")


def test_flaws_are_named(source: Path, entry: entries.Entry) -> None:
    assert (flaw(entry), incomplete(entry), stale(entry), foreign(entry)) == (None,) * 4
    assert "another form" in (flaw(replace(entry, info={**entry.info, "form": 0})) or "")
    os.utime(source, ns=(1, 1))
    assert flaw(entry) == f"{source} has changed"
    source.unlink()
    assert flaw(entry) == f"{source} is gone"
    (entry.path / "c.9").mkdir()
    assert "c.9" in (foreign(entry) or "")


def test_what_an_entry_states_may_be_anything(entry: entries.Entry) -> None:
    """It is a file, which anybody may have changed."""
    for members in (None, 3, [1, None, {}], [{"path": 3, "local": True}], [{"path": "\0", "local": True}]):
        odd = replace(entry, info={**entry.info, "members": members})
        assert stale(odd) is None or "is gone" in (stale(odd) or "")
    odd = replace(entry, info={"chunks": "many"})
    assert (odd.source, odd.identity, odd.members) == ("", "", ())
    assert "of None" in (incomplete(odd) or "")
    assert json.dumps(dict(odd.info))
