"""Showing a file of 8 GiB in napari, without a window; against opening it and reading one plane.

The file has no pixels on disk: what counts is what is done before the first plane is shown, and what is held. The cases
are there where napari is installed.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .case import PLANE, Case
from .raw import NAME

PLANES = 1024  # of 8 MiB


def prepare(folder: Path, mib: int) -> None:
    """Write the sparse file, with the same Experiment.xml as the smaller one; `mib` does not matter."""
    home = folder / "large"
    home.mkdir(exist_ok=True)
    y, x = PLANE
    with (home / NAME).open("wb") as file:
        file.truncate(PLANES * y * x * 2)
    (home / "Experiment.xml").write_text(
        "<ThorImageExperiment>"
        f'<LSM pixelX="{x}" pixelY="{y}" channel="1" pixelSizeUM="0.5" frameRate="30"/>'
        f'<Streaming enable="1" frames="{PLANES}" rawData="1" zFastEnable="0"/><CaptureMode mode="1"/>'
        '<ExperimentStatus value="Complete"/><RawData onlyEnabledChannels="1"/></ThorImageExperiment>',
        "utf-8",
    )


def imports() -> None:
    """Import what a viewer imports, and show a small array, before the clock starts."""
    import napari.components
    import numpy as np

    import omio

    # what a process does once: caches of signatures and units, compilers, and more imports
    omio.open_in_napari(np.zeros((1, 2, 1, 8, 8), np.uint8), viewer=napari.components.ViewerModel())


def omio_shown(folder: Path) -> Any:
    """OMIO: open in a viewer, show the first plane."""
    from napari.components import ViewerModel

    import omio

    viewer = omio.open_in_napari(folder / "large" / NAME, viewer=ViewerModel())
    return viewer.layers[0]._data_view


def napari_alone(folder: Path) -> Any:
    """napari: an array in memory of the size of the plane, without a look at its values."""
    import numpy as np
    from napari.components import ViewerModel

    viewer = ViewerModel()
    return viewer.add_image(np.zeros(PLANE, np.uint16), contrast_limits=(0, 1))._data_view


def omio_plane(folder: Path) -> Any:
    """OMIO: open, one plane."""
    import omio

    with omio.imopen(folder / "large" / NAME) as image:
        return image[image.shape[0] // 2, 0, 0]


CASES: Mapping[str, Case] = (
    {
        "napari": Case(
            title="show a Thorlabs RAW of 8 GiB in napari",
            contenders={
                "omio": omio_shown,
                "imopen and one plane": omio_plane,
                "napari, array in memory": napari_alone,
            },
        )
    }
    if importlib.util.find_spec("napari") is not None and sys.platform != "win32"  # where files can be sparse
    else {}
)
