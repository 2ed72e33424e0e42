"""Which file describes a RAW file, what a person may write there, and what is declined for want of one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import omio
from omio_core.contract import Match, Probe, locate
from omio_core.errors import (
    AmbiguousSidecarError,
    CorruptFileError,
    FileChangedError,
    MetadataConflictError,
    MetadataError,
    MissingMetadataError,
    NoReaderError,
    OmioError,
    ReadError,
    UnsupportedFeatureError,
)
from omio_plugins.thorlabs import READER, sniff
from omio_plugins.thorlabs._read import open_raw

from .made import NAME, by_hand, pixels, write, xml

ARRAY = pixels(2, 1, 2, 4, 5)
XML = xml(Streaming={"frames": 2})


def read(path: Path, **options: Any) -> np.ndarray:
    return omio.imread(path, **options)[0]


# --- which one


def test_the_xml_is_followed_and_the_yaml_is_said(tmp_path: Path) -> None:
    """Unless the caller names the other."""
    path = write(tmp_path, ARRAY, XML, Image_001_001__yaml=by_hand(t=1, z=2))
    image = omio.imopen(path)
    assert image.shape == (2, 1, 2, 4, 5)
    assert any("Image_001_001.yaml is not" in said for said in image.metadata.assumptions)
    named = omio.imopen(path, sidecar=str(tmp_path / "Image_001_001.yaml"))
    assert named.shape == (1, 2, 2, 4, 5)
    assert np.array_equal(named.to_numpy().reshape(ARRAY.shape), ARRAY)


@pytest.mark.parametrize("name", ["Image_001_001__yaml", "Image_001_001__yml", "image_001_001__YAML", "other__yaml"])
def test_a_yaml_where_there_is_no_xml(tmp_path: Path, name: str) -> None:
    """Named like the file, or any other that has the keys."""
    assert np.array_equal(read(write(tmp_path, ARRAY, **{name: by_hand()})), ARRAY)


@pytest.mark.parametrize("name", ["experiment.XML", "EXPERIMENT.xml", "run.xml"])
def test_an_xml_of_another_name(tmp_path: Path, name: str) -> None:
    """In any case; or, where there is none, the one whose root is an experiment."""
    path = write(tmp_path, ARRAY, notes__xml="<notes/>")
    (tmp_path / name).write_text(XML)
    assert np.array_equal(read(path), ARRAY)


def test_hidden_files_do_not_count(tmp_path: Path) -> None:
    """What macOS leaves on shares is no second sidecar."""
    path = write(tmp_path, ARRAY, XML)
    for name in ("._Experiment.xml", "._experiment.xml", "._Image_001_001.yaml"):
        (tmp_path / name).write_bytes(b"\0\5\x16\7")
    assert np.array_equal(read(path), ARRAY)
    (tmp_path / "Experiment.xml").unlink()
    with pytest.raises(NoReaderError):
        omio.imopen(path)


@pytest.mark.parametrize(
    "names",
    [
        ("Image_001_001.yaml", "Image_001_001.yml"), ("a.yaml", "b.yml"), ("Experiment.xml", "experiment.XML"),
        ("Experiment_1.xml", "Experiment_2.xml"),
    ],
)  # fmt: skip
def test_two_of_equal_claim_are_refused(tmp_path: Path, names: tuple[str, str]) -> None:
    """Never the first of a listing, even where both say the same; either can be named."""
    path = write(tmp_path, ARRAY)
    for name in names:
        (tmp_path / name).write_text(XML if name.lower().endswith("xml") else by_hand())
    if len(list(tmp_path.iterdir())) < 3:
        pytest.skip("this file system does not tell upper from lower case")
    with pytest.raises(AmbiguousSidecarError) as told:
        omio.imopen(path)
    assert sorted(told.value.sidecars) == sorted(names)
    for name in names:
        assert np.array_equal(read(path, sidecar=str(tmp_path / name)), ARRAY)


def test_a_better_claim_is_not_ambiguous(tmp_path: Path) -> None:
    """A YAML named like the file comes before others; one that names another file claims nothing."""
    other = by_hand(t=1, z=2)
    path = write(tmp_path, ARRAY, Image_001_001__yaml=by_hand(), a__yaml=other, b__yaml=other)
    assert read(path).shape == ARRAY.shape
    (tmp_path / "Image_001_001.yaml").unlink()
    (tmp_path / "a.yaml").write_text(by_hand(file=NAME))
    (tmp_path / "b.yaml").write_text(by_hand(file="Image_001_002.raw"))
    assert read(path).shape == ARRAY.shape


def test_a_sidecar_from_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The option alone settles who reads a file that has nothing beside it."""
    path = write(tmp_path / "raw", ARRAY)
    (tmp_path / "my.yaml").write_text(by_hand())
    (tmp_path / "my.xml").write_text(XML)
    monkeypatch.chdir(tmp_path)
    for name in ("my.yaml", "my.xml", Path("my.yaml"), tmp_path / "my.xml"):
        assert np.array_equal(read(path, sidecar=name), ARRAY)
    for wrong, error in (
        ("no.yaml", ReadError),
        ("raw/Image_001_001.raw", MetadataError),
        ("raw", MetadataError),
    ):
        with pytest.raises(error):
            read(path, sidecar=wrong)
    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(ReadError, match="not a regular file"):
        read(path, sidecar="folder.yaml")


