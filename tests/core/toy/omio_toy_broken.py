"""Toy readers that misbehave, each in one way: the conformance kit has to catch every one of them."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from functools import partial

import numpy as np
import omio_toy
import omio_toy_read
from omio_toy_read import Toy

from omio_core.contract import Box, CorruptFileError, Fact, Facts, Level, MappedLayout, Match, Verdict, locate


class Forgets(Toy):
    """Leaves the last row of `out` as it is."""

    def read_into(self, out, image, box, level):
        rows = self.images[image].axes.index("Y")
        part = tuple(slice(0, -1) if axis == rows else slice(None) for axis in range(out.ndim))
        spans = tuple((a, b - 1) if axis == rows else (a, b) for axis, (a, b) in enumerate(box.spans))
        super().read_into(out[part], image, Box(spans), level)


class Shifts(Toy):
    """Gives the first pixels of the file for every region."""

    def read_into(self, out, image, box, level):
        super().read_into(out, image, Box.whole(box.shape), level)


class Contiguous(Toy):
    """Fills C-ordered memory only, and takes a copy of any other for it."""

    def read_into(self, out, image, box, level):
        super().read_into(out.reshape(-1).reshape(out.shape), image, box, level)


class Misplaced(Toy):
    """Says that its pixels lie at the start of the file."""

    def _described(self):
        def placed(one):
            level = one.levels[0]
            bytes_of = [one.dtype.itemsize * int(np.prod(level.shape[k + 1 :])) for k in range(len(level.shape))]
            raw = MappedLayout(location=self.members[0], offset=0, strides=tuple(bytes_of), dtype=one.dtype.str)
            return replace(one, levels=(replace(level, raw=raw), *one.levels[1:]))

        return tuple(placed(one) for one in super()._described())


def invented():
    return Facts(physical_size_x=Fact(1.0, "file", "default"), physical_size_y=Fact(1.0, "file", "default"))


def claimed_by_caller(text):
    return replace(omio_toy_read.facts_of(text), name=Fact("mine", "caller"))


class Invents(Toy):
    """States a pixel size of 1."""

    def _described(self):
        return tuple(replace(one, facts=invented) for one in super()._described())


class Pretends(Toy):
    """States facts in the caller's name."""

    def _described(self):
        return tuple(replace(one, facts=partial(claimed_by_caller, "{}")) for one in super()._described())


class Holds(Toy):
    """Describes with the help of its open file, so that a description does not survive."""

    def _described(self):
        return tuple(replace(one, facts=self.facts) for one in super()._described())

    def facts(self):
        self.file.seek(0)
        return Facts()


class Overlaps(Toy):
    """Says that everything exists, twice."""

    def _described(self):
        return tuple(
            replace(one, levels=tuple(replace(k, present=(Box.whole(k.shape),) * 2) for k in one.levels))
            for one in super()._described()
        )


class Swollen(Toy):
    """Has a level larger than the one before."""

    def _described(self):
        return tuple(
            replace(one, levels=(*one.levels, Level(shape=tuple(2 * n for n in k.shape), blocks=k.shape)))
            for one in super()._described()
            for k in one.levels[:1]
        )


class Leaks(Toy):
    """Opens a second handle and forgets it."""

    def __init__(self, path, **options):
        super().__init__(path, **options)
        self.second = os.open(self.members[-1], os.O_RDONLY)


class Littering(Toy):
    """Leaves its file to the garbage collector."""

    def close(self):
        self.file = None


class Threads(Toy):
    """Reads in a thread of its own."""

    def read_into(self, out, image, box, level):
        thread = threading.Thread(target=super().read_into, args=(out, image, box, level))
        thread.start()
        thread.join()


class Scribbles(Toy):
    """Leaves an index file beside the picture."""

    def close(self):
        super().close()
        with open(f"{self.members[-1]}.index", "w") as index:
            index.write("where everything is")


class Touches(Toy):
    """Sets the time of the file."""

    def close(self):
        super().close()
        os.utime(self.members[-1])


class Unsafe(Toy):
    """Reads with one file position for all threads."""

    def __init__(self, path, **options):
        super().__init__(path, **options)
        self.position = None

    def read_into(self, out, image, box, level):
        self.position = box
        if threading.current_thread() is not threading.main_thread():
            time.sleep(1e-4)  # another has set it meanwhile
        super().read_into(out[...], image, self.position if self.position.shape == box.shape else box, level)


class Fickle(Toy):
    """Gives other pixels at every read."""

    count = 0

    def read_into(self, out, image, box, level):
        super().read_into(out, image, box, level)
        Fickle.count += 1
        out += out.dtype.type(Fickle.count % 7)


def foreign(path, **options):
    """Lets the exceptions of its parser through."""
    with open(path, "rb") as file:
        assert file.read(4) == omio_toy.MAGIC
        if os.path.getsize(path) < 200:
            raise IndexError("index out of range")
    return Toy(path, **options)


class Padding(Toy):
    """Takes what is missing of a cut file for 0."""

    def __init__(self, location, **options):
        with open(location, "rb") as file:
            data = file.read()
        padded = f"{location}.padded"
        with open(padded, "wb") as file:
            file.write(data + bytes(1 << 16))
        try:
            super().__init__(locate(padded), **options)
        except ValueError as error:
            raise CorruptFileError("no header") from error
        finally:
            os.unlink(padded)
        self.members = [location]


def claims(probe):
    if probe.head and probe.head.isascii():
        return Verdict(Match.SIGNATURE, "text may be anything")
    return omio_toy.sniff(probe)


def silent(probe):
    return replace(omio_toy.sniff(probe), why="")


def by_name(probe):
    return Verdict(Match.SUFFIX if probe.suffix == ".toy" else Match.NO, "the name decides")
