"""The catalogue of plugins: finds, loads and checks them, and records failures; the only user of pluggy's manager.

Each plugin is loaded and asked separately. A plugin that cannot be imported, misspells a hook or forgets to
mark it, returns invalid answers or targets another contract is left out with one warning, and stays visible in
`catalogue().blocked`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.metadata import Distribution, EntryPoint, entry_points
from typing import Any

import pluggy

from omio_core import hookspecs
from omio_core.errors import PluginContractError, PluginError, PluginLoadError, PluginLoadWarning, warn
from omio_core.files.location import Location
from omio_core.files.probe import Probe
from omio_core.plugins.answers import check_verdict
from omio_core.plugins.border import Border
from omio_core.plugins.descriptions import Match, Policy, Reader, Writer
from omio_core.settings import current_settings

from .admission import answer_faults, description_faults, hook_faults, unmarked, version_fault
from .cases import refuse_malformed

GROUP = "omio.plugins"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """One installed plugin, whether usable or not.

    Parameters
    ----------
    name
        The name of its entry point.
    distribution, version
        Of the installed package, as pip lists them; "" if unknown.
    readers, writers, policies
        What the plugin offers.
    annotators
        Number of its annotation hooks.
    error
        Why the plugin is left out; None if it is usable.
    """

    name: str
    distribution: str
    version: str
    readers: tuple[Reader, ...] = ()
    writers: tuple[Writer, ...] = ()
    policies: tuple[Policy, ...] = ()
    annotators: int = 0
    error: PluginError | None = None

    @property
    def offers(self) -> tuple[str, ...]:
        """What the plugin offers, in words, such as ``"reader tiff"``."""
        return (
            *(f"reader {reader.name}" for reader in self.readers),
            *(f"writer {writer.name}" for writer in self.writers),
            *(f"policy {policy.kind}={policy.name}" for policy in self.policies),
            *("annotations",) * self.annotators,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Everything that the plugins of this process offer, each name once; frozen."""

    readers: tuple[Reader, ...] = ()
    writers: tuple[Writer, ...] = ()
    policies: tuple[Policy, ...] = ()
    annotators: tuple[tuple[str, Callable[..., Any]], ...] = ()
    plugins: tuple[Plugin, ...] = ()

    @property
    def suffix(self) -> str:
        """The suffix for output files that the caller does not name; "" if there are no writers."""
        return next((suffix for writer in self.writers for suffix in writer.suffixes), "")

    @property
    def blocked(self) -> tuple[Plugin, ...]:
        """The plugins that were left out."""
        return tuple(plugin for plugin in self.plugins if plugin.error is not None)


_lock = threading.RLock()
_catalogue: Catalogue | None = None
_loading = False


def catalogue() -> Catalogue:
    """Return the catalogue of this process; it is loaded at first use.

    Raises
    ------
    PluginContractError
        A plugin asks for the catalogue while it is being imported or asked, which is circular.
    """
    global _catalogue, _loading
    known = _catalogue
    if known is not None:
        return known
    with _lock:
        if _loading:  # this thread already holds the lock
            raise PluginContractError(
                "a plugin asked for the catalogue that it is to become part of",
                remedy="the plugin must not read files or choose readers while it is imported or its hooks are asked",
            )
        if _catalogue is None:
            _loading = True
            try:
                _catalogue = load(_entry_points(), disable=current_settings().disable)
            finally:
                _loading = False
        return _catalogue


@contextmanager
def using(known: Catalogue) -> Iterator[Catalogue]:
    """Replace the catalogue temporarily, in the whole process; for tests and plugin authors."""
    global _catalogue
    previous, _catalogue = _catalogue, known
    try:
        yield known
    finally:
        _catalogue = previous


def forget() -> None:
    """Drop the catalogue, so that the next use loads it again (after an installation, and in tests)."""
    global _catalogue
    _catalogue = None


def _entry_points() -> list[EntryPoint]:
    # our own plugins first, then by name: which of two equal names wins must not depend on the file system
    return sorted(
        entry_points(group=GROUP),
        key=lambda e: (_distribution(e)[0] != "omio-core", _distribution(e)[0], e.name),
    )


def _distribution(entry: EntryPoint) -> tuple[str, str]:
    return _name_and_version(entry.dist) if entry.dist is not None else ("", "")


