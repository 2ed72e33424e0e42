"""The verbs of the command line: what each prints where, the exit codes, and that one bad file stops no other."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from click.testing import Result

import omio.cli
from omio_core.plugins.catalogue import catalogue, using
from tests.omio.folders import put

Cli = Callable[..., Result]

# --- info


def test_explain(cli: Callable[..., Any], stated: Path) -> None:
    """Every reader's verdict and why, and the origin of every value."""
    done = cli("info", "--explain", stated)
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[:2] == [str(stated), "reader: tiff (the only SIGNATURE claim)"]
    verdicts = dict(line.split(maxsplit=1) for line in lines[2:] if line.startswith("  "))
    assert verdicts["tiff"].split(maxsplit=1) == ["SIGNATURE", "TIFF header (little-endian)"]
    assert verdicts["czi"].startswith("NO")
    lines = lines[lines.index("image 0: T=4 Z=5 C=2 Y=96 X=128, uint16") - 3 :]
    assert lines[3] == "image 0: T=4 Z=5 C=2 Y=96 X=128, uint16"
    assert "  PhysicalSizeZ     1.5 µm   from file (ImageJ description: spacing, unit um)" in lines
    assert "  Channels[1].Name  unknown" in lines
    valued = [line for line in lines if " from " in line]
    assert len({line.index(" from ") for line in valued}) == 1, "the column of origins is ragged"


def test_json(cli: Callable[..., Any], stated: Path, tmp_path: Path) -> None:
    """One report, with the explanation of each file that could be read, and the error of each that could not."""
    done = cli("info", "--json", stated, tmp_path / "missing.tif", stated, "--time-increment", "5")
    assert done.exit_code == 1
    report = json.loads(done.stdout)
    assert (report["omio_report"], report["verb"], report["ok"]) == (1, "info", False)
    assert report["counts"] == {"files": 2, "failed": 1, "left_out": 0}
    assert [Path(one["path"]).name for one in report["failed"]] == ["missing.tif"]
    first, second = report["files"]
    assert first == second
    assert first["bytes_on_disk"] == stated.stat().st_size
    assert first["images"][0]["compression"] == "none"
    assert first["path"] == str(stated)
    assert first["reader"] == "tiff"
    assert first["verdicts"]["tiff"] == {"match": "SIGNATURE", "why": "TIFF header (little-endian)"}
    (image,) = first["images"]
    assert image["shape"] == [4, 5, 2, 96, 128]
    assert image["facts"]["PhysicalSizeX"] == {"value": 0.25, "origin": "file", "where": "XResolution tag, unit um"}
    assert image["facts"]["TimeIncrement"] == {"value": 5.0, "origin": "caller", "where": "time_increment="}
    assert image["facts"]["Name"] is None
    assert "missing.tif" in done.stderr


def test_json_of_nothing(cli: Callable[..., Any], tmp_path: Path) -> None:
    """Still a report."""
    done = cli("info", "--json", tmp_path / "missing.tif")
    assert (done.exit_code, json.loads(done.stdout)["files"]) == (1, [])


# --- convert


def test_convert(cli: Callable[..., Any], stated: Path, tmp_path: Path) -> None:
    """Into a folder; what was written is named, and it is what the library writes."""
    done = cli("convert", stated, "-o", tmp_path / "out", "--compression-level", "0", "--tile", "64")
    target = tmp_path / "out" / "cells_hyperstack.ome.tif"
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"{stated} -> {target}\n1 written, 0 up to date, 0 left out, 0 failed\n"
    np.testing.assert_array_equal(omio.imread(target)[0], omio.imread(stated)[0])
    with tifffile.TiffFile(target) as file:
        assert file.pages[0].compression == tifffile.COMPRESSION.NONE
        assert file.pages[0].tile == (64, 64)


