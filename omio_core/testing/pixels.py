"""Checks of pixels: whole equals regions equals lazy, whatever the buffer, the thread or the process."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator, Sequence
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
from .sample import Subject, boxes_of, buffers, catalogue_of, digest, native, picture, same, some_boxes


class Pixels(Subject):
    """Whether every way to a pixel leads to the same pixel."""

    def test_pixels_are_the_expected(self, tmp_path: Path) -> None:
        """The pixels are those the author of the sample knows."""
        for name, sample in self.each(tmp_path):
            with self.source(sample) as source:
                assert set(sample.arrays) <= set(range(len(source.images))), f"{name}: {len(source.images)} image(s)"
                for index, wanted in sample.arrays.items():
                    pixels = source.images[index].to_numpy()
                    told = f"{pixels.shape} {pixels.dtype}, not {wanted.shape} {wanted.dtype}"
                    assert same(pixels, np.asarray(wanted)), f"{name}, image {index}: other pixels ({told})"

    def test_regions_equal_whole(self, tmp_path: Path) -> None:
        """A region read on its own, into memory of any strides, is that part of the whole; at every level."""
        for name, sample in self.each(tmp_path):
            with self.source(sample) as source:
                for index, image in enumerate(source.images):
                    for level in range(len(image.levels)):
                        one = picture(image).at_level(level)
                        whole = np.empty(one.shape, one.dtype)
                        read(one, whole, Box.whole(one.shape))
                        for box in some_boxes(one.shape, one.blocks):
                            wanted = whole[box.within(Box.whole(one.shape))]
                            for strides, out in buffers(box.shape, one.dtype):
                                read(one, out, box)
                                where = f"{name}, image {index}, level {level}, {box}, {strides}"
                                assert same(out, wanted), f"{where}: not that part of the whole"

    def test_lazy_equals_whole(self, tmp_path: Path) -> None:
        """Indexing and dask give the pixels of the whole."""
        keys: tuple[Any, ...] = (0, (-1, 0), np.s_[..., ::-1, ::2], np.s_[:, :, -1:, 1:, :-1], np.s_[..., 0, -1])
        for name, sample in self.each(tmp_path):
            with self.source(sample) as source:
                for index, image in enumerate(source.images):
                    whole = image.to_numpy()
                    for key in keys:
                        part = np.asarray(image[key])
                        assert same(part, np.asarray(whole[key])), f"{name}, image {index}: [{key}] is another part"
                    for chunks in (None, tuple(max(1, n * 2 // 3) for n in image.shape)):
                        lazy = image.to_dask(chunks).compute(scheduler="synchronous")  # type: ignore[no-untyped-call]
                        assert same(np.asarray(lazy), whole), f"{name}, image {index}: dask, chunks {chunks}"

    def test_maps_equal_whole(self, tmp_path: Path) -> None:
        """Where the reader says that all pixels lie in the file as they are, a map of it shows those pixels."""
        for name, sample in self.each(tmp_path):
            with self.source(sample) as source:
                for index, image in enumerate(source.images):
                    if picture(image).description.levels[0].raw is None or image.picture.present is not None:
                        continue
                    seen = image.to_memmap()
                    assert not seen.flags.writeable, f"{name}, image {index}: the map can be written to"
                    assert same(np.asarray(seen, image.dtype), image.to_numpy()), f"{name}, image {index}: other pixels"

    def test_out_is_filled(self, tmp_path: Path) -> None:
        """Every element of `out` is written: two different fillings of it leave the same pixels."""
        for where, opened, index, level, box in self._present(tmp_path):
            dtype = opened.images[index].dtype
            results = []
            for pattern in (0x5A, 0xA5):
                memory = np.full(box.size * dtype.itemsize, pattern, np.uint8)
                out = memory.view(dtype).reshape(box.shape)
                opened.read_into(out, index, box, level)
                results.append(memory)
            left = np.flatnonzero(results[0] != results[1]).size
            assert not left, f"{where}, {box}: {left} bytes of out are not written"

    def test_two_reads_are_identical(self, tmp_path: Path) -> None:
        """Reading again, from the same handle and from a new one, gives the same."""
        for name, sample in self.each(tmp_path):
            seen: list[list[str]] = []
            for _ in range(2):
                with self.handle(sample.path, sample.options) as opened:
                    images = range(len(opened.images))
                    seen += [[digest(native(opened, index, 0)) for index in images] for _ in range(2)]
            assert all(one == seen[0] for one in seen), f"{name}: other pixels at another time"

    def test_two_threads_read_the_same(self, tmp_path: Path) -> None:
        """One handle is read from two threads at once."""
        for name, sample in self.each(tmp_path):
            with self.handle(sample.path, sample.options) as opened:
                for index in range(len(opened.images)):
                    whole = native(opened, index, 0)
                    _read_at_once(opened, index, whole, f"{name}, image {index}")

    def test_images_pickle(self, tmp_path: Path) -> None:
        """A pickled image reads the same, with the handle open and after it was closed."""
        for name, sample in self.each(tmp_path):
            with self.source(sample) as source:
                for index, image in enumerate(source.images):
                    copy: Image = pickle.loads(pickle.dumps(image))
                    whole = image.to_numpy()
                    assert same(copy.to_numpy(), whole), f"{name}, image {index}: a copy reads other pixels"
                    HANDLES.clear()
                    late: Image = pickle.loads(pickle.dumps(image))
                    assert same(late.to_numpy(), whole), f"{name}, image {index}: reads other pixels once closed"
                    assert late.metadata == image.metadata, f"{name}, image {index}: a copy has other metadata"

    def test_another_process_reads_the_same(self, tmp_path: Path) -> None:
        """Images travel to another process and read the same there."""
        images: list[Image] = []
        wanted: list[str] = []
        for _, sample in self.each(tmp_path):
            with self.source(sample) as source:
                images += source.images
                wanted += [digest(image.to_numpy()) for image in source.images]
        # the child needs what opens the file, not what recognises it
        there = catalogue_of(replace(self.reader, sniff=declines, options=dict(self.reader.options)))
        done = subprocess.run(
            [sys.executable, "-c", "from omio_core.testing.child import main; main()"],
            input=pickle.dumps((there, images)),
            capture_output=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)},
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, f"another process cannot read: {done.stderr.decode(errors='replace')[-2000:]}"
        assert pickle.loads(done.stdout) == wanted, "another process reads other pixels"

    def _present(self, folder: Path) -> Iterator[tuple[str, Opened, int, int, Box]]:
        """Boxes that exist, whole and in part: (where, handle, image, level, box)."""
        for name, sample in self.each(folder):
            with self.handle(sample.path, sample.options) as opened:
                for index, one in enumerate(opened.images):
                    samples = [axis for axis, letter in enumerate(one.axes) if letter == "S"]
                    for level, resolution in enumerate(one.levels):
                        for there in boxes_of(one, level):
                            start = [a for a, _ in there.spans]
                            for part in some_boxes(there.shape, resolution.blocks, samples, n=4):
                                yield f"{name}, image {index}, level {level}", opened, index, level, part.shift(start)


def _read_at_once(opened: Opened, index: int, whole: NDArray[Any], where: str) -> None:
    one = opened.images[index]
    samples = [axis for axis, letter in enumerate(one.axes) if letter == "S"]
    work = []
    for there in boxes_of(one, 0):
        start = [a for a, _ in there.spans]
        work += [p.shift(start) for p in some_boxes(there.shape, one.levels[0].blocks, samples, n=4)]
    together = Barrier(2)

    def run(boxes: Sequence[Box]) -> list[Box]:
        together.wait(timeout=60)
        wrong = []
        for box in boxes:
            out = np.empty(box.shape, one.dtype)
            opened.read_into(out, index, box, 0)
            if not same(out, whole[tuple(slice(a, b) for a, b in box.spans)]):
                wrong.append(box)
        return wrong

    with ThreadPoolExecutor(2) as threads:
        runs = [threads.submit(run, boxes) for boxes in (work * 3, work[::-1] * 3)]
        wrong = [box for done in runs for box in done.result()]
    assert not wrong, f"{where}: two threads at once read other pixels in {wrong[:3]}"
