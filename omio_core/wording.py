"""Messages that keep the keywords they name, such as ``axes="ZYX"``, as values; it imports nothing of OMIO.

A `Wording` is the text that a user of Python reads. It also keeps its parts. From these the command line spells each
keyword as one of its flags, and leaves out what its command cannot do; it never searches sentences for keywords.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Any, Self, TypeAlias


@dataclass(frozen=True, slots=True)
class Blank:
    """A placeholder for a value that the user chooses: ``Blank("index or name")`` is ``<index or name>``."""

    words: str

    def __str__(self) -> str:
        return f"<{self.words}>"


@dataclass(frozen=True, slots=True)
class OneOf:
    """Several values of which the user chooses one: ``"number", "overwrite" or "skip"``."""

    values: Sequence[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyword:
    """A keyword that a message names.

    Parameters
    ----------
    name
        Name of the keyword.
    value
        Value of the keyword. None shows the name alone, ``axes=``; an Ellipsis, also inside a dict, is for the user to
        fill in.
    text
        Name and value as Python spells them.
    """

    name: str
    value: Any = None
    text: str

    @classmethod
    def of(cls, name: str, value: Any = None, conversion: str | None = None) -> Self:
        """Make a keyword and its spelling: texts in double quotes, with the conversion ``"r"`` as `repr` gives them."""
        return cls(name=name, value=value, text=f"{name}={repr(value) if conversion == 'r' else spelled(value)}")

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Aside:
    """Text for users of Python only, such as a call, or the flag beside a keyword.

    The command line omits it, except after a keyword that it cannot spell as a flag.
    """

    text: str

    def __str__(self) -> str:
        return self.text


class Wording(str):
    """A text that keeps its parts; see `worded` and `joined`.

    f-strings and ``+`` turn it into a plain text: it reads the same, and the command line shows its keywords as they
    are.

    Examples
    --------
    >>> worded("{}: {tile} means strips", "a.tif", tile=512)
    'a.tif: tile=512 means strips'
    """

    __slots__ = ("parts",)
    parts: tuple[Part, ...]

    def __new__(cls, parts: Iterable[Part]) -> Self:
        """Join the parts to a text."""
        parts = tuple(parts)
        self = super().__new__(cls, "".join(map(str, parts)))
        self.parts = parts
        return self

    def __reduce__(self) -> Any:
        return type(self), (self.parts,)


class Advice(Wording):
    """What the user can do: alternatives and the texts between them; see `advise` and `either`."""

    __slots__ = ()

    @property
    def alternatives(self) -> tuple[Part, ...]:
        """The alternatives: texts, or wordings whose keywords the user should pass."""
        return self.parts[::2]

    @property
    def joints(self) -> tuple[str, ...]:
        """The text before each alternative except the first."""
        return tuple(map(str, self.parts[1::2]))


Part: TypeAlias = str | Keyword | Aside
"""A part of a message: a text (also a `Wording`), a keyword, or an aside."""


def worded(template: str, /, *texts: object, **keywords: Any) -> Wording:
    """Make a statement that names keywords.

    Parameters
    ----------
    template
        As for `str.format`: ``{}`` is the next of `texts`, ``{axes}`` the keyword ``axes`` with its value,
        ``{axes!r}`` the same with the value as `repr` gives it.
    *texts
        Texts, wordings, keywords, asides; anything else is converted with `str`.
    **keywords
        Values of the keywords; see `Keyword`.

    Notes
    -----
    The command line spells a keyword of a statement as a flag if the user has typed that flag, if the value is that of
    a default policy, or if the keyword has no value.
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
    """Make an advice, what the user can do; see `worded` for the arguments.

    The command line spells all its keywords as flags.

    Examples
    --------
    >>> advise("name them: {axes}, one letter an axis", axes="TZYX")
    'name them: axes="TZYX", one letter an axis'
    """
    return Advice((worded(template, *texts, **keywords),))


def either(*alternatives: str | Aside, joint: str = ", or ") -> Advice:
    """Make an advice of several alternatives; the command line omits those its command cannot do, unless all are.

    Parameters
    ----------
    *alternatives
        Texts for all users, advice, or an aside, which is for users of Python only.
    joint
        The text before the last alternative; before the others it is a comma.

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
    """Join texts as `str.join` does, and keep the parts of wordings."""
    parts: list[Part] = []
    for text in texts:
        parts += [separator, text] if parts else [text]
    return Wording(parts)


def message(problem: BaseException) -> str:
    """The message of an error or a warning, as a `Wording` if it is one."""
    text = problem.args[0] if problem.args else None
    return text if isinstance(text, Wording) else str(problem)


def spelled(value: Any) -> str:
    """Spell a value as messages for users of Python show it."""
    if value is None:
        return ""
    if value is ...:
        return ".."
    if isinstance(value, OneOf):
        *others, last = map(spelled, value.values)
        return f"{', '.join(others)} or {last}"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key!r}: {spelled(item)}' for key, item in value.items())}}}"
    if isinstance(value, str):
        return f'"{value}"'
    return str(value) if isinstance(value, Blank) else repr(value)
