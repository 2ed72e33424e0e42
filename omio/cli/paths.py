"""The paths of a command: what they stand for, and a loop over them; prints nothing but errors."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from omio.sources.kinds import Folder, FolderStack, SourceLike
from omio_core.errors import OmioError
from omio_core.files.local import locate

from . import options, show

if TYPE_CHECKING:
    from omio.planning.report import Report
    from omio.sources.walk import Skipped
    from omio_core.images.opening import OpenedSource


class Tally:
    """What became of the sources of a command, for its last line or its report as JSON.

    Parameters
    ----------
    verb
        The verb that runs.
    quiet
        Whether only errors are printed.
    as_json
        Whether the report is printed as JSON, and nothing else on standard output.
    """

    def __init__(self, verb: str, *, quiet: bool = False, as_json: bool = False):
        self.verb, self.as_json, self.quiet = verb, as_json, quiet or as_json
        self.outputs: list[dict[str, str]] = []
        self.failed: dict[str, Exception] = {}
        self._written: list[str] = []
        self._current: list[str] = []
        self._left_out: list[Skipped] = []
        self._stale: list[Skipped] = []

    def landed(self, source: str, target: Path) -> None:
        """Print a file that is complete, and what it was made of."""
        self.outputs.append({"source": source, "target": str(target)})
        show.line(f"{source} -> {target}", quiet=self.quiet)

    def add(self, report: Report, path: str) -> None:
        """Count what a report has, and print by name what is left out, what is of no source, and what is old."""
        from omio_core.images.explain import printable

        self._written += map(str, report.written)
        self._current += map(str, report.current)
        self._left_out += report.left_out
        self._stale += report.stale
        for skip in report.left_out:
            show.line(f"left out: {display_path(path, skip.path)}: {printable(skip.why)}", quiet=self.quiet)
        for skip in report.stale:
            show.line(f"of no source that is there: {skip.path}: {printable(skip.why)}; it stays", quiet=self.quiet)
        if report.older:
            show.line(
                f"{report.older} of those up to date were written by another version of OMIO; --remake remakes them",
                quiet=self.quiet,
            )

    def counts(self) -> dict[str, int]:
        """Return how many there are of what."""
        return {
            "written": len(self._written),
            "up to date": len(self._current),
            "left out": len(self._left_out),
            "failed": len(self.failed),
        }

    def finish(self) -> None:
        """Print the last line, or the report as JSON."""
        counts = self.counts()
        show.line(", ".join(f"{count} {word}" for word, count in counts.items()), quiet=self.quiet)
        if not self.as_json:
            return
        from omio.reports import head

        common = head(self.verb, ok=not self.failed, counts=counts, failed=self.failed, left_out=self._left_out)
        stale = [{"path": skip.path, "why": skip.why} for skip in self._stale]
        show.json({**common, "outputs": self.outputs, "up_to_date": self._current, "stale": stale})


def for_each(
    paths: Iterable[str],
    do: Callable[[str], None],
    *,
    collect: type[Warning] | tuple[type[Warning], ...] | None = None,
    quiet: bool = False,
    failed: Callable[[str, Exception], None] | None = None,
    tally: Tally | None = None,
    stop: bool = False,
) -> None:
    """Do something for every path; print each error, go on, and end with exit code 1 if anything failed.

    Parameters
    ----------
    paths, do
        The paths, and what is done for each.
    collect
        Warnings of these classes are not printed: the output of `do` contains what they say.
    quiet
        Whether to print nothing but errors.
    failed
        Called with each path that fails, and its error.
    tally
        Takes what fails, and prints its last line.
    stop
        Whether the first path that fails is the last.
    """
    count = 0
    for path in paths:
        if count and stop:
            break
        try:
            with show.warnings_as_lines(collect=collect, quiet=quiet):
                do(path)
        except BrokenPipeError:
            raise  # nobody reads our output any more; the file is not to blame
        except (OmioError, OSError) as error:
            count += 1
            for each_path, each_error in getattr(error, "failed", {path: error}).items():
                show.error(each_path, each_error)
                if failed is not None:
                    failed(each_path, each_error)
                if tally is not None:
                    tally.failed[each_path] = each_error
    if tally is not None:
        tally.finish()
    if count:
        raise click.exceptions.Exit(1)


def for_each_file(
    path: str,
    stated: Mapping[str, Any],
    do: Callable[[OpenedSource], None],
    *,
    recursive: bool = False,
    left_out: Callable[[Skipped], None] | None = None,
) -> None:
    """Do something for every image file in a folder; end with a single error about those where it failed.

    Each path that is no image is reported to `left_out`.
    """
    from omio.sources import collect

    failed: dict[str, Exception] = {}
    folder = Folder(path, recursive=recursive)
    for opened in collect.describe_readable(folder, options.request(stated), failed.__setitem__, left_out):
        try:
            do(opened)
        except BrokenPipeError:
            raise  # nobody reads our output any more; the file is not to blame
        except (OmioError, OSError) as error:
            failed[opened.path] = error
    if failed:
        raise OmioError(f"{len(failed)} of the files in {path} cannot be read", failed=failed)


def display_path(path: str, file: str) -> str:
    """Return a file found under a path of the command in the spelling of that path: relative where it is relative."""
    return as_typed([path])(file)


def as_typed(paths: Sequence[str]) -> Callable[[str], str]:
    """Return a function that names a file in the spelling of those paths of the command under which it lies."""
    typed = sorted(((os.path.abspath(path), path) for path in paths if path), key=lambda pair: -len(pair[0]))
    relative = all(not os.path.isabs(path) for _, path in typed)

    def name(file: str) -> str:
        for whole, path in typed:
            if file == whole:
                return path
            if file.startswith(os.path.join(whole, "")):
                return os.path.join(path, file[len(os.path.join(whole, "")) :])
        return os.path.relpath(file) if relative and os.path.isabs(file) else file

    return name


def source(path: str, selection: Mapping[str, Any]) -> SourceLike:
    """Return what one path stands for: a file, a folder, or with ``--stack`` its family of folders."""
    folder_options = {name: selection[name] for name in ("recursive", "patterns") if name in selection}
    if selection.get("stack") or "tag" in selection:
        return FolderStack(path, tag=selection.get("tag"), **folder_options)
    return Folder(path, **folder_options) if folder_options and path and locate(path).is_folder else path


def combined_source(paths: Sequence[str], selection: Mapping[str, Any]) -> SourceLike:
    """Return what several paths stand for together, in the order of the command line."""
    return source(paths[0], selection) if len(paths) == 1 else [source(path, selection) for path in paths]
