"""Names that are refused: under them a source, or what is no picture, would be lost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from omio_toy_read import image, write_toy

from omio_core.contract import Match, Verdict, Writer
from omio_core.errors import WriteError
from omio_core.images.image import Image
from omio_core.images.opening import open_source
from omio_core.images.target import Sources, refuse_target

PIXELS = np.arange(60, dtype=np.uint16).reshape(3, 4, 5)
FILES, FOLDERS = (
    Writer(
        name=kind, title=kind, suffixes=(".x",), accepts=lambda images: Verdict(Match.EXACT, "all"), write="a:b",
        makes=kind,  # type: ignore[arg-type]
    )
    for kind in ("file", "folder")
)  # fmt: skip


@pytest.fixture
def picture(toy: object, tmp_path: Path) -> Path:
    """A folder that is one picture."""
    folder = tmp_path / "above" / "picture"
    folder.mkdir(parents=True)
    return write_toy(folder / "index.toy", image(PIXELS, "ZYX")).parent


@pytest.mark.parametrize("replace", [True, False])
@pytest.mark.parametrize("name", ["new", "below/new"])
def test_nothing_is_written_into_a_folder_that_is_read(picture: Path, name: str, replace: bool) -> None:
    sources = Sources.of(open_source(picture).images)
    for writer in (FILES, FOLDERS):
        with pytest.raises(WriteError, match="is being read") as caught:
            refuse_target(picture / name, sources, writer, replace=replace)
        assert str(picture) in str(caught.value)


@pytest.mark.parametrize("writer", [FILES, FOLDERS])
def test_what_is_read_is_not_replaced_nor_what_contains_it(picture: Path, writer: Writer) -> None:
    link = picture.parent / "link"
    link.symlink_to(picture)
    sources = Sources.of(open_source(link).images)
    for target in (picture, link, picture / "index.toy", picture.parent, picture.parents[1]):
        with pytest.raises(WriteError, match="is being read"):
            refuse_target(target, sources, writer, replace=True)
    refuse_target(picture.parent / "other", sources, writer, replace=True)


def test_the_folder_of_a_file_that_is_read_is_not_replaced(picture: Path) -> None:
    sources = Sources.of(open_source(picture / "index.toy").images)
    with pytest.raises(WriteError, match="contains one of the inputs"):
        refuse_target(picture, sources, FOLDERS, replace=True)
    refuse_target(picture / "beside", sources, FILES, replace=False)


@pytest.mark.usefixtures("toy")
def test_only_a_picture_is_replaced_by_a_folder(picture: Path, tmp_path: Path) -> None:
    sources = Sources.of([Image.of_array(PIXELS, axes="ZYX")])
    foreign, empty, file = tmp_path / "foreign", tmp_path / "empty", tmp_path / "file"
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("years of work")
    empty.mkdir()
    file.write_text("x")
    refuse_target(picture, sources, FOLDERS, replace=True)
    refuse_target(empty, sources, FOLDERS, replace=True)
    refuse_target(tmp_path / "absent", sources, FOLDERS, replace=True)
    for target, words in ((foreign, "thesis.txt"), (file, "it is a file"), (tmp_path, "foreign")):
        with pytest.raises(WriteError, match="is kept") as caught:
            refuse_target(target, sources, FOLDERS, replace=True)
        assert words in str(caught.value)
        assert caught.value.remedy


def test_a_name_alone_makes_no_picture(catalogue: object, tmp_path: Path) -> None:
    from omio_core.contract import Reader

    catalogue(  # type: ignore[operator]
        Reader(name="named", title="", suffixes=(".x",), open="a:b", sniff=lambda probe: Verdict(Match.SUFFIX, "named"))
    )
    folder = tmp_path / "a.x"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    with pytest.raises(WriteError, match="is kept"):
        refuse_target(folder, Sources(), FOLDERS, replace=True)
