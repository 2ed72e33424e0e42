"""What the command line prints: one line per file, each image, plugins; colours and bars on terminals only."""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result

import omio
import omio.cli
from omio_core.errors import OmioError
from omio_core.plugins import catalogue as plugins
from omio_core.plugins.catalogue import catalogue

Cli = Callable[..., Result]
ESCAPE = "\x1b"


def test_info(cli: Callable[..., Any], stated: Path, bare: Path) -> None:
    """One line a file, then each image: sizes of all five axes, type, and what is known or not."""
    done = cli("info", stated, bare)
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        f"{stated}: ImageJ hyperstack, {stated.stat().st_size / 1024:.1f} KiB on disk",
        "  image 0: T=4 Z=5 C=2 Y=96 X=128 uint16",
        "    pixel X 0.25 µm, Y 0.25 µm, Z 1.5 µm, time step 30 s",
        "    not compressed",
        f"{bare}: TIFF, {bare.stat().st_size / 1024:.1f} KiB on disk",
        "  image 0: T=5 Z=1 C=1 Y=96 X=128 uint16",
        "    pixel X unknown, Y unknown, time step unknown",
        "    not compressed",
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
    assert json.loads(done.stdout)["files"][0]["images"][0]["assumptions"]
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
    (told,) = json.loads(cli("info", "--json", path).stdout)["files"]
    assert told["images"][0]["levels"] == [[1, 1, 2, 600, 801], [1, 1, 2, 300, 400], [1, 1, 2, 150, 200]]
    real = data / "czi" / "WellD6-7_S2.czi"
    assert cli("info", real).stdout.count("\n    smaller levels: Y=220 X=272\n") == 2
    flat = omio.imwrite(tmp_path / "flat.ome.tif", np.zeros((6, 8), np.uint8))
    assert "smaller levels" not in cli("info", "--explain", flat).stdout
    (told,) = json.loads(cli("info", "--json", flat).stdout)["files"]
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
    (told,) = json.loads(cli("info", "--json", a).stdout)["files"]
    assert told["images"][0]["facts"]["Channels[0].Color"]["value"] == -16776961
    assert omio.imread(a)[1]["Channels"][0]["Color"] == -16776961
    assert "  changed  Channels[0].Color  #FF0000 -> #FFFFFF\n" in cli("diff", a, b).stdout
    (told,) = json.loads(cli("diff", a, b, "--json").stdout)["images"]
    assert told["changed"][0]["a"] == -16776961


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


def test_policies(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line a policy: kind, name, what is in force, and the sentence."""
    done = cli("policies")
    assert (done.exit_code, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].split() == [
        "shapes",
        "strict",
        "default",
        *["Images", "of", "unequal", "size", "are", "an", "error."],
    ]
    assert len(lines) == len(catalogue().policies)
    monkeypatch.setenv("OMIO_POLICIES", "missing=raise")
    chosen = cli("policies", "missing").stdout.splitlines()
    assert [line.split()[:3] for line in chosen] == [
        ["missing", "unknown", "default"],
        ["missing", "raise", "OMIO_POLICIES"],
    ]
    listed = json.loads(cli("policies", "missing", "--json").stdout)
    assert [kind["in_force"] for kind in listed["kinds"]] == ["raise"]
    assert cli("policies", "weather").exit_code == 2
    monkeypatch.setenv("OMIO_POLICIES", "missing=rise")
    with pytest.raises(OmioError, match="did you mean 'raise'"):
        cli("policies")


def test_plugins_as_json(cli: Cli) -> None:
    listed = json.loads(cli("plugins", "--json").stdout)
    assert listed["omio_plugins"] == 1
    assert {reader["name"] for plugin in listed["plugins"] for reader in plugin["readers"]} >= {"tiff", "czi", "lsm"}


def test_plugins(cli: Callable[..., Any]) -> None:
    """A line each, with what it offers."""
    done = cli("plugins")
    assert done.exit_code == 0
    lines = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert {"tiff", "ome_tiff", "policies"} <= set(lines)
    assert "reader tiff: TIFF" in lines["tiff"]
    assert "writer ome_tiff: OME-TIFF (.ome.tif, .ome.tiff, .ome.btf)" in lines["ome_tiff"]
    assert "collision=number|raise|overwrite|skip" in lines["policies"]
    after = done.stdout.splitlines()
    czi = next(i for i, line in enumerate(after) if line.startswith("czi "))
    assert after[czi + 1].startswith("    option tiles of the reader czi: True gives each tile")
    assert "    option compression of the writer ome_tiff: " in done.stdout


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
    assert said.splitlines()[0] == f"{stated} -> {tmp_path / 'out' / 'cells_hyperstack.ome.tif'}"
    assert "cells_hyperstack.tif" in seen
    assert (f"{ESCAPE}[38" in seen) != plain


def test_many_channels_are_shortened(tmp_path: Path, cli: Cli) -> None:
    for count in (8, 9):
        names = [f"n{i}" for i in range(count)]
        omio.imwrite(tmp_path / f"{count}.ome.tif", np.zeros((count, 4, 4), "u1"), axes="CYX", channel_names=names)
    assert "channels: n0, n1, n2, n3, n4, n5, n6, n7\n" in cli("info", tmp_path / "8.ome.tif").stdout
    assert "channels: n0, n1, n2, n3, n4, n5, … (9)\n" in cli("info", tmp_path / "9.ome.tif").stdout


@pytest.fixture
def losing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Install a reader whose files state more than it holds; give one of two images."""
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "core" / "toy")
    late = importlib.import_module("omio_toy_late")
    known = catalogue()
    parts = ["3 regions of interest", "a\x1bmacro"]
    images = [late.late((2, 1, 4, 5), dtype=kind, not_kept=parts[:n]) for kind, n in (("u2", 2), ("?", 1))]
    with plugins.using(dataclasses.replace(known, readers=(*known.readers, late.READER))):
        yield late.write_late(tmp_path / "a.late", *images)


