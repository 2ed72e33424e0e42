"""One measurement in a fresh process: runs one contender once and prints what it took as JSON."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def memory(field: str) -> int:
    """``VmHWM`` (peak) or ``VmRSS`` of this process in bytes; 0 where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(one.split()[1]) * 1024 for one in lines if one.startswith(field)), 0)


def main(case: str, contender: str, folder: str) -> None:
    """Measure; everything that is imported anyway is imported before the clock starts."""
    from benchmarks.cases import CASES

    chosen = CASES[case]
    if case != "import":
        import imagecodecs  # noqa: F401
        import numpy as np
        import tifffile  # noqa: F401

        import omio.arrays
        import omio.opening  # noqa: F401
        import omio_core.metadata.namespaces
        import omio_core.ome.write
        import omio_core.plugins.catalogue
        import omio_plugins.czi._facts
        import omio_plugins.czi._read
        import omio_plugins.ome_tiff._write
        import omio_plugins.thorlabs._read
        import omio_plugins.tiff._read  # noqa: F401

        omio_core.plugins.catalogue.catalogue()
        omio_core.metadata.namespaces.omio_version()
    before = memory("VmRSS")
    wall, cpu = time.perf_counter(), time.process_time()
    got = chosen.contenders[contender](Path(folder))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = memory("VmHWM") - before
    if chosen.checked is not None:
        wanted = np.load(Path(folder) / chosen.checked, mmap_mode="r")
        if not np.array_equal(np.asarray(got).squeeze(), wanted):
            raise SystemExit(f"{contender} gives another picture")
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": peak}))


if __name__ == "__main__":
    main(*sys.argv[1:])
