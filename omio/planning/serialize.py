"""Save plans as JSON and load them; what does not fit is refused before anything is done; opens no image."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from omio.sources.walk import Skipped
from omio_core.errors import MetadataError, OmioError, ReadError, WriteError
from omio_core.files import atomic
from omio_core.files.local import locate
from omio_core.files.location import Location
from omio_core.files.positioned import Stamp
from omio_core.files.stamps import Fingerprint
from omio_core.images.conversion import Conversion
from omio_core.images.overrides import Overrides, Request
from omio_core.metadata.namespaces import omio_version
from omio_core.policies import Policies

from .values import ACTIONS, Failed, Input, Output, PlanValues, WriteOptions

FORM = 4
"""Version of the JSON form; a plan of another form is refused."""


def dump(plan: PlanValues) -> str:
    """Return a plan as JSON; see `omio.planning.plan.Plan.to_json`.

    Raises
    ------
    OmioError
        An option has a value that JSON does not know.
    """
    document = {
        "omio_plan": FORM, "omio": omio_version(), "memory": plan.memory,
        "request": {
            "reader": plan.request.reader, "options": dict(plan.request.options),
            "policies": plan.request.policies.to_dict(), "stated": plan.request.overrides.stated(),
        },
        "writing": None if plan.writing is None else asdict(plan.writing),
        "outputs": [_output_record(output) for output in plan.outputs],
        "skipped": [asdict(skip) for skip in plan.skipped], "failed": [asdict(one) for one in plan.failed],
        "stale": [asdict(one) for one in plan.stale], "family": plan.family, "notes": plan.notes,
    }  # fmt: skip
    try:
        return json.dumps(document, indent=1, allow_nan=False, ensure_ascii=False)
    except (TypeError, ValueError) as error:
        raise OmioError(
            "the plan cannot be saved", evidence=str(error), remedy="give options as texts and numbers"
        ) from error


def _output_record(output: Output) -> dict[str, Any]:
    inputs = [_input_record(source) for source in output.inputs]
    stands = None if output.stands is None else _file_record(output.stands)
    return asdict(replace(output, inputs=(), stands=None)) | {"inputs": inputs, "stands": stands}


def _input_record(source: Input) -> dict[str, Any]:
    record: dict[str, Any] = {"path": _local_path(source.location)}
    for field in fields(source):
        if field.name != "location":
            record[field.name] = getattr(source, field.name)
    return record | {"members": [_file_record(member) for member in source.members]}


def _local_path(location: Location) -> str:
    try:
        return location.local_path()
    except ReadError as error:
        raise OmioError(
            "the plan cannot be saved", evidence=str(error.what), remedy="run it in this process, or plan local files"
        ) from error


def _file_record(member: Fingerprint) -> dict[str, Any]:
    stamp = member.stamp
    return {"path": _local_path(member.location), "size": stamp.size, "mtime_ns": stamp.mtime_ns, "tag": stamp.tag}


def put(text: str, target: Path) -> None:
    """Write a plan to a file; an existing file is replaced only if it is a plan, too.

    Raises
    ------
    WriteError
        The existing file is no plan, or the file cannot be written.
    """
    taken = os.path.lexists(target)
    if taken:
        try:
            load(target)
        except OmioError as error:
            raise WriteError(
                f"{target} is kept: it is no plan", evidence=str(error.evidence), remedy="save under another name",
                path=str(target),
            ) from error  # fmt: skip
    atomic.land(target, lambda temporary: Path(temporary).write_text(text, "utf-8", "surrogateescape"), replace=taken)


def load(source: str | Path) -> PlanValues:
    """Load a plan from JSON or a file; see `omio.planning.plan.Plan.from_json`.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ReadError
        The file cannot be read.
    MetadataError
        It is no plan, or a plan of another form.
    """
    text = source if isinstance(source, str) and source.lstrip().startswith("{") else _text(source)
    try:
        document = json.loads(text)
        if document["omio_plan"] != FORM:
            raise KeyError(f"its form is {document['omio_plan']!r}, this OMIO knows {FORM}")
        return _plan(document)
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


# --- from JSON to values; what does not fit is a TypeError, KeyError or ValueError


def _plan(document: Mapping[str, Any]) -> PlanValues:
    request = document["request"]
    if not document["outputs"]:
        raise KeyError("it has no output")
    stated = dict(request["stated"])
    return PlanValues(
        outputs=tuple(_output(output) for output in document["outputs"]),
        request=Request(
            reader=_text_or_none(request["reader"]),
            options={name: _hashable(value) for name, value in request["options"].items()},
            policies=Policies(**request["policies"]),
            overrides=Overrides(**stated),
        ),
        writing=None if document["writing"] is None else WriteOptions(**document["writing"]),
        skipped=tuple(Skipped(**skip) for skip in document["skipped"]),
        failed=tuple(
            Failed(path=one["path"], problem=one["problem"]) for one in document["failed"] if "problem" in one
        ),
        stale=tuple(Skipped(**one) for one in document["stale"]),
        family=tuple(document["family"]),
        notes=tuple(document["notes"]),
    )


def _output(record: Mapping[str, Any]) -> Output:
    values = dict(record) | {"inputs": tuple(_input(source) for source in record["inputs"])}
    if values["action"] not in ACTIONS:
        raise KeyError(f"there is no action {values['action']!r}")
    if (values["action"] == "read") != (values["path"] is None) or not values["inputs"]:
        raise KeyError("an output has no input, or its action and its name contradict each other")
    if values["stands"] is not None:
        values["stands"] = _fingerprint(values["stands"])
    if values["conversion"] is not None:
        conversion = dict(values["conversion"])
        values["conversion"] = Conversion(**(conversion | {"inputs": tuple(conversion["inputs"])}))
    for name in ("path", "wanted", "problem", "along", "dtype", "why", "older"):
        _text_or_none(values[name])
    return Output(**_tuples(Output, values, "shape", "padded", "conflicts", "unknown"))


def _input(record: Mapping[str, Any]) -> Input:
    values = dict(record) | {"members": tuple(_fingerprint(member) for member in record["members"])}
    path = values.pop("path")
    if not isinstance(path, str) or not path or type(values["image"]) is not int:
        raise TypeError("an input has no file")
    if not isinstance(values["listing"], str) or not (values["members"] or values["listing"]):
        raise TypeError(f"nothing says in which version {path} was planned")
    values["location"] = locate(path)
    if values["region"] is not None:
        values["region"] = {axis: (int(start), int(stop)) for axis, (start, stop) in values["region"].items()}
    return Input(**_tuples(Input, values, "shape", "native_shape"))


def _fingerprint(record: Mapping[str, Any]) -> Fingerprint:
    path, size, mtime = (record[key] for key in ("path", "size", "mtime_ns"))
    if not isinstance(path, str):
        raise TypeError(f"{path!r} is no path")
    return Fingerprint(
        locate(path), Stamp(int(size), None if mtime is None else int(mtime), str(record.get("tag", "")))
    )


def _tuples(kind: type[Input] | type[Output], values: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return the fields of a value, the named ones as tuples; raise KeyError unless exactly its fields are there."""
    if unexpected := {f.name for f in fields(kind)} ^ values.keys():
        raise KeyError(", ".join(sorted(unexpected)))
    return values | {name: tuple(values[name]) for name in names if values[name] is not None}


def _text_or_none(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _hashable(value: Any) -> Any:
    """Turn lists, which JSON makes of tuples, into tuples again."""
    return tuple(_hashable(item) for item in value) if isinstance(value, list) else value
