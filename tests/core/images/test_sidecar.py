"""Templates of sidecars: whose, where they land, and what comes of a plugin that fails."""

from __future__ import annotations

import sys
import types

import pytest

from omio_core import settings
from omio_core.contract import Match, Reader, Verdict
from omio_core.errors import (
    AmbiguousReaderError,
    MissingDependencyError,
    NoReaderError,
    PluginContractError,
    ReadError,
    WriteError,
)
from omio_core.images.sidecar import template, write


def reader(name, suffix=".bin", template=None):
    return Reader(
        name=name, title=name, suffixes=(suffix,), sniff=lambda probe: Verdict(Match.NO, "no"), open="no:thing",
        template=template,
    )  # fmt: skip


@pytest.fixture
def texts(monkeypatch):
    """A module of templates, some of them bad."""

    def refuses(path):
        raise ReadError("refused")

    def fails(path):
        return {}[path]

    module = types.ModuleType("omio_texts")
    module.good = lambda path: f"# µ of {path}\n"
    module.other = lambda path: "other"
    module.number = lambda path: 7
    module.refuses, module.fails = refuses, fails
    monkeypatch.setitem(sys.modules, "omio_texts", module)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "some.Bin"
    path.write_bytes(b"pixels")
    return path


def test_the_one_reader_that_has_one(catalogue, texts, file):
    catalogue(reader("none"), reader("one", template="omio_texts:good"), reader("far", ".raw", "omio_texts:other"))
    assert template(file) == f"# µ of {file}\n"
    assert template(file, reader="far") == "other"


def test_two_readers_are_settled_by_name(catalogue, texts, file):
    catalogue(reader("one", template="omio_texts:good"), reader("two", template="omio_texts:other"))
    with pytest.raises(AmbiguousReaderError) as told:
        template(file)
    assert told.value.readers == ("one", "two")
    assert template(file, reader="two") == "other"
    with settings.using(prefer=("two",)):
        assert template(file) == "other"


def test_nobody_has_one(catalogue, texts, file, tmp_path):
    catalogue(reader("none"), reader("far", ".raw", "omio_texts:other"))
    for asked in (None, "none", "unknown"):
        with pytest.raises(NoReaderError) as told:
            template(file, reader=asked)
        assert "far: .raw" in told.value.evidence
    with pytest.raises(NoReaderError):
        template(tmp_path)
    with pytest.raises(FileNotFoundError):
        template(tmp_path / "none.raw")


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("refuses", ReadError), ("fails", PluginContractError), ("number", PluginContractError),
        ("absent", PluginContractError),
    ],
)  # fmt: skip
def test_a_template_that_fails(catalogue, texts, file, name, error):
    catalogue(reader("one", template=f"omio_texts:{name}"))
    with pytest.raises(error):
        template(file)


def test_a_template_that_needs_a_package(catalogue, file):
    catalogue(reader("one", template="omio_no_such_module:good"))
    with pytest.raises(MissingDependencyError, match="needs a package"):
        write(file)
    assert [one.name for one in file.parent.iterdir()] == ["some.Bin"]


def test_where_it_lands(catalogue, texts, file, tmp_path):
    catalogue(reader("one", template="omio_texts:good"))
    assert write(file) == tmp_path / "some.yaml"
    assert (tmp_path / "some.yaml").read_bytes() == f"# µ of {file}\n".encode()
    (tmp_path / "some.yaml").write_text("mine")
    with pytest.raises(WriteError, match="exists already"):
        write(file)
    assert write(file, collision="skip") is None
    assert write(file, collision="number") == tmp_path / "some-1.yaml"
    assert (tmp_path / "some.yaml").read_text() == "mine"
    assert write(file, collision="overwrite") == tmp_path / "some.yaml"
    assert (tmp_path / "some.yaml").read_text("utf-8").startswith("# µ")
    with pytest.raises(WriteError, match="the file that the sidecar describes"):
        write(file, file, collision="overwrite")
    with pytest.raises(WriteError):
        write(file, tmp_path / "none" / "a.yaml")
    assert file.read_bytes() == b"pixels"
