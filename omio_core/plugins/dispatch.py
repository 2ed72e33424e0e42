"""Dispatch: chooses one reader for a probe, or one writer for a name, or explains why it cannot; knows no format.

The content decides; the name of a file is the weakest evidence. If the chosen reader fails, no other one is tried.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from omio_core.errors import (
    AmbiguousReaderError,
    NoReaderError,
    NoWriterError,
    PluginLoadWarning,
    UnknownOptionError,
    UnknownReaderError,
    warn,
)
from omio_core.files.probe import Probe
from omio_core.plugins.descriptions import Match, Reader, Verdict, Writer
from omio_core.settings import current_settings
from omio_core.wording import advise, either

from .answers import check_verdict
from .border import Border
from .catalogue import Catalogue, catalogue

if TYPE_CHECKING:
    from omio_core.plugins.descriptions import ImageLike


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Which reader was chosen, and the verdicts of all readers.

    Parameters
    ----------
    reader
        The chosen reader.
    because
        The rule that chose it, in words.
    verdicts
        A mapping from each reader's name to its verdict, the best first.
    """

    reader: Reader
    because: str
    verdicts: Mapping[str, Verdict]

    @property
    def reason(self) -> str:
        """The rule and the reason of the chosen reader, for people."""
        verdict = self.verdicts.get(self.reader.name)
        return self.because if verdict is None else f"{self.because}: {verdict.why}"


def verdicts(probe: Probe, known: Catalogue | None = None) -> dict[str, Verdict]:
    """Return all readers' verdicts on a probe, the best first; a failing reader counts as "no", with a warning."""
    answers: dict[str, Verdict] = {}
    _ = probe.head  # an unreadable file raises here, once, before any plugin is asked
    for reader in (known or catalogue()).readers:
        probe.renew()
        try:
            answers[reader.name] = check_verdict(reader.sniff(probe), f"the reader {reader.name}")
        except Exception as error:  # noqa: BLE001 - the plugin border
            answers[reader.name] = Verdict(Match.NO, f"its sniff failed: {type(error).__name__}: {error}")
            message = f"the reader {reader.name} failed to look at {probe.name}: {error!r}"
            warn(message, PluginLoadWarning, path=probe.path)
    return dict(sorted(answers.items(), key=lambda item: -item[1].match))


def choose(
    probe: Probe,
    reader: str | None = None,
    known: Catalogue | None = None,
    options: Collection[str] = (),
    asked: Mapping[str, Verdict] | None = None,
) -> Decision:
    """Choose one reader for a probe.

    Parameters
    ----------
    probe
        The probe of the file.
    reader
        The name of the reader to use, whatever the verdicts.
    known
        The catalogue to choose from; that of this process if None.
    options
        Names of the options that the caller passes. If no reader claims the file, they decide, provided that exactly
        one reader that lists the file's suffix has all of them.
    asked
        The `verdicts` on the probe, if the readers were already asked.

    Raises
    ------
    UnknownReaderError
        No installed reader has the name `reader`.
    NoReaderError
        No reader claims the file.
    AmbiguousReaderError
        Several readers claim the file equally, and ``OMIO_PREFER`` names none of them.
    """
    known = known or catalogue()
    by_name = {r.name: r for r in known.readers}
    if reader is not None and reader not in by_name:
        raise UnknownReaderError(
            f"there is no reader {reader!r}",
            evidence="; ".join((f"installed: {', '.join(by_name) or 'none'}", *_blocked_part(known))),
            remedy="choose one of those, or install the plugin that brings it",
            path=probe.path,
            reader=reader,
        )
    answers = verdicts(probe, known) if asked is None else asked
    if reader is not None:
        return Decision(reader=by_name[reader], because="the caller named it", verdicts=answers)
    best = max((v.match for v in answers.values()), default=Match.NO)
    if best is Match.NO:
        candidates = [r for r in known.readers if options and set(options) <= set(r.options) and _suffix_fits(r, probe)]
        if len(candidates) == 1 and probe.size:
            because = f"the only reader of files named so with the option {', '.join(sorted(options))}"
            return Decision(reader=candidates[0], because=because, verdicts=answers)
        raise _no_reader_error(probe, answers, known)
    claims = [name for name, verdict in answers.items() if verdict.match is best]
    if len(claims) == 1:
        return Decision(reader=by_name[claims[0]], because=f"the only {best.name} claim", verdicts=answers)
    for preferred in current_settings().prefer:
        if preferred in claims:
            return Decision(reader=by_name[preferred], because="OMIO_PREFER settles a tie", verdicts=answers)
    raise AmbiguousReaderError(
        f"{len(claims)} readers claim {probe.path} equally",
        evidence="; ".join(f"{name}: {answers[name].match.name}, {answers[name].why}" for name in claims),
        remedy=either(advise("choose with {reader!r}", reader=claims[0]), f"set OMIO_PREFER={claims[0]}"),
        path=probe.path,
        readers=tuple(claims),
    )