def test_the_sidecar_is_a_member(tmp_path: Path) -> None:
    """What it says is part of the picture: if it changes, the picture has changed."""
    path = write(tmp_path, ARRAY, XML)
    image = omio.imopen(path)
    assert [Path(one.path).name for one in image.picture.key.members] == [NAME, "Experiment.xml"]
    (tmp_path / "Experiment.xml").write_text(XML + "\n")
    with pytest.raises(FileChangedError):
        image.to_numpy()


# --- declined


@pytest.mark.parametrize(
    "name",
    ["ROIMask.raw", "roimask.RAW", "ActiveROIMask.raw", "BleachWaveform.raw", "SLM_001.raw", "PockelsWaveform.raw"],
)
def test_what_is_no_image_is_declined(tmp_path: Path, name: str) -> None:
    """With the reason, even where its size would fit; named with a sidecar, the caller knows better."""
    path = write(tmp_path, ARRAY, XML, name)
    with pytest.raises(NoReaderError, match=r"no image"):
        omio.imopen(path)
    with pytest.raises(UnsupportedFeatureError, match=r"no image"):
        omio.imopen(path, reader="thorlabs")
    assert np.array_equal(read(path, sidecar=str(tmp_path / "Experiment.xml")), ARRAY)


def test_an_image_without_a_sidecar_is_declined(tmp_path: Path) -> None:
    """The message has the command that makes a template, and what stands first is the reader of such names."""
    path = write(tmp_path / "a folder", ARRAY)
    with pytest.raises(NoReaderError) as told:
        omio.imopen(path)
    assert told.value.evidence.startswith("thorlabs: no Experiment.xml and no sidecar")
    assert f"omio sidecar '{path}'" in str(told.value) or f'omio sidecar "{path}"' in str(told.value)
    with pytest.raises(MissingMetadataError, match="has no sidecar") as told:
        omio.imopen(path, reader="thorlabs")
    assert "omio sidecar" in told.value.remedy


def test_what_lies_beside_and_describes_nothing(tmp_path: Path) -> None:
    """An image by its name is opened to see; then the message says what is missing."""
    path = write(tmp_path, ARRAY, notes__yaml="a: 1", other__xml="<other/>", broken__yaml="a: [")
    with pytest.raises(MissingMetadataError, match="has no sidecar"):
        omio.imopen(path)
    stranger = write(tmp_path, ARRAY, name="stranger.raw")
    assert sniff(Probe(stranger)).match is Match.NO


def test_sniff(tmp_path: Path) -> None:
    """What lies beside decides; nothing else is looked at."""
    path = write(tmp_path, ARRAY, XML)
    assert sniff(Probe(path)).match is Match.SIDECAR
    assert "Experiment.xml" in sniff(Probe(path)).why
    empty = write(tmp_path, ARRAY[:0], name="Image_001_002.raw")
    assert sniff(Probe(empty)) == type(sniff(Probe(empty)))(Match.NO, "empty file")
    assert sniff(Probe(write(tmp_path, ARRAY, name="Image_001_001.tif"))).match is Match.NO
    assert sniff(Probe(tmp_path)).match is Match.NO
    assert READER.template is not None


