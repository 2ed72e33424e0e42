"""Check axis letters: whether they can name the axes of an image; it knows no layout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from omio_core.errors import AmbiguousAxesError
from omio_core.wording import Aside, Keyword, advise, worded

CANONICAL = "TZCYX"
UNLABELLED = "Q"


def text(axes: Any) -> str:
    """Return the axes if they are a text.

    Raises
    ------
    AmbiguousAxesError
        They are not a text.
    """
    if not isinstance(axes, str):
        raise AmbiguousAxesError(
            "axes must be a text", evidence=f"they are {axes!r}"[:200], remedy=advise("such as {axes}", axes="ZYX")
        )
    return axes


def check(axes: Any) -> str:
    """Check the axes that a caller names, for any shape: distinct letters, Y and X among them. Return them in capitals.

    Raises
    ------
    AmbiguousAxesError
        They are not a text, a letter is not valid or occurs twice, or Y or X is missing.
    """
    letters = text(axes).upper()
    refuse(letters, None, caller=axes, lost=[a for a in "YX" if a not in letters], example=example(len(letters)))
    return letters


def example(count: int) -> str:
    """Example axes for an image with `count` axes."""
    return CANONICAL if count >= 5 else {4: "TZYX", 3: "ZYX"}.get(count, "YX")


def labelled(native: str) -> str:
    """Example axes for a file, with a letter for each unlabelled axis: ZYX for QYX, TZYX for QQYX."""
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
    """Refuse letters that are not valid, occur twice or do not fit the shape, and a caller's that lack Y or X.

    Parameters
    ----------
    native
        The letters, in upper case.
    shape
        Lengths of the axes; None if there is no array or file.
    caller
        The axes as the caller spelled them; None if they are the file's.
    lost
        Y and X, as far as the caller's letters lack them.
    example
        Valid axes, for the remedy.

    Raises
    ------
    AmbiguousAxesError
        The letters are refused; the evidence lists all reasons.
    """
    repeated = sorted({a for a in native if native.count(a) > 1})
    invalid = sorted({a for a in native if not ("A" <= a <= "Z")})
    if caller is not None and UNLABELLED in native:
        invalid.append(UNLABELLED)
    unequal = shape is not None and len(native) != len(shape)
    if not (repeated or invalid or lost or unequal):
        return
    evidence = [f"{len(native)} letters for {len(shape)} axes"] if shape is not None and unequal else []
    problems = {
        "twice": repeated,
        "not an axis": [a if a.isprintable() else ascii(a) for a in invalid],
        "missing": lost,
    }
    evidence += [f"{what}: {', '.join(letters)}" for what, letters in problems.items() if letters]
    remedy = advise("name every axis once, Y and X among them, such as {axes}", axes=example)
    if shape is not None and len(shape) < 2:
        reshaping = Aside(', such as array.reshape(1, -1), and axes="YX"')
        remedy = advise("an image has the axes Y and X: give the array both{}", reshaping)
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
