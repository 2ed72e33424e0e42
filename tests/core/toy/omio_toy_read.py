"""What stands behind the door of the toy plugin: how toy files are opened, read, and made."""

from __future__ import annotations

import json
import math
import os
import struct
import threading
from functools import partial
from pathlib import Path

import numpy as np

from omio_core.contract import Box, Channel, Fact, Facts, ImageDescription, Level, Listing, Planes
from omio_core.errors import CorruptFileError

MAGIC = b"TOY1"
OPENED: list[str] = []  # the paths of all files opened, in order: tests count them


def write_toy(path, *images, stated_length=None):
    """Make a toy file of images as `image` describes them; gives the path."""
    headers, pixels = [], []
    for array, header in images:
        for level in range(header["levels"]):
            step = 2**level
            shrink = tuple(slice(None, None, step if a in "YX" else 1) for a in header["axes"])
            pixels.append(np.ascontiguousarray(array[shrink]))
        headers.append(header)
    text = json.dumps({"images": headers}).encode()
    data = b"".join(p.astype(p.dtype.newbyteorder("<")).tobytes() for p in pixels)
    Path(path).write_bytes(MAGIC + struct.pack("<I", len(text)) + text + data)
    return Path(path)


def image(array, axes, *, blocks=None, present=None, levels=1, name=None, facts=None, **more):
    """One image of a toy file; what is not in the boxes `present` is noise in the file, and must never be seen."""
    array = np.array(array)
    if present is not None:
        there = np.zeros(array.shape, bool)
        for spans in present:
            there[tuple(slice(a, b) for a, b in spans)] = True
        noise = np.frombuffer(b"\xee" * array.nbytes, np.uint8).view(array.dtype).reshape(array.shape)
        array = np.where(there, array, noise)
    return array, {
        "axes": axes,
        "shape": list(array.shape),
        "dtype": array.dtype.str[1:],
        "blocks": list(blocks or array.shape),
        "present": present,
        "levels": levels,
        "name": name,
        "facts": facts or {},
        "assumptions": more.get("assumptions", []),
        "absent_files": more.get("absent_files", []),
    }


def facts_of(text):
    stated = json.loads(text)
    fact = {key: Fact(stated[key], "file", f"header: {key}") for key in stated if key not in ("channels", "planes")}
    if "planes" in stated:
        columns = {name: np.array(table, np.float64) for name, table in stated["planes"].items()}
        fact["planes"] = Planes(columns=columns, origin="file", where="header: planes")
    channels = tuple(Channel(name=Fact(name, "file", "header: channels")) for name in stated.get("channels", ()))
    return Facts(**fact, channels=channels)


def vendor_of(text):
    return json.loads(text)


class Toy:
    """An open toy file."""

    def __init__(self, location, add=0):
        OPENED.append(str(location))
        self.stamp = Listing.of(location).digest if location.is_folder else ""
        self.members = [location.child("index.toy") if location.is_folder else location]
        self.add = add
        self.lock = threading.Lock()
        self.file = open(self.members[-1], "rb")  # noqa: SIM115 - closed by close
        try:
            self.images = self._described()
        except BaseException:
            self.file.close()
            raise

    def _described(self):
        head = self.file.read(8)
        if len(head) < 8 or head[:4] != MAGIC:
            raise CorruptFileError("no toy header", evidence=f"{len(head)} bytes")
        (n,) = struct.unpack("<I", head[4:])
        text = self.file.read(n)
        if len(text) < n:
            raise CorruptFileError("the header ends too soon", evidence=f"{len(text)} of {n} bytes")
        described, offset, self.offsets = [], 8 + n, {}
        for index, header in enumerate(json.loads(text)["images"]):
            dtype = np.dtype(header["dtype"])
            levels = []
            for level in range(header["levels"]):
                shape = [
                    -(-k // 2**level) if a in "YX" else k for a, k in zip(header["axes"], header["shape"], strict=True)
                ]
                self.offsets[index, level] = offset
                offset += math.prod(shape) * dtype.itemsize
                levels.append(self._level(header, shape, level))
            described.append(
                ImageDescription(
                    axes=header["axes"],
                    dtype=dtype,
                    levels=tuple(levels),
                    facts=partial(facts_of, json.dumps(header["facts"])),
                    name=header["name"],
                    kind="toy",
                    assumptions=tuple(header["assumptions"]),
                    absent_files=tuple(header["absent_files"]),
                    vendor=partial(vendor_of, json.dumps(header)),
                )
            )
        size = os.fstat(self.file.fileno()).st_size
        if size < offset:
            raise CorruptFileError("the pixels end too soon", evidence=f"{size} of {offset} bytes")
        return tuple(described)

    def _level(self, header, shape, level):
        boxes = header["present"] if level == 0 else None
        present = None if boxes is None else tuple(Box(tuple(tuple(span) for span in spans)) for spans in boxes)
        blocks = tuple(min(a, b) for a, b in zip(header["blocks"], shape, strict=True))
        return Level(shape=tuple(shape), blocks=blocks, present=present)

    def read_into(self, out, image, box, level):
        one = self.images[image]
        shape = one.levels[level].shape
        with self.lock:
            self.file.seek(self.offsets[image, level])
            data = self.file.read(math.prod(shape) * one.dtype.itemsize)
        whole = np.frombuffer(data, one.dtype.newbyteorder("<")).reshape(shape)
        out[...] = whole[tuple(slice(a, b) for a, b in box.spans)] + one.dtype.type(self.add)

    def close(self):
        self.file.close()


def open_toy(location, **options):
    return Toy(location, **options)
