"""Translate messages of the library for the command line: its keywords become the flags of the command that runs.

Messages hold the keywords of Python, ``collision="overwrite"``, as values. Parameters of the command have the names of
those keywords and tell which flag each is here: ``--collision overwrite``. This module itself knows no keyword and no
flag.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import click
from click.core import ParameterSource

from omio_core.parsing.yaml import parse_scalar
from omio_core.policies import KINDS, Policies
from omio_core.wording import Advice, Aside, Blank, Keyword, OneOf, Part, Wording


def spoken(text: str, command: click.Context | None = None) -> str:
    """Return an error, a warning or advice in the words of the command.

    Plain text stays as it is, and so does any text where no command runs.

    In advice every keyword becomes a flag; alternatives that this command cannot do are left out if others remain. A
    statement names what is in force: in it, only keywords become flags that were typed or that hold by default.
    """
    command = command or click.get_current_context(silent=True)
    return str(text) if command is None else _statement(text, command)


def _statement(text: Part, command: click.Context) -> str:
    if isinstance(text, Advice):
        return _advice(text, command) or str(text)
    if not isinstance(text, Wording):
        return str(text)
    words, spelled = "", True  # spelled: the last keyword became a flag, so its aside about Python is dropped
    for part in text.parts:
        if isinstance(part, Keyword):
            flag = _flag(part, command) if _is_in_force(part, command) else None
            spelled = flag is not None
            words += flag or part.text
        elif not (isinstance(part, Aside) and spelled):
            words += _statement(part, command)
    return words


def _advice(text: Part, command: click.Context) -> str | None:
    """Return the part of the advice that this command can do; None where there is none."""
    if isinstance(text, Keyword):
        return _flag(text, command)
    if isinstance(text, Aside):
        return ""
    if isinstance(text, Advice):
        words = ""
        for joint, alternative in zip(("", *text.joints), text.alternatives, strict=True):
            if possible := _advice(alternative, command):
                words += (joint if words else "") + possible
        return words or None
    if isinstance(text, Wording):
        parts = [_advice(part, command) for part in text.parts]
        return None if None in parts else "".join(part or "" for part in parts)
    return text


def _flag(keyword: Keyword, command: click.Context) -> str | None:
    """Return a keyword with its value as a flag with its value; None where this command has no such flag."""
    option, value = _option(command.command, keyword.name), keyword.value
    if option is None:
        return _by_another_verb(keyword, command) or _by_a_file(keyword, command) or _by_reader_option(keyword, command)
    flag = option.opts[0]
    if option.is_flag:
        return flag if value is not False else next(iter(option.secondary_opts), None)
    if value is None:
        return flag
    if option.multiple and isinstance(value, list | tuple):
        return " ".join(f"{flag} {_word(item, option)}" for item in value)
    return f"{flag} {_word(value, option)}"


def _by_another_verb(keyword: Keyword, command: click.Context) -> str | None:
    """Return the command of the verb that has the keyword's name: ``merge="T"`` is ``omio merge --along T``."""
    verbs = getattr(command.parent and command.parent.command, "commands", {})
    verb = verbs.get(keyword.name)
    if verb is None or _option(verb, keyword.name) is None:
        return None
    return f"omio {keyword.name} {_flag(keyword, click.Context(verb, parent=command.parent))}"


def _by_a_file(keyword: Keyword, command: click.Context) -> str | None:
    """Return a policy without a flag of its own as a line of the file of policies."""
    option = _option(command.command, "policies")
    if option is None or keyword.name not in KINDS or not isinstance(keyword.value, str):
        return None
    return f"{keyword.name}: {keyword.value} (a line in the {option.metavar} of {option.opts[0]})"


def _by_reader_option(keyword: Keyword, command: click.Context) -> str | None:
    """Return an option of an installed reader or writer, which has no flag of its own: ``--option tiles=true``."""
    option = _option(command.command, "reader_options")
    if option is None:
        return None
    from omio_core.plugins.catalogue import catalogue

    known = catalogue()
    named = {name for owner in known.readers for name in owner.options}
    named |= {name for owner in known.writers for name in owner.options}
    if keyword.name not in named:
        return None
    return f"{option.opts[0]} {_assignment(keyword)}"


def _assignment(keyword: Keyword) -> str:
    """Return an option and its value as one word of the command line; what the user fills in as it is."""
    name, value = keyword.name, keyword.value
    if isinstance(value, Blank):
        return f"{name}={value}"
    if isinstance(value, OneOf):
        *others, last = (_assignment(Keyword.of(name, item)) for item in value.values)
        return f"{', '.join(others)} or {last}"
    if value is None or value is ...:
        return f"{name}=..."
    if isinstance(value, str):
        return shlex.quote(f"{name}={value if parse_scalar(value) == value and value else json.dumps(value)}")
    return shlex.quote(f"{name}={json.dumps(value, default=str)}")


def _option(verb: click.Command, name: str) -> click.Option | None:
    return next(
        (parameter for parameter in verb.params if isinstance(parameter, click.Option) and parameter.name == name), None
    )


def _is_in_force(keyword: Keyword, command: click.Context) -> bool:
    """Tell whether a keyword is what was typed, the policy in force where none was typed, or named without a value.

    A policy from a file or from the environment keeps its name: nobody typed its flag.
    """
    if keyword.value is None:
        return True
    if command.get_parameter_source(keyword.name) is ParameterSource.COMMANDLINE:
        return bool(command.params[keyword.name] == keyword.value)
    typed = command.params.get("reader_options") or {}
    if keyword.name in typed:
        return bool(typed[keyword.name] == keyword.value)
    return any(policy.name == keyword.name and policy.default == keyword.value for policy in fields(Policies))


def _word(value: Any, option: click.Option) -> str:
    """Return a value as it is written after its flag; for a value to be filled in, the word that the help uses."""
    if isinstance(value, Blank):
        return str(value)
    if isinstance(value, OneOf):
        *others, last = (_word(item, option) for item in value.values)
        return f"{', '.join(others)} or {last}"
    if value is ... or isinstance(value, Mapping):
        return option.metavar or option.opts[0].lstrip("-").upper()
    if isinstance(value, list | tuple):
        return shlex.quote(",".join(map(str, value)))
    spell: Callable[[Any], str] | None = getattr(option.type, "spelled", None)
    return shlex.quote(str(value) if spell is None else spell(value))
