"""The command line: what it prints where, its exit codes, and that one bad file stops no other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import omio
import omio.cli
from omio_core.errors import NoReaderError

ESCAPE = "\x1b"


# --- info


def test_info(cli: Callable[..., Any], stated: Path, bare: Path) -> None:
    """One line a file, then each image: sizes of all five axes, type, and what is known or not."""
    done = cli("info", stated, bare)
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        f"{stated}: ImageJ hyperstack",
        "  image 0: T=4 Z=5 C=2 Y=96 X=128 uint16",
        "    pixel X 0.25 µm, Y 0.25 µm, Z 1.5 µm, time step 30 s",
        f"{bare}: TIFF",
        "  image 0: T=5 Z=1 C=1 Y=96 X=128 uint16",
        "    pixel X unknown, Y unknown, time step unknown",
        "    assumed: the one unlabelled axis, of length 5, is taken for T (time); settle it with --axes",
    ]
    assert done.stderr == ""


def test_what_is_assumed_is_said_once(cli: Callable[..., Any], bare: Path, stated: Path, data: Path) -> None:
    """Where the output says it, no warning does; for programs, which read the output, the warning stays."""
    real = data / "czi" / "LSM880_AiryScan.czi"
    for path, sentence in ((bare, "is taken for T"), (real, "is folded into C"), (bare.parent, "is taken for T")):
        for arguments in ([], ["--explain"]):
            done = cli("info", *arguments, path)
            assert done.stdout.count(sentence) == 1
            assert sentence not in done.stderr
    done = cli("info", "--json", bare)
    assert json.loads(done.stdout)[0]["images"][0]["assumptions"]
    assert done.stderr.count("warning:") == 1
    for other in (bare, stated):  # compared with itself there is nothing to tell of it
        done = cli("diff", bare, other, "--no-pixels")
        assert (done.stdout + done.stderr).count("is taken for T") == 1
        assert done.stderr.count("warning:") == (1 if other is bare else 0)
    assert cli("diff", bare, stated, "--no-pixels", "--json").stderr.count("warning:") == 1


def test_info_says_levels(cli: Callable[..., Any], tmp_path: Path, data: Path) -> None:
    """The sizes of the smaller levels of a pyramid, where there is one; all of them in JSON."""
    path = omio.imwrite(tmp_path / "p.ome.tif", np.zeros((2, 600, 801), np.uint8), axes="CYX", pyramid=2)
    assert "\n    smaller levels: Y=300 X=400, Y=150 X=200\n" in cli("info", path).stdout
    assert "  smaller levels    Y=300 X=400, Y=150 X=200\n" in cli("info", "--explain", path).stdout
    with omio.imopen(path) as image:
        assert "smaller levels" in image.explain()
    (told,) = json.loads(cli("info", "--json", path).stdout)
    assert told["images"][0]["levels"] == [[1, 1, 2, 600, 801], [1, 1, 2, 300, 400], [1, 1, 2, 150, 200]]
    real = data / "czi" / "WellD6-7_S2.czi"
    assert cli("info", real).stdout.count("\n    smaller levels: Y=220 X=272\n") == 2
    flat = omio.imwrite(tmp_path / "flat.ome.tif", np.zeros((6, 8), np.uint8))
    assert "smaller levels" not in cli("info", "--explain", flat).stdout
    (told,) = json.loads(cli("info", "--json", flat).stdout)
    assert told["images"][0]["levels"] == [[1, 1, 1, 6, 8]]


def test_colours_for_people(cli: Callable[..., Any], tmp_path: Path) -> None:
    """As #RRGGBB, with the alpha where it is not opaque; for programs as OME has them."""
    for name, colours in (("a", (-16776961, 16711807)), ("b", (-1, 16711807))):
        said = {"Channels": [{"Name": "x", "Color": one} for one in colours]}
        omio.imwrite(tmp_path / f"{name}.ome.tif", np.zeros((2, 4, 4), np.uint8), said, axes="CYX")
    a, b = tmp_path / "a.ome.tif", tmp_path / "b.ome.tif"
    said = cli("info", "--explain", a).stdout
    assert "  Channels[0].Color  #FF0000    from file (OME-XML Channel/@Color)\n" in said
    assert "  Channels[1].Color  #00FF007F  from file" in said
    assert "-16776961" not in said
    (told,) = json.loads(cli("info", "--json", a).stdout)
    assert told["images"][0]["facts"]["Channels[0].Color"]["value"] == -16776961
    assert omio.imread(a)[1]["Channels"][0]["Color"] == -16776961
    assert "  changed  Channels[0].Color  #FF0000 -> #FFFFFF\n" in cli("diff", a, b).stdout
    (told,) = json.loads(cli("diff", a, b, "--json").stdout)["images"]
    assert told["changed"][0]["a"] == -16776961


