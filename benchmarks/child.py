"""One measurement in a fresh process: run one contender once and print its time and memory as JSON."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def memory(field: str) -> int:
    """``VmHWM`` (peak) or ``VmRSS`` of this process in bytes; 0 where the system does not report it."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(field)), 0)


def main(case: str, contender: str, folder: str) -> None:
    """Measure one contender; common modules are imported before the clock starts."""
    from benchmarks.cases import CASES

    case_to_run = CASES[case]
    if case != "import":
        import imagecodecs  # noqa: F401
        import numpy as np
        import tifffile  # noqa: F401
        import zarr  # noqa: F401

        import omio.arrays
        import omio.opening
        import omio.planning.execute
        import omio.planning.prepare  # noqa: F401
        import omio_core.metadata.namespaces
        import omio_core.ome.write
        import omio_core.pixels.zarrstore
        import omio_core.plugins.catalogue
        import omio_plugins.czi._facts
        import omio_plugins.czi._read
        import omio_plugins.ome_tiff._write
        import omio_plugins.ome_zarr._read
        import omio_plugins.thorlabs._read
        import omio_plugins.tiff._read  # noqa: F401

        omio_core.plugins.catalogue.catalogue()
        omio_core.metadata.namespaces.omio_version()
    if case == "napari":
        from benchmarks import viewing

        viewing.imports()
    before = memory("VmRSS")
    wall, cpu = time.perf_counter(), time.process_time()
    result = case_to_run.contenders[contender](Path(folder))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = memory("VmHWM") - before
    if case_to_run.checked is not None:
        expected = np.load(Path(folder) / case_to_run.checked, mmap_mode="r")
        if not np.array_equal(np.asarray(result).squeeze(), expected):
            raise SystemExit(f"{contender} gives another picture")
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": peak}))


if __name__ == "__main__":
    main(*sys.argv[1:])
