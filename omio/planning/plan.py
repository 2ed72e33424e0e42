"""A plan with its verbs: run it, print it, save it as JSON; `prepare` makes plans."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from omio_core.images.image import Image

from . import execute, serialize, text
from .report import Report
from .values import PlanValues


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(PlanValues):
    """What will be done, decided before a pixel is read; ``print`` it, save it, run it.

    Parameters are those of `omio.planning.values.PlanValues`.
    """

    def run(
        self,
        *,
        progress: Callable[[int, int], None] | None = None,
        landed: Callable[[str, Path], None] | None = None,
        reported: Callable[[Report], None] | None = None,
        stop: bool = False,
    ) -> list[Path] | list[Image]:
        """Do exactly what the plan says.

        If an input has changed or a name has been taken since, report which, and do nothing.

        Parameters
        ----------
        progress
            Called with the bytes of pixels done and the bytes in total.
        landed
            Called with a source file and the file written from it, as soon as that file is complete.
        reported
            Called once, at the end, with what became of each source; also where an error follows.
        stop
            Whether the first problem stops everything. Otherwise files of other sources are written all the same.

        Returns
        -------
        list
            The files written; the images, where the plan writes no files.

        Raises
        ------
        FileChangedError
            An input is not what it was.
        WriteError
            A name was taken since.
        OmioError
            The plan has `problems`, and nothing else can be done; or some of several source files failed, as in
            `omio.convert_to_ometiff`.
        """
        return execute.run(self, progress, landed, reported, stop=stop)

    def to_json(self, path: str | Path | None = None) -> str:
        """Return the plan as JSON for `from_json`; also write it to `path`, where it may replace another plan.

        Raises
        ------
        OmioError
            An option has a value that JSON does not know.
        WriteError
            The file cannot be written, or the existing file of that name is no plan.
        """
        saved = serialize.dump(self)
        if path is not None:
            serialize.put(saved, Path(path))
        return saved

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain values, as `to_json` saves it; its keys are documented and have a version.

        Raises
        ------
        OmioError
            An option has a value that JSON does not know.
        """
        values: dict[str, Any] = json.loads(serialize.dump(self))
        return values

    @classmethod
    def from_json(cls, source: str | Path) -> Plan:
        """Load a plan from JSON or from a file: text that begins with ``{`` is JSON.

        Raises
        ------
        FileNotFoundError
            There is no such file.
        ReadError
            The file cannot be read.
        MetadataError
            It is no plan, or a plan of another form.
        """
        values = serialize.load(source)
        return cls(**{field.name: getattr(values, field.name) for field in fields(values)})

    def __str__(self) -> str:
        return text.text(self)
