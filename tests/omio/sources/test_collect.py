"""What of a folder is an image: what a reader takes, each image once; what OMIO wrote of another input is left out."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from click.testing import Result

import omio
from omio_core.contract import Probe, Reader, Verdict
from omio_core.errors import CorruptFileError, NoReaderError, ReadError, UnknownReaderError
from omio_core.images import writing
from omio_core.ome import tree as ometree
from omio_core.parsing import xml as xmltext
from omio_core.plugins.catalogue import catalogue, using
from tests.omio.folders import DOORS, PIXELS, along_t, first, put, reasons


def test_what_is_no_image_by_its_content(tmp_path: Path) -> None:
    """Left out with the reason where no reader gives images such names; content decides, not the name."""
    put(tmp_path / "a.tif", 1).rename(tmp_path / "a.dat")
    (tmp_path / "notes.txt").write_text("a note")
    put(tmp_path / "b.tif", 2)
    plan = omio.plan(tmp_path)
    assert [Path(one.inputs[0].path).name for one in plan.outputs] == ["a.dat", "b.tif"]
    assert reasons(plan) == {"notes.txt": "no reader knows it"}


def test_a_set_counts_once(tmp_path: Path) -> None:
    """The files of a set of several are one image, whichever comes first; in a list too."""
    ome = (
        '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0">'
        '<Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint16" SizeX="6" SizeY="5" SizeZ="1" SizeC="1" SizeT="2">'
        '<Channel ID="Channel:0:0" SamplesPerPixel="1"/>'
        '<TiffData FirstT="0" IFD="0" PlaneCount="1"><UUID FileName="t0.ome.tif">urn:uuid:1</UUID></TiffData>'
        '<TiffData FirstT="1" IFD="0" PlaneCount="1"><UUID FileName="t1.ome.tif">urn:uuid:2</UUID></TiffData>'
        "</Pixels></Image></OME>"
    )
    import numpy as np
    import tifffile

    for t in range(2):
        own = ome.replace("<OME ", f'<OME UUID="urn:uuid:{t + 1}" ')
        tifffile.imwrite(tmp_path / f"t{t}.ome.tif", np.full((5, 6), t + 1, "u2"), description=own, metadata=None)
    put(tmp_path / "z.tif", 9)
    (whole, other), _ = omio.imread(tmp_path, return_list=True)
    assert along_t(whole) == [1, 2]
    assert other.max() == 9
    assert reasons(omio.plan(tmp_path)) == {"t1.ome.tif": "of the set of t0.ome.tif"}
    given = [tmp_path / "t1.ome.tif", tmp_path / "t0.ome.tif"]
    assert [array.shape[0] for array in omio.imread(given, return_list=True)[0]] == [2]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_among_files(tmp_path: Path) -> None:
    """It would block for ever: left out, or an error if it is named as images are."""
    put(tmp_path / "a.tif", 1)
    os.mkfifo(tmp_path / "events")
    assert first(omio.imread(tmp_path, return_list=True)[0]) == [1]
    os.mkfifo(tmp_path / "b.tif")
    with pytest.raises(ReadError, match=r"b\.tif is neither a file nor a folder"):
        omio.imread(tmp_path, return_list=True)


def test_a_reader_by_name(series: Path) -> None:
    """Files of other readers in the folder are left out; a reader that is none is told."""
    (series / "notes.txt").write_text("a note")
    assert len(omio.imread(series, reader="tiff", return_list=True)[0]) == 3
    with pytest.raises(UnknownReaderError):
        omio.imread(series, reader="nonsense", return_list=True)


def test_what_omio_wrote_is_not_read_again(series: Path, tmp_path: Path) -> None:
    """Left out, with a note, where all it was made of is there; else it is an image like any other."""
    omio.convert_to_ometiff(series)
    omio.convert_to_ometiff(series, series / "all.ome.tif", merge="T")
    (again,) = omio.convert_to_ometiff(series / "T_8.ome.tif", series / "again.ome.tif")
    assert first(omio.imread(series, return_list=True)[0]) == [8, 9, 10]
    why = {Path(one.path).name: one.why for one in omio.plan(series).skipped}
    assert why["T_9.ome.tif"] == "written by OMIO from T_9.tif, which is among the inputs"
    assert why["all.ome.tif"] == "written by OMIO from T_8.tif and 2 more, which is among the inputs"
    assert set(why) == {"T_8.ome.tif", "T_9.ome.tif", "T_10.ome.tif", "all.ome.tif", "again.ome.tif"}
    # what is named is read
    assert first(omio.imread([series / "T_8.tif", series / "T_8.ome.tif"], return_list=True)[0]) == [8, 8]
    # what it was made of is gone, or is another file
    (series / "T_8.tif").unlink()
    put(series / "T_9.tif", 22)
    names = [Path(one.inputs[0].path).name for one in omio.plan(series).outputs]
    assert names == ["all.ome.tif", "T_8.ome.tif", "T_9.ome.tif", "T_9.tif", "T_10.tif"]
    assert again.exists()


def test_the_note(series: Path, cli: Callable[..., Result], caplog: pytest.LogCaptureFixture) -> None:
    """In the log of the library, and on standard error of the command line."""
    omio.convert_to_ometiff(series)
    with caplog.at_level("INFO", "omio"):
        omio.imread(series, merge="T")
    said = "left out, as OMIO wrote it from others of the inputs: T_8.ome.tif, T_9.ome.tif, T_10.ome.tif"
    assert caplog.messages == [said]
    assert f"note: {said}" in cli("merge", series, "--along", "T").stderr


def test_the_metadata_are_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To see what OMIO wrote, the metadata of a file are asked for while its text is still at hand."""
    for t in range(20):
        omio.imwrite(tmp_path / f"{t}.ome.tif", np.full((5, 6), t, "u2"))
    times: list[str] = []

    def counted(xml: str, *said: str) -> object:
        times.append(xml)
        return xmltext.parse_xml(xml, *said)

    ometree._read_cached.cache_clear()
    monkeypatch.setattr(ometree, "parse_xml", counted)
    assert omio.plan(tmp_path, merge="T").outputs[0].shape == (20, 1, 1, 5, 6)
    assert len(times) == 20


