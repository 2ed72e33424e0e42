"""`omio preview`: what it draws of files and folders, what it prints, and its exit codes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from omio.viewing.preview import Sheet

Cli = Callable[..., Any]


@pytest.fixture
def titles(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The titles of what comes on the sheet."""
    seen: list[str] = []
    add = Sheet.add

    def watched(self: Sheet, image: Any, title: str) -> None:
        add(self, image, title)
        seen.append(title)

    monkeypatch.setattr(Sheet, "add", watched)
    return seen


def test_files_on_one_sheet(
    cli: Cli, stated: Path, several: Callable[..., Path], titles: list[str], tmp_path: Path
) -> None:
    """Every image under the name of its file, and under its own where there are several."""
    out = tmp_path / "sheet.png"
    done = cli("preview", stated, several("one", "two"), "-o", out)
    assert (done.exit_code, done.stdout, done.stderr) == (0, f"{out}: 3 images\n", "")
    assert titles == ["cells_hyperstack.tif", "several.ome.tif: one", "several.ome.tif: two"]
    with PIL.Image.open(out) as sheet:
        pixels = np.asarray(sheet)
    assert pixels.shape[1] > 3 * 256
    assert (pixels[..., 1].astype(int) - pixels[..., 0] > 100).any()  # green


def test_an_image_a_size_and_the_maximum(
    cli: Cli, several: Callable[..., Path], stated: Path, titles: list[str], tmp_path: Path
) -> None:
    """The options of a preview; what the user states is drawn, too."""
    done = cli("preview", several("a", "b"), "--image", "b", "-o", tmp_path / "a.png", "--quiet")
    assert (done.exit_code, done.output, titles) == (0, "", ["several.ome.tif: b"])
    for name, options in (("small", ("--size", "64")), ("middle", ()), ("max", ("--z", "max"))):
        assert cli("preview", stated, *options, "-o", tmp_path / f"{name}.png").exit_code == 0
    small, middle, highest = (np.asarray(PIL.Image.open(tmp_path / f"{n}.png")) for n in ("small", "middle", "max"))
    assert small.size < middle.size == highest.size
    assert (middle != highest).any()
    assert cli("preview", stated, "--size", "9").exit_code == 2


def test_of_a_folder_all_images_are_drawn(
    cli: Cli, stated: Path, bare: Path, titles: list[str], tmp_path: Path
) -> None:
    """What cannot be read is named, the others are on the sheet, and the exit code is 1."""
    folder = tmp_path / "folder"
    folder.mkdir()
    for path in (stated, bare):
        path.rename(folder / path.name)
    cut = folder / "cut.tif"
    cut.write_bytes((folder / bare.name).read_bytes()[:5000])
    done = cli("preview", folder, tmp_path / "gone.tif", "-o", tmp_path / "sheet.png")
    assert done.exit_code == 1
    assert done.stdout == f"{tmp_path / 'sheet.png'}: 2 images\n"
    assert sorted(titles) == [bare.name, stated.name]
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 2
    assert str(cut) in errors[0]
    assert "gone.tif" in errors[1]


def test_nothing_to_draw_is_no_sheet(cli: Cli, tmp_path: Path) -> None:
    """The error is printed, and no file appears."""
    done = cli("preview", tmp_path / "gone.tif", "-o", tmp_path / "sheet.png")
    assert done.exit_code == 1
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_taken(cli: Cli, plane: Path, tmp_path: Path) -> None:
    """The remedy is a flag of the command, and it works."""
    out = tmp_path / "sheet.png"
    assert cli("preview", plane, "-o", out).exit_code == 0
    done = cli("preview", plane, "-o", out)
    assert done.exit_code == 1
    assert "exists already" in done.stderr
    assert "--collision overwrite" in done.stderr
    assert cli("preview", plane, "-o", out, "--collision", "overwrite").exit_code == 0
    done = cli("preview", plane, "-o", out, "--collision", "number")
    assert done.stdout == f"{tmp_path / 'sheet-1.png'}: 1 image\n"
    done = cli("preview", plane, "-o", out, "--collision", "skip")
    assert done.stdout == f"{out}: its name is taken, nothing written\n"
    done = cli("preview", plane, "-o", tmp_path / "sheet.xyz")
    assert done.exit_code == 1
    assert ".png" in done.stderr


def test_what_is_stated_is_drawn(cli: Cli, plane: Path, tmp_path: Path) -> None:
    """A size that the user states gives a scale bar."""
    for name, options in (("unknown", ()), ("known", ("--pixel-size", "0.5"))):
        assert cli("preview", plane, "-o", tmp_path / f"{name}.png", *options).exit_code == 0
    unknown, known = (np.asarray(PIL.Image.open(tmp_path / f"{name}.png")) for name in ("unknown", "known"))
    bars = [(pixels[-32:] == 255).all(axis=-1).sum(axis=1).max() for pixels in (unknown, known)]
    assert bars[0] == 0
    assert bars[1] > 50


def test_the_working_folder_gets_the_sheet(cli: Cli, plane: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a name it is preview.png; it is no image of the folder that it lies in."""
    monkeypatch.chdir(plane.parent)
    for collision in ("raise", "overwrite"):
        done = cli("preview", ".", "--collision", collision)
        assert (done.exit_code, done.stdout) == (0, "preview.png: 1 image\n")
