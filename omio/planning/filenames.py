"""Name written files: beside the source or where the caller says, by its name or a template; reads no pixel."""

from __future__ import annotations

import os
import re
import string
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from omio_core.errors import ManyImagesError, NoWriterError, WriteError
from omio_core.images.image import Image
from omio_core.plugins.catalogue import catalogue
from omio_core.plugins.dispatch import writer_named
from omio_core.wording import Aside, Blank, advise, either, worded

from .standing import same_name

LONGEST_NAME = 120  # characters of an image's name in a file name; file systems allow 255 bytes for a whole name
_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')  # characters that Windows or a shell does not accept in a name
_OTHER_SUFFIXES = (
    ".png", ".jpg", ".jpeg", ".jp2", ".bmp", ".gif", ".webp", ".svg", ".pdf", ".avi", ".mp4", ".h5", ".hdf5",
    ".nd2", ".lif", ".oib", ".oif", ".oir", ".vsi", ".ims", ".dv", ".r3d", ".stk", ".mrc", ".nrrd", ".nii", ".nii.gz",
    ".dcm", ".svs", ".ndpi", ".scn", ".mrxs", ".npy", ".npz",
)  # fmt: skip
"""Suffixes of image formats that no reader reads: a name with such a suffix does not mean a folder."""
_RESERVED = {"con", "prn", "aux", "nul", *(f"com{i}" for i in range(1, 10)), *(f"lpt{i}" for i in range(1, 10))}


def targets(
    source: Path,
    out: str | os.PathLike[str] | None,
    images: Sequence[Image],
    suffixes: Sequence[str],
    *,
    several: bool,
    template: str | None = None,
    writer: str | None = None,
) -> Iterator[Path]:
    """Yield the file for each image.

    Parameters
    ----------
    source
        The file converted.
    out
        A file, a folder, or None for the source's own folder.
    images
        What is written, each image into its own file.
    suffixes
        The reader's suffixes; one of them is removed from the source's name, and nothing else is.
    several
        Whether the source holds more than one image, chosen or not.
    template
        A name without suffix, see `filled`. None: the stem of the source, and the image's name where there are several.
    writer
        The name of the writer that the caller chose, which gives the suffix; None: the first one installed.

    Raises
    ------
    ManyImagesError
        Several images would go into one file.
    NoWriterError
        `out` looks like a file of another kind.
    WriteError
        `out` is meant as a folder but is an existing file; the template cannot be filled; or `out` names a file and
        there is a template as well.
    """
    if out is not None and is_file(Path(out), writer):
        if len(images) > 1:
            raise ManyImagesError(
                f"{len(images)} images cannot go into the one file {out}",
                remedy=either(
                    "give a folder",
                    advise("choose one with {image}", image=Blank("index or name")),
                    advise("take {layout}{}", Aside(" (--layout one-file)"), layout="one-file"),
                ),
                path=os.fspath(out),
            )
        if template is not None:
            raise _named_twice_error(out)
        yield Path(out)
        return
    folder = _folder(out, source.parent)
    base = stem(source.name, suffixes)
    used_names: dict[str, int] = {}
    suffix = suffix_for(writer)
    for index, image in enumerate(images):
        ending = f"_{safe(image.name) or f'image{index}'}" if several else ""
        name = base + ending if template is None else filled(template, base, index, image)
        yield unique(folder / f"{name}{suffix}", used_names)


def filled(template: str, base: str, index: int, image: Image) -> str:
    """Fill a template with the facts of an image.

    Parameters
    ----------
    template
        With any of ``{stem}``, ``{image}`` (its name, else ``image0``), ``{index}``, ``{channels}`` (their names
        joined by +) and the keys of the public dict that hold a single value, such as ``{SizeT}`` or
        ``{PhysicalSizeX:.3f}``; an unknown value becomes ``unknown``.
    base
        The stem.

    Raises
    ------
    WriteError
        A field is none of these, or its format does not fit.
    """
    facts = image.metadata.to_dict()
    known: dict[str, Any] = {key: value for key, value in facts.items() if not isinstance(value, (list, dict))}
    channels = [channel["Name"] for channel in facts["Channels"]]
    known |= {
        "stem": base,
        "image": image.name or f"image{index}",
        "index": index,
        "channels": "+".join(map(str, channels)) if channels and None not in channels else None,
    }
    if "!" in template:
        raise _template_error(template, "it converts a field with !", known)
    try:
        pieces = [
            (
                literal,
                field,
                format(known[field], format_spec or "") if field in known and known[field] is not None else None,
            )
            for literal, field, format_spec, _ in string.Formatter().parse(template)
        ]
    except ValueError as error:
        raise _template_error(template, str(error), known) from error
    name = ""
    for literal, field, text in pieces:
        if field is not None and field not in known:
            raise _template_error(template, f"there is no field {field!r}", known)
        name += literal if field is None else literal + (safe(text) or "unknown")
    return safe(name, longest=2 * LONGEST_NAME) or base


