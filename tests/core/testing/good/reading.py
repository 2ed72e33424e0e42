"""Good files and folders, opened and read.

A file is ``GOOD``, the length of a JSON header (4 bytes, little-endian), the header, and the planes of all images,
little-endian, in the order T, Z, C. A folder has the same header as ``picture.json``, and each plane that exists as
``planes/{number}.raw``.
"""

from __future__ import annotations

import json
import struct
from functools import partial

import numpy as np

from omio_core.contract import (
    AbsentDataError,
    Box,
    Channel,
    CorruptFileError,
    Fact,
    Facts,
    ImageDescription,
    Level,
    Listing,
    Opened,
)

SIZES = ("physical_size_x", "physical_size_y", "physical_size_z", "time_increment", "name")


def facts_of(text):
    """Make facts of the text of a header."""
    stated = json.loads(text)
    facts = {key: Fact(stated[key], "file", f"header: {key}") for key in SIZES if stated.get(key) is not None}
    names = [Channel(name=None if n is None else Fact(n, "file", "header: channels")) for n in stated["channels"]]
    return Facts(channels=tuple(names), **facts)


def number_of(header, t, z, c):
    """Number a block of samples: one plane, or the three of RGB."""
    return (t * header["shape"][1] + z) * header["shape"][2] + c


def boxes_of(header, absent):
    """Give the boxes of the blocks that exist."""
    t, z, c, s, y, x = header["shape"]
    return tuple(
        Box(((i, i + 1), (j, j + 1), (k, k + 1), (0, s), (0, y), (0, x)))
        for i in range(t)
        for j in range(z)
        for k in range(c)
        if number_of(header, i, j, k) not in absent
    )


def describe(header, present):
    """Describe one image."""
    shape = tuple(header["shape"])
    level = Level(shape=shape, blocks=(1, 1, 1, *shape[3:]), present=present)
    return ImageDescription(
        axes="TZCSYX",
        dtype=np.dtype(header["dtype"]).newbyteorder("="),
        levels=(level,),
        facts=partial(facts_of, json.dumps(header)),
        name=header["name"],
        kind="good",
    )


def headers_of(data):
    """Read a header."""
    try:
        headers = json.loads(data)["images"]
        for header in headers:
            t, z, c, s, y, x = header["shape"]
            if min(t, z, c, s, y, x) < 1 or header["format"] != "good":
                raise ValueError("no shape of a picture")
            np.dtype(header["dtype"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorruptFileError("the header is damaged", evidence=str(error)) from error
    return headers


class GoodFile(Opened):
    """An open file."""

    members = ()
    images = ()

    def __init__(self, location, add):
        self.members, self.add, self.file = (location,), add, location.open()
        try:
            if self.file.size < 8 or self.file.read(0, 4) != b"GOOD":
                raise CorruptFileError(f"{location} does not begin with GOOD")
            (length,) = struct.unpack("<I", self.file.read(4, 4))
            self.headers = headers_of(self.file.read(8, length))
            self.offsets, end = [], 8 + length
            for header in self.headers:
                self.offsets.append(end)
                end += int(np.prod(header["shape"], dtype=object)) * np.dtype(header["dtype"]).itemsize
            if end != self.file.size:
                raise CorruptFileError(f"{location} has {self.file.size} bytes, not {end}")
            self.images = tuple(
                describe(header, boxes_of(header, header["absent"]) if header["absent"] else None)
                for header in self.headers
            )
        except BaseException:
            self.file.close()
            raise

    def read_into(self, out, image, box, level):
        """Read whole blocks, and copy the part that is asked for."""
        header = self.headers[image]
        dtype, (samples, height, width) = np.dtype(header["dtype"]), header["shape"][3:]
        size = samples * height * width * dtype.itemsize
        (t0, t1), (z0, z1), (c0, c1), s, y, x = box.spans
        for t in range(t0, t1):
            for z in range(z0, z1):
                for c in range(c0, c1):
                    data = self.file.read(self.offsets[image] + number_of(header, t, z, c) * size, size)
                    block = np.frombuffer(data, dtype).reshape(samples, height, width)
                    out[t - t0, z - z0, c - c0] = block[slice(*s), slice(*y), slice(*x)]
        if self.add:
            out += out.dtype.type(self.add)

    def close(self):
        """Close the file."""
        self.file.close()


class GoodFolder(Opened):
    """An open folder."""

    members = ()
    images = ()
    stamp = ""

    def __init__(self, location):
        self.listing = Listing.of(location)
        self.members, self.stamp = (location.child("picture.json"),), self.listing.digest
        with self.listing.open("picture.json") as file:
            (self.header,) = headers_of(file.read(0, file.size))
        blocks = range(int(np.prod(self.header["shape"][:3])))
        present = None
        if self.listing.stamps is not None:
            absent = frozenset(n for n in blocks if not self.listing.has(f"planes/{n}.raw"))
            present = partial(boxes_of, self.header, absent) if absent else None
        self.images = (describe(self.header, present),)

    def read_into(self, out, image, box, level):
        """Read whole planes; where the folder cannot be listed, a missing one is told now."""
        dtype, (samples, height, width) = np.dtype(self.header["dtype"]), self.header["shape"][3:]
        (t0, t1), (z0, z1), (c0, c1), s, y, x = box.spans
        absent = []
        for t in range(t0, t1):
            for z in range(z0, z1):
                for c in range(c0, c1):
                    try:
                        file = self.listing.open(f"planes/{number_of(self.header, t, z, c)}.raw")
                    except FileNotFoundError:
                        absent.append(Box(((t, t + 1), (z, z + 1), (c, c + 1), s, y, x)))
                        continue
                    with file:
                        data = file.read(0, samples * height * width * dtype.itemsize)
                    block = np.frombuffer(data, dtype).reshape(samples, height, width)
                    out[t - t0, z - z0, c - c0] = block[slice(*s), slice(*y), slice(*x)]
        if absent:
            raise AbsentDataError("planes are missing", boxes=tuple(absent))

    def close(self):
        """Do nothing: no file is kept open."""


def open_file(location, add=0):
    """Open a file."""
    return GoodFile(location, add)


def open_folder(location):
    """Open a folder."""
    return GoodFolder(location)
