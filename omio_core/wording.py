"""Messages that name keywords of Python, such as ``axes="ZYX"``, with these as values; it imports nothing of OMIO.

A `Wording` is a text, as somebody in Python reads it. It also keeps its parts, so that the command line can spell each
keyword as a flag of its own and leave out what its command cannot do, without looking for keywords in sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Any, Self, TypeAlias


@dataclass(frozen=True, slots=True)
class Blank:
    """A value that the reader chooses: ``Blank("index or name")`` is ``<index or name>``."""

    words: str

    def __str__(self) -> str:
        return f"<{self.words}>"


@dataclass(frozen=True, slots=True)
class OneOf:
    """Several values, of which the reader chooses one: ``"number", "overwrite" or "skip"``."""

    values: Sequence[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyword:
    """A keyword that a message names.

    Parameters
    ----------
    name
        Of the keyword.
    value
        Its value. None names the keyword alone, ``axes=``; an Ellipsis, also within a dict, is left to the reader.
    text
        Both as Python spells them.
    """

    name: str
    value: Any = None
    text: str

    @classmethod
    def of(cls, name: str, value: Any = None, conversion: str | None = None) -> Self:
        """A keyword and its spelling: texts in double quotes, or with the conversion ``"r"`` as `repr` has them."""
        return cls(name=name, value=value, text=f"{name}={repr(value) if conversion == 'r' else spelled(value)}")

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Aside:
    """Words for Python only, such as a call, or the flag named beside a keyword.

    The command line leaves it out, but behind a keyword that it cannot spell as a flag.
    """

    text: str

    def __str__(self) -> str:
        return self.text


class Wording(str):
    """A text that keeps its parts; see `worded` and `joined`.

    f-strings and ``+`` make a plain text of it: it reads the same, and the command line shows its keywords as they are.

    Examples
    --------
    >>> worded("{}: {tile} means strips", "a.tif", tile=512)
    'a.tif: tile=512 means strips'
    """

    __slots__ = ("parts",)
    parts: tuple[Part, ...]

    def __new__(cls, parts: Iterable[Part]) -> Self:
        """The text that the parts make."""
        parts = tuple(parts)
        self = super().__new__(cls, "".join(map(str, parts)))
        self.parts = parts
        return self

    def __reduce__(self) -> Any:
        return type(self), (self.parts,)


class Advice(Wording):
    """What somebody can do: alternatives, with their joints between; see `advise` and `either`."""

    __slots__ = ()

    @property
    def alternatives(self) -> tuple[Part, ...]:
        """Texts, or wordings whose keywords are to be given."""
        return self.parts[::2]

    @property
    def joints(self) -> tuple[str, ...]:
        """The text before each alternative but the first."""
        return tuple(map(str, self.parts[1::2]))


Part: TypeAlias = str | Keyword | Aside
"""Of a message: a text, which may be a wording itself, a keyword, or an aside."""


def worded(template: str, /, *texts: object, **keywords: Any) -> Wording:
    """A statement that names keywords.

    Parameters
    ----------
    template
        As for `str.format`: ``{}`` stands for the next of `texts`, ``{axes}`` for the keyword ``axes`` with its value,
        ``{axes!r}`` for the same with the value as `repr` has it.
    *texts
        Texts, wordings, keywords, asides; anything else as `str` has it.
    **keywords
        Values; see `Keyword`.

    Notes
    -----
    The command line spells a keyword of a statement as a flag where the user has typed it, where the value is that of
    a default policy, or where it is named without a value.
    """
    parts: list[Part] = []
    following = iter(texts)
    for literal, field, _, conversion in Formatter().parse(template):
        if literal:
            parts.append(literal)
        if field:
            parts.append(Keyword.of(field, keywords[field], conversion))
        elif field is not None:
            text = next(following)
            parts.append(text if isinstance(text, Part) else str(text))
    return Wording(parts)


def advise(template: str, /, *texts: object, **keywords: Any) -> Advice:
    """What somebody can do; see `worded` for the arguments.

    The command line spells all its keywords as flags.

    Examples
    --------
    >>> advise("name them: {axes}, one letter an axis", axes="TZYX")
    'name them: axes="TZYX", one letter an axis'
    """
    return Advice((worded(template, *texts, **keywords),))


def either(*alternatives: str | Aside, joint: str = ", or ") -> Advice:
    """Several things that somebody can do. The command line leaves out what its command cannot do, unless that is all.

    Parameters
    ----------
    *alternatives
        Texts for everybody, advice, or an aside, which is for Python only.
    joint
        What stands before the last; before the others stands a comma.

    Examples
    --------
    >>> either("read a part of it", advise("take {lazy}", lazy=True), "convert it")
    'read a part of it, take lazy=True, or convert it'
    """
    parts: list[Part] = []
    for index, alternative in enumerate(alternatives):
        if index:
            parts.append(joint if index == len(alternatives) - 1 else ", ")
        parts.append(alternative)
    return Advice(parts)


def joined(separator: str, texts: Iterable[str]) -> Wording:
    """As `str.join`; the parts of wordings are kept."""
    parts: list[Part] = []
    for text in texts:
        parts += [separator, text] if parts else [text]
    return Wording(parts)


def message(problem: BaseException) -> str:
    """What an error or a warning says; with its parts, where it has any."""
    text = problem.args[0] if problem.args else None
    return text if isinstance(text, Wording) else str(problem)


def spelled(value: Any) -> str:
    """A value as messages to somebody in Python spell it."""
    if value is None:
        return ""
    if value is ...:
        return ".."
    if isinstance(value, OneOf):
        *others, last = map(spelled, value.values)
        return f"{', '.join(others)} or {last}"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key!r}: {spelled(one)}' for key, one in value.items())}}}"
    if isinstance(value, str):
        return f'"{value}"'
    return str(value) if isinstance(value, Blank) else repr(value)