@pytest.mark.parametrize("name", ["e.ome.tif", "e.OME.TIFF", "e.OTHER"])
def test_several_files_cannot_go_into_one(cli: Callable[..., Any], stated: Path, bare: Path, name: str) -> None:
    """The suffix of any writer that is installed names a file, a stranger's like ours; nothing is written."""
    known, before = catalogue(), set(stated.parent.iterdir())
    stranger = replace(known.writers[0], name="other", suffixes=(".other",))
    with using(replace(known, writers=(*known.writers, stranger))):
        done = cli("convert", stated, bare, "-o", stated.with_name(name))
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"2 files cannot go into the one file {stated.with_name(name)}; give a folder" in done.stderr
    assert set(stated.parent.iterdir()) == before


def test_convert_with_policies(cli: Callable[..., Any], bare: Path, tmp_path: Path) -> None:
    """A refusal is exit code 1 and no file."""
    out = tmp_path / "out"
    for arguments in (["--axes", "raise"], ["--axes", "ZYX", "--missing", "raise"]):
        done = cli("convert", bare, "-o", out, *arguments)
        assert done.exit_code == 1
        assert done.stderr.startswith("error: ")
        assert not out.exists()


def test_collisions(cli: Callable[..., Any], stated: Path, tmp_path: Path) -> None:
    """Numbered by default; skipping says so."""
    target = tmp_path / "a.ome.tif"
    assert cli("convert", stated, "-o", target).exit_code == 0
    assert cli("convert", stated, "-o", target).stdout.splitlines()[0].endswith("a-1.ome.tif")
    done = cli("convert", stated, "-o", target, "--collision", "skip")
    assert (done.exit_code, done.stdout) == (
        0,
        f"left out: {stated}: {target} stands already, made from {stated.name}\n"
        "0 written, 0 up to date, 1 left out, 0 failed\n",
    )
    assert cli("convert", stated, "-o", target, "--collision", "raise").exit_code == 1
    assert cli("convert", stated, "-o", target, "--collision", "overwrite").exit_code == 0
    assert len(list(tmp_path.glob("*.ome.tif"))) == 2


def test_one_image_of_several(cli: Callable[..., Any], several: Callable[..., Path], tmp_path: Path) -> None:
    """By index and by name."""
    path = several("left", "right")
    for image, name in (("0", "left"), ("right", "right")):
        done = cli("convert", path, "--image", image, "-o", tmp_path / name)
        assert done.stdout.splitlines()[0].endswith(f"several_{name}.ome.tif")
    assert cli("convert", path, "--image", "up", "-o", tmp_path / "up").exit_code == 1
    assert cli("convert", path, "-o", tmp_path / "all").stdout.count(" -> ") == 2


def test_quiet(cli: Callable[..., Any], stated: Path, tmp_path: Path) -> None:
    """Nothing but errors."""
    done = cli("convert", "-q", stated, tmp_path / "missing.tif", "-o", tmp_path / "out")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "missing.tif" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["convert"],
        ["info"],
        ["inof", "a.tif"],
        ["info", "--explian", "a.tif"],
        ["convert", "a.tif", "--compression-level", "10"],
        ["convert", "a.tif", "--compression-level", "high"],
        ["convert", "a.tif", "--tile", "-16"],
        ["convert", "a.tif", "--workers", "0"],
        ["convert", "a.tif", "--collision", "ask"],
        ["convert", "a.tif", "--pixel-size", "0.1,x"],
        ["convert", "a.tif", "b.tif", "-o", "one.ome.tif"],
    ],
    ids=" ".join,
)
def test_what_is_not_understood(cli: Callable[..., Any], arguments: list[str], tmp_path: Path) -> None:
    """Exit code 2, said on standard error, and nothing done."""
    done = cli(*arguments)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert "Usage: " in done.stderr
    assert list(tmp_path.iterdir()) == []


# --- plugins, demo, version


def test_help_and_version(cli: Callable[..., Any]) -> None:
    """Exit code 0; the help tells of the exit codes."""
    from omio_core import omio_version

    assert cli("--version").stdout == f"omio, version {omio_version()}\n"
    for arguments in (["--help"], ["-h"], ["info", "-h"], ["convert", "--help"]):
        assert cli(*arguments).exit_code == 0
    assert "Exit codes:" in cli("--help").stdout


