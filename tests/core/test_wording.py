"""Texts that keep their parts: the text, the parts, and what becomes of them on the way."""

from __future__ import annotations

import copy
import json
import pickle
import warnings

import pytest

from omio_core.errors import OmioError, OmioWarning, warn
from omio_core.wording import Advice, Aside, Blank, Keyword, OneOf, Wording, advise, either, joined, message, worded


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (worded("{image}", image=Blank("index or name")), "image=<index or name>"),
        (worded("{merge}", merge=OneOf(("T", "Z", "C"))), 'merge="T", "Z" or "C"'),
        (worded("{axes} {axes!r}", axes="ZYX"), "axes=\"ZYX\" axes='ZYX'"),
        (worded("{axes} out", axes=None), "axes= out"),
        (worded("{a}, {b}", a=dict.fromkeys("XY", ...), b=...), "a={'X': .., 'Y': ..}, b=.."),
        (worded("{a} {b} {c}", a=True, b=0.5, c=["!x"]), "a=True b=0.5 c=['!x']"),
        (worded("{}: {} {{}}", "{axes}", 3), "{axes}: 3 {}"),
        (either("a", "b"), "a, or b"),
        (either("a", Aside("b"), advise("{c}", c=1), joint="; or "), "a, b; or c=1"),
        (joined("; ", ["a", worded("{c}", c=1), "b"]), "a; c=1; b"),
    ],
)
def test_the_text(said: Wording, text: str) -> None:
    """It is a text like any other, and a plain one after f-strings."""
    assert said == text
    assert type(f"{said}") is str
    assert json.loads(json.dumps(said)) == text


def test_the_parts() -> None:
    """A keyword keeps its value; alternatives keep what stands between them."""
    said = either("a", advise("choose {axes}{}", Aside(" (b)"), axes="ZYX"))
    assert said.joints == (", or ",)
    keyword = Keyword(name="axes", value="ZYX", text='axes="ZYX"')
    choice = said.alternatives[1]
    assert isinstance(choice, Advice)
    (words,) = choice.alternatives
    assert isinstance(words, Wording)
    assert words.parts == ("choose ", keyword, Aside(" (b)"))


def test_the_parts_survive_pickle_and_copy() -> None:
    """Alone, and in an error as it goes through a worker process."""
    error = OmioError(
        worded("{axes!r} does not fit", axes="ZZ"),
        evidence=worded("{tile}", tile=0),
        remedy=either("a", advise("{image}", image=Blank("name"))),
    )
    twins = [pickle.loads(pickle.dumps(error, n)) for n in range(2, pickle.HIGHEST_PROTOCOL + 1)]
    for twin in (*twins, copy.copy(error), copy.deepcopy(error)):
        for part in ("what", "evidence", "remedy"):
            before, after = getattr(error, part), getattr(twin, part)
            assert (type(after), after, after.parts) == (type(before), before, before.parts)
        assert str(twin) == str(error) == "axes='ZZ' does not fit\n  evidence: tile=0\n  remedy: a, or image=<name>"


def test_a_message_has_the_parts() -> None:
    """Of an error, and of a warning; what is of others is its text."""
    said = worded("leave out {tile}", tile=0)
    whole = message(OmioError("x", remedy=said))
    assert isinstance(whole, Wording)
    assert any(said in part.parts for part in whole.parts if isinstance(part, Wording))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        warn(said, OmioWarning)
    (one,) = told
    assert isinstance(one.message, OmioWarning)
    assert message(one.message) is said
    assert message(KeyError("a")) == "'a'"
    assert message(ValueError()) == ""
