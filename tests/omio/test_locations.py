"""Sources that are no local files: every verb and every kind of source takes a location where it takes a path."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import omio
from omio.planning.plan import Plan
from omio.sources.kinds import find
from omio_core.errors import NoReaderError, OmioError, ReadError, WriteError
from omio_core.files.local import locate
from omio_core.files.memory import MemoryLocation
from tests.plugins.czi.made import Block, ramp, write

FRAMES = [ramp(7, 9, start=k) for k in range(4)]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Two folders of a stack, with two files each, and a note."""
    for k, frame in enumerate(FRAMES):
        folder = tmp_path / "run" / f"t_{k // 2}"
        folder.mkdir(parents=True, exist_ok=True)
        write(folder / f"f_{k}.czi", [Block(pixels=frame)])
    (tmp_path / "run" / "t_0" / "notes.txt").write_text("a note")
    return tmp_path / "run"


def far(home: Path, *, listable: bool = True) -> MemoryLocation:
    files = {f"/far/{path.relative_to(home).as_posix()}": path.read_bytes() for path in home.rglob("*.*")}
    return MemoryLocation("/far", files, listable)


def planes(source: object) -> list[np.ndarray]:
    return [array[0, 0, 0] for array in omio.imread(source, return_list=True)[0]]


@pytest.mark.parametrize("place", [far, locate], ids=["in memory", "local"])
def test_every_kind_of_source_takes_a_location(home: Path, place: object) -> None:
    top = place(home)
    first = top.child("t_0/f_0.czi")
    assert np.array_equal(planes(first), FRAMES[:1])
    assert np.array_equal(planes(omio.File(first)), FRAMES[:1])
    assert np.array_equal(planes([first, top.child("t_1")]), [FRAMES[k] for k in (0, 2, 3)])
    assert np.array_equal(planes(omio.Files([top.child("t_1/f_3.czi"), first])), [FRAMES[3], FRAMES[0]])
    assert np.array_equal(planes(top.child("t_0")), FRAMES[:2])
    assert np.array_equal(planes(omio.Folder(top, recursive=True)), FRAMES)
    assert np.array_equal(planes(omio.FolderStack(top.child("t_0"))), FRAMES)
    assert np.array_equal(planes(omio.FolderStack(top, tag="t_")), FRAMES)


def test_every_verb_takes_a_location(home: Path, tmp_path: Path) -> None:
    top = far(home)
    first, local = top.child("t_0/f_0.czi"), home / "t_0" / "f_0.czi"
    assert np.array_equal(omio.imopen(first)[0, 0, 0], FRAMES[0])
    assert str(first) in str(omio.explain(first))
    assert omio.diff(first, local).images[0].pixels.verdict == "equal"
    assert omio.diff(first, local).a == "/far/t_0/f_0.czi"
    (written,) = omio.convert_to_ometiff(top, tmp_path / "out", merge="T", recursive=True)
    assert np.array_equal(omio.imread(written)[0][:, 0, 0], FRAMES)
    several = omio.convert_to_ometiff(omio.Folder(top, recursive=True), tmp_path / "several")
    assert [path.relative_to(tmp_path / "several").as_posix() for path in several] == [
        f"t_{k // 2}/f_{k}.ome.tif" for k in range(4)
    ]
    plan = omio.plan(first, tmp_path / "one.ome.tif")
    assert "from /far/t_0/f_0.czi" in str(plan)
    assert plan.run() == [tmp_path / "one.ome.tif"]


def test_a_plan_of_what_is_no_local_file_is_not_saved(home: Path, tmp_path: Path) -> None:
    plan = omio.plan(far(home).child("t_0/f_0.czi"), tmp_path / "one.ome.tif")
    with pytest.raises(OmioError, match="the plan cannot be saved"):
        plan.to_json()
    here = omio.plan(locate(home / "t_0" / "f_0.czi"), tmp_path / "one.ome.tif")
    assert Plan.from_json(here.to_json()) == here


def test_a_name_is_needed_where_there_is_no_folder_beside(home: Path, tmp_path: Path) -> None:
    for source, along in ((far(home).child("t_0/f_0.czi"), None), (far(home).child("t_0"), "T")):
        with pytest.raises(WriteError, match="there is no folder on this machine beside") as caught:
            omio.convert_to_ometiff(source, merge=along)
        assert "out=" in caught.value.remedy


def test_a_place_without_a_list(home: Path) -> None:
    """Files that are named are read; a folder there is an error that says what to do."""
    top = far(home, listable=False)
    assert np.array_equal(planes([top.child("t_0/f_0.czi"), top.child("t_1/f_2.czi")]), FRAMES[::2])
    for source in (top.child("t_0"), omio.Folder(top), omio.FolderStack(top.child("t_0"))):
        with pytest.raises(ReadError, match="cannot be listed") as caught:
            find(source)
        assert caught.value.remedy == "name the files in it"


def test_what_is_not_there(home: Path) -> None:
    top = far(home)
    with pytest.raises(FileNotFoundError, match=r"/far/no\.czi"):
        omio.imread(top.child("no.czi"))
    for source in (omio.Folder(top.child("no")), omio.FolderStack(top.child("no1"))):
        with pytest.raises(FileNotFoundError, match="there is no folder /far/no"):
            find(source)
    with pytest.raises(ReadError, match="is no folder"):
        find(omio.FolderStack(top.child("t_0/f_0.czi")))
    with pytest.raises(NoReaderError, match="/far/t_0 is a folder that holds no image") as caught:
        omio.imread(omio.Folder(top.child("t_0"), patterns="*.lsm"))
    assert "f_0.czi: does not match" in caught.value.evidence


@pytest.mark.parametrize(
    "verb", [omio.imread, omio.imopen, omio.explain, omio.plan, lambda name: omio.diff(name, name), find]
)
def test_an_empty_name_is_not_the_current_folder(verb: object) -> None:
    with pytest.raises(FileNotFoundError, match="with the name ''"):
        verb("")


def test_a_sidecar_is_written_for_a_location(tmp_path: Path) -> None:
    raw = MemoryLocation("/far/a.raw", {"/far/a.raw": bytes(4 * 5 * 2)})
    target = omio.create_thorlabs_raw_yaml(raw, tmp_path)
    assert target == tmp_path / "a.yaml"
    assert '"a.raw": 40 bytes' in target.read_text("utf-8")
    with pytest.raises(ReadError, match="not a local file"):
        omio.create_thorlabs_raw_yaml(raw)
    (tmp_path / "b.raw").write_bytes(bytes(40))
    with pytest.raises(WriteError, match="is the file that the sidecar describes"):
        omio.create_thorlabs_raw_yaml(tmp_path / "b.raw", tmp_path / "b.raw", collision="overwrite")
