"""Checks of a reader's manners: what it leaves behind, and how it treats truncated files; knows no format."""

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

PixelsByImage = dict[int, tuple[str, NDArray[Any]]]


class MannersChecks(Subject):
    """Checks whether the reader leaves files, handles and threads unchanged, and refuses truncated files."""

    def test_truncated_is_refused(self, tmp_path: Path) -> None:
        """A truncated sample is declined, raises an OmioError, or yields only pixels of the complete file."""
        for name, sample in self.make_samples(tmp_path):
            if sample.path.is_dir():
                continue
            with self.handle(sample.path, sample.options) as opened:
                originals: PixelsByImage = {
                    index: (description.axes, native(opened, index, 0))
                    for index, description in enumerate(opened.images)
                }
            for size, cut in _truncated_copies(sample.path, tmp_path / "cut"):
                self._check_truncated(f"{name}, cut to {size} bytes", cut, sample, originals)

    def test_no_handle_is_leaked(self, tmp_path: Path) -> None:
        """Nothing stays open after a file is closed or fails to open; descriptions keep nothing open."""
        samples = self.make_samples(tmp_path)
        images: list[Any] = []

        def use() -> None:
            for _, sample in samples:
                with self.source(sample) as source:
                    images.extend(source.images)
                    for image in source.images:
                        _ = image.to_numpy(), image.metadata
                if not sample.path.is_dir():
                    for _, cut in _truncated_copies(sample.path, tmp_path / "cut"):
                        self._read_truncated(cut, sample)

        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ResourceWarning)
            use()  # opens whatever stays open after first use, such as libraries
            gc.collect()
            before = _open_handles()
            use()
            gc.collect()
            after = _open_handles()
        leaked = [str(warning.message) for warning in caught if issubclass(warning.category, ResourceWarning)]
        assert not leaked, f"left to the garbage collector: {leaked[:3]}"
        assert images, "no image was opened"
        if before is None or after is None:
            pytest.skip("this system does not list the open files of a process")
        new_handles = sorted(after - before)
        assert len(after) <= len(before), f"{len(after) - len(before)} handles are left open: {new_handles[:3]}"

    def test_file_is_unchanged(self, tmp_path: Path) -> None:
        """Reading changes neither the file, nor its modification time, nor the files beside it."""
        for name, sample in self.make_samples(tmp_path):
            before = _file_state(sample.path)
            with self.source(sample) as source:
                for image in source.images:
                    _ = image.to_numpy(), image.metadata
            after = _file_state(sample.path)
            changed = {p for p, _ in before.items() ^ after.items()}
            assert not changed, f"{name}: reading changed {sorted(changed)[:3]}"

    def test_no_thread_is_started(self, tmp_path: Path) -> None:
        """Opening, describing and reading start no thread: only the core starts threads."""
        for name, sample in self.make_samples(tmp_path):
            with _record_threads() as started, self.handle(sample.path, sample.options) as opened:
                for index, description in enumerate(opened.images):
                    description.facts()
                    native(opened, index, 0)
            assert not started, f"{name}: the reader started {started}"

    def _check_truncated(self, where: str, cut: Path, sample: Sample, originals: PixelsByImage) -> None:
        try:
            verdict = self.reader.sniff(Probe(cut))
        except Exception as error:  # noqa: BLE001 - the plugin border
            pytest.fail(f"{where}: sniff raises {error!r}")
        assert isinstance(verdict, Verdict), f"{where}: {verdict!r}"
        assert verdict.why.strip(), f"{where}: a verdict without a reason"
        if verdict.match is Match.NO:
            return
        results = []
        try:
            with self.handle(cut, sample.options) as opened:
                for index, description in enumerate(opened.images):
                    description.facts()
                    results.append((description, native(opened, index, 0)))
        except OmioError:
            return
        except Exception as error:  # noqa: BLE001 - the plugin border
            pytest.fail(f"{where}: {error!r} is no OmioError")
        for index, (description, pixels) in enumerate(results):
            assert index in originals, f"{where}: the whole file has no image {index}"
            self._compare(f"{where}, image {index}", description, pixels, originals[index])

    def _compare(
        self, where: str, description: ImageDescription, pixels: NDArray[Any], original: tuple[str, NDArray[Any]]
    ) -> None:
        axes, expected = original
        assert (description.axes, pixels.dtype) == (axes, expected.dtype), (
            f"{where}: {description.axes} {pixels.dtype} where {axes} is whole"
        )
        if self.truncated_is_shorter and all(a <= b for a, b in zip(pixels.shape, expected.shape, strict=True)):
            expected = expected[tuple(slice(0, n) for n in pixels.shape)]
        assert pixels.shape == expected.shape, f"{where}: the shape is {pixels.shape}, whole it is {expected.shape}"
        for box in boxes_of(description, 0):
            region = tuple(slice(a, b) for a, b in box.spans)
            assert same(pixels[region], expected[region]), f"{where}: other pixels than the whole file's in {box}"

    def _read_truncated(self, cut: Path, sample: Sample) -> None:
        try:
            with self.handle(cut, sample.options) as opened:
                for index in range(len(opened.images)):
                    native(opened, index, 0)
        except Exception:  # noqa: BLE001 - the plugin border; another check covers its errors
            return


def _truncated_copies(path: Path, folder: Path) -> Iterator[tuple[int, Path]]:
    """Yield truncated copies of a file, each alone in a folder under the original name, with their sizes."""
    data = path.read_bytes()
    total = len(data)
    folder.mkdir(exist_ok=True)
    for size in sorted({1, 7, 64, total // 8, total // 4, total // 2, 3 * total // 4, total - 64, total - 1}):
        if 0 < size < total:
            cut = folder / path.name
            cut.write_bytes(data[:size])
            yield size, cut
            cut.unlink()


def _open_handles() -> set[str] | None:
    """Return the open handles of this process, one name per handle; None if the system does not list them."""
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


def _file_state(path: Path) -> dict[str, Any]:
    """Return the names beside a file or folder, and the times and digests of the files that belong to it."""
    states: dict[str, Any] = {str(file): None for file in path.parent.iterdir()}
    for file in [path, *path.rglob("*")] if path.is_dir() else [path]:
        content = hashlib.blake2b(file.read_bytes()).hexdigest() if file.is_file() else ""
        states[str(file)] = (file.stat().st_mtime_ns, content)
    return states


@contextmanager
def _record_threads() -> Iterator[list[str]]:
    """Collect the names of the threads that are started meanwhile."""
    names: list[str] = []
    this_thread, start = threading.get_ident(), threading.Thread.start

    def start_and_record(thread: threading.Thread) -> None:
        if threading.get_ident() == this_thread:
            names.append(thread.name)
        start(thread)

    with mock.patch.object(threading.Thread, "start", start_and_record):
        threads_before = set(threading.enumerate())
        yield names
        names += [thread.name for thread in set(threading.enumerate()) - threads_before if thread.name not in names]
