"""The template of a sidecar, through the face and the command line: made, left as it is, and filled in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import omio
from omio.cli.app import app
from omio_core.contract import locate
from omio_core.errors import MissingMetadataError, NoReaderError, UnsupportedFeatureError, WriteError
from omio_core.parsing import yaml
from omio_plugins.thorlabs._template import template

from .made import fast, pixels, write, xml

ARRAY = pixels(2, 1, 2, 64, 128)


def fill_in(path: Path, **values: object) -> None:
    """Replace the nulls of a template, as a person would."""
    lines = path.read_text("utf-8").splitlines()
    for key, value in values.items():
        at = next(i for i, line in enumerate(lines) if line.startswith(f"{key}: "))
        lines[at] = f"{key}: {value}"
    path.write_text("\n".join(lines), "utf-8")


def test_from_nothing_to_pixels(tmp_path: Path) -> None:
    """Made, refused as long as it is empty, filled in, read."""
    path = write(tmp_path, ARRAY)
    made = omio.create_thorlabs_raw_yaml(path)
    assert made == tmp_path / "Image_001_001.yaml"
    text = made.read_text("utf-8")
    assert f"{ARRAY.nbytes} bytes" in text
    assert "T=2 Z=1 C=2 Y=64 X=128" in text
    with pytest.raises(MissingMetadataError, match="does not say T, Z, C, Y, X") as told:
        omio.imopen(path)
    assert told.value.missing == ("T", "Z", "C", "Y", "X")
    assert str(ARRAY.nbytes) in told.value.evidence
    fill_in(made, T=2, Z=1, C=2, Y=64, X=128, PhysicalSizeX=0.5, Channels="[a, b]")
    array, metadata = omio.imread(path)
    assert np.array_equal(array, ARRAY)
    assert (metadata["PhysicalSizeX"], metadata["PhysicalSizeY"]) == (0.5, None)


def test_what_experiment_xml_says_is_filled_in(tmp_path: Path) -> None:
    """Also where it does not fit, which is why somebody wants a sidecar; T, Z and C stay open."""
    path = write(tmp_path, ARRAY, fast(2, 3, 1, LSM={"pixelX": 128, "pixelY": 64}))
    text = template(locate(path))
    values = yaml.parse_yaml(text)
    assert {key: values[key] for key in ("T", "Z", "C", "Y", "X", "flyback")} == {
        "T": None, "Z": None, "C": None, "Y": 64, "X": 128, "flyback": 1,
    }  # fmt: skip
    assert (values["PhysicalSizeX"], values["PhysicalSizeZ"], values["TimeIncrement"]) == (0.5, 2.5, 1.0)
    assert "does not fit" in text
    assert "Experiment.xml says T=2 Z=3 C=2 Y=64 X=128, flyback 1" in text
    fits = write(tmp_path / "fits", ARRAY, xml(Streaming={"frames": 2}, LSM={"pixelX": 128, "pixelY": 64}))
    assert "it is read without a sidecar" in template(locate(fits))


@pytest.mark.parametrize("text", ["<broken", "<ThorImageExperiment/>", '<a b="\n# T: 1">'])
def test_an_xml_that_does_not_help(tmp_path: Path, text: str) -> None:
    """Why it does not is said in a comment, on one line."""
    made = template(locate(write(tmp_path, ARRAY, text)))
    assert "# Experiment.xml does not help: " in made
    assert yaml.parse_yaml(made)["X"] is None


@pytest.mark.parametrize("name", ["a b.raw", "µ: [x].raw", 'q"\\.raw', "line\n#\nT: 1.raw", "\udcff.raw"])
def test_any_name_gives_yaml(tmp_path: Path, name: str) -> None:
    try:
        path = write(tmp_path, ARRAY, name=name)
    except (OSError, ValueError):
        pytest.skip("this file system does not take such a name")
    made = omio.create_thorlabs_raw_yaml(path, tmp_path / "made.yaml")
    values = yaml.parse_yaml(made.read_bytes())
    assert values["file"] in (name, None)
    assert [key for key in "TZCYX" if values[key] is not None] == []


def test_an_odd_size_is_said(tmp_path: Path) -> None:
    path = tmp_path / "Image_001_001.raw"
    path.write_bytes(bytes(12345))
    assert "No common shape fits" in template(locate(path))


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    """A sidecar that was filled in stays; policies say otherwise."""
    path = write(tmp_path, ARRAY, Image_001_001__yaml="mine")
    with pytest.raises(WriteError, match="exists already"):
        omio.create_thorlabs_raw_yaml(path)
    assert omio.create_thorlabs_raw_yaml(path, collision="skip") is None
    assert (tmp_path / "Image_001_001.yaml").read_text() == "mine"
    assert omio.create_thorlabs_raw_yaml(path, collision="number").name == "Image_001_001-1.yaml"
    assert omio.create_thorlabs_raw_yaml(path, collision="overwrite").read_text() != "mine"
    (tmp_path / "folder").mkdir()
    assert omio.create_thorlabs_raw_yaml(path, tmp_path / "folder") == tmp_path / "folder" / "Image_001_001.yaml"
    with pytest.raises(WriteError):
        omio.create_thorlabs_raw_yaml(path, path, collision="overwrite")
    assert np.array_equal(np.fromfile(path, "<u2"), ARRAY.reshape(-1))


def test_who_has_none_says_so(tmp_path: Path) -> None:
    other = tmp_path / "a.tif"
    other.write_bytes(b"II*\0")
    with pytest.raises(NoReaderError, match="no reader has a sidecar"):
        omio.create_thorlabs_raw_yaml(other)
    with pytest.raises(UnsupportedFeatureError, match="no image"):
        omio.create_thorlabs_raw_yaml(write(tmp_path, ARRAY, name="ROIMask.raw"))
    with pytest.raises(FileNotFoundError):
        omio.create_thorlabs_raw_yaml(tmp_path / "none.raw")


def test_the_command_line(tmp_path: Path) -> None:
    """Says where it is; refuses as everywhere."""
    path = write(tmp_path, ARRAY)
    run = CliRunner().invoke
    done = run(app, ["sidecar", str(path), "-o", str(tmp_path / "other.yaml")])
    assert (done.exit_code, done.stdout) == (0, f"{path} -> {tmp_path / 'other.yaml'}\n")
    assert run(app, ["sidecar", str(path)]).exit_code == 0
    assert run(app, ["sidecar", str(path)]).exit_code == 1
    done = run(app, ["sidecar", str(path), "--collision", "skip", "--reader", "thorlabs"])
    assert (done.exit_code, "nothing written" in done.stdout) == (0, True)
    assert run(app, ["sidecar", str(path), "--reader", "tiff"]).exit_code == 1
    assert run(app, ["sidecar", str(tmp_path / "none.raw")]).exit_code == 1
