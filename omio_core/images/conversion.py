"""The record of a conversion: which file of which folder became a file, and how; only plain values, it knows no format.

It stands in the provenance of every image that a plan writes, beside the record of the source (`record`), and is what
an update goes by: a file is up to date if its own record says so.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from omio_core.errors import missing_package
from omio_core.lazy import load
from omio_core.metadata.model import Metadata, to_dict
from omio_core.metadata.namespaces import MERGE, ORIGINS, PROVENANCE
from omio_core.metadata.plain import json_default
from omio_core.plugins.border import Border
from omio_core.plugins.descriptions import Records, Writer

CONVERSION = "conversion"
"""The key of the record in the provenance."""

_SECOND = 1_000_000_000  # nanoseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """What a plan states of a file that it writes.

    Parameters
    ----------
    root
        The name of the folder that was converted; of a single file, that of its folder.
    path
        The source file relative to that folder, with "/"; of a merge, the name of what was merged.
    inputs
        Of a merge, its files relative to that folder, in order; else empty.
    names
        A digest of the names that lay beside the source, and of the readers that could have read it.
    settings
        Everything that the caller chose and that changes what is written, as plain values.
    """

    root: str
    path: str
    inputs: tuple[str, ...] = ()
    names: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self, written: int, metadata: Metadata) -> dict[str, Any]:
        """Return the record of one image as plain values.

        Parameters
        ----------
        written
            The time that the file gets, in nanoseconds since 1970.
        metadata
            The metadata of the image as its source states them.
        """
        time = datetime.fromtimestamp(written // 1000 / 1e6, UTC).isoformat(timespec="microseconds")
        record: dict[str, Any] = {"root": self.root, "path": self.path, "names": self.names}
        record |= {"inputs": list(self.inputs)} if self.inputs else {}
        return record | {"settings": dict(self.settings), "facts": facts_digest(metadata), "written": time}


def facts_digest(metadata: Metadata) -> str:
    """Return a digest of all facts and annotations of an image, without the records of how it was read and merged."""
    public = to_dict(metadata)
    public["Annotations"] = {
        name: content for name, content in public["Annotations"].items() if name not in (PROVENANCE, ORIGINS, MERGE)
    }
    text = json.dumps(public, sort_keys=True, default=json_default)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def nanoseconds(text: Any) -> int | None:
    """Return a time of a record as nanoseconds since 1970; None if it is no time.

    Examples
    --------
    >>> nanoseconds("1970-01-01T00:00:01.000002+00:00"), nanoseconds("once")
    (1000002000, None)
    """
    try:
        time = datetime.fromisoformat(text)
        whole = time.replace(microsecond=0).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
    return round(whole) * _SECOND + time.microsecond * 1000


def set_time(path: str, written: int) -> None:
    """Give a file, or all files of a folder, the time that its record states."""
    for name in _files(path):
        os.utime(name, ns=(written, written))


def is_untouched(path: str, written: int) -> bool:
    """Whether a file, or every file of a folder, has the time that its record states.

    A file system that keeps no fractions of a second (FAT has steps of two seconds) rounds it.

    Raises
    ------
    OSError
        It cannot be looked at.
    """
    return all(_same(os.stat(name).st_mtime_ns, written) for name in _files(path))


def _same(found: int, written: int) -> bool:
    return found == written or (found % _SECOND == 0 and abs(written - found) < 2 * _SECOND)


def _files(path: str) -> list[str]:
    if not os.path.isdir(path):
        return [path]
    return [os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names]


def written_records(writer: Writer, path: str) -> Records | None:
    """Ask a writer what a file states of how it was written; None if it has no record, or cannot be read.

    Raises
    ------
    MissingDependencyError
        The writer's module needs a package that is not installed.
    PluginContractError
        The writer's plugin raised an error of another kind.
    """
    if writer.records is None or not path.lower().endswith(writer.suffixes):
        return None
    try:
        function = load(writer.records)
    except ImportError as error:
        raise missing_package(error, f"writer {writer.name}", writer.extra, install=writer.install) from error
    try:
        with Border(f"{path} could not be looked at", source=f"the writer {writer.name} raised ", passed=(OSError,)):
            answer = function(path)
    except OSError:
        return None
    return answer if isinstance(answer, Records) else None
