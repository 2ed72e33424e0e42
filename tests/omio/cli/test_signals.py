"""Signals that end a command: nothing half written stays, wherever they arrive; nothing is set in a library."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile

from omio.cli import signals

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 143), ("SIGINT", 130)])
def test_a_signal_cleans_up(name: str, code: int, tmp_path: Path) -> None:
    """It arrives as soon as the temporary file is there, which is when it could do most harm."""
    noise = np.random.default_rng(1).integers(0, 4000, (60, 512, 512)).astype(np.uint16)
    source, out = tmp_path / "noise.tif", tmp_path / "out"
    tifffile.imwrite(source, noise, imagej=True, metadata={"axes": "TYX"})
    # whoever starts the tests in the background may have them ignore Ctrl-C, and the command would, too
    run = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from omio.cli import main; main()"
    arguments = ["convert", str(source), "-o", str(out), "--compression", "lzma", "--workers", "1"]
    process = subprocess.Popen(
        [sys.executable, "-c", run, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    while process.poll() is None and not (out.is_dir() and any(out.iterdir())):
        time.sleep(0.001)
    process.send_signal(getattr(signal, name))
    _, problems = process.communicate(timeout=60)
    assert process.returncode == code, problems
    assert b"Traceback" not in problems
    assert list(out.iterdir()) == []


@pytest.fixture
def restored() -> None:
    """The signals of the tests as they were."""
    kept = {
        number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGALRM)
    }
    yield
    signals.finish()
    for number, handler in kept.items():
        signal.signal(number, handler)


WAITING = """
import os, signal, sys, time
from pathlib import Path
from omio.cli import signals
from omio_core.files import atomic

signals.install()
inside = {"__name__": "omio_core.files.temporaries", "reserve": atomic.reserve, "signal": signal}
exec('''def interrupted(goal):
    reserved = reserve(goal)
    signal.raise_signal(signal.SIGTERM)
    return reserved''', inside)
atomic.reserve = inside["interrupted"]
writer = {"__name__": "omio_plugins.example", "time": time}
exec("def write(temporary): time.sleep(60)", writer)
try:
    atomic.land(Path(sys.argv[1]) / "a.txt", writer["write"])
except signals.Terminated:
    print("terminated", os.listdir(sys.argv[1]))
"""


def test_it_waits_for_a_file_operation(tmp_path: Path) -> None:
    """Between the making of a temporary file and the code that removes it; in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", WAITING, str(tmp_path)], capture_output=True, text=True, timeout=50, check=False
    )
    assert done.stdout == "terminated []\n", done.stderr


IMPORTING = """
import signal, sys, time
from pathlib import Path
from omio.cli import signals

signals.install()
Path(sys.argv[1], "swallows.py").write_text(
    "import signal, time\\n"
    "try:\\n    signal.raise_signal(signal.SIGTERM)\\n    time.sleep(0.1)\\nexcept BaseException:\\n    pass\\n"
)
sys.path.insert(0, sys.argv[1])
try:
    import swallows
    print("imported")
    time.sleep(1)
except signals.Terminated:
    signals.finish()
    print("terminated")
"""


def test_it_waits_for_an_import(tmp_path: Path) -> None:
    """Whose module may catch everything: the signal is not lost in it."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORTING, str(tmp_path)], capture_output=True, text=True, timeout=25, check=False
    )
    assert done.stdout == "imported\nterminated\n", done.stderr


SWALLOWED = """
import signal, time
from omio.cli import signals

signals._AGAIN = 0.05
signals.install()
try:
    signal.raise_signal(signal.SIGTERM)
except BaseException:
    pass
try:
    time.sleep(30)
except signals.Terminated:
    signals.finish()
    time.sleep(0.2)
    print("terminated")
"""


def test_it_ends_what_catches_everything() -> None:
    done = subprocess.run([sys.executable, "-c", SWALLOWED], capture_output=True, text=True, timeout=25, check=False)
    assert done.stdout == "terminated\n", done.stderr


@pytest.mark.usefixtures("restored")
def test_what_is_ignored_stays_ignored() -> None:
    """As under nohup; and another thread sets nothing."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    thread = threading.Thread(target=signals.install)
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    signals.install()
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    with pytest.raises(signals.Terminated):
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
