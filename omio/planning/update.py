"""Decide what an update does: what stands is up to date, is remade, or is left as it is; each with its reason.

A file is up to date if its own record names the same source, the same settings, and the same revisions of reader and
writer. Times alone decide nothing: where only the time of a source differs, its planes and facts are compared with the
digests in the record. Only what carries OMIO's record, and is as the record says, is ever replaced.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from omio_core.errors import OmioError
from omio_core.images import record
from omio_core.images.conversion import facts_digest, is_untouched, nanoseconds
from omio_core.images.image import Image
from omio_core.images.opening import open_source
from omio_core.images.overrides import Request
from omio_core.metadata.namespaces import MERGE, omio_version
from omio_core.pixels.digests import image_digests, stored_digests
from omio_core.plugins.descriptions import Writer

from .standing import Found
from .values import PreparedOutput, WriteOptions

_REMAKE = "asked for"


def settings_of(request: Request, writing: WriteOptions) -> dict[str, Any]:
    """Return everything that a caller chooses and that changes what is written, as plain values.

    The name of the file, what is done about a name that is taken, the number of threads and memory are none of it.
    """
    settings = {
        "layout": writing.layout,
        "compression_level": writing.compression_level,
        "tile": writing.tile,
        "digests": writing.verify != "none",
        "options": dict(writing.options),
        "reader_options": dict(request.options),
        "stated": request.overrides.stated(),
        "policies": {kind: name for kind, name in request.policies.to_dict().items() if kind != "collision"},
    }
    if writing.process:
        settings["process"] = writing.process
    plain: dict[str, Any] = json.loads(json.dumps(settings, default=repr))
    return plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of a file that stands under the name of an output.

    Parameters
    ----------
    action
        ``"current"``: it is up to date; ``"remake"``: it is replaced; ``"leave"``: it is neither.
    why
        The reason in words; "" for a file that is up to date.
    """

    action: str
    why: str = ""


def decide(
    found: Found, prepared: PreparedOutput, root: str, settings: Mapping[str, Any], writer: Writer, *, remake: bool
) -> Decision:
    """Decide about a file that has the record of an output's source.

    Parameters
    ----------
    found
        The file.
    prepared
        The output, with its images described.
    root
        The name of the folder that is converted.
    settings
        Those of this call, as `settings_of` gives them.
    writer
        The writer of this call.
    remake
        Whether to replace what is up to date, too.
    """
    if flaw := found.flaw or _flaw_of_pixels(found):
        return Decision(action="leave", why=flaw)
    changes = next(_changed_files(found, prepared), "")
    if found.root != root and changes:
        return Decision(action="leave", why=f"it was made from {found.source} of a folder {found.root!r}")
    reason = (
        next(_changed_settings(found.conversion.get("settings"), settings), "")
        or next(_changed_programs(found, prepared, writer), "")
        or changes
        or _changed_content(found, prepared)
    )
    if reason or remake:
        return Decision(action="remake", why=reason or _REMAKE)
    return Decision(action="current")


def is_of(found: Found, prepared: PreparedOutput) -> bool:
    """Whether a file was made from the very source of an output, wherever that lay then."""
    return next(_changed_files(found, prepared), None) is None


def older(version: Any) -> str:
    """Return the version of OMIO in a record, if it is another one than this; else ""."""
    return "" if version == omio_version() or not isinstance(version, str) else version


def _flaw_of_pixels(found: Found) -> str:
    """Say why the pixels of a file are not those that were written; "" where they are, or its time shows it."""
    written = nanoseconds(found.conversion.get("written"))
    try:
        if written is not None and is_untouched(found.path, written):
            return ""
        images = open_source(found.path).images
    except (OmioError, OSError) as error:
        return f"it has changed since it was written, and cannot be read: {getattr(error, 'what', error)}"
    try:
        for image in images:
            digests = stored_digests(image)
            if digests is None:
                return "it has changed since it was written, and has no digests of its planes"
            if any(now != then for now, then in zip(image_digests(image), digests, strict=True)):
                return "its pixels are not those that OMIO wrote"
    except (OmioError, OSError) as error:
        return f"it has changed since it was written, and cannot be read: {getattr(error, 'what', error)}"
    finally:
        images[0].close()
    return ""


