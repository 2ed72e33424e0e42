"""The planes of an image in OME-XML, in the order of the directories: TiffData and Plane; it knows no other element.

A directory (IFD) is a plane, and DimensionOrder says which (ome.xsd, Pixels). Bio-Formats writes a TiffData for each
plane. Programs that take planes by position need them so: large_image takes the k-th Plane, or the k-th TiffData where
there is no Plane, for what IFD k holds, and refuses a file where there are not as many as planes (large_image 1.35).
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
"""Planes of an image that get a TiffData each; an image of more has one TiffData for all."""

MOST_EACH_OF_FILE = 100_000
"""As `MOST_EACH`, of all images of a file that would have a TiffData a plane: a plate does not outgrow its pixels."""

Shape = tuple[int, int, int]


def of(metadata: Metadata) -> Shape:
    """How many planes there are along T, Z and C; the samples of a pixel are one plane."""
    t, z, *_ = metadata.shape
    return t, z, metadata.channel_count


def count(metadata: Metadata) -> int:
    """How many planes there are, each of which is a directory of a TIFF."""
    t, z, c = of(metadata)
    return t * z * c


def have_each(images: Sequence[Metadata]) -> tuple[bool, ...]:
    """Of each image of a file whether its planes have a TiffData each."""
    few = [count(metadata) if count(metadata) <= MOST_EACH else 0 for metadata in images]
    return tuple(n > 0 and sum(few) <= MOST_EACH_OF_FILE for n in few)


def places(wanted: Any, order: str) -> list[tuple[int, int, int]]:
    """T, Z and C of the planes where `wanted`, a bool array over (T, Z, C), is true, in a DimensionOrder."""
    import numpy as np

    slowest = order[:1:-1]
    found = np.argwhere(wanted.transpose(["TZC".index(axis) for axis in slowest]))
    return [(t, z, c) for t, z, c in found[:, [slowest.index(axis) for axis in "TZC"]].tolist()]


def tiff_data(shape: Shape, first_ifd: int, order: str, own: str, *, each: bool) -> str:
    """Where the planes are: a TiffData for each, or one for all.

    Parameters
    ----------
    shape
        Planes along T, Z and C.
    first_ifd
        The IFD of the first plane, counted from 0; the others follow it in `order`.
    own
        The element UUID that names the file, or nothing.
    each
        Whether each plane gets its own.
    """
    import numpy as np

    if not each:
        all_of_them = attributes(IFD=first_ifd, PlaneCount=int(np.prod(shape)))
        return f"<TiffData{all_of_them}>{own}</TiffData>"
    return "".join(
        f'<TiffData IFD="{ifd}" FirstZ="{z}" FirstT="{t}" FirstC="{c}" PlaneCount="1">{own}</TiffData>'
        for ifd, (t, z, c) in enumerate(places(np.ones(shape, bool), order), first_ifd)
    )


def refuse(metadata: Metadata) -> None:
    """Refuse a table of planes that is of another picture.

    Raises
    ------
    MetadataError
        A table does not have the shape (T, Z, channels), or is none of `PLANE_COLUMNS`, or holds no numbers.
    """
    import numpy as np

    wanted = of(metadata)
    for name, column in (metadata.facts.planes.columns if metadata.facts.planes else {}).items():
        if name not in PLANE_COLUMNS or np.shape(column) != wanted or np.asarray(column).dtype.kind not in "biuf":
            raise MetadataError(
                f"the facts a plane do not fit the picture: {name}",
                evidence=f"shape {np.shape(column)}; the picture has {wanted} (T, Z, channels)",
                remedy=f"give a table of numbers of that shape, with the columns {', '.join(PLANE_COLUMNS)}",
            )


def beyond(columns: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """What is too large for the schema: from a column to the planes and their values."""
    import numpy as np

    found: dict[str, dict[str, float]] = {}
    for name, column in columns.items():
        table = np.asarray(column, dtype=np.float64)
        where = np.argwhere(np.abs(table) > MOST_FLOAT).tolist()
        if where:
            found[name] = {f"T{t} Z{z} C{c}": table[t, z, c].item() for t, z, c in where}
    return found


def planes(columns: Mapping[str, Any], shape: Shape, order: str, *, each: bool) -> Iterator[str]:
    """The Plane elements; ome.xsd wants TheZ, TheT and TheC of each.

    Parameters
    ----------
    columns
        Tables over (T, Z, channels), NaN where unknown.
    shape
        Planes along T, Z and C.
    each
        Whether each plane gets one as soon as any has a value, so that the k-th is of the k-th directory. Else those
        that have a value, in the same order.
    """
    import numpy as np

    tables = {name: np.asarray(column, dtype=np.float64) for name, column in columns.items()}
    writable = {name: np.abs(table) <= MOST_FLOAT for name, table in tables.items()}  # NaN is not
    known = np.any(list(writable.values()), axis=0) if writable else np.zeros(shape, bool)
    if each and known.any():
        known = np.ones(shape, bool)
    values = [
        (f' {name}="', f'" {name}Unit="{escape(PLANE_COLUMNS[name])}"', table.tolist(), writable[name].tolist())
        for name, table in tables.items()
    ]
    for t, z, c in places(known, order):
        text = f'<Plane TheZ="{z}" TheT="{t}" TheC="{c}"'
        for before, after, table, fits in values:
            if fits[t][z][c]:
                text += f"{before}{table[t][z][c]!r}{after}"
        yield text + "/>"
