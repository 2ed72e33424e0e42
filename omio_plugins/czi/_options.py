"""The option `description` of the CZI reader, and how errors name it as a remedy; it opens no file."""

from __future__ import annotations

from omio_core.contract import UnknownOptionError, advise

READ, _IGNORE = "read", "ignore"

IGNORE = advise("read the pixels without the texts of the file: {description}", description=_IGNORE)
"""The remedy for every error about a text."""


def ignores_description(value: object) -> bool:
    """Whether the texts of a file are not to be asked.

    Raises
    ------
    UnknownOptionError
        The value is neither "read" nor "ignore".
    """
    if value not in (READ, _IGNORE):
        raise UnknownOptionError(
            f"the option description cannot be {value!r}",
            evidence='its values are "read" and "ignore"',
            remedy=advise("choose {description}, or leave it out", description=_IGNORE),
            options=("description",),
        )
    return value == _IGNORE
