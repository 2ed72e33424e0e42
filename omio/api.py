"""The verbs of the face: read, open, explain, write, convert and plan; they decide nothing and know no format.

Every verb takes the policies of `omio_core.Policies` and what the caller states as keywords. This is the only module
with flags besides `omio.compat`; they keep scripts working. What loads an array library is imported by the call that
needs it, so that ``from omio import imread`` is light.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from omio_core.images.overrides import Overrides

from .compat.keywords import by_earlier_names
from .request import Dict, Sizes, Source, request, writer_options

if TYPE_CHECKING:
    import dask.array
    from numpy.typing import NDArray

    from omio_core.images.explanation import Explanation
    from omio_core.images.image import Image
    from omio_core.metadata.model import Metadata

    from .planning.plan import Plan
    from .sources.kinds import SourceLike


@overload
def imread(
    source: SourceLike,
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
    source: SourceLike,
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
    source: SourceLike,
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
    source: SourceLike,
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
        A JSON-able dict, see `omio_core.metadata.from_dict`. What is unknown is None.

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
    from . import opening

    source, merge, pixel_size, others = by_earlier_names(source, merge, pixel_size, others)
    asked = request(reader, axes, pixel_size, time_increment, channel_names, others)
    images = opening.images(source, image, asked, along=merge, one=not return_list)
    pixels = opening.pixels(images, lazily=lazy)
    dicts = [one.metadata.to_dict() for one in images]
    return (pixels, dicts) if return_list else (pixels[0], dicts[0])


def imopen(
    source: SourceLike,
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
    from . import opening

    source, merge, pixel_size, others = by_earlier_names(source, merge, pixel_size, others)
    asked = request(reader, axes, pixel_size, time_increment, channel_names, others)
    return opening.images(source, image, asked, along=merge, one=True)[0]


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
    from omio_core.images.explanation import Explanation

    from . import opening

    asked = request(reader, axes, pixel_size, time_increment, channel_names, others)
    return Explanation(source=opening.source(source, asked))


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
    from omio_core.images import writing

    from . import arrays

    stated = Overrides(axes=axes, pixel_size=pixel_size, time_increment=time_increment, channel_names=channel_names)
    image = arrays.image_of(array, metadata, stated)
    written = writing.write(
        path,
        [image],
        collision=collision,
        compression_level=compression_level,
        tile=tile,
        verify=verify,
        workers=workers,
        progress=progress,
        options=options,
    )
    return written or Path(path)


def convert_to_ometiff(
    source: SourceLike,
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
    from .planning import execute, prepare
    from .planning.values import WriteOptions

    source, merge, pixel_size, others = by_earlier_names(source, merge, pixel_size, others)
    how = WriteOptions(
        name=name, layout=layout, compression_level=compression_level, tile=tile, verify=verify, workers=workers,
        options=writer_options(others),
    )  # fmt: skip
    asked = request(reader, axes, pixel_size, time_increment, channel_names, others, how.options)
    prepared = prepare.prepare(source, asked, image=image, along=merge, out=out, writing=how)
    prepared.refuse()
    return execute.write(prepared.plan, prepared.outputs, progress, landed)


imconvert = convert_to_ometiff


def plan(
    source: SourceLike,
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
    from .planning import prepare
    from .planning.values import WriteOptions

    source, merge, pixel_size, others = by_earlier_names(source, merge, pixel_size, others)
    how = WriteOptions(
        name=name, layout=layout, compression_level=compression_level, tile=tile, verify=verify, workers=workers,
        options=writer_options(others),
    )  # fmt: skip
    asked = request(reader, axes, pixel_size, time_increment, channel_names, others, how.options)
    return prepare.plan(source, asked, image=image, along=merge, out=out, writing=how, to=to)
