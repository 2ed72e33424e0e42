"""The public verbs: read, open, explain, write, convert and plan; they decide nothing and know no format.

Every verb takes the policies of `omio_core.Policies` and the caller's statements as keywords. This is the only module
with flags besides `omio.compat`; they keep scripts working. A call imports what loads an array library only when it
needs it, so that ``from omio import imread`` is light.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

if TYPE_CHECKING:
    import dask.array
    import zarr
    from numpy.typing import NDArray

    from omio_core.images.explanation import Explanation
    from omio_core.images.image import Image
    from omio_core.metadata.model import Metadata

    from .batching.rules import Rules
    from .batching.values import BatchReport, JobReport
    from .planning.plan import Plan
    from .planning.report import Report
    from .request import Dict, Sizes, Source
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
    zarr_store: None = ...,
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
    zarr_store: str | None = ...,
    zarr_store_path: Source | None = ...,
    reuse_disk_cache: bool = ...,
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
    zarr_store: None = ...,
    axes: str | None = ...,
    pixel_size: Sizes | None = ...,
    time_increment: float | None = ...,
    channel_names: Sequence[str] | None = ...,
    **others: Any,
) -> tuple[dask.array.Array, Dict]: ...
@overload
def imread(
    source: SourceLike,
    *,
    reader: str | None = ...,
    image: int | str | None = ...,
    merge: str | None = ...,
    return_list: Literal[False] = ...,
    lazy: Literal[False] = ...,
    zarr_store: Literal["memory", "disk"],
    zarr_store_path: Source | None = ...,
    reuse_disk_cache: bool = ...,
    axes: str | None = ...,
    pixel_size: Sizes | None = ...,
    time_increment: float | None = ...,
    channel_names: Sequence[str] | None = ...,
    **others: Any,
) -> tuple[zarr.Array[Any], Dict]: ...
def imread(
    source: SourceLike,
    *,
    reader: str | None = None,
    image: int | str | None = None,
    merge: str | None = None,
    return_list: bool = False,
    lazy: bool = False,
    zarr_store: str | None = None,
    zarr_store_path: Source | None = None,
    reuse_disk_cache: bool = True,
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
        A file, a folder, a list of them, or `Folder` or `FolderStack` to be more specific. OMIO always reads a path
        that you name. In a folder it leaves out hidden files, previews, files that are no images, and files that it
        wrote itself from other files of the folder.
    reader
        Name of the reader to use, whatever the file looks like. None: the content of the file decides.
    image
        Which image of a file that holds several: an index or a name; ``"all"`` with `return_list` or `merge`.
    merge
        ``"T"``, ``"Z"`` or ``"C"``: merge all images into one along that axis. Files of a folder are in natural order
        (T_2 before T_10), those of a list in the order of the list.
    return_list
        Return two lists with one entry per image, in order.
    lazy
        Return dask arrays that read when they are computed, instead of arrays in memory.
    zarr_store
        Return `zarr.Array` instead of numpy. ``"memory"``: it reads from the file when it is asked, and what you write
        into it stays in memory. ``"disk"``: a copy in a cache, read-only, which is made at the first call.
    zarr_store_path
        The folder in which the cache is, in ``.omio_cache``. None: beside the source, or in your own cache folder, with
        a warning, if nothing can be written there.
    reuse_disk_cache
        Whether a copy that exists may be used: one of the same files, unchanged, read in the same way. False: make it
        again.
    axes
        Your own names for the axes of the file, such as ``"ZYX"``: one letter for every axis, or for every axis
        longer than 1. The name of an axes policy (``"warn"``, ``"raise"``) chooses that policy.
    pixel_size
        Micrometres, as you state them: one number for X and Y, (x, y), (x, y, z), or a mapping with some of X, Y, Z.
    time_increment
        Seconds between time points, as you state them.
    channel_names
        One name per channel, as you state them.
    **others
        Policies by kind (``missing="raise"``, ``shapes="pad"``), ``policies=Policies(...)``, and the reader's own
        options. Also earlier names: ``merge_multiple_files_in_folder``, ``merge_folder_stacks``,
        ``merge_along_axis``, ``zeropadding`` (True: ``shapes="pad"``), ``folder_stacks`` (`FolderStack`),
        ``recursive``, ``physicalsize_xyz`` with ``pixelunit``. Those that describe a merge are an error without one.

    Returns
    -------
    array
        Five axes, TZCYX; RGB samples are folded into C.
    metadata
        A JSON-able dict, see `omio_core.metadata.from_dict`. What is unknown is None. With ``zarr_store="disk"`` it
        also has ``omio_cache_folder`` and ``omio_zarr_store_path``.

    Raises
    ------
    FileNotFoundError
        There is no such file or folder.
    OmioError
        No reader recognises the source, the file is malformed, it holds several images and you chose none, or a policy
        forbids what it holds.
    WriteError, CacheError
        The cache cannot be written, or something else has the name of its entry. An entry is there whole or not at all.

    Examples
    --------
    >>> array, metadata = imread("stack.tif")  # doctest: +SKIP
    >>> metadata["PhysicalSizeX"], metadata["Channels"][0]["Name"]  # doctest: +SKIP
    (0.25, 'GFP')
    >>> series, metadata = imread("folder", merge="T")  # doctest: +SKIP
    """
    from . import opening
    from .compat.keywords import translate_keywords
    from .request import make_request

    source, merge, pixel_size, others = translate_keywords(source, merge, pixel_size, others)
    request = make_request(reader, axes, pixel_size, time_increment, channel_names, others)
    pixels: Sequence[Any]
    places: Sequence[Dict]  # where they are, if in a cache
    if zarr_store is None:
        images = opening.images(source, image, request, along=merge, single=not return_list)
        pixels, places = opening.pixels(images, lazily=lazy), [{} for _ in images]
    else:
        from .cache import arrays

        store = arrays.ZarrStore.chosen(zarr_store, zarr_store_path, reuse_disk_cache, lazy=lazy)
        images = opening.images(source, image, request, along=merge, single=not return_list)
        pixels, places = arrays.arrays(images, request, store)
    dicts = [image.metadata.to_dict() | place for image, place in zip(images, places, strict=True)]
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
    """Open an image lazily: OMIO reads pixels only when you ask for them.

    Parameters are those of `imread`.

    Returns
    -------
    Image
        With ``image[...]``, ``image.at(T=3, C="GFP")``, ``to_numpy(out=)``, ``to_dask()``, ``aszarr()``,
        ``np.asarray``, ``metadata`` and ``explain()``; a context manager; picklable.

    Examples
    --------
    >>> with imopen("stack.tif") as image:  # doctest: +SKIP
    ...     plane = image[0, 3, 0]
    """
    from . import opening
    from .compat.keywords import translate_keywords
    from .request import make_request

    source, merge, pixel_size, others = translate_keywords(source, merge, pixel_size, others)
    request = make_request(reader, axes, pixel_size, time_increment, channel_names, others)
    return opening.images(source, image, request, along=merge, single=True)[0]


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
    """Explain how OMIO reads a source: every reader's verdict, and every value with its origin.

    Reads no pixel. Parameters are those of `imread`.

    Returns
    -------
    Explanation
        ``print`` it, or call ``.to_dict()``.
    """
    from omio_core.images.explanation import Explanation

    from . import opening
    from .request import make_request

    request = make_request(reader, axes, pixel_size, time_increment, channel_names, others)
    return Explanation(source=opening.source(source, request))


