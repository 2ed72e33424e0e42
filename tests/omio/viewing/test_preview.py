"""Contact sheets: where previews stand, what has no room, and how a sheet is written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL.Image
import pytest

import omio
from omio.viewing import preview as sheets
from omio.viewing.preview import Sheet, save
from omio_core import Image
from omio_core.errors import NoWriterError, WriteError


def _image(columns: int = 64) -> Image:
    return Image.of_array(np.random.default_rng(0).random((64, columns)), axes="YX")


def _sheet(count: int) -> Sheet:
    sheet = Sheet(size=128)
    for index in range(count):
        sheet.add(_image(), f"image {index}")
    return sheet


def test_previews_stand_in_rows() -> None:
    """As many beside each other as 1,600 pixels take; one that is wider stands alone, and nothing is cut off."""
    one, six, seven = (_sheet(count).picture() for count in (1, 6, 7))
    assert six.height == one.height
    assert one.width < six.width <= sheets.WIDTH
    assert seven.width == six.width
    assert seven.height == 2 * one.height - 8
    sheet = _sheet(1)
    sheet.add(Image.of_array(np.random.default_rng(0).random((6, 64, 64)), axes="CYX"), "wide")
    sheet.size = 512
    sheet.add(Image.of_array(np.random.default_rng(0).random((6, 64, 64)), axes="CYX"), "wider")
    assert sheet.picture().width > 7 * 512
    assert sheet.count == 3


def test_a_sheet_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """What finds no room is counted on the sheet, and not read."""
    monkeypatch.setattr(sheets, "MOST_PIXELS", 100_000)
    sheet, whole = _sheet(4), _sheet(2)
    monkeypatch.setattr(sheets, "preview", None)  # nothing more is drawn
    sheet.add(_image(), "one more")
    assert (sheet.count, sheet.dropped) == (2, 3)
    assert sheet.picture().height == whole.picture().height + 28  # a line of text


@pytest.mark.parametrize(("suffix", "form"), [("png", "PNG"), ("JPG", "JPEG"), ("webp", "WEBP")])
def test_the_suffix_chooses_the_format(suffix: str, form: str, tmp_path: Path) -> None:
    """Whole, under the name that was given, and nothing beside it."""
    path = tmp_path / f"sheet.{suffix}"
    sheet = _sheet(2)
    assert save(path, lambda: sheet) == path
    with PIL.Image.open(path) as written:
        assert (written.format, written.size) == (form, sheet.picture().size)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["sheet", "sheet.xyz", "sheet.czi"])
def test_an_unknown_suffix_is_refused_before_anything_is_read(name: str, tmp_path: Path) -> None:
    """With suffixes that can be written."""
    with pytest.raises(NoWriterError, match=r"\.png"):
        save(tmp_path / name, _never)
    assert list(tmp_path.iterdir()) == []


def _never() -> Sheet:
    raise AssertionError("the sheet must not be made")


def test_a_name_that_is_taken(tmp_path: Path) -> None:
    """The policy decides, before anything is read."""
    path = tmp_path / "sheet.png"
    path.write_bytes(b"mine")
    with pytest.raises(WriteError, match="exists already"):
        save(path, _never)
    assert save(path, _never, collision="skip") is None
    assert save(path, lambda: _sheet(1), collision="number") == tmp_path / "sheet-1.png"
    assert path.read_bytes() == b"mine"
    save(path, lambda: _sheet(1), collision="overwrite")
    with PIL.Image.open(path) as written:
        assert written.format == "PNG"


def test_what_is_drawn_is_not_overwritten(tmp_path: Path) -> None:
    """The name of an input is refused, and the input stays."""
    path = omio.imwrite(tmp_path / "a.ome.tif", np.eye(8), axes="YX")
    before = path.read_bytes()
    sheet = Sheet()
    with omio.imopen(path) as image:
        sheet.add(image, "a")
    with pytest.raises(WriteError, match="is being read"):
        save(path, lambda: sheet, collision="overwrite")
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_format_cannot_hold_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """WebP has at most 16,383 pixels along an edge; nothing is left behind."""
    sheet = _sheet(1)
    monkeypatch.setattr(Sheet, "picture", lambda self: PIL.Image.new("RGB", (20_000, 10)))
    with pytest.raises(WriteError, match="20000 x 10 pixels cannot be written as WEBP"):
        save(tmp_path / "sheet.webp", lambda: sheet)
    assert list(tmp_path.iterdir()) == []
