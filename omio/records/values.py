"""What the record of an image states of how it was made, as values; it reads nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from omio_core.metadata.plain import plain

from .origins import Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How one image of a source was read.

    Parameters
    ----------
    source
        The names of its files, without folders.
    mark
        What identifies the first of them, see `omio.records.origins`.
    reader
        Name, version and revision of the reader; "" where the record does not state it.
    options, caller
        The options of the reader, and what the caller stated.
    """

    source: tuple[str, ...]
    reader: str
    mark: Mark = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    caller: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One image of a written file, as its record has it.

    Parameters
    ----------
    path, image
        The file, and the index of the image.
    omio, writer
        The version of OMIO; name, version and revision of the writer.
    readings
        What it was made from, in order.
    axis
        The axis along which these were merged; "" where it is no merge.
    policies
        The policies that were in force.
    converted, absent, not_kept, assumptions, unknown
        What became of the values; what is absent; what the source states and the image does not hold; what was assumed;
        which needed facts are unknown; in words.
    pyramid
        How many smaller resolutions there are, and how they were made.
    digests
        Whether digests of the planes are recorded.
    earlier
        How many earlier runs of OMIO the record has.
    """

    path: str
    image: int
    omio: str
    writer: str
    readings: tuple[Reading, ...]
    axis: str = ""
    policies: Mapping[str, str] = field(default_factory=dict)
    converted: tuple[str, ...] = ()
    absent: str = ""
    not_kept: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    pyramid: tuple[int, str] | None = None
    digests: bool = False
    earlier: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return every field, JSON-able."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        pyramid = None if self.pyramid is None else dict(zip(("levels", "method"), self.pyramid, strict=True))
        readings = [{name: getattr(one, name) for name in one.__dataclass_fields__} for one in self.readings]
        known: dict[str, Any] = plain(values | {"readings": readings, "pyramid": pyramid})
        return known