def imwrite(
    path: Source,
    array: NDArray[Any] | dask.array.Array | Image,
    metadata: Mapping[str, Any] | Metadata | None = None,
    *,
    axes: str | None = None,
    pixel_size: Sizes | None = None,
    time_increment: float | None = None,
    channel_names: Sequence[str] | None = None,
    writer: str | None = None,
    compression_level: int | Literal["auto"] = 3,
    tile: int | None = None,
    verify: str = "structure",
    collision: str = "raise",
    workers: int | None = None,
    max_memory: int | str | None = None,
    progress: Callable[[int], None] | None = None,
    **options: Any,
) -> Path:
    """Write an image under exactly the name you give; the file appears complete or not at all.

    Parameters
    ----------
    path
        The file to write. Its suffix chooses the writer: ``.ome.tif``, ``.ome.tiff``, ``.ome.btf`` for OME-TIFF.
    array
        Pixels: numpy, dask, zarr, or an `Image`.
    metadata
        A dict as `imread` returns it, or any part of one. None: nothing is known.
    axes
        One letter per axis of the array. Needed where neither the dict nor the number of axes (2: YX, 5: TZCYX) tells.
    pixel_size, time_increment, channel_names
        As for `imread`; they take precedence over the dict.
    writer
        Name of the writer to use, whatever the suffix. None: the suffix decides.
    compression_level
        0 (truly uncompressed) to 9; or ``"auto"``, which tries encoders on samples of the data and takes the fastest
        whose files are at most 3 % larger than those of level 3.
    tile
        Edge of square tiles, a multiple of 16; 0 for strips; None for tiles of 512 where a plane is wider or higher
        than 4096 pixels.
    verify
        ``"structure"``: check directories and OME-XML before the file gets its name. ``"pixels"``: also read every
        plane back and compare it. ``"none"``: check nothing.
    collision
        What to do if the name is taken: ``"raise"``, ``"overwrite"``, ``"number"``, ``"skip"``.
    workers
        Number of threads. None: all cores.
    max_memory
        About how much memory the pixels may take that are in work at once, as bytes or as a text such as ``"512 MiB"``;
        Python and its libraries come on top, and a single block of the source always fits. None: 256 MiB.
    progress
        Called with the bytes of pixels done so far.
    **options
        The writer's own options; for OME-TIFF: ``compression``, ``predictor``, ``pyramid``, ``pyramid_method``,
        ``order``, ``bigtiff``, ``profile``.

    Returns
    -------
    pathlib.Path
        The file written; with ``collision="skip"`` and a name that is taken, the existing file.

    Raises
    ------
    AmbiguousAxesError, MetadataError
        Axes, shape or lengths disagree with the array; nothing is written.
    WriteError
        The name is taken or the disk refuses; an existing file stays as it is.
    NoWriterError
        There is no writer for that suffix, or of that name; the message lists those installed.
    """
    from omio_core.images import writing
    from omio_core.images.overrides import Overrides
    from omio_core.settings import parse_bytes

    from . import arrays
    from .request import at_home

    stated = Overrides(axes=axes, pixel_size=pixel_size, time_increment=time_increment, channel_names=channel_names)
    image = arrays.image_of(array, metadata, stated)
    path = at_home(path)
    written = writing.write(
        path,
        [image],
        collision=collision,
        writer=writer,
        compression_level=compression_level,
        tile=tile,
        verify=verify,
        workers=workers,
        max_memory=parse_bytes(max_memory),
        progress=progress,
        options=options,
    )
    return written or Path(path)


