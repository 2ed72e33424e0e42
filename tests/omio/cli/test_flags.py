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
from omio.cli.flags import spoken
from omio_core.errors import OmioError
from omio_core.plugins.catalogue import catalogue
from omio_core.policies import KINDS
from omio_core.wording import Aside, Blank, OneOf, advise, either, message, worded

Cli = Callable[..., Any]


ALL = advise("take all with {return_list}", return_list=True)
ALONG = Aside(" (--along T)")
ASSUMED = worded("a: Q is T; settle it with {axes}{}", Aside(" (--axes on the command line)"), axes=None)
CHOICE = Blank("index or name")


def _said(what: str, *, evidence: str | None = None, remedy: str | None = None, **keywords: Any) -> str:
    """The message of an error."""
    return message(OmioError(worded(what, **keywords), evidence=evidence, remedy=remedy))


KEPT = _said("x", evidence=worded("kept: {collision}", collision="raise"))


def _command(verb: str, *typed: str) -> click.Context:
    given = ["a.tif", *(["b.tif"] if verb == "diff" else []), *(["--along", "T"] if verb == "merge" else []), *typed]
    return app.commands[verb].make_context(verb, given, parent=click.Context(app, **app.context_settings))


@pytest.mark.parametrize(
    ("verb", "said", "expected"),
    [
        # values of every form
        ("convert", advise("choose one with {image}", image=CHOICE), "choose one with --image <index or name>"),
        ("convert", advise("take all with {image}", image="all"), "take all with --image all"),
        ("convert", advise("choose with {reader!r}, or not", reader="tiff"), "choose with --reader tiff, or not"),
        ("convert", advise("take {name}", name="a b"), "take --name 'a b'"),
        ("convert", advise("leave out {tile}", tile=0), "leave out --tile 0"),
        ("convert", advise("leave out {compression}", compression=None), "leave out --compression"),
        ("convert", advise("leave {axes} out", axes=None), "leave --axes out"),
        ("convert", advise("leave out {predictor}", predictor=True), "leave out --predictor"),
        ("convert", advise("leave out {bigtiff}", bigtiff=False), "leave out --no-bigtiff"),
        ("convert", advise("leave out {bigtiff}", bigtiff=True), "leave out --bigtiff"),
        ("convert", either("choose fewer", advise("{pyramid}", pyramid=True)), "choose fewer, or --pyramid auto"),
        ("convert", advise("leave out {pyramid}", pyramid=2), "leave out --pyramid 2"),
        ("convert", advise("not {compression_level}", compression_level="auto"), "not --compression-level auto"),
        (
            "convert",
            advise("leave it out: {patterns}", patterns=["!a b.tif", "!c"]),
            "leave it out: --pattern '!a b.tif' --pattern '!c'",
        ),
        (
            "info",
            advise("state them: {pixel_size}, {time_increment}", pixel_size={"X": ..., "Y": ...}, time_increment=...),
            "state them: --pixel-size X[,Y[,Z]]|file, --time-increment SECONDS",
        ),
        ("info", advise("such as {pixel_size}", pixel_size=(0.5, 0.5, 2)), "such as --pixel-size 0.5,0.5,2"),
        # several values, and the flag beside the keyword
        (
            "convert",
            advise("another policy: {collision}", collision=OneOf(("number", "overwrite", "skip"))),
            "another policy: --collision number, overwrite or skip",
        ),
        (
            "convert",
            advise("take {layout}{}, or not", Aside(" (--layout one-file)"), layout="one-file"),
            "take --layout one-file, or not",
        ),
        (
            "convert",
            advise("take {image}{}, or not", Aside(" (--image)"), image=CHOICE),
            "take --image <index or name>, or not",
        ),
        ("merge", advise("merge them with {merge}{}", ALONG, merge="T"), "merge them with --along T"),
        # what the command has no flag for
        ("convert", advise("merge them with {merge}{}", ALONG, merge="T"), "merge them with omio merge --along T"),
        ("convert", either(advise("choose {image}", image=0), ALL), "choose --image 0"),
        (
            "merge",
            either(
                "merge images of one size",
                Aside("cut them with image.at(...)"),
                advise("fill up with zeros: {shapes}", shapes="pad"),
            ),
            "merge images of one size, or fill up with zeros: --shapes pad",
        ),
        (
            "convert",
            either("read a part", advise("take {lazy}", lazy=True), "convert it"),
            "read a part, or convert it",
        ),
        ("convert", ALL, "take all with return_list=True"),
        (
            "run",
            either(advise("name them: {axes}, one letter an axis", axes="ZYX"), "ask", joint="; or "),
            "ask",
        ),
        (
            "info",
            advise("choose the policy {absent_files} to have 0", absent_files="warn"),
            "choose the policy absent_files: warn (a line in the FILE of --policies) to have 0",
        ),
        ("sidecar", advise("choose the policy {collision}", collision="skip"), "choose the policy --collision skip"),
        # alternatives of alternatives, and advice within advice
        (
            "convert",
            either(either(ALL, advise("{image}", image=0), joint=" or "), "copy it again", joint="; or "),
            "--image 0; or copy it again",
        ),
        (
            "convert",
            advise("if you know it, {}", advise("say it: {}{}", "omio sidecar a", Aside(", then sidecar="))),
            "if you know it, say it: omio sidecar a",
        ),
        # options of readers, which have no flag of their own; a value is spelled so that it is read back as it was
        ("info", advise("name it: {sidecar}", sidecar=None), "name it: --option sidecar=..."),
        ("convert", advise("name it: {sidecar}", sidecar="a b.xml"), "name it: --option 'sidecar=a b.xml'"),
        ("plan", advise("{label}, or not", label="3"), """--option 'label="3"', or not"""),
        ("diff", advise("read the tiles: {tiles}", tiles=True), "read the tiles: --option tiles=true"),
        ("merge", advise("{label}", label=OneOf(("a", "b"))), "--option label=a or label=b"),
        ("merge", advise("{label}", label=Blank("a name")), "--option label=<a name>"),
        ("sidecar", advise("name it: {sidecar}", sidecar=None), "name it: sidecar="),
        # what is no keyword of Python, and what a plugin says in a plain text
        ("convert", "such as missing=raise", "such as missing=raise"),
        ("convert", "set OMIO_PREFER=tiff", "set OMIO_PREFER=tiff"),
        ("convert", "look at /data/x/tile=3.tif", "look at /data/x/tile=3.tif"),
        ("convert", 'choose axes="ZYX"', 'choose axes="ZYX"'),
    ],
)
def test_advice(verb: str, said: str, expected: str) -> None:
    assert spoken(said, _command(verb)) == expected


