"""Write under a name that may be taken: a policy decides; it knows no format and no picture."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from omio_core.errors import WriteError
from omio_core.files.names import numbered
from omio_core.plugins import rules
from omio_core.plugins.cases import CollisionCase
from omio_core.plugins.catalogue import catalogue
from omio_core.wording import OneOf, advise, worded


def under(target: str | os.PathLike[str], collision: str, put: Callable[[Path, bool], object]) -> Path | None:
    """Write a file under a name, and apply a policy if the name is taken.

    Parameters
    ----------
    target
        The requested path.
    collision
        Name of the policy for a path that exists already.
    put
        Called with the path to use, and whether an existing file there may be replaced; writes the file.

    Returns
    -------
    pathlib.Path or None
        The path used; None if the policy skips an existing path.

    Raises
    ------
    WriteError
        The path exists and the policy forbids replacing it, or `put` raises it.
    """
    rules.find("collision", collision)  # refuse an unknown policy now, not only when a name is taken
    suffixes = [suffix for writer in catalogue().writers for suffix in writer.suffixes]
    for candidate in numbered(target, suffixes):
        action = "write"
        if os.path.lexists(candidate):
            action = rules.decide("collision", collision, CollisionCase(path=str(candidate)))
        if action == "skip":
            return None
        if action == "number":
            continue
        if action == "update":
            raise _update_error(candidate)
        try:
            put(candidate, action == "overwrite")
        except WriteError as error:
            exists = isinstance(error.__cause__, FileExistsError) or os.path.lexists(candidate)
            if not exists or action == "overwrite":
                raise
            # another process took the name meanwhile
            action = rules.decide("collision", collision, CollisionCase(path=str(candidate)))
            if action == "skip":
                return None
            if action == "number":
                continue
            if action != "overwrite":
                raise  # an update, too, replaces only what it has looked at
            put(candidate, True)
        return candidate
    raise AssertionError("names never run out")


def _update_error(target: Path) -> WriteError:
    return WriteError(
        f"{target} exists already, and what would replace it has no source to compare it with",
        evidence=worded("{collision} is for conversions", collision="update"),
        remedy=advise("choose {collision}", collision=OneOf(("overwrite", "number", "skip", "raise"))),
        path=str(target),
    )
