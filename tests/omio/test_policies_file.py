"""Policies from a file and from the environment: through every door, recorded in every output, a stranger's too."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import omio
from omio_core import Policies, catalogue
from omio_core.contract import MissingCase, Policy
from omio_core.errors import AmbiguousAxesError, MissingMetadataError, OmioError
from omio_core.plugins import catalogue as plugins

PROVENANCE = "omio/provenance"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMIO_POLICIES", raising=False)


@pytest.fixture
def strict(tmp_path: Path) -> Path:
    """A file that refuses what is unknown."""
    path = tmp_path / "strict.yaml"
    path.write_text("missing: raise\ncollision: skip\n")
    return path


def test_every_door_takes_a_file(stated: Path, plane: Path, strict: Path, tmp_path: Path) -> None:
    """And what was chosen is in the provenance, in the dict and in the file written."""
    for door in (omio.imread, omio.imopen, omio.convert_to_ometiff):
        with pytest.raises(MissingMetadataError):
            door(plane, policies=strict)
    _, metadata = omio.imread(stated, policies=strict)
    recorded = metadata["Annotations"][PROVENANCE]["policies"]
    assert recorded == Policies(missing="raise", collision="skip").to_dict()
    (written,) = omio.convert_to_ometiff(stated, tmp_path / "out", policies=str(strict))
    assert omio.convert_to_ometiff(stated, tmp_path / "out", policies=strict) == []  # collision: skip
    _, again = omio.imread(written)
    assert again["Annotations"][PROVENANCE]["history"][0]["policies"] == recorded
    assert omio.explain(stated, policies=strict).source.images[0].metadata.provenance["policies"] == recorded


def test_a_keyword_wins(plane: Path, strict: Path) -> None:
    """Over the file, and the file over the environment."""
    assert omio.imread(plane, policies=strict, missing="unknown")[1]["PhysicalSizeX"] is None


def test_the_environment_counts(plane: Path, bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing else was said; an object that names the default is something said."""
    monkeypatch.setenv("OMIO_POLICIES", "missing=raise, axes=raise")
    with pytest.raises(MissingMetadataError):
        omio.imread(plane)
    with pytest.raises(AmbiguousAxesError):
        omio.imread(bare)
    _, metadata = omio.imread(plane, policies=Policies(missing="unknown"))
    assert metadata["Annotations"][PROVENANCE]["policies"]["axes"] == "raise"
    with pytest.raises(AmbiguousAxesError):
        omio.imread(bare, policies=Policies(missing="unknown"))
    monkeypatch.setenv("OMIO_POLICIES", "missing")
    with pytest.raises(OmioError, match="OMIO_POLICIES"):
        omio.imread(plane)


def test_the_command_line(cli: Callable[..., Any], stated: Path, plane: Path, strict: Path, tmp_path: Path) -> None:
    """``--policies FILE``; its own options win over the file, and their defaults do not."""
    out = tmp_path / "out"
    done = cli("convert", plane, "--policies", strict, "-o", out)
    assert done.exit_code == 1
    assert 'missing="raise"' in done.stderr
    assert cli("convert", plane, "--policies", strict, "--missing", "unknown", "-o", out).exit_code == 0
    again = cli("convert", plane, "--policies", strict, "--missing", "unknown", "-o", out)
    assert "stands already" in again.stdout
    told = cli("info", plane, "--policies", tmp_path / "none.yaml")
    assert told.exit_code == 1
    assert "none.yaml" in told.stderr


def test_the_command_line_heeds_the_environment(
    cli: Callable[..., Any], plane: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The options of `convert` have no default that would be taken for a choice."""
    monkeypatch.setenv("OMIO_POLICIES", "missing=raise")
    assert cli("convert", plane, "-o", tmp_path / "out").exit_code == 1
    assert cli("convert", plane, "--missing", "unknown", "-o", tmp_path / "out").exit_code == 0


def test_a_file_that_names_what_is_not_there(cli: Callable[..., Any], plane: Path, tmp_path: Path) -> None:
    """Says what was meant, in the API and on the command line."""
    path = tmp_path / "a.yaml"
    path.write_text("mising: raise\n")
    with pytest.raises(OmioError, match="did you mean 'missing'"):
        omio.imread(plane, policies=path)
    done = cli("info", plane, "--policies", path)
    assert done.exit_code == 1
    assert "did you mean 'missing'?" in done.stderr


# --- a stranger's


def needs_x(case: MissingCase) -> str:
    """A laboratory's own rule: X is needed, the rest may be unknown."""
    return "raise" if "PhysicalSizeX" in case.missing else "accept"


@pytest.fixture
def stranger() -> Iterator[None]:
    """A policy of another package, as its hook `omio_policies` would offer it."""
    ours = catalogue()
    offered = Policy(kind="missing", name="lab", decide=needs_x, summary="X is needed.")
    with plugins.using(dataclasses.replace(ours, policies=(*ours.policies, offered))):
        yield


@pytest.mark.usefixtures("stranger")
def test_a_strangers_policy_is_chosen_by_name(
    plane: Path, stated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a keyword, a file and the environment; never by being installed; and it is recorded under its name."""
    omio.imread(plane)
    path = tmp_path / "lab.yaml"
    path.write_text("missing: lab\n")
    for said in ({"missing": "lab"}, {"policies": path}, {"policies": Policies(missing="lab")}):
        with pytest.raises(MissingMetadataError):
            omio.imread(plane, **said)
        _, metadata = omio.imread(plane, pixel_size={"X": 0.5}, **said)
        assert metadata["Annotations"][PROVENANCE]["policies"]["missing"] == "lab"
        json.dumps(metadata, allow_nan=False)
    monkeypatch.setenv("OMIO_POLICIES", "missing=lab")
    with pytest.raises(MissingMetadataError):
        omio.imread(plane)
    (written,) = omio.convert_to_ometiff(stated, tmp_path / "out")
    monkeypatch.delenv("OMIO_POLICIES")
    _, again = omio.imread(written)
    assert again["Annotations"][PROVENANCE]["history"][0]["policies"]["missing"] == "lab"