@pytest.mark.parametrize(
    ("verb", "typed", "said", "expected"),
    [
        (
            "convert",
            "--axes ZZ",
            worded("{}: {}", "a.tif", worded("{axes!r} does not fit the file", axes="ZZ")),
            "a.tif: --axes ZZ does not fit the file",
        ),
        ("convert", "--tile 512", worded("{tile} means strips", tile=512), "--tile 512 means strips"),
        (
            "convert",
            "--pixel-size 1,2,3",
            worded("{pixel_size} is", pixel_size=(1.0, 2.0, 3.0)),
            "--pixel-size 1.0,2.0,3.0 is",
        ),
        ("convert", "--collision raise", KEPT, "x\n  evidence: kept: --collision raise"),
        ("convert", "", KEPT, 'x\n  evidence: kept: collision="raise"'),
        ("convert", "", _said("x", remedy=advise("leave out {tile}", tile=0)), "x\n  remedy: leave out --tile 0"),
        (
            "plan",
            "--tile 8",
            _said("y", evidence=_said("{tile} is", tile=8, remedy=either("x", advise("{lazy}", lazy=True)))),
            "y\n  evidence: --tile 8 is\n  remedy: x",
        ),
        (
            "info",
            "--option sidecar=a.txt",
            worded("{sidecar!r} is none", sidecar="a.txt"),
            "--option sidecar=a.txt is none",
        ),
        ("info", "--option sidecar=b.t", worded("{sidecar!r} is none", sidecar="a.t"), "sidecar='a.t' is none"),
        ("convert", "", ASSUMED, "a: Q is T; settle it with --axes"),
        ("run", "", ASSUMED, "a: Q is T; settle it with axes= (--axes on the command line)"),
        (
            "merge",
            "",
            worded("by the policy {conflict!r}: X", conflict="careful"),
            "by the policy --conflict careful: X",
        ),
        ("merge", "", worded("by the policy {conflict!r}: X", conflict="null"), "by the policy conflict='null': X"),
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
        "convert": {"as_json", "dry_run", "log", "quiet", "stack", "patterns", "tag", "update"},
        "merge": {"as_json", "dry_run", "log", "quiet", "stack", "patterns", "tag", "update"},
        "plan": {"as_json", "every", "log", "stack", "patterns", "tag", "update"},
    }
    taken = {*inspect.signature(omio.convert).parameters, *KINDS, "policies", "recursive"}
    taken |= {name for writer in catalogue().writers for name in writer.options}
    for verb, extra in own.items():
        extra = extra | {"reader_options"}  # each becomes a keyword of its own
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
    assert "remedy: state them: --pixel-size X[,Y[,Z]]|file, --time-increment SECONDS\n" in done.stderr
    assert list(tmp_path.iterdir()) == []
