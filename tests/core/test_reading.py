"""The way in: from a path to images, with the caller's word and the policies before a pixel is read."""

from __future__ import annotations

import json
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
    AbsentPlanesWarning,
    AmbiguousAxesError,
    AssumedAxesWarning,
    CorruptFileError,
    FileChangedError,
    ManyImagesError,
    MetadataError,
    MetadataWarning,
    NoReaderError,
    OmioError,
    PluginContractError,
    PluginLoadWarning,
    ReadError,
    UnknownOptionError,
    UnknownReaderError,
)
from omio_core.images import explanation
from omio_core.images.opening import open_source
from omio_core.images.overrides import Overrides, Request
from omio_core.metadata.facts import Fact
from omio_core.pixels import handles
from omio_core.pixels.absence import absence
from omio_core.plugins import catalogue as plugins
from omio_core.policies import Policies

PIXELS = np.arange(3 * 4 * 5, dtype="u2").reshape(3, 4, 5) + 1


@pytest.fixture
def file(toy, tmp_path):
    """A function that writes images into a toy file."""

    def make(*images, name="a.toy"):
        return write_toy(tmp_path / name, *(images or (image(PIXELS, "ZYX"),)))

    return make


def request(axes="warn", absent_planes="warn", **more):
    return Request(policies=Policies(axes=axes, absent_planes=absent_planes), **more)


def stating(**overrides):
    return Request(overrides=Overrides(**overrides))


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


def test_the_provenance_is_plain_and_names_no_folder(file, tmp_path):
    path = file()
    one = open_source(path, Request(overrides=Overrides(pixel_size=0.5), options={"add": 1})).images[0]
    provenance = one.metadata.provenance
    text = json.dumps(one.metadata.to_dict(), allow_nan=False)
    assert str(tmp_path) not in text
    assert (provenance["reader"], provenance["reader_version"]) == ("toy", "7")
    assert provenance["options"] == {"add": "1"}
    assert provenance["caller"] == {"pixel_size": {"X": 0.5, "Y": 0.5}}
    assert provenance["source"][0]["bytes"] == path.stat().st_size
    assert len(provenance["source"][0]["sample_digest"]) == 32


def test_metadata_of_a_file_that_changed_are_refused(file):
    path = file()
    one = open_source(path).images[0]
    path.unlink()
    with pytest.raises(FileChangedError):
        _ = one.metadata


def test_the_decision_explains_itself(file):
    told = explanation.Explanation(source=open_source(file()))
    plain = told.to_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert plain["verdicts"] == {"toy": {"match": "EXACT", "why": "begins with TOY1"}}
    assert plain["images"][0]["facts"]["PhysicalSizeX"] is None
    assert "begins with TOY1" in str(told)


# -- axes ---------------------------------------------------------------------------------------------------------


def test_assumed_axes_are_one_warning_a_file(file):
    path = file(image(PIXELS, "QYX"), image(PIXELS, "QYX"), image(PIXELS, "VYX"))
    with pytest.warns(AssumedAxesWarning) as said:
        source = open_source(path)
    assert len(said) == 1
    for words in ("taken for T", "V (view, length 3)", "axes=", str(path)):
        assert words in str(said[0].message)
    assert source.images[0].shape == (3, 1, 1, 4, 5)
    assert any("taken for T" in a for a in source.images[0].metadata.assumptions), "recorded"


def test_assumed_axes_may_be_forbidden_or_accepted(file):
    path = file(image(PIXELS, "QYX"))
    with pytest.raises(AmbiguousAxesError, match="does not name all its axes") as caught:
        open_source(path, request(axes="raise"))
    assert caught.value.path == str(path)
    assert len(handles.OPENS) == 0, "what was refused is not kept open"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert open_source(path, request(axes="accept")).images[0].metadata.assumptions


def test_a_warning_made_an_error_comes_as_it_is(file):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(AssumedAxesWarning):
            open_source(file(image(PIXELS, "QYX")))
    assert len(handles.OPENS) == 0


