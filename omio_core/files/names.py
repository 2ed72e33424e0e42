"""Names beside a name that is taken: ``x-1.ome.tif`` for ``x.ome.tif``; knows no format and looks at no file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

_OF_OME = re.compile(r"\.ome\.\w+\Z", re.IGNORECASE)
"""Matches the two-part suffixes of formats that carry OME metadata; such a suffix is never split."""


def numbered(path: str | os.PathLike[str], suffixes: Sequence[str] = ()) -> Iterator[Path]:
    """Yield the path itself, then ``x-1.ome.tif``, ``x-2.ome.tif``, ...; suffixes such as ``.ome.tif`` are not split.

    Parameters
    ----------
    path
        The wanted path.
    suffixes
        More suffixes that are not split, in lower case with the dot.

    Examples
    --------
    >>> names = numbered("x.ome.tif")
    >>> [str(next(names)) for _ in range(3)]
    ['x.ome.tif', 'x-1.ome.tif', 'x-2.ome.tif']
    """
    target = Path(path)
    yield target
    match = _OF_OME.search(target.name)
    suffix = match[0] if match and match.start() else target.suffix
    known = [end for end in suffixes if target.name.lower().endswith(end) and len(target.name) > len(end)]
    length = max(map(len, (*known, suffix)))
    cut = len(target.name) - length
    number = 1
    while True:
        yield target.with_name(f"{target.name[:cut]}-{number}{target.name[cut:]}")
        number += 1
