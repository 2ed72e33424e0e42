"""Files that broke other readers give pixels or an OmioError in 10 s and 1 GiB; what libtiff opens is read."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

from tests.fuzz.bounded import Answer, Bounded

# Where libtiff goes further than OMIO wants to, each with the reason.
LIBTIFF_ALONE = {
    "multipage_multiple_frame_loop.tiff": "the chain of IFDs loops: libtiff warns and shows what came before; here it "
    "is an error, since nobody can tell which pages there were",
    "multipage_single_frame_loop.tiff": "the same, with a page that follows itself",
}
LEAST_OPENED = 3  # files that libtiff decodes and OMIO must read too; fewer mean that libtiff was not asked rightly


@pytest.fixture(scope="module")
def malformed(data: Path) -> list[Path]:
    """All files, whatever their names."""
    found = sorted(path for path in (data / "malformed").rglob("*") if path.is_file())
    assert len(found) >= 88
    return found


@pytest.fixture(scope="module")
def answers(malformed: list[Path], child: Bounded) -> dict[Path, Answer]:
    """What comes of each."""
    return {path: child.ask(path) for path in malformed}


def test_each_is_pixels_or_an_error_of_omio(answers: dict[Path, Answer]) -> None:
    faults = [f"{path.name}: {answer.fault}" for path, answer in answers.items() if answer.fault]
    assert not faults, "\n".join(faults)
    assert {answer.outcome for answer in answers.values()} >= {"pixels", "CorruptFileError", "NoReaderError"}


def _by_libtiff(path: Path, folder: Path) -> np.ndarray | None:
    """The first page as libtiff decodes it, samples as stored; None where it gives up.

    `tiffcp` copies the page and decompresses it. It stops at the first strip that it cannot decode, and says so by its
    exit code. The copy is plain enough that any reader reads the same from it.
    """
    source, copy = folder / "in.tif", folder / "out.tif"  # tiffcp takes a comma in a name for the number of a page
    source.write_bytes(path.read_bytes())
    copy.unlink(missing_ok=True)
    done = subprocess.run(
        ["tiffcp", "-m", "512", "-c", "none", f"{source},0", str(copy)], capture_output=True, timeout=60, check=False
    )
    if done.returncode or not copy.is_file():
        return None
    return tifffile.imread(copy, key=0)


def test_what_libtiff_opens_is_read(answers: dict[Path, Answer], tmp_path: Path) -> None:
    """Equal pixels of the first page, so that refusing everything fails."""
    if shutil.which("tiffcp") is None:
        pytest.skip("tiffcp, of libtiff, is not on this machine")
    opened = {path: page for path in answers if (page := _by_libtiff(path, tmp_path)) is not None}
    alone = {path.name for path in opened if answers[path].pictures is None}
    assert alone == set(LIBTIFF_ALONE), f"libtiff reads these: {sorted(alone)}"
    both = [path for path in opened if answers[path].pictures is not None]
    assert len(both) >= LEAST_OPENED, f"libtiff opens only {sorted(path.name for path in opened)}"
    wrong = [path.name for path in both if _digest(opened[path]) != answers[path].pictures[0].first]
    assert not wrong, f"other pixels than libtiff's: {wrong}"


def _digest(page: np.ndarray) -> str:
    """Of a page as tifffile gives it, as the child has it: channels first, little-endian."""
    planes = page[None] if page.ndim == 2 else np.moveaxis(page, -1, 0)
    return hashlib.sha256(planes.astype(planes.dtype.newbyteorder("<")).tobytes()).hexdigest()


Make = Callable[..., Path]
Page = Callable[..., dict]


@pytest.mark.parametrize(
    "tags",
    [
        pytest.param({"t60000": (3, 7)}, id="an unknown tag"),
        pytest.param({"t60000": (99, b"abcd")}, id="an unknown type"),
        pytest.param({"t297": (3, (0, 0))}, id="page 0 of 0"),
        pytest.param({"t278": (4, 0xFFFFFFFF)}, id="rows per strip without end"),
        pytest.param({"t278": (3, 700)}, id="rows per strip beyond the picture"),
        pytest.param({"t258": (3, (8, 8, 8))}, id="bits of more samples than there are"),
        pytest.param({"t279": (4, 5000)}, id="a strip that is longer than its rows"),
        pytest.param({"t270": (2, b"no end")}, id="a text without its NUL"),
        pytest.param({"t282": (5, (0, 0))}, id="a resolution of 0/0"),
        pytest.param({"t306": (2, b"yesterday\0")}, id="a date that is none"),
        pytest.param({"t273": (3, 8), "t279": (3, 12), "t256": (4, 4)}, id="other types than usual"),
    ],
)
def test_what_is_odd_but_sound_is_read(
    make: Make, page: Page, ask: Callable[..., Answer], tmp_path: Path, tags
) -> None:
    """Made here, so that it does not hang on the files alone; libtiff is asked too where it is there."""
    path = make([page(**tags)], data=bytes(range(12)), name="odd.tif")
    path.write_bytes(path.read_bytes() + bytes(5000))  # what follows the last table is nobody's
    expected = np.arange(12, dtype="u1").reshape(3, 4)
    answer = ask(path)
    assert answer.error is None, answer.error.message
    assert answer.pictures is not None
    assert answer.pictures[0].sha256 == _digest(expected)
    if shutil.which("tiffcp") is not None:
        by_libtiff = _by_libtiff(path, tmp_path)
        assert by_libtiff is None or np.array_equal(by_libtiff, expected)
