"""Findings: what the kit found wrong, one sentence each; knows no check and needs no pytest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule of the contract that a plugin breaks.

    Parameters
    ----------
    rule
        The rule, in one or two words, such as ``"suffixes"``.
    subject
        What breaks it, such as ``"reader myformat"``.
    sentence
        What is wrong, and how it should be.

    Examples
    --------
    >>> print(Finding(rule="suffixes", subject="reader myformat", sentence="'.MYF' is not in lower case."))
    reader myformat: '.MYF' is not in lower case. [suffixes]
    """

    rule: str
    subject: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.sentence} [{self.rule}]"


def refuse(findings: Iterable[Finding]) -> None:
    """Raise an AssertionError with all findings, one a line; do nothing if there are none."""
    lines = [str(finding) for finding in findings]
    if lines:
        raise AssertionError("\n".join(lines))
