"""Which names in a folder of ThorImageLS mean what: images, sidecars, and what is no image; it opens no file.

Names of files are those of ThorImageLS 3 and 4: ``Image_<site>_<sub>.raw`` with three or four digits, or of several
regions ``Image_scan_<s>_region_<r>.raw``; and one ``Experiment.xml`` in the folder.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass

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
    """Whether ThorImageLS gives images such names."""
    stem, suffix = os.path.splitext(name)
    return suffix.lower() == SUFFIX and _IMAGE.fullmatch(stem) is not None


def no_image(name: str) -> str | None:
    """Why a RAW file of that name is no image of ThorImageLS; None where it may be one."""
    stem = os.path.splitext(name)[0]
    return next((why for form, why in _OTHERS if form.match(stem)), None)


def command(path: str) -> str:
    """The command that writes a template of a sidecar for a file, to be copied."""
    return f'omio sidecar "{path}"' if os.name == "nt" else f"omio sidecar {shlex.quote(path)}"


def at_hand(path: str) -> str | None:
    """What lies beside a RAW file under the usual name of its sidecar; looked up, where `Beside` lists the folder."""
    folder, name = os.path.split(path)
    usual = (EXPERIMENT, *(os.path.splitext(name)[0] + suffix for suffix in YAML))
    return next((one for one in usual if os.path.lexists(os.path.join(folder, one))), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """The names beside a RAW file that may describe it; hidden ones (``._Experiment.xml``) do not count.

    Attributes
    ----------
    experiments
        Those that are ``Experiment.xml`` in any case.
    own
        YAML files named like the RAW file.
    other_xml, other_yaml
        What else has such a suffix: its content has to tell.
    """

    experiments: tuple[str, ...]
    own: tuple[str, ...]
    other_xml: tuple[str, ...]
    other_yaml: tuple[str, ...]

    @classmethod
    def of(cls, name: str, names: Iterable[str]) -> Beside:
        """Sort the names of a folder by what they may be for the file `name`."""
        stem = os.path.splitext(name)[0].lower()
        seen = sorted(one for one in names if one.lower().endswith(SIDECARS) and not one.startswith("."))
        experiments = tuple(one for one in seen if one.lower() == EXPERIMENT.lower())
        yaml = [one for one in seen if one.lower().endswith(YAML)]
        own = tuple(one for one in yaml if os.path.splitext(one)[0].lower() == stem)
        return cls(
            experiments=experiments,
            own=own,
            other_xml=tuple(one for one in seen if one.lower().endswith(".xml") and one not in experiments),
            other_yaml=tuple(one for one in yaml if one not in own),
        )
