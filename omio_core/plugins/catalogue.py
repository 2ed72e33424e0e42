"""Find, load and describe plugins, and remember what failed: the only file that touches pluggy's manager.

Every plugin is loaded and asked on its own, so that one which cannot be imported, misspells a hook, answers nonsense
or targets another contract is left out with one warning, and stays visible in `catalogue().blocked`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.metadata import Distribution, EntryPoint, entry_points
from typing import Any

import pluggy

from omio_core import hookspecs
from omio_core.errors import PluginContractError, PluginError, PluginLoadError, PluginLoadWarning, border, warn
from omio_core.files.probe import Probe
from omio_core.plugins.descriptions import OMIO_API, Match, Policy, Reader, Verdict, Writer
from omio_core.policies import ACTIONS
from omio_core.settings import current

GROUP = "omio.plugins"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """One plugin that was found.

    Parameters
    ----------
    name
        Of its entry point.
    distribution, version
        What pip knows it by; "" where unknown.
    readers, writers, policies
        What it brings.
    annotators
        How many of its hooks annotate.
    error
        Why it is left out, or None.
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
        """What it brings, in words: ``"reader tiff"``."""
        return (
            *(f"reader {reader.name}" for reader in self.readers),
            *(f"writer {writer.name}" for writer in self.writers),
            *(f"policy {policy.kind}={policy.name}" for policy in self.policies),
            *("annotations",) * self.annotators,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """What all plugins of this process offer, each name once; frozen."""

    readers: tuple[Reader, ...] = ()
    writers: tuple[Writer, ...] = ()
    policies: tuple[Policy, ...] = ()
    annotators: tuple[tuple[str, Callable[..., Any]], ...] = ()
    plugins: tuple[Plugin, ...] = ()

    @property
    def suffix(self) -> str:
        """The suffix of files that are written under a name which the caller did not choose; "" without writers."""
        return next((suffix for writer in self.writers for suffix in writer.suffixes), "")

    @property
    def blocked(self) -> tuple[Plugin, ...]:
        """The plugins that were left out."""
        return tuple(plugin for plugin in self.plugins if plugin.error is not None)


_lock = threading.RLock()
_catalogue: Catalogue | None = None
_making = False


def catalogue() -> Catalogue:
    """The catalogue of this process, made at first use.

    Raises
    ------
    PluginContractError
        A plugin asks for it while it is being imported or asked: that is a circle.
    """
    global _catalogue, _making
    known = _catalogue
    if known is not None:
        return known
    with _lock:
        if _making:  # the lock is this thread's already
            raise PluginContractError(
                "a plugin asked for the catalogue that it is to become part of",
                remedy="the plugin must not read files or choose readers while it is imported or its hooks are asked",
            )
        if _catalogue is None:
            _making = True
            try:
                _catalogue = load(_found(), disable=current().disable)
            finally:
                _making = False
        return _catalogue


@contextmanager
def using(known: Catalogue) -> Iterator[Catalogue]:
    """Another catalogue for a while, in the whole process; meant for tests and plugin authors."""
    global _catalogue
    before, _catalogue = _catalogue, known
    try:
        yield known
    finally:
        _catalogue = before


def forget() -> None:
    """Drop the catalogue, so that the next use looks again (after an install, and in tests)."""
    global _catalogue
    _catalogue = None


def _found() -> list[EntryPoint]:
    # ours first, then by name: the order in which equal names are settled must not depend on the file system
    return sorted(
        entry_points(group=GROUP),
        key=lambda e: (_distribution(e)[0] != "omio-core", _distribution(e)[0], e.name),
    )


def _distribution(entry: EntryPoint) -> tuple[str, str]:
    return _named(entry.dist) if entry.dist is not None else ("", "")


@lru_cache(maxsize=64)
def _named(found: Distribution) -> tuple[str, str]:
    # asked for each plugin of a distribution, and answered by parsing its metadata as an e-mail
    said = found.metadata
    return said["Name"], said["Version"]


def load(found: Sequence[EntryPoint], *, disable: Sequence[str] = ()) -> Catalogue:
    """Load each entry point on its own.

    Parameters
    ----------
    found
        Entry points, in the order in which equal names are settled: the first keeps the name.
    disable
        Names of entry points or distributions that are not to be loaded.
    """
    whole, seen = Catalogue(), set[tuple[str, str]]()
    for entry in found:
        distribution, version = _distribution(entry)
        plugin = Plugin(name=entry.name, distribution=distribution, version=version)
        if (entry.name, entry.value) in seen:  # one distribution found twice on the path
            continue
        seen.add((entry.name, entry.value))
        try:
            if entry.name in disable or distribution in disable:
                raise PluginLoadError(f"the plugin {entry.name} is disabled", evidence="OMIO_DISABLE names it")
            offer = _ask(entry, version)
            _refuse_taken_names(whole, offer)
        except PluginError as error:
            whole = replace(whole, plugins=(*whole.plugins, replace(plugin, error=error)))
            if entry.name not in disable and distribution not in disable:
                warn(f"plugin {entry.name} is left out: {error}", PluginLoadWarning)
            continue
        whole = Catalogue(
            readers=whole.readers + offer.readers,
            writers=whole.writers + offer.writers,
            policies=whole.policies + offer.policies,
            annotators=whole.annotators + offer.annotators,
            plugins=(*whole.plugins, _bringing(plugin, offer)),
        )
    return whole


def _bringing(plugin: Plugin, offer: Catalogue) -> Plugin:
    return replace(
        plugin,
        readers=offer.readers,
        writers=offer.writers,
        policies=offer.policies,
        annotators=len(offer.annotators),
    )


def _ask(entry: EntryPoint, version: str) -> Catalogue:
    """Import one plugin and ask it every hook; whatever goes wrong is a PluginError."""
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
    declared = getattr(module, "OMIO_API", None)
    if declared != OMIO_API:
        raise PluginLoadError(
            f"{entry.value} is made for another OMIO",
            evidence=f"its OMIO_API is {declared!r}, this one is {OMIO_API}",
            remedy="install a version of the plugin that fits",
            plugin=entry.name,
        )
    manager = pluggy.PluginManager("omio")
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(module, name=entry.name)
        manager.check_pending()  # refuses hooks that no specification names
    except (pluggy.PluginValidationError, ValueError) as error:
        raise PluginContractError(
            f"{entry.value} implements a hook that does not exist, or with other arguments",
            evidence=str(error),
            remedy="compare it with omio_core.hookspecs",
            plugin=entry.name,
        ) from error
    readers = _answer(manager, entry, "omio_readers", Reader)
    writers = _answer(manager, entry, "omio_writers", Writer)
    for reader in readers:
        _try_manners(entry, reader)
    return Catalogue(
        readers=tuple(replace(r, version=r.version or version) for r in readers),
        writers=tuple(replace(w, version=w.version or version) for w in writers),
        policies=_policies(manager, entry),
        annotators=((entry.name, manager.hook.omio_annotate),) if manager.hook.omio_annotate.get_hookimpls() else (),
    )


def _answer(manager: pluggy.PluginManager, entry: EntryPoint, hook: str, kind: type[Any]) -> tuple[Any, ...]:
    caller = getattr(manager.hook, hook)
    try:
        answers = [thing for answer in caller() for thing in answer]
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # the plugin border: SystemExit too
        raise PluginContractError(
            f"{hook} of {entry.value} failed",
            evidence=f"{type(error).__name__}: {error}",
            remedy=f"repair or uninstall it, or set OMIO_DISABLE={entry.name}",
            plugin=entry.name,
        ) from error
    for thing in answers:
        if not isinstance(thing, kind) or not thing.name or not isinstance(thing.name, str):
            raise PluginContractError(
                f"{hook} of {entry.value} answered nonsense",
                evidence=f"{thing!r} is no {kind.__name__} with a name",
                plugin=entry.name,
            )
    return tuple(answers)


def _policies(manager: pluggy.PluginManager, entry: EntryPoint) -> tuple[Policy, ...]:
    policies = _answer(manager, entry, "omio_policies", Policy)
    for policy in policies:
        if policy.kind not in ACTIONS:
            raise PluginContractError(
                f"{entry.value} offers a policy of a kind that does not exist",
                evidence=f"{policy.kind!r} is none of {', '.join(ACTIONS)}",
                plugin=entry.name,
            )
    return policies


# Files that no reader can know: nothing, prose, and noise (the digits of a linear congruence), under a strange name.
_NOISE = bytes((1103515245 * i + 12345 >> 16) & 0xFF for i in range(4096))
_FOREIGN = (b"", b"Dear colleague, the sample is in the fridge.\n" * 40, _NOISE)


def _try_manners(entry: EntryPoint, reader: Reader) -> None:
    """Refuse a reader whose sniff fails on, or claims by content, what it cannot know."""
    for data in _FOREIGN:
        probe = Probe.of_bytes(data, "strange.omio-nobody")
        what = f"the reader {reader.name} of {entry.value} fails on files that are not its own"
        with border(what, passed=(), plugin=entry.name):
            verdict = reader.sniff(probe)
        if not isinstance(verdict, Verdict):
            raise PluginContractError(
                f"the reader {reader.name} of {entry.value} answered no Verdict",
                evidence=repr(verdict),
                plugin=entry.name,
            )
        if verdict.match is not Match.NO:
            raise PluginContractError(
                f"the reader {reader.name} of {entry.value} claims everything",
                evidence=f"it says {verdict.match.name} ({verdict.why}) of {len(data)} bytes no format begins with",
                plugin=entry.name,
            )


def _refuse_taken_names(whole: Catalogue, offer: Catalogue) -> None:
    def names(of: Catalogue) -> Iterator[tuple[str, str]]:
        yield from (("reader", reader.name) for reader in of.readers)
        yield from (("writer", writer.name) for writer in of.writers)
        yield from ((f"policy of {policy.kind}", policy.name) for policy in of.policies)

    offered = list(names(offer))
    taken = sorted((set(names(whole)) & set(offered)) | {n for n in offered if offered.count(n) > 1})
    if taken:
        kind, name = taken[0]
        raise PluginContractError(
            f"the name {name!r} is taken",
            evidence=f"another {kind} has it already",
            remedy="the plugin's author must choose another name",
        )


def annotate(metadata: Any, source: str) -> Mapping[str, Mapping[str, Any]]:
    """What every `omio_annotate` says of an image, under the names of the plugins; a failing one is left out."""
    found: dict[str, Mapping[str, Any]] = {}
    for name, hook in catalogue().annotators:
        try:
            said = {key: value for answer in hook(metadata=metadata, source=source) for key, value in answer.items()}
            json.dumps(said, allow_nan=False)  # what is no plain value cannot be recorded
        except Exception as error:  # noqa: BLE001 - the plugin border
            warn(f"omio_annotate of {name} failed: {error!r}", PluginLoadWarning)
            continue
        if said:
            found[name] = said
    return found
