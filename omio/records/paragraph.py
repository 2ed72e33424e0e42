"""Put into words how images were made: one paragraph, whose sentences say nothing that the records do not state."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from omio_core.errors import first_few
from omio_core.images.explain import printable

from .values import Reading, Written

T = TypeVar("T")
V = TypeVar("V")
_FEW = 5
_OF_MERGES = ("shapes", "dtypes", "conflict")


def write(images: Sequence[Written], *, every: bool = False) -> str:
    """Return the paragraph on images; with `every`, all names instead of the first few of many."""
    if not images:
        return "No record of OMIO was found."
    most = 10**9 if every else _FEW
    sentences = [
        *_files(images, most), *_readers(images, most), *_merges(images, most), *_stated(images), *_policies(images),
        *_values(images, most), *_gaps(images, most), *_unknown(images, most),
    ]  # fmt: skip
    return printable(" ".join(sentences))


def _files(images: Sequence[Written], most: int) -> Iterator[str]:
    files, sources = dict.fromkeys(one.path for one in images), _sources(images)
    versions = [version or "of an unknown version" for version in dict.fromkeys(one.omio for one in images)]
    writers = [writer or "that is not recorded" for writer in dict.fromkeys(one.writer for one in images)]
    names = first_few([os.path.basename(path) for path in files], most)
    from_what = f" from {_count(len(sources), 'source file')}" if sources else ""
    yield (
        f"{_count(len(files), 'file').capitalize()} with {_count(len(images), 'image')} ({names}) "
        f"{'was' if len(files) == 1 else 'were'} written by OMIO (omio-core) {_listed(versions)}{from_what}, with the "
        f"writer {_listed(writers)}."
    )
    if earlier := {one.path for one in images if one.earlier > 0}:
        yield f"{_whose(earlier, files)} was made from what earlier runs of OMIO had written."
    if all(one.digests for one in images):
        yield "A checksum of each image plane is recorded in the files."


def _sources(images: Iterable[Written]) -> list[Reading]:
    """Return the sources, each once: of several images of one file, the first."""
    return list({(reading.source, reading.mark): reading for one in images for reading in one.readings}.values())


def _readers(images: Sequence[Written], most: int) -> Iterator[str]:
    by_reader = _grouped((reading.reader, reading.source[0]) for reading in _sources(images))
    parts = [
        f"{_count(len(names), 'source')} with the reader {reader or 'that is not recorded'} ({first_few(names, most)})"
        for reader, names in by_reader.items()
    ]
    if parts:
        yield f"OMIO read {_listed(parts)}."
    options = dict.fromkeys(
        f"{name}={value}" for reading in _sources(images) for name, value in reading.options.items()
    )
    if options:
        yield f"Options of the readers: {', '.join(options)}."


def _merges(images: Sequence[Written], most: int) -> Iterator[str]:
    for axis, merges in _grouped((one.axis, one) for one in images if one.axis).items():
        names = first_few([f"{os.path.basename(one.path)} from {len(one.readings)}" for one in merges], most)
        chosen = {
            kind: one.policies[kind]
            for one in merges
            for kind in ("shapes", "dtypes", "conflict")
            if kind in one.policies
        }
        rules = ", ".join(f"{kind}={name}" for kind, name in chosen.items())
        yield f"Images were merged along {axis}: {names}" + (f" (policies {rules})." if rules else ".")


def _stated(images: Sequence[Written]) -> Iterator[str]:
    stated = _grouped(
        (f"{name} {_words(value)}", one) for one in _sources(images) for name, value in one.caller.items()
    )
    if stated:
        total = len(_sources(images))
        parts = [f"{words.replace('_', ' ')}{_share(len(names), total, 'source')}" for words, names in stated.items()]
        yield f"Not from the files, but stated by the user: {'; '.join(parts)}."


def _policies(images: Sequence[Written]) -> Iterator[str]:
    sets = _grouped((_others(one.policies), one) for one in images if not one.axis)
    parts = [f"{policies}{_share(len(of), len(images))}" for policies, of in sets.items() if policies]
    if parts:
        yield f"The policies in force were {'; '.join(parts)}."


def _others(policies: Mapping[str, str]) -> str:
    """Return the policies that concern no merge, in words."""
    return ", ".join(f"{kind}={name}" for kind, name in policies.items() if kind not in _OF_MERGES)


def _values(images: Sequence[Written], most: int) -> Iterator[str]:
    converted = _grouped((words, one) for one in images for words in one.converted)
    if converted:
        parts = [f"{words}{_share(len(of), len(images))}" for words, of in converted.items()]
        yield f"Pixel values were converted: {first_few(parts, most, joint='; ')}."
    else:
        yield "The records state no conversion of pixel values."
    for (levels, method), of in _grouped((one.pyramid, one) for one in images if one.pyramid is not None).items():
        what = "the mean of 2 x 2 pixels" if method == "mean" else f"by the method {method}"
        verb = "was" if levels == 1 else "were"
        share = _share(len(of), len(images))
        yield f"{_count(levels, 'smaller resolution')} {verb} added{share}, each made of the one before: {what}."


def _gaps(images: Sequence[Written], most: int) -> Iterator[str]:
    for title, groups in (
        ("Assumptions were made", _grouped((words, one) for one in images for words in one.assumptions)),
        ("Pixels were absent", _grouped((one.absent, one) for one in images if one.absent)),
        ("The sources state, and the files do not hold,", _grouped((w, one) for one in images for w in one.not_kept)),
    ):
        parts = [f"{words.rstrip('.')}{_share(len(of), len(images))}" for words, of in groups.items()]
        if parts:
            yield f"{title}{'' if title.endswith(',') else ':'} {first_few(parts, most, joint='; ')}."


def _unknown(images: Sequence[Written], most: int) -> Iterator[str]:
    unknown = _grouped((name, one) for one in images for name in one.unknown)
    parts = [f"{name}{_share(len(of), len(images))}" for name, of in unknown.items()]
    unnamed = [one for one in images if not one.readings]
    parts += [f"the source{_share(len(unnamed), len(images))}"] if unnamed else []
    unread = sum(not reading.reader for reading in _sources(images))
    parts += [f"the reader{_share(unread, len(_sources(images)), 'source')}"] if unread else []
    yield f"Unknown, and not assumed: {', '.join(parts)}." if parts else "No size that an analysis needs is unknown."


# --- words


def _words(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {part}" for key, part in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _grouped(pairs: Iterable[tuple[T, V]]) -> dict[T, list[V]]:
    groups: dict[T, list[V]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _share(number: int, total: int, noun: str = "image") -> str:
    """Return which part of all something holds for; "" where there is only one."""
    if total == 1:
        return ""
    return f" (all {noun}s)" if number == total else f" ({number} of {total} {noun}s)"


def _whose(some: Iterable[str], files: Iterable[str]) -> str:
    some, files = set(some), set(files)
    return ("It" if len(files) == 1 else "Each") if some == files else f"Each of {len(some)} of them"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
