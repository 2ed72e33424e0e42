"""A toy reader that states late what exists: by a function, or while it reads; its file says which, and how it fills.

A ``.late`` file is JSON: a list of images, each as `late` describes it. Pixel ``i`` in C order has the value ``i + 1``.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np

from omio_core.contract import AbsentDataError, Box, ImageDescription, Level, Match, Opened, Reader, Verdict


def late(shape, axes="TZYX", *, dtype="u2", fill=0, ask=None, late=(), answer=None, levels=1, **more):
    """Describe one image.

    Parameters
    ----------
    shape, axes, dtype, fill
        As in the description; `fill` is that of all levels.
    ask
        The boxes that a function states as existing, at every level; None if there is no function.
    late
        Boxes that turn out to be absent while they are read.
    answer
        What the function returns, or the error carries, instead of boxes: a word that `_WRONG` knows.
    more
        Other fields of the description, such as `not_kept`; `digests` for each plane.
    """
    header = {"shape": shape, "axes": axes, "dtype": dtype, "fill": fill, "ask": ask, "late": late, "answer": answer}
    return header | {"levels": levels, "more": more}


def write_late(path, *images):
    """Make a file of images; gives the path."""
    Path(path).write_text(json.dumps(images))
    return Path(path)


def asked(path):
    """Return how often the functions of a file were called, in all processes."""
    log = Path(f"{path}.log")
    return len(log.read_text()) if log.exists() else 0


def boxes_of(spans):
    return tuple(Box(tuple(tuple(span) for span in box)) for box in spans)


def fails():
    raise KeyError("listing")


_WRONG = {
    "fails": fails,
    "list": list,
    "outside": partial(boxes_of, [[[0, 99]] * 4]),
    "overlap": partial(boxes_of, [[[0, 1]] * 4] * 2),
    "none": lambda: None,
    "empty": tuple,
}


def ask(path, spans, answer):
    with open(f"{path}.log", "a") as log:
        log.write(".")
    return _WRONG[answer]() if answer else boxes_of(spans)


class Late(Opened):
    """An open file."""

    members = ()

    def __init__(self, location):
        self.members = (location,)
        self.headers = json.loads(Path(location).read_text())
        self.images = tuple(self._describe(location, header) for header in self.headers)

    def _describe(self, location, header):
        function = None
        if header["ask"] is not None:
            function = partial(ask, str(location), header["ask"], header["answer"])
        levels = []
        for step in (2**level for level in range(header["levels"])):
            shape = tuple(
                -(-n // step) if a in "YX" else n for a, n in zip(header["axes"], header["shape"], strict=True)
            )
            blocks = tuple(n if a in "YX" else 1 for a, n in zip(header["axes"], shape, strict=True))
            levels.append(Level(shape=shape, blocks=blocks, present=function, fill=header["fill"]))
        more = {key: tuple(v) if isinstance(v, list) else v for key, v in header["more"].items() if key != "digests"}
        return ImageDescription(axes=header["axes"], dtype=np.dtype(header["dtype"]), levels=tuple(levels), **more)

    def digests(self, image):
        return self.headers[image]["more"].get("digests")

    def read_into(self, out, image, box, level):
        header, shape = self.headers[image], self.images[image].levels[level].shape
        whole = (np.arange(np.prod(shape)) + 1).reshape(shape).astype(header["dtype"])
        out[...] = whole[tuple(slice(a, b) for a, b in box.spans)]
        absent = tuple(hit for one in boxes_of(header["late"]) if (hit := one & box) is not None)
        for hit in absent:
            out[hit.within(box)] = 66  # the core fills it, not the reader
        if absent and header["answer"] is not None:
            if header["answer"] == "none":
                raise AbsentDataError("there is no chunk")
            raise AbsentDataError("there is no chunk", boxes=_WRONG[header["answer"]]())
        if absent:
            raise AbsentDataError("there is no chunk", boxes=absent)

    def close(self):
        pass


def open_late(location):
    return Late(location)


def sniff(probe):
    return Verdict(Match.EXACT if probe.suffix == ".late" else Match.NO, "by its name")


READER = Reader(
    name="late", title="Late", suffixes=(".late",), sniff=sniff, open="omio_toy_late:open_late", revision=4, version="1"
)