_POINTERS = (
    (b"version https://git-lfs", "Git LFS", "git lfs pull"),
    (b"/annex/objects/", "git-annex", "git annex get"),
)
"""The first bytes of files that stand for files elsewhere (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md,
https://git-annex.branchable.com/internals/pointer_file/), the program, and the command that fetches the file."""


def _no_reader_error(probe: Probe, answers: Mapping[str, Verdict], known: Catalogue) -> NoReaderError:
    # show the verdicts of readers that list this suffix; if no reader does, show all verdicts
    by_suffix = [reader for reader in known.readers if _suffix_fits(reader, probe)]
    reasons = [
        f"{name}: {verdict.why}"
        for name, verdict in answers.items()
        if not by_suffix or name in {reader.name for reader in by_suffix}
    ]
    if probe.is_folder and by_suffix:
        what = f"{probe.path} is named like a picture that is a folder, and is none"
        remedy = "copy it again with all its files, or name the files in it"
    elif probe.is_folder:
        what, remedy = f"{probe.path} is a folder that no reader knows as one picture", "name the files in it"
        reasons = []
    elif (pointer := next((one for one in _POINTERS if probe.head.startswith(one[0])), None)) is not None:
        _, program, command = pointer
        what, remedy = f"{probe.path} is a pointer of {program}, and not the file itself", f"fetch the file: {command}"
        reasons = [f"it holds {probe.head[:60]!r}"]
    elif probe.size == 0:
        what, remedy = f"{probe.path} is empty (0 bytes)", "copy it again from the microscope"
    else:
        what = f"no reader recognises {probe.path}"
        remedy = either(
            "install a plugin for the format (`omio plugins` lists what is there)",
            advise("name one with {reader}", reader=None),
        )
        if any(reader.template for reader in by_suffix) and not any(
            answers[reader.name].no_image for reader in by_suffix if reader.name in answers
        ):
            remedy = f"put beside it what describes it, or fill in a sidecar: omio sidecar {probe.path!r}"
        elif by_suffix:
            remedy = "its content is not what its name says: copy it again, or install a plugin for what it is"
    return NoReaderError(
        what,
        evidence="; ".join((*reasons, *_blocked_part(known))) or None,
        remedy=remedy,
        path=probe.path,
        verdicts=dict(answers),
    )


def _suffix_fits(reader: Reader, probe: Probe) -> bool:
    return probe.name.lower().endswith(tuple(reader.suffixes))


def _blocked_part(known: Catalogue) -> tuple[str, ...]:
    """List the plugins that are left out, as one more part of the evidence; empty if there are none."""
    names = [f"{plugin.name} ({plugin.error.what if plugin.error else ''})" for plugin in known.blocked]
    return (f"plugins left out: {', '.join(names)}",) if names else ()


