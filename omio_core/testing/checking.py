"""Everything that can be checked of a plugin without samples, in one report; needs no pytest."""

from __future__ import annotations

import tempfile
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from omio_core.plugins.catalogue import load
from omio_core.plugins.descriptions import Reader, Writer

from .annotating import annotate_findings, annotates
from .attempts import WriterSubject
from .candidate import Candidate, Offer, candidate
from .conduct import damage_findings, repeat_findings, stop_findings, work_findings
from .deciding import policy_findings
from .findings import Finding
from .foreign import sniff_findings
from .importing import import_findings
from .registering import answer_findings, description_findings, hook_findings, name_findings
from .writing import accept_findings, round_trip_findings

VERSION = 1
"""The version of the report as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was checked of a plugin, and what was found.

    Parameters
    ----------
    plugin
        The plugin.
    checked
        What was checked, in words, such as ``"reader myformat"``.
    findings
        The rules that it breaks; empty if it keeps all that can be checked without samples.
    """

    plugin: Candidate
    checked: tuple[str, ...]
    findings: tuple[Finding, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values.

        ``omio_plugin_check`` is the version of this mapping, ``plugin``, ``module`` and ``distribution`` say what was
        checked, ``checked`` lists its parts, and ``findings`` are mappings of ``rule``, ``subject`` and ``sentence``.
        """
        return {
            "omio_plugin_check": VERSION,
            "plugin": self.plugin.name,
            "module": self.plugin.value,
            "distribution": self.plugin.distribution,
            "checked": list(self.checked),
            "findings": [asdict(finding) for finding in self.findings],
        }


def check(plugin: str | types.ModuleType) -> Report:
    """Check of a plugin what needs no samples of its format.

    Parameters
    ----------
    plugin
        The name of an installed entry point, or a module or its name.

    Raises
    ------
    PluginLoadError
        There is neither a plugin nor a module of that name.
    """
    found = candidate(plugin)
    checked: list[str] = ["import"]
    findings = list(import_findings(found))
    if not any(finding.rule == "import" for finding in findings):
        try:
            module = found.entry.load()
        except BaseException as error:  # noqa: BLE001 - the plugin border: SystemExit too
            sentence = f"{found.value} cannot be imported: {type(error).__name__}: {error}"
            findings.append(Finding(rule="import", subject=f"plugin {found.name}", sentence=sentence))
        else:
            checked += ["hooks", *_parts(Offer.of(module)), *filter(None, [annotates(module)])]
            findings += module_findings(found, module)
            findings += _offer_findings(Offer.of(module))
            if not findings:
                findings += _refusal(found)
    return Report(plugin=found, checked=tuple(checked), findings=tuple(dict.fromkeys(findings)))


def module_findings(plugin: Candidate, module: Any) -> Iterator[Finding]:
    """Yield the faults of a plugin's hooks, its names, the fields of its descriptions, and its annotations."""
    offer = Offer.of(module)
    yield from hook_findings(plugin, module)
    yield from answer_findings(plugin, module)
    yield from name_findings(plugin, offer)
    for description in offer.descriptions:
        yield from description_findings(plugin, description)
    yield from annotate_findings(plugin, module)


def _parts(offer: Offer) -> list[str]:
    return [
        *(f"reader {reader.name}" for reader in offer.readers),
        *(f"writer {writer.name}" for writer in offer.writers),
        *(f"policy {policy.kind}={policy.name}" for policy in offer.policies),
    ]


def _offer_findings(offer: Offer) -> Iterator[Finding]:
    for reader in offer.readers:
        if callable(reader.sniff):
            yield from sniff_findings(reader)
    for policy in offer.policies:
        yield from policy_findings(policy)
    for writer in offer.writers:
        if callable(writer.accepts) and writer.suffixes:
            yield from writer_findings(WriterSubject(writer=writer, reader=_reader_for(writer, offer.readers)))


def _reader_for(writer: Writer, readers: Sequence[Reader]) -> Reader | None:
    """Return the reader of the same plugin for what a writer writes; None if there is none."""
    return next((reader for reader in readers if set(reader.suffixes) & set(writer.suffixes)), None)


def writer_findings(subject: WriterSubject, *, reproducible: bool = False) -> Iterator[Finding]:
    """Yield all faults of a writer, with pictures that the kit makes.

    Parameters
    ----------
    subject
        The writer.
    reproducible
        Whether it must make the same bytes of the same picture.
    """
    checks: list[Callable[[WriterSubject, Path], Iterator[Finding]]] = [
        round_trip_findings,
        work_findings,
        stop_findings,
        damage_findings,
    ]
    if reproducible:
        checks.append(repeat_findings)
    yield from accept_findings(subject)
    for one in checks:
        with tempfile.TemporaryDirectory() as folder:
            try:
                yield from one(subject, Path(folder))
            except (ImportError, AttributeError) as error:  # a reference that cannot be loaded
                sentence = f"it cannot be loaded: {type(error).__name__}: {error}."
                yield Finding(rule="references", subject=f"writer {subject.writer.name}", sentence=sentence)
                return


def _refusal(plugin: Candidate) -> Iterator[Finding]:
    """Yield why the catalogue leaves the plugin out, if it does."""
    for blocked in load([plugin.entry]).blocked:
        yield Finding(rule="load", subject=f"plugin {plugin.name}", sentence=f"it is left out: {blocked.error}")
