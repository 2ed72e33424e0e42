"""What keeps a plugin out besides its hooks' answers: unmarked hooks and malformed descriptions; imports no plugin.

Each function returns sentences about faults, so that the catalogue and the conformance kit say the same.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

from omio_core import hookspecs

from .descriptions import Reader, Writer

HOOKS: Mapping[str, inspect.Signature] = {
    name: inspect.signature(function)
    for name, function in vars(hookspecs).items()
    if name.startswith("omio_") and inspect.isfunction(function)
}
"""From the name of each hook to its signature, in the order in which they are called."""

REFERENCE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*\Z")
"""Matches ``package.module:function``."""


def unmarked(module: Any) -> Iterator[str]:
    """Yield a sentence for each function that has the name of a hook and is not marked with `hookimpl`."""
    for name in HOOKS:
        function = getattr(module, name, None)
        if function is not None and getattr(function, "omio_impl", None) is None:
            yield f"{name} has no @hookimpl and is never called; write @hookimpl above it"


def suffix_faults(suffixes: Any) -> Iterator[str]:
    """Yield a sentence for each fault of a description's suffixes.

    Examples
    --------
    >>> list(suffix_faults((".TIF",)))
    ["the suffix '.TIF' is not in lower case; write '.tif'"]
    """
    if isinstance(suffixes, str):
        yield f"suffixes is the text {suffixes!r}; write a tuple: ({suffixes!r},)"
        return
    if not isinstance(suffixes, tuple):
        yield f"suffixes is {suffixes!r}, no tuple of texts"
        return
    for suffix in suffixes:
        if not isinstance(suffix, str):
            yield f"the suffix {suffix!r} is no text"
        elif len(suffix) < 2 or not suffix.startswith("."):
            yield f"the suffix {suffix!r} does not begin with a dot; write {'.' + suffix.lower()!r}"
        elif suffix != suffix.lower():
            yield f"the suffix {suffix!r} is not in lower case; write {suffix.lower()!r}"
        elif "/" in suffix or "\\" in suffix or suffix.strip() != suffix:
            yield f"the suffix {suffix!r} is no end of a file's name"


def description_faults(description: Reader | Writer) -> Iterator[str]:
    """Yield a sentence for each field of a reader or writer that has a wrong type or form."""
    yield from suffix_faults(description.suffixes)
    function = "sniff" if isinstance(description, Reader) else "accepts"
    if not callable(getattr(description, function)):
        yield f"{function} is {getattr(description, function)!r}, no function"
    references = ("open", "template") if isinstance(description, Reader) else ("write", "refuse", "check")
    for field in references:
        reference = getattr(description, field)
        optional = field not in ("open", "write")
        if not (isinstance(reference, str) and REFERENCE.match(reference)) and not (optional and reference is None):
            yield f'{field} is {reference!r}; write it as the text "package.module:function"'
    if isinstance(description, Writer) and description.makes not in ("file", "folder"):
        yield f'makes is {description.makes!r}; write "file" or "folder"'
    for field in ("title", "install", "version"):
        if not isinstance(getattr(description, field), str):
            yield f"{field} is {getattr(description, field)!r}, no text"
    if type(description.revision) is not int or description.revision < 1:
        yield f"revision is {description.revision!r}; write a whole number from 1 on"
    yield from _option_faults(description.options)


def _option_faults(options: Any) -> Iterator[str]:
    if not isinstance(options, Mapping):
        yield f"options is {options!r}; write a mapping from each option to a sentence about it"
        return
    for name, text in options.items():
        if not isinstance(name, str) or not name.isidentifier():
            yield f"the option {name!r} cannot be written as a keyword"
        if not isinstance(text, str):
            yield f"the option {name!r} is described by {text!r}, no text"