def check_options(owner: Reader | Writer, options: Mapping[str, Any]) -> None:
    """Refuse options that a reader or writer does not have.

    Raises
    ------
    UnknownOptionError
        An option does not exist, or the value of a reader's option is not hashable.
    """
    if unknown := sorted(set(options) - set(owner.options)):
        descriptions = "; ".join(f"{name}: {description}" for name, description in owner.options.items())
        raise UnknownOptionError(
            f"{owner.name} has no option {', '.join(map(repr, unknown))}",
            evidence=f"its options are {descriptions}" if descriptions else "it has no options",
            remedy="check the spelling",
            options=tuple(unknown),
        )
    for name, value in options.items():
        if isinstance(owner, Reader) and not _hashable(value):
            raise UnknownOptionError(
                f"the option {name} of {owner.name} cannot be a {type(value).__name__}",
                evidence=f"it is {value!r}, and what a file is opened with must not change",
                remedy="give a plain value; a tuple instead of a list",
                options=(name,),
            )


def _hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def writer_named(name: str) -> Writer:
    """Return the installed writer of that name; ``"ome-zarr"`` and ``"OME-Zarr"`` are the writer ``ome_zarr``.

    Raises
    ------
    NoWriterError
        There is none; the message lists those that are installed.
    """
    known = catalogue()
    chosen = next((writer for writer in known.writers if writer.name == name), None)
    if chosen is None:
        alike = [writer for writer in known.writers if _letters(writer.name) == _letters(name)]
        chosen = alike[0] if len(alike) == 1 else None
    if chosen is None:
        raise NoWriterError(
            f"there is no writer {name!r}",
            evidence="; ".join(
                (f"installed: {', '.join(w.name for w in known.writers) or 'none'}", *_blocked_part(known))
            ),
            remedy="choose one of those, or install the plugin that brings it",
            writer=name,
        )
    return chosen


def _letters(name: str) -> str:
    return re.sub(r"[-_. ]", "", str(name)).casefold()


def writer_for(path: str | os.PathLike[str], images: Sequence[ImageLike], writer: str | None = None) -> Writer:
    """Choose one writer for a file name and the images to write; one that the caller names, whatever the file name.

    Raises
    ------
    NoWriterError
        No writer has that suffix or name, or none of those accepts these images.
    PluginContractError
        A writer fails while it looks at the images.
    """
    known = catalogue()
    name = os.path.basename(os.fspath(path)).lower()
    if writer is not None:
        candidates = [writer_named(writer)]
    else:
        candidates = [w for w in known.writers if any(name.endswith(s) for s in w.suffixes)]
    if not candidates:
        suffixes = ", ".join(s for w in known.writers for s in w.suffixes)
        raise NoWriterError(
            f"no writer writes files named like {os.fspath(path)}",
            evidence="; ".join(
                (f"writers: {', '.join(w.name for w in known.writers)}; suffixes: {suffixes}", *_blocked_part(known))
            ),
            remedy=either(
                f"end the name in {known.suffix}" if known.suffix else "install a plugin that writes it",
                *(advise("name a writer: {writer}", writer=w.name) for w in known.writers[:1]),
            ),
            path=os.fspath(path),
        )
    answers = {w.name: _accepts(w, images) for w in candidates}
    accepting = [w for w in candidates if answers[w.name].match is not Match.NO]
    if not accepting:
        raise NoWriterError(
            f"{os.fspath(path)} cannot be written as it is",
            evidence="; ".join(f"{n}: {verdict.why}" for n, verdict in answers.items()),
            remedy="convert the pixels to a type that the format has",
            path=os.fspath(path),
        )
    rank = {n: i for i, n in enumerate(current_settings().prefer)}
    return min(accepting, key=lambda w: (rank.get(w.name, len(rank)), -answers[w.name].match))


def _accepts(writer: Writer, images: Sequence[ImageLike]) -> Verdict:
    remedy = "choose another writer, and tell its author"
    with Border(f"the writer {writer.name} failed to look at the images", remedy=remedy, writer=writer.name):
        return check_verdict(writer.accepts(images), f"the writer {writer.name}")
