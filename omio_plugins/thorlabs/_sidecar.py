"""Choose the file that describes a RAW file: the one that the caller names, or the best match; it reads no pixel.

Matches, the best first: ``Experiment.xml``; another XML whose root is ThorImageExperiment; a YAML named like the RAW
file; another YAML that has the keys of a sidecar and names no other RAW file. Two equally good matches are refused.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from omio_core.contract import (
    AmbiguousSidecarError,
    LimitExceededError,
    Location,
    MetadataError,
    MissingMetadataError,
    OmioError,
    ReadError,
    advise,
    either,
    locate,
    worded,
)

from ._manual import claims
from ._names import SIDECARS, YAML, Neighbours, command, usual_sidecars

MOST_XML = 2 << 20  # bytes; files of ThorImageLS have 6 KB to some 100 KB
MOST_YAML = 1 << 16
_MOST_LOOKS = 16  # files of other names to look into; if there are more, none of them matches
_MOST_LOOKED = 1 << 14  # bytes of a YAML of another name
_ROOT = b"<ThorImageExperiment"
_HEAD = 1 << 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Sidecar:
    """The file that describes a RAW file.

    Attributes
    ----------
    location
        Where it is.
    data
        All of its bytes.
    is_xml
        Whether it is the XML of ThorImageLS; else it is YAML.
    notes
        The files that it takes precedence over, in sentences.
    """

    location: Location
    data: bytes
    is_xml: bool
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Its name without the folder."""
        return self.location.name


def choose(location: Location, named: str | os.PathLike[str] | Location | None = None) -> Sidecar:
    """The sidecar of a RAW file.

    Parameters
    ----------
    location
        The RAW file.
    named
        The sidecar that the caller names; its suffix decides whether it is XML or YAML.

    Raises
    ------
    AmbiguousSidecarError
        Several files match equally well.
    MissingMetadataError
        No file matches.
    ReadError
        The folder or the sidecar cannot be read.
    LimitExceededError
        The sidecar is too long.
    MetadataError
        The file that the caller names is neither XML nor YAML.
    """
    if named is not None:
        return _read_named(named)
    folder, name = location.parent, location.name
    neighbours = Neighbours.of(name, listing(location))
    experiments = neighbours.experiments or _experiment_files(folder, neighbours.other_xml)
    if experiments:
        chosen = folder.child(_single(location, experiments))
        notes = tuple(
            worded("{} is followed; {} is not, unless {sidecar} names it", chosen.name, ignored, sidecar=None)
            for ignored in neighbours.same_name
        )
        return Sidecar(location=chosen, data=content(chosen, MOST_XML), is_xml=True, notes=notes)
    yaml = neighbours.same_name or _claiming_yaml(folder, name, neighbours.other_yaml)
    if yaml:
        chosen = folder.child(_single(location, yaml))
        return Sidecar(location=chosen, data=content(chosen, MOST_YAML), is_xml=False)
    path = str(location)
    raise MissingMetadataError(
        f"{path} has no sidecar, and nothing in a RAW file tells its shape",
        evidence=f"beside it are no Experiment.xml and no {os.path.splitext(name)[0]}.yaml",
        remedy=f"copy Experiment.xml beside it, or make a template to fill in: {command(path)}",
        path=path,
    )


def _read_named(named: str | os.PathLike[str] | Location) -> Sidecar:
    location = locate(named)
    suffix = location.suffixes[-1] if location.suffixes else ""
    if suffix != ".xml" and suffix not in YAML:
        raise MetadataError(
            worded("{sidecar!r} is no sidecar", sidecar=str(named)),
            evidence=f"its name ends in {suffix or 'no suffix'}, not in .xml, .yaml or .yml",
            remedy="name the Experiment.xml, or the YAML that you filled in",
            path=str(location),
        )
    is_xml = suffix == ".xml"
    return Sidecar(location=location, data=content(location, MOST_XML if is_xml else MOST_YAML), is_xml=is_xml)


def listing(location: Location) -> tuple[str, ...]:
    """Names beside a RAW file that have the suffix of a sidecar; the usual ones that exist, where none can be listed.

    The folder is listed again for every RAW file: only a listing shows that no second name matches equally well, and an
    earlier listing may be outdated.

    Raises
    ------
    ReadError
        The folder cannot be listed, although its kind can.
    """
    names = location.parent.names()
    if names is None:  # such as a plain web server
        return tuple(usual_sidecars(location))
    return tuple(name for name in names if name.lower().endswith(SIDECARS))


def content(location: Location, most: int) -> bytes:
    """All bytes of a sidecar.

    Raises
    ------
    ReadError
        It is no regular file, or cannot be read.
    LimitExceededError
        The file is longer than `most` bytes.
    """
    try:
        with location.open() as file:  # refuses a FIFO, which would block
            if file.size <= most:
                return file.read(0, file.size)
    except FileNotFoundError as error:
        raise ReadError(f"{location} cannot be read", evidence=str(error), path=str(location)) from error
    raise LimitExceededError(
        f"{location} is too long for a sidecar",
        evidence=f"more than {most} bytes",
        remedy="see that it is the right file",
        path=str(location),
    )


def _experiment_files(folder: Location, names: Sequence[str]) -> tuple[str, ...]:
    """The XML files that have the root element of an experiment in their first bytes."""
    if len(names) > _MOST_LOOKS:
        return ()
    return tuple(name for name in names if _ROOT in _head(folder.child(name)).replace(b"\0", b""))


def _head(location: Location) -> bytes:
    try:
        with location.open() as file:
            return file.read(0, min(_HEAD, file.size))
    except OSError:  # every error of a location is one
        return b""  # a file that cannot be read does not match


def _claiming_yaml(folder: Location, name: str, names: Sequence[str]) -> tuple[str, ...]:
    """The YAML files that describe a RAW file, and if they name one, this one."""
    claimants = []
    for candidate in names if len(names) <= _MOST_LOOKS else ():
        try:
            data = content(folder.child(candidate), _MOST_LOOKED)
        except OmioError:
            continue  # a file that cannot be read does not match
        if claims(data, name):
            claimants.append(candidate)
    return tuple(claimants)


def _single(location: Location, names: Sequence[str]) -> str:
    if len(names) == 1:
        return names[0]
    raise AmbiguousSidecarError(
        f"{len(names)} sidecars claim {location} equally",
        evidence=", ".join(names),
        remedy=either("keep one of them beside it", advise("name it: {sidecar!r} with its folder", sidecar=names[0])),
        path=str(location),
        sidecars=tuple(names),
    )
