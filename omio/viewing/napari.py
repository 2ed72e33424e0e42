"""Open images in napari: its viewer, its layers, its scale bar; what a layer holds is decided in the rooms beside.

The module is named after what it opens. napari itself is imported when a viewer or a layer is needed.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from omio_core.errors import MetadataWarning, MissingDependencyError, OmioError, missing_package, warn
from omio_core.wording import advise, joined, worded

from .layers import PIXEL, LayerData, layers_of

if TYPE_CHECKING:
    import os

    from omio.request import Sizes

EXTRA = "napari"

ZARR_MODES = ("numpy", "zarr_nodask", "zarr_dask")


def require(module: str = "napari") -> Any:
    """Return a module of napari.

    Raises
    ------
    MissingDependencyError
        napari, or the Qt that its window needs, is not installed; the error names the extra that brings both.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise missing_package(error, "viewer napari", EXTRA) from error


def open_in_napari(
    images: Any,
    metadatas: Any = None,
    fname: str | os.PathLike[str] | None = None,
    zarr_mode: str | None = None,
    cache_folder_name: str | None = None,
    axes_full: str | None = None,
    viewer: Any = None,
    returns: bool = False,
    layer_names: str | Sequence[Any] | None = None,
    blending: str | None = None,
    *,
    reader: str | None = None,
    image: int | str | None = "all",
    merge: str | None = None,
    axes: str | None = None,
    pixel_size: Sizes | None = None,
    time_increment: float | None = None,
    channel_names: Sequence[str] | None = None,
    image_name: str | os.PathLike[str] | None = None,
    **others: Any,
) -> Any:
    """Show images in napari: one layer for each channel, with its name, colour, sizes, units and contrast.

    Pixels are read when they are shown. A file that holds smaller resolutions is shown with them. In a script, call
    ``napari.run()`` afterwards, or the window closes with the script.

    Parameters
    ----------
    images
        What to show: a path, a folder, ``omio.Folder`` and its like, an array (numpy, dask, zarr), an `Image`, or a
        list of those.
    metadatas
        A dict as `imread` returns it, or a list with one for each array. None: nothing is known of an array; a file
        has its own.
    fname
        The name that stands before those of the channels; of a path its last part, without the suffix.
    zarr_mode
        ``"numpy"``: read zarr and dask arrays into memory first. None, ``"zarr_dask"``, ``"zarr_nodask"``: read a
        plane when it is shown.
    cache_folder_name
        Taken so that earlier scripts run, as ``verbose`` is; nothing is copied into a cache.
    axes_full, axes
        The axes of the arrays, such as ``"ZYX"``; as for `imread` for paths.
    viewer
        The viewer to add to. None: the current one, or a new one if there is none.
    returns
        Return the layers, too.
    layer_names
        The names of the layers: a name, or a list with one for each channel; for several images a list with an entry
        for each of them.
    blending
        How napari lays the layers over each other. None: ``"additive"``, and RGB covers what is below.
    reader, image, merge, pixel_size, time_increment, channel_names, **others
        As for `imread`; `image` is ``"all"`` unless you choose one.
    image_name
        The same as `fname`.

    Returns
    -------
    viewer, or (viewer, layers, datas, axes)
        With ``returns=True`` also three lists with an entry for each layer: the layer, its array (of several
        resolutions the first), and its axes, such as ``"TZYX"``.

    Raises
    ------
    MissingDependencyError
        napari is not installed.
    FileNotFoundError, OmioError
        As for `imread`: a file cannot be read, the axes of an array are unknown, or names do not fit the layers.

    Examples
    --------
    >>> open_in_napari("stack.czi")  # doctest: +SKIP
    Viewer(...)
    """
    from omio.compat.keywords import translate_keywords
    from omio.request import make_request

    from .inputs import images_of

    require()
    _check_mode(zarr_mode)
    others.pop("verbose", None)  # of scripts; there is nothing to be silent about
    images, merge, pixel_size, others = translate_keywords(images, merge, pixel_size, others)
    stated = axes if axes is not None else axes_full
    request = make_request(reader, stated, pixel_size, time_increment, channel_names, others)
    opened = images_of(images, metadatas, request, image=image, along=merge)
    layers = layers_of(
        opened,
        names=_image_names(fname if fname is not None else image_name, len(opened)),
        channel_labels=_labels(layer_names, [one.metadata.channel_count for one in opened]),
        blending=blending,
    )
    if zarr_mode == "numpy":
        layers = [_loaded(layer) for layer in layers]
    viewer = current(viewer)
    added = add(viewer, layers)
    if not returns:
        return viewer
    firsts = [layer.data[0] if isinstance(layer.data, list) else layer.data for layer in layers]
    return viewer, added, firsts, [layer.axes for layer in layers]


def _check_mode(zarr_mode: str | None) -> None:
    if zarr_mode is not None and zarr_mode not in ZARR_MODES:
        raise OmioError(
            f"there is no way {zarr_mode!r} to show a zarr array",
            remedy=advise("choose one of {}, or leave out {zarr_mode}", ", ".join(ZARR_MODES), zarr_mode=None),
        )


def _image_names(fname: Any, count: int) -> list[str | None] | None:
    """The name of each image, from one that the caller gives; several images are numbered."""
    if fname is None:
        return None
    from omio.planning.filenames import stem
    from omio_core.files.local import locate

    text = str(fname)
    name = stem(locate(text).name, ()) or text if "/" in text or "\\" in text else stem(text, ())
    return [name] if count == 1 else [f"{name} {index}" for index in range(count)]


