"""Checks of what a plugin's module declares: version, hooks, names, suffixes, texts, references; needs no pytest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from omio_core.lazy import load
from omio_core.plugins.admission import (
    HOOKS,
    REFERENCE,
    answer_faults,
    call_fault,
    description_faults,
    hook_faults,
    hook_functions,
    unmarked,
    version_fault,
)
from omio_core.plugins.catalogue import catalogue
from omio_core.plugins.descriptions import Policy, Reader, Writer

from .candidate import Candidate, Offer
from .findings import Finding

ANSWERS: Mapping[str, type[Any]] = {"omio_readers": Reader, "omio_writers": Writer, "omio_policies": Policy}
"""From each hook without arguments to what it returns."""

_RULES = {"suffix": "suffixes", "option": "options", "revision": "revision", "name": "names"}
_POLICY_WORD = re.compile(r"[A-Za-z0-9][\w.+-]*\Z")


def hook_findings(plugin: Candidate, module: Any) -> Iterator[Finding]:
    """Yield the faults of a plugin's version and hooks."""

    def finding(rule: str, sentence: str) -> Finding:
        return Finding(rule=rule, subject=f"plugin {plugin.name}", sentence=sentence)

    if fault := version_fault(module):
        yield finding("OMIO_API", f"{fault}.")
    for sentence in unmarked(module):
        yield finding("hooks", f"{sentence}.")
    for sentence in hook_faults(module):
        yield finding("hooks", f"{sentence}.")
    if not any(name in HOOKS for name, _ in hook_functions(module)):
        yield finding("hooks", f"{plugin.value} implements none of {', '.join(HOOKS)}, and offers nothing.")


def answer_findings(plugin: Candidate, module: Any) -> Iterator[Finding]:
    """Yield the faults of what the hooks without arguments return."""
    for hook, kind in ANSWERS.items():
        function = getattr(module, hook, None)
        if function is None:
            continue
        subject = f"{hook} of {plugin.name}"
        try:
            faults = list(answer_faults(function(), kind))
        except BaseException as error:  # noqa: BLE001 - the plugin border: SystemExit too
            yield Finding(rule="answers", subject=subject, sentence=f"it fails: {type(error).__name__}: {error}")
            continue
        for sentence in faults:
            yield Finding(rule="answers", subject=subject, sentence=f"{sentence}.")


def name_findings(plugin: Candidate, offer: Offer) -> Iterator[Finding]:
    """Yield names that are no single word, or that another description or another installed plugin has."""
    others = [other for other in catalogue().plugins if (other.name, other.distribution) != _identity(plugin)]
    seen: set[tuple[str, str]] = set()
    for kind, name in _names(offer):
        subject = f"{kind} {name}"
        if kind.startswith("policy") and not (isinstance(name, str) and _POLICY_WORD.match(name)):
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
        field = sentence.split(" is ")[0]
        rule = next((rule for word, rule in _RULES.items() if word in field), "fields")
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
                yield from _call_findings(description, field, function, subject)
                continue
            sentence = f"{field}={reference!r} is {function!r}, no function."
        yield Finding(rule="references", subject=subject, sentence=sentence)


_ARGUMENTS = {"open": 1, "template": 1, "write": 3, "refuse": 2, "check": 2}
"""From each reference to the number of arguments with which the core calls it."""


def _call_findings(description: Reader | Writer, field: str, function: Any, subject: str) -> Iterator[Finding]:
    """Yield why a function cannot be called as its description says: without options, and with each of them."""
    options = dict(description.options) if field == "open" and isinstance(description.options, Mapping) else {}
    for given in ({}, options):
        fault = call_fault(function, field, _ARGUMENTS[field], given)
        if fault:
            rule = "options" if given else "references"
            yield Finding(rule=rule, subject=subject, sentence=f"{fault}.")
            return