def test_a_folder_of_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A usual sidecar is known without a listing; to describe a file one is made, and not remembered."""
    for k in range(1, 6):
        path = write(tmp_path, ARRAY, XML, f"Image_001_{k:03}.raw")
    listed: list[str] = []
    plain = os.listdir
    monkeypatch.setattr(os, "listdir", lambda folder: (listed.append(folder), plain(folder))[1])
    monkeypatch.setattr(Probe, "names", lambda probe: pytest.fail(f"the folder of {probe.name} is listed"))
    assert len(omio.plan(tmp_path).outputs) == 5
    assert len(listed) == 5 + 2  # two for the plan: what is in the folder, and the record of what lay beside the files
    (tmp_path / "Experiment.xml").rename(tmp_path / "Image_001_005.yml")
    (tmp_path / "Image_001_005.yml").write_text(by_hand())
    assert "Image_001_005.yml lies beside it" in sniff(Probe(path)).why
    assert np.array_equal(read(path), ARRAY)


# --- by hand


def test_all_keys(tmp_path: Path) -> None:
    """What a person states is read, with the sidecar as its origin."""
    text = by_hand(
        t=2, z=2, flyback=1, PhysicalSizeX=0.25, PhysicalSizeY=0.5, PhysicalSizeZ=2, TimeIncrement=1.5,
        Channels="[GFP, 'no']", Notes="{who: me, when: 2024-05-01, n: .nan}", file=NAME,
    )  # fmt: skip
    array = pixels(2, 3, 2, 4, 5)
    image = omio.imopen(write(tmp_path, array, Image_001_001__yaml=text))
    assert np.array_equal(image.to_numpy(), array[:, :2])
    said = image.metadata.to_dict()
    wanted = {"PhysicalSizeX": 0.25, "PhysicalSizeY": 0.5, "PhysicalSizeZ": 2.0, "TimeIncrement": 1.5}
    assert {key: said[key] for key in wanted} == wanted
    assert [one["Name"] for one in said["Channels"]] == ["GFP", "no"]
    assert said["Annotations"]["thorlabs"]["Notes"] == {"who": "me", "when": "2024-05-01", "n": "nan"}
    fact = image.metadata.facts.physical_size_x
    assert (fact.origin, fact.where) == ("sidecar", "Image_001_001.yaml PhysicalSizeX")
    assert image.vendor["text"] == text
    assert image.vendor["values"]["Z"] == 2


def test_nothing_more_is_needed(tmp_path: Path) -> None:
    image = omio.imopen(write(tmp_path, ARRAY, Image_001_001__yaml=by_hand()))
    facts = image.metadata.facts
    assert (facts.physical_size_x, facts.physical_size_z, facts.time_increment, facts.channels) == (
        None,
        None,
        None,
        (),
    )


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        (by_hand().replace("T: 2\n", ""), MissingMetadataError, "does not say T of"),
        (by_hand(z=9).replace("T: 2\n", ""), MissingMetadataError, "does not say T of"),
        ("Y: 4\nX: 5\n", MissingMetadataError, "does not say T, Z, C of"),
        (by_hand(t=3), MetadataConflictError, "T 3 x Z 1 x C 2 x Y 4 x X 5 x 2 bytes = 240 bytes"),
        (by_hand(t=3), MetadataConflictError, "T=2 Z=1 C=2 Y=4 X=5"),
        (by_hand(t=0), MetadataError, "T is 0"),
        (by_hand(t=-1), MetadataError, "T is -1"),
        (by_hand(t="true"), MetadataError, "T is True"),
        (by_hand(t="2.0"), MetadataError, "T is 2.0"),
        (by_hand(t="'2'"), MetadataError, "T is '2'"),
        (by_hand(t="9" * 90), MetadataError, "T is 999"),
        (by_hand(flyback=-1), MetadataError, "flyback is -1"),
        (by_hand(PhysicalSizeX=0), MetadataError, "PhysicalSizeX is 0"),
        (by_hand(PhysicalSizeX=".nan"), MetadataError, "PhysicalSizeX is nan"),
        (by_hand(TimeIncrement="2 s"), MetadataError, "TimeIncrement is '2 s'"),
        (by_hand(Channels="GFP"), MetadataError, "Channels is 'GFP'"),
        (by_hand(Channels="[GFP]"), MetadataError, "Channels has 1 names, C is 2"),
        (by_hand(physicalsizex=1), MetadataError, "did you mean PhysicalSizeX?"),
        (by_hand(Gain=1), MetadataError, "unknown key 'Gain'"),
        (by_hand(file="other.raw"), MetadataConflictError, "another file"),
        (by_hand() + "T: 2\n", MetadataError, "'T' stands twice"),
        ("- 1\n", MetadataError, "no keys"),
        ("", MetadataError, "no keys"),
        ("T: [", MetadataError, "malformed"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(tmp_path: Path, text: str, error: type[OmioError], words: str) -> None:
    path = write(tmp_path, ARRAY, Image_001_001__yaml=text)
    with pytest.raises(error) as told:
        omio.imopen(path)
    assert words in str(told.value)
    assert not isinstance(told.value, CorruptFileError)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_a_fifo_does_not_block(tmp_path: Path) -> None:
    """Neither as a sidecar nor beside one."""
    path = write(tmp_path, ARRAY)
    os.mkfifo(tmp_path / "other.xml")
    os.mkfifo(tmp_path / "other.yaml")
    with pytest.raises(MissingMetadataError):
        omio.imopen(path)
    os.mkfifo(tmp_path / "Experiment.xml")
    with pytest.raises(ReadError, match="not a regular file"):
        omio.imopen(path)
    with pytest.raises(ReadError):
        open_raw(locate(tmp_path / "other.xml"), sidecar=tmp_path / "Experiment.xml")
