"""Checks of `omio_annotate`: it answers plain values for every image, wherever that lies; needs no pytest."""

from __future__ import annotations

import inspect
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from omio_core.files.local import locate
from omio_core.files.location import Location
from omio_core.files.memory import MemoryLocation
from omio_core.metadata.facts import Facts
from omio_core.metadata.model import Metadata
from omio_core.metadata.plain import plain

from .candidate import Candidate
from .findings import Finding
from .pictures import full_facts
from .values import json_fault


def annotate_findings(plugin: Candidate, module: Any, sources: Sequence[Path] = ()) -> Iterator[Finding]:
    """Yield the faults of a plugin's `omio_annotate`; nothing if it has none.

    Parameters
    ----------
    plugin, module
        The plugin.
    sources
        Files and folders for which it has something to say, such as one with a document of its own beside it.
    """
    function = getattr(module, "omio_annotate", None)
    if function is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "ä b.omio-nobody")
        path.write_bytes(b"nothing")
        elsewhere = MemoryLocation("/data/a.omio-nobody", {"/data/a.omio-nobody": b"nothing"})
        places = [("a local file", locate(path)), ("a file that is not local", elsewhere)]
        places += [(source.name, locate(source)) for source in sources]
        for where, source in places:
            for metadata in _pictures():
                if sentence := _fault(function, metadata, source):
                    subject = f"omio_annotate of {plugin.name}"
                    yield Finding(rule="annotate", subject=subject, sentence=f"for an image of {where}, {sentence}.")
                    return


def annotates(module: Any) -> str:
    """Return in words what is checked of a plugin's `omio_annotate` without sources; "" if it has none.

    A function that is silent about the kit's own images was called, and nothing that it answers was seen.
    """
    function = getattr(module, "omio_annotate", None)
    if function is None:
        return ""
    elsewhere = MemoryLocation("/data/a.omio-nobody", {"/data/a.omio-nobody": b"nothing"})
    try:
        spoke = any(_answer(function, metadata, elsewhere) for metadata in _pictures())
    except Exception:  # noqa: BLE001 - the plugin border; the check tells
        spoke = True
    silent = "annotations (it is silent about the kit's images; see PluginContract.sources)"
    return "annotations" if spoke else silent


def _pictures() -> tuple[Metadata, ...]:
    return (
        Metadata(shape=(2, 3, 2, 4, 5), dtype="uint16", facts=full_facts()),
        Metadata(shape=(1, 1, 3, 1, 1), dtype="uint8", samples=3, facts=Facts()),
    )


def _answer(function: Any, metadata: Metadata, source: Location) -> Any:
    arguments = {"metadata": metadata, "source": source}
    return function(**{name: arguments[name] for name in inspect.signature(function).parameters if name in arguments})


def _fault(function: Any, metadata: Metadata, source: Location) -> str:
    try:
        first, second = _answer(function, metadata, source), _answer(function, metadata, source)
    except Exception as error:  # noqa: BLE001 - the plugin border
        return f"it raises {type(error).__name__}: {error}"
    if first is None:
        return ""
    if not isinstance(first, Mapping):
        return f"it returns {first!r}, no mapping from texts to values"
    if fault := json_fault(first, "what it returns"):
        return f"JSON cannot hold it: {fault}"
    try:
        json.dumps(dict(first), allow_nan=False)
    except (TypeError, ValueError) as error:  # a mapping inside that is no dict
        return f"JSON cannot hold it: {error}"
    return "" if _text(first) == _text(second) else "it returns other values the second time"


def _text(answer: Any) -> str:
    return json.dumps(plain(answer), sort_keys=True)
