"""The explanation of a source: the verdicts of all readers, and every value with its origin."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from omio_core.errors import ReadError
from omio_core.files.listing import whole_fingerprint
from omio_core.metadata.namespaces import omio_version

from .explain import image_dict, lines

if TYPE_CHECKING:
    from .opening import OpenedSource


FORM = 1
"""Version of `Explanation.to_dict`: as long as it is the same, documented keys stay and keep their meaning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """An explanation of why a source is read as it is: ``str()`` for people, `to_dict` and `to_json` for programs."""

    source: OpenedSource

    @property
    def bytes_on_disk(self) -> int | None:
        """The bytes of all files of the source, as they were when it was opened; None where they are not known."""
        stored = self.source.images[0].picture.stored
        if stored is None:
            return None
        key = stored.key
        if any(member.location == key.location for member in key.members):
            return sum(member.stamp.size for member in key.members)
        try:
            return whole_fingerprint(key.location).stamp.size  # a folder that is one picture
        except ReadError:
            return None

    def to_dict(self) -> dict[str, Any]:
        """Return values that JSON can hold: a version, path, reader, because, verdicts by reader, and the images."""
        decision = self.source.decision
        return {
            "omio_explanation": FORM,
            "omio": omio_version(),
            "path": self.source.path,
            "reader": decision.reader.name,
            "reader_version": decision.reader.version,
            "reader_revision": decision.reader.revision,
            "because": decision.because,
            "bytes_on_disk": self.bytes_on_disk,
            "verdicts": {n: {"match": v.match.name, "why": v.why} for n, v in decision.verdicts.items()},
            "images": [image_dict(image) for image in self.source.images],
        }

    def to_json(self) -> str:
        """Return `to_dict` as JSON text."""
        return json.dumps(self.to_dict(), indent=2, allow_nan=False, ensure_ascii=False)

    def __str__(self) -> str:
        decision = self.source.decision
        width = max((len(n) for n in decision.verdicts), default=0)
        rows = [
            self.source.path,
            f"reader: {decision.reader.name} ({decision.because})",
            *(f"  {n:<{width}}  {v.match.name:<9}  {v.why}" for n, v in decision.verdicts.items()),
        ]
        for index, image in enumerate(self.source.images):
            first, *rest = lines(image)
            rows += [f"image {index}: {first}", *(f"  {line}" for line in rest)]
        return "\n".join(rows)
