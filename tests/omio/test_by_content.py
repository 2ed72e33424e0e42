"""The content of a file decides who reads it, and `explain` says so; its name is the weakest evidence."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import omio
from omio_core.contract import Probe, Reader, Verdict
from omio_core.errors import NoReaderError, UnknownReaderError
from omio_core.plugins.catalogue import catalogue, using


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("stack.czi", "although the name ends in .czi"),
        ("stack", "although the name has no suffix"),
        ("stack.ome", "although the name ends in .ome"),
        ("stack.jpg", "although the name ends in .jpg"),
        ("été 1 (2)", "although the name has no suffix"),
    ],
)
def test_a_wrong_name(stated: Path, name: str, said: str) -> None:
    """Read all the same, and the verdict names the contradiction."""
    array, _ = omio.imread(stated)
    path = stated.rename(stated.with_name(name))
    again, metadata = omio.imread(path)
    np.testing.assert_array_equal(again, array)
    assert metadata["PhysicalSizeX"] == 0.25
    told = omio.explain(path)
    assert told.to_dict()["reader"] == "tiff"
    assert said in told.to_dict()["verdicts"]["tiff"]["why"]
    assert said in str(told)


def test_a_right_name_in_capitals(stated: Path) -> None:
    """.TIF is .tif: nothing to remark."""
    path = stated.rename(stated.with_name("STACK.TIF"))
    array, _ = omio.imread(path)
    assert array.shape == (4, 5, 2, 96, 128)
    assert "although" not in str(omio.explain(path))


def test_a_picture_of_another_kind_named_tif(tmp_path: Path) -> None:
    """The name does not help it; the error has each reader's reason."""
    path = tmp_path / "a.tif"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    with pytest.raises(NoReaderError) as caught:
        omio.imread(path)
    assert "\\x89PN" in caught.value.evidence
    assert caught.value.verdicts["tiff"].match.name == "NO"


def test_a_reader_named_by_the_caller(stated: Path) -> None:
    """Settles it, and `explain` says who did; one that does not exist is refused with those that do."""
    assert omio.explain(stated, reader="tiff").to_dict()["because"] == "the caller named it"
    with pytest.raises(UnknownReaderError, match=r"installed: .*tiff"):
        omio.imread(stated, reader="tif")


def test_the_converted_name_of_a_wrong_one(stated: Path) -> None:
    """A suffix that no reader knows is part of the name, and stays."""
    path = Path(shutil.copy(stated, stated.with_name("stack.v2")))
    (written,) = omio.convert_to_ometiff(path)
    assert written.name == "stack.v2.ome.tif"


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
