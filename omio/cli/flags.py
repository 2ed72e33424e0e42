"""What the library advises, for somebody in a shell: its keywords as the flags of the command that runs.

Errors and warnings name the keywords of Python, ``collision="overwrite"``. The command's own parameters, which are
called as those keywords are, say which flag that is here: ``--collision overwrite``. It knows no keyword and no flag.
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import click
from click.core import ParameterSource

from omio_core.policies import KINDS, Policies

_VALUE = r"""(?:"[^"]*"|'[^']*'|<[^<>]*>|\{[^{}]*\}|\[[^][]*\]|\([^()]*\)|-?\d+(?:\.\d+)?|\.\.|True|False|None)"""
_KEYWORD = re.compile(
    rf"(?<![\w./\\-])(?P<name>[a-z_]+)=(?P<value>{_VALUE})?(?![\w/\\=]|\.\w)"
    r"""(?P<also>(?:(?:,|\ or|,\ or)\ "[^"]*")*)"""  # collision="number", "overwrite" or "skip"
    r"(?P<aside>\ \((?:--|[a-z_]+=)[^()]*\))?"  # the flag, where the advice knows it already
)
_CALL = re.compile(r"\b\w+\.\w+\([^()]*\)|\b\w+\(\.\.\.\)")  # what only a program can do
_JOINT = re.compile(r"((?:,|;) (?:or )?)")
_REMEDY = re.compile(r"(\s+remedy: )(.*)", re.DOTALL)


def spoken(text: str, command: click.Context | None = None) -> str:
    """An error, a warning or a plan as the command says it; as it is where no command runs.

    Of a remedy every keyword becomes a flag, and what cannot be done by this command is left out where more is
    advised. Elsewhere names and texts of files stand between: there only what was typed, or holds where nothing is.
    """
    command = command or click.get_current_context(silent=True)
    if command is None:
        return text
    return "\n".join(_line(line, command) for line in text.split("\n"))


def advice(text: str, command: click.Context | None = None) -> str:
    """What somebody is told to do: every keyword as the flag of this command, and without what it cannot do."""
    command = command or click.get_current_context(silent=True)
    if command is None:
        return text
    ends: list[str] = []  # what this command cannot do, which a mark stands for meanwhile

    def mark(found: re.Match[str]) -> str:
        ends.append(found[0])
        return f"\0{len(ends) - 1}\0"

    turned = _KEYWORD.sub(lambda found: _flag(found, command) or mark(found), _CALL.sub(mark, text))
    return re.sub("\0(\\d+)\0", lambda found: ends[int(found[1])], _possible(turned))


def _line(line: str, command: click.Context) -> str:
    if remedy := _REMEDY.fullmatch(line):
        return remedy[1] + advice(remedy[2], command)

    def turn(found: re.Match[str]) -> str:
        ours = found["aside"] is not None or _is_said(found, command)
        return (ours and _flag(found, command)) or found[0]

    return _KEYWORD.sub(turn, line)


def _possible(text: str) -> str:
    """The advice without the alternatives that hold a mark, unless all of them do."""
    pieces = _JOINT.split(text)  # a piece, the joint before the next, ...
    kept: list[int] = []
    for i in range(0, len(pieces), 2):
        explains = i > 0 and pieces[i - 1] == ", " and i - 2 not in kept  # what goes: "axes=..., one letter an axis"
        if "\0" not in pieces[i] and not explains:
            kept.append(i)
    if not kept:
        return text
    return "".join((pieces[i - 1] if i != kept[0] else "") + pieces[i] for i in kept)


def _flag(found: re.Match[str], command: click.Context) -> str | None:
    """A keyword with its value as the flag with its value; None where this command has none."""
    name, text = found["name"], found["value"]
    option = _option(command.command, name)
    if option is None:
        return _by_another_verb(found, command) or _by_a_file(found, command)
    value = _value(text)
    if option.is_flag:
        if value is False and not option.secondary_opts:
            return None
        return option.secondary_opts[0] if value is False else option.opts[0]
    if text is None:
        said = option.opts[0]
    elif option.multiple and isinstance(value, list | tuple):
        said = " ".join(f"{option.opts[0]} {_word(one, option)}" for one in value)
    else:
        said = f"{option.opts[0]} {_word(value, option)}"
    return said + re.sub('"([^"]*)"', lambda other: _word(other[1], option), found["also"])


def _by_another_verb(found: re.Match[str], command: click.Context) -> str | None:
    """What the verb called as the keyword does: ``merge="T"`` is ``omio merge --along T``."""
    verbs = getattr(command.parent and command.parent.command, "commands", {})
    if found["name"] not in verbs or _option(verbs[found["name"]], found["name"]) is None:
        return None
    return f"omio {found['name']} {_flag(found, click.Context(verbs[found['name']], parent=command.parent))}"


def _by_a_file(found: re.Match[str], command: click.Context) -> str | None:
    """A policy without a flag of its own, as a line of the file of policies."""
    option = _option(command.command, "policies")
    if option is None or found["name"] not in KINDS or not isinstance(value := _value(found["value"]), str):
        return None
    return f"{found['name']}: {value} (a line in the {option.metavar} of {option.opts[0]})"


def _option(verb: click.Command, name: str) -> click.Option | None:
    return next((one for one in verb.params if isinstance(one, click.Option) and one.name == name), None)


def _is_said(found: re.Match[str], command: click.Context) -> bool:
    """Whether it is what was typed, or the policy where none was: no text of a file is taken for it by accident.

    A policy of a file or of the environment keeps its name: nobody typed its flag.
    """
    name, value = found["name"], _value(found["value"])
    if command.get_parameter_source(name) is ParameterSource.COMMANDLINE:
        return bool(command.params[name] == value)
    return any(one.name == name and one.default == value for one in fields(Policies))


class _Open(str):
    """A value that the advice leaves to its reader, such as ``<index or name>``."""


def _value(text: str | None) -> Any:
    try:
        return ast.literal_eval(text or "None")
    except (ValueError, SyntaxError):
        return _Open(text)


def _word(value: Any, option: click.Option) -> str:
    """A value as it is spelled after its flag; where the advice leaves it open, what the help calls it."""
    if isinstance(value, _Open) and value.startswith("<"):
        return value
    if isinstance(value, _Open | dict):
        return option.metavar or option.opts[0].lstrip("-").upper()
    if isinstance(value, list | tuple):
        return shlex.quote(",".join(map(str, value)))
    spelled: Callable[[Any], str] | None = getattr(option.type, "spelled", None)
    return shlex.quote(str(value) if spelled is None else spelled(value))
