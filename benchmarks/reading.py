"""Reading TIFF: whole pictures, one plane, and opening alone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from .case import PLANE, ROWS, WORKERS, Case, keep

SMALL = (512, 512)  # a plane of the file of many pages: 512 KiB
TINY, PAGES = (32, 32), 10_000  # page size and pages of the file that is only opened


def prepare(folder: Path, mib: int) -> None:
    """Write the files that the cases read; uncompressed and zlib, one IFD per plane."""
    import numpy as np
    import tifffile

    stack = keep(folder, mib)
    metadata = {"axes": "ZYX"}
    tifffile.imwrite(folder / "raw.tif", stack, metadata=metadata)
    compression = {"compression": "zlib", "compressionargs": {"level": 3}, "rowsperstrip": ROWS}
    tifffile.imwrite(folder / "zlib.tif", stack, metadata=metadata, **compression)
    planes = 4 * mib * (1 << 20) // (SMALL[0] * SMALL[1] * 2)
    with tifffile.TiffWriter(folder / "planes.tif") as writer:
        for _ in range(planes):
            writer.write(stack[0, : SMALL[0], : SMALL[1]], contiguous=False, metadata=None)
    with tifffile.TiffWriter(folder / "pages.tif") as writer:
        for _ in range(PAGES):
            writer.write(stack[0, : TINY[0], : TINY[1]], contiguous=False, metadata=None)
    tiny = np.broadcast_to(stack[0, : TINY[0], : TINY[1]], (PAGES, *TINY))
    tifffile.imwrite(folder / "pages.ome.tif", tiny, metadata={"axes": "TYX"})


def omio_raw(folder: Path) -> Any:
    """OMIO, uncompressed."""
    import omio

    return omio.imread(folder / "raw.tif")[0]


def tifffile_raw(folder: Path) -> Any:
    """tifffile, uncompressed."""
    import tifffile

    return tifffile.imread(folder / "raw.tif")


def bare_raw(folder: Path) -> Any:
    """The limit: positioned reads into the final array, two threads."""
    import numpy as np
    import tifffile

    with tifffile.TiffFile(folder / "raw.tif") as file:
        offset, shape = file.pages[0].dataoffsets[0], file.series[0].shape
    out = np.empty(shape, np.uint16)
    flat = memoryview(out).cast("B")
    step = 1 << 20
    handle = os.open(folder / "raw.tif", os.O_RDONLY)

    def read_step(offset_in_array: int) -> None:
        os.preadv(handle, [flat[offset_in_array : offset_in_array + step]], offset + offset_in_array)

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(read_step, range(0, len(flat), step)))
    os.close(handle)
    return out


def omio_zlib(folder: Path) -> Any:
    """OMIO, zlib."""
    import omio

    return omio.imread(folder / "zlib.tif")[0]


def tifffile_zlib(folder: Path) -> Any:
    """tifffile with default settings."""
    import tifffile

    return tifffile.imread(folder / "zlib.tif")


def tifffile_zlib_two(folder: Path) -> Any:
    """tifffile with two workers."""
    import tifffile

    return tifffile.imread(folder / "zlib.tif", maxworkers=WORKERS)


def bare_zlib(folder: Path) -> Any:
    """The limit: every strip decoded into its place, two threads."""
    import imagecodecs
    import numpy as np
    import tifffile

    with tifffile.TiffFile(folder / "zlib.tif") as file:
        pages = [(page.dataoffsets, page.databytecounts) for page in file.pages]
    out = np.empty((len(pages), *PLANE), np.uint16)
    handle = os.open(folder / "zlib.tif", os.O_RDONLY)

    def decode_page(index: int) -> None:
        offsets, counts = pages[index]
        for strip, (offset, count) in enumerate(zip(offsets, counts, strict=True)):
            rows = out[index, strip * ROWS : (strip + 1) * ROWS]
            imagecodecs.deflate_decode(os.pread(handle, count, offset), out=rows.reshape(-1).view(np.uint8))

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(decode_page, range(len(pages))))
    os.close(handle)
    return out


# -- one plane of a closed file --------------------------------------------------------------------------------------


def omio_plane(folder: Path) -> Any:
    """OMIO: open, one plane, close."""
    import omio

    with omio.imopen(folder / "planes.tif", axes="TYX") as image:
        return image[image.shape[0] // 2, 0, 0]


def tifffile_plane(folder: Path) -> Any:
    """tifffile: open, one page, close."""
    import tifffile

    planes = _planes(folder)
    with tifffile.TiffFile(folder / "planes.tif") as file:
        return file.pages[planes // 2].asarray()


def bare_plane(folder: Path) -> Any:
    """One positioned read: the limit."""
    import numpy as np

    out = np.empty(SMALL, np.uint16)
    handle = os.open(folder / "planes.tif", os.O_RDONLY)
    os.preadv(handle, [memoryview(out).cast("B")], _planes(folder) // 2 * out.nbytes)
    os.close(handle)


def omio_large(folder: Path) -> Any:
    """OMIO: open, one of few large planes, close."""
    import omio

    with omio.imopen(folder / "raw.tif") as image:
        return image[0, image.shape[1] // 2, 0]


def tifffile_large(folder: Path) -> Any:
    """tifffile: open, one of few large pages, close."""
    import tifffile

    with tifffile.TiffFile(folder / "raw.tif") as file:
        return file.pages[len(file.pages) // 2].asarray()


def bare_large(folder: Path) -> Any:
    """One positioned read: the limit."""
    import numpy as np

    out = np.empty(PLANE, np.uint16)
    handle = os.open(folder / "raw.tif", os.O_RDONLY)
    os.preadv(handle, [memoryview(out).cast("B")], os.path.getsize(folder / "raw.tif") // 2)
    os.close(handle)


def _planes(folder: Path) -> int:
    return os.path.getsize(folder / "planes.tif") // (SMALL[0] * SMALL[1] * 2)


# -- opening a file of 10,000 pages ----------------------------------------------------------------------------------


def omio_open(folder: Path) -> None:
    """OMIO: to the described images."""
    import omio

    with omio.imopen(folder / "pages.tif", axes="TYX") as image:
        assert image.shape[0] == PAGES


def tifffile_open(folder: Path) -> None:
    """tifffile: to ``series``."""
    import tifffile

    with tifffile.TiffFile(folder / "pages.tif") as file:
        assert file.series[0].shape[0] == PAGES


def omio_open_ome(folder: Path) -> None:
    """OMIO: to the described images, OME-XML included."""
    import omio

    with omio.imopen(folder / "pages.ome.tif") as image:
        assert image.shape[0] == PAGES


def tifffile_open_ome(folder: Path) -> None:
    """tifffile: to ``series``."""
    import tifffile

    with tifffile.TiffFile(folder / "pages.ome.tif") as file:
        assert file.series[0].shape[0] == PAGES


def bare_open(folder: Path) -> None:
    """The limit of a walk along the chain: every IFD read and its entries unpacked, but not interpreted."""
    import struct

    with open(folder / "pages.tif", "rb") as file:
        (offset,) = struct.unpack("<4xL", file.read(8))
        count = 0
        while offset:
            file.seek(offset)
            (entries,) = struct.unpack("<H", file.read(2))
            table = file.read(12 * entries + 4)
            list(struct.iter_unpack("<HHLL", table[:-4]))
            (offset,) = struct.unpack("<L", table[-4:])
            count += 1
    assert count == PAGES


CASES: Mapping[str, Case] = {
    "raw read": Case(
        title="read, uncompressed",
        contenders={"omio": omio_raw, "tifffile": tifffile_raw, "limit": bare_raw},
        checked="picture.npy",
    ),
    "zlib read": Case(
        title="read, zlib",
        contenders={
            "omio": omio_zlib, "tifffile": tifffile_zlib, "tifffile, 2 workers": tifffile_zlib_two, "limit": bare_zlib,
        },
        checked="picture.npy",
    ),
    "cold plane": Case(
        title="open a file of many planes, read one",
        contenders={"omio": omio_plane, "tifffile": tifffile_plane, "limit": bare_plane},
    ),
    "cold large plane": Case(
        title="open a file of few planes, read one of 8 MiB",
        contenders={"omio": omio_large, "tifffile": tifffile_large, "limit": bare_large},
    ),
    "open": Case(
        title="open 10,000 pages",
        contenders={"omio": omio_open, "tifffile": tifffile_open, "limit": bare_open},
    ),
    "open OME": Case(
        title="open 10,000 pages, OME-TIFF",
        contenders={"omio": omio_open_ome, "tifffile": tifffile_open_ome},
    ),
}  # fmt: skip
