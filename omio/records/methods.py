"""The paragraph on methods for a paper, from the records in written files alone: the verb, and what it collects.

It reads no pixel and no source, and guesses nothing: what the records do not state is named as unknown.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from omio import opening
from omio.reports import head
from omio.request import make_request
from omio.sources import collect, notices
from omio.sources.kinds import Folder, source_of
from omio.sources.walk import Skipped
from omio_core.errors import OmioError
from omio_core.images.explain import not_kept
from omio_core.images.image import Image
from omio_core.images.opening import OpenedSource
from omio_core.metadata.namespaces import MERGE

from . import paragraph
from .origins import Path, identify, origins, written
from .values import Reading, Written

__all__ = ["methods"]

FORM = 1
"""Version of `Methods.to_dict`: as long as it is the same, documented keys stay and keep their meaning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Methods:
    """How files were made: ``str()`` is the paragraph, `to_dict` is for programs.

    Parameters
    ----------
    images
        One entry per image of each file.
    without
        Files that carry no record of OMIO.
    failed
        The error of each file that cannot be read.
    skipped
        What lies in the folders and is no image.
    """

    images: tuple[Written, ...]
    without: tuple[str, ...] = ()
    failed: Mapping[str, Exception] = field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there is a file, and the record of every file was found."""
        return bool(self.images) and not self.without and not self.failed

    def __str__(self) -> str:
        return self.text()

    def text(self, *, every: bool = False) -> str:
        """Return the paragraph; with `every`, all names instead of the first few of many."""
        return paragraph.write(self.images, every=every)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able dict; its keys are documented and have a version."""
        counts = {"files": len({one.path for one in self.images}), "images": len(self.images)}
        counts |= {"without a record": len(self.without), "failed": len(self.failed), "left out": len(self.skipped)}
        return {
            **head("methods", ok=self.ok, counts=counts, failed=self.failed, left_out=self.skipped),
            "omio_methods": FORM,
            "text": self.text(every=True),
            "without_record": list(self.without),
            "images": [image.to_dict() for image in self.images],
        }


def methods(paths: Path | Sequence[Path], *, recursive: bool = True, **others: Any) -> Methods:
    """Say how files were made, as a paragraph for a paper, from the records in them alone.

    Files and readers, versions, merges, policies, what was stated and assumed, and what is unknown. No pixel and no
    source is read.

    Parameters
    ----------
    paths
        Files that OMIO wrote, or folders of them, or a list of these.
    recursive
        Whether to look into the folders in a folder.
    **others
        As for `imread`.

    Returns
    -------
    Methods
        ``print`` it. Files without a record of OMIO are in ``without``, and are no part of the text.

    Raises
    ------
    FileNotFoundError
        A path does not exist.
    OmioError
        A file that is named cannot be read, or a folder holds no image.

    Examples
    --------
    >>> print(methods("converted"))  # doctest: +SKIP
    """
    request = make_request(others=others)
    images: list[Written] = []
    without: list[str] = []
    failed: dict[str, OmioError | OSError] = {}
    skipped: list[Skipped] = []
    for path in [paths] if isinstance(paths, str | os.PathLike) else paths:
        with notices.recorded():
            opened: Sequence[OpenedSource] = (
                collect.describe_readable(
                    Folder(path, recursive=recursive), request, failed.__setitem__, skipped.append
                )
                if isinstance(source_of(path), Folder)
                else [opening.source(path, request)]
            )
            for file in opened:
                found = [_written(file.path, i, image) for i, image in enumerate(file.images)]
                images += [one for one in found if one is not None]
                without += [file.path] if None in found else []
    return Methods(images=tuple(images), without=tuple(without), failed=failed, skipped=tuple(skipped))


def _written(path: str, index: int, image: Image) -> Written | None:
    """Return what the record of an image states; None where OMIO did not write it."""
    run, metadata = written(image), image.metadata
    if "writer" not in run and not origins(image):
        return None
    merge = metadata.facts.annotations.get(MERGE)
    is_merge = "merged" in run and isinstance(merge, Mapping)
    inputs = merge.get("inputs") if is_merge and isinstance(merge, Mapping) else [run]
    records = [one for one in inputs if isinstance(one, Mapping)] if isinstance(inputs, list) else []
    everything = [run, *(records if is_merge else ())]
    return Written(
        path=path,
        image=index,
        omio=_text(run.get("omio")),
        writer=_versioned(run, "writer"),
        readings=tuple(_readings(records)),
        axis=_text(merge.get("axis")) if is_merge and isinstance(merge, Mapping) else "",
        policies={str(kind): str(name) for kind, name in _mapping(run.get("policies")).items()},
        converted=_texts(run.get("converted")),
        absent="; ".join(filter(None, (_text(one.get("absent")) for one in everything))),
        not_kept=tuple(dict.fromkeys(words for one in everything for words in not_kept(one))),
        assumptions=metadata.assumptions,
        unknown=metadata.needed(),
        pyramid=_pyramid(run.get("pyramid")),
        digests="digests" in run,
        earlier=len(metadata.provenance.get("history") or ()) - 1,
    )


def _readings(records: Sequence[Mapping[str, Any]]) -> Iterator[Reading]:
    for record in records:
        members, identity = record.get("source"), identify(record)
        if identity is None or not isinstance(members, list | tuple):
            continue
        is_file = len(identity[1]) > 1  # the documents of a folder that is one picture are no files of their own
        names = [_text(one.get("name")) for one in members if isinstance(one, Mapping)]
        yield Reading(
            source=tuple(names if is_file else names[:1]),
            reader=_versioned(record, "reader"),
            mark=identity[1],
            options=_mapping(record.get("options")),
            caller=_mapping(record.get("caller")),
        )


def _versioned(record: Mapping[str, Any], what: str) -> str:
    """Return a plugin with its version and revision, in words."""
    name, version, revision = (_text(record.get(f"{what}{part}")) for part in ("", "_version", "_revision"))
    parts = [name, version, f"(revision {revision})" if revision else ""]
    return " ".join(filter(None, parts)) if name else ""


def _pyramid(value: Any) -> tuple[int, str] | None:
    record = _mapping(value)
    count, methods_named = record.get("levels"), [one for one in record.values() if isinstance(one, str)]
    return (count, methods_named[0]) if isinstance(count, int) and methods_named else None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str | int | float) else ""


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list | tuple) else ()
