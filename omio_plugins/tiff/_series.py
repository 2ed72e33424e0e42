"""Series of files in which only the first ones list the others: finds the list, and describes a file without it.

ThorImageLS writes one file per plane, such as ChanB_0001_0001_0002_0003.tif (counters of Z and T last). Each declares
the sizes of the whole series and has one Plane element that states which plane it is; only the first file of each
channel has TiffData, which name every file (learnt from files of ThorImageLS 3.2, schema 2010-06). So this module tries
the names of the first files and never lists a folder: a folder of 10,000 such files may be opened one file at a time.
"""

from __future__ import annotations

import contextlib
import math
import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

from omio_core.contract import (
    CorruptFileError,
    Location,
    OmeImage,
    OmioError,
    Position,
    Spans,
    parse_ome,
    plane_position,
    plane_positions,
)

from ._ifd import Page
from ._members import Members
from ._sets import Home
from ._xml import attributes

_COUNTER = re.compile(r"\d+")
_MOST_COUNTERS = 6  # the last counters of a name; two names are tried for each
_CHANNEL = re.compile(r"(?<=Chan)[A-Z](?![A-Za-z])")
_LETTERS = "ABCD"  # channels of ThorImageLS: the detectors of its microscopes


def listing(home: Home, members: Members) -> Home | None:
    """The file that lists the opened one, if the opened one's OME-XML lists no file and describes more than it has.

    Raises
    ------
    CorruptFileError
        There is such a file, and its chain of pages is damaged.
    LimitExceededError
        There is such a file, and it has more pages than the settings allow.
    ReadError
        There is such a file, and it cannot be read.
    """
    images = home.document.images
    if home.chain is None or any(image.tiff_data for image in images):
        return None
    pages = home.chain.pages
    samples = pages[0].structure.samples
    if not any(image.size_t * image.size_z * image.size_c // samples > len(pages) for image in images):
        return None
    name = members.location.name
    for candidate in first_names(name):
        text = _read_listing(candidate, name, members)
        location = members.find(candidate, members.folder) if text else None
        if location is not None:
            return Home.of(location, text, members.chain(location))
    return None


def _read_listing(candidate: str, name: str, members: Members) -> str:
    """The OME-XML of a file whose TiffData name another; empty if there is no such file."""
    with contextlib.suppress(OmioError, OSError):  # an unreadable file lists nothing
        text = members.peek(candidate)
        if name in text or escape(name) in text:  # a text search is faster than parsing XML that lists other files
            images = parse_ome(text).images
            file_names = (data.file_name for image in images for data in image.tiff_data)
            if any(
                file_name is not None and file_name.replace("\\", "/").removeprefix("./") == name
                for file_name in file_names
            ):
                return text
    return ""


def first_names(name: str) -> Iterator[str]:
    """Possible names of the first files of a series: first of the channel in `name`, then of the other channels.

    Examples
    --------
    >>> list(first_names("ChanB_0002.tif"))[:3]
    ['ChanB_0001.tif', 'ChanB_0000.tif', 'ChanA_0001.tif']
    """
    stem, suffix = posixpath.splitext(name)
    channel = _CHANNEL.search(stem)
    others = [stem[: channel.start()] + c + stem[channel.end() :] for c in _LETTERS] if channel else []
    names: dict[str, None] = {}
    for variant in (stem, *others):
        counters = list(_COUNTER.finditer(variant))[-_MOST_COUNTERS:]
        for begin in ("1", "0"):
            new = variant
            for counter in reversed(counters):
                new = new[: counter.start()] + begin.zfill(len(counter[0])) + new[counter.end() :]
                names[new + suffix] = None
    names.pop(name, None)
    yield from names


# --- a single file of a series


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The planes of a series in one file.

    Attributes
    ----------
    spans
        The smallest box that holds them.
    pages_by_plane
        From T, Z and channel to the page.
    words
        A sentence on the part, for `omio_core.contract.ImageDescription.part_of`.
    """

    spans: Spans
    pages_by_plane: Mapping[Position, Page]
    words: str

    @property
    def sizes(self) -> dict[str, int]:
        """Lengths by axis."""
        return {axis: stop - start for axis, (start, stop) in zip("TZC", self.spans, strict=True)}

    def pages(self, axes: str) -> tuple[Mapping[int, Page], tuple[str, ...], tuple[str, ...]]:
        """From the flat index over the axes, slowest first, to the page; no absent files; the assumptions."""
        sizes, by_index = self.sizes, {}
        for at, page in self.pages_by_plane.items():
            within = {axis: i - start for axis, i, (start, _) in zip("TZC", at, self.spans, strict=True)}
            flat = 0
            for axis in axes:
                flat = flat * sizes[axis] + within[axis]
            by_index[flat] = page
        return by_index, (), (self.words,)


def part(home: Home, image: OmeImage, sizes: Position) -> Part | None:
    """The part of an image in its file, if it has as many Plane elements as pages, and no TiffData.

    Parameters
    ----------
    home
        The file and its document.
    image
        The only image of the document.
    sizes
        Declared lengths along T, Z and channels.

    Returns
    -------
    Part or None
        None if TiffData state where planes lie, the file has pages for all planes, or nothing states which it has.

    Raises
    ------
    CorruptFileError
        Two Plane elements describe one plane, or one describes a plane outside the declared sizes.
    """
    if home.chain is None or image.tiff_data or len(home.document.images) > 1:
        return None
    pages = home.chain.pages
    if len(pages) >= math.prod(sizes):
        return None
    elements = plane_positions(home.text, image.index, sizes)
    known = [at for at in elements if at is not None]
    if len(elements) != len(pages) or len(known) != len(pages):
        return None
    by_plane = dict(zip(known, pages, strict=True))
    for at in known:
        if any(i >= n for i, n in zip(at, sizes, strict=True)):
            raise _contradiction(home, f"a Plane element is about {_spell_plane(at)}, of {_spell_sizes(sizes)}")
    if len(by_plane) < len(pages):
        twice = Counter(known).most_common(1)[0][0]
        raise _contradiction(home, f"several Plane elements are about {_spell_plane(twice)}")
    t, z, c = ((min(indices), max(indices) + 1) for indices in zip(*known, strict=True))
    return Part(spans=(t, z, c), pages_by_plane=by_plane, words=_describe_part((t, z, c), len(pages), sizes))


def _contradiction(home: Home, evidence: str) -> CorruptFileError:
    return CorruptFileError(
        f"{home.path} contradicts itself: which planes of the series its pages are cannot be told",
        evidence=evidence,
        remedy="put the first file of the series, which lists the others, beside it",
        path=home.path,
    )


def _describe_part(spans: Spans, pages: int, sizes: Position) -> str:
    where = " ".join(f"{a}{i}" if i + 1 == j else f"{a}{i}-{j - 1}" for a, (i, j) in zip("TZC", spans, strict=True))
    is_box = pages == math.prod(stop - start for start, stop in spans)
    contents = f"the plane {where}" if pages == 1 else f"{pages} planes{',' if is_box else ' within'} {where}"
    return (
        f"the file holds only {contents} (counted from 0) of the series of {_spell_sizes(sizes)} that it describes, "
        "and no file beside it says where the others are"
    )


def _spell_plane(at: Position) -> str:
    return " ".join(f"{axis}{i}" for axis, i in zip("TZC", at, strict=True))


def _spell_sizes(sizes: Position) -> str:
    return " ".join(f"{axis}={n}" for axis, n in zip("TZC", sizes, strict=True))


# --- facts per plane in the other files


def plane_attributes(
    home: Home, image: OmeImage, sizes: Position, members: Members, files: Callable[[Position], Location | None]
) -> tuple[Mapping[str, str], ...]:
    """Attributes of the Plane elements in which members describe their own planes, if the document does not.

    Parameters
    ----------
    home, image, sizes
        As for `part`.
    members
        The files whose heads were read.
    files
        From a plane to the file that holds it; None if none does.
    """
    if len(home.document.images) > 1:
        return ()
    if not any(texts for location, texts in members.planes.items() if location != home.location):
        return ()
    known = set(plane_positions(home.text, image.index, sizes))
    if len(known) >= math.prod(sizes):
        return ()
    others = []
    for location, texts in members.planes.items():
        for stated in map(attributes, texts):
            at = plane_position(stated, sizes)
            # what a file states of planes that others hold is ignored
            if at is not None and at not in known and files(at) == location:
                others.append(stated)
    return tuple(others)
