"""The journal of a batch: what was begun, made and settled, line by line in a hidden file; it opens no image.

A line is appended and flushed to disk after what it states is true: that an output has its name, and that the folder
knows it. Before an output is written, a line states that it is begun. A run that is killed leaves at most the last line
incomplete; such a line is no line.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omio_core.errors import BatchError, FileChangedError, ReadError
from omio_core.files import atomic
from omio_core.files.flush import flush
from omio_core.files.listing import whole_fingerprint
from omio_core.files.local import locate
from omio_core.metadata.namespaces import omio_version

NAME = ".omio-batch.jsonl"
FORM = 1
"""Version of the lines; a journal of another form is refused."""

Mark = tuple[str, int, int | None, str]
"""A path, and the size, the time in nanoseconds and the tag of what lies there; of a folder, a digest as the tag."""


def mark(path: Path, home: Path) -> Mark:
    """Return what a file is like, or a folder with all in it; its path relative to `home`, with "/".

    Raises
    ------
    FileChangedError
        It is not there.
    """
    stamp = whole_fingerprint(locate(path)).stamp
    return relative(path, home), stamp.size, stamp.mtime_ns, stamp.tag


def relative(path: Path, home: Path) -> str:
    """Return a path relative to a folder, with "/"; as it is if it lies elsewhere."""
    return path.relative_to(home).as_posix() if path.is_relative_to(home) else str(path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What the journal states of a job that was done.

    Parameters
    ----------
    leaf, source
        As in `omio.batching.values.Job`; the source relative to the project.
    inputs, outputs
        What it was made of, and what it made.
    seconds
        How long it took.
    """

    leaf: str
    source: str
    inputs: tuple[Mark, ...]
    outputs: tuple[Mark, ...]
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What the journal states of a leaf all jobs of which are done.

    Parameters
    ----------
    look
        A digest of all names, sizes and times in its folders.
    settings
        A digest of how it was converted, and by which programs.
    jobs
        The keys of its jobs.
    skipped
        Paths left out, and why.
    """

    look: str
    settings: str
    jobs: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Ledger:
    """All that a journal states.

    Parameters
    ----------
    root
        The name of the project.
    made, failed, leaves
        By the key of the job, or of the leaf: what was done, the reason of what failed, what is settled.
    paths
        From each output that was begun or made to the keys of its jobs.
    begun
        By the key of the job, the outputs that were begun and never made.
    """

    root: str
    made: dict[str, Made] = field(default_factory=dict)
    failed: dict[str, dict[str, Any]] = field(default_factory=dict)
    leaves: dict[str, Settled] = field(default_factory=dict)
    paths: dict[str, set[str]] = field(default_factory=dict)
    begun: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def has(self, path: str, key: str) -> bool:
        """Whether a job of this project made an output, or began to."""
        return key in self.paths.get(path, ())

    def stands(self, key: str, home: Path) -> Made | None:
        """Return what is stated of a job if all its outputs are as it left them; else None."""
        made = self.made.get(key)
        try:
            if made is None or any(mark(home / one[0], home) != one for one in made.outputs):
                return None
        except (FileChangedError, ReadError):
            return None
        return made

    def take(self, line: Mapping[str, Any]) -> None:
        """Take a line.

        Raises
        ------
        KeyError, TypeError, ValueError
            It is no line of a journal.
        """
        if line["root"] != self.root:
            return
        key, kind = str(line["key"]), line["line"]
        if kind == "begun":
            self.begun[key] = tuple(line["outputs"])
            for path in line["outputs"]:
                self.paths.setdefault(path, set()).add(key)
        elif kind == "made":
            made = Made(
                leaf=line["leaf"],
                source=line["source"],
                inputs=_marks(line["inputs"]),
                outputs=_marks(line["outputs"]),
                seconds=line["seconds"],
            )
            self.made[key] = made
            self.failed.pop(key, None)
            self.begun.pop(key, None)
            for path, *_ in made.outputs:
                self.paths.setdefault(path, set()).add(key)
        elif kind == "failed":
            self.begun.pop(key, None)
            self.failed[key] = {name: line[name] for name in ("leaf", "source", "error")}
        elif kind == "settled":
            skipped = tuple((str(path), str(why)) for path, why in line["skipped"])
            self.leaves[key] = Settled(
                look=line["look"], settings=line["settings"], jobs=tuple(line["jobs"]), skipped=skipped
            )


def _marks(marks: Iterable[Any]) -> tuple[Mark, ...]:
    return tuple(
        (str(path), int(size), None if time is None else int(time), str(tag)) for path, size, time, tag in marks
    )


def read(home: Path, root: str) -> Ledger:
    """Read the journal of a folder of outputs; where there is none, nothing is stated.

    Raises
    ------
    BatchError
        It cannot be read, or is of a newer OMIO.
    """
    ledger = Ledger(root)
    path = home / NAME
    try:
        with open(path, "rb") as file:
            for text in file:
                if not text.endswith(b"\n"):
                    break  # a run was killed while it wrote the line
                with contextlib.suppress(KeyError, TypeError, ValueError):  # the rest of such a line
                    line = json.loads(text)
                    if line.get("line") == "journal" and line["form"] != FORM:
                        raise _other_form_error(path, line)
                    ledger.take(line)
    except FileNotFoundError:
        return ledger
    except OSError as error:
        raise BatchError(
            f"the journal {path} cannot be read", evidence=str(error), remedy="make it readable", path=str(path)
        ) from error
    return ledger


def _other_form_error(path: Path, line: Mapping[str, Any]) -> BatchError:
    return BatchError(
        f"the journal {path} is of another version of OMIO",
        evidence=f"OMIO {line.get('omio')} wrote it in form {line['form']}; this one knows form {FORM}",
        remedy="use that version, or choose another folder for the outputs", path=str(path),
    )  # fmt: skip


class Journal:
    """A journal that is open to be continued; a context manager.

    Parameters
    ----------
    home
        The folder of the outputs, which exists.
    root
        The name of the project.

    Raises
    ------
    BatchError
        It cannot be written.
    """

    def __init__(self, home: Path, root: str):
        self.home, self.ledger = home, read(home, root)
        self._path = home / NAME
        with self._reported():
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o666)
            size = os.fstat(self._file).st_size
            if size and os.lseek(self._file, size - 1, os.SEEK_SET) >= 0 and os.read(self._file, 1) != b"\n":
                os.write(self._file, b"\n")  # ends the line that a killed run left incomplete
        if not size:
            self._append({"line": "journal", "form": FORM, "omio": omio_version()})
            atomic.flush_folder(home)

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def add(self, kind: str, key: str, **values: Any) -> None:
        """Append a line; it is on disk when this returns.

        Raises
        ------
        BatchError
            The disk refuses.
        """
        line = {"line": kind, "root": self.ledger.root, "key": key, **values}
        self._append(line)
        self.ledger.take(line)

    def _append(self, line: Mapping[str, Any]) -> None:
        data = json.dumps(line, ensure_ascii=True).encode() + b"\n"
        with self._reported():
            while data:
                data = data[os.write(self._file, data) :]
            flush(self._file)

    @contextlib.contextmanager
    def _reported(self) -> Any:
        try:
            yield
        except OSError as error:
            raise BatchError(
                f"the journal {self._path} cannot be written", evidence=str(error),
                remedy="make room or the folder writable, and run the batch again; what is done stays",
                path=str(self._path),
            ) from error  # fmt: skip
