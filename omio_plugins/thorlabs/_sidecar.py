"""Choose the file that describes a RAW file: the one that the caller names, or the best match; it reads no pixel.

Matches, the best first: ``Experiment.xml``; another XML whose root is ThorImageExperiment; a YAML named like the RAW
file; another YAML that has the keys of a sidecar and names no other RAW file. Two equally good matches are refused.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass

from omio_core.contract import (
    AmbiguousSidecarError,
    LimitExceededError,
    MetadataError,
    MissingMetadataError,
    OmioError,
    ReadError,
    advise,
    either,
)

from ._manual import claims
from ._names import SIDECARS, YAML, Neighbours, command

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
    path
        Its path; absolute if the path of the RAW file is, or if the caller names it.
    data
        All of its bytes.
    is_xml
        Whether it is the XML of ThorImageLS; else it is YAML.
    notes
        The files that it takes precedence over, in sentences.
    """

    path: str
    data: bytes
    is_xml: bool
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Its name without the folder."""
        return os.path.basename(self.path)


def choose(path: str, named: str | os.PathLike[str] | None = None) -> Sidecar:
    """The sidecar of a RAW file.

    Parameters
    ----------
    path
        Path of the RAW file.
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
    folder, name = os.path.split(path)
    neighbours = Neighbours.of(name, listing(folder))
    experiments = neighbours.experiments or _experiment_files(folder, neighbours.other_xml)
    if experiments:
        chosen = _single(path, experiments)
        notes = tuple(
            f"{chosen} is followed; {ignored} is not, unless sidecar= names it" for ignored in neighbours.same_name
        )
        return Sidecar(path=os.path.join(folder, chosen), data=_xml(folder, chosen), is_xml=True, notes=notes)
    yaml = neighbours.same_name or _claiming_yaml(folder, name, neighbours.other_yaml)
    if yaml:
        chosen = os.path.join(folder, _single(path, yaml))
        return Sidecar(path=chosen, data=content(chosen, MOST_YAML), is_xml=False)
    raise MissingMetadataError(
        f"{path} has no sidecar, and nothing in a RAW file tells its shape",
        evidence=f"beside it are no Experiment.xml and no {os.path.splitext(name)[0]}.yaml",
        remedy=f"copy Experiment.xml beside it, or make a template to fill in: {command(path)}",
        path=path,
    )


def _read_named(named: str | os.PathLike[str]) -> Sidecar:
    path = os.path.abspath(os.fspath(named))
    suffix = os.path.splitext(path)[1].lower()
    if suffix != ".xml" and suffix not in YAML:
        raise MetadataError(
            f"sidecar={os.fspath(named)!r} is no sidecar",
            evidence=f"its name ends in {suffix or 'no suffix'}, not in .xml, .yaml or .yml",
            remedy="name the Experiment.xml, or the YAML that you filled in",
            path=path,
        )
    is_xml = suffix == ".xml"
    return Sidecar(path=path, data=content(path, MOST_XML if is_xml else MOST_YAML), is_xml=is_xml)


def listing(folder: str) -> tuple[str, ...]:
    """Names in a folder that have the suffix of a sidecar.

    The folder is listed again for every RAW file: only a listing shows that no second name matches equally well, and an
    earlier listing may be outdated.

    Raises
    ------
    ReadError
        The folder cannot be listed.
    """
    try:
        return tuple(name for name in os.listdir(folder) if name.lower().endswith(SIDECARS))
    except OSError as error:
        raise ReadError(f"{folder} cannot be listed", evidence=str(error), path=folder) from error


def content(path: str, most: int) -> bytes:
    """All bytes of a sidecar.

    Raises
    ------
    ReadError
        The path is no regular file, or cannot be read.
    LimitExceededError
        The file is longer than `most` bytes.
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # a FIFO would block
            raise ReadError(f"{path} is no regular file", path=path)
        with open(path, "rb") as file:
            data = file.read(most + 1)
    except ReadError:
        raise
    except OSError as error:
        raise ReadError(f"{path} cannot be read", evidence=str(error), path=path) from error
    if len(data) > most:
        raise LimitExceededError(
            f"{path} is too long for a sidecar",
            evidence=f"more than {most} bytes",
            remedy="see that it is the right file",
            path=path,
        )
    return data


def _xml(folder: str, name: str) -> bytes:
    return content(os.path.join(folder, name), MOST_XML)


def _experiment_files(folder: str, names: Sequence[str]) -> tuple[str, ...]:
    """The XML files that have the root element of an experiment in their first bytes."""
    if len(names) > _MOST_LOOKS:
        return ()
    return tuple(name for name in names if _ROOT in _head(folder, name).replace(b"\0", b""))


def _head(folder: str, name: str) -> bytes:
    path = os.path.join(folder, name)
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return b""
        with open(path, "rb") as file:
            return file.read(_HEAD)
    except OSError:
        return b""  # a file that cannot be read does not match


def _claiming_yaml(folder: str, name: str, names: Sequence[str]) -> tuple[str, ...]:
    """The YAML files that describe a RAW file, and if they name one, this one."""
    claimants = []
    for candidate in names if len(names) <= _MOST_LOOKS else ():
        try:
            data = content(os.path.join(folder, candidate), _MOST_LOOKED)
        except OmioError:
            continue  # a file that cannot be read does not match
        if claims(data, name):
            claimants.append(candidate)
    return tuple(claimants)


def _single(path: str, names: Sequence[str]) -> str:
    if len(names) == 1:
        return names[0]
    raise AmbiguousSidecarError(
        f"{len(names)} sidecars claim {path} equally",
        evidence=", ".join(names),
        remedy=either("keep one of them beside it", advise("name it: {sidecar!r} with its folder", sidecar=names[0])),
        path=path,
        sidecars=tuple(names),
    )