@lru_cache(maxsize=64)
def _name_and_version(distribution: Distribution) -> tuple[str, str]:
    # cached: needed for each plugin of a distribution, and each time the metadata are parsed as an e-mail
    metadata = distribution.metadata
    return metadata["Name"], metadata["Version"]


def load(entries: Sequence[EntryPoint], *, disable: Sequence[str] = ()) -> Catalogue:
    """Load each entry point separately and return what all of them offer.

    Parameters
    ----------
    entries
        Entry points in order of precedence: of two equal names, the first keeps the name.
    disable
        Names of entry points or distributions that are not loaded.
    """
    result, loaded = Catalogue(), set[tuple[str, str]]()
    for entry in entries:
        distribution, version = _distribution(entry)
        plugin = Plugin(name=entry.name, distribution=distribution, version=version)
        if (entry.name, entry.value) in loaded:  # the same distribution is on the path twice
            continue
        loaded.add((entry.name, entry.value))
        try:
            if entry.name in disable or distribution in disable:
                raise PluginLoadError(f"the plugin {entry.name} is disabled", evidence="OMIO_DISABLE names it")
            offer = _load_one(entry, version)
            _refuse_duplicate_names(result, offer)
        except PluginError as error:
            result = replace(result, plugins=(*result.plugins, replace(plugin, error=error)))
            if entry.name not in disable and distribution not in disable:
                warn(f"plugin {entry.name} is left out: {error}", PluginLoadWarning)
            continue
        result = Catalogue(
            readers=result.readers + offer.readers,
            writers=result.writers + offer.writers,
            policies=result.policies + offer.policies,
            annotators=result.annotators + offer.annotators,
            plugins=(*result.plugins, _add_offer(plugin, offer)),
        )
    return result


def _add_offer(plugin: Plugin, offer: Catalogue) -> Plugin:
    return replace(
        plugin,
        readers=offer.readers,
        writers=offer.writers,
        policies=offer.policies,
        annotators=len(offer.annotators),
    )


def _load_one(entry: EntryPoint, version: str) -> Catalogue:
    """Import one plugin and call each of its hooks; every failure becomes a PluginError."""
    try:
        module = entry.load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # the plugin border: SystemExit too
        raise PluginLoadError(
            f"{entry.value} cannot be imported",
            evidence=f"{type(error).__name__}: {error}",
            remedy=f"repair or uninstall it, or set OMIO_DISABLE={entry.name}",
            plugin=entry.name,
        ) from error
    if fault := version_fault(module):
        raise PluginLoadError(
            f"{entry.value} is not made for this OMIO",
            evidence=fault,
            remedy=f"install a version of the plugin that fits, or set OMIO_DISABLE={entry.name}",
            plugin=entry.name,
        )
    _refuse_faults(entry, "has a hook that is not marked", unmarked(module))
    manager = pluggy.PluginManager("omio")
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(module, name=entry.name)
        manager.check_pending()  # refuses hooks that no specification names
    except (pluggy.PluginValidationError, ValueError) as error:
        raise PluginContractError(
            f"{entry.value} implements a hook that does not exist, or with other arguments",
            evidence="; ".join(hook_faults(module)) or str(error),
            remedy=_remedy(entry),
            plugin=entry.name,
        ) from error
    readers = _ask_hook(manager, entry, "omio_readers", Reader)
    writers = _ask_hook(manager, entry, "omio_writers", Writer)
    for kind, offered in (("reader", readers), ("writer", writers)):
        for description in offered:
            _refuse_faults(entry, f"describes the {kind} {description.name} wrongly", description_faults(description))
    for reader in readers:
        _check_sniff(entry, reader)
    return Catalogue(
        readers=tuple(replace(reader, version=reader.version or version) for reader in readers),
        writers=tuple(replace(writer, version=writer.version or version) for writer in writers),
        policies=_ask_policies(manager, entry),
        annotators=((entry.name, manager.hook.omio_annotate),) if manager.hook.omio_annotate.get_hookimpls() else (),
    )


def _refuse_faults(entry: EntryPoint, what: str, faults: Iterable[str]) -> None:
    evidence = "; ".join(faults)
    if evidence:
        raise PluginContractError(
            f"{entry.value} {what}",
            evidence=evidence,
            remedy=_remedy(entry),
            plugin=entry.name,
        )