def test_the_callers_axes_settle_it(file):
    path = file(image(PIXELS, "QYX"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one = open_source(path, Request(policies=Policies(axes="raise"), overrides=Overrides(axes="ZYX"))).images[0]
    assert one.shape == (1, 3, 1, 4, 5)
    assert one.metadata.assumptions == ()
    assert one.metadata.provenance["caller"] == {"axes": "ZYX"}


@pytest.mark.parametrize("axes", ["QQYX", "TQYX"])
def test_axes_nobody_can_know(file, axes):
    path = file(image(PIXELS[None].repeat(2, 0), axes))
    with pytest.raises(AmbiguousAxesError) as caught:
        open_source(path)
    assert str(path) in str(caught.value)
    assert len(handles.OPENS) == 0


def test_what_the_reader_assumed_is_recorded(file):
    one = open_source(file(image(PIXELS, "ZYX", assumptions=["the stage was still"]))).images[0]
    assert one.metadata.assumptions == ("the stage was still",)


# -- absence ------------------------------------------------------------------------------------------------------

SPARSE = [[[0, 1], [0, 4], [0, 5]], [[2, 3], [0, 2], [0, 5]]]


def test_absent_planes_are_0_and_one_warning_a_file(file):
    path = file(image(PIXELS, "ZYX", present=SPARSE), image(PIXELS, "ZYX"), image(PIXELS, "ZYX", present=SPARSE))
    with pytest.warns(AbsentPlanesWarning) as said:
        source = open_source(path)
    assert len(said) == 1
    assert "image 0: 50 % of the pixels are absent, first in the planes T0 Z1 C0, T0 Z2 C0" in str(said[0].message)
    assert "image 1" not in str(said[0].message)
    wanted = np.zeros_like(PIXELS)
    wanted[0], wanted[2, :2] = PIXELS[0], PIXELS[2, :2]
    for index in (0, 2):
        assert np.array_equal(source.images[index].to_numpy()[0, :, 0], wanted)
    assert np.array_equal(source.images[0][0, 1:, 0, 1:3, ::2], wanted[1:, 1:3, ::2])
    assert absence(source.images[0].picture).startswith("50 %")
    assert absence(source.images[1].picture) == ""
    assert absence(source.images[0].at(Z=0).picture) == "", "that plane is whole"


def test_absent_planes_may_be_forbidden_or_accepted(file):
    path = file(image(PIXELS, "ZYX", present=SPARSE))
    with pytest.raises(AbsentDataError, match="does not hold all its planes") as caught:
        open_source(path, request(absent_planes="raise"))
    assert "Z1" in caught.value.evidence
    assert list(caught.value.absent) == [0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        open_source(path, request(absent_planes="accept"))


def test_a_picture_of_which_nothing_exists(file):
    with pytest.warns(AbsentPlanesWarning, match="100 %"):
        one = open_source(file(image(PIXELS, "ZYX", present=[]))).images[0]
    assert not one.to_numpy().any()


def test_absent_files_are_an_error_or_a_warning(file):
    path = file(image(PIXELS, "ZYX", present=SPARSE, absent_files=["b.toy", "c.toy"]))
    with pytest.raises(AbsentDataError, match="a set that is not complete") as caught:
        open_source(path)
    assert "b.toy, c.toy" in caught.value.evidence
    assert caught.value.absent == ("b.toy", "c.toy")
    lenient = Request(policies=Policies(absent_files="warn", absent_planes="accept"))
    with pytest.warns(AbsentPlanesWarning, match=r"2 file\(s\) of its set are not there: b\.toy, c\.toy") as said:
        source = open_source(path, lenient)
    assert len(said) == 1
    assert not source.images[0][0, 1].any(), "what they hold is absent"


def test_a_policy_that_is_not_there(file, catalogue, toy):
    catalogue(toy, policies=())
    with pytest.raises(OmioError, match="no policy axes='warn'"):
        open_source(file(image(PIXELS, "QYX")))
    assert open_source(file(image(PIXELS, "ZYX"))).images, "where nothing is to be decided, none is asked"


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


# -- what the caller states ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (0.5, (0.5, 0.5, 7.0)),
        ((0.5, 0.25), (0.5, 0.25, 7.0)),
        ([0.5, 0.25, 2], (0.5, 0.25, 2.0)),
        ({"Z": 2}, (None, None, 2.0)),
        ({"x": 0.5, "y": 1}, (0.5, 1.0, 7.0)),
        (np.float32(0.5), (0.5, 0.5, 7.0)),
        (np.int64(2), (2.0, 2.0, 7.0)),
        (np.array([0.5, 0.25]), (0.5, 0.25, 7.0)),
    ],
)
def test_pixel_sizes_of_the_caller(file, given, wanted):
    path = file(image(PIXELS, "ZYX", facts={"physical_size_z": 7.0}))
    facts = open_source(path, stating(pixel_size=given)).images[0].metadata.facts
    sizes = (facts.physical_size_x, facts.physical_size_y, facts.physical_size_z)
    assert tuple(size.value if size else None for size in sizes) == wanted
    for size, value in zip(sizes, wanted, strict=True):
        if size is not None:
            assert type(size.value) is float
            assert size.origin == ("file" if value == 7.0 else "caller")


@pytest.mark.parametrize(
    "overrides",
    [
        {"pixel_size": 0}, {"pixel_size": -1}, {"pixel_size": float("nan")}, {"pixel_size": float("inf")},
        {"pixel_size": True}, {"pixel_size": "0.5"}, {"pixel_size": (1,)}, {"pixel_size": (1, 2, 3, 4)},
        {"pixel_size": {"Q": 1}}, {"pixel_size": {}}, {"pixel_size": {"X": None}}, {"pixel_size": 1e-10},
        {"pixel_size": object()}, {"time_increment": 0}, {"time_increment": -2}, {"time_increment": "2 s"},
        {"time_increment": float("nan")},
    ],
)  # fmt: skip
def test_sizes_that_are_none_are_refused_before_the_file_is_opened(file, overrides):
    path = file()
    omio_toy_read.OPENED.clear()
    with pytest.raises(MetadataError) as caught:
        open_source(path, stating(**overrides))
    assert caught.value.remedy
    assert omio_toy_read.OPENED == []


def test_the_callers_time_and_channels(file):
    path = file(image(PIXELS, "CYX", facts={"channels": ["a", "b", "c"], "time_increment": 3.0}))
    facts = open_source(path, stating(time_increment=2, channel_names=["x", "y", "z"])).images[0].metadata.facts
    assert facts.time_increment == Fact(2.0, "caller", "time_increment=")
    assert [channel.name for channel in facts.channels] == [Fact(n, "caller", "channel_names=") for n in "xyz"]


@pytest.mark.parametrize("names", [["x"], "xyz", ["x", "y", 3], []])
def test_channel_names_that_do_not_fit(file, names):
    one = open_source(file(image(PIXELS, "CYX")), stating(channel_names=names)).images[0]
    with pytest.raises(MetadataError, match="does not fit"):
        _ = one.metadata


# -- what does not fit together -----------------------------------------------------------------------------------


def test_channels_that_do_not_fit_are_left_out(file):
    one = open_source(file(image(PIXELS, "CYX", facts={"channels": ["a"]}))).images[0]
    with pytest.warns(MetadataWarning, match="1 channels are described, the picture has 3"):
        assert one.metadata.facts.channels == ()


def test_tables_a_plane_that_do_not_fit_are_left_out(file):
    table = {"DeltaT": [[[0.0]], [[1.0]], [[2.0]]]}
    path = file(image(PIXELS, "TYX", facts={"planes": table}))
    assert open_source(path).images[0].metadata.facts.planes.columns["DeltaT"].shape == (3, 1, 1)
    one = open_source(path, stating(axes="ZYX")).images[0]
    with pytest.warns(MetadataWarning, match=r"the picture has \(T, Z, channels\) = \(1, 3, 1\)"):
        assert one.metadata.facts.planes is None


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
    [((), CorruptFileError), ((None,), CorruptFileError), (None, CorruptFileError), (("YX",), CorruptFileError)],
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
    [(_no_facts, PluginContractError, "gave no Facts"), (_broken_facts, CorruptFileError, "asked for its metadata")],
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
            assert len(handles.OPENS) <= 4
        for n, one in enumerate(images):
            assert one[0, 0, 0, 0, 0] == n + 1
            assert len(handles.OPENS) <= 4
