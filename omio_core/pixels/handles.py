"""Leases on open files: lends handles, limits their number, and refuses a changed file; knows no format.

No code outside this package keeps a file open. An image stores a `Key`; a read borrows the handle of that key. The
handle is opened on demand, kept for the next read, and closed when it is idle and too many handles are open.
"""

from __future__ import annotations

import math
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
    missing_package,
)
from omio_core.files.location import Location
from omio_core.files.stamps import Fingerprint, Key
from omio_core.lazy import load
from omio_core.plugins.admission import call_fault
from omio_core.plugins.answers import check_digests, check_members, check_stamp
from omio_core.plugins.border import Border, blame, reader_border
from omio_core.plugins.catalogue import catalogue
from omio_core.plugins.descriptions import Opened, Reader
from omio_core.settings import current_settings

from .protocol import StoredPicture

_FEW = 16  # members; checking so few fingerprints costs little compared with a read
_RECHECK_AFTER = 1.0  # seconds between full checks of a large set


def open_with(reader: Reader, location: Location, options: Mapping[str, Any]) -> tuple[Key, Opened]:
    """Open a file or folder with a reader; return the handle and the key to open it again.

    Raises
    ------
    ReadError
        The file is malformed, unreadable, or changed while it was being opened.
    MissingDependencyError
        A package that the reader needs is not installed.
    PluginContractError
        The reader returns something that is not an open file.
    """
    before = Fingerprint.of(location)
    opened = _open(reader, location, options)
    try:
        with reader_border(reader.name, str(location), "described"):
            listed = opened.members
        listed = check_members(listed, reader.name, str(location))
        with reader_border(reader.name, str(location), "described", passed=()):
            members = tuple(before if member == location else Fingerprint.of(member) for member in listed)
        listing = opened_stamp(opened, reader.name, str(location))
        key = Key(
            reader=reader.name,
            location=location,
            options=tuple(sorted(options.items())),
            members=members,
            listing=listing,
        )
        if before in members:
            before.verify()  # the reader described the file that has this fingerprint
    except BaseException:
        opened.close()
        raise
    return key, opened


def opened_stamp(opened: Opened, reader: str, path: str) -> str:
    """Return the reader's digest of the files of a folder; empty for what does not have one."""
    with reader_border(reader, path, "described"):
        stamp = getattr(opened, "stamp", "")
    return check_stamp(stamp, reader, path)


def digests_of(opened: Opened, stored: StoredPicture) -> tuple[str, ...] | None:
    """Return the digests that a file states of the planes of an image, checked; None if the reader offers none."""
    key, function = stored.key, getattr(opened, "digests", None)
    if function is None:
        return None
    with reader_border(key.reader, key.path, "asked for its digests"):
        answer = function(stored.index)
    return check_digests(answer, math.prod(stored.shape[:3]), key.reader, key.path, stored.index)


def _open(reader: Reader, location: Location, options: Mapping[str, Any]) -> Opened:
    path = str(location)
    function = _function(reader, path)
    with reader_border(reader.name, path, "opened"):
        try:
            opened: Opened = function(location, **options)
        except OSError as error:
            if isinstance(error, OmioError):
                raise
            raise ReadError(f"{path} cannot be opened", evidence=str(error), path=path, reader=reader.name) from error
        except TypeError:
            _refuse_call(function, reader, path, options)
            raise
    if not all(callable(getattr(opened, method, None)) for method in ("read_into", "close")):
        raise PluginContractError(
            f"the reader {reader.name} gave what is not an open file",
            evidence=f"{reader.open} gave {type(opened).__name__}, which lacks read_into() or close()",
            remedy=blame(reader.name),
            reader=reader.name,
            path=path,
        )
    return opened


def _refuse_call(function: Callable[..., Any], reader: Reader, path: str, options: Mapping[str, Any]) -> None:
    """Raise a PluginContractError if the function that opens files does not take the location and the options."""
    fault = call_fault(function, "open", 1, options)
    if fault:
        raise PluginContractError(
            f"the reader {reader.name} cannot be called as it describes itself",
            evidence=f"{fault}; its options are {', '.join(reader.options) or 'none'}",
            remedy=blame(reader.name),
            reader=reader.name,
            path=path,
        )


def _function(reader: Reader, path: str) -> Callable[..., Any]:
    """Return the reader's function that opens a file; its module may lack a package, fail, or lack the function."""
    facts: dict[str, Any] = {"reader": reader.name, "path": path}
    with Border(
        f"the reader {reader.name} cannot be used",
        source=f"{reader.open}: ",
        remedy="repair the plugin or choose another reader",
        passed=(MissingDependencyError,),
        **facts,
    ):
        try:
            function: Callable[..., Any] = load(reader.open)
        except ImportError as error:
            raise missing_package(
                error, f"reader {reader.name}", reader.extra, install=reader.install, **facts
            ) from error
    return function