def _template_error(template: str, evidence: str, known: Mapping[str, Any]) -> WriteError:
    return WriteError(
        worded("{name!r} cannot be filled", name=template),
        evidence=evidence,
        remedy=f"write fields as {{stem}} or {{SizeT:03d}}; there are {', '.join(sorted(known))}",
    )


def _named_twice_error(out: str | os.PathLike[str]) -> WriteError:
    remedy = either(advise("leave out {name}", name=None), "give a folder")
    return WriteError(f"{out} is a name already", remedy=remedy)


def merged_target(
    title: str,
    home: Path,
    out: str | os.PathLike[str] | None,
    axis: str,
    image: Image,
    template: str | None = None,
    writer: str | None = None,
) -> Path:
    """Return the file for merged images: ``<title>_merged_<axis>.ome.tif``.

    Parameters
    ----------
    title
        The name of the folder, the tag of a stack, or the stem of the first file.
    home
        The folder that contains it; the file is written there unless `out` says otherwise.
    out, template, writer
        As for `targets`.
    axis
        The axis of the merge.
    image
        The merged image.

    Raises
    ------
    NoWriterError, WriteError
        As for `targets`.
    """
    if out is not None and is_file(Path(out), writer):
        if template is not None:
            raise _named_twice_error(out)
        return Path(out)
    base = f"{safe(title)}_merged_{axis}" if template is None else filled(template, title, 0, image)
    return _folder(out, home) / f"{base}{suffix_for(writer)}"


def unique(path: Path, used_names: dict[str, int]) -> Path:
    """Return a path that is none of `used_names`, and add it there: ``x_2.ome.tif`` where two images have one name.

    Parameters
    ----------
    path
        The name wanted.
    used_names
        From the `key` of each name in use to the last number tried after it.
    """
    candidate, original = path, key(path)
    name = path.name.lower()
    ending = next((s for w in catalogue().writers for s in w.suffixes if name.endswith(s)), path.suffix)
    while key(candidate) in used_names:
        used_names[original] += 1
        candidate = path.with_name(f"{path.name[: len(path.name) - len(ending)]}_{used_names[original]}{ending}")
    used_names[key(candidate)] = 1
    return candidate


def key(path: Path) -> str:
    """Return a key that is equal for two paths of one file on any system: some ignore case, some compose letters."""
    return same_name(os.path.abspath(path))


def _folder(out: str | os.PathLike[str] | None, home: Path) -> Path:
    if out is None:
        return home
    folder = Path(out)
    if folder.exists() and not folder.is_dir():
        raise WriteError(f"{folder} is a file", remedy=f"give a folder, or a name that ends in {catalogue().suffix}")
    return folder


def suffix_for(writer: str | None) -> str:
    """Return the suffix of files that the caller does not name."""
    if writer is None:
        return catalogue().suffix
    chosen = writer_named(writer)
    return next(iter(chosen.suffixes), "")


def is_file(path: Path, writer: str | None = None) -> bool:
    """Tell whether a name means one picture: a file by its suffix, or a folder by the suffix of a writer of folders.

    `writer` is the name of the writer that the caller chose, if any.

    Raises
    ------
    NoWriterError
        The suffix is that of another image format, and the caller chose no writer.
    """
    name = path.name.lower()
    makes = {writer.makes for writer in catalogue().writers if name.endswith(writer.suffixes)}
    if "folder" in makes:
        return True
    if path.is_dir():
        return False
    if makes:
        return True
    if name.endswith((*_OTHER_SUFFIXES, *(s for reader in catalogue().readers for s in reader.suffixes))):
        if writer is not None:
            return True
        raise NoWriterError(
            f"no writer writes files named like {path}",
            evidence=f"it ends in {path.suffix}",
            remedy=either(
                f"end it in {catalogue().suffix}",
                "give a folder",
                *(advise("name a writer: {writer}", writer=w.name) for w in catalogue().writers[:1]),
            ),
            path=str(path),
        )
    return False


def stem(name: str, suffixes: Sequence[str]) -> str:
    """Return a file's name without its suffix; other dots stay.

    Examples
    --------
    >>> stem("a.b.ome.tif", (".ome.tif", ".tif")), stem("sample_0.5um", (".tif",))
    ('a.b', 'sample_0.5um')
    """
    all_suffixes = {*suffixes, *(s for reader in catalogue().readers for s in reader.suffixes)}
    for suffix in sorted(all_suffixes, key=len, reverse=True):
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return name


def safe(name: str | None, longest: int = LONGEST_NAME) -> str:
    """Return an image's name as part of a file name that every system accepts; "" where nothing is left.

    Examples
    --------
    >>> safe("Scene 1/2: left?"), safe("con"), safe("nul.txt"), safe(None)
    ('Scene 1_2_ left_', 'con_', 'nul_.txt', '')
    """
    text = unicodedata.normalize("NFC", name or "")
    text = _UNSAFE.sub("_", text)[:longest].strip(" .")
    device, dot, rest = text.partition(".")  # Windows takes NUL.txt for the device NUL
    return f"{device}_{dot}{rest}" if device.rstrip().lower() in _RESERVED else text
