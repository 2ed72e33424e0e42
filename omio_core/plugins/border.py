"""The plugin border: what a plugin's code raises by mistake becomes an error of OMIO."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from omio_core.errors import CorruptFileError, OmioError, PluginContractError


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


def reader_border(
    reader: str, path: str, doing: str, *, passed: tuple[type[Exception], ...] = (OmioError,)
) -> AbstractContextManager[None]:
    """A `Border` around a reader that works on a file; `doing` completes "cannot be": opened, described, read."""
    return Border(
        f"{path} cannot be {doing}",
        kind=CorruptFileError,
        source=f"the reader {reader} raised ",
        remedy="check the file with another program; if it opens there, report it to the reader's author",
        passed=passed,
        path=path,
        reader=reader,
    )
