"""RAW files, Experiment.xml and sidecars made in code, as ThorImageLS writes them; it judges nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np

NAME = "Image_001_001.raw"


def pixels(*shape: int) -> np.ndarray:
    """T, Z, C, Y, X; every pixel another number."""
    return np.arange(np.prod(shape), dtype="<u2").reshape(shape)


def xml(*, y: int = 4, x: int = 5, **elements: Any) -> str:
    """An Experiment.xml; `LSM={"frameRate": 2}` sets attributes, None takes an element or attribute away."""
    said: dict[str, dict[str, Any] | None] = {
        "Name": {"name": "run 1"},
        "Date": {"date": "05/05/2020 17:14:26", "uTime": 1588691666},
        "Magnification": {"mag": 16, "name": "16X"},
        "ZStage": {"steps": 1, "stepSizeUM": 10, "enable": 1},
        "Timelapse": {"timepoints": 1, "intervalSec": 0},
        "LSM": {"pixelX": x, "pixelY": y, "channel": 3, "pixelSizeUM": 0.5, "frameRate": 4, "averageMode": 0},
        "Streaming": {"enable": 1, "frames": 1, "rawData": 1, "zFastEnable": 0, "flybackFrames": 1},
        "CaptureMode": {"mode": 1},
        "Modality": {"primaryDetectorType": 1},
        "ExperimentStatus": {"value": "Complete"},
        "RawData": {"onlyEnabledChannels": 1},
    }
    mask = elements.pop("mask", 3)
    named = elements.pop("wavelengths", [f"Chan{'ABCD'[k]}" for k in range(4) if mask is not None and mask >> k & 1])
    if mask is None:
        said["LSM"].pop("channel")
    else:
        said["LSM"]["channel"] = mask
    for name, attributes in elements.items():
        said[name] = None if attributes is None else {**(said.get(name) or {}), **attributes}
    lines = [_element(name, attributes) for name, attributes in said.items() if attributes is not None]
    waves = "".join(f"<Wavelength name={quoteattr(name)}/>" for name in named)
    enable = "" if mask is None else f'<ChannelEnable Set="{mask}"/>'
    lines.append(f"<Wavelengths>{waves}{enable}</Wavelengths>")
    return f'<?xml version="1.0"?>\n<ThorImageExperiment>{"".join(lines)}</ThorImageExperiment>'


def _element(name: str, attributes: dict[str, Any]) -> str:
    return f"<{name} " + " ".join(f"{k}={quoteattr(str(v))}" for k, v in attributes.items() if v is not None) + "/>"


def write(folder: Path, array: np.ndarray, text: str | None = None, name: str = NAME, **beside: str) -> Path:
    """A RAW file, an Experiment.xml beside it, and other texts by their names (`a__yaml` for a.yaml)."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(np.ascontiguousarray(array, "<u2").tobytes())
    if text is not None:
        (folder / "Experiment.xml").write_text(text, "utf-8")
    for other, content in beside.items():
        (folder / other.replace("__", ".")).write_text(content, "utf-8")
    return path


def flown(array: np.ndarray, images: int) -> np.ndarray:
    """The images of a fast-Z run: each volume followed by so many of flyback, which are 65535 everywhere."""
    t, _, *rest = array.shape
    return np.concatenate([array, np.full((t, images, *rest), 65535, "<u2")], axis=1)


def fast(t: int, z: int, flyback: int, **elements: Any) -> str:
    """Experiment.xml of a fast-Z run."""
    streaming = {"frames": t * (z + flyback), "zFastEnable": 1, "flybackFrames": flyback}
    zstage = {"steps": z, "stepSizeUM": -2.5}
    return xml(**{**elements, "Streaming": {**streaming, **elements.get("Streaming", {})}, "ZStage": zstage})


def by_hand(t: int = 2, z: int = 1, c: int = 2, y: int = 4, x: int = 5, **more: Any) -> str:
    """A YAML sidecar."""
    lines = {"T": t, "Z": z, "C": c, "Y": y, "X": x, **more}
    return "".join(f"{key}: {value}\n" for key, value in lines.items())
