"""The YAML sidecar that a person fills in: its keys and their values; it knows no pixel.

Keys are those of OMIO's public metadata: T, Z, C, Y, X (required), PhysicalSizeX, PhysicalSizeY, PhysicalSizeZ
(micrometres), TimeIncrement (seconds), Channels (names). Further keys: ``file`` (the name of the RAW file), ``flyback``
(images at the end of each volume that are not shown), ``Notes`` (anything).
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from typing import Any

from omio_core.contract import (
    Channel,
    Fact,
    Facts,
    Location,
    MetadataConflictError,
    MetadataError,
    MissingMetadataError,
    OmioError,
    parse_yaml,
    plain,
)

from ._candidates import in_words, shapes
from ._shape import StatedShape

NEEDED = ("T", "Z", "C", "Y", "X")
SIZES = ("PhysicalSizeX", "PhysicalSizeY", "PhysicalSizeZ", "TimeIncrement")
KEYS = ("file", *NEEDED, "flyback", *SIZES, "Channels", "Notes")
_MOST = 1 << 40  # for any length: more than a file system can store, while products stay small


def claims(data: bytes, name: str) -> bool:
    """Whether a YAML text of another name is the sidecar of the RAW file `name`: it has X and Y, and names no other."""
    try:
        mapping = parse_yaml(data)
    except OmioError:
        return False
    return isinstance(mapping, dict) and {"X", "Y"} <= set(mapping) and mapping.get("file") in (None, name)


def read(data: bytes, title: str, location: Location) -> dict[str, Any]:
    """The keys and values of a sidecar; nulls are left out.

    Parameters
    ----------
    data, title
        The YAML and its name.
    location
        The RAW file.

    Raises
    ------
    MetadataError
        The sidecar is malformed, or has an unknown key or an invalid value.
    MetadataConflictError
        The sidecar names another file.
    """
    path, name = str(location), location.name
    mapping = parse_yaml(data, title)
    if not isinstance(mapping, dict):
        raise _wrong(title, "it holds no keys with values", path)
    for key in mapping:
        if key not in KEYS:
            matches = difflib.get_close_matches(str(key).lower(), [known.lower() for known in KEYS], n=1)
            suggestion = next(
                (f"did you mean {known}?" for known in KEYS if [known.lower()] == matches), f"keys: {', '.join(KEYS)}"
            )
            raise MetadataError(f"{title} has the unknown key {key!r}", evidence=path, remedy=suggestion, path=path)
    values = {key: value for key, value in mapping.items() if value is not None}
    for key, minimum in (*((key, 1) for key in NEEDED), ("flyback", 0)):
        if key in values and (type(values[key]) is not int or not minimum <= values[key] <= _MOST):
            raise _wrong(title, f"{key} is {values[key]!r}, not a whole number from {minimum} on", path)
    for key in SIZES:
        value = values.get(key, 1.0)
        if type(value) not in (int, float) or not math.isfinite(value) or value <= 0:
            raise _wrong(title, f"{key} is {value!r}, not a number above 0", path)
    names = values.get("Channels", [])
    if not isinstance(names, list) or not all(isinstance(known, str) for known in names):
        raise _wrong(title, f"Channels is {names!r}, not a list of names", path)
    if str(values.get("file", name)) != name:
        raise MetadataConflictError(
            f"{title} is the sidecar of another file",
            evidence=f"its key file names {values['file']!r}, this is {name}",
            remedy="correct or remove the key file, if the sidecar is meant for both",
            path=path,
        )
    return values


def shape_of(values: Mapping[str, Any], title: str, path: str, size: int) -> StatedShape:
    """The shape that a sidecar states.

    Parameters
    ----------
    values
        What `read` returns.
    title, path
        See `read`.
    size
        Size of the RAW file in bytes, for the candidates that an error shows.

    Raises
    ------
    MissingMetadataError
        Some of T, Z, C, Y, X are not filled in.
    MetadataError
        The number of channel names is not the number of channels.
    """
    if missing := tuple(key for key in NEEDED if key not in values):
        known = {key: values[key] for key in NEEDED if key in values}
        raise MissingMetadataError(
            f"{title} does not say {', '.join(missing)} of {path}",
            evidence=f"the file has {size} bytes of 16-bit pixels; these fit: {in_words(shapes(size, known))}",
            remedy=f"fill in {', '.join(missing)} in {title}",
            path=path,
            missing=missing,
        )
    names = values.get("Channels", [])
    if names and len(names) != values["C"]:
        raise _wrong(title, f"Channels has {len(names)} names, C is {values['C']}", path)
    return StatedShape(
        title=title,
        x=values["X"],
        y=values["Y"],
        z=values["Z"],
        t=values["T"],
        channels=(values["C"],),
        flyback=values.get("flyback", 0),
        frames=values["T"] * (values["Z"] + values.get("flyback", 0)),
        why=(f"all from {title}",),
        kind="ThorImageLS RAW, described by hand",
    )


def facts(values: Mapping[str, Any], title: str) -> Facts:
    """The facts that a sidecar states besides the shape."""

    def size_fact(key: str) -> Fact[float] | None:
        return Fact(values[key], "sidecar", f"{title} {key}") if key in values else None

    notes = values.get("Notes")
    names = values.get("Channels", [])
    return Facts(
        physical_size_x=size_fact("PhysicalSizeX"),
        physical_size_y=size_fact("PhysicalSizeY"),
        physical_size_z=size_fact("PhysicalSizeZ"),
        time_increment=size_fact("TimeIncrement"),
        channels=tuple(Channel(name=Fact(name, "sidecar", f"{title} Channels[{i}]")) for i, name in enumerate(names)),
        annotations={} if notes is None else {"thorlabs": {"Notes": plain(notes)}},
    )


def vendor(data: bytes, title: str) -> dict[str, Any]:
    """The sidecar as it is: its name, its values, and its text."""
    return {"sidecar": title, "values": parse_yaml(data, title), "text": data.decode("utf-8", "replace")}


def _wrong(title: str, evidence: str, path: str) -> MetadataError:
    return MetadataError(f"{title} cannot be understood", evidence=evidence, remedy="correct it", path=path)
