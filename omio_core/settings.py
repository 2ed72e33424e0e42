"""Settings of a process: limits, workers, preferred plugins; frozen, read from the environment.

=======================  =====================================================================================
variable                 meaning
=======================  =====================================================================================
``OMIO_WORKERS``         threads of the pool (default: the cores this process may use)
``OMIO_MAX_BYTES``       bytes of pixels in flight in one `pull` (default 256 MiB)
``OMIO_MAX_OPEN``        files kept open between reads (default 64)
``OMIO_PREFER``          names of readers and writers that win a tie, comma-separated; the first wins
``OMIO_DISABLE``         names of plugins that are not loaded, comma-separated
``OMIO_MAX_XML``         bytes of XML that are parsed (default 256 MiB)
``OMIO_MAX_PAGES``       pages, IFDs, sub-blocks of one file (default 4 million)
``OMIO_MAX_EXPANSION``   how many times the size of its file an image may have, however well compressed
                         (default 2,000; deflate cannot exceed 1,032)
``OMIO_MAX_MEMORY``      bytes that one array read into memory may take (default: the machine's memory)
=======================  =====================================================================================
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, overload

from .errors import OmioError

MIB = 1 << 20


def cores() -> int:
    """The number of cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def memory() -> int:
    """The bytes of memory of this machine; if the system does not report them, more than any machine has."""
    sysconf = getattr(os, "sysconf", None)
    if sysconf is not None and {"SC_PHYS_PAGES", "SC_PAGE_SIZE"} <= set(getattr(os, "sysconf_names", ())):
        return int(sysconf("SC_PHYS_PAGES")) * int(sysconf("SC_PAGE_SIZE"))
    return 1 << 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The values of the settings; the docstring of the module explains them."""

    workers: int
    max_bytes: int = 256 * MIB
    max_open: int = 64
    prefer: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()
    max_xml: int = 256 * MIB
    max_pages: int = 4_000_000
    max_expansion: int = 2_000
    max_memory: int = field(default_factory=memory)


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Read the settings from an environment.

    Raises
    ------
    OmioError
        A variable that must be a whole number above 0 is something else.
    """

    def number(name: str, default: int) -> int:
        text = environment.get(name, "").strip()
        if not text:
            return default
        if not text.isdecimal() or int(text) < 1:
            raise OmioError(
                f"{name} is not usable",
                evidence=f"it is {text!r}",
                remedy="set it to a whole number above 0, or unset it",
            )
        return int(text)

    def names(name: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in environment.get(name, "").split(",") if part.strip())

    return Settings(
        workers=number("OMIO_WORKERS", cores()),
        max_bytes=number("OMIO_MAX_BYTES", 256 * MIB),
        max_open=number("OMIO_MAX_OPEN", 64),
        prefer=names("OMIO_PREFER"),
        disable=names("OMIO_DISABLE"),
        max_xml=number("OMIO_MAX_XML", 256 * MIB),
        max_pages=number("OMIO_MAX_PAGES", 4_000_000),
        max_expansion=number("OMIO_MAX_EXPANSION", 2_000),
        max_memory=number("OMIO_MAX_MEMORY", memory()),
    )


_override: Settings | None = None
_of_call: ContextVar[Settings | None] = ContextVar("_of_call", default=None)


_NAMES = (
    "OMIO_WORKERS", "OMIO_MAX_BYTES", "OMIO_MAX_OPEN", "OMIO_PREFER", "OMIO_DISABLE", "OMIO_MAX_XML", "OMIO_MAX_PAGES",
    "OMIO_MAX_EXPANSION", "OMIO_MAX_MEMORY",
)  # fmt: skip
# looked up at every open and every read: where the environment is bytes, this saves converting every name
_ENVIRONMENT: Any = getattr(os, "environb", os.environ)
_KEYS: tuple[Any, ...] = tuple(map(os.fsencode, _NAMES)) if hasattr(os, "environb") else _NAMES


def current_settings() -> Settings:
    """The current settings: those of the environment, unless `using` or `within` replace them."""
    return _of_call.get() or _override or _read(cores(), *map(_ENVIRONMENT.get, _KEYS))


@lru_cache(maxsize=4)
def _read(cores: int, *texts: bytes | str | None) -> Settings:
    # `cores` is a key of the cache, because it is the default of the workers
    return from_environment({name: os.fsdecode(t) for name, t in zip(_NAMES, texts, strict=True) if t is not None})


@contextmanager
def using(**changes: Any) -> Iterator[Settings]:
    """Use other settings inside the block, in the whole process; for programs and tests.

    Examples
    --------
    >>> with using(workers=1) as settings:
    ...     settings.workers
    1
    """
    global _override
    before = _override
    _override = replace(current_settings(), **changes)
    try:
        yield _override
    finally:
        _override = before


@contextmanager
def within(**changes: Any) -> Iterator[Settings]:
    """Use other settings inside the block, in this thread only; a change that is None is none.

    For what a caller says of a single call: several calls at once have each their own. Threads of the pool do not see
    them, so this is for settings that are asked for where tasks are handed out.

    Examples
    --------
    >>> with within(max_bytes=64 * MIB, workers=None) as settings:
    ...     settings.max_bytes // MIB
    64
    """
    token = _of_call.set(replace(current_settings(), **{n: value for n, value in changes.items() if value is not None}))
    try:
        yield current_settings()
    finally:
        _of_call.reset(token)


_BYTES = re.compile(r"(\d+(?:\.\d+)?) ?(?:([kmgt])(i?)(b?)|b)?", re.IGNORECASE | re.ASCII)


@overload
def parse_bytes(value: None) -> None: ...
@overload
def parse_bytes(value: int | str) -> int: ...
@overload
def parse_bytes(value: int | str | None) -> int | None: ...
def parse_bytes(value: int | str | None) -> int | None:
    """Return a number of bytes from a number, or from a text such as ``"512 MiB"``, ``"2G"`` or ``"500 MB"``.

    None stays None.

    K, M, G, T and KiB, MiB, GiB, TiB are powers of 1024; kB, MB, GB, TB are powers of 1000.

    Raises
    ------
    OmioError
        It is no such number, or less than one byte.

    Examples
    --------
    >>> parse_bytes(4096), parse_bytes("2 GiB"), parse_bytes("500MB")
    (4096, 2147483648, 500000000)
    """
    if value is None:
        return None
    number: float = 0
    if isinstance(value, str) and (found := _BYTES.fullmatch(value.strip())):
        text, prefix, binary, byte = found.groups()
        base = 1000 if byte and not binary else 1024
        number = float(text) * base ** (" kmgt".index(prefix.lower()) if prefix else 0)
    elif isinstance(value, int) and not isinstance(value, bool):
        number = value
    if number < 1:
        raise OmioError(
            f"{value!r} is no number of bytes", remedy='give a number above 0, or a text such as "512 MiB" or "2G"'
        )
    return int(number)
