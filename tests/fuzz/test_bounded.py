"""The child that is bounded: what it may not do is found out, charged to the right file, and told apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile

from .bounded import Answer, Bounded

# The real child, with other steps: what a file is called is what it does.
MISBEHAVING = f"""
import importlib.util, os, struct, time
spec = importlib.util.spec_from_file_location("child", {str(Path(__file__).with_name("child.py"))!r})
child = importlib.util.module_from_spec(spec)
spec.loader.exec_module(child)
from omio_core.errors import CorruptFileError, OmioError


def steps(request, said):
    yield "describe"
    name = os.path.basename(request["path"])
    said["described"] = [[[1, 1, 1, 3, 4], "uint8"]]
    if name == "dies":
        os.abort()
    elif name == "ends":
        os._exit(3)
    elif name == "hangs":
        time.sleep(600)
    elif name == "grows":
        said["held"] = len(bytearray(2 << 30))
    elif name == "foreign":
        raise KeyError("it")
    elif name == "missing":
        raise FileNotFoundError(request["path"])
    elif name == "border":
        try:
            raise struct.error("it")
        except Exception as error:
            raise CorruptFileError("it", evidence=f"the reader tiff raised {{type(error).__name__}}: it") from error
    elif name == "refused":
        try:
            raise ValueError("it")
        except ValueError as error:
            raise CorruptFileError("it", evidence=str(error)) from error
    elif name == "empty":
        said["described"] = [[[1, 1, 0, 3, 4], "uint8"]]
    elif name == "nothing":
        said["described"] = []
    elif name == "warns":
        import warnings
        warnings.warn("it", RuntimeWarning)
    elif name == "prints":
        os.write(1, b"noise")
        print("more noise", flush=True)


child._steps = steps
child.main()
"""


@pytest.fixture(scope="module")
def misbehaving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bounded]:
    script = tmp_path_factory.mktemp("child") / "misbehaving.py"
    script.write_text(MISBEHAVING)
    with Bounded(seconds=3, script=script) as bounded:
        yield bounded


@pytest.fixture
def ask(misbehaving: Bounded, tmp_path: Path) -> Callable[[str], Answer]:
    def asked(name: str) -> Answer:
        (tmp_path / name).touch()
        return misbehaving.ask(tmp_path / name)

    return asked


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("dies", "SIGABRT"),
        ("ends", "exit 3"),
        ("hangs", "no answer in 3 s"),
        ("foreign", "foreign exception in describe: KeyError"),
        ("missing", "foreign exception in describe: FileNotFoundError"),
        ("border", "caught at the border"),
        ("empty", "empty"),
        ("nothing", "empty"),
        ("warns", "RuntimeWarning"),
    ],
)
def test_faults_are_found_and_the_next_file_is_read(name: str, fault: str, ask: Callable[[str], Answer]) -> None:
    answer = ask(name)
    assert answer.fault is not None
    assert fault in answer.fault
    with pytest.raises(AssertionError, match=name):
        answer.sound()
    assert ask("well").fault is None


@pytest.mark.parametrize("name", ["well", "refused", "prints"])
def test_what_is_no_fault(name: str, ask: Callable[[str], Answer]) -> None:
    assert ask(name).sound().outcome == ("CorruptFileError" if name == "refused" else "described")


def test_memory_is_bounded(ask: Callable[[str], Answer]) -> None:
    answer = ask("grows")
    if not answer.bounded:
        pytest.skip("this system does not bound the memory of a process")
    assert "MemoryError" in (answer.fault or "")
    assert ask("well").fault is None


def test_a_missing_file_is_missing(misbehaving: Bounded, tmp_path: Path) -> None:
    assert misbehaving.ask(tmp_path / "missing").sound().outcome == "FileNotFoundError"


def test_pixels_are_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with Bounded() as child:
        tifffile.imwrite(path, np.arange(12, dtype="u1").reshape(3, 4))
        (first,) = child.ask(path).sound().pictures or ()
        tifffile.imwrite(path, np.arange(12, dtype=">u1").reshape(3, 4), compression="zlib")
        (second,) = child.ask(path, watch=True).sound().pictures or ()
        watched = child.ask(path, watch=True).opened
        tifffile.imwrite(path, np.arange(1, 13, dtype="u1").reshape(3, 4))
        (third,) = child.ask(path).sound().pictures or ()
    assert first == second != third
    assert (first.shape, first.dtype, first.first) == ((1, 1, 1, 3, 4), "uint8", first.sha256)
    assert set(watched) == {path.resolve()}
    assert child.started == 1
