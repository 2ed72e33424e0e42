"""An LSM file that is no local file gives the same pixels and facts, also in another process."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from omio_core.files.memory import MemoryLocation
from omio_core.images.opening import open_source

from .samples import KINDS


def test_all_kinds(tmp_path: Path, assert_same_in_memory: Callable[..., None]) -> None:
    names = [f"{name}.lsm" for name in KINDS]
    for name, make in KINDS.items():
        make(tmp_path / f"{name}.lsm")
    assert_same_in_memory(tmp_path, *names)


def test_real_files(data: Path, assert_same_in_memory: Callable[..., None]) -> None:
    for folder in (data / "lsm", data / "lsm-generated"):
        names = [path.name for path in folder.iterdir() if path.suffix == ".lsm"]
        assert names
        assert_same_in_memory(folder, *names)


READ = "import pickle, sys; image, array = pickle.load(sys.stdin.buffer); assert (image[...] == array).all()"


def test_an_image_is_read_in_another_process(tmp_path: Path, in_memory: Callable[..., MemoryLocation]) -> None:
    kind = KINDS["tzc"](tmp_path / "a.lsm")
    (one,) = open_source(in_memory(tmp_path, False).child("a.lsm")).images
    np.testing.assert_array_equal(one[...], kind.arrays[0])
    pair = pickle.dumps((one, kind.arrays[0]))
    ran = subprocess.run([sys.executable, "-c", READ], input=pair, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr.decode()