def test_a_folder_is_not_explained(stated: Path) -> None:
    """Who asks why a folder is read as it is, is told what says so."""
    with pytest.raises(NoReaderError, match="is a folder") as caught:
        omio.explain(stated.parent)
    assert f"omio.plan({str(stated.parent)!r})" in caught.value.remedy
    assert f"omio plan {stated.parent}" in caught.value.remedy
    assert caught.value.path == str(stated.parent)


def test_info_with_statements(cli: Callable[..., Any], bare: Path) -> None:
    """What is said on the command line is in the answer; blanks after commas are not part of names."""
    done = cli("info", bare, "--axes", "CYX", "--pixel-size", "0.1,0.2", "--channel-names", "a, b,c ,d,e é")
    assert done.exit_code == 0
    assert done.stderr == ""
    assert "C=5" in done.stdout
    assert "pixel X 0.1 µm, Y 0.2 µm" in done.stdout
    assert "channels: a, b, c, d, e é\n" in done.stdout


def test_info_of_several_images(cli: Callable[..., Any], several: Callable[..., Path]) -> None:
    """Each has its index and its name; a name cannot steer the terminal."""
    path = several("left", "right")
    done = cli("info", path)
    assert "  image 0: left, T=1 Z=1 C=1 Y=8 X=9 uint8\n" in done.stdout
    assert "  image 1: right, T=1" in done.stdout
    evil = omio.imwrite(path.with_name("evil.ome.tif"), np.zeros((2, 2), np.uint8), {"Name": "a\u202eb\nimage 9: c"})
    for arguments in (["info"], ["info", "--explain"]):
        shown = cli(*arguments, evil).stdout
        assert "\\u202e" in shown
        assert "\nimage 9" not in shown


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
    """One array with an entry a path that could be read, each value with its origin; nothing else there."""
    done = cli("info", "--json", stated, tmp_path / "missing.tif", stated, "--time-increment", "5")
    assert done.exit_code == 1
    first, second = json.loads(done.stdout)
    assert first == second
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
    """Still an array."""
    done = cli("info", "--json", tmp_path / "missing.tif")
    assert (done.exit_code, json.loads(done.stdout)) == (1, [])


# --- convert


def test_convert(cli: Callable[..., Any], stated: Path, tmp_path: Path) -> None:
    """Into a folder; what was written is named, and it is what the library writes."""
    done = cli("convert", stated, "-o", tmp_path / "out", "--level", "0", "--tile", "64")
    target = tmp_path / "out" / "cells_hyperstack.ome.tif"
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"{stated} -> {target}\n"
    np.testing.assert_array_equal(omio.imread(target)[0], omio.imread(stated)[0])
    with tifffile.TiffFile(target) as file:
        assert file.pages[0].compression == tifffile.COMPRESSION.NONE
        assert file.pages[0].tile == (64, 64)


def test_convert_goes_on(cli: Callable[..., Any], stated: Path, bare: Path, tmp_path: Path) -> None:
    """One bad path: named with its remedy, exit code 1, the others are done."""
    bad = tmp_path / "notes.tif"
    bad.write_text("not a picture")
    done = cli("convert", bad, stated, tmp_path / "missing.tif", bare, "-o", tmp_path / "out")
    assert done.exit_code == 1
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["cells_export.ome.tif", "cells_hyperstack.ome.tif"]
    assert done.stdout.count(" -> ") == 2
    assert done.stderr.count("error: ") == 2
    assert f"error: no reader recognises {bad}\n  evidence: " in done.stderr
    assert "missing.tif" in done.stderr
    assert "remedy: " in done.stderr


def test_convert_states(cli: Callable[..., Any], bare: Path, tmp_path: Path) -> None:
    """Every statement reaches the file."""
    done = cli(
        "convert", bare, "-o", tmp_path / "a.ome.tif", "--axes", "TYX", "--pixel-size", "0.5",
        "--time-increment", "2", "--channel-names", "GFP", "--reader", "tiff", "--workers", "1", "--missing", "raise",
    )  # fmt: skip
    assert (done.exit_code, done.stderr) == (0, "")
    _, metadata = omio.imread(tmp_path / "a.ome.tif")
    assert (metadata["PhysicalSizeX"], metadata["PhysicalSizeY"]) == (0.5, 0.5)
    assert metadata["TimeIncrement"] == 2.0
    assert metadata["Channels"][0]["Name"] == "GFP"


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
    assert cli("convert", stated, "-o", target).stdout.endswith("a-1.ome.tif\n")
    done = cli("convert", stated, "-o", target, "--collision", "skip")
    assert (done.exit_code, done.stdout) == (0, f"{stated}: its name is taken, nothing written\n")
    assert cli("convert", stated, "-o", target, "--collision", "raise").exit_code == 1
    assert cli("convert", stated, "-o", target, "--collision", "overwrite").exit_code == 0
    assert len(list(tmp_path.glob("*.ome.tif"))) == 2


