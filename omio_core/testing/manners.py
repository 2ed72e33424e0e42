"""Checks of manners: what a reader leaves behind, and what it makes of a file that was cut; it knows no format."""

from __future__ import annotations

import gc
import hashlib
import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from numpy.typing import NDArray

from omio_core.errors import OmioError
from omio_core.files.probe import Probe
from omio_core.pixels.description import ImageDescription
from omio_core.plugins.descriptions import Match, Verdict

from .sample import Sample, Subject, boxes_of, native, same

Pixels = dict[int, tuple[str, NDArray[Any]]]


class Manners(Subject):
    """Whether the reader leaves files, handles and threads as it found them, and refuses what is broken."""

    def test_truncated_is_refused(self, tmp_path: Path) -> None:
        """A sample that was cut is declined, ends in an OmioError, or gives no pixel that the whole does not have."""
        for name, sample in self.each(tmp_path):
            if sample.path.is_dir():
                continue
            with self.handle(sample.path, sample.options) as opened:
                whole: Pixels = {i: (one.axes, native(opened, i, 0)) for i, one in enumerate(opened.images)}
            for size, cut in _cuts(sample.path, tmp_path / "cut"):
                self._try_cut(f"{name}, cut to {size} bytes", cut, sample, whole)

    def test_no_handle_is_leaked(self, tmp_path: Path) -> None:
        """Nothing stays open once a file is closed, or could not be opened; descriptions hold nothing open."""
        samples = self.each(tmp_path)
        kept: list[Any] = []

        def use() -> None:
            for _, sample in samples:
                with self.source(sample) as source:
                    kept.extend(source.images)
                    for image in source.images:
                        _ = image.to_numpy(), image.metadata
                if not sample.path.is_dir():
                    for _, cut in _cuts(sample.path, tmp_path / "cut"):
                        self._use_cut(cut, sample)

        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always", ResourceWarning)
            use()  # what is opened at first use, such as libraries, is open now
            gc.collect()
            before = _handles()
            use()
            gc.collect()
            after = _handles()
        left = [str(one.message) for one in said if issubclass(one.category, ResourceWarning)]
        assert not left, f"left to the garbage collector: {left[:3]}"
        assert kept, "no image was opened"
        if before is None or after is None:
            pytest.skip("this system does not list the open files of a process")
        more = sorted(after - before)
        assert len(after) <= len(before), f"{len(after) - len(before)} handles are left open: {more[:3]}"

    def test_file_is_unchanged(self, tmp_path: Path) -> None:
        """Reading changes neither the file, nor its time, nor what lies beside it."""
        for name, sample in self.each(tmp_path):
            before = _state(sample.path)
            with self.source(sample) as source:
                for image in source.images:
                    _ = image.to_numpy(), image.metadata
            after = _state(sample.path)
            changed = {p for p, _ in before.items() ^ after.items()}
            assert not changed, f"{name}: reading changed {sorted(changed)[:3]}"

    def test_no_thread_is_started(self, tmp_path: Path) -> None:
        """Opening, describing and reading start no thread: the threads are the core's."""
        for name, sample in self.each(tmp_path):
            with _started() as started, self.handle(sample.path, sample.options) as opened:
                for index, one in enumerate(opened.images):
                    one.facts()
                    native(opened, index, 0)
            assert not started, f"{name}: the reader started {started}"

    def _try_cut(self, where: str, cut: Path, sample: Sample, whole: Pixels) -> None:
        try:
            said = self.reader.sniff(Probe(cut))
        except Exception as error:  # noqa: BLE001 - the plugin border
            pytest.fail(f"{where}: sniff raises {error!r}")
        assert isinstance(said, Verdict), f"{where}: {said!r}"
        assert said.why.strip(), f"{where}: a verdict without a reason"
        if said.match is Match.NO:
            return
        read = []
        try:
            with self.handle(cut, sample.options) as opened:
                for index, one in enumerate(opened.images):
                    one.facts()
                    read.append((one, native(opened, index, 0)))
        except OmioError:
            return
        except Exception as error:  # noqa: BLE001 - the plugin border
            pytest.fail(f"{where}: {error!r} is no OmioError")
        for index, (one, got) in enumerate(read):
            assert index in whole, f"{where}: the whole file has no image {index}"
            self._compare(f"{where}, image {index}", one, got, whole[index])

    def _compare(self, where: str, one: ImageDescription, got: NDArray[Any], whole: tuple[str, NDArray[Any]]) -> None:
        axes, wanted = whole
        assert (one.axes, got.dtype) == (axes, wanted.dtype), f"{where}: {one.axes} {got.dtype} where {axes} is whole"
        if self.truncated_is_shorter and all(a <= b for a, b in zip(got.shape, wanted.shape, strict=True)):
            wanted = wanted[tuple(slice(0, n) for n in got.shape)]
        assert got.shape == wanted.shape, f"{where}: the shape is {got.shape}, whole it is {wanted.shape}"
        for box in boxes_of(one, 0):
            part = tuple(slice(a, b) for a, b in box.spans)
            assert same(got[part], wanted[part]), f"{where}: other pixels than the whole file's in {box}"

    def _use_cut(self, cut: Path, sample: Sample) -> None:
        try:
            with self.handle(cut, sample.options) as opened:
                for index in range(len(opened.images)):
                    native(opened, index, 0)
        except Exception:  # noqa: BLE001 - the plugin border; what it raises is another check's
            return


def _cuts(path: Path, folder: Path) -> Iterator[tuple[int, Path]]:
    """Copies of a file that end too soon, alone in a folder under its own name."""
    data = path.read_bytes()
    n = len(data)
    folder.mkdir(exist_ok=True)
    for size in sorted({1, 7, 64, n // 8, n // 4, n // 2, 3 * n // 4, n - 64, n - 1}):
        if 0 < size < n:
            cut = folder / path.name
            cut.write_bytes(data[:size])
            yield size, cut
            cut.unlink()


def _handles() -> set[str] | None:
    """What this process has open, one name a handle; None where the system does not tell."""
    for folder in ("/proc/self/fd", "/dev/fd"):
        if os.path.isdir(folder):
            names = set()
            for number in os.listdir(folder):
                try:
                    target = os.readlink(f"{folder}/{number}")
                except OSError:
                    target = ""
                if target != f"/proc/{os.getpid()}/fd":
                    names.add(f"{number} {target}")
            return names
    return None


def _state(path: Path) -> dict[str, Any]:
    """A file or folder and what lies beside it: times, and digests of what is its own."""
    found: dict[str, Any] = {str(one): None for one in path.parent.iterdir()}
    for one in [path, *path.rglob("*")] if path.is_dir() else [path]:
        content = hashlib.blake2b(one.read_bytes()).hexdigest() if one.is_file() else ""
        found[str(one)] = (one.stat().st_mtime_ns, content)
    return found


@contextmanager
def _started() -> Iterator[list[str]]:
    """The names of threads that this thread starts meanwhile."""
    names: list[str] = []
    here, start = threading.get_ident(), threading.Thread.start

    def noted(thread: threading.Thread) -> None:
        if threading.get_ident() == here:
            names.append(thread.name)
        start(thread)

    with mock.patch.object(threading.Thread, "start", noted):
        before = set(threading.enumerate())
        yield names
        names += [t.name for t in set(threading.enumerate()) - before if t.name not in names]
