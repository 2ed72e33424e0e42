"""Notes beside a file become an annotation of its images; it reads no image."""

from __future__ import annotations

from collections.abc import Mapping

from omio_core.contract import Location, Metadata, MetadataWarning, hookimpl, warn

OMIO_API = 1

SUFFIX = ".notes.txt"
MOST = 1 << 16  # bytes; a longer file holds no notes


@hookimpl
def omio_annotate(metadata: Metadata, source: Location) -> Mapping[str, str]:
    """Return the notes beside the source; OMIO keeps them under the name of the entry point, `lab_notes`."""
    location = source.parent.child(source.name + SUFFIX)  # works wherever the source is, and not only on a local disk
    try:
        with location.open() as file:
            if file.size > MOST:
                warn(f"{location} is longer than {MOST} bytes and is not read", MetadataWarning, path=str(location))
                return {}
            text = file.read(0, file.size).decode("utf-8-sig")
    except FileNotFoundError:  # most files have no notes
        return {}
    except UnicodeDecodeError as error:
        warn(f"{location} is not UTF-8 and is not read: {error}", MetadataWarning, path=str(location))
        return {}
    return notes(text)


def notes(text: str) -> Mapping[str, str]:
    """Return the notes of a text: from each key to its value."""
    lines = (line.partition(":") for line in text.splitlines() if not line.startswith("#"))
    return {key.strip(): value.strip() for key, colon, value in lines if colon and key.strip()}
