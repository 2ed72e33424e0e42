"""Warnings point at the line of the user's that led to them, not into OMIO."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest

import omio
from omio_core import Image, from_dict
from omio_core.errors import AssumedAxesWarning, MetadataWarning, OmioWarning, warn
from omio_core.merging.merge import merge


def _folder(bare: Path) -> Path:
    (bare.parent / "other.tif").write_bytes(bare.read_bytes())
    return bare.parent


WAYS: dict[str, Callable[[Path, Path], Any]] = {
    "imread": lambda bare, out: omio.imread(bare),
    "imread_several": lambda bare, out: omio.imread(_folder(bare), return_list=True),
    "imopen": lambda bare, out: omio.imopen(bare).close(),
    "explain": lambda bare, out: omio.explain(bare),
    "convert_to_ometiff": lambda bare, out: omio.convert_to_ometiff(bare, out),
    "convert_several": lambda bare, out: omio.convert_to_ometiff(_folder(bare), out),
    "run": lambda bare, out: omio.plan(bare, out).run(),
    "run_several": lambda bare, out: omio.plan(_folder(bare), out).run(),
    "diff": lambda bare, out: omio.diff(bare, bare),
    "create_empty_metadata": lambda bare, out: omio.create_empty_metadata(
        shape=(1, 1, 2, 4, 4), input_metadata={"Channels": [{"Name": "a"}]}
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_line_is_the_callers(bare: Path, tmp_path: Path, way: str) -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        WAYS[way](bare, tmp_path)
    assert told
    assert all(issubclass(one.category, OmioWarning) for one in told)
    assert {one.filename for one in told} == {__file__}


def _differing() -> Image:
    """Two images merged, which state different sizes; that is found out where the metadata are first asked for."""
    pixels = np.zeros((1, 1, 1, 4, 5), np.uint8)
    said = [from_dict({"TimeIncrement": float(step)}, pixels.shape, "uint8") for step in (1, 2)]
    return merge([Image.of_array(pixels, axes="TZCYX", metadata=one) for one in said], "T", conflict="first")


def test_a_warning_carries_the_file_it_is_about(bare: Path) -> None:
    """As an attribute: nobody has to look for it in the message."""
    with pytest.warns(AssumedAxesWarning) as told:
        omio.imread(bare)
    (one,) = (record.message for record in told)
    assert isinstance(one, OmioWarning)
    assert one.path == str(bare)
    assert str(one).startswith(f"{bare}: ")


def test_of_what_is_found_out_while_writing(tmp_path: Path) -> None:
    image = _differing()  # no warning: they are errors here
    with pytest.warns(MetadataWarning, match="state different values") as told:
        omio.imwrite(tmp_path / "a.ome.tif", image)
    assert [one.filename for one in told] == [__file__]


def test_once_a_line_as_python_has_it(bare: Path) -> None:
    """The filter "default" tells it once for each line that calls, as of any other warning."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("default", AssumedAxesWarning)
        for _ in range(3):
            omio.explain(bare)
        omio.explain(bare)
    assert len(told) == 2
    assert told[1].lineno > told[0].lineno


def _below_functools() -> None:
    """Call `warn` as a module of OMIO's would that calls itself by way of `functools`."""
    names: dict[str, Any] = {"__name__": "omio_core.toy", "warn": warn, "MetadataWarning": MetadataWarning}
    source = "from functools import singledispatch\n@singledispatch\ndef f(x):\n    warn('a', MetadataWarning)\nf(1)"
    exec(compile(source, "toy.py", "exec"), names)


def test_the_standard_library_between_is_passed_over() -> None:
    """Functions of `functools` between two of OMIO's; in a thread of its own there is no line of the caller."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        _below_functools()
        thread = Thread(target=warn, args=("b", MetadataWarning))
        thread.start()
        thread.join()
    assert [Path(one.filename).name for one in told] == [Path(__file__).name, "threading.py"]


def test_a_warning_made_an_error_is_raised(bare: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(AssumedAxesWarning, match="taken for T"):
            omio.imread(bare)
