"""The planes of an image in OME-XML, in the order of the directories: TiffData and Plane; it knows no other element.

A directory (IFD) is a plane, and DimensionOrder determines which (ome.xsd, Pixels). Bio-Formats writes one TiffData per
plane. Programs that identify planes by position need this: large_image takes the k-th Plane, or without Plane elements
the k-th TiffData, for the content of IFD k, and refuses a file whose number of them is not that of the planes
(large_image 1.35).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from omio_core.errors import MetadataError
from omio_core.metadata.checks import MOST_FLOAT
from omio_core.metadata.facts import PLANE_COLUMNS
from omio_core.metadata.model import Metadata

from .text import attributes, escape

MOST_EACH = 10_000
"""The most planes of an image that get one TiffData per plane; a larger image has one TiffData for all planes."""

MOST_EACH_OF_FILE = 100_000
"""As `MOST_EACH`, for all such images of a file together: else the XML of a plate could be larger than its pixels."""

Shape = tuple[int, int, int]


def of(metadata: Metadata) -> Shape:
    """The numbers of planes along T, Z and C; the samples of a pixel are in one plane."""
    t, z, *_ = metadata.shape
    return t, z, metadata.channel_count


def count(metadata: Metadata) -> int:
    """The number of planes, each of which is a directory of a TIFF."""
    t, z, c = of(metadata)
    return t * z * c


def have_each(images: Sequence[Metadata]) -> tuple[bool, ...]:
    """For each image of a file: whether it has one TiffData per plane."""
    counts = [count(metadata) if count(metadata) <= MOST_EACH else 0 for metadata in images]
    few = sum(counts) <= MOST_EACH_OF_FILE
    return tuple(n > 0 and few for n in counts)


def places(selected: Any, order: str) -> list[tuple[int, int, int]]:
    """T, Z and C of the planes for which `selected`, a bool array over (T, Z, C), is true; in a DimensionOrder."""
    import numpy as np

    slowest = order[:1:-1]
    indices = np.argwhere(selected.transpose(["TZC".index(axis) for axis in slowest]))
    return [(t, z, c) for t, z, c in indices[:, [slowest.index(axis) for axis in "TZC"]].tolist()]


def tiff_data(shape: Shape, first_ifd: int, order: str, uuid: str, *, each: bool) -> str:
    """The TiffData elements, which locate the planes: one per plane, or one for all.

    Parameters
    ----------
    shape
        Numbers of planes along T, Z and C.
    first_ifd
        The IFD of the first plane, counted from 0; the other planes follow it in `order`.
    uuid
        The element UUID that names the file, or "".
    each
        Whether to write one per plane.
    """
    import numpy as np

    if not each:
        location = attributes(IFD=first_ifd, PlaneCount=int(np.prod(shape)))
        return f"<TiffData{location}>{uuid}</TiffData>"
    return "".join(
        f'<TiffData IFD="{ifd}" FirstZ="{z}" FirstT="{t}" FirstC="{c}" PlaneCount="1">{uuid}</TiffData>'
        for ifd, (t, z, c) in enumerate(places(np.ones(shape, bool), order), first_ifd)
    )


def refuse(metadata: Metadata) -> None:
    """Refuse a table of facts per plane that does not fit the picture.

    Raises
    ------
    MetadataError
        A table does not have the shape (T, Z, channels), is not one of `PLANE_COLUMNS`, or contains no numbers.
    """
    import numpy as np

    expected = of(metadata)
    for name, column in (metadata.facts.planes.columns if metadata.facts.planes else {}).items():
        if name not in PLANE_COLUMNS or np.shape(column) != expected or np.asarray(column).dtype.kind not in "biuf":
            raise MetadataError(
                f"the facts a plane do not fit the picture: {name}",
                evidence=f"shape {np.shape(column)}; the picture has {expected} (T, Z, channels)",
                remedy=f"give a table of numbers of that shape, with the columns {', '.join(PLANE_COLUMNS)}",
            )


def beyond(columns: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """The values that are too large for the schema: from a column to its planes and their values."""
    import numpy as np

    too_large: dict[str, dict[str, float]] = {}
    for name, column in columns.items():
        table = np.asarray(column, dtype=np.float64)
        indices = np.argwhere(np.abs(table) > MOST_FLOAT).tolist()
        if indices:
            too_large[name] = {f"T{t} Z{z} C{c}": table[t, z, c].item() for t, z, c in indices}
    return too_large


def planes(columns: Mapping[str, Any], shape: Shape, order: str, *, each: bool) -> Iterator[str]:
    """The Plane elements; ome.xsd requires TheZ, TheT and TheC in each.

    Parameters
    ----------
    columns
        Tables over (T, Z, channels); NaN is unknown.
    shape
        Numbers of planes along T, Z and C.
    order
        The DimensionOrder, which is the order of the elements.
    each
        Whether every plane gets an element if any plane has a value, so that the k-th element describes the k-th
        directory. Else only planes with a value get one.
    """
    import numpy as np

    tables = {name: np.asarray(column, dtype=np.float64) for name, column in columns.items()}
    writable = {name: np.abs(table) <= MOST_FLOAT for name, table in tables.items()}  # NaN is not <= anything
    known = np.any(list(writable.values()), axis=0) if writable else np.zeros(shape, bool)
    if each and known.any():
        known = np.ones(shape, bool)
    values = [
        (f' {name}="', f'" {name}Unit="{escape(PLANE_COLUMNS[name])}"', table.tolist(), writable[name].tolist())
        for name, table in tables.items()
    ]
    for t, z, c in places(known, order):
        text = f'<Plane TheZ="{z}" TheT="{t}" TheC="{c}"'
        for prefix, suffix, table, fits in values:
            if fits[t][z][c]:
                text += f"{prefix}{table[t][z][c]!r}{suffix}"
        yield text + "/>"
