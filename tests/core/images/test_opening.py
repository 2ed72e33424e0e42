"""The way in: from a path to images, opened once, with an error that names the reader where it fails."""

from __future__ import annotations

import os
import warnings
from dataclasses import replace

import numpy as np
import omio_toy_read
import pytest
from omio_toy_read import image, write_toy

from omio_core import settings
from omio_core.contract import Match, Reader, Verdict
from omio_core.errors import (
    AbsentDataError,
    AmbiguousAxesError,
    CorruptFileError,
    FileChangedError,
    ManyImagesError,
    MetadataWarning,
    NoReaderError,
    PluginContractError,
    PluginLoadWarning,
    ReadError,
    UnknownOptionError,
    UnknownReaderError,
)
from omio_core.images.opening import open_source
from omio_core.images.overrides import Request
from omio_core.metadata.facts import Fact, Facts
from omio_core.pixels import handles
from omio_core.plugins import catalogue as plugins
from tests.core.images.arrays import PIXELS, stating

# -- the plain way ------------------------------------------------------------------------------------------------


def test_a_file_becomes_images(file):
    path = file(image(PIXELS, "ZYX", facts={"physical_size_x": 0.5}), image(PIXELS[0], "YX", name="overview"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        source = open_source(path)
    assert (source.path, source.decision.reader.name) == (str(path), "toy")
    assert [one.shape for one in source.images] == [(1, 3, 1, 4, 5), (1, 1, 1, 4, 5)]
    assert [one.name for one in source.images] == [None, "overview"]
    assert np.array_equal(source.images[0].to_numpy()[0, :, 0], PIXELS)
    assert np.array_equal(source.images[1].to_numpy()[0, 0, 0], PIXELS[0])
    assert source.images[0].metadata.facts.physical_size_x == Fact(0.5, "file", "header: physical_size_x")
    assert source.images[0].metadata.facts.physical_size_y is None


def test_the_file_is_opened_once(file):
    path = file()
    omio_toy_read.OPENED.clear()
    source = open_source(path)
    source.images[0].to_numpy()
    source.images[0].to_numpy()
    assert [str(path)] == omio_toy_read.OPENED


def test_metadata_are_not_read_until_asked_for(file, monkeypatch):
    asked = []
    original = omio_toy_read.facts_of
    monkeypatch.setattr(omio_toy_read, "facts_of", lambda text: asked.append(text) or original(text))
    one = open_source(file()).images[0]
    one.to_numpy()
    assert asked == []
    assert one.metadata is one.metadata
    assert len(asked) == 1


def test_a_folder_that_is_one_picture(toy, tmp_path):
    folder = tmp_path / "home"
    folder.mkdir()
    write_toy(folder / "index.toy", image(PIXELS, "ZYX"))
    one = open_source(folder).images[0]
    assert one.shape == (1, 3, 1, 4, 5)
    names = [member["name"] for member in one.metadata.provenance["source"]]
    assert names == ["home", "index.toy"]


def test_a_folder_that_a_killed_write_had_moved_away_is_put_back(toy, tmp_path):
    """The write was killed between the two renames of a system that cannot exchange two folders."""
    pytest.importorskip("fcntl", reason="without locks, age decides")
    container = tmp_path / ".home.0123456789ab.omio-part"
    for folder in (container / "home", container / ".omio-replaced"):
        folder.mkdir(parents=True)
    (container / ".omio-lock").touch()
    write_toy(container / ".omio-replaced" / "index.toy", image(PIXELS, "ZYX"))
    one = open_source(tmp_path / "home").images[0]
    np.testing.assert_array_equal(one.to_numpy()[0, :, 0], PIXELS)
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
    with pytest.raises(FileNotFoundError):
        open_source(tmp_path / "absent")


def test_metadata_of_a_file_that_changed_are_refused(file):
    path = file()
    one = open_source(path).images[0]
    path.unlink()
    with pytest.raises(FileChangedError):
        _ = one.metadata


@pytest.mark.parametrize("axes", ["QQYX", "TQYX"])
def test_axes_nobody_can_know(file, axes):
    path = file(image(PIXELS[None].repeat(2, 0), axes))
    with pytest.raises(AmbiguousAxesError) as caught:
        open_source(path)
    assert str(path) in str(caught.value)
    assert len(handles.HANDLES) == 0


# -- several images -----------------------------------------------------------------------------------------------


def test_one_of_several_images_has_to_be_chosen(file):
    path = file(image(PIXELS, "ZYX", name="left"), image(PIXELS[:2], "ZYX", name="right"), image(PIXELS, "ZYX"))
    source = open_source(path)
    with pytest.raises(ManyImagesError, match=r"holds 3 image\(s\)") as caught:
        source.pick(None)
    assert "0: <Image 'left'" in caught.value.evidence
    assert caught.value.names == ("left", "right", None)
    assert source.pick(1) == (source.images[1],)
    assert source.pick(-1) == (source.images[2],)
    assert source.pick("right") == (source.images[1],)
    assert source.pick("all") == source.images
    for wrong in (3, -4, "middle"):
        with pytest.raises(ManyImagesError, match="names no one of them"):
            source.pick(wrong)


def test_a_name_twice_names_none(file):
    source = open_source(file(image(PIXELS, "ZYX", name="a"), image(PIXELS, "ZYX", name="a")))
    with pytest.raises(ManyImagesError):
        source.pick("a")


def test_the_only_image_is_picked(file):
    source = open_source(file())
    assert source.pick(None) == source.images
    with pytest.raises(ManyImagesError):
        source.pick(1)


# -- what does not fit together -----------------------------------------------------------------------------------


def test_channels_that_do_not_fit_are_left_out(file):
    one = open_source(file(image(PIXELS, "CYX", facts={"channels": ["a"]}))).images[0]
    with pytest.warns(MetadataWarning, match="1 channels are described, the picture has 3"):
        assert one.metadata.facts.channels == ()


def test_tables_a_plane_that_do_not_fit_are_left_out(file):
    table = {"DeltaT": [[[0.0]], [[1.0]], [[2.0]]]}
    path = file(image(PIXELS, "TYX", facts={"planes": table}))
    assert open_source(path).images[0].metadata.facts.planes.columns["DeltaT"].shape == (3, 1, 1)
    one = open_source(path, stating(axes="ZYX")).images[0]  # the caller's letters take the table with them
    assert one.metadata.facts.planes.columns["DeltaT"].shape == (1, 3, 1)
    other = open_source(file(image(PIXELS, "TYX", facts={"planes": {"DeltaT": [[[0.0]], [[1.0]]]}}))).images[0]
    with pytest.warns(MetadataWarning, match=r"the picture has \(T, Z, channels\) = \(3, 1, 1\)"):
        assert other.metadata.facts.planes is None


# -- what goes wrong ----------------------------------------------------------------------------------------------


def test_a_file_that_is_not_there_before_any_plugin_is_asked(tmp_path, monkeypatch):
    monkeypatch.setattr(plugins, "catalogue", lambda: pytest.fail("a plugin was asked"))
    with pytest.raises(FileNotFoundError):
        open_source(tmp_path / "missing.toy")


def test_a_file_nobody_knows(toy, tmp_path):
    (tmp_path / "note.toy").write_text("a text")
    with pytest.raises(NoReaderError, match="no reader recognises"):
        open_source(tmp_path / "note.toy")


def test_options_and_readers_are_spelled_rightly(file):
    path = file()
    added = open_source(path, Request(options={"add": 5})).images[0]
    assert np.array_equal(added.to_numpy()[0, :, 0], PIXELS + 5)
    with pytest.raises(UnknownOptionError, match="no option 'ad'"):
        open_source(path, Request(options={"ad": 5}))
    with pytest.raises(UnknownOptionError, match="cannot be a list"):
        open_source(path, Request(options={"add": [5]}))
    with pytest.raises(UnknownReaderError, match="no reader 'tiff'"):
        open_source(path, Request(reader="tiff"))


def test_one_file_with_other_options_is_another_source(file):
    path = file()
    plain, added = open_source(path).images[0], open_source(path, Request(options={"add": 1})).images[0]
    assert np.array_equal(plain.to_numpy() + 1, added.to_numpy())


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (KeyError("tag"), CorruptFileError),
        (AssertionError(), CorruptFileError),
        (RecursionError(), CorruptFileError),
        (OSError(5, "Input/output error"), ReadError),
        (AbsentDataError("a member is missing"), AbsentDataError),
    ],
)
def test_what_a_reader_raises_while_opening(file, monkeypatch, error, kind):
    def fails(path, **options):
        raise error

    path = file()
    monkeypatch.setattr(omio_toy_read, "open_toy", fails)
    with pytest.raises(kind) as caught:
        open_source(path)
    assert type(caught.value) is kind
    if caught.value is not error:
        assert caught.value.__cause__ is error
        assert (caught.value.reader, caught.value.path) == ("toy", str(path))


