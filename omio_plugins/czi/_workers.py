"""The processes that run decoders which data may crash: started on demand, lent for one request; it knows no file.

There are at most as many as the settings have workers; they serve all open files of this process, and end with it. If a
process dies, or ends itself because it took too long, that sub-block is an error, and the next gets a new process.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib.util
import os
import subprocess
import sys
import threading
from pathlib import Path

from omio_core.contract import (
    CorruptFileError,
    MissingDependencyError,
    PluginError,
    UnsupportedFeatureError,
    current_settings,
)

from ._worker import ANSWER, DONE, JPEGXR, REQUEST

_SCRIPT = Path(__file__).with_name("_worker.py")
_MOST = 1 << 32  # bytes; the sizes in a request have 32 bits
_NEEDED = {JPEGXR: "aicspylibczi"}


def decode(codec: int, pixel_type: int, size: tuple[int, int], data: bytes, out: memoryview) -> None:
    """Fill `out` with the pixels of a sub-block, red first, samples interleaved.

    Parameters
    ----------
    codec, pixel_type
        Codes as in the file.
    size
        Height and width.

    Raises
    ------
    MissingDependencyError
        The package that decodes it is not installed.
    CorruptFileError
        The sub-block cannot be decoded, or crashed its decoder.
    UnsupportedFeatureError
        The sub-block is too large, or its decoder does not support its pixels.
    """
    needed = _NEEDED.get(codec, "imagecodecs")
    if importlib.util.find_spec(needed) is None:
        raise MissingDependencyError(
            f"{needed} is not installed, which decodes JPEG-XR",
            evidence=f"Python {sys.version.split()[0]} finds no {needed}",
            remedy=f"pip install {needed}, where it is published for this Python and machine; "
            "uncompressed and zstd files read without it",
        )
    if max(len(out), len(data)) >= _MOST:
        raise UnsupportedFeatureError(
            "a sub-block is too large to be decoded",
            evidence=f"{len(out):,} bytes of pixels; at most {_MOST:,}",
            remedy="save the file uncompressed or with zstd",
        )
    request = REQUEST.pack(codec, pixel_type, size[1], size[0], len(out), len(data))
    worker = _POOL.take(needed)
    try:
        worker.ask(request, data, out)
    except BaseException:
        # also if the caller is interrupted between request and answer
        if not worker.sound:
            worker.end()
        raise
    finally:
        _POOL.give(worker)


class Worker:
    """One process.

    Attributes
    ----------
    sound
        Whether it can take another request.

    Raises
    ------
    PluginError
        The process does not start.
    """

    def __init__(self, needed: str):
        self.needed = needed
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        # it finds packages in the same places as this process
        environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(_SCRIPT), "numpy", needed],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0, env=environment,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )  # fmt: skip
        self.sound = True
        try:
            self._receive(memoryview(bytearray(ANSWER.size)))
        except (OSError, EOFError) as error:
            self.end()
            raise PluginError(
                "the process that decodes JPEG-XR and JPEG does not start",
                evidence=f"{sys.executable} ended with exit code {self._process.returncode}",
                remedy=f"see whether this Python can import {needed}",
            ) from error

    def ask(self, request: bytes, data: bytes, out: memoryview) -> None:
        """Send a request and fill `out` with the answer; raises the errors of `decode`."""
        self.sound = False  # until the answer is here
        try:
            self._send(request)
            self._send(data)
            head = bytearray(ANSWER.size)
            self._receive(memoryview(head))
            status, size = ANSWER.unpack(head)
            if status == DONE and size == len(out):
                self._receive(out)
                self.sound = True
                return
            text = bytearray(min(size, 1 << 16))
            self._receive(memoryview(text))
        except (OSError, EOFError) as error:
            self.end()
            raise CorruptFileError(
                "a sub-block cannot be decoded: its decoder died of it, or took too long",
                evidence=f"{self.needed} ended with exit code {self._process.returncode}",
            ) from error
        self.sound = True
        message = text.decode("utf-8", "replace")
        if "nsupported pixel format" in message:  # libCZI: the JPEG-XR has another pixel type than the sub-block
            raise UnsupportedFeatureError("a sub-block is stored in a way that is not read", evidence=message)
        raise CorruptFileError("a sub-block cannot be decoded", evidence=message)

    def _send(self, data: bytes) -> None:
        assert self._process.stdin is not None
        view = memoryview(data)
        while view:
            view = view[self._process.stdin.write(view) :]

    def _receive(self, view: memoryview) -> None:
        assert self._process.stdout is not None
        while view:
            count = self._process.stdout.readinto(view)  # type: ignore[attr-defined]
            if not count:
                raise EOFError
            view = view[count:]

    def end(self) -> None:
        """Kill the process."""
        self.sound = False
        self._process.kill()
        self._process.wait()
        self.forget()

    def forget(self) -> None:
        """Close this process's ends of the pipes."""
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with contextlib.suppress(OSError):
                pipe.close()

    def disown(self) -> None:
        """Forget the process in a forked child: it belongs to the parent."""
        self.forget()
        self._process.returncode = 0  # or `Popen` would wait for it


class Pool:
    """Workers of this process, idle or lent."""

    def __init__(self) -> None:
        self._free = threading.Condition()
        self._idle: list[Worker] = []
        self._lent: list[Worker | None] = []

    def take(self, needed: str) -> Worker:
        """Lend this thread a worker that has imported `needed`; wait while all are busy."""
        with self._free:
            while True:
                idle = next((worker for worker in self._idle if worker.needed == needed), None)
                if idle is not None:
                    self._idle.remove(idle)
                    self._lent.append(idle)
                    return idle
                if len(self._idle) + len(self._lent) < current_settings().workers:
                    break
                if self._idle:
                    self._idle.pop(0).end()
                    break
                self._free.wait()
            self._lent.append(None)  # reserve the place of a worker that starts outside the lock
        try:
            worker = Worker(needed)
        except BaseException:
            self._release(None)
            raise
        with self._free:
            self._lent.remove(None)
            self._lent.append(worker)
        return worker

    def give(self, worker: Worker) -> None:
        """Return a worker to the pool."""
        self._release(worker)

    def _release(self, worker: Worker | None) -> None:
        with self._free:
            if worker in self._lent:
                self._lent.remove(worker)
            if worker is not None and worker.sound:
                self._idle.append(worker)
            self._free.notify()

    def end(self) -> None:
        """End all workers, including those that are lent."""
        with self._free:
            workers = [*self._idle, *(worker for worker in self._lent if worker is not None)]
            self._idle.clear()
        for worker in workers:
            worker.end()

    def disown(self) -> None:
        """Forget all workers; called in a forked child, whose locks and lists may be in any state."""
        for worker in [*self._idle, *(worker for worker in self._lent if worker is not None)]:
            worker.disown()
        self.__init__()  # type: ignore[misc]


_POOL = Pool()
atexit.register(_POOL.end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_POOL.disown)
