"""Turn the keywords of a batch into how its leaves become files; it opens nothing."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from omio.planning import formats
from omio.planning.filenames import is_file
from omio.planning.values import WriteOptions
from omio.request import make_request, writer_options
from omio_core.errors import BatchError, UnknownOptionError
from omio_core.files.location import Location
from omio_core.plugins.catalogue import catalogue
from omio_core.policies import KINDS
from omio_core.settings import parse_bytes
from omio_core.wording import advise, worded

from .discover import CONVERTED
from .plans import Conversion

_STATED = ("reader", "axes", "pixel_size", "time_increment", "channel_names")
_WRITING = ("name", "layout", "compression_level", "tile", "verify", "workers")
_KNOWN = (*_STATED, *_WRITING, "to", "writer", "image", "max_memory", "remake")
_REFUSED = {"merge": "what is merged stands in the rules: merges=", "source": "the root is what is converted"}


def conversion_of(
    root: Location, out: str | os.PathLike[str] | None, beside: str | None, keywords: Mapping[str, Any]
) -> Conversion:
    """Return how the leaves of a project become files.

    Parameters
    ----------
    root
        The folder of the project.
    out
        The folder for the outputs; None for the folder `CONVERTED` in the root.
    beside
        As in `Conversion`.
    keywords
        Those of `omio.convert`.

    Raises
    ------
    UnknownOptionError
        There is no such keyword, policy, or option of a reader or writer.
    BatchError
        `out` is the name of a file, or the project is on no folder of this machine and `out` is None.
    OmioError
        A keyword has a value that cannot be.
    """
    _refuse_unknown(keywords)
    stated = {name: keywords.get(name) for name in _STATED}
    others = {name: value for name, value in keywords.items() if name not in _KNOWN}
    collision = others.setdefault("collision", "update")
    if collision != "update":
        raise BatchError(
            worded("a batch cannot have {collision}", collision=collision),
            evidence="it replaces what it made itself, where the input has changed, and nothing else",
            remedy=advise("leave out {collision}", collision=None),
        )
    if out is None and beside is None:
        out = Path(root.local_path(), CONVERTED)
    folder = Path(os.path.abspath(out if out is not None else root.local_path()))
    if is_file(folder, keywords.get("writer")):
        raise BatchError(f"{folder} is the name of one image", remedy="give a folder for the outputs", path=str(folder))
    writing = WriteOptions(
        writer=formats.choose(keywords.get("to"), keywords.get("writer"), None),
        max_memory=parse_bytes(keywords.get("max_memory")),
        options=writer_options(others),
        **{name: keywords[name] for name in _WRITING if name in keywords},
    )
    return Conversion(
        root=str(root),
        request=make_request(**stated, others=others, left_out=tuple(writing.options)),
        writing=writing,
        out=folder,
        beside=beside,
        remake=bool(keywords.get("remake")),
        image=keywords.get("image"),
    )


def _refuse_unknown(keywords: Mapping[str, Any]) -> None:
    """Refuse a keyword that nobody knows now: else it would be an error of each file.

    Raises
    ------
    UnknownOptionError
        There is one.
    """
    options = {name for reader in catalogue().readers for name in reader.options}
    options |= {name for writer in catalogue().writers for name in writer.options}
    known = {*_KNOWN, *KINDS, "policies", *options}
    for name in keywords:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise UnknownOptionError(
                f"there is no keyword {name!r}",
                evidence=_REFUSED.get(
                    name, "it is none of omio.convert, no policy, and no option of a reader or writer"
                ),
                remedy=f"did you mean {near[0]!r}?" if near else None,
            )