def test_what_is_not_kept_is_said_in_a_line_per_image(cli: Cli, losing: Path, stated: Path) -> None:
    done = cli("info", losing)
    assert [line for line in done.stdout.splitlines() if "not kept" in line] == [
        "    not kept: 3 regions of interest; a\\x1bmacro",
        "    not kept: 3 regions of interest",
    ]
    assert "not kept" not in cli("info", stated).stdout


def test_a_note_for_each_output_says_what_it_does_not_keep(
    cli: Cli, losing: Path, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    done = cli("convert", losing, "-o", tmp_path / "out")
    assert done.stderr.splitlines() == [
        f"note: {tmp_path / 'out' / 'a_image0.ome.tif'}: not kept: 3 regions of interest; a\\x1bmacro",
        f"note: {tmp_path / 'out' / 'a_image1.ome.tif'}: bool is no OME pixel type; the values are written as uint8;"
        " not kept: 3 regions of interest",
    ]
    assert cli("convert", losing, "-q", "-o", tmp_path / "quiet").stderr == ""
    merged = cli("merge", losing, losing, "--along", "T", "--image", "0", "-o", tmp_path / "m.ome.tif")
    assert merged.stderr == f"note: {tmp_path / 'm.ome.tif'}: not kept: 3 regions of interest; a\\x1bmacro\n"
    assert not recwarn.list


def test_the_library_logs_what_is_not_kept(losing: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "omio")
    omio.imwrite(tmp_path / "a.ome.tif", *omio.imread(losing, image=0))
    assert [record.message for record in caplog.records] == [
        f"{tmp_path / 'a.ome.tif'}: not kept: 3 regions of interest; a\\x1bmacro"
    ]
    omio.imwrite(tmp_path / "b.ome.tif", *omio.imread(tmp_path / "a.ome.tif"))
    assert len(caplog.records) == 1, "what the copy states is all kept"


def test_info_says_date_objective_and_what_is_absent(cli: Cli, data: Path) -> None:
    """As far as the file states them; nothing is filled where nothing is read."""
    done = cli("info", data / "czi" / "s_1_t_1_c_1_z_1.czi")
    lens = "objective Plan-Apochromat 20x/0.8 M27, 20x, NA 0.8, Air"
    assert f"    not compressed; acquired 2019-06-27T18:33:40.6193715Z; {lens}\n" in done.stdout
    done = cli("info", data / "czi" / "LSM880_AiryScan.czi")
    assert "    absent: 48.4 % of the pixels are absent" in done.stdout
    assert "filled" not in done.stdout + done.stderr


def test_a_log_has_all_that_is_printed_and_more(cli: Cli, three: Path, bare: Path, tmp_path: Path) -> None:
    """Lines of results, warnings and errors, also those that -q keeps back; each run is appended."""
    log = tmp_path / "night.log"
    done = cli("convert", three, bare, "-o", tmp_path / "out", "-q", "--log", log)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "warning:" not in done.stderr
    lines = log.read_text("utf-8").splitlines()
    texts = [line.partition(" ")[2] for line in lines]
    assert texts[0].startswith("omio ")
    assert texts[-1] == "end"
    assert any(f"-> {tmp_path / 'out' / 'a.ome.tif'}" in text for text in texts)
    assert any(text.startswith("error: ") and "b.tif" in text for text in texts)
    assert any(text.startswith("warning: ") and "cells_export.tif" in text for text in texts)
    assert cli("verify", tmp_path / "out", "--log", log).exit_code == 0
    assert log.read_text("utf-8").startswith("\n".join(lines))
    assert "3 ok" in log.read_text("utf-8")
    assert cli("info", bare, "--log", tmp_path).exit_code == 2
    assert cli("info", bare, "--log", tmp_path / "no" / "folder.log").exit_code == 2


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_any_name_is_printed(shell: Callable[..., Any], plane: Path) -> None:
    """Bytes that are no text, control characters, letters that the terminal does not have: all verbs go on."""
    folder = plane.parent
    for name in (b"caf\xe9.tif", "ünïcode\N{MICRO SIGN}.tif".encode(), b"two\nlines.tif", b"\x1b[31mred.tif"):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(plane.read_bytes())
    for encoding in ("utf-8", "ascii"):
        for verb in (["info"], ["plan"], ["convert", "-o", folder.parent / encoding, "--log", folder.parent / "log"]):
            done = shell(verb[0], folder, *verb[1:], PYTHONIOENCODING=encoding)
            assert done.returncode == 0, done.stderr
            assert "Traceback" not in done.stderr
            assert "\x1b" not in done.stdout
        done = shell("verify", folder.parent / encoding, PYTHONIOENCODING=encoding)
        assert done.stdout.endswith("5 ok\n"), done.stdout
        assert shell("diff", folder, folder.parent / encoding, PYTHONIOENCODING=encoding).returncode == 0
        assert shell("methods", folder.parent / encoding, PYTHONIOENCODING=encoding).returncode == 0
