"""The meaning of file names in a folder of ThorImageLS: images, sidecars, and other RAW files; it opens no file.

ThorImageLS 3 and 4 write ``Image_<site>_<sub>.raw`` with three or four digits, or ``Image_scan_<s>_region_<r>.raw`` for
several regions, and one ``Experiment.xml`` in the folder.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from omio_core.contract import Location

SUFFIX = ".raw"
EXPERIMENT = "Experiment.xml"
YAML = (".yaml", ".yml")
SIDECARS = (".xml", *YAML)

_IMAGE = re.compile(r"image_(?:\d+_\d+|scan_\d+_region_\d+)", re.IGNORECASE)
_OTHERS = (
    (re.compile(r"(?:active)?roimask", re.IGNORECASE), "a mask of regions of interest, no image"),
    (re.compile(r".*waveform", re.IGNORECASE), "a waveform of the scanner, no image"),
    (re.compile(r"slm", re.IGNORECASE), "a pattern of the light modulator, no image"),
)


def is_image(name: str) -> bool:
    """Whether ThorImageLS names images like this."""
    stem, suffix = os.path.splitext(name)
    return suffix.lower() == SUFFIX and _IMAGE.fullmatch(stem) is not None


def why_no_image(name: str) -> str | None:
    """Why a RAW file of that name is no image of ThorImageLS; None where it may be one."""
    stem = os.path.splitext(name)[0]
    return next((why for form, why in _OTHERS if form.match(stem)), None)


def command(path: str) -> str:
    """The command line that writes a sidecar template for a file, for users to copy."""
    return f'omio sidecar "{path}"' if os.name == "nt" else f"omio sidecar {shlex.quote(path)}"


def usual_sidecars(location: Location) -> Iterator[str]:
    """Yield the usual names of sidecars of a RAW file that exist: looked up by name, while `Neighbours` is listed."""
    folder = location.parent
    usual = (EXPERIMENT, *(os.path.splitext(location.name)[0] + suffix for suffix in YAML))
    return (name for name in usual if folder.child(name).exists)


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The names beside a RAW file that may describe it; hidden ones (``._Experiment.xml``) do not count.

    Attributes
    ----------
    experiments
        Names that are ``Experiment.xml`` in upper or lower case.
    same_name
        YAML files named like the RAW file.
    other_xml, other_yaml
        Other files with these suffixes: their content decides.
    """

    experiments: tuple[str, ...]
    same_name: tuple[str, ...]
    other_xml: tuple[str, ...]
    other_yaml: tuple[str, ...]

    @classmethod
    def of(cls, name: str, names: Iterable[str]) -> Neighbours:
        """Sort the names of a folder by what they can be for the RAW file `name`."""
        stem = os.path.splitext(name)[0].lower()
        sidecars = sorted(item for item in names if item.lower().endswith(SIDECARS) and not item.startswith("."))
        experiments = tuple(item for item in sidecars if item.lower() == EXPERIMENT.lower())
        yaml = [item for item in sidecars if item.lower().endswith(YAML)]
        yaml_of_file = tuple(item for item in yaml if os.path.splitext(item)[0].lower() == stem)
        return cls(
            experiments=experiments,
            same_name=yaml_of_file,
            other_xml=tuple(item for item in sidecars if item.lower().endswith(".xml") and item not in experiments),
            other_yaml=tuple(item for item in yaml if item not in yaml_of_file),
        )
