"""Options of the verbs: each reaches the library, and a value that is none is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tifffile
from click.testing import CliRunner, Result

import omio.cli
from omio.cli.app import app
from omio.cli.options import CHOICES
from omio_core.plugins.catalogue import catalogue

Cli = Callable[..., Result]


def test_info_with_statements(cli: Callable[..., Any], bare: Path) -> None:
    """What is said on the command line is in the answer; blanks after commas are not part of names."""
    done = cli("info", bare, "--axes", "CYX", "--pixel-size", "0.1,0.2", "--channel-names", "a, b,c ,d,e é")
    assert done.exit_code == 0
    assert done.stderr == ""
    assert "C=5" in done.stdout
    assert "pixel X 0.1 µm, Y 0.2 µm" in done.stdout
    assert "channels: a, b, c, d, e é\n" in done.stdout


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


def test_options_of_the_command_line(plate: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = CliRunner().invoke(
        app,
        ["convert", str(plate), "-o", str(out), "--image", "1", "--name", "{stem}-{SizeT}", "--compression", "zstd",
         "--predictor", "--tile", "16", "--pyramid", "1", "--order", "XYCTZ", "--bigtiff", "--verify", "pixels"],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    path = out / "plate.v1.2-3.ome.tif"
    with tifffile.TiffFile(path) as tif:
        page = tif.pages[0]
        assert (tif.is_bigtiff, page.compression, page.predictor, page.tilewidth) == (True, 50000, 2, 16)
        assert len(tif.series[0].levels) == 2
        assert 'DimensionOrder="XYCTZ"' in page.description


@pytest.mark.parametrize("given", [["--level", "auto"], ["--pyramid", "auto"], ["--layout", "one-file"]])
def test_words_of_the_command_line(plate: Path, tmp_path: Path, given: list[str]) -> None:
    done = CliRunner().invoke(app, ["convert", str(plate), "-o", str(tmp_path / "out"), *given])
    assert done.exit_code == 0, done.output
    assert len(list((tmp_path / "out").iterdir())) == (1 if "one-file" in given else 3)


@pytest.mark.parametrize("given", [["--level", "10"], ["--level", "fast"], ["--pyramid", "-1"], ["--tile", "-16"]])
def test_numbers_of_the_command_line_that_are_none(plate: Path, given: list[str]) -> None:
    assert CliRunner().invoke(app, ["convert", str(plate), *given]).exit_code == 2


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--level", "fast", "'fast' is not a number from 0 to 9, or auto"),
        ("--level", "10", "'10' is not a number from 0 to 9, or auto"),
        ("--pyramid", "lots", "'lots' is not a number from 0 up, or auto"),
    ],
)
def test_a_number_or_a_word(plane: Path, cli: Cli, option: str, value: str, said: str) -> None:
    done = cli("convert", plane, option, value)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())


def test_the_choices_are_the_policies_that_are_registered() -> None:
    """The command line lists names so that its help needs no plugin; they are those that our plugins register."""
    registered: dict[str, set[str]] = {}
    for policy in catalogue().policies:
        registered.setdefault(policy.kind, set()).add(policy.name)
    assert {kind: set(names) for kind, names in CHOICES.items()} == {kind: registered[kind] for kind in CHOICES}