def _labels(layer_names: Any, channels: Sequence[int]) -> list[Sequence[str] | None] | None:
    """The names of the layers of each image, from those of the caller; one name for several layers is numbered."""
    if layer_names is None:
        return None
    if isinstance(layer_names, str):
        layer_names = [layer_names] if len(channels) == 1 else [layer_names] * len(channels)
        return [_numbered(name, count) for name, count in zip(layer_names, channels, strict=True)]
    given = list(layer_names)
    if len(channels) == 1 and not any(isinstance(one, list | tuple) for one in given):
        return [_numbered(given[0], channels[0]) if len(given) == 1 else given]
    if all(isinstance(one, str) for one in given) and len(given) == sum(channels) != len(channels):
        rest = iter(given)
        return [[next(rest) for _ in range(count)] for count in channels]
    if len(given) != len(channels):
        return [given for _ in channels]  # refused with the number of layers
    return [
        one if one is None or isinstance(one, list | tuple) else _numbered(str(one), count)
        for one, count in zip(given, channels, strict=True)
    ]


def _numbered(name: str, count: int) -> list[str]:
    return [name] if count == 1 else [f"{name} {index}" for index in range(count)]


def _loaded(layer: LayerData) -> LayerData:
    import numpy as np

    data = [np.asarray(one) for one in layer.data] if isinstance(layer.data, list) else np.asarray(layer.data)
    return replace(layer, data=data)


def current(viewer: Any = None) -> Any:
    """Return the viewer to add to: the given one, else the current one, else a new one.

    Raises
    ------
    MissingDependencyError
        napari has no Qt to open a window with.
    """
    if viewer is not None:
        return viewer
    napari = require()
    open_now = napari.current_viewer()
    if open_now is not None:
        return open_now
    require("qtpy.QtWidgets")
    return napari.Viewer()


def run() -> None:
    """Let napari's windows live until they are closed.

    Raises
    ------
    MissingDependencyError
        napari is not installed.
    """
    require().run()


def add(viewer: Any, layers: Sequence[LayerData]) -> list[Any]:
    """Add layers to a viewer and show its scale bar; return napari's layers.

    A layer is added hidden and shown afterwards: napari then reads the one plane that it shows, and nothing before.
    """
    from napari.layers import Layer

    added = []
    for layer in layers:
        data, options, kind = with_units(layer).as_tuple()
        added.append(viewer.add_layer(Layer.create(data, {**options, "visible": False}, kind)))
    for layer in added:
        layer.visible = True
    scale_bar(viewer).visible = True
    _label_sliders(viewer)
    warn_of_pixels(
        [(layer.name, layer.units) for layer in added],
        [(layer.name, layer.units) for layer in viewer.layers if layer not in added],
    )
    return added


def _label_sliders(viewer: Any) -> None:
    """Give the sliders the letters of the axes, which napari takes from the layers since 0.9 only."""
    labels = viewer.dims.axis_labels
    longest = max((layer.axis_labels for layer in viewer.layers), key=len, default=())
    if len(longest) == len(labels) and all(str(label).lstrip("-").isdigit() for label in labels):
        viewer.dims.axis_labels = longest


def scale_bar(viewer: Any) -> Any:
    """Return the scale bar of a viewer; its unit is that of the layers, and never set here."""
    canvas = getattr(viewer, "canvas", None)  # since napari 0.9; the attribute of the viewer warns there
    overlays: Mapping[str, Any] = getattr(canvas, "overlays", {})
    bar = overlays.get("scale_bar")
    return viewer.scale_bar if bar is None else bar


def with_units(layer: LayerData) -> LayerData:
    """Return a layer whose units are objects of pint, which every version of napari takes without a warning."""
    import pint

    registry = pint.get_application_registry()
    units = tuple(registry.Unit(unit) for unit in layer.options["units"])
    return replace(layer, options={**layer.options, "units": units})


Shown = tuple[str, Sequence[Any]]
"""The name of a layer, and the units of its axes, the last ones X and Y last."""


def shown(layer: LayerData) -> Shown:
    """Return the name and the units of a layer that is not yet one of napari's."""
    return layer.options["name"], layer.options["units"]


def warn_of_pixels(added: Sequence[Shown], there: Iterable[Shown] = ()) -> None:
    """Warn, once, if a layer of unknown sizes lies beside one with units: both are not to the same scale.

    Parameters
    ----------
    added, there
        The layers that are added, and those that are there.
    """
    everything = [*there, *added]
    new = {id(one) for one in added}
    for one in everything:
        for other in everything:
            axes = _only_known_in(one, other) if new & {id(one), id(other)} else ""
            if axes:
                (name, _), (beside, _) = one, other
                text = worded(
                    "the sizes of the layer {} along {} are unknown and shown in pixels, beside the layer {} with "
                    "units: the two are not to the same scale; {}",
                    repr(name), axes, repr(beside),
                    advise("state them with {pixel_size}, {time_increment}", pixel_size=..., time_increment=...),
                )  # fmt: skip
                warn(joined("", [text]), MetadataWarning)
                return


def _only_known_in(one: Shown, other: Shown) -> str:
    """The axes, counted from the last, of which `other` has a unit and `one` none."""
    letters = "TZYX"
    pairs: Iterator[tuple[Any, Any]] = zip(reversed(one[1]), reversed(other[1]), strict=False)
    found = [
        letters[-1 - index] if index < len(letters) else f"axis -{index + 1}"
        for index, (unit, known) in enumerate(pairs)
        if str(unit) == PIXEL and str(known) != PIXEL
    ]
    return ", ".join(reversed(found))


__all__ = [
    "MissingDependencyError",
    "add",
    "current",
    "open_in_napari",
    "require",
    "run",
    "scale_bar",
    "shown",
    "warn_of_pixels",
    "with_units",
]