# --- as a process


def test_exit_codes_of_the_process(shell: Callable[..., Any], stated: Path, tmp_path: Path) -> None:
    """0, 1 and 2, as the shell sees them; no bar and no colour where there is no terminal, and no traceback."""
    done = shell("convert", stated, "-o", tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0].endswith("cells_hyperstack.ome.tif")
    done = shell("info", tmp_path / "missing.tif", TERM="xterm-256color")
    assert done.returncode == 1
    assert done.stderr == f"error: there is no file or folder {tmp_path / 'missing.tif'}\n"
    assert shell("convert", stated, "--compression-level", "11").returncode == 2


def test_trouble_with_no_path(shell: Callable[..., Any], tmp_path: Path) -> None:
    """A setting that is none, a folder that cannot be made: an error line and exit code 1."""
    done = shell("plugins", OMIO_WORKERS="all")
    assert done.returncode == 1
    assert done.stderr.startswith("error: OMIO_WORKERS is not usable")
    assert "Traceback" not in done.stderr
    (tmp_path / "file").write_text("here")
    done = shell("demo", tmp_path / "file" / "demo")
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


def test_nobody_reads_the_output(stated: Path) -> None:
    """`omio info ... | head`: it ends without a word."""
    code = "from omio.cli import main; main()"
    arguments = [sys.executable, "-c", code, "info", "--explain", *[str(stated)] * 400]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().strip() == str(stated)
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait(60) == 1
    assert said == ""


def test_interrupted(monkeypatch: pytest.MonkeyPatch, stated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C is exit code 130, without a traceback."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(omio, "explain", interrupted)
    monkeypatch.setattr(sys, "argv", ["omio", "info", str(stated)])
    with pytest.raises(SystemExit) as caught:
        omio.cli.main()
    assert caught.value.code == 130
    assert "Traceback" not in capsys.readouterr().err


def test_of_a_folder_the_others_are_done_and_said(three: Path, cli: Cli, tmp_path: Path) -> None:
    done = cli("convert", three, "-o", tmp_path / "out")
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        *(f"{three / name}.tif -> {tmp_path / 'out' / name}.ome.tif" for name in ("a", "c")),
        "2 written, 0 up to date, 0 left out, 1 failed",
    ]
    (line,) = (line for line in done.stderr.splitlines() if line.startswith("error: "))
    assert str(three / "b.tif") in line
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.ome.tif", "c.ome.tif"]


def test_quiet_says_the_error_only(three: Path, cli: Cli, tmp_path: Path) -> None:
    done = cli("convert", three, "-o", tmp_path / "out", "-q")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "b.tif" in done.stderr


def test_info_of_a_folder_says_each_image(three: Path, cli: Cli) -> None:
    (three / "notes.txt").write_text("no image")
    (three / "d.tif").write_bytes(b"")
    put(three / "below" / "e.tif")
    done = cli("info", three, three / "a.tif")
    heads = [line.partition(": ")[0] for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert heads == [str(three / name) for name in ("a.tif", "b.tif", "c.tif", "a.tif")]
    assert done.stdout.count("image 0:") == 4
    assert done.exit_code == 1
    assert f"{three / 'below' / 'e.tif'}: " in cli("info", three, "--recursive").stdout
    report = json.loads(cli("info", three, "--recursive", "--json").stdout)
    assert [Path(one["path"]).name for one in report["left_out"]] == ["notes.txt"]
    assert [Path(one["path"]).name for one in report["failed"]] == ["d.tif"]
    assert report["counts"] == {"files": 4, "failed": 1, "left_out": 1}
    (line,) = (line for line in done.stderr.splitlines() if line.startswith("error: "))
    assert "d.tif" in line


def test_info_of_a_folder_takes_what_is_stated(tmp_path: Path, cli: Cli) -> None:
    put(tmp_path / "f" / "a.tif")
    done = cli("info", tmp_path / "f", "--pixel-size", "0.5", "--reader", "tiff")
    assert done.exit_code == 0
    assert "pixel X 0.5 µm" in done.stdout
