"""Checks of pixels: complete, partial and lazy reads agree, for any buffer, thread or process."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.geometry.box import Box
from omio_core.images.image import Image
from omio_core.pixels.handles import HANDLES
from omio_core.pixels.picture import read
from omio_core.plugins.descriptions import Opened

from .child import declines
from .differences import difference
from .sample import (
    Subject,
    boxes_of,
    buffers,
    catalogue_of,
    digest,
    native,
    picture,
    read_present,
    same,
    some_boxes,
)
from .watching import disturbed, slow_to_assign

THREADS = 8
_READS = 60  # of each thread, or one of each box
_MOST_BOXES = 30


class PixelChecks(Subject):
    """Checks whether every way to read a pixel returns the same value."""

    def test_pixels_are_the_expected(self, tmp_path: Path) -> None:
        """The pixels equal those in the sample's `arrays`."""
        for name, sample in self.make_samples(tmp_path):
            with self.source(sample) as source:
                assert set(sample.arrays) <= set(range(len(source.images))), f"{name}: {len(source.images)} image(s)"
                for index, expected in sample.arrays.items():
                    pixels = source.images[index].to_numpy()
                    found = difference(pixels, np.asarray(expected))
                    assert not found, f"{name}, image {index}: other pixels than the sample's array: {found}"

    def test_regions_equal_whole(self, tmp_path: Path) -> None:
        """A region read separately, into memory with any strides, equals that part of the whole; at every level."""
        for name, sample in self.make_samples(tmp_path):
            with self.source(sample) as source:
                for index, image in enumerate(source.images):
                    for level in range(len(image.levels)):
                        resolution = picture(image).at_level(level)
                        all_pixels = np.empty(resolution.shape, resolution.dtype)
                        read(resolution, all_pixels, Box.whole(resolution.shape))
                        for box in some_boxes(resolution.shape, resolution.blocks):
                            expected = all_pixels[box.within(Box.whole(resolution.shape))]
                            for strides, out in buffers(box.shape, resolution.dtype):
                                read(resolution, out, box)
                                where = f"{name}, image {index}, level {level}, {box}, {strides}"
                                found = difference(out, expected)
                                assert not found, f"{where}: not that part of the whole: {found}"

    def test_lazy_equals_whole(self, tmp_path: Path) -> None:
        """Indexing and dask return the same pixels as reading the whole image."""
        keys: tuple[Any, ...] = (0, (-1, 0), np.s_[..., ::-1, ::2], np.s_[:, :, -1:, 1:, :-1], np.s_[..., 0, -1])
        for name, sample in self.make_samples(tmp_path):
            with self.source(sample) as source:
                for index, image in enumerate(source.images):
                    all_pixels = image.to_numpy()
                    for key in keys:
                        region = np.asarray(image[key])
                        assert same(region, np.asarray(all_pixels[key])), (
                            f"{name}, image {index}: [{key}] is another part"
                        )
                    for chunks in (None, tuple(max(1, n * 2 // 3) for n in image.shape)):
                        lazy = image.to_dask(chunks).compute(scheduler="synchronous")  # type: ignore[no-untyped-call]
                        found = difference(np.asarray(lazy), all_pixels)
                        assert not found, f"{name}, image {index}: dask, chunks {chunks}: {found}"

    def test_maps_equal_whole(self, tmp_path: Path) -> None:
        """If the reader states that the pixels can be memory-mapped, the map contains the same pixels."""
        for name, sample in self.make_samples(tmp_path):
            with self.source(sample) as source:
                for index, image in enumerate(source.images):
                    if picture(image).description.levels[0].raw is None or image.picture.present is not None:
                        continue
                    mapped = image.to_memmap()
                    assert not mapped.flags.writeable, f"{name}, image {index}: the map can be written to"
                    found = difference(np.asarray(mapped, image.dtype), image.to_numpy())
                    assert not found, f"{name}, image {index}: other pixels in the map: {found}"

    def test_out_is_filled(self, tmp_path: Path) -> None:
        """Every element of `out` is written: two different initial contents result in the same pixels.

        A box that is stated as present and left as it was is not present: the reader states it as absent, or raises
        AbsentDataError(boxes=).
        """
        for where, opened, index, level, box in self._present(tmp_path):
            dtype = opened.images[index].dtype
            results = []
            for pattern in (0x5A, 0xA5):
                memory = np.full(box.size * dtype.itemsize, pattern, np.uint8)
                out = memory.view(dtype).reshape(box.shape)
                read_present(opened, out, index, box, level)
                results.append(memory)
            unwritten = np.flatnonzero(results[0] != results[1]).size
            assert not unwritten, f"{where}, {box}: present, but {unwritten} bytes of out are not written"

    def test_two_reads_are_identical(self, tmp_path: Path) -> None:
        """Reading again, from the same handle and from a new one, returns the same pixels."""
        for name, sample in self.make_samples(tmp_path):
            digests: list[list[str]] = []
            for _ in range(2):
                with self.handle(sample.path, sample.options) as opened:
                    images = range(len(opened.images))
                    digests += [[digest(native(opened, index, 0)) for index in images] for _ in range(2)]
            assert all(result == digests[0] for result in digests), f"{name}: other pixels at another time"

    def test_eight_threads_read_the_same(self, tmp_path: Path) -> None:
        """Eight threads read from one handle at once, and get the same pixels as a single thread.

        They pause after each assignment to an attribute of the handle, so that `read_into` gives wrong pixels if it
        keeps there what belongs to one read. A lock, or a cache that is filled in one assignment, is no fault.
        """
        for name, sample in self.make_samples(tmp_path):
            with self.handle(sample.path, sample.options) as opened:
                for index in range(len(opened.images)):
                    all_pixels = native(opened, index, 0)
                    _read_at_once(opened, index, all_pixels, f"{name}, image {index}")

    def test_images_pickle(self, tmp_path: Path) -> None:
        """A pickled image reads the same pixels, with the handle open and after it is closed."""
        for name, sample in self.make_samples(tmp_path):
            with self.source(sample) as source:
                for index, image in enumerate(source.images):
                    copy: Image = pickle.loads(pickle.dumps(image))
                    all_pixels = image.to_numpy()
                    assert same(copy.to_numpy(), all_pixels), f"{name}, image {index}: a copy reads other pixels"
                    HANDLES.clear()
                    late_copy: Image = pickle.loads(pickle.dumps(image))
                    assert same(late_copy.to_numpy(), all_pixels), (
                        f"{name}, image {index}: reads other pixels once closed"
                    )
                    assert late_copy.metadata == image.metadata, f"{name}, image {index}: a copy has other metadata"

    def test_another_process_reads_the_same(self, tmp_path: Path) -> None:
        """Images that are pickled to another process read the same pixels there."""
        images: list[Image] = []
        expected: list[str] = []
        for _, sample in self.make_samples(tmp_path):
            with self.source(sample) as source:
                images += source.images
                expected += [digest(image.to_numpy()) for image in source.images]
        # the child process needs to open the file, not to recognise it
        catalogue = catalogue_of(replace(self.reader, sniff=declines, options=dict(self.reader.options)))
        process = subprocess.run(
            [sys.executable, "-c", "from omio_core.testing.child import main; main()"],
            input=pickle.dumps((catalogue, images)),
            capture_output=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)},
            timeout=240,
            check=False,
        )
        assert process.returncode == 0, (
            f"another process cannot read: {process.stderr.decode(errors='replace')[-2000:]}"
        )
        assert pickle.loads(process.stdout) == expected, "another process reads other pixels"

    def _present(self, folder: Path) -> Iterator[tuple[str, Opened, int, int, Box]]:
        """Yield existing boxes and parts of them: (where, handle, image, level, box)."""
        for name, sample in self.make_samples(folder):
            with self.handle(sample.path, sample.options) as opened:
                for index, description in enumerate(opened.images):
                    samples = [axis for axis, letter in enumerate(description.axes) if letter == "S"]
                    for level, resolution in enumerate(description.levels):
                        for existing in boxes_of(description, level):
                            start = [first for first, _ in existing.spans]
                            for box in some_boxes(existing.shape, resolution.blocks, samples, n=4):
                                yield f"{name}, image {index}, level {level}", opened, index, level, box.shift(start)


def _read_at_once(opened: Opened, index: int, expected: NDArray[Any], where: str) -> None:
    description = opened.images[index]
    samples = [axis for axis, letter in enumerate(description.axes) if letter == "S"]
    all_boxes = []
    for existing in boxes_of(description, 0)[:_MOST_BOXES]:
        start = [a for a, _ in existing.spans]
        all_boxes += [
            part.shift(start) for part in some_boxes(existing.shape, description.levels[0].blocks, samples, n=4)
        ]
    rounds = max(1, _READS // max(1, len(all_boxes)))
    barrier = Barrier(THREADS)

    def run(first: int) -> list[str]:
        boxes = (all_boxes[first % len(all_boxes) :] + all_boxes[: first % len(all_boxes)])[:: -1 if first % 2 else 1]
        barrier.wait(timeout=60)
        wrong: list[str] = []
        with disturbed(first):
            for box in boxes * rounds:
                out = np.empty(box.shape, description.dtype)
                try:
                    read_present(opened, out, index, box, 0)
                except Exception as error:  # noqa: BLE001 - the plugin border
                    wrong.append(f"{box}: {error!r}")
                    continue
                part = expected[tuple(slice(a, b) for a, b in box.spans)]
                if not same(out, part):
                    wrong.append(f"{box}: {difference(out, part, description.axes)}")
        return wrong

    if not all_boxes:
        return
    with slow_to_assign(opened), ThreadPoolExecutor(THREADS) as threads:
        runs = [threads.submit(run, first) for first in range(THREADS)]
        wrong = [box for finished in runs for box in finished.result()]
    assert not wrong, (
        f"{where}: eight threads on one handle read other pixels, or fail: {wrong[:3]}; keep what belongs to one read "
        "in local variables, or hold a lock"
    )
