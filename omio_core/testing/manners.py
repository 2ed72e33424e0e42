"""Checks of a reader's manners: what it leaves behind, and how it treats truncated files; knows no format."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from numpy.typing import NDArray

from omio_core.errors import FileChangedError, OmioError
from omio_core.files.probe import Probe
from omio_core.pixels.description import ImageDescription
from omio_core.plugins.descriptions import Match, Verdict

from .differences import difference
from .sample import Sample, Subject, boxes_of, native
from .watching import file_state, open_handles, record_threads

PixelsByImage = dict[int, tuple[str, NDArray[Any]]]


class MannersChecks(Subject):
    """Checks whether the reader leaves files, handles and threads unchanged, and refuses truncated files."""

    def test_truncated_is_refused(self, tmp_path: Path) -> None:
        """A truncated sample is declined, raises an OmioError, or yields only pixels of the complete file.

        A file that is shorter than its header says may be refused at opening or at reading. To refuse it at opening
        is better where it costs no more than to compare two numbers: who opens it then learns of it before the pixels
        are needed.
        """
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
            before = open_handles()
            use()
            gc.collect()
            after = open_handles()
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
            before = file_state(sample.path)
            with suppress(FileChangedError), self.source(sample) as source:  # told below, with the name of the file
                for image in source.images:
                    _ = image.to_numpy(), image.metadata
            after = file_state(sample.path)
            changed = {p for p, _ in before.items() ^ after.items()}
            assert not changed, f"{name}: reading changed {sorted(changed)[:3]}"

    def test_no_thread_is_started(self, tmp_path: Path) -> None:
        """Opening, describing and reading start no thread: only the core starts threads."""
        for name, sample in self.make_samples(tmp_path):
            with record_threads() as started, self.handle(sample.path, sample.options) as opened:
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
        hint = (
            "" if self.truncated_is_shorter else "; if the format does not state its length, set truncated_is_shorter"
        )
        assert pixels.shape == expected.shape, (
            f"{where}: the shape is {pixels.shape}, whole it is {expected.shape}{hint}"
        )
        for box in boxes_of(description, 0):
            region = tuple(slice(a, b) for a, b in box.spans)
            found = difference(pixels[region], expected[region], axes)
            assert not found, (
                f"{where}: other pixels than the whole file's in {box}: {found}; raise a CorruptFileError when it "
                "is opened or when they are read, or do not state them as present"
            )

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
