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

    from . import show, signals
    from .app import app

    signals.install()
    try:
        code = app.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except signals.Terminated:
        code = 143
    except (click.Abort, KeyboardInterrupt) as error:
        code = 143 if isinstance(error.__context__, signals.Terminated) else 130  # click makes an Abort of it
    except BrokenPipeError:  # `omio info ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except (OmioError, OSError) as error:  # not about a path: a setting, the folder of the demo
        show.error("", error)
        code = 1
    signals.finish()
    sys.exit(code or 0)