def convert(
    source: SourceLike,
    out: Source | None = None,
    *,
    to: str | None = None,
    reader: str | None = None,
    image: int | str | None = None,
    merge: str | None = None,
    axes: str | None = None,
    pixel_size: Sizes | None = None,
    time_increment: float | None = None,
    channel_names: Sequence[str] | None = None,
    name: str | None = None,
    layout: str = "files",
    writer: str | None = None,
    compression_level: int | Literal["auto"] = 3,
    tile: int | None = None,
    verify: str = "structure",
    workers: int | None = None,
    max_memory: int | str | None = None,
    progress: Callable[[int, int], None] | None = None,
    landed: Callable[[str, Path], None] | None = None,
    reported: Callable[[Report], None] | None = None,
    remake: bool = False,
    stop: bool = False,
    **others: Any,
) -> list[Path]:
    """Convert files to OME-TIFF, OME-Zarr or another format, block by block: no picture is ever complete in memory.

    Parameters
    ----------
    source
        As for `imread`.
    out
        A file (``x.ome.tif``), a folder that is one picture (``x.ome.zarr``), or a folder to put them in, which is made
        if need be. None: beside each source file. In a folder the names are ``stem.ome.tif``, or
        ``stem_<image name>.ome.tif`` where the file holds several images; the folders of the source are repeated
        below it. A merge is named ``<folder>_merged_T.ome.tif``, beside the folder where `out` is None. The suffix is
        that of the writer.
    to
        The format, by the name of its writer: ``"ome-tiff"``, ``"ome-zarr"``, or that of another package; capitals
        and the signs - and _ do not matter. None: the suffix of `out` decides; OME-TIFF where it names none.
    reader, axes, pixel_size, time_increment, channel_names, **others
        As for `imread`, and the options of the writer as for `imwrite`. The policy ``collision`` (default
        ``"number"``) says what happens if a name is taken.
    image
        Which images of each file: an index, a name, or ``"all"``. None: all, if they are not merged.
    merge
        As for `imread`: all images become one file.
    name
        A template for the names instead, without suffix: ``"{stem}_{image}"``, with ``{index}``, ``{channels}``
        and the keys of `imread`'s dict that hold a single value, such as ``{SizeT}``.
    layout
        ``"files"``: one file per image; ``"one-file"``: all images of a source file in one file.
    writer
        As `to`, but whatever the suffix of `out` is: ``out="x.dat"`` can be an OME-TIFF.
    compression_level, tile, verify, workers, max_memory
        As for `imwrite`.
    progress
        Called with the bytes of pixels done and the bytes in total.
    landed
        Called with a source file and the file written from it, as soon as that file is complete.
    reported
        Called once, at the end, with a `Report`: what was written, is up to date, was left out, and failed; also where
        an error follows.
    remake
        With ``collision="update"``, which it implies: whether to replace what is up to date, too.
    stop
        Whether the first failure stops everything. Otherwise one bad file is one bad file.

    Returns
    -------
    list of pathlib.Path
        The files written, or the folders that are one picture each, in file order. What an update leaves as it is, is
        not among them.

    Raises
    ------
    FileNotFoundError, OmioError
        As for `imread` and `imwrite`; or `to`, `writer` and the suffix of `out` contradict each other, or `max_memory`
        is less than a block of the source needs. OMIO looks at all sources before it writes anything. If something
        fails later, the files of this call that are already complete stay. Of several source files the others are
        converted all the same, unless `stop`; then one error names those that failed in its attribute `failed`, from
        file to error, and the files written in `written`. A merge is whole or not at all.

    Examples
    --------
    >>> convert("cells.czi", "cells.ome.zarr")  # doctest: +SKIP
    [PosixPath('cells.ome.zarr')]
    >>> convert("folder", "zarrs", to="ome-zarr")  # doctest: +SKIP
    [PosixPath('zarrs/a.ome.zarr'), PosixPath('zarrs/b.ome.zarr')]
    """
    from omio_core.settings import parse_bytes

    from .compat.keywords import translate_keywords
    from .planning import execute, formats, prepare
    from .planning.values import WriteOptions
    from .request import at_home, make_request, updating, writer_options

    out = None if out is None else at_home(out)
    source, merge, pixel_size, others = translate_keywords(source, merge, pixel_size, others)
    write_options = WriteOptions(
        name=name, layout=layout, writer=formats.choose(to, writer, out), compression_level=compression_level,
        tile=tile, verify=verify, workers=workers, max_memory=parse_bytes(max_memory), options=writer_options(others),
    )  # fmt: skip
    request = make_request(reader, axes, pixel_size, time_increment, channel_names, others, write_options.options)
    request = updating(request, remake=remake)
    prepared = prepare.prepare(
        source, request, image=image, along=merge, out=out, writing=write_options, remake=remake, stop=stop
    )
    prepared.refuse(stop=stop)
    return execute.write(
        prepared.plan, prepared.outputs, progress, landed, reported, failures=prepared.failures, stop=stop
    )


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
    writer: str | None = None,
    compression_level: int | Literal["auto"] = 3,
    tile: int | None = None,
    verify: str = "structure",
    workers: int | None = None,
    max_memory: int | str | None = None,
    progress: Callable[[int, int], None] | None = None,
    landed: Callable[[str, Path], None] | None = None,
    reported: Callable[[Report], None] | None = None,
    remake: bool = False,
    stop: bool = False,
    **others: Any,
) -> list[Path]:
    """Convert files to OME-TIFF: `convert` without ``to=``, also called `imconvert`.

    Parameters, what is returned and what is raised are those of `convert`. OMIO makes names with the suffix
    ``.ome.tif``. If `out` has the suffix of another writer, or `writer` names one, that one writes.
    """
    return convert(
        source, out, reader=reader, image=image, merge=merge, axes=axes, pixel_size=pixel_size,
        time_increment=time_increment, channel_names=channel_names, name=name, layout=layout, writer=writer,
        compression_level=compression_level, tile=tile, verify=verify, workers=workers, max_memory=max_memory,
        progress=progress, landed=landed, reported=reported, remake=remake, stop=stop, **others,
    )  # fmt: skip


