"""Check a written OME-Zarr before it gets its name: documents, names and sizes of files, indices of shards, OME-XML.

It decodes no chunk.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from omio_core.contract import CorruptFileError, ImageLike, check_ome, first_few, locate, parse_ome

from ._array import Array, Shards
from ._decompress import crc32c
from ._describe import Picture, describe
from ._groups import Groups
from ._json import parse_json
from ._opening import open_store
from ._store import Store
from ._tree import METADATA, Place, read_tree

_MISSING = (1 << 64) - 1


def check(path: str, images: Sequence[ImageLike]) -> None:
    """Check the folder at `path`, which is to hold `images`.

    Raises
    ------
    CorruptFileError
        A document is not valid, a file is missing or not as long as it must be, or the index of a shard is damaged.
    MetadataError
        The OME-XML does not fit the schema.
    """
    store = open_store(locate(path))
    groups = Groups(store)
    tree = read_tree(groups)
    pictures = describe(groups, tree, None)
    if [p.description.levels[0].shape for p in pictures] != [_stored_shape(p, i) for p, i in _pairs(pictures, images)]:
        shapes = [picture.description.levels[0].shape for picture in pictures]
        raise _fault(path, f"it holds {len(pictures)} images of {shapes}"[:300])
    names = set(_document_names(store, tree.places, [array for p in pictures for array in p.arrays]))
    for picture, place in zip(pictures, tree.places, strict=True):
        stated = place.group.attributes["multiscales"][0]["datasets"]
        if len(stated) != len(picture.arrays):
            raise _fault(path, f"of {len(stated)} levels, {len(picture.arrays)} have a valid array")
        for array in picture.arrays:
            for index in np.ndindex(*array.keys.grid):
                name = array.keys.key(index)
                names.add(name)
                _check_file(store, name, array)
    found = set(store.names or ())
    if found != names:
        missing, beyond = sorted(names - found), sorted(found - names)
        what = f"{first_few(missing, 3)} missing" if missing else f"{first_few(beyond, 3)} belong to nothing"
        raise _fault(path, what)
    _check_xml(store, path, images)


def _pairs(pictures: Sequence[Picture], images: Sequence[ImageLike]) -> Iterator[tuple[Picture, ImageLike]]:
    return zip(pictures, images, strict=False)


def _stored_shape(picture: Picture, image: ImageLike) -> tuple[int, ...]:
    """The shape that an image has in the axes of its description."""
    t, z, c, y, x = image.shape
    samples = picture.split[1] if picture.split else 1
    lengths = {"T": t, "C": c // samples, "S": samples, "Z": z, "Y": y, "X": x}
    return tuple(lengths[axis] for axis in picture.description.axes)


def _document_names(store: Store, places: Sequence[Place], arrays: Sequence[Array]) -> Iterator[str]:
    """The names of all documents; each of them is read, and is valid JSON."""
    found = {place.group.document for place in places} | {array.document for array in arrays}
    zarr = places[0].group.zarr
    if len(places) > 1:
        found |= {"zarr.json", "OME/zarr.json"} if zarr == 3 else {".zattrs", "OME/.zattrs"}
    if zarr == 2:
        found |= {name.replace(".zattrs", ".zgroup") for name in found if name.endswith(".zattrs")}
    for name in found:
        data = store.read(name)
        if data is None:
            raise _fault(str(store.location), f"{name} is missing")
        parse_json(data, store.where(name))
    return iter({*found, METADATA})


def _check_file(store: Store, name: str, array: Array) -> None:
    """A chunk has bytes; a shard has those that its index states, and no others."""
    try:
        blob = store.open(name)
    except FileNotFoundError:
        raise _fault(str(store.location), f"{name} is missing") from None
    try:
        if array.shards is None:
            problem = "" if blob.size else "it is empty"
        else:
            slots = math.prod(n // k for n, k in zip(array.keys.chunks, array.shards.shape, strict=True))
            size = 16 * slots + 4
            problem = "it has no index"
            if blob.size >= size:
                problem = _index_problem(blob.read(blob.size - size, size), array.shards, blob.size - size)
    finally:
        blob.close()
    if problem:
        raise _fault(str(store.location), f"{name}: {problem}")


def _index_problem(data: bytes, shards: Shards, before: int) -> str:
    if crc32c(data[:-4]) != int.from_bytes(data[-4:], "little"):
        return "the CRC-32C of its index is not that of the index"
    index = np.frombuffer(data, shards.index, len(data) // 8).reshape(-1, 2)
    index = index[index[:, 0] != _MISSING]
    index = index[np.argsort(index[:, 0])]
    ends = np.cumsum(index[:, 1])
    if not len(index) or (index[1:, 0] != ends[:-1]).any() or index[0, 0] or int(ends[-1]) != before:
        return f"its index does not describe the {before:,} bytes before it"
    return ""


def _check_xml(store: Store, path: str, images: Sequence[ImageLike]) -> None:
    data = store.read(METADATA)
    if data is None:
        raise _fault(path, f"{METADATA} is missing")
    text = data.decode("utf-8")
    check_ome(text)
    stated = [(one.size_t, one.size_z, one.size_c, one.size_y, one.size_x) for one in parse_ome(text).images]
    if stated != [tuple(image.shape) for image in images]:
        raise _fault(path, f"{METADATA} describes TZCYX {stated}"[:300])


def _fault(path: str, evidence: str) -> CorruptFileError:
    return CorruptFileError(
        "what was written is not what was asked for",
        evidence=evidence,
        remedy="this is a fault of the writer or of the disk; try again, and report it if it comes back",
        path=path,
    )
