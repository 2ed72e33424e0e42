"""The page for programs that embed OMIO: every key of every document is on it, with its type, and no other."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import omio
import omio_core
from omio.comparing.values import Change
from omio_core import Explanation, catalogue, open_source, plugins_dict, policies_dict
from omio_core.contract import Match, Verdict, Writer
from omio_core.plugins.catalogue import Catalogue, Plugin

KINDS = ("lost", "changed", "added", "same_in_another_unit")

# Mappings whose keys are names, not words of the document; and values that may be anything.
NAMED = {
    "verdicts", "images[].facts", "request.options", "request.policies", "request.stated", "writing.options",
    "outputs[].inputs[].region", "counts", "images[].readings[].options", "images[].readings[].caller",
    "images[].policies", "plugins[].readers[].options", "plugins[].writers[].options",
}  # fmt: skip
ANYTHING = {
    "images[].facts.*.value",
    *(f"images[].{kind}[].{side}" for kind in KINDS for side in "ab"),
    "request.options.*",
    "request.stated.*",
    "writing.options.*",
    "outputs[].conversion.settings",
    "images[].readings[].mark[]",
    "images[].readings[].caller.*",
    "images[].readings[].options.*",
}
TYPES = {"str": str, "int": int, "bool": bool, "mapping": dict, "list": list, "null": type(None), "any": object}


def keys(value: Any, path: str = "") -> Iterator[tuple[str, type]]:
    """Every path of a document whose value is no container, or is a container or null in different documents."""
    if isinstance(value, dict) and path not in ANYTHING:
        if path:
            yield path, dict
        for key, item in value.items():
            yield from keys(item, (f"{path}." if path else "") + ("*" if path in NAMED else key))
    elif isinstance(value, list) and path not in ANYTHING:
        yield path, list
        for item in value:
            yield from keys(item, f"{path}[]")
    else:
        yield path, type(value)


def documented(page: str, anchor: str) -> dict[str, tuple[type, ...]]:
    """The keys of the table behind an anchor, with their types."""
    section = page.partition(f'<a id="{anchor}"></a>')[2].partition("\n## ")[2].partition("\n## ")[0]
    rows = [re.split(r"\s*\|\s*", line.strip("| ")) for line in section.splitlines() if line.startswith("| `")]
    return {row[0].strip("`"): tuple(TYPES[word.strip("`")] for word in row[1].split(" or ")) for row in rows}


def compare(page: str, anchor: str, documents: list[dict[str, Any]], *, report: bool = False) -> None:
    """Every key that occurs is documented with that type, and every documented key occurs; also those of a report."""
    table = (documented(page, "reports") if report else {}) | documented(page, anchor)
    found = [pair for document in documents for pair in keys(document)]
    containers = {path for path, kind in found if kind in (dict, list)} - set(table)
    shown = {path for path, _ in found} - containers
    # a list that is empty in every document has no items to look at
    assert shown - set(table) == set()
    assert set(table) - shown == set()
    assert [(path, kind) for path, kind in found if path in table and not issubclass(kind, table[path])] == []


@pytest.fixture
def page(reference: dict[str, str]) -> str:
    return reference["programmatic.md"]


@pytest.fixture
def series(tmp_path: Path) -> Path:
    """Two files of unlike size in a folder, with a file that is no image."""
    for t in (0, 1):
        omio.imwrite(
            tmp_path / "series" / f"T_{t}.ome.tif" if t else _folder(tmp_path / "series") / "T_0.ome.tif",
            np.zeros((2, 4 + t, 5), "u2"), axes="ZYX", pixel_size=0.5 + t, channel_names=["GFP"],
        )  # fmt: skip
    (tmp_path / "series" / "notes.txt").write_text("nothing")
    return tmp_path / "series"


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def test_an_explanation(page: str, series: Path, tmp_path: Path) -> None:
    named = Explanation(source=open_source(series / "T_0.ome.tif"))
    assert json.loads(named.to_json()) == named.to_dict()
    assert named.to_dict()["omio_explanation"] == 1
    bare = tmp_path / "bare.tif"
    profile = [(34675, 7, 4, b"abcd", True)]  # a colour profile, which is not kept
    tifffile.imwrite(bare, np.zeros((3, 4, 5), "u2"), metadata=None, photometric="minisblack", extratags=profile)
    with pytest.warns(omio_core.OmioWarning):
        assumed = Explanation(source=open_source(bare))
    compare(page, "explanations", [named.to_dict(), assumed.to_dict()])


@pytest.mark.filterwarnings("ignore")
def test_a_plan(page: str, series: Path, tmp_path: Path) -> None:
    one = series / "T_0.ome.tif"
    target = tmp_path / "out.ome.tif"
    target.write_bytes(one.read_bytes())
    (tmp_path / "fov_1").mkdir()
    (tmp_path / "fov_3").mkdir()
    for n in (1, 3):
        (tmp_path / f"fov_{n}" / "a.ome.tif").write_bytes(one.read_bytes())
    (tmp_path / "gap").mkdir()
    for t in (0, 1, 3):  # a number is missing: a note
        (tmp_path / "gap" / f"T_{t}.ome.tif").write_bytes(one.read_bytes())
    plans = [
        omio.plan(
            series, merge="T", shapes="pad", conflict="first", writer="ome_tiff", order="XYCZT", time_increment=1
        ),
        omio.plan(series, merge="T"),
        omio.plan(tmp_path / "gap", merge="T"),
        omio.plan(one, target, collision="overwrite"),
        omio.plan(one, to="memory", reader="tiff"),
        omio.plan(omio.FolderStack(tmp_path / "fov_1"), merge="T"),
        _update(one, tmp_path),
    ]
    assert [plan.to_dict() for plan in plans] == [json.loads(plan.to_json()) for plan in plans]
    values = [plan.to_dict() for plan in plans]
    values[0]["request"]["options"] = {"option": 1}  # no reader has one that this file could be opened with
    compare(page, "plans", values)


def _update(one: Path, folder: Path) -> omio.Plan:
    """The plan of an update: a source that is gone, and one that cannot be read."""
    (folder / "nightly").mkdir()
    for name in ("a.ome.tif", "b.ome.tif"):
        (folder / "nightly" / name).write_bytes(one.read_bytes())
    omio.convert(folder / "nightly", folder / "nights", collision="update")
    (folder / "nightly" / "a.ome.tif").unlink()
    (folder / "nightly" / "half.tif").write_bytes(b"II*")
    return omio.plan(folder / "nightly", folder / "nights", collision="update")


def test_a_difference(page: str, series: Path, tmp_path: Path) -> None:
    one, other = series / "T_0.ome.tif", tmp_path / "other.ome.tif"
    notes = {"lab": {"laser": 3}}
    start = {"Name": "a", "PhysicalSizeX": 0.5, "PhysicalSizeY": 500.0, "PhysicalSizeYUnit": "nm", "Annotations": notes}
    omio.imwrite(other, np.ones((2, 4, 5), "u2"), start, axes="ZYX")
    found = [
        omio.diff(one, other),
        omio.diff(other, one, pixels=False),
        omio.diff(one, one),
        omio.diff(one, series / "T_1.ome.tif"),
    ]
    # what a file spells in nanometres OMIO writes in micrometres: the other kind is made by hand
    values = [difference.to_dict() for difference in found]
    change = Change(fact="PhysicalSizeY", a=0.5, b=0.5, unit_a="nm", unit_b="µm").to_dict()
    values[0]["images"][0]["same_in_another_unit"].append(change)
    values[0]["images"][0]["aside"].append("in words")
    values[0]["uncompared"] = "in words"
    (tmp_path / "bad.tif").write_bytes(b"II*\0\xff\xff\xff\xff")
    (tmp_path / "left").mkdir()
    omio.imwrite(tmp_path / "left" / "alone.ome.tif", np.ones((2, 4, 5), "u2"), axes="ZYX")
    values += [omio.diff(tmp_path / "left", series).to_dict()]
    (tmp_path / "bad.tif").rename(series / "bad.tif")
    values += [omio.diff(series, tmp_path / "left").to_dict()]
    compare(page, "differences", values, report=True)


def test_a_verification(page: str, series: Path, tmp_path: Path) -> None:
    (series / "bad.tif").write_bytes(b"II*\0\xff\xff\xff\xff")
    damaged = omio.imwrite(tmp_path / "d.ome.tif", np.ones((4, 5), "u2"), compression_level=0)
    damaged.write_bytes(damaged.read_bytes().replace(b"\1\0\1\0", b"\1\0\2\0", 1))
    (copy,) = omio.convert_to_ometiff(series / "T_0.ome.tif", tmp_path / "out")
    found = [omio.verify(series), omio.verify(damaged), omio.verify(copy, against=series)]
    assert [one.ok for one in found] == [False, False, True]
    compare(page, "verifications", [one.to_dict() for one in found], report=True)


def test_methods(page: str, series: Path, tmp_path: Path) -> None:
    (series / "bad.tif").write_bytes(b"II*\0\xff\xff\xff\xff")
    tifffile.imwrite(series / "foreign.tif", np.zeros((3, 4), "u2"))
    (copy,) = omio.convert_to_ometiff(series / "T_0.ome.tif", tmp_path / "out", pyramid=1, pixel_size=2)
    tifffile.imwrite(tmp_path / "flat.tif", np.zeros((3, 4, 5), "u1"), metadata=None, photometric="minisblack",
                     extratags=[(34675, 7, 4, b"abcd", True)])  # fmt: skip
    with pytest.warns(omio_core.OmioWarning):
        omio.convert_to_ometiff(tmp_path / "flat.tif", tmp_path / "out")
    omio.imwrite(tmp_path / "out" / "bool.ome.tif", np.ones((4, 5), bool))
    values = [omio.methods(series).to_dict(), omio.methods([copy, tmp_path / "out"]).to_dict()]
    values[0]["images"][0]["readings"][:] = [
        {**values[1]["images"][0]["readings"][0], "options": {"tiles": "True"}}
    ]  # no reader of these files has an option
    compare(page, "methods", values, report=True)


def test_plugins(page: str) -> None:
    broken = Plugin(name="a", distribution="", version="", error=omio_core.contract.PluginError("it is old"))
    writer = Writer(name="w", title="W", suffixes=(".w",), accepts=lambda images: Verdict(Match.NO, ""), write="x:y")
    other = Plugin(name="b", distribution="b", version="1", writers=(writer,))
    known = catalogue()
    compare(page, "plugins", [plugins_dict(known), plugins_dict(Catalogue(plugins=(broken, other)))])


def test_policies(page: str) -> None:
    known = catalogue()
    compare(page, "policies", [policies_dict(known), policies_dict(Catalogue(policies=known.policies))])


def test_every_public_name_is_on_a_page(reference: dict[str, str]) -> None:
    """A name of `omio_core` is explained on this page, or on those of the hooks and of metadata."""
    text = reference["programmatic.md"] + reference["hooks.md"] + reference["metadata.md"]
    assert set(omio_core.__all__) - set(re.findall(r"\w+", text)) == set()


def test_the_lists_of_public_names_agree() -> None:
    """What type checkers see, what is loaded at first use, and what is public."""
    tree = ast.parse(Path(omio_core.__file__).read_text("utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    typed = {str(node.module): {alias.name for alias in node.names} for node in block.body}
    assert typed == {home: set(names) for home, names in omio_core._HOMES.items()}
    assert sorted(omio_core.__all__) == sorted(name for names in omio_core._HOMES.values() for name in names)
