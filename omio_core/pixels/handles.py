"""Leases on open files: borrowed, counted, bounded, and refused once the file has changed; it knows no format.

Nothing outside this room holds a file open. An image remembers a `Key`; a read borrows the handle behind it, which
is opened on demand, kept for the next read, and closed when too many are open and nobody uses it.
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from omio_core.errors import (
    FileChangedError,
    MissingDependencyError,
    OmioError,
    PluginContractError,
    ReadError,
    UnknownReaderError,
    border,
    missing_package,
    reader_border,
)
from omio_core.files.stamps import Fingerprint, Key
from omio_core.lazy import load
from omio_core.plugins.catalogue import catalogue
from omio_core.plugins.descriptions import Opened, Reader
from omio_core.settings import current

_FEW = 16  # members whose fingerprints cost nothing beside a read
_A_WHILE = 1.0  # seconds


def open_with(reader: Reader, path: str, options: Mapping[str, Any]) -> tuple[Key, Opened]:
    """Open a file with a reader, and say under which key it can be opened again.

    Raises
    ------
    ReadError
        The file is malformed, unreadable, or changed while it was being opened.
    MissingDependencyError
        A package that the reader needs is not installed.
    """
    before = Fingerprint.of(path)
    opened = _open(reader, path, options)
    try:
        with reader_border(reader.name, path, "described", passed=()):
            listed = tuple(opened.members)
        members = tuple(before if member == path else Fingerprint.of(member) for member in listed)
        key = Key(reader=reader.name, path=path, options=tuple(sorted(options.items())), members=members)
        before.verify()  # the file described is the file the fingerprint is of
    except BaseException:
        opened.close()
        raise
    return key, opened


def _open(reader: Reader, path: str, options: Mapping[str, Any]) -> Opened:
    function = _function(reader, path)
    with reader_border(reader.name, path, "opened"):
        try:
            opened: Opened = function(path, **options)
        except OSError as error:
            if isinstance(error, OmioError):
                raise
            raise ReadError(f"{path} cannot be opened", evidence=str(error), path=path, reader=reader.name) from error
    if not all(callable(getattr(opened, method, None)) for method in ("read_into", "close")):
        raise PluginContractError(
            f"the reader {reader.name} gave what is not an open file",
            evidence=f"{reader.open} gave {type(opened).__name__}",
            remedy="compare it with omio_core.contract.Opened",
            reader=reader.name,
            path=path,
        )
    return opened


def _function(reader: Reader, path: str) -> Callable[..., Any]:
    """What a reader opens a file with; its module may lack a package, break, or have no such function."""
    facts: dict[str, Any] = {"reader": reader.name, "path": path}
    with border(
        f"the reader {reader.name} cannot be used",
        source=f"{reader.open}: ",
        remedy="repair the plugin or choose another reader",
        passed=(MissingDependencyError,),
        **facts,
    ):
        try:
            function: Callable[..., Any] = load(reader.open)
        except ImportError as error:
            raise missing_package(error, f"reader {reader.name}", reader.extra, **facts) from error
    return function


@dataclass(slots=True)
class _Entry:
    lock: threading.Lock = field(default_factory=threading.Lock)
    opened: Opened | None = None
    users: int = 0
    dropped: bool = False  # to be closed by its last user
    held: float = 0.0  # when all members of a large set were last compared, in seconds of the monotonic clock

    def keep(self, opened: Opened) -> Opened | None:
        """Take a handle; one that is not needed is given back, to be closed."""
        if self.opened is not None:
            return opened
        self.opened = opened
        return None


class HandlePool:
    """Handles of one process, least recently used first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: OrderedDict[Key, _Entry] = OrderedDict()

    @contextmanager
    def lease(self, key: Key) -> Iterator[Opened]:
        """Borrow the handle of a file; open it if need be. Never evicted while borrowed.

        Raises
        ------
        FileChangedError
            A member is not what it was when it was described.
        """
        with self._lock:
            entry = self._entry(key)
            entry.users += 1
            idle = self._evict()
        for handle in idle:
            handle.close()
        try:
            with entry.lock:
                self._ready(key, entry)
            yield cast(Opened, entry.opened)
        finally:
            self._give_back(key, entry)

    def _ready(self, key: Key, entry: _Entry) -> None:
        """See that the handle is open and of the file described; called with the entry's lock held."""
        try:
            self._hold(key, entry)
        except FileChangedError:
            self.drop(key)  # a handle of a file that is no more is of no use to anybody
            raise
        if entry.opened is None:
            fresh = _open(_reader(key.reader), key.path, dict(key.options))
            with self._lock:
                spare = entry.keep(fresh)  # not needed where `adopt` came first
            if spare is not None:
                spare.close()

    def _hold(self, key: Key, entry: _Entry) -> None:
        """Compare the members with their fingerprints at every read; of a large set all of them once a second."""
        now = time.monotonic()
        if len(key.members) <= _FEW or entry.opened is None or now - entry.held > _A_WHILE:
            key.verify()
            entry.held = now
        else:
            key.members[0].verify()

    def adopt(self, key: Key, opened: Opened) -> None:
        """Keep a handle that was just opened for the first read; a second one of the same key is closed."""
        with self._lock:
            spare = self._entry(key).keep(opened)
            idle = self._evict()
        for handle in [*idle, spare]:
            if handle is not None:
                handle.close()

    def drop(self, key: Key) -> None:
        """Close the handle of a key now, or when its last user is done."""
        with self._lock:
            entry = self._entries.pop(key, None)
            if entry is None:
                return
            if entry.users:
                entry.dropped = True
                return
        if entry.opened is not None:
            entry.opened.close()

    def clear(self) -> None:
        """Close everything that is idle."""
        with self._lock:
            keys = list(self._entries)
        for key in keys:
            self.drop(key)

    def __len__(self) -> int:
        with self._lock:
            return sum(entry.opened is not None for entry in self._entries.values())

    def _entry(self, key: Key) -> _Entry:
        """The entry of a key, now the one used last; called with the lock held."""
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = _Entry()
        else:
            self._entries.move_to_end(key)
        return entry

    def _give_back(self, key: Key, entry: _Entry) -> None:
        with self._lock:
            entry.users -= 1
            idle: list[Opened] = []
            if not entry.users:
                if entry.dropped and entry.opened is not None:
                    idle.append(entry.opened)
                    entry.opened = None
                elif entry.opened is None and self._entries.get(key) is entry:
                    del self._entries[key]  # it could not be opened: nothing to keep
            idle += self._evict()
        for handle in idle:
            handle.close()

    def _evict(self) -> list[Opened]:
        """Take out idle handles beyond the limit, oldest first; called with the lock held."""
        out: list[Opened] = []
        if len(self._entries) <= 1:  # the least limit there is; as for most who read one file: nothing is asked
            return out
        surplus = len(self._entries) - current().max_open
        for key in [k for k, entry in self._entries.items() if not entry.users][: max(0, surplus)]:
            opened = self._entries.pop(key).opened
            if opened is not None:
                out.append(opened)
        return out


def _reader(name: str) -> Reader:
    for reader in catalogue().readers:
        if reader.name == name:
            return reader
    raise UnknownReaderError(
        f"there is no reader {name!r} in this process",
        evidence=f"installed: {', '.join(r.name for r in catalogue().readers) or 'none'}",
        remedy="install the plugin here too",
        reader=name,
    )


HANDLES = HandlePool()


def _after_fork() -> None:
    # a child must not wait for locks that a thread of its parent holds; it opens its own handles
    global HANDLES
    HANDLES._lock, HANDLES._entries = threading.Lock(), OrderedDict()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
