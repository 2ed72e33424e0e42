"""Plans as JSON, and out of it: what does not fit is refused before anything is done; it opens no image."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from omio.sources.walk import Skipped
from omio_core.errors import MetadataError, OmioError, ReadError, WriteError
from omio_core.files import atomic
from omio_core.files.stamps import Fingerprint
from omio_core.images.overrides import Overrides, Request
from omio_core.metadata.namespaces import omio_version
from omio_core.policies import Policies

from .values import ACTIONS, Input, Output, PlanValues, WriteOptions

FORM = 2
"""Of the JSON; a plan of another form is refused."""


def dump(plan: PlanValues) -> str:
    """A plan as JSON; see `omio.planning.plan.Plan.to_json`."""
    told = {
        "omio_plan": FORM, "omio": omio_version(), "memory": plan.memory,
        "request": {
            "reader": plan.request.reader, "options": dict(plan.request.options),
            "policies": plan.request.policies.to_dict(), "stated": plan.request.overrides.stated(),
        },
        "writing": None if plan.writing is None else asdict(plan.writing),
        "outputs": [asdict(one) for one in plan.outputs],
        "skipped": [asdict(one) for one in plan.skipped], "family": plan.family, "notes": plan.notes,
    }  # fmt: skip
    try:
        return json.dumps(told, indent=1, allow_nan=False, ensure_ascii=False)
    except (TypeError, ValueError) as error:
        raise OmioError(
            "the plan cannot be saved", evidence=str(error), remedy="give options as texts and numbers"
        ) from error


def put(text: str, target: Path) -> None:
    """Write a plan to a file; what stands there is replaced if it is a plan, too."""
    replace = os.path.lexists(target)
    if replace:
        try:
            load(target)
        except OmioError as error:
            raise WriteError(
                f"{target} is kept: it is no plan", evidence=str(error.evidence), remedy="save under another name",
                path=str(target),
            ) from error  # fmt: skip
    atomic.land(target, lambda temporary: Path(temporary).write_text(text, "utf-8", "surrogateescape"), replace=replace)


def load(source: str | Path) -> PlanValues:
    """A plan out of JSON or a file; see `omio.planning.plan.Plan.from_json`."""
    text = source if isinstance(source, str) and source.lstrip().startswith("{") else _text(source)
    try:
        told = json.loads(text)
        if told["omio_plan"] != FORM:
            raise KeyError(f"its form is {told['omio_plan']!r}, this OMIO knows {FORM}")
        return _plan(told)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise MetadataError(
            "this is no plan that OMIO can run" if source is text else f"{source} is no plan that OMIO can run",
            evidence=f"{type(error).__name__}: {error}",
            remedy="make one with omio.plan(...).to_json() or omio plan --json",
        ) from error


def _text(source: str | Path) -> str:
    try:
        return Path(source).read_text("utf-8", "surrogateescape")
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no file {source}") from None
    except (OSError, ValueError) as error:  # a NUL in the name is a ValueError
        raise ReadError(f"{source} cannot be read", evidence=str(error), path=str(source)) from error


# --- out of JSON; what does not fit is a TypeError, KeyError or ValueError


def _plan(told: Mapping[str, Any]) -> PlanValues:
    said = told["request"]
    if not told["outputs"]:
        raise KeyError("it has no output")
    stated = dict(said["stated"])
    return PlanValues(
        outputs=tuple(_output(one) for one in told["outputs"]),
        request=Request(
            reader=_text_or_none(said["reader"]),
            options={name: _hashable(value) for name, value in said["options"].items()},
            policies=Policies(**said["policies"]),
            overrides=Overrides(**stated),
        ),
        writing=None if told["writing"] is None else WriteOptions(**told["writing"]),
        skipped=tuple(Skipped(**one) for one in told["skipped"]),
        family=tuple(told["family"]),
        notes=tuple(told["notes"]),
    )


def _output(told: Mapping[str, Any]) -> Output:
    known = dict(told) | {"inputs": tuple(_input(one) for one in told["inputs"])}
    if known["action"] not in ACTIONS:
        raise KeyError(f"there is no action {known['action']!r}")
    if (known["action"] == "read") != (known["path"] is None) or not known["inputs"]:
        raise KeyError("an output has no input, or its action and its name contradict each other")
    if known["stands"] is not None:
        known["stands"] = _fingerprint(known["stands"])
    for name in ("path", "wanted", "problem", "along", "dtype"):
        _text_or_none(known[name])
    return Output(**_tuples(Output, known, "shape", "padded", "conflicts", "unknown"))


def _input(told: Mapping[str, Any]) -> Input:
    known = dict(told) | {"members": tuple(_fingerprint(one) for one in told["members"])}
    if known["region"] is not None:
        known["region"] = {axis: (int(start), int(stop)) for axis, (start, stop) in known["region"].items()}
    if not isinstance(known["path"], str) or not known["members"] or type(known["image"]) is not int:
        raise TypeError("an input has no file")
    return Input(**_tuples(Input, known, "shape", "native_shape"))


def _fingerprint(told: Mapping[str, Any]) -> Fingerprint:
    path, size, mtime = (told[key] for key in ("path", "size", "mtime_ns"))
    if not isinstance(path, str):
        raise TypeError(f"{path!r} is no path")
    return Fingerprint(path, int(size), int(mtime))


def _tuples(kind: type[Input] | type[Output], known: dict[str, Any], *names: str) -> dict[str, Any]:
    """The fields of a value, those named as tuples; all of them, and no other, are there."""
    if odd := {f.name for f in fields(kind)} ^ known.keys():
        raise KeyError(", ".join(sorted(odd)))
    return known | {name: tuple(known[name]) for name in names if known[name] is not None}


def _text_or_none(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _hashable(value: Any) -> Any:
    """Lists, which JSON makes of tuples, as tuples again."""
    return tuple(_hashable(one) for one in value) if isinstance(value, list) else value
