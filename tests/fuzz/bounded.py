"""A child process that reads files which may kill it, hang it or eat the memory; it knows no format.

One child serves many files. A file that it does not answer for, in time, is charged with that, and the next one gets
a fresh child.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SECONDS = 10.0  # that one file may take
GROWTH = 1 << 30  # bytes that the child may grow by for one file
_STARTING = 120.0  # seconds, on a machine that is busy
ALL = ("describe", "metadata", "read")
_CHILD = Path(__file__).with_name("child.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pixels:
    """One picture as it was read: TZCYX shape, type, digest of all, digest of the plane T=0, Z=0."""

    shape: tuple[int, ...]
    dtype: str
    sha256: str
    first: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """An exception of the child.

    Attributes
    ----------
    kind, omio
        Its class, and whether that is an OmioError.
    border
        Whether it stands for a foreign one, that the core caught at a plugin's border.
    chain
        Classes of the exceptions that it came of, nearest first.
    """

    kind: str
    omio: bool
    border: bool
    chain: tuple[str, ...]
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of one file.

    Attributes
    ----------
    step
        The last step that was begun: describe, metadata, shrink or read.
    described
        Shape and type of each image, before any pixel was read.
    pictures
        Every level of every image; None where they were not all read.
    died
        How the child ended, where it gave no answer.
    opened
        What was opened or listed, as real paths, where that was watched.
    """

    path: Path
    seconds: float
    step: str = "none"
    bounded: bool = True
    described: tuple[tuple[tuple[int, ...], str], ...] = ()
    pictures: tuple[Pixels, ...] | None = None
    error: Raised | None = None
    died: str | None = None
    warnings: tuple[str, ...] = ()
    foreign_warnings: tuple[str, ...] = ()
    opened: tuple[Path, ...] = ()

    @property
    def outcome(self) -> str:
        """One word for it: "pixels", "described", the class of the error, or how the child ended."""
        if self.died is not None:
            return self.died
        if self.error is not None:
            return self.error.kind
        return "described" if self.pictures is None else "pixels"

    @property
    def fault(self) -> str | None:
        """What no file may bring about, in words; None where all is well.

        All is well with pictures that hold pixels, and with an OmioError that was raised on purpose.
        """
        if self.died is not None:
            return f"{self.died} in {self.step}"
        if self.error is not None:
            return self._wrong(self.error)
        if self.foreign_warnings:
            return f"foreign warning: {self.foreign_warnings[0]}"
        shapes = [shape for shape, _ in self.described]
        if self.pictures is not None:
            shapes += [one.shape for one in self.pictures]
        if not shapes or any(0 in shape for shape in shapes):
            return f"empty: {shapes}"
        return None

    def _wrong(self, error: Raised) -> str | None:
        said = f"{self.step}: {error.kind}: {' | '.join(line.strip() for line in error.message.splitlines())}"
        if error.kind == "FileNotFoundError" and not self.path.exists():
            return None
        if not error.omio:
            return f"foreign exception in {said}"
        if "itself" in error.chain:
            return f"an error that is its own cause in {said}"
        if "MemoryError" in error.chain:
            return f"too much memory in {said}"
        return f"foreign exception, caught at the border, in {said}" if error.border else None

    def sound(self) -> Answer:
        """The same answer.

        Raises
        ------
        AssertionError
            It has a fault.
        """
        assert self.fault is None, f"{self.path}: {self.fault}"
        return self


@dataclass(slots=True)
class _Running:
    """A live child and the thread that takes its answers."""

    process: subprocess.Popen[str]
    errors: Any
    lines: queue.SimpleQueue[str | None] = field(default_factory=queue.SimpleQueue)

    def __post_init__(self) -> None:
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def send(self, line: str) -> None:
        assert self.process.stdin is not None
        with contextlib.suppress(OSError):  # it is dead: the answer will say so
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()

    def end(self) -> str:
        """Kill it; what it wrote last."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            with contextlib.suppress(OSError):  # what was not yet sent cannot be any more
                pipe.close()
        self.errors.seek(0)
        last = self.errors.read()[-2000:]
        self.errors.close()
        return str(last)


class Bounded:
    """Asks a child for what is in files; a context manager.

    Parameters
    ----------
    seconds, growth
        What one file may take: time, and bytes of memory.
    script
        What the child runs; `child.py`, or one that talks as it does.
    """

    def __init__(self, seconds: float = SECONDS, growth: int = GROWTH, script: Path = _CHILD):
        self.seconds, self.growth, self.script = seconds, growth, script
        self.versions: dict[str, str] = {}
        self.started = 0
        self._running: _Running | None = None

    def __enter__(self) -> Bounded:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """End the child."""
        running, self._running = self._running, None
        if running is not None:
            running.end()

    def ask(
        self, path: Path, steps: Sequence[str] = ALL, *, watch: bool = False, shrink_to: int | None = None
    ) -> Answer:
        """What comes of a file.

        Parameters
        ----------
        steps
            Some of "describe", "metadata", "shrink", "read"; they are done in this order, describing always.
        watch
            Note what is opened.
        shrink_to
            Bytes that the step "shrink" leaves of the file.
        """
        running = self._running or self._start()
        request = {"path": str(path), "steps": list(steps), "watch": watch, "shrink_to": shrink_to}
        began = time.monotonic()
        running.send(json.dumps({**request, "growth": self.growth}))
        line = self._wait(running, self.seconds)
        taken = time.monotonic() - began
        if not line:
            self._running = None
            died = _cause(running, self.seconds if line == "" else None)
            return Answer(path=path, seconds=taken, died=died)
        return _understood(path, taken, json.loads(line))

    def _start(self) -> _Running:
        errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 - closed by `end`
        environment = {k: v for k, v in os.environ.items() if not k.startswith("OMIO_")}
        process = subprocess.Popen(
            [sys.executable, "-P", str(self.script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
            text=True, encoding="utf-8", env=environment | {"OMIO_WORKERS": "2"},
        )  # fmt: skip
        running = self._running = _Running(process=process, errors=errors)
        line = self._wait(running, _STARTING)
        if not line:
            self._running = None
            raise RuntimeError(f"the child does not start: {running.end()}")
        self.versions = json.loads(line)
        self.started += 1
        return running

    @staticmethod
    def _wait(running: _Running, seconds: float) -> str | None:
        """A line; "" where none came in time, None where there will be none."""
        try:
            return running.lines.get(timeout=seconds)
        except queue.Empty:
            return ""


def _cause(running: _Running, late: float | None) -> str:
    """Why there was no answer."""
    if late is not None:
        running.end()
        return f"no answer in {late:g} s"
    code = running.process.wait()
    wrote = running.end().strip()
    name = signal.Signals(-code).name if code < 0 else f"exit {code}"
    return f"{name}: {wrote[-600:]}" if wrote else name


def _understood(path: Path, seconds: float, said: dict[str, Any]) -> Answer:
    pictures, error = said.get("pictures"), said.get("error")
    return Answer(
        path=path,
        seconds=seconds,
        step=said.get("step", "none"),
        bounded=said["bounded"],
        described=tuple((tuple(shape), dtype) for shape, dtype in said.get("described", ())),
        pictures=None
        if pictures is None
        else tuple(Pixels(**one | {"shape": tuple(one["shape"])}) for one in pictures),
        error=None if error is None else Raised(**error | {"chain": tuple(error["chain"])}),
        warnings=tuple(said["warnings"]),
        foreign_warnings=tuple(said["foreign_warnings"]),
        opened=tuple(map(Path, said["opened"])),
    )
