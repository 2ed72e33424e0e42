"""Files of a series of which only the first list the others: which file that is, and what one is without it.

ThorImageLS writes a file a plane, such as ChanB_0001_0001_0002_0003.tif (counters of Z and T last). Each declares the
sizes of the whole series and has one Plane element that says which plane it is; only the first file of each channel
has TiffData, which name every file (learnt from files of ThorImageLS 3.2, schema 2010-06). So the names of the
first files are tried, never a folder listed: a folder of 10,000 such files may be opened a file at a time.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

from omio_core.errors import CorruptFileError, OmioError
from omio_core.ome import positions, read
from omio_core.ome.positions import Position, Spans

from ._ifd import Page
from ._members import Members
from ._sets import Home
from ._xml import attributes

_COUNTER = re.compile(r"\d+")
_MOST_COUNTERS = 6  # of a name, the last ones; two names are tried for each
_CHANNEL = re.compile(r"(?<=Chan)[A-Z](?![A-Za-z])")
_LETTERS = "ABCD"  # channels of ThorImageLS: the detectors of its microscopes


def listing(home: Home, members: Members) -> Home | None:
    """The file beside the opened one that lists it, where its own OME-XML lists no file and describes more than it has.

    Raises
    ------
    CorruptFileError, LimitExceededError, ReadError
        There is one, and its pages cannot be read.
    """
    images = home.document.images
    if home.chain is None or any(image.tiff_data for image in images):
        return None
    pages = home.chain.pages
    samples = pages[0].structure.samples
    if not any(image.size_t * image.size_z * image.size_c // samples > len(pages) for image in images):
        return None
    name = os.path.basename(members.first.path)
    for candidate in first_names(name):
        text, document = _read_listing(candidate, name, members)
        path = members.find(candidate, members.folder) if document is not None else None
        if path is not None and document is not None:
            return Home(path=path, text=text, document=document, chain=members.chain(path))
    return None


def _read_listing(candidate: str, name: str, members: Members) -> tuple[str, read.OmeDocument | None]:
    """The OME-XML of a file whose TiffData name another, and its structure; None where there is no such file."""
    with contextlib.suppress(OmioError, OSError):  # what cannot be read lists nothing
        text = members.peek(candidate)
        if name in text or escape(name) in text:  # a search costs less than a tree of what lists other files
            document = read.parse(text)
            file_names = (data.file_name for image in document.images for data in image.tiff_data)
            if any(
                file_name is not None and file_name.replace("\\", "/").removeprefix("./") == name
                for file_name in file_names
            ):
                return text, document
    return "", None


def first_names(name: str) -> Iterator[str]:
    """Names that the first files of a series may have, of the channel of the name itself before those of others.

    Examples
    --------
    >>> list(first_names("ChanB_0002.tif"))[:3]
    ['ChanB_0001.tif', 'ChanB_0000.tif', 'ChanA_0001.tif']
    """
    stem, suffix = os.path.splitext(name)
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


# --- a file without the others


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The planes of a series that a file holds.

    Attributes
    ----------
    spans
        The smallest box that holds them.
    held
        From T, Z and channel to the page.
    words
        Which part of what, as `omio_core.contract.Described.part_of`.
    """

    spans: Spans
    pages_by_plane: Mapping[Position, Page]
    words: str

    @property
    def sizes(self) -> dict[str, int]:
        """Lengths by axis."""
        return {axis: stop - start for axis, (start, stop) in zip("TZC", self.spans, strict=True)}

    def pages(self, axes: str) -> tuple[Mapping[int, Page], tuple[str, ...], tuple[str, ...]]:
        """From the flat index over the axes, slowest first, to the page; no absent files; what is to be recorded."""
        sizes, by_index = self.sizes, {}
        for at, page in self.pages_by_plane.items():
            within = {axis: i - start for axis, i, (start, _) in zip("TZC", at, self.spans, strict=True)}
            flat = 0
            for axis in axes:
                flat = flat * sizes[axis] + within[axis]
            by_index[flat] = page
        return by_index, (), (self.words,)


def part(home: Home, image: read.OmeImage, sizes: Position) -> Part | None:
    """The part of an image that its file holds, where its Plane elements are as many as its pages and no TiffData is.

    Parameters
    ----------
    home
        The file and its document.
    image
        The only one of the document.
    sizes
        Declared lengths along T, Z and channels.

    Returns
    -------
    Part or None
        None where TiffData say where planes lie, the file has pages for all, or nothing says which ones it has.

    Raises
    ------
    CorruptFileError
        Two Plane elements are about one plane, or one is about none.
    """
    if home.chain is None or image.tiff_data or len(home.document.images) > 1:
        return None
    pages = home.chain.pages
    if len(pages) >= math.prod(sizes):
        return None
    elements = positions.positions(home.text, image.index, sizes)
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
        f"the file holds only {contents} (counted from 0) of the series of {_spell_sizes(sizes)} that it describes, and no "
        "file beside it says where the others are"
    )


def _spell_plane(at: Position) -> str:
    return " ".join(f"{axis}{i}" for axis, i in zip("TZC", at, strict=True))


def _spell_sizes(sizes: Position) -> str:
    return " ".join(f"{axis}={n}" for axis, n in zip("TZC", sizes, strict=True))


# --- what the other files say of their planes


def plane_attributes(
    home: Home, image: read.OmeImage, sizes: Position, members: Members, files: Callable[[Position], str | None]
) -> tuple[Mapping[str, str], ...]:
    """Attributes of the Plane elements by which members describe their own planes, where the document does not.

    Parameters
    ----------
    home, image, sizes
        As for `part`.
    members
        Whose heads were read.
    files
        From a plane to the path of the file that holds it; None where none does.
    """
    if len(home.document.images) > 1 or not any(texts for path, texts in members.planes.items() if path != home.path):
        return ()
    known = set(positions.positions(home.text, image.index, sizes))
    if len(known) >= math.prod(sizes):
        return ()
    others = []
    for path, texts in members.planes.items():
        for stated in map(attributes, texts):
            at = positions.position(stated, sizes)
            if at is not None and at not in known and files(at) == path:  # of another file's plane it is no witness
                others.append(stated)
    return tuple(others)