def test_a_foreign_ome_tiff_is_read(series: Path) -> None:
    """It carries no record of ours."""
    put(series / "T_3.ome.tif", 3)
    assert first(omio.imread(series, return_list=True)[0]) == [3, 8, 9, 10]


BAD = [b"", b"not a picture", b"II*\0\xff\xff\xff\xff", b"II*\0\x08\0\0\0\x01\0"]


@pytest.mark.parametrize("door", sorted({*DOORS} - {"plan", "convert"}))
@pytest.mark.parametrize("data", BAD)
def test_an_unreadable_file_among_good_ones(
    door: str, data: bytes, series: Path, tree: Callable[[], dict[str, bytes]]
) -> None:
    """Never dropped in silence: where all are wanted together, it is an error that names it."""
    (series / "T_3.tif").write_bytes(data)
    before = tree()
    with pytest.raises((NoReaderError, CorruptFileError), match=r"T_3\.tif"):
        DOORS[door](series)
    assert tree() == before


@pytest.mark.parametrize("data", BAD)
def test_one_bad_file_is_one_bad_file(data: bytes, series: Path, tmp_path: Path) -> None:
    """Where each becomes a file of its own, the others are done, and the error names it; unless the caller stops."""
    (series / "T_3.tif").write_bytes(data)
    (failed,) = omio.plan(series, tmp_path / "out").failed
    assert failed.path == str(series / "T_3.tif")
    assert "remedy:" in failed.problem
    with pytest.raises((NoReaderError, CorruptFileError), match=r"T_3\.tif") as stopped:
        omio.convert_to_ometiff(series, tmp_path / "out", stop=True)
    assert not hasattr(stopped.value, "failed")
    assert not (tmp_path / "out").exists()
    with pytest.raises((NoReaderError, CorruptFileError), match=r"T_3\.tif") as caught:
        omio.convert_to_ometiff(series, tmp_path / "out")
    assert list(caught.value.failed) == [str(series / "T_3.tif")]
    assert [path.name for path in caught.value.written] == ["T_8.ome.tif", "T_9.ome.tif", "T_10.ome.tif"]


def test_what_a_reader_knows_as_no_image(series: Path) -> None:
    """A mask that ThorImageLS writes beside its images has their suffix, and is left out with the reason."""
    (series / "ROIMask.raw").write_bytes(bytes(60))
    plan = omio.plan(series)
    assert [(Path(one.path).name, one.why) for one in plan.skipped] == [
        ("ROIMask.raw", "a mask of regions of interest, no image")
    ]
    assert [Path(one.path).name for one in omio.plan([series / "ROIMask.raw", series]).failed] == ["ROIMask.raw"]
    (series / "Image_001_001.raw").write_bytes(bytes(60))  # it may be one, and nothing says its shape
    assert [Path(one.path).name for one in omio.plan(series).failed] == ["Image_001_001.raw"]


def test_it_can_be_left_out(series: Path) -> None:
    """As the remedy says."""
    (series / "T_3.tif").write_bytes(b"not a picture")
    with pytest.raises(NoReaderError) as caught:
        omio.imread(series, return_list=True)
    assert "patterns=['!T_3.tif']" in caught.value.remedy
    assert len(omio.imread(omio.Folder(series, patterns=["!T_3.tif"]), return_list=True)[0]) == 3