@pytest.mark.parametrize(
    ("described", "kind"),
    [
        ((), CorruptFileError),
        ((None,), PluginContractError),
        (None, PluginContractError),
        (("YX",), PluginContractError),
    ],
    ids=["none", "a None", "no sequence", "texts"],
)
def test_descriptions_that_are_none(file, monkeypatch, described, kind):
    opened = []

    def odd(path, **options):
        opened.append(omio_toy_read.Toy(path))
        opened[0].images = described
        return opened[0]

    path = file()
    monkeypatch.setattr(omio_toy_read, "open_toy", odd)
    with pytest.raises(kind):
        open_source(path)
    assert opened[0].file.closed


def _no_facts():
    return {"PhysicalSizeX": 1.0}


def _broken_facts():
    raise KeyError("unit")


@pytest.mark.parametrize(
    ("facts", "kind", "words"),
    [
        (_no_facts, PluginContractError, "facts gave a dict, no Facts"),
        (lambda: Facts(physical_size_x=0.834), PluginContractError, 'write Fact\\(0.834, "file", where\\)'),
        (lambda: Facts(name=Fact("a", "header")), PluginContractError, "the origins are file, sidecar"),
        (lambda: Facts(channels=("GFP",)), PluginContractError, r"facts.channels\[0\] is a str, no Channel"),
        (lambda: Facts(size_x=0.834), PluginContractError, "unexpected keyword argument 'size_x'"),
        (_broken_facts, CorruptFileError, "asked for its metadata"),
    ],
)
def test_facts_that_are_none(file, monkeypatch, facts, kind, words):
    original = omio_toy_read.Toy._described
    monkeypatch.setattr(
        omio_toy_read.Toy, "_described", lambda self: [replace(one, facts=facts) for one in original(self)]
    )
    one = open_source(file()).images[0]
    assert np.array_equal(one.to_numpy()[0, :, 0], PIXELS), "the pixels are as good as ever"
    with pytest.raises(kind, match=words):
        _ = one.metadata


