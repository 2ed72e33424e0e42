"""Warnings about many files, kept back and told once a kind; it opens no file."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

from omio_core.errors import AbsentPlanesWarning, first_few, warn

Message = tuple[type[Warning], str]
"""A kind of warning, and what it says."""

_FEW = 5

_filters = threading.RLock()  # `catch_warnings` of two threads must not be entwined: filters would stay changed


@contextmanager
def kept() -> Iterator[list[warnings.WarningMessage]]:
    """Keep warnings back, in a list that grows; by other threads of the process meanwhile, too."""
    with _filters, warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        yield told


def kept_if(many: bool) -> AbstractContextManager[list[warnings.WarningMessage]]:
    """Keep warnings back where they may be many; else let them through, and the list stays empty."""
    return kept() if many else nullcontext([])


def once(told: Iterable[warnings.WarningMessage]) -> tuple[Message, ...]:
    """The first warning of each kind, with the other files that it is about; of absent planes, every one."""
    kinds: dict[type[Warning], list[str]] = {}
    for one in told:
        kinds.setdefault(one.category, []).append(str(one.message))
    return tuple(telling for category, messages in kinds.items() for telling in _of_kind(category, messages))


def _of_kind(category: type[Warning], messages: list[str]) -> Iterator[Message]:
    if issubclass(category, AbsentPlanesWarning):  # zeros that look measured: each file says which are not
        yield from ((category, message) for message in dict.fromkeys(messages))
        return
    first, *others = messages
    if not others:
        yield category, first
        return
    files = [path for path in dict.fromkeys(map(_file, others)) if path and path != _file(first)]
    names = [os.path.basename(path) for path in files]
    names = names if len({*names, os.path.basename(_file(first))}) > len(names) else files  # of one name: in full
    listed = first_few(names, _FEW)
    yield category, f"{first} (and {len(others)} more of this kind{f': {listed}' if listed else ''})"


def _file(message: str) -> str:
    """The file that a warning begins with, as those about a file do; "" where it is about none."""
    path = message.partition(": ")[0]
    return path if os.path.isabs(path) else ""


def padding(padded: Iterable[Sequence[str]]) -> Iterator[Message]:
    """What is to be told of each merge that pads: how many of its images, and a few of them."""
    for images in padded:
        if images:
            listed = first_few(images, _FEW, joint="; ")
            yield AbsentPlanesWarning, f"images merged that are too small and padded with 0: {len(images)} ({listed})"


def tell(tellings: Iterable[Message]) -> None:
    """Warn of what was kept back."""
    for category, message in tellings:
        warn(message, category)
