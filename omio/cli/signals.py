"""The signals that end a command: all of them clean up as Ctrl-C does; a library never sets them, only this program.

An exception that arrives while a temporary file is made or renamed would leave it behind, and one that arrives in an
import can be lost: some packages catch everything there (seen with SIGTERM in one of about 20 runs). So a signal waits
for the end of such a step, which takes milliseconds.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType

_EVERY = 0.02  # seconds
_AGAIN = 2.0  # seconds after which a command that goes on all the same is stopped once more
_MOST = 500
"""How often a signal looks again before it ends the command whatever it does."""


class Terminated(KeyboardInterrupt):
    """The signal to terminate, where it arrives: it ends the command in the same way as Ctrl-C."""


def install() -> None:
    """Let SIGTERM, SIGHUP and Ctrl-C end the command with all its clean-up, unless they are ignored, as under nohup."""
    if threading.current_thread() is not threading.main_thread():
        return  # Python sets signals in the main thread only
    for name in ("SIGTERM", "SIGHUP", "SIGINT"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, _stop)


def _stop(number: int, frame: FrameType | None, tries: int = 0) -> None:
    if number != signal.SIGINT:
        signal.signal(number, signal.SIG_IGN)  # the clean-up is not interrupted once more
    if tries < _MOST and hasattr(signal, "setitimer") and _must_wait(frame):
        signal.signal(signal.SIGALRM, lambda _, later: _stop(number, later, tries + 1))
        signal.setitimer(signal.ITIMER_REAL, _EVERY)
        return
    if hasattr(signal, "setitimer"):  # a destructor, and code that catches everything, go on
        signal.signal(signal.SIGALRM, lambda _, later: _stop(number, later))
        signal.setitimer(signal.ITIMER_REAL, _AGAIN)
    raise KeyboardInterrupt if number == signal.SIGINT else Terminated


def finish() -> None:
    """Raise nothing more: the command has ended."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0)


def _must_wait(frame: FrameType | None) -> bool:
    """Whether a module is imported, or the innermost code of OMIO is that which makes, flushes and renames files."""
    ours = ""
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module == "importlib._bootstrap":
            return True
        if not ours and module.partition(".")[0] in ("omio", "omio_core", "omio_plugins"):
            ours = module
        frame = frame.f_back
    return ours.startswith("omio_core.files.")
