"""Checks of what a plugin's module declares: version, hooks, names, suffixes, texts, references; needs no pytest."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

from omio_core.lazy import load
from omio_core.plugins.admission import HOOKS, REFERENCE, description_faults, unmarked
from omio_core.plugins.catalogue import catalogue
from omio_core.plugins.descriptions import OMIO_API, Policy, Reader, Writer

from .candidate import Candidate, Offer
from .findings import Finding

ANSWERS: Mapping[str, type[Any]] = {"omio_readers": Reader, "omio_writers": Writer, "omio_policies": Policy}
"""From each hook without arguments to what it returns."""

_WORD = re.compile(r"[A-Za-z0-9][\w.+-]*\Z")
_CLOSE = 0.9  # how similar to a hook a name must be to be its misspelling


def hook_findings(plugin: Candidate, module: Any) -> Iterator[Finding]:
    """Yield the faults of a plugin's version and hooks."""

    def finding(rule: str, sentence: str) -> Finding:
        return Finding(rule=rule, subject=f"plugin {plugin.name}", sentence=sentence)

    declared = getattr(module, "OMIO_API", None)
    if declared is None:
        yield finding("OMIO_API", f"{plugin.module} states no version of the contract; write OMIO_API = {OMIO_API}")
    elif type(declared) is not int or declared != OMIO_API:
        yield finding("OMIO_API", f"OMIO_API is {declared!r}; this OMIO loads only plugins with OMIO_API = {OMIO_API}")
    for sentence in unmarked(module):
        yield finding("hooks", f"{sentence}.")
    found = 0
    for name, function in _functions(module):
        if name in HOOKS:
            found += 1
            for sentence in _argument_faults(name, function):
                yield finding("hooks", sentence)
            continue
        similar = difflib.get_close_matches(name, HOOKS, n=1, cutoff=0.0 if _marked(function) else _CLOSE)
        if similar:
            yield finding("hooks", f"there is no hook {name}; did you mean {similar[0]}?")
    if not found:
        yield finding("hooks", f"{plugin.value} implements none of {', '.join(HOOKS)}, and offers nothing.")


def _functions(module: Any) -> Iterator[tuple[str, Any]]:
    """Yield what is marked as a hook, and what is named like one."""
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
            yield f"{name} takes {parameter.name!r}, which no hook is given; write {words}."
        elif parameter.default is not parameter.empty:
            yield f"{name} has a default for {parameter.name!r}, so it is never given; write {words}."


def answer_findings(plugin: Candidate, module: Any) -> Iterator[Finding]:
    """Yield the faults of what the hooks without arguments return."""
    for hook, kind in ANSWERS.items():
        function = getattr(module, hook, None)
        if function is None:
            continue
        subject = f"{hook} of {plugin.name}"
        try:
            items = list(function())
        except BaseException as error:  # noqa: BLE001 - the plugin border: SystemExit too
            yield Finding(rule="answers", subject=subject, sentence=f"it fails: {type(error).__name__}: {error}")
            continue
        for item in items:
            if not isinstance(item, kind):
                yield Finding(rule="answers", subject=subject, sentence=f"it returns {item!r}, no {kind.__name__}.")


def name_findings(plugin: Candidate, offer: Offer) -> Iterator[Finding]:
    """Yield names that are no single word, or that another description or another installed plugin has."""
    others = [other for other in catalogue().plugins if (other.name, other.distribution) != _identity(plugin)]
    seen: set[tuple[str, str]] = set()
    for kind, name in _names(offer):
        subject = f"{kind} {name}"
        if not isinstance(name, str) or not _WORD.match(name):
            yield Finding(rule="names", subject=subject, sentence=f"the name {name!r} is no single word.")
        if (kind, name) in seen:
            yield Finding(rule="names", subject=subject, sentence=f"two of this plugin have the name {name!r}.")
        seen.add((kind, name))
        for other in others:
            if (kind, name) in _names(other):
                sentence = f"the name {name!r} is taken: the plugin {other.name} has it already; choose another."
                yield Finding(rule="names", subject=subject, sentence=sentence)


def _identity(plugin: Candidate) -> tuple[str, str]:
    return plugin.name, plugin.distribution


def _names(offer: Any) -> list[tuple[str, Any]]:
    return [
        *(("reader", reader.name) for reader in offer.readers),
        *(("writer", writer.name) for writer in offer.writers),
        *((f"policy of {policy.kind}", policy.name) for policy in offer.policies),
    ]


def description_findings(plugin: Candidate, description: Reader | Writer) -> Iterator[Finding]:
    """Yield the faults of one reader's or writer's fields."""
    subject = f"{type(description).__name__.lower()} {description.name}"
    for sentence in description_faults(description):
        rule = next((word for word in ("suffix", "option", "revision") if word in sentence.split(" is ")[0]), "fields")
        rule = {"suffix": "suffixes", "option": "options"}.get(rule, rule)
        yield Finding(rule=rule, subject=subject, sentence=f"{sentence}.")
    if isinstance(description.suffixes, tuple) and all(isinstance(suffix, str) for suffix in description.suffixes):
        yield from _order_findings(description, subject)
    if not str(description.title).strip():
        yield Finding(rule="texts", subject=subject, sentence="the title is empty; say for people what it is.")
    if isinstance(description.options, Mapping):
        for name, text in description.options.items():
            if isinstance(text, str) and not text.strip():
                yield Finding(rule="texts", subject=subject, sentence=f"the option {name!r} has no description.")
    if description.extra is not None and not plugin.ours:
        sentence = f"extra={description.extra!r} names an extra of omio-core; write the command in install= instead."
        yield Finding(rule="install", subject=subject, sentence=sentence)
    yield from _reference_findings(description, subject)


def _order_findings(description: Reader | Writer, subject: str) -> Iterator[Finding]:
    suffixes = description.suffixes
    if not suffixes and isinstance(description, Writer):
        yield Finding(rule="suffixes", subject=subject, sentence="a writer needs a suffix, and it has none.")
    for index, suffix in enumerate(suffixes):
        if suffix in suffixes[:index]:
            yield Finding(rule="suffixes", subject=subject, sentence=f"the suffix {suffix!r} is there twice.")
            continue
        for longer in suffixes[index + 1 :]:
            if longer != suffix and longer.endswith(suffix):
                sentence = f"{suffix!r} stands before {longer!r}, which ends in it; put the longest first."
                yield Finding(rule="suffixes", subject=subject, sentence=sentence)


def _reference_findings(description: Reader | Writer, subject: str) -> Iterator[Finding]:
    fields = ("open", "template") if isinstance(description, Reader) else ("write", "refuse", "check")
    for field in fields:
        reference = getattr(description, field)
        if not isinstance(reference, str) or not REFERENCE.match(reference):
            continue  # another check tells
        try:
            function = load(reference)
        except ImportError as error:
            hint = f"; run {description.install!r} first" if description.install else ""
            sentence = f"{field}={reference!r} cannot be imported: {error}{hint}."
        except AttributeError:
            module, _, name = reference.partition(":")
            sentence = f"{field}={reference!r} does not exist: {module} has no {name}."
        except Exception as error:  # noqa: BLE001 - the plugin border
            sentence = f"{field}={reference!r} cannot be imported: {type(error).__name__}: {error}."
        else:
            if callable(function):
                continue
            sentence = f"{field}={reference!r} is {function!r}, no function."
        yield Finding(rule="references", subject=subject, sentence=sentence)
