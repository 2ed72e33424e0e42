"""What keeps a plugin out: a wrong version, wrong hooks or answers, malformed descriptions; imports no plugin.

Each function returns sentences about faults, so that the catalogue and the conformance kit say the same.
"""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from omio_core import hookspecs

from .descriptions import OMIO_API, Reader, Writer

HOOKS: Mapping[str, inspect.Signature] = {
    name: inspect.signature(function)
    for name, function in vars(hookspecs).items()
    if name.startswith("omio_") and inspect.isfunction(function)
}
"""From the name of each hook to its signature, in the order in which they are called."""

REFERENCE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*\Z")
"""Matches ``package.module:function``."""


WORD = re.compile(r"[A-Za-z0-9_]+\Z")
"""Matches the name of a reader or writer: one word."""

_CLOSE = 0.9  # how similar to a hook an unmarked name must be to be its misspelling


def version_fault(module: Any) -> str:
    """Return a sentence about a plugin's ``OMIO_API`` that this OMIO does not load; "" if it loads it."""
    declared = getattr(module, "OMIO_API", None)
    if type(declared) is int:
        return "" if declared == OMIO_API else f"its OMIO_API is {declared}, and this OMIO loads only {OMIO_API}"
    if declared is None:
        return f"it states no OMIO_API; write OMIO_API = {OMIO_API}"
    return f"its OMIO_API is {declared!r}, no whole number; write OMIO_API = {OMIO_API}"


def hook_faults(module: Any) -> Iterator[str]:
    """Yield a sentence for each hook that is misspelt, or has arguments that no hook is given."""
    for name, function in hook_functions(module):
        if name in HOOKS:
            yield from _argument_faults(name, function)
            continue
        similar = difflib.get_close_matches(name, HOOKS, n=1, cutoff=0.0 if _marked(function) else _CLOSE)
        if similar:
            yield f"there is no hook {name}; did you mean {similar[0]}?"


def hook_functions(module: Any) -> Iterator[tuple[str, Any]]:
    """Yield the names and functions of what is marked as a hook, or named like one."""
    for name in dir(module):
        function = getattr(module, name, None)
        if callable(function) and (_marked(function) or name.startswith("omio_")) and not inspect.isclass(function):
            yield name, function


def _marked(function: Any) -> bool:
    return isinstance(getattr(function, "omio_impl", None), dict)


def _argument_faults(name: str, function: Any) -> Iterator[str]:
    allowed = list(HOOKS[name].parameters)
    words = f"{name}({', '.join(allowed)})"
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name not in allowed:
            yield f"{name} takes {parameter.name!r}, which no hook is given; write {words}"
        elif parameter.default is not parameter.empty:
            yield f"{name} has a default for {parameter.name!r}, so it is never given; write {words}"


def answer_faults(answer: Any, kind: type[Any]) -> Iterator[str]:
    """Yield a sentence for each fault of what a hook returned; `kind` is the class that its list must hold."""
    if isinstance(answer, kind):
        yield f"it returns a {kind.__name__}, no list; write it in brackets: return [{kind.__name__}(...)]"
    elif not isinstance(answer, Iterable) or isinstance(answer, str | bytes | Mapping):
        yield f"it returns {answer!r}, no list of {kind.__name__}; write return [...]"
    else:
        for item in answer:
            if not isinstance(item, kind):
                yield f"it returns {item!r}, which is no {kind.__name__}"


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
    if not isinstance(description.name, str) or not WORD.match(description.name):
        yield f"the name {description.name!r} is no single word; write letters, digits and underscores"
    yield from suffix_faults(description.suffixes)
    function = "sniff" if isinstance(description, Reader) else "accepts"
    if not callable(getattr(description, function)):
        yield f"{function} is {getattr(description, function)!r}, no function"
    references = ("open", "template") if isinstance(description, Reader) else ("write", "refuse", "check", "records")
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


def call_fault(function: Callable[..., Any], name: str, given: int, options: Mapping[str, Any]) -> str:
    """Return why a function of a plugin cannot be called, in a sentence; "" if it can be, or does not tell.

    Parameters
    ----------
    function, name
        The function, and what it is, such as ``"open"``.
    given
        Number of positional arguments.
    options
        The keyword arguments; the values are not looked at.
    """
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # a function of C has none
        return ""
    kinds = {parameter.kind for parameter in signature.parameters.values()}
    if inspect.Parameter.VAR_KEYWORD not in kinds:
        for option in options:
            if option not in signature.parameters:
                return f"{name} does not take the option {option!r}; it is {name}{signature}"
    try:
        signature.bind(*(None,) * given, **options)
    except TypeError as error:
        arguments = f"{given} argument{'' if given == 1 else 's'}"
        return f"{name} cannot be called with {arguments}: {error}; it is {name}{signature}"
    return ""
