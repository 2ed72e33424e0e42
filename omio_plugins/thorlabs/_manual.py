"""The YAML sidecar that a person fills in: its keys, and what they say; it knows no pixel.

Keys are those of OMIO's public metadata: T, Z, C, Y, X (needed), PhysicalSizeX, PhysicalSizeY, PhysicalSizeZ
(micrometres), TimeIncrement (seconds), Channels (names). Besides: ``file`` (whose sidecar it is), ``flyback`` (images
at the end of each volume that are not shown), ``Notes`` (anything).
"""

from __future__ import annotations

import difflib
import math
import os
from collections.abc import Mapping
from typing import Any

from omio_core.contract import Channel, Fact, Facts
from omio_core.errors import MetadataConflictError, MetadataError, MissingMetadataError, OmioError
from omio_core.metadata.plain import plain
from omio_core.parsing.yaml import load

from ._candidates import listed, shapes
from ._stated import Stated

NEEDED = ("T", "Z", "C", "Y", "X")
SIZES = ("PhysicalSizeX", "PhysicalSizeY", "PhysicalSizeZ", "TimeIncrement")
KEYS = ("file", *NEEDED, "flyback", *SIZES, "Channels", "Notes")
_MOST = 1 << 40  # of any length: more than a file system holds, and products stay small


def claims(data: bytes, name: str) -> bool:
    """Whether a YAML text of another name is the sidecar of the RAW file `name`: has X and Y, and no other's name."""
    try:
        found = load(data)
    except OmioError:
        return False
    return isinstance(found, dict) and {"X", "Y"} <= set(found) and found.get("file") in (None, name)


def read(data: bytes, title: str, path: str) -> dict[str, Any]:
    """The keys and values of a sidecar; those that are null are left out.

    Parameters
    ----------
    data, title
        The YAML and its name.
    path
        Of the RAW file.

    Raises
    ------
    MetadataError
        It is malformed, has a key that is none, or a value that cannot be.
    MetadataConflictError
        It is another file's.
    """
    found = load(data, title)
    if not isinstance(found, dict):
        raise _wrong(title, "it holds no keys with values", path)
    for key in found:
        if key not in KEYS:
            near = difflib.get_close_matches(str(key).lower(), [one.lower() for one in KEYS], n=1)
            meant = next((f"did you mean {one}?" for one in KEYS if [one.lower()] == near), f"keys: {', '.join(KEYS)}")
            raise MetadataError(f"{title} has the unknown key {key!r}", evidence=path, remedy=meant, path=path)
    given = {key: value for key, value in found.items() if value is not None}
    for key, least in (*((key, 1) for key in NEEDED), ("flyback", 0)):
        if key in given and (type(given[key]) is not int or not least <= given[key] <= _MOST):
            raise _wrong(title, f"{key} is {given[key]!r}, not a whole number from {least} on", path)
    for key in SIZES:
        value = given.get(key, 1.0)
        if type(value) not in (int, float) or not math.isfinite(value) or value <= 0:
            raise _wrong(title, f"{key} is {value!r}, not a number above 0", path)
    names = given.get("Channels", [])
    if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        raise _wrong(title, f"Channels is {names!r}, not a list of names", path)
    if str(given.get("file", os.path.basename(path))) != os.path.basename(path):
        raise MetadataConflictError(
            f"{title} is the sidecar of another file",
            evidence=f"its key file names {given['file']!r}, this is {os.path.basename(path)}",
            remedy="correct or remove the key file, if the sidecar is meant for both",
            path=path,
        )
    return given


def stated(given: Mapping[str, Any], title: str, path: str, size: int) -> Stated:
    """The shape that a sidecar states.

    Parameters
    ----------
    given, title, path
        See `read`.
    size
        Bytes of the RAW file, for the candidates that an error shows.

    Raises
    ------
    MissingMetadataError
        Some of T, Z, C, Y, X are not filled in.
    MetadataError
        There are more or fewer names of channels than channels.
    """
    if missing := tuple(key for key in NEEDED if key not in given):
        known = {key: given[key] for key in NEEDED if key in given}
        raise MissingMetadataError(
            f"{title} does not say {', '.join(missing)} of {path}",
            evidence=f"the file has {size} bytes of 16-bit pixels; these fit: {listed(shapes(size, known))}",
            remedy=f"fill in {', '.join(missing)} in {title}",
            path=path,
            missing=missing,
        )
    names = given.get("Channels", [])
    if names and len(names) != given["C"]:
        raise _wrong(title, f"Channels has {len(names)} names, C is {given['C']}", path)
    return Stated(
        title=title,
        x=given["X"],
        y=given["Y"],
        z=given["Z"],
        t=given["T"],
        channels=(given["C"],),
        flyback=given.get("flyback", 0),
        frames=given["T"] * (given["Z"] + given.get("flyback", 0)),
        why=(f"all from {title}",),
        kind="ThorImageLS RAW, described by hand",
    )


def facts(given: Mapping[str, Any], title: str) -> Facts:
    """What a sidecar states besides the shape."""

    def size(key: str) -> Fact[float] | None:
        return Fact(given[key], "sidecar", f"{title} {key}") if key in given else None

    notes = given.get("Notes")
    names = given.get("Channels", [])
    return Facts(
        physical_size_x=size("PhysicalSizeX"),
        physical_size_y=size("PhysicalSizeY"),
        physical_size_z=size("PhysicalSizeZ"),
        time_increment=size("TimeIncrement"),
        channels=tuple(Channel(name=Fact(name, "sidecar", f"{title} Channels[{i}]")) for i, name in enumerate(names)),
        annotations={} if notes is None else {"thorlabs": {"Notes": plain(notes)}},
    )


def vendor(data: bytes, title: str) -> dict[str, Any]:
    """The sidecar in its own terms: its name, its values, and its text."""
    return {"sidecar": title, "values": load(data, title), "text": data.decode("utf-8", "replace")}


def _wrong(title: str, evidence: str, path: str) -> MetadataError:
    return MetadataError(f"{title} cannot be understood", evidence=evidence, remedy="correct it", path=path)
