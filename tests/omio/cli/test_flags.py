"""What is advised on the command line can be typed there: flags of the command that runs, not Python's keywords."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
import tifffile

import omio
from omio.cli.app import app
from omio.cli.flags import advice, spoken
from omio_core.errors import OmioError
from omio_core.plugins.catalogue import catalogue
from omio_core.policies import KINDS

Cli = Callable[..., Any]


def _command(verb: str, *typed: str) -> click.Context:
    given = ["a.tif", *(["b.tif"] if verb == "diff" else []), *(["--along", "T"] if verb == "merge" else []), *typed]
    return app.commands[verb].make_context(verb, given, parent=click.Context(app, **app.context_settings))


@pytest.mark.parametrize(
    ("verb", "said", "expected"),
    [
        # values of every form
        ("convert", "choose one with image=<index or name>", "choose one with --image <index or name>"),
        ("convert", 'take all with image="all"', "take all with --image all"),
        ("convert", "choose with reader='tiff', or not", "choose with --reader tiff, or not"),
        ("convert", 'take name="a b"', "take --name 'a b'"),
        ("convert", "leave out tile=0", "leave out --tile 0"),
        ("convert", "leave out compression=", "leave out --compression"),
        ("convert", "leave axes= out", "leave --axes out"),
        ("convert", "leave out predictor=True", "leave out --predictor"),
        ("convert", "leave out bigtiff=False", "leave out --no-bigtiff"),
        ("convert", "leave out bigtiff=True", "leave out --bigtiff"),
        ("convert", "choose fewer, or pyramid=True", "choose fewer, or --pyramid auto"),
        ("convert", "leave out pyramid=2", "leave out --pyramid 2"),
        ("convert", 'not compression_level="auto"', "not --level auto"),
        ("convert", "leave it out: patterns=['!a b.tif', '!c']", "leave it out: --pattern '!a b.tif' --pattern '!c'"),
        (
            "info",
            "state them: pixel_size={'X': .., 'Y': .., 'Z': ..}, time_increment=..",
            "state them: --pixel-size X[,Y[,Z]], --time-increment SECONDS",
        ),
        ("info", "such as pixel_size=(0.5, 0.5, 2)", "such as --pixel-size 0.5,0.5,2"),
        # several values, and the flag beside the keyword
        (
            "convert",
            'another policy: collision="number", "overwrite" or "skip"',
            "another policy: --collision number, overwrite or skip",
        ),
        ("convert", 'take layout="one-file" (--layout one-file), or not', "take --layout one-file, or not"),
        ("convert", "take image=<index or name> (--image), or not", "take --image <index or name>, or not"),
        ("merge", 'merge them with merge="T" (--along T)', "merge them with --along T"),
        # what the command has no flag for
        ("convert", 'merge them with merge="T" (--along T)', "merge them with omio merge --along T"),
        ("convert", "choose image=0, or take all with return_list=True", "choose --image 0"),
        (
            "merge",
            'merge images of one size, cut them with image.at(...), or fill up with zeros: shapes="pad"',
            "merge images of one size, or fill up with zeros: --shapes pad",
        ),
        ("convert", "read a part, take lazy=True, or convert it", "read a part, or convert it"),
        ("convert", "take all with return_list=True", "take all with return_list=True"),
        ("run", 'name them: axes="ZYX", one letter an axis; or ask', "ask"),
        (
            "info",
            'choose the policy absent_files="warn" to have 0',
            "choose the policy absent_files: warn (a line in the FILE of --policies) to have 0",
        ),
        ("sidecar", 'choose the policy collision="skip"', "choose the policy --collision skip"),
        # what is no keyword of Python
        ("convert", "such as missing=raise", "such as missing=raise"),
        ("convert", "set OMIO_PREFER=tiff", "set OMIO_PREFER=tiff"),
        ("convert", "look at /data/x/tile=3.tif", "look at /data/x/tile=3.tif"),
    ],
)
def test_advice(verb: str, said: str, expected: str) -> None:
    assert advice(said, _command(verb)) == expected


@pytest.mark.parametrize(
    ("verb", "typed", "said", "expected"),
    [
        ("convert", "--axes ZZ", "a.tif: axes='ZZ' does not fit the file", "a.tif: --axes ZZ does not fit the file"),
        ("convert", "--tile 512", "tile=512 means strips", "--tile 512 means strips"),
        ("convert", "--pixel-size 1,2,3", "pixel_size=(1.0, 2.0, 3.0) is", "--pixel-size 1.0,2.0,3.0 is"),
        ("convert", "--collision raise", '  evidence: kept: collision="raise"', "  evidence: kept: --collision raise"),
        ("convert", "", 'x\n  evidence: kept: collision="raise"', 'x\n  evidence: kept: collision="raise"'),
        ("convert", "", "x\n  remedy: leave out tile=0", "x\n  remedy: leave out --tile 0"),
        (
            "plan",
            "--tile 8",
            "  PROBLEM: tile=8 is\n    remedy: x, or lazy=True",
            "  PROBLEM: --tile 8 is\n    remedy: x",
        ),
        (
            "convert",
            "",
            "a: Q is T; settle it with axes= (--axes on the command line)",
            "a: Q is T; settle it with --axes",
        ),
        ("merge", "", "by the policy conflict='careful': X", "by the policy --conflict careful: X"),
        ("merge", "", "by the policy conflict='null': X", "by the policy conflict='null': X"),
    ],
)
def test_the_whole_message(verb: str, typed: str, said: str, expected: str) -> None:
    assert spoken(said, _command(verb, *typed.split())) == expected
    assert spoken(said) == said, "where no command runs nothing is changed"


@pytest.mark.parametrize(
    "said",
    [
        '/d/name="x" axes="XYZ"/tile=3.tif is empty',
        'broken\n  evidence: the description has name="GFP" axes="XY" image=3',
        "p.yaml: there is no policy missing='rase'",
    ],
)
def test_texts_of_files_stay(said: str) -> None:
    assert spoken(said, _command("convert", "--axes", "ZYX")) == said


def test_every_parameter_is_called_as_the_keyword_is() -> None:
    """So that the flags need no table: those that no function of the library takes are listed here."""
    own = {
        "convert": {"dry_run", "quiet", "stack", "patterns", "tag"},
        "merge": {"dry_run", "quiet", "stack", "patterns", "tag"},
        "plan": {"as_json", "stack", "patterns", "tag"},
    }
    taken = {*inspect.signature(omio.convert_to_ometiff).parameters, *KINDS, "policies", "recursive"}
    taken |= {name for writer in catalogue().writers for name in writer.options}
    for verb, extra in own.items():
        names = {one.name for one in app.commands[verb].params if isinstance(one, click.Option)}
        assert names - taken == extra


# --- as somebody sees it


def test_errors(cli: Cli, several: Callable[..., Path], stated: Path, tmp_path: Path) -> None:
    path = several("left", "right")
    done = cli("convert", path, "--image", "up", "-o", tmp_path / "out")
    assert done.stderr.endswith("\n  remedy: choose one with --image <index or name>\n")
    done = cli("convert", path, "-o", tmp_path / "x.ome.tif")
    assert "put all into it with --layout one-file, choose one with --image <index or name>, or give" in done.stderr
    done = cli("merge", path, stated, "--along", "T", "-o", tmp_path / "x.ome.tif")
    assert "choose one with --image <index or name>, or take all, one after another, with --image all" in done.stderr
    target = omio.imwrite(tmp_path / "a.ome.tif", np.zeros((4, 5), np.uint8))
    done = cli("convert", stated, "-o", target, "--collision", "raise")
    assert "evidence: and is to be kept: --collision raise\n" in done.stderr
    assert "another policy: --collision number, overwrite or skip\n" in done.stderr


def test_plans(cli: Cli, tmp_path: Path) -> None:
    for name, rows in (("a", 4), ("b", 5)):
        tifffile.imwrite(tmp_path / f"{name}.tif", np.zeros((rows, 5), np.uint8), metadata=None)
    for verb in ("plan", "merge"):
        done = cli(verb, tmp_path, "--along", "T", *(["--dry-run"] if verb == "merge" else []))
        assert done.exit_code == 1
        assert "    remedy: merge images of one size, or fill up with zeros: --shapes pad\n" in done.stdout
    with pytest.raises(OmioError, match='shapes="pad"'):  # Python keeps its keywords
        omio.imread(tmp_path, merge="T")


def test_warnings(cli: Cli, bare: Path, tmp_path: Path) -> None:
    done = cli("convert", bare, "-o", tmp_path / "out")
    assert done.stderr.endswith("is taken for T (time); settle it with --axes\n")


def test_comparisons(cli: Cli, several: Callable[..., Path], stated: Path) -> None:
    done = cli("diff", several("a", "b"), stated)
    assert "not compared: A holds 2 images, B 1; choose one with --image <index or name>\n" in done.stdout


def test_real_files(cli: Cli, data: Path, tmp_path: Path) -> None:
    czi = data / "czi"
    done = cli("convert", czi / "LSM880_AiryScan.czi", "-o", tmp_path, "--axes", "raise")
    assert "remedy: name them: --axes TZYX, one letter an axis; or choose the policy --axes warn\n" in done.stderr
    done = cli("convert", czi / "DAPI_GFP.czi", "-o", tmp_path, "--missing", "raise")
    assert "remedy: state them: --pixel-size X[,Y[,Z]], --time-increment SECONDS\n" in done.stderr
    assert list(tmp_path.iterdir()) == []
