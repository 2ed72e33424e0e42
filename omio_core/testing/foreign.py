"""Contents that belong to no format, and what a reader's `sniff` says of them; knows no format, needs no pytest."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from typing import Any

from omio_core.files.probe import Probe
from omio_core.plugins.descriptions import Match, Reader, Verdict

from .findings import Finding

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x10\x00\x00\x00\x10\x08\x02\x00\x00\x00"  # RFC 2083, 3.1
_NAMED = 3  # contents that a finding names
TEXT = b"Dear colleague,\nthe measurements are in the folder of last week.\n" * 60


def foreign() -> Iterator[tuple[str, bytes]]:
    """Yield contents that belong to no microscope format."""
    yield "an empty file", b""
    yield "a text", TEXT
    yield "one byte", b"\x00"
    yield "a PNG", PNG + bytes(64)
    for seed in range(4):
        yield f"random bytes ({seed})", random.Random(seed).randbytes(5000)


def verdict(reader: Reader, probe: Probe) -> Verdict | str:
    """Return the verdict of a reader; what is wrong with it, in words, if it is no valid one."""
    try:
        answer: Any = reader.sniff(probe)
    except Exception as error:  # noqa: BLE001 - the plugin border
        return f"sniff raises {type(error).__name__}: {error}"
    if not isinstance(answer, Verdict) or not isinstance(getattr(answer, "match", None), Match):
        return f"the answer is {answer!r}, no Verdict with a Match"
    if not str(answer.why).strip():
        return f"{answer.match.name} without a reason"
    return answer


def sniff_findings(reader: Reader) -> Iterator[Finding]:
    """Yield the faults of a reader's `sniff` on contents that are not its own, and empty folders; each fault once."""
    faults: dict[str, list[str]] = {}
    for what, fault in _faults(reader):
        faults.setdefault(fault, []).append(what)
    for fault, whats in faults.items():
        others = f"; the same for {', '.join(whats[1:_NAMED])}" if len(whats) > 1 else ""
        others += f" and {len(whats) - _NAMED} more" if len(whats) > _NAMED else ""
        yield Finding(rule="sniff", subject=f"reader {reader.name}", sentence=f"{whats[0]}{fault}{others}.")


def _faults(reader: Reader) -> Iterator[tuple[str, str]]:
    """Yield what was shown to a reader, and what is wrong with its answer."""
    suffixes = tuple(suffix for suffix in reader.suffixes if isinstance(suffix, str))
    for what, data in foreign():
        yield from _claimed(reader, Probe.of_bytes(data, "strange.omio-nobody"), what, Match.NO)
        for suffix in suffixes:
            most = Match.SUFFIX if data else Match.NO
            yield from _claimed(reader, Probe.of_bytes(data, f"strange{suffix}"), f"{what} named *{suffix}", most)
    for suffix in ("", *suffixes):
        with tempfile.TemporaryDirectory(suffix=suffix.replace("/", "")) as folder:
            yield from _claimed(reader, Probe(folder), f"an empty folder named *{suffix}", Match.NO)


def _claimed(reader: Reader, probe: Probe, what: str, most: Match) -> Iterator[tuple[str, str]]:
    answer = verdict(reader, probe)
    if isinstance(answer, str):
        yield what, f": {answer}"
    elif answer.match > most:
        yield what, f" is claimed as {answer.match.name}: {answer.why}"
