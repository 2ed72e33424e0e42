"""The command line: thin verbs over `omio`; it decides nothing and reads no pixel itself.

Exit codes: 0 all went well; 1 at least one path failed (the others were done); 2 the command was not understood;
130 interrupted; 143 terminated. Ctrl-C and the signal to terminate clean up what is half written.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line; the console scripts ``omio`` and ``omio-core``."""
    import click

    from omio_core.errors import OmioError

    from . import show
    from .app import app

    _terminate_as_interrupted()
    try:
        code = app.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except _Terminated:
        code = 143
    except (click.Abort, KeyboardInterrupt) as error:
        code = 143 if isinstance(error.__context__, _Terminated) else 130  # click makes an Abort of it
    except BrokenPipeError:  # `omio info ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except (OmioError, OSError) as error:  # not about a path: a setting, the folder of the demo
        show.error("", error)
        code = 1
    sys.exit(code or 0)


class _Terminated(KeyboardInterrupt):
    """The signal to terminate, where it arrives: it ends the command in the same way as Ctrl-C."""


def _terminate_as_interrupted() -> None:
    """Let SIGTERM, and SIGHUP where it is not ignored as under nohup, end the command with all its clean-up.

    Only the command line does so: the signals of a program belong to the program that imports a library.
    """
    import signal
    import threading

    def stop(number: int, frame: object) -> None:
        signal.signal(number, signal.SIG_IGN)  # the clean-up is not interrupted once more
        raise _Terminated

    if threading.current_thread() is not threading.main_thread():
        return  # Python sets signals in the main thread only
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, stop)
