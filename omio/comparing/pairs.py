"""Pair the images of two sides: by the records in the files, else by the names of the files; compares nothing.

B may be made from A, A from B, or both from the same files. A merge is paired with each file that it was made from,
part by part. What no record pairs is paired by its name: the same name below both folders, or the same without suffix.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from omio.planning.filenames import stem
from omio.records.origins import Origin, Sources, ancestry, origins
from omio_core.images.image import Image
from omio_core.plugins.catalogue import catalogue

Where = tuple[int, int]
"""A file of a side, and an image of it, by their numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two images to compare.

    Parameters
    ----------
    title
        The names of both.
    a, b
        The images.
    is_part
        Whether one of them is a part of a merge, whose facts are not those of one file.
    """

    title: str
    a: Image
    b: Image
    is_part: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """The pairs, in the order of B, and what has no counterpart."""

    pairs: tuple[Pair, ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]


class _Side:
    """One side: its files, their names below it, and which images are paired."""

    def __init__(self, sources: Sources):
        self.sources, self.paired = sources, set[Where]()
        top = os.path.dirname(sources.title) if sources.is_file else sources.title
        self.names = [_below(file.path, os.path.abspath(top)) for file in sources.files]
        self.origins: dict[Where, tuple[Origin, ...]] = {
            (f, i): origins(image) for f, file in enumerate(sources.files) for i, image in enumerate(file.images)
        }

    def image(self, where: Where) -> Image:
        return self.sources.files[where[0]].images[where[1]]

    def label(self, where: Where) -> str:
        images = self.sources.files[where[0]].images
        return self.names[where[0]] + (f" image {where[1]}" if len(images) > 1 else "")

    def of(self, origin: Origin) -> tuple[Where, Image] | None:
        """Return the image that an origin names."""
        found = self.sources.find(origin)
        return None if found is None else ((self.sources.files.index(found[0]), origin.image), found[1])

    def of_any(self, generations: Iterator[tuple[Origin, ...]]) -> list[tuple[Origin, tuple[Where, Image] | None]]:
        """Return the images that the first of some generations names, if any of them is here."""
        for known in generations:
            found = [(origin, self.of(origin)) for origin in known]
            if any(match for _, match in found):
                return found
        return []

    def alone(self) -> Iterator[str]:
        """Yield what is not paired, except for what was written from other files of this side."""
        for where, known in self.origins.items():
            if where not in self.paired and not (known and all(self.of(origin) for origin in known)):
                yield self.label(where)


def pair_up(a: Sources, b: Sources) -> Pairs:
    """Pair the images of two sides.

    Where A is a file and B a folder, files of B that are not made from A do not count as without a counterpart.
    """
    left, right = _Side(a), _Side(b)
    lacking: list[str] = []
    pairs = [*_by_record(left, right, lacking), *_by_common_origin(left, right)]
    if not (a.is_file and b.is_file):
        pairs += _by_name(left, right)
    of_others = a.is_file and not b.is_file
    return Pairs(
        pairs=tuple(pairs),
        only_a=tuple(left.alone()),
        only_b=() if of_others else (*lacking, *right.alone()),
    )


def _by_record(left: _Side, right: _Side, lacking: list[str]) -> Iterator[Pair]:
    """Pair what one side was made from with it; name the files of a merge that the other side does not have."""
    for side, other in ((right, left), (left, right)):
        for where in side.origins:
            found = [] if where in side.paired else other.of_any(ancestry(side.image(where)))
            if not found:
                continue
            side.paired.add(where)
            for origin, match in found:
                if match is None:
                    lacking.append(f"{side.label(where)}, the part from {origin}")
                    continue
                other.paired.add(match[0])
                made, source = origin.part(side.image(where)), match[1]
                names = other.label(match[0]), side.label(where) + _words(origin)
                (a, b), titles = ((source, made), names) if side is right else ((made, source), names[::-1])
                yield Pair(title=" -> ".join(titles), a=a, b=b, is_part=origin.region is not None)


def _words(origin: Origin) -> str:
    """Return where a part lies in a merge, in words: the axes along which it does not begin at 0, or T=0."""
    if origin.region is None:
        return ""
    starts = {axis: start for axis, (start, _) in origin.region.items() if start} or {"T": 0}
    return " at " + " ".join(f"{axis}={start}" for axis, start in starts.items())


def _by_common_origin(left: _Side, right: _Side) -> Iterator[Pair]:
    """Pair what was made from the same images of the same files."""

    def key(known: tuple[Origin, ...]) -> tuple[object, ...] | None:
        parts = [(one.mark, one.image, tuple(one.region.items()) if one.region else None) for one in known]
        return tuple(parts) if parts and all(mark for mark, _, _ in parts) else None

    waiting: dict[object, list[Where]] = {}
    for where, known in left.origins.items():
        if where not in left.paired and (made_from := key(known)) is not None:
            waiting.setdefault(made_from, []).append(where)
    for where, known in right.origins.items():
        if where not in right.paired and (candidates := waiting.get(key(known), [])):
            yield _pair(left, candidates.pop(0), right, where)


def _by_name(left: _Side, right: _Side) -> Iterator[Pair]:
    """Pair files none of whose images is paired: those of the same name, then those of the same stem."""
    suffixes = [suffix for writer in catalogue().writers for suffix in writer.suffixes]
    for name_of in (str, lambda name: stem(name, suffixes).casefold()):
        by_name: dict[str, list[int]] = {}
        for f in _free(left):
            by_name.setdefault(name_of(left.names[f]), []).append(f)
        for f in _free(right):
            candidates = by_name.get(name_of(right.names[f]), [])
            if not candidates:
                continue
            first, counts = candidates.pop(0), [len(right.sources.files[f].images)]
            counts.append(len(left.sources.files[first].images))
            yield from (_pair(left, (first, i), right, (f, i)) for i in range(min(counts)))


def _free(side: _Side) -> list[int]:
    """Return the files none of whose images is paired."""
    taken = {f for f, _ in side.paired}
    return [f for f in range(len(side.names)) if f not in taken]


def _pair(left: _Side, a: Where, right: _Side, b: Where) -> Pair:
    left.paired.add(a)
    right.paired.add(b)
    titles = dict.fromkeys((left.label(a), right.label(b)))
    return Pair(title=" -> ".join(titles), a=left.image(a), b=right.image(b))


def _below(path: str, top: str) -> str:
    """Return a path from a folder on; its name, if it does not lie there."""
    inside = os.path.relpath(path, top) if os.path.isabs(path) else path
    return os.path.basename(path) if inside.startswith(os.pardir) else inside