imconvert = convert_to_ometiff


def plan(
    source: SourceLike,
    out: Source | None = None,
    *,
    to: str | None = None,
    reader: str | None = None,
    image: int | str | None = None,
    merge: str | None = None,
    axes: str | None = None,
    pixel_size: Sizes | None = None,
    time_increment: float | None = None,
    channel_names: Sequence[str] | None = None,
    name: str | None = None,
    layout: str = "files",
    writer: str | None = None,
    compression_level: int | Literal["auto"] = 3,
    tile: int | None = None,
    verify: str = "structure",
    workers: int | None = None,
    remake: bool = False,
    max_memory: int | str | None = None,
    **others: Any,
) -> Plan:
    """Say what `convert` would do, or what `imread` would return, before a pixel is read.

    Parameters
    ----------
    to
        As for `convert`: the format that would be written, such as ``"ome-zarr"``. None, or ``"files"``: the format
        that the suffix of `out` says, else OME-TIFF. ``"memory"``: plan what `imread` would read; nothing is written.
    source, out, reader, image, merge, axes, pixel_size, time_increment, channel_names, name, layout, \
    writer, compression_level, tile, verify, workers, max_memory, remake, **others
        As for `convert`.

    Returns
    -------
    Plan
        ``print`` it; ``to_json()`` saves it, ``from_json()`` loads it; ``run()`` does exactly what it says, or reports
        which input has changed or which name has been taken since.

    Raises
    ------
    FileNotFoundError, OmioError
        The source is not there, or nothing in it can be read. What cannot be read among other files, and reasons
        against a merge or a name, are no error here: they are among the plan's ``problems``.

    Examples
    --------
    >>> print(plan("folder", merge="T"))  # doctest: +SKIP
    """
    from omio_core.settings import parse_bytes

    from .compat.keywords import translate_keywords
    from .planning import formats, prepare
    from .planning.values import WriteOptions
    from .request import at_home, make_request, updating, writer_options

    out = None if out is None else at_home(out)
    source, merge, pixel_size, others = translate_keywords(source, merge, pixel_size, others)
    purpose, writer = formats.choose_for_plan(to, writer, out)
    write_options = WriteOptions(
        name=name, layout=layout, writer=writer, compression_level=compression_level, tile=tile, verify=verify,
        workers=workers, max_memory=parse_bytes(max_memory), options=writer_options(others),
    )  # fmt: skip
    request = make_request(reader, axes, pixel_size, time_increment, channel_names, others, write_options.options)
    request = updating(request, remake=remake)
    writing = None if purpose == formats.MEMORY else write_options
    return prepare.plan(source, request, image=image, along=merge, out=out, writing=writing, remake=remake)


