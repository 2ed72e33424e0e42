"""``python -m benchmarks.peers [--mib 256] [--runs 3] [PEER ...]``: OME-Zarr from files, beside other programs.

Each program stands in an environment of its own, ``build/peers/NAME`` or a folder that is given, which is made at the
first run; one that cannot be made is left out with its reason. Printed are medians of one run in which all take turns,
and the number of files. The pixels of everything that is written are compared with the source's.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .case import PLANE, pictured

ROOT = Path(__file__).resolve().parents[1]
CONVERTERS = ROOT / "benchmarks" / "converters.py"
TINY = (64, 64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A program: what pip installs, the function that converts, and the kind of file that it reads."""

    packages: tuple[str, ...]
    function: str
    suffix: str = ".tif"


PEERS: Mapping[str, Peer] = {
    "ome-zarr-py": Peer(packages=("ome-zarr", "tifffile"), function="ome_zarr"),
    "bioio-conversion": Peer(packages=("bioio-conversion", "bioio-tifffile"), function="bioio_conversion"),
    "ngff-zarr": Peer(packages=("ngff-zarr", "tifffile", "zarr", "dask[array]"), function="ngff_zarr"),
    "openreadout, CZI": Peer(packages=("openreadout",), function="openreadout", suffix=".czi"),
}
OURS: Mapping[str, Peer] = {
    "omio": Peer(packages=(), function="omio"),
    "omio, CZI": Peer(packages=(), function="omio", suffix=".czi"),
}


def interpreter(peer: Peer, environments: Path, python: str) -> Path | str:
    """The Python of a peer's environment, which is made if it is not there; else the reason why there is none."""
    folder = environments / peer.packages[0]
    found = next(
        (path for path in (folder / "bin" / "python", folder / "Scripts" / "python.exe") if path.exists()), None
    )
    if found is None:
        made = subprocess.run([python, "-m", "venv", folder], capture_output=True, text=True, check=False)
        if made.returncode:
            return _last_line(made.stderr or made.stdout)
        return interpreter(peer, environments, python)
    if subprocess.run([found, "-c", f"import {peer.function}"], capture_output=True, check=False).returncode:
        install = [found, "-m", "pip", "install", "-q", *peer.packages]
        done = subprocess.run(install, capture_output=True, text=True, check=False)
        if done.returncode:
            return _last_line(done.stderr)
    return found


def _last_line(text: str) -> str:
    return next((line for line in reversed(text.splitlines()) if line.strip()), "no message")


def prepare(folder: Path, mib: int) -> None:
    """Write the picture as an uncompressed TIFF and CZI, and a tiny part of it; one plane is in memory."""
    planes = max(2, mib * (1 << 20) // (PLANE[0] * PLANE[1] * 2))
    tiny = [plane[: TINY[0], : TINY[1]].copy() for plane in pictured(2)]
    for name, count, make in (("tiny", 2, lambda: iter(tiny)), ("source", planes, lambda: pictured(planes))):
        _tiff(folder / f"{name}.tif", make(), count, TINY if name == "tiny" else PLANE)
        _czi(folder / f"{name}.czi", make())


def _tiff(path: Path, planes: Iterator[Any], count: int, plane: tuple[int, int]) -> None:
    import tifffile

    tifffile.imwrite(path, planes, shape=(count, *plane), dtype="uint16", bigtiff=True, metadata={"axes": "ZYX"})


def _czi(path: Path, planes: Iterable[Any]) -> None:
    from pylibCZIrw.czi import create_czi

    with create_czi(str(path), compression_options="uncompressed:") as writer:
        for z, plane in enumerate(planes):
            writer.write(plane, plane={"Z": z})


def convert(python: Path | str, peer: Peer, folder: Path) -> dict[str, float]:
    """Convert the source in a fresh process; its time and memory, and the number of files."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        out = Path(name) / "out.ome.zarr"
        sources = (folder / f"{source}{peer.suffix}" for source in ("tiny", "source"))
        command = [str(python), str(CONVERTERS), peer.function, *map(str, sources), str(out)]
        process = subprocess.run(command, capture_output=True, text=True, check=False)
        if process.returncode:
            raise SystemExit(f"{peer.function}: {process.stderr}")
        _check(out, folder / "source.tif")
        files = sum(path.is_file() for path in out.rglob("*"))
        return {**json.loads(process.stdout.splitlines()[-1]), "files": files}


def _check(store: Path, source: Path) -> None:
    """The pixels of level 0, a plane at a time, as zarr-python reads them."""
    import numpy as np
    import tifffile
    import zarr

    (first, *_) = zarr.open_group(store, mode="r").attrs["ome"]["multiscales"]
    array = zarr.open_array(store / first["datasets"][0]["path"], mode="r")
    with tifffile.TiffFile(source) as file:
        for z, page in enumerate(file.pages):
            if not np.array_equal(array[(*(0,) * (array.ndim - 3), z)], page.asarray()):
                raise SystemExit(f"{store} has another picture")


def measure(pythons: Mapping[str, Path | str], folder: Path, runs: int) -> dict[str, dict[str, float]]:
    """Medians of all figures of each program; the programs take turns."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in pythons}
    for _ in range(runs):
        for name, python in pythons.items():
            found[name].append(convert(python, {**OURS, **PEERS}[name], folder))
    return {name: {key: statistics.median(run[key] for run in all_runs) for key in all_runs[0]}
            for name, all_runs in found.items()}  # fmt: skip


def table(medians: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Rows of Markdown; the last column is the CPU time as a multiple of OMIO's from the same file."""
    rows = ["| | wall | CPU | memory over start | files | CPU / OMIO's |", "|---|--:|--:|--:|--:|--:|"]
    for name, numbers in medians.items():
        ours = medians["omio, CZI" if name.endswith("CZI") else "omio"]
        rows.append(
            f"| {name} | {numbers['wall']:.1f} s | {numbers['cpu']:.1f} s | {numbers['peak'] / (1 << 20):.0f} MiB "
            f"| {numbers['files']:.0f} | {numbers['cpu'] / ours['cpu']:.1f} |"
        )
    return rows


def main() -> None:
    """Make the environments and the files, convert, and print one table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("peers", nargs="*", metavar="PEER", help=f"of {'; '.join(PEERS)}; all where none is named")
    parser.add_argument("--alone", action="store_true", help="OMIO alone, without peers")
    parser.add_argument("--mib", type=int, default=256, help="size of the picture")
    parser.add_argument("--runs", type=int, default=3, help="measurements of each program")
    parser.add_argument("--environments", type=Path, default=ROOT / "build" / "peers", help="where they stand")
    parser.add_argument("--python", default=sys.executable, help="the Python that makes them")
    arguments = parser.parse_args()
    if unknown := set(arguments.peers) - set(PEERS):
        parser.error(f"there is no peer {', '.join(sorted(unknown))}")
    pythons: dict[str, Path | str] = dict.fromkeys(OURS, sys.executable)
    for name in [] if arguments.alone else arguments.peers or PEERS:
        found = interpreter(PEERS[name], arguments.environments, arguments.python)
        if isinstance(found, str):
            print(f"{name} is left out: {found}", file=sys.stderr)
        else:
            pythons[name] = found
    with tempfile.TemporaryDirectory(prefix="omio-peers-") as folder:
        prepare(Path(folder), arguments.mib)
        print(f"{arguments.mib} MiB of uint16 to OME-Zarr with levels, median of {arguments.runs}\n")
        print("\n".join(table(measure(pythons, Path(folder), arguments.runs))))


if __name__ == "__main__":
    main()
