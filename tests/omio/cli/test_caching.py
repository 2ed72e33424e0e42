"""omio cache ls, clean and path: what is printed, as lines and as JSON, and the exit codes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import omio
from omio.cache import places


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache folder: no test touches that of the machine."""
    folder = tmp_path / "own" / places.FOLDER
    monkeypatch.setattr(places, "user_folder", lambda: folder)
    return folder


@pytest.fixture
def entry(plane: Path) -> Path:
    """The entry of `plane`."""
    return Path(omio.imread(plane, zarr_store="disk")[1]["omio_zarr_store_path"])


def test_entries_are_listed_with_size_source_and_state(cli, plane: Path, entry: Path, monkeypatch) -> None:
    for path in (plane, plane.parent, entry.parent, entry):
        done = cli("cache", "ls", path)
        (line,) = done.stdout.splitlines()
        assert str(entry) in line
        assert f"of {plane}" in line
        assert "KiB" in line
        assert "not usable" not in line
    os.utime(plane, ns=(1, 1))
    assert f"not usable: {plane} has changed" in cli("cache", "ls", plane).stdout
    monkeypatch.chdir(plane.parent)
    assert str(entry) in cli("cache", "ls").stdout


def test_entries_as_json(cli, plane: Path, entry: Path, own: Path) -> None:
    """Those of the user's folder too; each once."""
    omio.imread(plane, zarr_store="disk", zarr_store_path=own)
    listed = json.loads(cli("cache", "ls", "--json", plane, own).stdout)
    assert [Path(each["path"]).parent for each in listed] == [entry.parent, own]
    assert listed[0] | {"made": ""} == {
        "path": str(entry), "source": str(plane), "shape": [1, 1, 1, 5, 7], "dtype": "uint8",
        "bytes": sum(file.stat().st_size for file in entry.iterdir()), "made": "", "flaw": None,
    }  # fmt: skip
    assert json.loads(cli("cache", "ls", "--json", plane.parent.parent).stdout) == []


def test_entries_are_removed(cli, plane: Path, entry: Path) -> None:
    done = cli("cache", "clean", "--dry-run", plane)
    assert done.stdout.splitlines()[0] == f"would remove {entry}"
    assert entry.exists()
    assert "nothing to remove" in cli("cache", "clean", "--unusable", plane).stdout
    done = cli("cache", "clean", plane)
    assert done.stdout.splitlines()[:2] == [f"removed {entry}", f"removed {entry.parent}"]
    assert "KiB" in done.stdout.splitlines()[2]
    assert (done.exit_code, done.stderr) == (0, "")
    assert "nothing to remove" in cli("cache", "clean", plane.parent).stdout


def test_all_entries_beside_a_file(cli, plane: Path, entry: Path) -> None:
    other = plane.with_name("other.ome.tif")
    omio.imwrite(other, omio.imread(plane)[0], axes="TZCYX")
    assert "nothing to remove" in cli("cache", "clean", other).stdout
    assert f"removed {entry}" in cli("cache", "clean", "--all", other).stdout


def test_what_is_left_is_said(cli, plane: Path, entry: Path) -> None:
    (entry / "notes.txt").write_text("mine")
    done = cli("cache", "clean", plane.parent)
    assert "notes.txt in it was not made by OMIO" in done.stderr
    assert (entry / "notes.txt").exists()


def test_what_is_not_there_is_an_error_and_the_rest_is_done(cli, plane: Path, entry: Path, tmp_path: Path) -> None:
    done = cli("cache", "clean", tmp_path / "nothing", plane)
    assert done.exit_code == 1
    assert "there is no file or folder" in done.stderr
    assert not entry.exists()
    assert cli("cache", "ls", tmp_path / "nothing").exit_code == 1


def test_where_the_cache_is(cli, plane: Path, own: Path, tmp_path: Path) -> None:
    assert cli("cache", "path").stdout == f"{own}\n"
    expected = plane.parent / ".omio_cache"
    done = cli("cache", "path", plane, plane.parent, expected, tmp_path / "new" / "a.tif")
    assert done.stdout.splitlines() == [*[str(expected)] * 3, str(tmp_path / "new" / ".omio_cache")]
