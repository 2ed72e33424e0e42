"""Which file describes a RAW file: the one named by the caller, or the one that has the best claim; it reads no pixel.

Claims, the best first: ``Experiment.xml``; another XML whose root is ThorImageExperiment; a YAML named like the RAW
file; another YAML that has the keys of a sidecar and names no other RAW file. Two of equal claim are refused.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass

from omio_core.errors import (
    AmbiguousSidecarError,
    LimitExceededError,
    MetadataError,
    MissingMetadataError,
    OmioError,
    ReadError,
)
from omio_core.wording import advise, either

from ._manual import claims
from ._names import SIDECARS, YAML, Beside, command

MOST_XML = 2 << 20  # bytes; those of ThorImageLS have 6 KB to some 100 KB
MOST_YAML = 1 << 16
_MOST_LOOKS = 16  # files of other names that are looked into; of more, none claims anything
_MOST_LOOKED = 1 << 14  # bytes of a YAML of another name
_ROOT = b"<ThorImageExperiment"
_HEAD = 1 << 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Sidecar:
    """What describes a RAW file.

    Attributes
    ----------
    path
        Absolute.
    data
        All of its bytes.
    is_xml
        Whether it is ThorImageLS's own; else it is YAML.
    notes
        What was left aside for it, in sentences.
    """

    path: str
    data: bytes
    is_xml: bool
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Its name, without the folder."""
        return os.path.basename(self.path)


def choose(path: str, asked: str | os.PathLike[str] | None = None) -> Sidecar:
    """The sidecar of a RAW file.

    Parameters
    ----------
    path
        Of the RAW file.
    asked
        Which one the caller wants: its suffix says whether it is XML or YAML.

    Raises
    ------
    AmbiguousSidecarError
        Several claim the file equally.
    MissingMetadataError
        None does.
    ReadError, LimitExceededError, MetadataError
        The one chosen cannot be read.
    """
    if asked is not None:
        return _asked(asked)
    folder, name = os.path.split(path)
    beside = Beside.of(name, listing(folder))
    experiments = beside.experiments or _experiments(folder, beside.other_xml)
    if experiments:
        chosen = _only(path, experiments)
        notes = tuple(f"{chosen} is followed; {one} is not, unless sidecar= names it" for one in beside.own)
        return Sidecar(path=os.path.join(folder, chosen), data=_xml(folder, chosen), is_xml=True, notes=notes)
    yaml = beside.own or _manuals(folder, name, beside.other_yaml)
    if yaml:
        chosen = os.path.join(folder, _only(path, yaml))
        return Sidecar(path=chosen, data=content(chosen, MOST_YAML), is_xml=False)
    raise MissingMetadataError(
        f"{path} has no sidecar, and nothing in a RAW file tells its shape",
        evidence=f"beside it are no Experiment.xml and no {os.path.splitext(name)[0]}.yaml",
        remedy=f"copy Experiment.xml beside it, or make a template to fill in: {command(path)}",
        path=path,
    )


def _asked(asked: str | os.PathLike[str]) -> Sidecar:
    path = os.path.abspath(os.fspath(asked))
    suffix = os.path.splitext(path)[1].lower()
    if suffix != ".xml" and suffix not in YAML:
        raise MetadataError(
            f"sidecar={os.fspath(asked)!r} is no sidecar",
            evidence=f"its name ends in {suffix or 'no suffix'}, not in .xml, .yaml or .yml",
            remedy="name the Experiment.xml, or the YAML that you filled in",
            path=path,
        )
    is_xml = suffix == ".xml"
    return Sidecar(path=path, data=content(path, MOST_XML if is_xml else MOST_YAML), is_xml=is_xml)


def listing(folder: str) -> tuple[str, ...]:
    """Names in a folder that have the suffix of a sidecar.

    Read anew for every RAW file: that no second name claims it equally cannot be looked up, and what an earlier
    listing said may be wrong now.

    Raises
    ------
    ReadError
        It cannot be listed.
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
        It is no regular file, or cannot be read.
    LimitExceededError
        It has more than `most`.
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


def _experiments(folder: str, names: Sequence[str]) -> tuple[str, ...]:
    """Those XML files whose first bytes have the root element of an experiment."""
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
        return b""  # what cannot be read claims nothing


def _manuals(folder: str, name: str, names: Sequence[str]) -> tuple[str, ...]:
    """Those YAML files that describe a RAW file, and this one if they name any."""
    found = []
    for one in names if len(names) <= _MOST_LOOKS else ():
        try:
            data = content(os.path.join(folder, one), _MOST_LOOKED)
        except OmioError:
            continue  # what cannot be read claims nothing
        if claims(data, name):
            found.append(one)
    return tuple(found)


def _only(path: str, names: Sequence[str]) -> str:
    if len(names) == 1:
        return names[0]
    raise AmbiguousSidecarError(
        f"{len(names)} sidecars claim {path} equally",
        evidence=", ".join(names),
        remedy=either("keep one of them beside it", advise("name it: {sidecar!r} with its folder", sidecar=names[0])),
        path=path,
        sidecars=tuple(names),
    )