def _remedy(entry: EntryPoint) -> str:
    return (
        f"its author must change it; `omio plugins check {entry.name}` says more. To work without it, set "
        f"OMIO_DISABLE={entry.name}"
    )


def _ask_hook(manager: pluggy.PluginManager, entry: EntryPoint, hook: str, kind: type[Any]) -> tuple[Any, ...]:
    caller = getattr(manager.hook, hook)
    try:
        answers = caller() or [None for _ in caller.get_hookimpls()]  # pluggy drops None
        answers = [list(answer) if isinstance(answer, Iterator) else answer for answer in answers]
        faults = [fault for answer in answers for fault in answer_faults(answer, kind)]
        items = [] if faults else [item for answer in answers for item in answer]
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # the plugin border: SystemExit too
        raise PluginContractError(
            f"{hook} of {entry.value} failed",
            evidence=f"{type(error).__name__}: {error}",
            remedy=f"repair or uninstall it, or set OMIO_DISABLE={entry.name}",
            plugin=entry.name,
        ) from error
    faults += [f"a {kind.__name__} has the name {item.name!r}, no text" for item in items if not _named(item)]
    _refuse_faults(entry, f"has a hook {hook} that returns something else than it must", faults)
    return tuple(items)


def _named(item: Reader | Writer | Policy) -> bool:
    return isinstance(item.name, str) and bool(item.name)


def _ask_policies(manager: pluggy.PluginManager, entry: EntryPoint) -> tuple[Policy, ...]:
    policies = _ask_hook(manager, entry, "omio_policies", Policy)
    for policy in policies:
        refuse_malformed(policy.name, policy.kind, policy.decide, policy.summary, plugin=entry.name)
    return policies


# Contents that no reader can recognise: empty, prose, and noise (linear congruential generator).
_NOISE = bytes((1103515245 * i + 12345 >> 16) & 0xFF for i in range(4096))
_FOREIGN_CONTENTS = (b"", b"Dear colleague, the sample is in the fridge.\n" * 40, _NOISE)


def _check_sniff(entry: EntryPoint, reader: Reader) -> None:
    """Refuse a reader whose sniff fails on, or claims, contents that it cannot recognise."""
    for data in _FOREIGN_CONTENTS:
        probe = Probe.of_bytes(data, "strange.omio-nobody")
        what = f"the reader {reader.name} of {entry.value} fails on files that are not its own"
        with Border(what, passed=(), plugin=entry.name):
            answer = reader.sniff(probe)
        verdict = check_verdict(answer, f"the reader {reader.name} of {entry.value}", plugin=entry.name)
        if verdict.match is not Match.NO:
            raise PluginContractError(
                f"the reader {reader.name} of {entry.value} claims everything",
                evidence=f"it says {verdict.match.name} ({verdict.why}) of {len(data)} bytes no format begins with",
                plugin=entry.name,
            )


def _refuse_duplicate_names(known: Catalogue, offer: Catalogue) -> None:
    def names(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
        yield from (("reader", reader.name) for reader in catalogue.readers)
        yield from (("writer", writer.name) for writer in catalogue.writers)
        yield from ((f"policy of {policy.kind}", policy.name) for policy in catalogue.policies)

    offered = list(names(offer))
    duplicates = sorted((set(names(known)) & set(offered)) | {n for n in offered if offered.count(n) > 1})
    if duplicates:
        kind, name = duplicates[0]
        raise PluginContractError(
            f"the name {name!r} is taken",
            evidence=f"another {kind} has it already",
            remedy="the plugin's author must choose another name",
        )


def annotate(metadata: Any, source: Location) -> Mapping[str, Mapping[str, Any]]:
    """Return the annotations of an image by all `omio_annotate` hooks, by plugin; a failing hook is left out."""
    annotations: dict[str, Mapping[str, Any]] = {}
    for name, hook in catalogue().annotators:
        try:
            annotation = {
                key: value for answer in hook(metadata=metadata, source=source) for key, value in answer.items()
            }
            json.dumps(annotation, allow_nan=False)  # only plain values can be recorded
        except Exception as error:  # noqa: BLE001 - the plugin border
            warn(f"omio_annotate of {name} failed: {error!r}", PluginLoadWarning)
            continue
        if annotation:
            annotations[name] = annotation
    return annotations
