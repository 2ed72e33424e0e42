"""Reading Thorlabs RAW: whole pictures and one plane; against numpy and the bare limit."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from .case import PLANE, WORKERS, Case, keep

NAME = "Image_001_001.raw"
STEP = 1 << 20


def prepare(folder: Path, mib: int) -> None:
    """Write the file that the cases read, and its Experiment.xml: a time series of one channel."""
    stack = keep(folder, mib)
    home = folder / "thorlabs"
    home.mkdir(exist_ok=True)
    stack.astype("<u2", copy=False).tofile(home / NAME)
    y, x = PLANE
    (home / "Experiment.xml").write_text(
        "<ThorImageExperiment>"
        f'<LSM pixelX="{x}" pixelY="{y}" channel="1" pixelSizeUM="0.5" frameRate="30"/>'
        f'<Streaming enable="1" frames="{len(stack)}" rawData="1" zFastEnable="0"/><CaptureMode mode="1"/>'
        '<ExperimentStatus value="Complete"/><RawData onlyEnabledChannels="1"/></ThorImageExperiment>',
        "utf-8",
    )


def omio_whole(folder: Path) -> Any:
    """OMIO: the whole file."""
    import omio

    return omio.imread(folder / "thorlabs" / NAME)[0]


def numpy_whole(folder: Path) -> Any:
    """``np.fromfile`` with a known shape."""
    import numpy as np

    return np.fromfile(folder / "thorlabs" / NAME, "<u2").reshape(-1, *PLANE)


def bare_whole(folder: Path) -> Any:
    """The limit: positioned reads into the final array, two threads."""
    import numpy as np

    path = folder / "thorlabs" / NAME
    out = np.empty((os.path.getsize(path) // (PLANE[0] * PLANE[1] * 2), *PLANE), np.uint16)
    flat = memoryview(out).cast("B")
    handle = os.open(path, os.O_RDONLY)

    def read_step(offset: int) -> None:
        os.preadv(handle, [flat[offset : offset + STEP]], offset)

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(read_step, range(0, len(flat), STEP)))
    os.close(handle)
    return out


def omio_plane(folder: Path) -> Any:
    """OMIO: open, one plane, close."""
    import omio

    with omio.imopen(folder / "thorlabs" / NAME) as image:
        return image[image.shape[0] // 2, 0, 0]


def numpy_plane(folder: Path) -> Any:
    """``np.fromfile`` with an offset."""
    import numpy as np

    path = folder / "thorlabs" / NAME
    count = PLANE[0] * PLANE[1]
    middle = os.path.getsize(path) // (2 * count) // 2
    return np.fromfile(path, "<u2", count=count, offset=middle * count * 2).reshape(PLANE)


CASES: Mapping[str, Case] = {
    "RAW read": Case(
        title="read, Thorlabs RAW",
        contenders={"omio": omio_whole, "np.fromfile": numpy_whole, "limit": bare_whole},
        checked="picture.npy",
    ),
    "RAW plane": Case(
        title="open a Thorlabs RAW, read one plane of 8 MiB",
        contenders={"omio": omio_plane, "np.fromfile": numpy_plane},
    ),
}