def _changed_settings(then: Any, now: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield each setting that differs, in words."""
    then = then if isinstance(then, Mapping) else {}
    for name in dict.fromkeys((*now, *then)):
        before, after = then.get(name), now.get(name)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from _changed_settings(before, after, f"{name}.")
        elif before != after:
            yield f"another setting: {prefix}{name} was {_word(before)}, is {_word(after)}"


def _word(value: Any) -> str:
    return "not set" if value is None else repr(value)


def _changed_programs(found: Found, prepared: PreparedOutput, writer: Writer) -> Iterator[str]:
    """Yield each program that differs: the reader of an input, the writer, or the revision of one of them."""
    now = (writer.name, writer.revision)
    then = tuple(found.records[0].get(key) for key in ("writer", "writer_revision"))
    if now != then:
        yield f"another writer: {then[0]} of revision {then[1]} then, {now[0]} of revision {now[1]} now"
    recorded = found.images[0].get(MERGE, {}).get("inputs", ()) if prepared.output.along else found.records
    for one, file in zip(recorded, prepared.files, strict=False):
        reader = file.opened.decision.reader
        before = tuple(one.get(key) for key in ("reader", "reader_revision"))
        if before != (reader.name, reader.revision):
            yield (
                f"another reader: {before[0]} of revision {before[1]} then, "
                f"{reader.name} of revision {reader.revision} now"
            )


def _changed_files(found: Found, prepared: PreparedOutput) -> Iterator[str]:
    """Yield each file of the source whose size or samples differ from the record, or that is new or gone."""
    inputs = tuple(prepared.paths)
    if prepared.output.along and list(inputs) != list(found.conversion.get("inputs", ())):
        before, after = set(found.conversion.get("inputs", ())), set(inputs)
        yield from (f"{name} was not there then" for name in inputs if name not in before)
        yield from (f"{name} is gone" for name in found.conversion.get("inputs", ()) if name not in after)
        yield "the order of the inputs is another one"
    indices = [source.image for source in prepared.output.inputs]
    if not prepared.output.along and indices != [one.get("image") for one in found.records]:
        yield "other images of the file are asked for"
    then = found.members
    for number, image in enumerate(_leaves(prepared)):
        assert image.picture.stored is not None  # an image of a file
        now = record.source(image.picture.stored.key)
        yield from changed_members(then[number] if number < len(then) else (), now)


def changed_members(then: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield each file of a source that differs from its record in more than its time, in words."""
    before = {str(member.get("name")): member for member in then}
    for member in now:
        name = str(member.get("name"))
        earlier = before.pop(name, None)
        if earlier is None:
            yield f"{name} was not there then"
        elif member.get("bytes") != earlier.get("bytes"):
            yield f"{name} has changed: {earlier.get('bytes')} bytes then, {member.get('bytes')} now"
        elif member.get("sample_digest") != earlier.get("sample_digest"):
            yield f"{name} has changed: other content"
    yield from (f"{name} is gone" for name in before)


def _leaves(prepared: PreparedOutput) -> Iterator[Image]:
    """Yield the image of each input, as it was described."""
    for source, file in zip(prepared.output.inputs, prepared.files, strict=True):
        yield file.opened.images[source.image]


def _changed_content(found: Found, prepared: PreparedOutput) -> str:
    """Say what differs where the time of a source differs: compare its planes and facts with the digests; "" if none.

    The source is read for it, and only then.
    """
    then, changed = found.members, []
    for number, image in enumerate(_leaves(prepared)):
        assert image.picture.stored is not None  # an image of a file
        now = record.source(image.picture.stored.key)
        if list(then[number]) != now:
            changed += [str(member["name"]) for member in now if member not in then[number]]
    if not changed:
        return ""
    stands = open_source(found.path).images
    try:
        for image, one, written in zip(prepared.images, stands, found.records, strict=True):
            digests = stored_digests(one)
            if digests is None or image.shape != one.shape:
                return f"{changed[0]} has another time, and there are no digests to compare with"
            if any(a != b for a, b in zip(image_digests(image, one.dtype), digests, strict=True)):
                return f"{changed[0]} has changed: other pixels"
            if facts_digest(image.metadata) != written.get("conversion", {}).get("facts"):
                return f"{changed[0]} has changed: other facts"
    finally:
        stands[0].close()
    return ""
