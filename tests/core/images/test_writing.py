"""The way out: what a writer may say before it writes, and what comes of a writer that fails."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from omio_core.contract import Match, Verdict, Writer, WriteRequest, Written
from omio_core.errors import MissingDependencyError, WriteError
from omio_core.images import writing
from omio_core.images.image import Image


@pytest.fixture
def image() -> Image:
    return Image.of_array(np.zeros((1, 1, 1, 2, 3), np.uint8), axes="TZCYX")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[WriteRequest]:
    """What the functions of the writers below were asked, in order."""
    seen: list[WriteRequest] = []

    def write(path: str, images: list[Image], request: WriteRequest) -> Written:
        seen.append(request)
        Path(path).write_text("whole")
        return Written()

    def likes(images: list[Image], request: WriteRequest) -> None:
        seen.append(request)

    def refuses(images: list[Image], request: WriteRequest) -> None:
        raise WriteError(f"not at level {request.compression_level}")

    def fails(images: list[Image], request: WriteRequest) -> None:
        raise KeyError("level")

    module = types.ModuleType("omio_pens")
    module.write, module.likes, module.refuses, module.fails = write, likes, refuses, fails  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "omio_pens", module)
    return seen


@pytest.fixture
def pen(catalogue: Callable[..., None]) -> Callable[[str | None], None]:
    """Puts a writer in force whose `refuse` is the function named."""

    def put(refuse: str | None) -> None:
        catalogue(writers=[
            Writer(
                name="pen", title="Pen", suffixes=(".pen",), accepts=lambda images: Verdict(Match.EXACT, "anything"),
                write="omio_pens:write", refuse=refuse, options={"ink": "its colour"},
            ),
        ])  # fmt: skip

    return put


@pytest.mark.parametrize("refuse", [None, "omio_pens:likes"])
def test_a_writer_is_asked_what_it_is_asked_to_write(
    tmp_path: Path, image: Image, asked: list[WriteRequest], pen: Callable[[str | None], None], refuse: str | None
) -> None:
    pen(refuse)
    path = writing.write(
        tmp_path / "a.pen", [image], compression_level=7, tile=32, verify="none", options={"ink": "red"}
    )
    assert path == tmp_path / "a.pen"
    assert path.read_text() == "whole"
    assert asked == [asked[0]] * (1 if refuse is None else 2)
    (found, *_) = asked
    assert (found.compression_level, found.tile, found.digests, found.options, found.name) == (
        7,
        32,
        False,
        {"ink": "red"},
        "a.pen",
    )


def test_what_it_refuses_is_not_begun(
    tmp_path: Path, image: Image, asked: list[WriteRequest], pen: Callable[[str | None], None]
) -> None:
    pen("omio_pens:refuses")
    with pytest.raises(WriteError, match="not at level 3"):
        writing.write(tmp_path / "a.pen", [image])
    assert asked == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("refuse", "error", "words"),
    [
        ("omio_pens:fails", WriteError, "the writer pen raised KeyError"),
        ("omio_no_pens:likes", MissingDependencyError, "needs a package"),
    ],
)
def test_a_writer_that_fails_to_say_is_named(
    tmp_path: Path, image: Image, asked: list[WriteRequest], pen: Callable[[str | None], None], refuse: str,
    error: type[Exception], words: str,
) -> None:  # fmt: skip
    pen(refuse)
    with pytest.raises(error, match=words):
        writing.write(tmp_path / "a.pen", [image])
    assert asked == []
    assert list(tmp_path.iterdir()) == []
