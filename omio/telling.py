"""Warnings about many files, kept back and told once a kind; it knows no file."""

from __future__ import annotations

import threading
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

Telling = tuple[type[Warning], str]
"""A kind of warning, and what it says."""

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


def once(told: Iterable[warnings.WarningMessage]) -> tuple[Telling, ...]:
    """The first warning of each kind, with how many there were."""
    told = list(told)
    counts = Counter(one.category for one in told)
    firsts = {one.category: str(one.message) for one in reversed(told)}
    return tuple(
        (category, firsts[category] + (f" (and {count - 1} more of this kind)" if count > 1 else ""))
        for category, count in counts.items()
    )


def tell(tellings: Iterable[Telling]) -> None:
    """Warn of what was kept back."""
    for category, message in tellings:
        warnings.warn(message, category, stacklevel=4)
