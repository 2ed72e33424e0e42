"""From a probe and the catalogue to one reader or writer, or to an error that explains itself; it knows no format.

Content decides; the name of a file is the weakest evidence. No reader is ever tried after another one failed.
"""

from __future__ import annotations

import os
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
    border,
    warn,
)
from omio_core.files.probe import Probe
from omio_core.plugins.descriptions import Match, Reader, Verdict, Writer
from omio_core.settings import current
from omio_core.wording import advise, either

from .catalogue import Catalogue, catalogue

if TYPE_CHECKING:
    from omio_core.plugins.descriptions import ImageLike


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Which reader was chosen, and what every reader said.

    Parameters
    ----------
    reader
        The one chosen.
    because
        The rule that chose it, in words.
    verdicts
        From each reader's name to its verdict, the best first.
    """

    reader: Reader
    because: str
    verdicts: Mapping[str, Verdict]

    @property
    def reason(self) -> str:
        """The rule, and what the chosen reader said, for people."""
        verdict = self.verdicts.get(self.reader.name)
        return self.because if verdict is None else f"{self.because}: {verdict.why}"


def verdicts(probe: Probe, known: Catalogue | None = None) -> dict[str, Verdict]:
    """What every reader says of a probe, the best first; one that fails says no, with a warning."""
    said: dict[str, Verdict] = {}
    _ = probe.head  # what cannot be read is the file's fault, and is said once, before a plugin is asked
    for reader in (known or catalogue()).readers:
        probe.renew()
        try:
            verdict = reader.sniff(probe)
            if not isinstance(verdict, Verdict):
                raise TypeError(f"{verdict!r} is no Verdict")
            said[reader.name] = verdict
        except Exception as error:  # noqa: BLE001 - the plugin border
            said[reader.name] = Verdict(Match.NO, f"its sniff failed: {type(error).__name__}: {error}")
            message = f"the reader {reader.name} failed to look at {probe.name}: {error!r}"
            warn(message, PluginLoadWarning, path=probe.path)
    return dict(sorted(said.items(), key=lambda item: -item[1].match))


def choose(
    probe: Probe,
    reader: str | None = None,
    known: Catalogue | None = None,
    options: Collection[str] = (),
    asked: Mapping[str, Verdict] | None = None,
) -> Decision:
    """One reader for a probe.

    Parameters
    ----------
    probe
        The look at the file.
    reader
        A name that settles it, whatever the verdicts.
    options
        Names of the options given: where nobody claims the file, they settle it, if just one reader of files of such
        a name has them all.
    asked
        The `verdicts` on the probe, where the readers were asked already.

    Raises
    ------
    UnknownReaderError, NoReaderError, AmbiguousReaderError
    """
    known = known or catalogue()
    by_name = {r.name: r for r in known.readers}
    if reader is not None and reader not in by_name:
        raise UnknownReaderError(
            f"there is no reader {reader!r}",
            evidence="; ".join((f"installed: {', '.join(by_name) or 'none'}", *_blocked(known))),
            remedy="choose one of those, or install the plugin that brings it",
            path=probe.path,
            reader=reader,
        )
    said = verdicts(probe, known) if asked is None else asked
    if reader is not None:
        return Decision(reader=by_name[reader], because="the caller named it", verdicts=said)
    best = max((v.match for v in said.values()), default=Match.NO)
    if best is Match.NO:
        owners = [r for r in known.readers if options and set(options) <= set(r.options) and _suffix_fits(r, probe)]
        if len(owners) == 1 and probe.size:
            because = f"the only reader of files named so with the option {', '.join(sorted(options))}"
            return Decision(reader=owners[0], because=because, verdicts=said)
        raise _nobody(probe, said, known)
    claims = [name for name, verdict in said.items() if verdict.match is best]
    if len(claims) == 1:
        return Decision(reader=by_name[claims[0]], because=f"the only {best.name} claim", verdicts=said)
    for preferred in current().prefer:
        if preferred in claims:
            return Decision(reader=by_name[preferred], because="OMIO_PREFER settles a tie", verdicts=said)
    raise AmbiguousReaderError(
        f"{len(claims)} readers claim {probe.path} equally",
        evidence="; ".join(f"{name}: {said[name].match.name}, {said[name].why}" for name in claims),
        remedy=either(advise("choose with {reader!r}", reader=claims[0]), f"set OMIO_PREFER={claims[0]}"),
        path=probe.path,
        readers=tuple(claims),
    )


def _nobody(probe: Probe, said: Mapping[str, Verdict], known: Catalogue) -> NoReaderError:
    # who reads files named so has to say why it does not read this one; the others only where there is none such
    named = [one for one in known.readers if _suffix_fits(one, probe)]
    words = [f"{name}: {verdict.why}" for name, verdict in said.items() if not named or name in {r.name for r in named}]
    if probe.is_dir:
        what, remedy = f"{probe.path} is a folder that no reader knows as one picture", "name the files in it"
        words = []
    elif probe.size == 0:
        what, remedy = f"{probe.path} is empty (0 bytes)", "copy it again from the microscope"
    else:
        what = f"no reader recognises {probe.path}"
        remedy = either(
            "install a plugin for the format (`omio plugins` lists what is there)",
            advise("name one with {reader}", reader=None),
        )
        if any(one.template for one in named) and not any(said[r.name].no_image for r in named if r.name in said):
            remedy = f"put beside it what describes it, or fill in a sidecar: omio sidecar {probe.path!r}"
        elif named:
            remedy = "its content is not what its name says: copy it again, or install a plugin for what it is"
    return NoReaderError(
        what,
        evidence="; ".join((*words, *_blocked(known))) or None,
        remedy=remedy,
        path=probe.path,
        verdicts=dict(said),
    )


def _suffix_fits(reader: Reader, probe: Probe) -> bool:
    return probe.name.lower().endswith(tuple(reader.suffixes))


def _blocked(known: Catalogue) -> tuple[str, ...]:
    """The plugins that are left out, as one more part of the evidence; no part where there are none."""
    out = [f"{p.name} ({p.error.what if p.error else ''})" for p in known.blocked]
    return (f"plugins left out: {', '.join(out)}",) if out else ()


def check_options(owner: Reader | Writer, options: Mapping[str, Any]) -> None:
    """Refuse options that a reader or writer does not have.

    Raises
    ------
    UnknownOptionError
    """
    if unknown := sorted(set(options) - set(owner.options)):
        has = "; ".join(f"{name}: {what}" for name, what in owner.options.items())
        raise UnknownOptionError(
            f"{owner.name} has no option {', '.join(map(repr, unknown))}",
            evidence=f"its options are {has}" if has else "it has no options",
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


def writer_for(path: str | os.PathLike[str], images: Sequence[ImageLike], writer: str | None = None) -> Writer:
    """One writer for a name and the images to write.

    Raises
    ------
    NoWriterError
        No writer has that suffix or name, or none that has accepts these images.
    """
    known = catalogue()
    name = os.path.basename(os.fspath(path)).lower()
    fitting = [w for w in known.writers if (w.name == writer if writer else any(name.endswith(s) for s in w.suffixes))]
    if not fitting:
        suffixes = ", ".join(s for w in known.writers for s in w.suffixes)
        raise NoWriterError(
            f"there is no writer {writer!r}" if writer else f"no writer writes files named like {os.fspath(path)}",
            evidence="; ".join(
                (f"writers: {', '.join(w.name for w in known.writers)}; suffixes: {suffixes}", *_blocked(known))
            ),
            remedy=f"end the name in {known.suffix}" if known.suffix else "install a plugin that writes it",
            path=os.fspath(path),
        )
    answers = {w.name: _accepts(w, images) for w in fitting}
    able = [w for w in fitting if answers[w.name].match is not Match.NO]
    if not able:
        raise NoWriterError(
            f"{os.fspath(path)} cannot be written as it is",
            evidence="; ".join(f"{n}: {verdict.why}" for n, verdict in answers.items()),
            remedy="convert the pixels to a type that the format has",
            path=os.fspath(path),
        )
    rank = {n: i for i, n in enumerate(current().prefer)}
    return min(able, key=lambda w: (rank.get(w.name, len(rank)), -answers[w.name].match))


def _accepts(writer: Writer, images: Sequence[ImageLike]) -> Verdict:
    remedy = "choose another writer, and tell its author"
    with border(f"the writer {writer.name} failed to look at the images", remedy=remedy):
        return writer.accepts(images)