def test_one_image_of_several(cli: Callable[..., Any], several: Callable[..., Path], tmp_path: Path) -> None:
    """By index and by name."""
    path = several("left", "right")
    for image, name in (("0", "left"), ("right", "right")):
        done = cli("convert", path, "--image", image, "-o", tmp_path / name)
        assert done.stdout.endswith(f"several_{name}.ome.tif\n")
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
        ["convert", "a.tif", "--level", "10"],
        ["convert", "a.tif", "--level", "high"],
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


def test_plugins(cli: Callable[..., Any]) -> None:
    """A line each, with what it offers."""
    done = cli("plugins")
    assert done.exit_code == 0
    lines = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert {"tiff", "ome_tiff", "policies"} <= set(lines)
    assert "reader tiff: TIFF" in lines["tiff"]
    assert "writer ome_tiff: OME-TIFF (.ome.tif, .ome.tiff, .ome.btf)" in lines["ome_tiff"]
    assert "collision=number|raise|overwrite|skip" in lines["policies"]


def test_demo(cli: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writes, explains, converts, reads back, says where; a second run takes the next name."""
    monkeypatch.chdir(tmp_path)
    done = cli("demo")
    assert done.exit_code == 0
    made = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file())
    assert made == [
        "omio-demo/cells_export.tif",
        "omio-demo/cells_hyperstack.tif",
        "omio-demo/converted/cells_export.ome.tif",
        "omio-demo/converted/cells_hyperstack.ome.tif",
    ]
    said = done.stdout
    assert all(Path(name).name in said for name in made)
    assert said.count("the pixels are equal") == 2
    assert "NOT EQUAL" not in said
    assert "PhysicalSizeZ     1.5 µm   from file (ImageJ description: spacing, unit um)" in said
    assert "taken for T" in said
    assert said.rstrip().endswith(str(tmp_path / "omio-demo"))
    assert done.stderr == ""

    (advice,) = [line.split() for line in said.splitlines() if line.strip().startswith("omio convert")]
    assert cli(*advice[1:], "-o", "followed.ome.tif").exit_code == 0
    array, metadata = omio.imread("followed.ome.tif")
    assert array.shape == (1, 5, 1, 96, 128)
    assert metadata["PhysicalSizeZ"] == 1.5

    before = {p: p.read_bytes() for p in Path("omio-demo").rglob("*") if p.is_file()}
    assert cli("demo").exit_code == 0
    assert Path("omio-demo-1", "converted").is_dir()
    assert {p: p.read_bytes() for p in before} == before
    assert cli("demo", "elsewhere/deep").exit_code == 0
    assert Path("elsewhere/deep/cells_export.tif").is_file()


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
    assert done.stdout.endswith("cells_hyperstack.ome.tif\n")
    done = shell("info", tmp_path / "missing.tif", TERM="xterm-256color")
    assert done.returncode == 1
    assert done.stderr == f"error: there is no file or folder {tmp_path / 'missing.tif'}\n"
    assert shell("convert", stated, "--level", "11").returncode == 2


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


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="this system has no pseudo-terminals")
@pytest.mark.parametrize("plain", [False, True], ids=["colour", "NO_COLOR"])
def test_on_a_terminal(stated: Path, tmp_path: Path, plain: bool) -> None:
    """Errors are red and a conversion has a bar; NO_COLOR takes the colour away; standard output stays plain."""
    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "CI")}
    environment = kept | {"TERM": "xterm-256color"} | ({"NO_COLOR": "1"} if plain else {})
    code = "from omio.cli import main; main()"

    def run(*arguments: object) -> tuple[int, str, str]:
        master, terminal = os.openpty()
        process = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=terminal, env=environment, text=True,
        )  # fmt: skip
        os.close(terminal)
        seen = b""
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:  # Linux says so when the other end is closed
                break
            if not part:
                break
            seen += part
        os.close(master)
        said = process.stdout.read()
        process.stdout.close()
        return process.wait(60), said, seen.decode()

    number, said, seen = run("info", tmp_path / "missing.tif")
    assert (number, said) == (1, "")
    assert "error: " in seen
    assert (f"{ESCAPE}[31m" in seen) != plain
    number, said, seen = run("convert", stated, "-o", tmp_path / "out")
    assert number == 0
    assert said == f"{stated} -> {tmp_path / 'out' / 'cells_hyperstack.ome.tif'}\n"
    assert "cells_hyperstack.tif" in seen
    assert (f"{ESCAPE}[38" in seen) != plain
