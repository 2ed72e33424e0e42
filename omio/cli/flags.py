"""What the library says, for somebody in a shell: its keywords as the flags of the command that runs.

Messages hold the keywords of Python, ``collision="overwrite"``, as values. The command's own parameters, which are
called as those keywords are, say which flag that is here: ``--collision overwrite``. It knows no keyword and no flag.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import click
from click.core import ParameterSource

from omio_core.policies import KINDS, Policies
from omio_core.wording import Advice, Aside, Blank, Keyword, OneOf, Part, Wording


def spoken(text: str, command: click.Context | None = None) -> str:
    """An error, a warning or advice as the command says it; a plain text, and where no command runs, as it is.

    Of advice every keyword becomes a flag, and what cannot be done by this command is left out where more is advised.
    A statement names what holds: there only what was typed, or holds where nothing is.
    """
    command = command or click.get_current_context(silent=True)
    return str(text) if command is None else _statement(text, command)


def _statement(text: Part, command: click.Context) -> str:
    if isinstance(text, Advice):
        return _advice(text, command) or str(text)
    if not isinstance(text, Wording):
        return str(text)
    words, spelled = "", True  # whether the last keyword is a flag, so that what stands beside it in Python can go
    for part in text.parts:
        if isinstance(part, Keyword):
            flag = _flag(part, command) if _is_said(part, command) else None
            spelled = flag is not None
            words += flag or part.text
        elif not (isinstance(part, Aside) and spelled):
            words += _statement(part, command)
    return words


def _advice(text: Part, command: click.Context) -> str | None:
    """What this command can do of what is advised; None where that is nothing."""
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
    """A keyword with its value as the flag with its value; None where this command has none."""
    option, value = _option(command.command, keyword.name), keyword.value
    if option is None:
        return _by_another_verb(keyword, command) or _by_a_file(keyword, command)
    flag = option.opts[0]
    if option.is_flag:
        return flag if value is not False else next(iter(option.secondary_opts), None)
    if value is None:
        return flag
    if option.multiple and isinstance(value, list | tuple):
        return " ".join(f"{flag} {_word(one, option)}" for one in value)
    return f"{flag} {_word(value, option)}"


def _by_another_verb(keyword: Keyword, command: click.Context) -> str | None:
    """What the verb called as the keyword does: ``merge="T"`` is ``omio merge --along T``."""
    verbs = getattr(command.parent and command.parent.command, "commands", {})
    verb = verbs.get(keyword.name)
    if verb is None or _option(verb, keyword.name) is None:
        return None
    return f"omio {keyword.name} {_flag(keyword, click.Context(verb, parent=command.parent))}"


def _by_a_file(keyword: Keyword, command: click.Context) -> str | None:
    """A policy without a flag of its own, as a line of the file of policies."""
    option = _option(command.command, "policies")
    if option is None or keyword.name not in KINDS or not isinstance(keyword.value, str):
        return None
    return f"{keyword.name}: {keyword.value} (a line in the {option.metavar} of {option.opts[0]})"


def _option(verb: click.Command, name: str) -> click.Option | None:
    return next((one for one in verb.params if isinstance(one, click.Option) and one.name == name), None)


def _is_said(keyword: Keyword, command: click.Context) -> bool:
    """Whether it is what was typed, or the policy where none was, or named without a value.

    A policy of a file or of the environment keeps its name: nobody typed its flag.
    """
    if keyword.value is None:
        return True
    if command.get_parameter_source(keyword.name) is ParameterSource.COMMANDLINE:
        return bool(command.params[keyword.name] == keyword.value)
    return any(one.name == keyword.name and one.default == keyword.value for one in fields(Policies))


def _word(value: Any, option: click.Option) -> str:
    """A value as it is spelled after its flag; where it is left to the reader, what the help calls it."""
    if isinstance(value, Blank):
        return str(value)
    if isinstance(value, OneOf):
        *others, last = (_word(one, option) for one in value.values)
        return f"{', '.join(others)} or {last}"
    if value is ... or isinstance(value, Mapping):
        return option.metavar or option.opts[0].lstrip("-").upper()
    if isinstance(value, list | tuple):
        return shlex.quote(",".join(map(str, value)))
    spelled: Callable[[Any], str] | None = getattr(option.type, "spelled", None)
    return shlex.quote(str(value) if spelled is None else spelled(value))
