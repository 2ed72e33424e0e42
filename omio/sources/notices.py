"""Warnings about many files, kept back and told once a kind; it opens no file."""

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

_filters = threading.RLock()  # `catch_warnings` of two threads must not be entwined: filters would stay changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A warning to issue.

    Parameters
    ----------
    category
        Its class.
    text
        What it says.
    path
        The file it is about, of several the first; None where it is about none.
    """

    category: type[Warning]
    text: str
    path: str | None = None


@contextmanager
def recorded() -> Iterator[list[warnings.WarningMessage]]:
    """Keep warnings back, in a list that grows; by other threads of the process meanwhile, too."""
    with _filters, warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        yield told


def recorded_if(many: bool) -> AbstractContextManager[list[warnings.WarningMessage]]:
    """Keep warnings back where they may be many; else let them through, and the list stays empty."""
    return recorded() if many else nullcontext([])


def one_per_kind(told: Iterable[warnings.WarningMessage]) -> tuple[Message, ...]:
    """The first warning of each kind, with the other files that it is about; of absent planes, every one."""
    kinds: dict[type[Warning], list[Message]] = {}
    for one in told:
        path = one.message.path if isinstance(one.message, OmioWarning) else None
        text = message(one.message) if isinstance(one.message, Warning) else one.message
        kinds.setdefault(one.category, []).append(Message(category=one.category, text=text, path=path))
    return tuple(found for category, messages in kinds.items() for found in _of_kind(category, messages))


def _of_kind(category: type[Warning], messages: list[Message]) -> Iterator[Message]:
    if issubclass(category, AbsentPlanesWarning):  # zeros that look measured: each file says which are not
        yield from dict.fromkeys(messages)
        return
    first, *others = messages
    if not others:
        yield first
        return
    files = [path for path in dict.fromkeys(one.path for one in others) if path and path != first.path]
    names = [os.path.basename(path) for path in files]
    names = names if len({*names, os.path.basename(first.path or "")}) > len(names) else files  # of one name: in full
    listed = first_few(names, _FEW)
    more = f": {listed}" if listed else ""
    text = worded("{} (and {} more of this kind{})", first.text, len(others), more)
    yield Message(category=category, text=text, path=first.path)


def padding(padded: Iterable[Sequence[str]]) -> Iterator[Message]:
    """What is to be told of each merge that pads: how many of its images, and a few of them."""
    for images in padded:
        if images:
            listed = first_few(images, _FEW, joint="; ")
            text = f"images merged that are too small and padded with 0: {len(images)} ({listed})"
            yield Message(category=AbsentPlanesWarning, text=text)


def issue(tellings: Iterable[Message]) -> None:
    """Warn of what was kept back."""
    for one in tellings:
        warn(one.text, one.category, path=one.path)
