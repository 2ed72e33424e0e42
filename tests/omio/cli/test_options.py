"""Options of the verbs: each reaches the library, and a value that is none is refused."""

from __future__ import annotations

import dataclasses
import importlib
import json
import shutil
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
import tifffile
from click.testing import CliRunner, Result

import omio.cli
from omio.cli.app import app
from omio.cli.flags import spoken
from omio_core.contract import Match, Policy, Verdict, Writer, WriteRequest, Written, advise
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


# --- options of readers


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Install a reader with the option `add`, which is added to every pixel; give a file of it, of zeros."""
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "core" / "toy")
    toy, read = importlib.import_module("omio_toy"), importlib.import_module("omio_toy_read")
    known = catalogue()
    with plugins.using(dataclasses.replace(known, readers=(*known.readers, toy.READER))):
        yield read.write_toy(tmp_path / "a.toy", read.image(np.zeros((2, 3), np.int16), "YX"))


def test_an_option_reaches_the_reader_as_the_keyword_does(cli: Cli, toys: Path, tmp_path: Path) -> None:
    for verb, more in (("convert", ()), ("merge", ("--along", "T"))):
        out = tmp_path / f"{verb}.ome.tif"
        done = cli(verb, toys, *more, "-o", out, "--option", "add=3")
        assert (done.exit_code, done.stderr) == (0, "")
        array, metadata = omio.imread(out)
        assert np.array_equal(array, omio.imread(toys, add=3)[0])
        assert array.max() == 3
        assert "add" in json.dumps(metadata["Annotations"]["omio/provenance"])
    assert cli("diff", toys, toys, "--option", "add=3").exit_code == 0
    for explain in ([], ["--explain"]):
        assert cli("info", toys, *explain, "--option", "add=3").exit_code == 0
        assert cli("info", toys.parent / "folder", *explain, "--option", "add=3").exit_code == 1, "there is none"


def test_an_option_holds_for_the_files_of_a_folder(cli: Cli, toys: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    shutil.copy(toys, folder)
    done = cli("info", folder, "--option", "add=3", "--pixel-size", "2")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "pixel X 2 µm" in done.stdout
    done = cli("info", folder, "--option", "subtract=3")
    assert done.exit_code == 1
    assert "toy has no option 'subtract'" in done.stderr


def test_an_option_is_in_the_plan_and_the_plan_runs_with_it(cli: Cli, toys: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.ome.tif"
    assert "options of the reader: add=3\n" in cli("plan", toys, "-o", out, "--option", "add=3").stdout
    done = cli("plan", toys, "-o", out, "--option", "add=3", "--json")
    assert json.loads(done.stdout)["request"]["options"] == {"add": 3}
    (tmp_path / "plan.json").write_text(done.stdout)
    assert cli("run", tmp_path / "plan.json").exit_code == 0
    assert omio.imread(out)[0].max() == 3


def test_an_option_that_the_reader_does_not_have_is_answered_with_those_that_it_has(
    cli: Cli, toys: Path, plane: Path
) -> None:
    done = cli("info", toys, "--option", "subtract=3")
    assert done.exit_code == 1
    assert "toy has no option 'subtract'" in done.stderr
    assert "its options are add: a number that is added to every pixel" in done.stderr
    done = cli("convert", plane, "--option", "add=3")
    assert "tiff has no option 'add'" in done.stderr
    assert "its options are description: " in done.stderr


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("add", "is not of the form NAME=VALUE"),
        ("add=", "is not of the form NAME=VALUE"),
        ("=3", "is not of the form NAME=VALUE"),
        ("axes=ZYX", "axes is no option of a reader; use --axes"),
        ("workers=2", "workers is no option of a reader"),
        ("merge=T", "merge is no option of a reader"),
        ("progress=1", "progress is no option of a reader, but a keyword of OMIO"),
        ("zeropadding=true", "zeropadding is no option of a reader, but a keyword of OMIO"),
        ("shapes=pad", "shapes is no option of a reader, but a keyword of OMIO"),
        (f"add={'1' * 101}", "more than 100 digits"),
    ],
)
def test_an_option_that_cannot_be_one_is_refused(cli: Cli, plane: Path, text: str, reason: str) -> None:
    for verb in ("info", "convert"):
        done = cli(verb, plane, "--option", text)
        assert done.exit_code == 2
        assert reason in " ".join(done.stderr.replace("│", "").split())


def test_an_option_is_given_once(cli: Cli, plane: Path) -> None:
    done = cli("info", plane, "--option", "add=3", "--option", "add=4")
    assert (done.exit_code, "add is given twice" in done.stderr) == (2, True)


def test_errors_of_a_reader_advise_its_options_in_the_form_that_can_be_typed(cli: Cli, tmp_path: Path) -> None:
    raw = tmp_path / "Image_0001_0001.raw"
    raw.write_bytes(bytes(24))
    stated = "T: 1\nZ: 1\nC: 1\nY: 3\nX: 4\n"
    (tmp_path / "form.yaml").write_text(stated)
    (tmp_path / "form.txt").write_text(stated)
    done = cli("info", raw, "--option", f"sidecar={tmp_path / 'form.yaml'}")
    assert (done.exit_code, "Y=3 X=4 uint16" in done.stdout) == (0, True)
    done = cli("info", raw, "--option", f"sidecar={tmp_path / 'form.txt'}")
    assert f"--option sidecar={tmp_path / 'form.txt'} is no sidecar" in done.stderr
    for name in ("one.yaml", "two.yaml"):
        (tmp_path / name).write_text(stated)
    done = cli("info", raw)
    assert "name it: --option sidecar=form.yaml with its folder" in done.stderr


def test_an_option_of_another_writer_reaches_it(
    cli: Cli, plane: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(path: str, images: object, request: WriteRequest) -> Written:
        Path(path).write_text(f"{request.options}")
        return Written()

    module = types.ModuleType("omio_pens")
    module.write = write  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "omio_pens", module)
    pen = Writer(
        name="pen", title="Pen", suffixes=(".pen",), accepts=lambda images: Verdict(Match.EXACT, "anything"),
        write="omio_pens:write", options={"ink": "its colour"},
    )  # fmt: skip
    known = catalogue()
    with plugins.using(dataclasses.replace(known, writers=(*known.writers, pen))):
        done = cli("convert", plane, "-o", tmp_path / "a.pen", "--option", "ink=blue")
        assert (done.exit_code, done.stderr) == (0, "")
        assert (tmp_path / "a.pen").read_text() == "{'ink': 'blue'}"
        assert spoken(advise("leave out {ink}", ink="blue"), _context(plane)) == "leave out --option ink=blue"


def _context(path: Path) -> click.Context:
    return app.commands["convert"].make_context("convert", [str(path)])
