"""Checks of `omio_annotate`: it answers plain values for every image, wherever that lies; needs no pytest."""

from __future__ import annotations

import inspect
import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from omio_core.files.local import locate
from omio_core.files.location import Location
from omio_core.files.memory import MemoryLocation
from omio_core.metadata.facts import Facts
from omio_core.metadata.model import Metadata

from .candidate import Candidate
from .findings import Finding
from .pictures import full_facts


def annotate_findings(plugin: Candidate, module: Any) -> Iterator[Finding]:
    """Yield the faults of a plugin's `omio_annotate`; nothing if it has none."""
    function = getattr(module, "omio_annotate", None)
    if function is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "ä b.omio-nobody")
        path.write_bytes(b"nothing")
        elsewhere = MemoryLocation("/data/a.omio-nobody", {"/data/a.omio-nobody": b"nothing"})
        for where, source in (("a local file", locate(path)), ("a file that is not local", elsewhere)):
            for metadata in (
                Metadata(shape=(2, 3, 2, 4, 5), dtype="uint16", facts=full_facts()),
                Metadata(shape=(1, 1, 3, 1, 1), dtype="uint8", samples=3, facts=Facts()),
            ):
                sentence = _fault(function, metadata, source)
                if sentence:
                    subject = f"omio_annotate of {plugin.name}"
                    yield Finding(rule="annotate", subject=subject, sentence=f"for an image of {where}, {sentence}.")
                    return


def _fault(function: Any, metadata: Metadata, source: Location) -> str:
    arguments = {"metadata": metadata, "source": source}
    taken = {name: arguments[name] for name in inspect.signature(function).parameters if name in arguments}
    try:
        first, second = function(**taken), function(**taken)
    except Exception as error:  # noqa: BLE001 - the plugin border
        return f"it raises {type(error).__name__}: {error}"
    if first is None:
        return ""
    if not isinstance(first, Mapping) or not all(isinstance(key, str) for key in first):
        return f"it returns {first!r}, no mapping from texts to values"
    try:
        text = json.dumps(dict(first), allow_nan=False)
    except (TypeError, ValueError) as error:
        return f"JSON cannot hold what it returns: {error}"
    return "" if text == json.dumps(dict(second)) else "it returns other values the second time"
