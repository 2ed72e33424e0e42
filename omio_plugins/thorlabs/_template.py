"""The template of a YAML sidecar: what is known of a RAW file, and what a person has to fill in; it reads no pixel."""

from __future__ import annotations

import json
import os
from typing import Any

from omio_core.errors import OmioError, UnsupportedFeatureError

from . import _experiment, _facts, _sidecar
from ._arrange import arrange
from ._attributes import Attributes
from ._candidates import Candidate, near, shapes
from ._experiment import channel_names
from ._manual import NEEDED
from ._names import Beside, no_image

_MOST = 24  # shapes that are shown
_MEANING = {
    "T": "time points",
    "Z": "planes of a volume, flyback left out",
    "C": "channels that are in the file",
    "Y": "rows of an image",
    "X": "columns of an image",
}


def template(path: str) -> str:
    """The text of a sidecar for a RAW file, with nulls where nothing is known.

    Parameters
    ----------
    path
        Of the RAW file. What an Experiment.xml beside it states is filled in, T, Z and C aside.

    Raises
    ------
    UnsupportedFeatureError
        It is no image.
    """
    name = os.path.basename(path)
    if (why := no_image(name)) is not None:
        raise UnsupportedFeatureError(f"{path} is {why}: it needs no sidecar", path=path)
    size = os.path.getsize(path)
    said, known, candidates = _known(path, name, size)
    lines = [
        f"# Sidecar of {_quoted(name)}: {size} bytes, 16-bit pixels without a header.",
        "# Fill in T, Z, C, Y, X; T x (Z + flyback) x C x Y x X x 2 has to be the size of the file.",
        *(f"# {line}" for line in said),
        "# Shapes that fit:" if candidates else "# No common shape fits: is the file whole?",
        *(f"#   {' '.join(f'{key}={n}' for key, n in one.items())}" for one in candidates),
        f"file: {_quoted(name)}" if name.isprintable() else "file: null",
    ]
    lines += [f"{key}: {_value(known.get(key))}  # {_MEANING[key]}" for key in NEEDED]
    lines += [
        f"flyback: {_value(known.get('flyback', 0))}  # images at the end of each volume that are not shown",
        "# What is not known stays null. Micrometres and seconds.",
        *(f"{key}: {_value(known.get(key))}" for key in ("PhysicalSizeX", "PhysicalSizeY", "PhysicalSizeZ")),
        f"TimeIncrement: {_value(known.get('TimeIncrement'))}",
        "Channels: null  # names, such as [GFP, tdTomato]",
    ]
    return "\n".join(lines) + "\n"


def _known(path: str, name: str, size: int) -> tuple[list[str], dict[str, Any], list[Candidate]]:
    """What Experiment.xml says: in words, as values, and the shapes that fit."""
    folder = os.path.dirname(path) or os.curdir
    if not Beside.of(name, _sidecar.listing(folder)).experiments:
        return [], {}, list(shapes(size, most=_MOST))
    try:
        return _of_experiment(path, size)
    except OmioError as error:
        words = " ".join(str(error.what).split())
        return [f"Experiment.xml does not help: {_printable(words)}"], {}, list(shapes(size, most=_MOST))


def _of_experiment(path: str, size: int) -> tuple[list[str], dict[str, Any], list[Candidate]]:
    chosen = _sidecar.choose(os.path.abspath(path))
    experiment = Attributes.of(chosen.data, chosen.title)
    stated = _experiment.stated(experiment, path)
    t = "unknown" if stated.t is None else stated.t
    c = " or ".join(map(str, stated.channels))
    said = [f"{chosen.title} says T={t} Z={stated.z} C={c} Y={stated.y} X={stated.x}, flyback {stated.flyback}."]
    try:
        found = arrange(stated, size, path)
    except OmioError:
        said.append("That does not fit the size of the file.")
    else:
        said.append(
            f"That fits: T={found.shape[0]} Z={found.shape[1]} C={found.shape[2]}; it is read without a sidecar."
        )
    said += [f"A channel it names: {_quoted(one)}" for one, _ in channel_names(experiment, stated.channels[0])]
    facts = _facts.facts(chosen.data, chosen.title, (t if isinstance(t, int) else 1, stated.z, 1, 1, 1), stated.flyback)
    known: dict[str, Any] = {"Y": stated.y, "X": stated.x, "flyback": stated.flyback}
    sizes = {
        "PhysicalSizeX": facts.physical_size_x,
        "PhysicalSizeY": facts.physical_size_y,
        "PhysicalSizeZ": facts.physical_size_z,
        "TimeIncrement": facts.time_increment,
    }
    known.update({key: fact.value for key, fact in sizes.items() if fact is not None})
    return said, known, list(near(stated, size))


def _value(value: Any) -> str:
    return "null" if value is None else repr(value)


def _quoted(text: str) -> str:
    """A text in quotes on one line, which YAML reads as JSON does."""
    return json.dumps(_printable(text), ensure_ascii=False)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)
