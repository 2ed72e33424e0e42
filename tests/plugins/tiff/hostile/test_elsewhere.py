"""OME-TIFFs that point at other files: nothing outside the folder is opened, nothing that blocks, nothing of others."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fuzz.bounded import Answer

from .conftest import OTHER, OWN

OME = "http://www.openmicroscopy.org/Schemas/OME/2016-06"

Ask = Callable[..., Answer]
Ome = Callable[..., Path]
Images = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the file lies that is read."""
    made = tmp_path / "inside"
    made.mkdir()
    return made


@pytest.fixture
def outside(tmp_path: Path, ome: Ome, pixels: Images) -> Path:
    """A good OME-TIFF beside that folder, with the UUID that the file names."""
    (tmp_path / "outside").mkdir()
    return ome(pixels(), name="outside/x.ome.tif", uuid=OTHER)


def _link(link: Path, target: Path | str) -> None:
    try:
        link.symlink_to(target)
    except (OSError, NotImplementedError):
        pytest.skip("symbolic links cannot be made here")


def no_more_than_its_own(answer: Answer) -> bool:
    """A file whose metadata are out of reach is refused, or has the one page that is in it."""
    return answer.error is not None or [one.shape for one in answer.pictures or ()] == [(1, 1, 1, 3, 4)]


BEYOND = [
    "../outside/x.ome.tif",
    "./../outside/x.ome.tif",
    "sub/../../outside/x.ome.tif",
    "{outside}/x.ome.tif",
    "//{outside}/x.ome.tif",
    "file://{outside}/x.ome.tif",
    "..\\outside\\x.ome.tif",
    "{outside}",
    "..",
    "/dev/zero",
    "/dev/stdin",
    "C:\\outside\\x.ome.tif",
    "\\\\host\\outside\\x.ome.tif",
    "http://127.0.0.1:9/x.ome.tif",
    "~/x.ome.tif",
    "%2e%2e/outside/x.ome.tif",
    "n" * 5000,
    "none.ome.tif",
    "sub",
    ".",
    "own.ome.tif/../../outside/x.ome.tif",
]


@pytest.mark.parametrize("name", BEYOND, ids=lambda name: name[:40])
def test_names_that_lead_out(name: str, folder: Path, outside: Path, ome: Ome, elsewhere: Images, within: Ask) -> None:
    """Relative and absolute names, other systems' names, and names of no file."""
    (folder / "sub").mkdir()
    path = ome(elsewhere(name.replace("{outside}", str(outside.parent))), name="inside/own.ome.tif")
    answer = within(path)
    assert answer.error is not None, f"{name} is read: {answer.described}"


@pytest.mark.parametrize("name", BEYOND, ids=lambda name: name[:40])
def test_a_metadata_file_that_leads_out(name: str, folder: Path, outside: Path, ome: Ome, within: Ask) -> None:
    """BinaryOnly points at where the OME-XML is."""
    (folder / "sub").mkdir()
    (outside.parent / "x.ome.tif").write_text(f'<OME UUID="{OTHER}"></OME>')
    name = name.replace("{outside}", str(outside.parent))
    only = f'<BinaryOnly MetadataFile="{name}" UUID="{OTHER}"/>'
    assert no_more_than_its_own(within(ome(only, name="inside/own.ome.tif")))


@pytest.mark.parametrize("name", BEYOND, ids=lambda name: name[:40])
def test_a_companion_that_leads_out(
    name: str, folder: Path, outside: Path, ome: Ome, elsewhere: Images, within: Ask
) -> None:
    """The companion is opened itself; one of its two files is good."""
    (folder / "sub").mkdir()
    ome("", name="inside/own.ome.tif")
    xml = elsewhere(name.replace("{outside}", str(outside.parent)))
    path = folder / "set.companion.ome"
    path.write_text(f'<?xml version="1.0"?><OME xmlns="{OME}" UUID="urn:uuid:{"1" * 8}{OWN[17:]}">{xml}</OME>')
    assert within(path).error is not None


def test_a_companion_with_a_doctype(folder: Path, ome: Ome, pixels: Images, within: Ask) -> None:
    ome("", name="inside/own.ome.tif")
    xml = pixels(f'<TiffData IFD="0"><UUID FileName="own.ome.tif">{OWN}</UUID></TiffData>')
    path = folder / "set.companion.ome"
    path.write_text(f'<?xml version="1.0"?><!DOCTYPE OME [<!ENTITY e "e">]><OME xmlns="{OME}">{xml}</OME>')
    assert within(path).error is not None


def test_a_symbolic_link_that_leads_out(folder: Path, outside: Path, ome: Ome, elsewhere: Images, within: Ask) -> None:
    _link(folder / "x.ome.tif", outside)
    path = ome(elsewhere("x.ome.tif"), name="inside/own.ome.tif")
    assert within(path).error is not None


