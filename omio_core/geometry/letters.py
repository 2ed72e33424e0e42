"""Axis letters as somebody names them: whether they name the axes of an image at all; it knows no layout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from omio_core.errors import AmbiguousAxesError
from omio_core.wording import Aside, Keyword, advise, worded

CANONICAL = "TZCYX"
UNLABELLED = "Q"


def text(axes: Any) -> str:
    """Axes as somebody gives them, which are a text.

    Raises
    ------
    AmbiguousAxesError
    """
    if not isinstance(axes, str):
        raise AmbiguousAxesError(
            "axes must be a text", evidence=f"they are {axes!r}"[:200], remedy=advise("such as {axes}", axes="ZYX")
        )
    return axes


def check(axes: Any) -> str:
    """Axes that somebody names, whatever the shape is: letters, none of them twice, Y and X among them.

    Raises
    ------
    AmbiguousAxesError
    """
    named = text(axes).upper()
    refuse(named, None, caller=axes, lost=[a for a in "YX" if a not in named], example=example(len(named)))
    return named


def example(count: int) -> str:
    """Axes that an image of so many can have."""
    return CANONICAL if count >= 5 else {4: "TZYX", 3: "ZYX"}.get(count, "YX")


def labelled(native: str) -> str:
    """The axes of a file with a letter for each that has none, as an example: QYX as ZYX, QQYX as TZYX."""
    first = "TZ" if native.count(UNLABELLED) > 1 else "ZT"
    spare = iter(a for a in first + "CGBPAMLJKNOW" if a not in native)
    return "".join(next(spare, a) if a == UNLABELLED else a for a in native)


def refuse(
    native: str,
    shape: Sequence[int] | None,
    *,
    caller: str | None = None,
    lost: Sequence[str] = (),
    example: str = CANONICAL,
) -> None:
    """Refuse letters that stand twice or are none, and those of a caller that leave out Y or X (`lost`).

    Parameters
    ----------
    shape
        Lengths of the axes, if they are of an array or a file.
    caller
        The axes as the caller spells them, if they are a caller's.
    example
        Axes that would do.

    Raises
    ------
    AmbiguousAxesError
    """
    twice = sorted({a for a in native if native.count(a) > 1})
    wrong = sorted({a for a in native if not ("A" <= a <= "Z")})
    if caller is not None and UNLABELLED in native:
        wrong.append(UNLABELLED)
    unlike = shape is not None and len(native) != len(shape)
    if not (twice or wrong or lost or unlike):
        return
    evidence = [f"{len(native)} letters for {len(shape)} axes"] if shape is not None and unlike else []
    found = {"twice": twice, "not an axis": [a if a.isprintable() else ascii(a) for a in wrong], "missing": lost}
    evidence += [f"{what}: {', '.join(letters)}" for what, letters in found.items() if letters]
    remedy = advise("name every axis once, Y and X among them, such as {axes}", axes=example)
    if shape is not None and len(shape) < 2:
        call = Aside(', such as array.reshape(1, -1), and axes="YX"')
        remedy = advise("an image has the axes Y and X: give the array both{}", call)
    raise AmbiguousAxesError(
        worded(
            "{} are no axes {}",
            repr(native) if caller is None else Keyword.of("axes", caller, "r"),
            "of an image" if shape is None else f"for the shape {tuple(shape)}",
        ),
        evidence="; ".join(evidence),
        remedy=remedy,
        axes=native,
        shape=None if shape is None else tuple(shape),
    )
