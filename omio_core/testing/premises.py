"""What every check of a reader rests on: its samples open and are described; knows no format, needs no pytest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from omio_core.errors import OmioError
from omio_core.plugins.answers import check_facts, check_members
from omio_core.plugins.fields import check_images

from .sample import Sample, Subject
from .values import json_fault, pickle_fault


def premise_fault(subject: Subject, folder: Path) -> str:
    """Return the first fault of the samples or of their descriptions, in a sentence; "" if there is none.

    One wrong field of a description makes nearly every check fail. With this the reason is told once.
    """
    try:
        samples = subject.make_samples(folder)
    except Exception as error:  # noqa: BLE001 - the plugin border
        return f"the samples cannot be made: {type(error).__name__}: {error}"
    for name, sample in samples:
        try:
            fault = _sample_fault(subject, sample)
        except Exception as error:  # noqa: BLE001 - the plugin border
            fault = _worded(error)
        if fault:
            return f"{name}: {fault}"
    return ""


def _sample_fault(subject: Subject, sample: Sample) -> str:
    reader = subject.reader.name
    with subject.handle(sample.path, sample.options) as opened:
        check_members(opened.members, reader, str(sample.path))
        descriptions = check_images(opened.images, reader, str(sample.path))
    if not descriptions:
        return "it holds no image"
    for index, description in enumerate(descriptions):
        if fault := pickle_fault(description):
            return f"image {index}: {fault}"
        answer: Any = description.facts()
        facts = check_facts(answer, reader, str(sample.path), index)
        if fault := json_fault(facts.annotations, "annotations"):
            return f"image {index}: {fault}"
    return ""


def _worded(error: Exception) -> str:
    if isinstance(error, OmioError):
        told = (error.what, error.evidence, error.remedy)
        return f"{type(error).__name__}: {'; '.join(part for part in told if part)}"
    return f"{type(error).__name__}: {error}"
