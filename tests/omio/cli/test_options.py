"""Options of the verbs: each reaches the library, and a value that is none is refused."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tifffile
from click.testing import CliRunner, Result

import omio.cli
from omio.cli.app import app
from omio_core.contract import Policy
from omio_core.plugins import catalogue as plugins
from omio_core.plugins import rules
from omio_core.plugins.catalogue import catalogue
from omio_core.policies import KINDS, Policies

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


@pytest.mark.parametrize("given", [["--compression-level", "auto"], ["--pyramid", "auto"], ["--layout", "one-file"]])
def test_words_of_the_command_line(plate: Path, tmp_path: Path, given: list[str]) -> None:
    done = CliRunner().invoke(app, ["convert", str(plate), "-o", str(tmp_path / "out"), *given])
    assert done.exit_code == 0, done.output
    assert len(list((tmp_path / "out").iterdir())) == (1 if "one-file" in given else 3)


@pytest.mark.parametrize(
    "given", [["--compression-level", "10"], ["--compression-level", "fast"], ["--pyramid", "-1"], ["--tile", "-16"]]
)
def test_numbers_of_the_command_line_that_are_none(plate: Path, given: list[str]) -> None:
    assert CliRunner().invoke(app, ["convert", str(plate), *given]).exit_code == 2


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--compression-level", "fast", "'fast' is not a number from 0 to 9, or auto"),
        ("--compression-level", "10", "'10' is not a number from 0 to 9, or auto"),
        ("--pyramid", "lots", "'lots' is not a number from 0 up, or auto"),
    ],
)
def test_a_number_or_a_word(plane: Path, cli: Cli, option: str, value: str, said: str) -> None:
    done = cli("convert", plane, option, value)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())


@pytest.fixture
def stranger() -> Iterator[None]:
    """A policy of another package, as its hook `omio_policies` would offer it."""
    known = catalogue()
    policy = Policy(kind="collision", name="lab-skip", decide=lambda case: "skip", summary="Leaves what is there.")
    with plugins.using(dataclasses.replace(known, policies=(*known.policies, policy))):
        yield


@pytest.mark.usefixtures("stranger")
def test_a_policy_of_another_package_is_an_option(cli: Cli, stated: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.ome.tif"
    target.write_bytes(b"taken")
    done = cli("convert", stated, "-o", target, "--collision", "lab-skip")
    assert (done.exit_code, done.stderr) == (0, "")
    assert target.read_bytes() == b"taken"
    known = cli("convert", stated, "--collision", "lab")
    assert known.exit_code == 2
    assert "lab-skip" in known.stderr


def test_a_policy_that_is_not_installed_lists_those_that_are(cli: Cli, stated: Path) -> None:
    for verb, option, names in (
        ("convert", "--missing", "raise, unknown"),
        ("convert", "--absent-files", "raise, warn"),
        ("merge", "--conflict", "careful, first, null, raise"),
        ("sidecar", "--collision", "number, overwrite, raise, skip"),
    ):
        done = cli(verb, stated, *(("--along", "T") if verb == "merge" else ()), option, "nobody")
        assert done.exit_code == 2
        assert f"installed: {names}" in " ".join(done.stderr.replace("│", "").split())


def test_the_help_asks_no_plugin(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise AssertionError("the plugins were asked")

    monkeypatch.setattr(plugins, "catalogue", refuse)
    monkeypatch.setattr(rules, "catalogue", refuse)
    for verb in ("", "convert", "merge", "plan", "sidecar", "policies"):
        done = cli(*((verb,) if verb else ()), "--help")
        assert (done.exit_code, done.exception) == (0, None)


def test_names_of_policies_are_completed() -> None:
    (option,) = [p for p in app.commands["convert"].params if p.name == "collision"]
    found = option.type.shell_complete(None, option, "o")
    assert [(item.value, item.help) for item in found] == [
        ("overwrite", "Replace the file of that name, whole or not at all.")
    ]


def test_the_help_states_the_default_of_each_policy() -> None:
    for verb in ("convert", "merge", "plan"):
        for option in app.commands[verb].params:
            if option.name in KINDS and option.name != "axes":  # which names axes, or a policy
                assert f"Default: {getattr(Policies(), option.name)}." in option.help