def test_no_reader_is_tried_after_another_failed(file, catalogue, toy, monkeypatch):
    tried = []
    second = Reader(
        name="second",
        title="",
        suffixes=(),
        sniff=lambda probe: Verdict(Match.SUFFIX, "if nobody else"),
        open="builtins:print",
    )
    catalogue(toy, second)

    def fails(path, **options):
        tried.append("toy")
        raise CorruptFileError("cut")

    path = file()
    monkeypatch.setattr(omio_toy_read, "open_toy", fails)
    with pytest.raises(CorruptFileError, match="cut"):
        open_source(path)
    assert tried == ["toy"]


def test_annotations_of_plugins_are_added(file, catalogue, toy):
    def note(metadata, source):
        return [{"shape": list(metadata.shape), "name": os.path.basename(source)}]

    def fails(metadata, source):
        raise ZeroDivisionError

    catalogue(toy, annotators=[("noter", note), ("broken", fails)])
    one = open_source(file()).images[0]
    with pytest.warns(PluginLoadWarning, match="omio_annotate of broken failed"):
        assert one.metadata.facts.annotations == {"noter": {"shape": [1, 3, 1, 4, 5], "name": "a.toy"}}


def test_many_sources_on_few_handles(toy, tmp_path):
    with settings.using(max_open=4):
        images = []
        for n in range(30):
            path = write_toy(tmp_path / f"{n}.toy", image(PIXELS + n, "ZYX"))
            images.append(open_source(path).images[0])
            assert len(handles.HANDLES) <= 4
        for n, one in enumerate(images):
            assert one[0, 0, 0, 0, 0] == n + 1
            assert len(handles.HANDLES) <= 4
