"""How pixels are read: one read a plane, runs at once, maps, any machine; and a file that changes meanwhile."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import omio
from omio_core.contract import Box, locate
from omio_core.errors import CorruptFileError, FileChangedError, UnsupportedFeatureError
from omio_core.files.positioned import LocalFile
from omio_plugins.thorlabs import _read
from omio_plugins.thorlabs._read import open_raw

from .made import fast, flown, pixels, write, xml


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Offset and length of every positioned read."""
    seen: list[tuple[int, int]] = []
    original = LocalFile._read_some

    def noted(self: LocalFile, view: memoryview, offset: int) -> int:
        seen.append((offset, len(view)))
        return original(self, view, offset)

    monkeypatch.setattr(LocalFile, "_read_some", noted)
    return seen


def test_one_plane_is_one_read(tmp_path: Path, counted: list[tuple[int, int]]) -> None:
    """Of its own bytes alone, wherever it lies; a part of it, of the rows that are needed."""
    array = pixels(3, 4, 2, 6, 5)
    image = omio.imopen(write(tmp_path, flown(array, 1), fast(3, 4, 1, LSM={"pixelX": 5, "pixelY": 6})))
    counted.clear()  # where there is no pread, the looks at the file and its sidecar are counted, too
    assert np.array_equal(image[2, 3, 1], array[2, 3, 1])
    assert counted == [(((2 * 5 + 3) * 2 + 1) * 60, 60)]
    counted.clear()
    assert np.array_equal(image[1, 2, 0, 2:4], array[1, 2, 0, 2:4])
    assert counted == [(((1 * 5 + 2) * 2) * 60 + 20, 20)]
    counted.clear()
    assert np.array_equal(image[1, 2, 0, 2:4, 1:3], array[1, 2, 0, 2:4, 1:3])
    assert counted == [(((1 * 5 + 2) * 2) * 60 + 22, 14)]


def test_runs_are_one_read(tmp_path: Path, counted: list[tuple[int, int]]) -> None:
    """All of a file without flyback; a volume of one with it; else a plane."""
    array = pixels(3, 4, 2, 4, 5)
    plain = open_raw(locate(write(tmp_path / "plain", array, fast(3, 4, 0))))
    flying = open_raw(locate(write(tmp_path / "flying", flown(array, 1), fast(3, 4, 1))))
    for opened, spans, reads in (
        (plain, ((0, 3), (0, 4), (0, 2)), 1), (plain, ((1, 3), (0, 4), (0, 2)), 1),
        (plain, ((0, 3), (1, 3), (0, 2)), 3),
        (plain, ((0, 1), (1, 2), (1, 2)), 1), (plain, ((0, 3), (0, 4), (1, 2)), 12),
        (flying, ((0, 3), (0, 4), (0, 2)), 3),
        (flying, ((0, 1), (2, 4), (0, 2)), 1),
    ):  # fmt: skip
        box = Box((*spans, (0, 4), (0, 5)))
        counted.clear()
        out = np.empty(box.shape, "u2")
        opened.read_into(out, 0, box, 0)
        assert np.array_equal(out, array[tuple(slice(a, b) for a, b in box.spans)])
        assert len(counted) == reads, spans
    plain.close()
    flying.close()


@pytest.mark.parametrize("taken", [("preadv",), ("preadv", "pread")])
def test_without_positioned_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: tuple[str, ...]) -> None:
    """What Windows lacks is done without."""
    array = pixels(3, 4, 2, 4, 5)
    path = write(tmp_path, flown(array, 1), fast(3, 4, 1))
    for name in taken:
        monkeypatch.delattr(os, name, raising=False)
    image = omio.imopen(path)
    assert np.array_equal(image.to_numpy(), array)
    assert np.array_equal(image[:, ::-1, 1, 1:, ::2], array[:, ::-1, 1, 1:, ::2])


def test_on_a_big_endian_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes are swapped in place, whole planes and parts alike; this machine shows what would come of it."""
    array = pixels(3, 1, 2, 4, 5)
    opened = open_raw(locate(write(tmp_path, array, xml(Streaming={"frames": 3}))))
    monkeypatch.setattr(_read, "_SWAPPED", True)
    for spans in (((0, 3), (0, 1), (0, 2), (0, 4), (0, 5)), ((1, 3), (0, 1), (1, 2), (1, 3), (2, 4))):
        box = Box(spans)
        out = np.empty(box.shape, "u2")
        opened.read_into(out, 0, box, 0)
        assert np.array_equal(out.byteswap(), array[tuple(slice(a, b) for a, b in spans)])
    opened.close()


def test_wide_rows_in_part(tmp_path: Path) -> None:
    """More than fits the scratch memory at once."""
    array = pixels(1, 1, 1, 300, 4096)
    image = omio.imopen(write(tmp_path, array, xml(x=4096, y=300, mask=1)))
    assert np.array_equal(image[0, 0, 0, :, 5:4090], array[0, 0, 0, :, 5:4090])


def test_a_file_that_changes(tmp_path: Path) -> None:
    """Cut short or replaced: refused, never other pixels; under the reader's own hands, an error too."""
    array = pixels(3, 1, 2, 4, 5)
    path = write(tmp_path, array, xml(Streaming={"frames": 3}))
    image = omio.imopen(path)
    assert image.to_memmap().shape == array.shape
    opened = open_raw(locate(path))
    os.truncate(path, 100)
    for read in (image.to_numpy, image.to_memmap, lambda: image[0]):
        with pytest.raises(FileChangedError):
            read()
    with pytest.raises(CorruptFileError, match="ends too soon"):
        opened.read_into(np.empty((3, 1, 2, 4, 5), "u2"), 0, Box.whole((3, 1, 2, 4, 5)), 0)
    opened.close()


def test_a_map(tmp_path: Path) -> None:
    """The whole and parts of it, flyback stepped over; read only; nothing is copied."""
    array = pixels(3, 4, 2, 4, 5)
    image = omio.imopen(write(tmp_path, flown(array, 1), fast(3, 4, 1)))
    whole = image.to_memmap()
    assert isinstance(whole, np.memmap)
    assert whole.dtype == np.dtype("<u2")
    assert np.array_equal(whole, array)
    assert whole.strides == (5 * 2 * 40, 2 * 40, 40, 10, 2)
    with pytest.raises(ValueError):
        whole[0, 0, 0, 0, 0] = 1
    part = image.at(T=slice(1, 3), Z=2, C="ChanB", Y=slice(1, 3)).at(X=slice(3, 5)).to_memmap()
    assert np.array_equal(part, array[1:3, 2:3, 1:2, 1:3, 3:5])


@pytest.mark.filterwarnings("ignore::omio_core.errors.OmioWarning")
def test_a_map_of_a_stopped_run(tmp_path: Path) -> None:
    """What is there can be mapped, what is absent cannot."""
    array = pixels(2, 3, 2, 4, 5)
    text = fast(5, 3, 0, ExperimentStatus={"value": "Stopped"})
    image = omio.imopen(write(tmp_path, array.reshape(-1, 4, 5)[:8], text))
    with pytest.raises(UnsupportedFeatureError, match="cannot be mapped") as told:
        image.to_memmap()
    assert "absent" in told.value.evidence
    assert "to_numpy" in told.value.remedy
    assert "to_dask" in told.value.remedy
    assert np.array_equal(image.at(T=0).to_memmap(), array[:1])
    assert np.array_equal(image.at(T=1, Z=0).to_memmap(), array[1:, :1])
