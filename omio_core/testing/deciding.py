"""Checks of policies: pure functions that answer every case of their kind; needs no pytest."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any
from unittest import mock

from omio_core.plugins.cases import CASES
from omio_core.plugins.descriptions import Policy
from omio_core.policies import ACTIONS

from .findings import Finding

_REPEATS = 20  # a policy that throws a coin answers all of them alike about once in a million times

_CASES: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "shapes": (
        {"axis": "T", "shapes": ((1, 1, 1, 4, 5), (1, 1, 1, 4, 6)), "sources": ("a.tst", "b.tst")},
        {"axis": "C", "shapes": ((3, 2, 1, 4, 5), (2, 9, 1, 1, 1)), "sources": ("a.tst (image 1)", "ä b.tst")},
    ),
    "dtypes": (
        {"dtypes": ("uint8", "uint16"), "sources": ("a.tst", "b.tst")},
        {"dtypes": ("complex64", "int64"), "sources": ("a.tst", "b.tst")},
    ),
    "conflict": (
        {"fact": "PhysicalSizeX", "about": "size", "values": (0.25, 0.5), "sources": ("a.tst", "b.tst")},
        {"fact": "TimeIncrement", "about": "time", "values": (1.0, 2.5), "sources": ("a.tst", "b.tst")},
        {"fact": "Channels[0].Name", "about": "fact", "values": ("GFP", "Zellkörper"), "sources": ("a.tst", "b.tst")},
        {"fact": "lens", "about": "annotation", "values": (["40x"], {"a": None}), "sources": ("a.tst", "b.tst")},
    ),
    "missing": (
        {"path": "/data/a.tst", "missing": ("PhysicalSizeX", "PhysicalSizeY")},
        {"path": "/data/ä b.tst", "missing": ("TimeIncrement",)},
        {"path": "https://example.org/a.tst", "missing": ("PhysicalSizeZ",)},
    ),
    "axes": (
        {"path": "/data/a.tst", "assumptions": ("the axis Q is time",)},
        {"path": "a.tst", "assumptions": ("the axis H folds into C", "the axis R folds into C")},
    ),
    "absent_files": (
        {"path": "/data/a.tst", "absent": ("b.tst",)},
        {"path": "/data/a.tst", "absent": tuple(f"{n}.tst" for n in range(2000))},
    ),
    "absent_planes": (
        {"path": "/data/a.tst", "absent": {0: "T=1 Z=0 C=0"}},
        {"path": "/data/a.tst", "absent": {0: "T=1", 7: "all of it"}},
    ),
    "collision": ({"path": "/data/a.tst"}, {"path": "/data/no such folder/ä b.tst"}),
}


def cases(kind: str) -> tuple[Any, ...]:
    """Return cases of a kind of policy, unlike one another."""
    case: Any = CASES[kind]
    return tuple(case(**copy.deepcopy(dict(fields))) for fields in _CASES[kind])


def policy_findings(policy: Policy) -> Iterator[Finding]:
    """Yield the faults of one policy; it decides each case several times."""
    subject = f"policy {policy.kind}={policy.name}"
    if policy.kind not in ACTIONS:
        sentence = f"there is no kind {policy.kind!r}; the kinds are {', '.join(ACTIONS)}."
        yield Finding(rule="policy", subject=subject, sentence=sentence)
        return
    summary = policy.summary.strip() if isinstance(policy.summary, str) else ""
    if not summary.endswith((".", "?", "!")) or " " not in summary:
        sentence = f"the summary {policy.summary!r} is no sentence; say in one what the policy does."
        yield Finding(rule="texts", subject=subject, sentence=sentence)
    decide: Any = policy.decide
    if not callable(decide):
        yield Finding(rule="policy", subject=subject, sentence=f"decide is {decide!r}, no function.")
        return
    yield from (Finding(rule="policy", subject=subject, sentence=sentence) for sentence in _faults(policy))


def _faults(policy: Policy) -> Iterator[str]:
    actions = ACTIONS[policy.kind]
    answers: list[Any] = []
    for case in cases(policy.kind):
        before = copy.deepcopy(case)
        try:
            with _no_files():
                answer = policy.decide(case)
        except Exception as error:  # noqa: BLE001 - the plugin border
            yield f"decide fails with {type(error).__name__}: {error}, for the case {before}."
            return
        if not isinstance(answer, str) or answer not in actions:
            yield f"decide returns {answer!r}, which is none of {', '.join(actions)}, for the case {before}."
            return
        if case != before:
            yield f"decide changes its case: {before} becomes {case}."
            return
        answers.append(answer)
    for _ in range(_REPEATS):
        for case, first in zip(cases(policy.kind), answers, strict=True):
            if policy.decide(case) != first:
                yield f"decide returns {first!r} and another time something else for the same case {case}."
                return


def _no_files() -> Any:
    """Return a context in which opening a file fails."""
    message = "a policy decides from its case alone, and opens no file"
    return mock.patch("builtins.open", side_effect=PermissionError(message))