def batch(
    root: Source,
    rules: Rules | Mapping[str, Any] | None = None,
    *,
    out: Source | None = None,
    job: str | Callable[[Any, Dict, Any], Any] | None = None,
    executor: str | int | None = None,
    timeout: float | None = None,
    dry_run: bool = False,
    retry: bool = False,
    retries: int = 1,
    told: Callable[[JobReport], None] | None = None,
    **others: Any,
) -> BatchReport:
    """Convert a whole project: every image that the rules find in its folders, each whole or not at all.

    Parameters
    ----------
    root
        The folder of the project.
    rules
        What its folders are, and what is merged: `Rules`, or a mapping of its keywords.
    out
        The folder for what is written, in which the folders of the project are repeated. None: ``omio_converted`` in
        the project, which is never searched.
    job
        Your own function between reading and writing, ``(image, metadata, record) -> image, metadata``: an array TZCYX,
        its dict, and a `BatchImageRecord`. The function itself, or its name as ``"package.module:function"``. What
        another function made, or the same with another source, is made anew.
    executor
        Where jobs are done. None or ``"serial"``: one after another in this process. ``"processes"``, or a number: in
        processes of their own, which share the cores; one that dies takes only its job with it. Only a `job` that
        stands in the script itself makes the script one that does its work under ``if __name__ == "__main__":``.
    timeout
        Seconds after which a job in a process is ended; it has failed then.
    dry_run
        Plan only: which files would be written, from what.
    retry
        Do only what failed in the run before.
    retries
        How often a job is tried again that failed for a reason that may pass, such as a share that was away.
    told
        Called with a `JobReport` as soon as it is known what became of a job.
    **others
        As for `convert`: what you state of the files, how files are written, and policies.

    Returns
    -------
    BatchReport
        What became of each job. One bad file fails alone, and is no error here: see ``failed``, and ``error()``.

    Raises
    ------
    FileNotFoundError
        There is no such folder.
    BatchError
        Nothing in it follows the rules, or two files would be written under one name; then nothing is written.
    OmioError
        A keyword or its value is not possible.

    Examples
    --------
    >>> report = batch("project", Rules(experiments="TP", tags="TAG_", merges=["tags"]))  # doctest: +SKIP
    >>> report.summary()  # doctest: +SKIP
    '5 written, 0 up to date, 0 failed, 0 left out'
    """
    from .batching.run import Batch

    batch = Batch.of(
        root, rules, out=out, job=job, keywords=others, retries=retries, only_failed=retry, executor=executor,
        timeout=timeout, told=told,
    )  # fmt: skip
    return batch.plan() if dry_run else batch.run()
