"""The process that decodes: it may die, hang or be missing, and only the sub-block is charged with it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from omio_core.errors import CorruptFileError, MissingDependencyError, PluginError
from omio_core.settings import using
from omio_plugins.czi import _workers
from omio_plugins.czi._worker import JPEG

from .made import JPEGXR, RAW, ZSTD0, ZSTD1, Block, ramp, write

PIXELS = ramp(16, 24, dtype="u1")
PICTURE = imagecodecs.jpeg_encode(PIXELS, level=100)


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[_workers.Pool]:
    """A pool of the test's own, ended with it."""
    own = _workers.Pool()
    monkeypatch.setattr(_workers, "_POOL", own)
    yield own
    own.end()


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Put another program in place of the worker's."""

    def put(body: str) -> None:
        path = tmp_path / "worker.py"
        path.write_text(
            "import os, struct, sys, time\n"
            "requests, answers = os.fdopen(os.dup(0), 'rb'), os.fdopen(os.dup(1), 'wb', 0)\n"
            "answers.write(struct.pack('<2I', 0, 0))\n" + textwrap.dedent(body)
        )
        monkeypatch.setattr(_workers, "_SCRIPT", path)

    return put


def decode(data: bytes = PICTURE) -> np.ndarray:
    out = np.empty(PIXELS.shape, "u1")
    _workers.decode(JPEG, 0, PIXELS.shape, data, out.reshape(-1).data)
    return out


def test_one_worker_serves_many_requests(pool: _workers.Pool) -> None:
    first = decode()
    (worker,) = pool._idle
    assert np.abs(first.astype(int) - PIXELS).max() < 5
    for _ in range(5):
        np.testing.assert_array_equal(decode(), first)
    assert pool._idle == [worker]


def test_what_cannot_be_decoded_leaves_the_worker_alive(pool: _workers.Pool) -> None:
    decode()
    before = list(pool._idle)
    with pytest.raises(CorruptFileError, match="cannot be decoded"):
        decode(b"nonsense")
    with pytest.raises(CorruptFileError, match="cannot be decoded"):
        decode(imagecodecs.jpeg_encode(ramp(8, 8, dtype="u1")))
    assert pool._idle == before
    decode()


def test_a_worker_that_dies_is_replaced(pool: _workers.Pool, script, monkeypatch: pytest.MonkeyPatch) -> None:
    script("requests.read(24); os._exit(11)")
    with pytest.raises(CorruptFileError, match="exit code 11"):
        decode()
    assert pool._idle == []
    monkeypatch.undo()
    decode()


def test_a_worker_that_dies_in_its_answer(pool: _workers.Pool, script) -> None:
    script("requests.read(24); answers.write(struct.pack('<2I', 0, 384) + b'half'); os._exit(3)")
    with pytest.raises(CorruptFileError, match="exit code 3"):
        decode()


def test_a_worker_that_says_too_much(pool: _workers.Pool, script) -> None:
    script("requests.read(24); answers.write(struct.pack('<2I', 0, 1 << 31) + b'x' * 100); os._exit(0)")
    with pytest.raises(CorruptFileError):
        decode()
    assert pool._idle == []


def test_a_request_that_takes_too_long_ends_the_worker(pool: _workers.Pool, script) -> None:
    """The worker's own watch, with a shorter time; nothing of this process waits for a clock."""
    source = Path(_workers.__file__).with_name("_worker.py")
    script(
        f"""
        import importlib.util
        spec = importlib.util.spec_from_file_location("worker", {str(source)!r})
        worker = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(worker)
        worker.SECONDS = 0.2
        worker.decode = lambda *_: time.sleep(60)
        worker.serve(requests, answers)
        """
    )
    with pytest.raises(CorruptFileError, match="took too long"):
        decode()


def test_a_worker_that_does_not_start(pool: _workers.Pool, script, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path(_workers._SCRIPT).with_name("_nothing.py")
    monkeypatch.setattr(_workers, "_SCRIPT", path)
    with pytest.raises(PluginError, match="does not start"):
        decode()
    assert pool._lent == []


def test_threads_share_as_many_workers_as_the_settings_have(pool: _workers.Pool) -> None:
    wanted = decode()
    with using(workers=2), ThreadPoolExecutor(6) as threads:
        for got in threads.map(lambda _: decode(), range(40)):
            np.testing.assert_array_equal(got, wanted)
    assert 1 <= len(pool._idle) <= 2
    assert pool._lent == []


def test_an_interrupted_question_is_not_answered_to_the_next(
    pool: _workers.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = decode()
    (worker,) = pool._idle

    def interrupted(view: memoryview) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(worker, "_receive", interrupted)
    with pytest.raises(KeyboardInterrupt):
        decode()
    assert pool._idle == []
    np.testing.assert_array_equal(decode(), wanted)


def test_workers_end_with_their_process(tmp_path: Path) -> None:
    """Its end is the end of the pipe, however it comes."""
    pytest.importorskip("psutil")
    code = f"""
import os, sys
sys.path[:0] = {sys.path!r}
import numpy as np
from omio_plugins.czi import _workers
data = bytes.fromhex({PICTURE.hex()!r})
_workers.decode(1, 0, (16, 24), data, np.empty(384, "u1").data)
print(_workers._POOL._idle[0]._process.pid, flush=True)
os._exit(0) if sys.argv[1] == "hard" else None
"""
    import psutil

    for how in ("soft", "hard"):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code, how], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        assert not done.stderr
        number = int(done.stdout)
        if psutil.pid_exists(number):
            psutil.wait_procs([psutil.Process(number)], timeout=20)
        assert not psutil.pid_exists(number) or psutil.Process(number).status() == psutil.STATUS_ZOMBIE


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_has_workers_of_its_own(pool: _workers.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    code = f"""
import os, sys
sys.path[:0] = {sys.path!r}
import numpy as np
from omio_plugins.czi import _workers
data = bytes.fromhex({PICTURE.hex()!r})
def ask():
    out = np.empty(384, "u1")
    _workers.decode(1, 0, (16, 24), data, out.data)
    return out.tobytes(), _workers._POOL._idle[0]._process.pid
first, number = ask()
child = os.fork()
if not child:
    got, other = ask()
    _workers._POOL.end()
    os._exit(0 if got == first and other != number else 1)
assert os.waitpid(child, 0)[1] == 0
assert ask() == (first, number)
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr


def test_without_aicspylibczi_raw_and_zstd_still_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read, describe
) -> None:
    monkeypatch.setitem(sys.modules, "aicspylibczi", None)
    pixels = ramp(20, 30)
    for compression in (RAW, ZSTD0, ZSTD1):
        path = write(tmp_path / f"{compression}.czi", [Block(pixels=pixels, compression=compression)])
        np.testing.assert_array_equal(read(path)[0][0, 0, 0], pixels)
    path = write(tmp_path / "x.czi", [Block(pixels=pixels, compression=JPEGXR)])
    assert describe(path)[0].levels[0].shape == (20, 30)
    with pytest.raises(MissingDependencyError, match="aicspylibczi") as caught:
        read(path)
    assert "pip install" in caught.value.remedy


def test_no_thread_and_no_file_is_left(pool: _workers.Pool) -> None:
    before = set(threading.enumerate())
    decode()
    assert set(threading.enumerate()) == before
    (worker,) = pool._idle
    pool.end()
    assert worker._process.returncode is not None
    assert worker._process.stdin.closed
    assert worker._process.stdout.closed
