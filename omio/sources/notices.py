"""Warnings about many files: keep them back and issue one per kind; it opens no file."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

from omio_core.errors import AbsentPlanesWarning, OmioWarning, first_few, warn
from omio_core.wording import message, worded

_FEW = 5

_filters = threading.RLock()  # `catch_warnings` of two threads must not interleave: filters would stay changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A warning to issue.

    Parameters
    ----------
    category
        Its class.
    text
        Its wording.
    path
        The file it is about, or the first of several; None where it is about no file.
    """

    category: type[Warning]
    text: str
    path: str | None = None


@contextmanager
def recorded() -> Iterator[list[warnings.WarningMessage]]:
    """Keep warnings back in a list that grows, including those of other threads of the process meanwhile."""
    with _filters, warnings.catch_warnings(record=True) as messages:
        warnings.simplefilter("always")
        yield messages


def recorded_if(many: bool) -> AbstractContextManager[list[warnings.WarningMessage]]:
    """Keep warnings back if there may be many of them; otherwise let them through and leave the list empty."""
    return recorded() if many else nullcontext([])


def one_per_kind(records: Iterable[warnings.WarningMessage]) -> tuple[Message, ...]:
    """Return the first warning of each kind, with the other files that it is about; of absent planes, every warning."""
    kinds: dict[type[Warning], list[Message]] = {}
    for record in records:
        path = record.message.path if isinstance(record.message, OmioWarning) else None
        text = message(record.message) if isinstance(record.message, Warning) else record.message
        kinds.setdefault(record.category, []).append(Message(category=record.category, text=text, path=path))
    return tuple(summary for category, messages in kinds.items() for summary in _summarize(category, messages))


def _summarize(category: type[Warning], messages: list[Message]) -> Iterator[Message]:
    if issubclass(category, AbsentPlanesWarning):  # zeros look like measurements: every file must say which are none
        yield from dict.fromkeys(messages)
        return
    first, *rest = messages
    if not rest:
        yield first
        return
    files = [path for path in dict.fromkeys(message.path for message in rest) if path and path != first.path]
    names = [os.path.basename(path) for path in files]
    names = (
        names if len({*names, os.path.basename(first.path or "")}) > len(names) else files
    )  # files of the same name: full paths
    listed = first_few(names, _FEW)
    list_of_names = f": {listed}" if listed else ""
    text = worded("{} (and {} more of this kind{})", first.text, len(rest), list_of_names)
    yield Message(category=category, text=text, path=first.path)


def padding(padded: Iterable[Sequence[str]]) -> Iterator[Message]:
    """Yield one message for each merge that pads: how many of its images are padded, and a few of them."""
    for images in padded:
        if images:
            listed = first_few(images, _FEW, joint="; ")
            text = f"images merged that are too small and padded with 0: {len(images)} ({listed})"
            yield Message(category=AbsentPlanesWarning, text=text)


def issue(messages: Iterable[Message]) -> None:
    """Issue the warnings that were kept back."""
    for notice in messages:
        warn(notice.text, notice.category, path=notice.path)
