"""The plugin border: what a plugin's code raises by mistake becomes an error of OMIO; it knows no plugin."""

from __future__ import annotations

import os
import traceback
from contextlib import AbstractContextManager
from typing import Any

from omio_core.errors import CorruptFileError, MetadataError, OmioError, PluginContractError

_VALUES = (
    *("AbsentDataError", "Box", "Channel", "Fact", "Facts", "ImageDescription", "Level", "MappedLayout", "Planes"),
    "Verdict",
)
"""Classes of the contract whose instances a plugin makes; Python's own errors name them."""


class Border:
    """A context that turns every unexpected exception of a plugin's code into an error of OMIO.

    Parameters
    ----------
    what, kind, remedy, **facts
        The error to raise: its parts, its class and its facts.
    source
        Text before the plugin's exception in the evidence.
    passed
        Exceptions that pass through unchanged.

    Raises
    ------
    OmioError
        The code raised another exception, which becomes the cause of this error.
    """

    __slots__ = ("_facts", "_kind", "_passed", "_remedy", "_source", "_what")

    def __init__(
        self,
        what: str,
        *,
        kind: type[OmioError] = PluginContractError,
        source: str = "",
        remedy: str | None = None,
        passed: tuple[type[Exception], ...] = (OmioError,),
        **facts: Any,
    ):
        self._what, self._kind, self._source, self._remedy = what, kind, source, remedy
        self._passed, self._facts = passed, facts

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, self._passed):  # the plugin border
            evidence = f"{self._source}{type(error).__name__}: {error}"
            raise self._kind(self._what, evidence=evidence, remedy=self._remedy, **self._facts) from error


class ReaderBorder(Border):
    """A `Border` around a reader that tells a wrong use of the contract from a file that the reader cannot read.

    It looks for a wrong use only after a failure.
    """

    __slots__ = ()

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception) and (fault := misuse(error)):
            reader = self._facts["reader"]
            raise PluginContractError(
                f"the reader {reader} makes a value that the contract does not have",
                evidence=f"{fault}{_place(error)}",
                remedy=blame(reader),
                **self._facts,
            ) from error
        super().__exit__(kind, error, trace)


def misuse(error: Exception) -> str:
    """Return how an exception shows that a class of the contract was called wrongly, in words; "" if it does not."""
    if isinstance(error, MetadataError) and str(error.facts.get("key")).startswith(("Fact.", "Facts.")):
        return "; ".join(part for part in (error.what, error.evidence, error.remedy) if part)
    if isinstance(error, TypeError) and str(error).startswith(tuple(f"{name}.__init__()" for name in _VALUES)):
        return str(error)
    return ""


def _place(error: Exception) -> str:
    """Return the file and the line of the plugin where an exception arose, in words."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "omio_core" not in frame.filename.split(os.sep) and frame.lineno]
    own = [frame for frame in own if not frame.filename.startswith("<")]
    return f" ({os.path.basename(own[-1].filename)}, line {own[-1].lineno})" if own else ""


def blame(reader: str) -> str:
    """Return the remedy for a fault that lies in a reader and not in a file."""
    return (
        f"the fault is in the reader {reader}, not in the file: tell its author, who finds it with the kit "
        "omio_core.testing"
    )


def reader_border(
    reader: str, path: str, doing: str, *, passed: tuple[type[Exception], ...] = (OmioError,)
) -> AbstractContextManager[None]:
    """A `Border` around a reader that works on a file; `doing` completes "cannot be": opened, described, read."""
    return ReaderBorder(
        f"{path} cannot be {doing}",
        kind=CorruptFileError,
        source=f"the reader {reader} raised ",
        remedy="check the file with another program; if it opens there, report it to the reader's author",
        passed=passed,
        path=path,
        reader=reader,
    )
