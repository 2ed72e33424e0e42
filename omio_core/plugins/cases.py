"""The cases that policies decide, one class for each kind of policy; it knows no rule and opens nothing.

A case holds all the evidence that its policy gets. Paths in it are texts, as messages show them: a policy decides from
the case alone and opens no file. A policy must not depend on fields that its kind does not document here; within an
``OMIO_API``, a case may get more fields, and keeps those that it has.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, Literal

from omio_core.errors import PluginContractError
from omio_core.policies import ACTIONS

About = Literal["size", "time", "fact", "annotation"]
"""What a fact is about: a pixel size, a time increment, another fact, or an annotation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingCase:
    """Facts that the shape of an image needs are unknown; decided for each image.

    Parameters
    ----------
    path
        The file or folder.
    missing
        The public names of the unknown facts, such as ``"PhysicalSizeZ"``; at least one.
    """

    path: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AxesCase:
    """The file does not name all its axes, and a rule gave them their meaning; decided once for a file.

    Parameters
    ----------
    path
        The file or folder.
    assumptions
        What was assumed, in sentences; at least one.
    """

    path: str
    assumptions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsentPlanesCase:
    """Pixels that belong to an image are not in the file, or the file is a part of a series that is not there.

    Parameters
    ----------
    path
        The file or folder.
    absent
        What is absent, in words, by the index of the image; at least one entry.
    """

    path: str
    absent: Mapping[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsentFilesCase:
    """Member files of a set are missing.

    Parameters
    ----------
    path
        The file that was opened.
    absent
        The missing files, as the reader names them; at least one.
    """

    path: str
    absent: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CollisionCase:
    """The name of an output is taken.

    Parameters
    ----------
    path
        The file or folder that has the name.
    """

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapesCase:
    """Images to be merged differ along another axis than the merged one: the first, and the first that differs from it.

    Parameters
    ----------
    axis
        The axis that is merged: ``"T"``, ``"Z"`` or ``"C"``.
    shapes
        The TZCYX lengths of the two images.
    sources
        What the two images are called in messages: their files, with the image where a file has several.
    """

    axis: str
    shapes: tuple[tuple[int, ...], tuple[int, ...]]
    sources: tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DtypesCase:
    """Images to be merged have different types of pixels: the first, and the first that differs from it.

    Parameters
    ----------
    dtypes
        The types of the two images, as numpy names them, such as ``"uint16"``.
    sources
        What the two images are called in messages.
    """

    dtypes: tuple[str, str]
    sources: tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictCase:
    """Images to be merged state different values of a fact: the first that states it, and the first that differs.

    Parameters
    ----------
    fact
        The public name of the fact, such as ``"PhysicalSizeX"`` or ``"Channels[0].Name"``.
    about
        What the fact is about: a pixel size, a time increment, another fact, or an annotation.
    values
        The two values, in micrometres, seconds and nanometres.
    sources
        What the two images are called in messages.
    """

    fact: str
    about: About
    values: tuple[Any, Any]
    sources: tuple[str, str]


Case = (
    MissingCase | AxesCase | AbsentPlanesCase | AbsentFilesCase | CollisionCase | ShapesCase | DtypesCase | ConflictCase
)
"""The case of any kind."""

CASES: Mapping[str, type[Case]] = MappingProxyType(
    {
        "shapes": ShapesCase,
        "dtypes": DtypesCase,
        "conflict": ConflictCase,
        "missing": MissingCase,
        "axes": AxesCase,
        "absent_files": AbsentFilesCase,
        "absent_planes": AbsentPlanesCase,
        "collision": CollisionCase,
    }
)
"""From each kind of policy to the class of its cases."""


def described(kind: str) -> str:
    """Return the class of a kind's cases and its fields, for messages.

    Examples
    --------
    >>> described("axes")
    'AxesCase(path, assumptions)'
    """
    return f"{CASES[kind].__name__}({', '.join(field.name for field in fields(CASES[kind]))})"


def refuse_malformed(name: str, kind: Any, decide: Any, summary: Any, *, plugin: str) -> None:
    """Refuse a policy, given by its fields, that could not be chosen or asked; `plugin` is its entry point's name.

    Raises
    ------
    PluginContractError
        A field has a wrong type, the kind does not exist, or `decide` does not take a case as its only argument.
    """
    fault = remedy = None
    if not isinstance(kind, str) or kind not in ACTIONS:
        fault, remedy = f"its kind {kind!r} is none of {', '.join(ACTIONS)}", "name one of those"
    elif not isinstance(summary, str):
        fault, remedy = f"its summary {summary!r} is no text", "write one sentence"
    elif not callable(decide):
        fault = f"its decide {decide!r} is no function"
        remedy = f"give a function from {described(kind)} to one of {', '.join(ACTIONS[kind])}"
    elif not _takes_one_argument(decide):
        fault = "its decide cannot be called with a case as its only argument"
        remedy = f"let it take one argument, {described(kind)}"
    if fault is not None:
        raise PluginContractError(
            f"the policy {kind}={name!r} is malformed",
            evidence=fault,
            remedy=remedy,
            plugin=plugin,
            policy=f"{kind}={name}",
        )


def _takes_one_argument(function: Any) -> bool:
    try:
        inspect.signature(function).bind(object())
    except TypeError:
        return False
    except ValueError:  # a function of C without a signature: only a call can tell
        return True
    return True