@dataclass(slots=True)
class _Entry:
    lock: threading.Lock = field(default_factory=threading.Lock)
    opened: Opened | None = None
    users: int = 0
    dropped: bool = False  # its last user closes it
    verified: float = 0.0  # when all members were last checked, in seconds of the monotonic clock

    def keep(self, opened: Opened) -> Opened | None:
        """Store a handle; return it instead, to be closed, if the entry already has one."""
        if self.opened is not None:
            return opened
        self.opened = opened
        return None


class HandlePool:
    """The open handles of one process, least recently used first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: OrderedDict[Key, _Entry] = OrderedDict()

    @contextmanager
    def lease(self, key: Key) -> Iterator[Opened]:
        """Borrow the handle of a file, and open it if necessary; a borrowed handle is never evicted.

        Raises
        ------
        FileChangedError
            A member has changed since it was described.
        """
        with self._lock:
            entry = self._entry(key)
            entry.users += 1
            to_close = self._evict()
        for handle in to_close:
            handle.close()
        try:
            with entry.lock:
                self._ensure_open(key, entry)
            yield cast(Opened, entry.opened)
        finally:
            self._give_back(key, entry)

    def _ensure_open(self, key: Key, entry: _Entry) -> None:
        """Ensure that the handle is open and the file unchanged; the caller holds the entry's lock."""
        try:
            self._verify_members(key, entry)
        except FileChangedError:
            self.drop(key)  # the handle of a changed file is useless
            raise
        if entry.opened is None:
            opened = _open(_reader(key.reader), key.location, dict(key.options))
            if opened_stamp(opened, key.reader, key.path) != key.listing:
                opened.close()
                self.drop(key)
                raise FileChangedError(
                    f"{key.path} has changed since it was opened",
                    evidence="its files are not those that were listed then",
                    remedy="open it again",
                    path=key.path,
                )
            with self._lock:
                duplicate = entry.keep(opened)  # `adopt` may have stored a handle first
            if duplicate is not None:
                duplicate.close()

    def _verify_members(self, key: Key, entry: _Entry) -> None:
        """Check the members at every read; in a large set only the first, and all of them once per second."""
        now = time.monotonic()
        if len(key.members) <= _FEW or entry.opened is None or now - entry.verified > _RECHECK_AFTER:
            key.verify()
            entry.verified = now
        else:
            key.members[0].verify()

    def adopt(self, key: Key, opened: Opened) -> None:
        """Store a newly opened handle for the first read; close it if the key already has one."""
        with self._lock:
            duplicate = self._entry(key).keep(opened)
            to_close = self._evict()
        for handle in [*to_close, duplicate]:
            if handle is not None:
                handle.close()

    def drop(self, key: Key) -> None:
        """Close the handle of a key now, or when its last user returns it."""
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
        """Close all idle handles; those in use are closed when they are returned."""
        with self._lock:
            keys = list(self._entries)
        for key in keys:
            self.drop(key)

    def __len__(self) -> int:
        with self._lock:
            return sum(entry.opened is not None for entry in self._entries.values())

    def _entry(self, key: Key) -> _Entry:
        """Return the entry of a key and mark it as most recently used; the caller holds the lock."""
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = _Entry()
        else:
            self._entries.move_to_end(key)
        return entry

    def _give_back(self, key: Key, entry: _Entry) -> None:
        with self._lock:
            entry.users -= 1
            to_close: list[Opened] = []
            if not entry.users:
                if entry.dropped and entry.opened is not None:
                    to_close.append(entry.opened)
                    entry.opened = None
                elif entry.opened is None and self._entries.get(key) is entry:
                    del self._entries[key]  # it could not be opened: remove the empty entry
            to_close += self._evict()
        for handle in to_close:
            handle.close()

    def _evict(self) -> list[Opened]:
        """Remove and return idle handles beyond the limit, oldest first; the caller holds the lock."""
        evicted: list[Opened] = []
        if len(self._entries) <= 1:  # the smallest possible limit: with a single file, the settings need not be read
            return evicted
        surplus = len(self._entries) - current_settings().max_open
        if surplus <= 0:  # the usual case at every read: the entries are not looked over
            return evicted
        for key in [k for k, entry in self._entries.items() if not entry.users][:surplus]:
            opened = self._entries.pop(key).opened
            if opened is not None:
                evicted.append(opened)
        return evicted


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
    # a child process must not wait for locks that a thread of its parent holds; it opens its own handles
    global HANDLES
    HANDLES._lock, HANDLES._entries = threading.Lock(), OrderedDict()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
