"""Rules about names: which folders of a project are subjects, experiments and tags; pure, it looks at no folder."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from omio_core.errors import BatchError
from omio_core.merging.recipe import AXES

KINDS = ("prefix", "contains", "exact", "glob", "re")
"""How a rule compares a name with its text; written before the text, with a colon."""

RuleLike = str | Sequence[str]
"""A rule as text, or several of which one must fit."""

MERGES = ("files", "tags")
"""What can become one image: all files of a folder; all tag folders of an experiment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule about a name; letters count as they are written.

    Parameters
    ----------
    kind
        ``prefix``: the name starts with the text; ``contains``: the text is in it; ``exact``: it is the text; ``glob``:
        a shell pattern; ``re``: a regular expression that is found in it.
    text
        The text.
    """

    kind: str
    text: str

    def fits(self, name: str) -> bool:
        """Tell whether a name follows the rule."""
        if self.kind == "prefix":
            return name.startswith(self.text)
        if self.kind == "contains":
            return self.text in name
        if self.kind == "exact":
            return name == self.text
        if self.kind == "glob":
            return fnmatch.fnmatchcase(name, self.text)
        return re.search(self.text, name) is not None

    def __str__(self) -> str:
        return f"{self.kind}:{self.text}"


def parse(text: str, plain: str) -> Rule:
    """Return the rule that a text states.

    Parameters
    ----------
    text
        A kind of `KINDS`, a colon and the text; or the text alone.
    plain
        The kind of a text alone.

    Raises
    ------
    BatchError
        It is no text, or a regular expression that cannot be.

    Examples
    --------
    >>> parse("TP", "contains").fits("exp_TP001"), parse("re:TP0+1$", "contains").fits("exp_TP010")
    (True, False)
    """
    if not isinstance(text, str):
        raise BatchError(f"{text!r} is no rule", evidence=f"it is a {type(text).__name__}", remedy=_HOW)
    kind, colon, rest = text.partition(":")
    rule = Rule(kind=kind, text=rest) if colon and kind in KINDS else Rule(kind=plain, text=text)
    if rule.kind == "re":
        try:
            re.compile(rule.text)
        except re.error as error:
            raise BatchError(
                f"{text!r} is no rule", evidence=f"{rule.text!r} is no regular expression: {error}", remedy=_HOW
            ) from error
    return rule


_HOW = f"write a text, or one of {', '.join(f'{kind}:' for kind in KINDS)} and a text, such as prefix:sub-"


def several(rules: RuleLike, plain: str) -> tuple[Rule, ...]:
    """Return one rule or several, see `parse`.

    Raises
    ------
    BatchError
        As `parse`.
    """
    return tuple(parse(rule, plain) for rule in ([rules] if isinstance(rules, str) else rules))


def fits(name: str, rules: Sequence[Rule]) -> bool:
    """Tell whether a name follows one of the rules."""
    return any(rule.fits(name) for rule in rules)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the folders of a project are, and what becomes of the images in them.

    A rule is a text with its kind before it (``prefix:``, ``contains:``, ``exact:``, ``glob:``, ``re:``), or a text
    alone; of several rules one must fit.

    Parameters
    ----------
    subjects
        The folders in the root that are subjects. A text alone: the name starts with it.
    experiments
        The folders in a subject that are experiments. A text alone: the name contains it. None: the images lie in the
        subjects.
    levels
        Further levels of folders below the experiments, from the top. A text alone: the name contains it.
    tags
        The folders in a folder of the lowest level that hold parts of it. A text alone: the name starts with it. None:
        there are none. A folder without tag folders is taken as it is.
    subject_ids
        Only the subjects of these names; None: all.
    patterns
        Shell patterns of file names, as in `omio.Folder`.
    exclude
        Folders and files that are left out. A text alone: the name contains it.
    merges
        What becomes one image: ``"files"``, all files of a folder; ``"tags"``, all tag folders of a folder, in the
        order of their numbers. Else each file is an image of its own.
    along
        The axis to merge along: T, Z or C.

    Raises
    ------
    BatchError
        A rule is none, or there is no such merge or axis.
    """

    subjects: RuleLike = "sub-"
    experiments: RuleLike | None = ""
    levels: Sequence[RuleLike] = ()
    tags: RuleLike | None = None
    subject_ids: Sequence[str] | None = None
    patterns: str | Sequence[str] = ()
    exclude: RuleLike = ()
    merges: Sequence[str] = ()
    along: str = "T"

    subject_rules: tuple[Rule, ...] = field(init=False, repr=False, compare=False)
    level_rules: tuple[tuple[Rule, ...], ...] = field(init=False, repr=False, compare=False)
    tag_rules: tuple[Rule, ...] = field(init=False, repr=False, compare=False)
    exclude_rules: tuple[Rule, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        levels = (*(() if self.experiments is None else (self.experiments,)), *self.levels)
        parsed = {
            "subject_rules": several(self.subjects, "prefix"),
            "level_rules": tuple(several(level, "contains") for level in levels),
            "tag_rules": () if self.tags is None else several(self.tags, "prefix"),
            "exclude_rules": several(self.exclude, "contains"),
        }
        for name, rules in parsed.items():
            object.__setattr__(self, name, rules)
        if unknown := [merge for merge in self.merges if merge not in MERGES]:
            raise BatchError(f"there is no merge of {unknown[0]!r}", remedy=f"choose among {', '.join(MERGES)}")
        if self.merges and self.along not in tuple(AXES):
            raise BatchError(f"images cannot be merged along {self.along!r}", remedy=f"choose one of {', '.join(AXES)}")

    def describe(self) -> str:
        """Return the rules about folders in words, for messages."""
        words = [f"subjects {_words(self.subject_rules)}"]
        words += [
            f"{'experiments' if not number and self.experiments is not None else 'folders below'} {_words(level)}"
            for number, level in enumerate(self.level_rules)
        ]
        return "; ".join(words + ([f"tags {_words(self.tag_rules)}"] if self.tag_rules else []))


def _words(rules: Sequence[Rule]) -> str:
    return " or ".join(map(str, rules))