def test_a_folder_that_is_a_link_out(folder: Path, outside: Path, ome: Ome, elsewhere: Images, within: Ask) -> None:
    _link(folder / "sub", outside.parent)
    path = ome(elsewhere("sub/x.ome.tif"), name="inside/own.ome.tif")
    assert within(path).error is not None


def test_links_out_when_a_renamed_member_is_looked_for(
    folder: Path, outside: Path, ome: Ome, elsewhere: Images, within: Ask
) -> None:
    """The name is gone, the UUID stands in a file that a link leads to."""
    _link(folder / "y.ome.tif", outside)
    path = ome(elsewhere("gone.ome.tif"), name="inside/own.ome.tif")
    assert within(path).error is not None


def test_links_that_go_round(folder: Path, ome: Ome, elsewhere: Images, within: Ask) -> None:
    _link(folder / "x.ome.tif", "y.ome.tif")
    _link(folder / "y.ome.tif", "x.ome.tif")
    assert within(ome(elsewhere("x.ome.tif"), name="inside/own.ome.tif")).error is not None


def test_a_file_that_is_a_link_itself_is_read(folder: Path, outside: Path, ask: Ask) -> None:
    """What the caller names is the caller's word."""
    _link(folder / "x.ome.tif", outside)
    assert ask(folder / "x.ome.tif").outcome == "pixels"


@pytest.mark.parametrize("name", ["x.ome.tif", "gone.ome.tif"])
def test_a_pipe_is_never_opened(name: str, folder: Path, ome: Ome, elsewhere: Images, within: Ask) -> None:
    """Opening one waits for a writer that never comes; it is named, or stands where a renamed file is looked for."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes in folders")
    os.mkfifo(folder / "x.ome.tif")
    answer = within(ome(elsewhere(name), name="inside/own.ome.tif"))
    assert answer.error is not None
    assert folder / "x.ome.tif" not in answer.opened


def test_a_pipe_as_the_metadata_file(folder: Path, ome: Ome, within: Ask) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes in folders")
    os.mkfifo(folder / "x.companion.ome")
    only = f'<BinaryOnly MetadataFile="x.companion.ome" UUID="{OTHER}"/>'
    answer = within(ome(only, name="inside/own.ome.tif"))
    assert no_more_than_its_own(answer)
    assert folder / "x.companion.ome" not in answer.opened


def test_a_member_with_another_uuid(folder: Path, ome: Ome, elsewhere: Images, pixels: Images, within: Ask) -> None:
    """A file of the right name that is of another set."""
    ome(pixels(), name="inside/x.ome.tif", uuid="urn:uuid:11111111-f78c-11ea-8b96-1c1b0d65d910")
    answer = within(ome(elsewhere("x.ome.tif"), name="inside/own.ome.tif"))
    assert answer.error is not None


@pytest.mark.parametrize("content", [b"", b"II*\0", b"no TIFF at all", b"II*\0\x08\0\0\0\xff\xff", bytes(5000)])
def test_a_member_that_is_no_tiff(content: bytes, folder: Path, ome: Ome, elsewhere: Images, within: Ask) -> None:
    (folder / "x.ome.tif").write_bytes(content)
    answer = within(ome(elsewhere("x.ome.tif"), name="inside/own.ome.tif"))
    assert answer.error is not None


def test_a_member_of_another_size(folder: Path, make: Any, page: Any, ome: Ome, elsewhere: Images, within: Ask) -> None:
    """The UUID is right, the picture is not."""
    xml = f'<OME UUID="{OTHER}"></OME>'.encode()
    make([page(60, 50, t270=(2, xml + b"\0"))], data=bytes(3000), name="inside/x.ome.tif")
    assert within(ome(elsewhere("x.ome.tif"), name="inside/own.ome.tif")).error is not None


def test_members_that_point_at_each_other(folder: Path, ome: Ome, within: Ask) -> None:
    """Each says that its metadata are in the other one."""
    for own, other, uuid in (("own", "x", OWN), ("x", "own", OTHER)):
        only = f'<BinaryOnly MetadataFile="{other}.ome.tif" UUID="{uuid}"/>'
        ome(only, name=f"inside/{own}.ome.tif", uuid=uuid)
    assert no_more_than_its_own(within(folder / "own.ome.tif"))


def test_a_set_of_ten_thousand_names(folder: Path, ome: Ome, pixels: Images, within: Ask) -> None:
    named = "".join(
        f'<TiffData IFD="0" FirstT="{k}"><UUID FileName="x{k}.ome.tif">{OTHER}</UUID></TiffData>' for k in range(10_000)
    )
    answer = within(ome(pixels(named, SizeT=10_000), name="inside/own.ome.tif"))
    assert answer.error is not None
