"""One conversion of a file to OME-Zarr by one program, measured in a process of its own; knows no other benchmark.

It runs in the environment of that program, as a script, and therefore imports nothing of this repository. A tiny file
is converted first: what a program loads, compiles or starts once is neither timed nor counted as memory.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
import time
from pathlib import Path


def omio(source: Path, out: Path) -> None:
    """OMIO, with its defaults: checked, and flushed to the disk."""
    import omio

    omio.convert(source, out)


def ome_zarr(source: Path, out: Path) -> None:
    """ome-zarr-py: the whole picture read by tifffile, and written with means of blocks, as OMIO makes them."""
    import tifffile
    from ome_zarr.scale import Methods
    from ome_zarr.writer import write_image

    write_image(tifffile.imread(source), str(out), axes="zyx", method=Methods.LOCAL_MEAN)


def bioio_conversion(source: Path, out: Path) -> None:
    """bioio-conversion with five levels, each half as long as the one before; its other defaults."""
    from bioio_conversion import OmeZarrConverter

    OmeZarrConverter(
        source=str(source), destination=str(out.parent), name=out.name.split(".")[0], num_levels=5
    ).convert()


def ngff_zarr(source: Path, out: Path) -> None:
    """ngff-zarr with means of blocks; the file is opened as a zarr array by tifffile, as its command line does."""
    import dask.array
    import tifffile
    import zarr
    from ngff_zarr import Methods, to_multiscales, to_ngff_image, to_ngff_zarr

    array = dask.array.from_zarr(zarr.open_array(tifffile.imread(source, aszarr=True), mode="r"))
    image = to_ngff_image(array, dims=("z", "y", "x"))
    levels = [{"z": 1, "y": 2**k, "x": 2**k} for k in range(1, 5)]
    to_ngff_zarr(str(out), to_multiscales(image, levels, method=Methods.ITKWASM_BIN_SHRINK), version="0.5")


def openreadout(source: Path, out: Path) -> None:
    """openreadout with means of blocks; what it writes is read back and compared."""
    import openreadout

    with openreadout.File(str(source)) as file:
        file.export(str(out), to="ome-zarr", pyramid="mean", levels=5)


CONVERTERS = {
    function.__name__: function for function in (omio, ome_zarr, bioio_conversion, ngff_zarr, openreadout)
}  # by the name of the module that each imports


def _memory(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(field)), 0)


def _cpu() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def main(name: str, tiny: Path, source: Path, out: Path) -> None:
    """Convert the tiny file, then the other one, and print time and memory as JSON."""
    warm = out.with_name(f"warm-{out.name}")
    CONVERTERS[name](tiny, warm)
    shutil.rmtree(warm)
    Path("/proc/self/clear_refs").write_text("5")  # the peak so far is forgotten
    before = _memory("VmRSS")
    wall, cpu = time.perf_counter(), _cpu()
    CONVERTERS[name](source, out)
    wall, cpu = time.perf_counter() - wall, _cpu() - cpu
    # what worker processes have: all memory of the largest one
    workers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": _memory("VmHWM") - before + workers}))


if __name__ == "__main__":
    main(sys.argv[1], *map(Path, sys.argv[2:5]))
