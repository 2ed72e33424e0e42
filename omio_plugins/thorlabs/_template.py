"""The template of a YAML sidecar: what is known about a RAW file, and what a person must fill in; it reads no pixel."""

from __future__ import annotations

import json
from typing import Any

from omio_core.contract import Location, OmioError, UnsupportedFeatureError

from . import _experiment, _facts, _sidecar
from ._arrange import arrange
from ._attributes import Attributes
from ._candidates import Candidate, near_shapes, shapes
from ._experiment import channel_names
from ._manual import NEEDED
from ._names import Neighbours, why_no_image

_MOST = 24  # shapes to show
_MEANING = {
    "T": "time points",
    "Z": "planes of a volume, flyback left out",
    "C": "channels that are in the file",
    "Y": "rows of an image",
    "X": "columns of an image",
}


def template(location: Location) -> str:
    """The text of a sidecar for a RAW file, with nulls where nothing is known.

    Parameters
    ----------
    location
        The RAW file. Values of an Experiment.xml beside it are filled in, except T, Z and C.

    Raises
    ------
    UnsupportedFeatureError
        The name is that of a RAW file that is no image.
    FileNotFoundError
        There is no such file.
    """
    name = location.name
    if (why := why_no_image(name)) is not None:
        raise UnsupportedFeatureError(f"{location} is {why}: it needs no sidecar", path=str(location))
    size = location.stamp().size
    comments, known, candidates = _known_values(location, size)
    lines = [
        f"# Sidecar of {_quote(name)}: {size} bytes, 16-bit pixels without a header.",
        "# Fill in T, Z, C, Y, X; T x (Z + flyback) x C x Y x X x 2 has to be the size of the file.",
        *(f"# {line}" for line in comments),
        "# Shapes that fit:" if candidates else "# No common shape fits: is the file whole?",
        *(f"#   {' '.join(f'{key}={n}' for key, n in candidate.items())}" for candidate in candidates),
        f"file: {_quote(name)}" if name.isprintable() else "file: null",
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


def _known_values(location: Location, size: int) -> tuple[list[str], dict[str, Any], list[Candidate]]:
    """What Experiment.xml states: as comments, as values, and the shapes that fit."""
    if not Neighbours.of(location.name, _sidecar.listing(location)).experiments:
        return [], {}, list(shapes(size, most=_MOST))
    try:
        return _values_of_experiment(location, size)
    except OmioError as error:
        words = " ".join(str(error.what).split())
        return [f"Experiment.xml does not help: {_replace_unprintable(words)}"], {}, list(shapes(size, most=_MOST))


def _values_of_experiment(location: Location, size: int) -> tuple[list[str], dict[str, Any], list[Candidate]]:
    sidecar, path = _sidecar.choose(location), str(location)
    experiment = Attributes.of(sidecar.data, sidecar.title)
    shape = _experiment.shape_of(experiment, path)
    t = "unknown" if shape.t is None else shape.t
    c = " or ".join(map(str, shape.channels))
    comments = [f"{sidecar.title} says T={t} Z={shape.z} C={c} Y={shape.y} X={shape.x}, flyback {shape.flyback}."]
    try:
        fit = arrange(shape, size, path)
    except OmioError:
        comments.append("That does not fit the size of the file.")
    else:
        comments.append(f"That fits: T={fit.shape[0]} Z={fit.shape[1]} C={fit.shape[2]}; it is read without a sidecar.")
    comments += [
        f"A channel it names: {_quote(channel)}" for channel, _ in channel_names(experiment, shape.channels[0])
    ]
    facts = _facts.facts(sidecar.data, sidecar.title, (t if isinstance(t, int) else 1, shape.z, 1, 1, 1), shape.flyback)
    known: dict[str, Any] = {"Y": shape.y, "X": shape.x, "flyback": shape.flyback}
    sizes = {
        "PhysicalSizeX": facts.physical_size_x,
        "PhysicalSizeY": facts.physical_size_y,
        "PhysicalSizeZ": facts.physical_size_z,
        "TimeIncrement": facts.time_increment,
    }
    known.update({key: fact.value for key, fact in sizes.items() if fact is not None})
    return comments, known, list(near_shapes(shape, size))


def _value(value: Any) -> str:
    return "null" if value is None else repr(value)


def _quote(text: str) -> str:
    """A text in quotes on one line, which YAML and JSON read alike."""
    return json.dumps(_replace_unprintable(text), ensure_ascii=False)


def _replace_unprintable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)