@pytest.mark.parametrize("door", DOORS)
def test_a_folder_without_images(door: str, tmp_path: Path, tree: Callable[[], dict[str, bytes]]) -> None:
    """Empty, or of text files: an error that says what is there."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(NoReaderError, match="empty is a folder that holds no file"):
        DOORS[door](tmp_path / "empty")
    (tmp_path / "texts").mkdir()
    for name in ("a.txt", "b.md", ".hidden.tif"):
        (tmp_path / "texts" / name).write_text("text")
    before = tree()
    with pytest.raises(NoReaderError, match="texts is a folder that holds no image") as caught:
        DOORS[door](tmp_path / "texts")
    assert "a.txt: no reader knows it" in caught.value.evidence
    assert ".hidden.tif: hidden" in caught.value.evidence
    assert tree() == before


@pytest.mark.parametrize("door", DOORS)
def test_what_is_not_there(door: str, series: Path, tree: Callable[[], dict[str, bytes]]) -> None:
    """In a list, or as a folder."""
    before = tree()
    for missing in ([series / "T_8.tif", series / "T_5.tif"], omio.Folder(series / "T_5.tif")):
        with pytest.raises(FileNotFoundError, match=r"T_5\.tif"):
            DOORS[door](missing)
    assert tree() == before


def read(folder: Path) -> list[Any]:
    return omio.imread(folder, return_list=True)[0]


def test_a_conversion_of_an_input_is_left_out(folder: Path) -> None:
    omio.convert_to_ometiff(folder / "a.tif")
    assert len(read(folder)) == 1


def test_what_was_computed_is_an_image_of_its_own(folder: Path) -> None:
    """Its metadata name the input, its pixels are others: it was dropped without a word."""
    array, metadata = omio.imread(folder / "a.tif")
    omio.imwrite(folder / "b.ome.tif", array + 9, metadata)
    assert sorted(int(one.max()) for one in read(folder)) == [PIXELS.max(), PIXELS.max() + 9]


def test_what_was_cut_out_is_an_image_of_its_own(folder: Path) -> None:
    omio.imwrite(folder / "b.ome.tif", omio.imopen(folder / "a.tif").at(Z=0))
    assert sorted(one.shape[1] for one in read(folder)) == [1, 3]


def test_a_part_of_a_merge_is_an_image_of_its_own(folder: Path) -> None:
    tifffile.imwrite(folder / "a2.tif", PIXELS + 1, imagej=True, metadata={"axes": "ZYX"})
    merged = omio.imopen([folder / "a.tif", folder / "a2.tif"], merge="T")
    omio.imwrite(folder / "whole.ome.tif", merged)
    assert len(read(folder)) == 2
    omio.imwrite(folder / "part.ome.tif", merged.at(T=1))
    assert len(read(folder)) == 3


def test_a_file_with_another_image_besides_is_taken(folder: Path, tmp_path: Path) -> None:
    """One image of the two comes from elsewhere, and would have been lost."""
    tifffile.imwrite(tmp_path / "else.tif", PIXELS + 100, imagej=True, metadata={"axes": "ZYX"})
    both = [omio.imopen(folder / "a.tif"), omio.imopen(tmp_path / "else.tif")]
    writing.write(folder / "both.ome.tif", both)
    assert len(read(folder)) == 3


@pytest.mark.parametrize(
    "record",
    [
        {"bytes": 1, "sample_digest": "x"},
        {"name": [1], "bytes": 1, "sample_digest": "x"},
        {"name": "a", "bytes": {}, "sample_digest": "x"},
    ],
)
def test_a_record_may_say_anything(folder: Path, record: dict[str, Any]) -> None:
    """A KeyError, or a TypeError of an unhashable key, for the whole folder."""
    said = {"omio/merge": {"axis": "T", "inputs": [{"source": [record], "stop": 1}]}}
    omio.imwrite(folder / "b.ome.tif", PIXELS, {"Annotations": said}, axes="ZYX")
    assert len(read(folder)) == 2


# --- each reader is asked once


@pytest.fixture
def sniffed() -> Iterator[Counter[tuple[str, str]]]:
    """How often each reader was asked about each file, by their names."""
    asked: Counter[tuple[str, str]] = Counter()

    def counting(reader: Reader) -> Reader:
        def sniff(probe: Probe) -> Verdict:
            asked[reader.name, probe.name] += 1
            return reader.sniff(probe)

        return replace(reader, sniff=sniff)

    known = catalogue()
    with using(replace(known, readers=tuple(map(counting, known.readers)))):
        yield asked


@pytest.mark.parametrize("found", [True, False], ids=["found in a folder", "named alone"])
@pytest.mark.parametrize("name", ["plane.tif", "plane.dat"])
@pytest.mark.parametrize(
    "verb",
    [
        lambda source, out: omio.imread(source, return_list=True),
        lambda source, out: omio.plan(source, out),
        lambda source, out: omio.convert_to_ometiff(source, out),
        lambda source, out: omio.convert_to_ometiff(source, out, merge="T", verify="none"),
    ],
    ids=["imread", "plan", "convert", "merge"],
)
def test_a_reader_is_asked_once(
    verb: Callable[[Path, Path], object],
    name: str,
    found: bool,
    plane: Path,
    tmp_path: Path,
    sniffed: Counter[tuple[str, str]],
) -> None:
    """What the readers said when a file was found is what decides how it is opened."""
    path = plane.rename(plane.with_name(name))
    (path.parent / "notes.txt").write_text("not a picture")
    verb(path.parent if found else path, tmp_path / "out")
    files = [name, "notes.txt"] if found else [name]
    assert {key: n for key, n in sniffed.items() if key[1] in files} == {
        (reader.name, file): 1 for reader in catalogue().readers for file in files
    }
