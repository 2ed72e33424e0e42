"""What napari calls: the reader, the writers and the sample of the plugin that `napari.yaml` beside this file declares.

Nothing of OMIO is imported before napari asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .layers import LayerData

Path = str | Sequence[str]
LayerTuple = tuple[Any, Mapping[str, Any], str]
Read = Callable[[Path], list[tuple[Any, dict[str, Any], str]]]


def get_reader(path: Path) -> Read | None:
    """Return the function that reads a path, or several as one stack; None if no reader of OMIO claims them.

    Raises
    ------
    MissingDependencyError
        napari is not installed.
    """
    from .napari import require

    require()
    paths = [path] if isinstance(path, str) else list(path)
    from .claims import is_claimed

    return read if paths and all(is_claimed(one) for one in paths) else None


def read(path: Path) -> list[tuple[Any, dict[str, Any], str]]:
    """Return the layers of a path; of several paths those of one image, with the files along T.

    Raises
    ------
    MissingDependencyError
        napari is not installed.
    OmioError
        A file cannot be read.
    """
    from omio.request import make_request

    from .inputs import images_of
    from .layers import layers_of
    from .napari import require

    require()
    if isinstance(path, str):
        images = images_of(path, None, make_request())
    else:
        images = images_of(list(path), None, make_request(), image=None, along="T" if len(path) > 1 else None)
    return _tuples(layers_of(images))


def _tuples(layers: Sequence[LayerData]) -> list[tuple[Any, dict[str, Any], str]]:
    """The tuples of layers; warns if a size is unknown beside layers that have units."""
    import sys

    from .napari import require, shown, warn_of_pixels, with_units

    layers = [with_units(layer) for layer in layers]
    window = sys.modules.get("napari._qt.qt_main_window")  # no window, no viewer; asking napari would import Qt
    viewer = None if window is None else require().current_viewer()
    there = [] if viewer is None else [(layer.name, layer.units) for layer in viewer.layers]
    warn_of_pixels([shown(layer) for layer in layers], there)
    return [layer.as_tuple() for layer in layers]


def write(path: str, layers: Sequence[LayerTuple]) -> list[str]:
    """Write image layers as the channels of one picture, or labels as a picture of labels; return what was written.

    The suffix chooses the writer. The name may be taken: napari's dialog has asked.

    Raises
    ------
    MissingDependencyError
        napari is not installed.
    WriteError
        The layers are no single picture, or cannot be written; napari shows no other kind of error here.
    """
    from omio_core.errors import OmioError, WriteError
    from omio_core.images import writing

    from .incoming import image_of
    from .napari import require

    require()
    try:
        written = writing.write(path, [image_of(layers)], collision="overwrite")
    except WriteError:
        raise
    except OmioError as error:
        if not isinstance(error, ValueError):
            raise
        # napari takes a ValueError for "no writer", and hides what it says
        raise WriteError(error.what, evidence=error.evidence, remedy=error.remedy, **error.facts) from error
    return [str(written or path)]


def cells() -> list[tuple[Any, dict[str, Any], str]]:
    """Return the layers of a sample: drifting cells in two channels, with all sizes.

    Raises
    ------
    MissingDependencyError
        napari is not installed.
    """
    from omio.cli.sample import INTERVAL, PIXEL
    from omio.cli.sample import cells as pixels
    from omio.request import make_request

    from .inputs import images_of
    from .layers import layers_of
    from .napari import require

    require()
    request = make_request(
        axes="TZCYX", pixel_size=PIXEL, time_increment=INTERVAL, channel_names=("membranes", "nuclei")
    )
    return _tuples(layers_of(images_of(pixels(), None, request)))
