"""OMIO, the everyday face: read, open, explain, write and convert microscopy images; it knows no format.

Every function takes the policies of `omio_core.Policies` and what the caller states as keywords, and imports what it
needs when it is called: ``import omio`` is light. This is the only module with flags; they keep scripts working.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from omio_core.lazy import attach

from .diff import diff
from .seed import OME_metadata_checkup, create_empty_image, create_empty_metadata, update_metadata_from_image
from .sidecar import create_thorlabs_raw_yaml
from .sources import File, Files, Folder, FolderStack

if not TYPE_CHECKING:  # who checks types sees it below, and would see any name here
    __getattr__, _ = attach(__name__, {"Plan": "omio.planned"})

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import dask.array
    from numpy.typing import NDArray

    from omio_core.explain import Explanation
    from omio_core.image import Image
    from omio_core.metadata import Metadata

    from .planned import Plan
    from .sources import Source as Sources

    Source = str | os.PathLike[str]
    Sizes = float | Sequence[float] | Mapping[str, float]
    Dict = dict[str, Any]

__all__ = [
    "File",
    "Files",
    "Folder",
    "FolderStack",
    "OME_metadata_checkup",
    "Plan",
    "convert_to_ometiff",
    "create_empty_image",
    "create_empty_metadata",
    "create_thorlabs_raw_yaml",
    "diff",
    "explain",
    "imconvert",
    "imopen",
    "imread",
    "imwrite",
    "plan",
    "update_metadata_from_image",
]  # fmt: skip


def __dir__() -> list[str]:
    return sorted(__all__)


@overload
def imread(
    source: Sources,
    *,
    reader: str | None = ...,
    image: int | str | None = ...,
    merge: str | None = ...,
    return_list: Literal[False] = ...,
    lazy: Literal[False] = ...,
    axes: str | None = ...,
    pixel_size: Sizes | None = ...,
    time_increment: float | None = ...,
    channel_names: Sequence[str] | None = ...,
    **others: Any,
) -> tuple[NDArray[Any], Dict]: ...
@overload
def imread(
    source: Sources,
    *,
    reader: str | None = ...,
    image: int | str | None = ...,
    merge: str | None = ...,
    return_list: Literal[True],
    lazy: bool = ...,
    axes: str | None = ...,
    pixel_size: Sizes | None = ...,
    time_increment: float | None = ...,
    channel_names: Sequence[str] | None = ...,
    **others: Any,
) -> tuple[list[Any], list[Dict]]: ...
@overload
def imread(
    source: Sources,
    *,
    reader: str | None = ...,
    image: int | str | None = ...,
    merge: str | None = ...,
    return_list: Literal[False] = ...,
    lazy: Literal[True],
    axes: str | None = ...,
    pixel_size: Sizes | None = ...,
    time_increment: float | None = ...,
    channel_names: Sequence[str] | None = ...,
    **others: Any,
) -> tuple[dask.array.Array, Dict]: ...
def imread(
    source: Sources,
    *,
    reader: str | None = None,
    image: int | str | None = None,
    merge: str | None = None,
    return_list: bool = False,
    lazy: bool = False,
    axes: str | None = None,
    pixel_size: Sizes | None = None,
    time_increment: float | None = None,
    channel_names: Sequence[str] | None = None,
    **others: Any,
) -> tuple[Any, Any]:
    """Read an image: pixels with axes TZCYX, and a plain dict of metadata.

    Parameters
    ----------
    source
        A file, a folder, a list of them, or `Folder`, `FolderStack` to say more. A path that is named is always read;
        in a folder, hidden files, previews and what is no image are left out, and so is what OMIO wrote from others
        of them.
    reader
        Name of a reader, whatever the file looks like; None lets the content decide.
    image
        Which image of a file that holds several: an index or a name; ``"all"`` with `return_list` or `merge`.
    merge
        ``"T"``, ``"Z"`` or ``"C"``: all images become one along that axis, files in natural order (T_2 before T_10),
        a list in its own.
    return_list
        Give two lists with one entry an image, in order.
    lazy
        Give dask arrays that read when they are computed, instead of arrays in memory.
    axes
        Your own names for the axes of the file, such as ``"ZYX"``: one letter for every axis, or for every axis
        longer than 1. The name of an axes policy (``"warn"``, ``"raise"``) chooses that policy.
    pixel_size
        Micrometres, stated by you: one number for X and Y, (x, y), (x, y, z), or a mapping with some of X, Y, Z.
    time_increment
        Seconds, stated by you.
    channel_names
        Stated by you, one a channel.
    **others
        Policies by kind (``missing="raise"``, ``shapes="pad"``), ``policies=Policies(...)``, and the reader's own
        options. Also earlier names: ``merge_multiple_files_in_folder``, ``merge_folder_stacks``,
        ``merge_along_axis``, ``zeropadding`` (True: ``shapes="pad"``), ``folder_stacks`` (`FolderStack`),
        ``recursive``, ``physicalsize_xyz`` with ``pixelunit``. Those of a merge are an error without one.

    Returns
    -------
    array
        Five axes, TZCYX; RGB samples are folded into C.
    metadata
        A JSON-able dict, see `omio_core.schema`. What is unknown is None.

    Raises
    ------
    FileNotFoundError
        There is nothing of that name.
    OmioError
        Nobody can read it, it is malformed, it holds several images and none is chosen, or a policy forbids what it
        holds.

    Examples
    --------
    >>> array, metadata = imread("stack.tif")  # doctest: +SKIP
    >>> metadata["PhysicalSizeX"], metadata["Channels"][0]["Name"]  # doctest: +SKIP
    (0.25, 'GFP')
    >>> series, metadata = imread("folder", merge="T")  # doctest: +SKIP
    """
    from . import read

    source, merge, pixel_size, others = _by_earlier_names(source, merge, pixel_size, others)
    said = read.request(
        reader=reader,
        axes=axes,
        pixel_size=pixel_size,
        time_increment=time_increment,
        channel_names=channel_names,
        others=others,
    )
    images = read.images(source, image, said, along=merge, one=not return_list)
    arrays = read.pixels(images, lazily=lazy)
    dicts = [one.metadata.to_dict() for one in images]
    return (arrays, dicts) if return_list else (arrays[0], dicts[0])


def imopen(
    source: Sources,
    *,
    reader: str | None = None,
    image: int | str | None = None,
    merge: str | None = None,
    axes: str | None = None,
    pixel_size: Sizes | None = None,
    time_increment: float | None = None,
    channel_names: Sequence[str] | None = None,
    **others: Any,
) -> Image:
    """Open an image lazily: nothing is read until pixels are asked for.

    Parameters are those of `imread`.

    Returns
    -------
    Image
        With ``image[...]``, ``image.at(T=3, C="GFP")``, ``to_numpy(out=)``, ``to_dask()``, ``np.asarray``,
        ``metadata`` and ``explain()``; a context manager; picklable.

    Examples
    --------
    >>> with imopen("stack.tif") as image:  # doctest: +SKIP
    ...     plane = image[0, 3, 0]
    """
    from . import read

    source, merge, pixel_size, others = _by_earlier_names(source, merge, pixel_size, others)
    said = read.request(
        reader=reader,
        axes=axes,
        pixel_size=pixel_size,
        time_increment=time_increment,
        channel_names=channel_names,
        others=others,
    )
    return read.images(source, image, said, along=merge, one=True)[0]


def explain(
    source: Source,
    *,
    reader: str | None = None,
    axes: str | None = None,
    pixel_size: Sizes | None = None,
    time_increment: float | None = None,
    channel_names: Sequence[str] | None = None,
    **others: Any,
) -> Explanation:
    """Why a source is read as it is: every reader's verdict, and every value with its origin.

    Reads no pixel. Parameters are those of `imread`.

    Returns
    -------
    Explanation
        ``print`` it, or take ``.to_dict()``.
    """
    from omio_core.explain import Explanation

    from . import read

    said = read.request(
        reader=reader,
        axes=axes,
        pixel_size=pixel_size,
        time_increment=time_increment,
        channel_names=channel_names,
        others=others,
    )
    return Explanation(source=read.source(source, said))


def imwrite(
    path: Source,
    array: NDArray[Any] | dask.array.Array | Image,
    metadata: Mapping[str, Any] | Metadata | None = None,
    *,
    axes: str | None = None,
    pixel_size: Sizes | None = None,
    time_increment: float | None = None,
    channel_names: Sequence[str] | None = None,
    compression_level: int | Literal["auto"] = 3,
    tile: int | None = None,
    verify: str = "structure",
    collision: str = "raise",
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
    **options: Any,
) -> Path:
    """Write an image; the name asked for is the name written, whole or not at all.

    Parameters
    ----------
    path
        Its suffix chooses the writer: ``.ome.tif``, ``.ome.tiff``, ``.ome.btf``.
    array
        Pixels: numpy, dask, zarr, or an `Image`.
    metadata
        A dict as `imread` gives it, or any part of one; None: nothing is known.
    axes
        One letter an axis of the array. Needed where neither the dict says it nor the number of axes (2: YX, 5: TZCYX).
    pixel_size, time_increment, channel_names
        As for `imread`; they win over the dict.
    compression_level
        0 (truly uncompressed) to 9; or ``"auto"``, which tries encoders on samples of the data and takes the fastest
        whose files are at most 3 % larger than those of level 3.
    tile
        Edge of square tiles, a multiple of 16; 0 for strips; None for tiles of 512 where a plane is wider or higher
        than 4096 pixels.
    verify
        ``"structure"``: directories and OME-XML are checked before the file gets its name. ``"pixels"``: every plane
        is read back and compared, too. ``"none"``.
    collision
        What to do if the name is taken: ``"raise"``, ``"overwrite"``, ``"number"``, ``"skip"``.
    workers
        Threads; all cores where None.
    progress
        Called with the bytes of pixels done so far.
    **options
        The writer's own; of OME-TIFF: ``compression``, ``predictor``, ``pyramid``, ``pyramid_method``, ``order``,
        ``bigtiff``, ``profile``.

    Returns
    -------
    pathlib.Path
        The file written; with ``collision="skip"`` the file that stands.

    Raises
    ------
    AmbiguousAxesError, MetadataError
        Axes, shape or lengths disagree with the array; nothing is written.
    WriteError
        The name is taken or the disk refuses; what stood there still stands.
    """
    from pathlib import Path

    from omio_core import writing
    from omio_core.reading import Overrides

    from . import convert

    stated = Overrides(axes=axes, pixel_size=pixel_size, time_increment=time_increment, channel_names=channel_names)
    image = convert.image_of(array, metadata, stated)
    written = writing.write(
        path,
        [image],
        collision=collision,
        level=compression_level,
        tile=tile,
        verify=verify,
        workers=workers,
        progress=progress,
        options=options,
    )
    return written or Path(path)


def convert_to_ometiff(
    source: Sources,
    out: Source | None = None,
    *,
    reader: str | None = None,
    image: int | str | None = None,
    merge: str | None = None,
    axes: str | None = None,
    pixel_size: Sizes | None = None,
    time_increment: float | None = None,
    channel_names: Sequence[str] | None = None,
    name: str | None = None,
    layout: str = "files",
    compression_level: int | Literal["auto"] = 3,
    tile: int | None = None,
    verify: str = "structure",
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    landed: Callable[[str, Path], None] | None = None,
    **others: Any,
) -> list[Path]:
    """Convert files to OME-TIFF, block by block: no picture is ever whole in memory.

    Parameters
    ----------
    source
        As for `imread`.
    out
        A file (``.ome.tif``), or a folder, made if need be; beside each source file where None. In a folder the names
        are ``stem.ome.tif``, or ``stem_<image name>.ome.tif`` where the file holds several images; below it, the
        folders of the source. Of a merge: ``<folder>_merged_T.ome.tif``, beside the folder where None.
    reader, axes, pixel_size, time_increment, channel_names, **others
        As for `imread`, and the options of the writer as for `imwrite`. The policy ``collision`` (default
        ``"number"``) says what happens to a name that is taken.
    image
        Which images of each file: an index, a name, or ``"all"``; all where None, if they are not merged.
    merge
        As for `imread`: all become one file.
    name
        A template for the names instead, without suffix: ``"{stem}_{image}"``, with ``{index}``, ``{channels}``
        and the keys of `imread`'s dict that hold one value, such as ``{SizeT}``.
    layout
        ``"files"``: one file an image; ``"one-file"``: all of them in one.
    compression_level, tile, verify, workers
        As for `imwrite`.
    progress
        Called with the bytes of pixels done and the bytes in all.
    landed
        Called with a source file and the file written from it, as soon as that is whole.

    Returns
    -------
    list of pathlib.Path
        The files written, in file order.

    Raises
    ------
    FileNotFoundError, OmioError
        As for `imread` and `imwrite`. Everything is looked at before anything is written; where something goes wrong
        later, files of this call that are whole already stay. Of several source files the others are done, too; then
        one error names those that failed, in its attribute `failed` from file to error, and has the files `written`.
    """
    from . import carry, planning, read
    from .planned import Writing

    source, merge, pixel_size, others = _by_earlier_names(source, merge, pixel_size, others)
    options = read.writer_options(others)
    said = read.request(
        reader=reader,
        axes=axes,
        pixel_size=pixel_size,
        time_increment=time_increment,
        channel_names=channel_names,
        others={name: value for name, value in others.items() if name not in options},
    )
    how = Writing(
        name=name,
        layout=layout,
        level=compression_level,
        tile=tile,
        verify=verify,
        workers=workers,
        options=options,
    )
    prepared = planning.prepare(source, said, image=image, along=merge, out=out, writing=how)
    return carry.write(prepared, progress, landed)


imconvert = convert_to_ometiff


def plan(
    source: Sources,
    out: Source | None = None,
    *,
    to: Literal["files", "memory"] = "files",
    reader: str | None = None,
    image: int | str | None = None,
    merge: str | None = None,
    axes: str | None = None,
    pixel_size: Sizes | None = None,
    time_increment: float | None = None,
    channel_names: Sequence[str] | None = None,
    name: str | None = None,
    layout: str = "files",
    compression_level: int | Literal["auto"] = 3,
    tile: int | None = None,
    verify: str = "structure",
    workers: int | None = None,
    **others: Any,
) -> Plan:
    """What `convert_to_ometiff` would do, or what `imread` would give, said before a pixel is read.

    Parameters
    ----------
    to
        ``"files"``: what would be written; ``"memory"``: what would be read.
    source, out, reader, image, merge, axes, pixel_size, time_increment, channel_names, name, layout, \
    compression_level, tile, verify, workers, **others
        As for `convert_to_ometiff`.

    Returns
    -------
    Plan
        ``print`` it; ``to_json()`` saves it, ``from_json()`` gives it back; ``run()`` does exactly that, or says which
        input has changed or which name was taken since.

    Raises
    ------
    FileNotFoundError, OmioError
        Something cannot be read. What stands against a merge or a name is among ``problems`` of the plan.

    Examples
    --------
    >>> print(plan("folder", merge="T"))  # doctest: +SKIP
    """
    from . import planning, read
    from .planned import Writing

    source, merge, pixel_size, others = _by_earlier_names(source, merge, pixel_size, others)
    options = read.writer_options(others)
    said = read.request(
        reader=reader,
        axes=axes,
        pixel_size=pixel_size,
        time_increment=time_increment,
        channel_names=channel_names,
        others={name: value for name, value in others.items() if name not in options},
    )
    how = Writing(
        name=name,
        layout=layout,
        level=compression_level,
        tile=tile,
        verify=verify,
        workers=workers,
        options=options,
    )
    return planning.plan(source, said, image=image, along=merge, out=out, writing=how, to=to)


_EARLIER = (
    "folder_stacks", "merge_along_axis", "merge_folder_stacks", "merge_multiple_files_in_folder", "physicalsize_xyz",
    "pixelunit", "recursive", "zeropadding",
)  # fmt: skip


def _by_earlier_names(
    source: Sources, merge: str | None, pixel_size: Sizes | None, others: Dict
) -> tuple[Sources, str | None, Sizes | None, Dict]:
    """What names of earlier versions mean: the source, the axis, the sizes, and the other keywords without them."""
    if others.keys().isdisjoint(_EARLIER):
        return source, merge, pixel_size, others
    old = {name: others[name] for name in _EARLIER if name in others}
    others = {name: value for name, value in others.items() if name not in _EARLIER}
    if "zeropadding" in old:
        others.setdefault("shapes", "pad" if old["zeropadding"] else "strict")
    merge = _axis_by_earlier_names(merge, old)
    recursive = bool(old.get("recursive"))
    if not isinstance(source, File | Files | Folder | FolderStack | list | tuple):
        path: Any = source
        if old.get("folder_stacks") or old.get("merge_folder_stacks"):
            source = FolderStack(path, recursive=recursive)
        elif recursive:
            source = Folder(path, recursive=True)
    if old.get("physicalsize_xyz") is not None and pixel_size is None:
        from omio_core.reading import Overrides
        from omio_core.units import micrometres

        unit, sizes = old.get("pixelunit") or "um", Overrides(pixel_size=old["physicalsize_xyz"]).sizes()
        if micrometres(1.0, unit) is None:
            from omio_core.errors import MetadataError

            raise MetadataError(f"pixelunit={unit!r} is no length", remedy='give one such as "um" or "nm"')
        pixel_size = {axis: micrometres(size, unit) or 0.0 for axis, size in sizes.items()}
    return source, merge, pixel_size, others


_MERGES = ("merge_multiple_files_in_folder", "merge_folder_stacks")


def _axis_by_earlier_names(merge: str | None, old: Dict) -> str | None:
    """The axis to merge along by names of earlier versions, T where they name none; None where nothing is merged.

    Raises
    ------
    MergeError
        The axis of a merge is named, or its padding, and no merge is asked for; or two axes are named.
    """
    from omio_core.errors import MergeError

    axis = old.get("merge_along_axis")
    if merge is not None and axis not in (None, merge):
        raise MergeError(
            "two axes to merge along are named",
            evidence=f"merge={merge!r} and merge_along_axis={axis!r}",
            remedy="leave out merge_along_axis=",
            axis=merge,
        )
    if merge is not None or any(old.get(name) for name in _MERGES):
        return merge if merge is not None else "T" if axis is None else axis
    # who says that nothing is merged, as scripts do that name every keyword, has an axis for nothing; he knows it
    if (axis is not None or old.get("zeropadding")) and not any(name in old for name in _MERGES):
        name = "zeropadding" if axis is None else "merge_along_axis"
        raise MergeError(
            f"{name}= is of a merge, and no merge is asked for",
            evidence=f"{name}={old[name]!r}, and neither merge= nor {' nor '.join(f'{one}=' for one in _MERGES)}",
            remedy=f'merge with merge="{axis or "T"}" or merge_multiple_files_in_folder=True, or leave out {name}=',
            axis=axis,
        )
    return None
