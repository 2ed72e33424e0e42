"""The plugin under test: found by the name of its entry point or by its module; checks nothing itself."""

from __future__ import annotations

import os
import sys
import types
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from typing import Any

from omio_core.errors import PluginLoadError
from omio_core.plugins.admission import HOOKS
from omio_core.plugins.catalogue import GROUP
from omio_core.plugins.descriptions import Policy, Reader, Writer


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A plugin to check.

    Parameters
    ----------
    name
        The name of its entry point; that of its module if it is not installed.
    value
        What the entry point refers to, such as ``"omio_myformat"``.
    distribution
        The installed package; "" if it is not installed.
    """

    name: str
    value: str
    distribution: str = ""

    @property
    def entry(self) -> EntryPoint:
        """An entry point that loads it."""
        return EntryPoint(self.name, self.value, GROUP)

    @property
    def module(self) -> str:
        """The module that a process imports to ask its hooks."""
        return self.value.partition(":")[0].strip()

    @property
    def ours(self) -> bool:
        """Whether it comes with omio-core."""
        return self.module.partition(".")[0] == "omio_plugins"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a plugin's hooks answered; only what is of the right class."""

    readers: tuple[Reader, ...] = ()
    writers: tuple[Writer, ...] = ()
    policies: tuple[Policy, ...] = ()

    @property
    def descriptions(self) -> tuple[Reader | Writer, ...]:
        """The readers and writers."""
        return self.readers + self.writers

    @classmethod
    def of(cls, plugin: Any) -> Offer:
        """Ask the hooks of a plugin; those that fail or are missing offer nothing, another check tells."""
        return cls(
            readers=tuple(item for item in answer(plugin, "omio_readers") if isinstance(item, Reader)),
            writers=tuple(item for item in answer(plugin, "omio_writers") if isinstance(item, Writer)),
            policies=tuple(item for item in answer(plugin, "omio_policies") if isinstance(item, Policy)),
        )


def answer(plugin: Any, hook: str) -> tuple[Any, ...]:
    """Return what a hook without arguments answers; nothing if it is missing or fails."""
    function = getattr(plugin, hook, None)
    if function is None:
        return ()
    try:
        return tuple(function())
    except Exception:  # noqa: BLE001 - the plugin border; the check of answers tells
        return ()


def hooks_of(plugin: Any) -> tuple[str, ...]:
    """Return the names of the hooks that a plugin implements, marked or not."""
    return tuple(name for name in HOOKS if getattr(plugin, name, None) is not None)


def candidate(plugin: str | types.ModuleType) -> Candidate:
    """Find a plugin.

    Parameters
    ----------
    plugin
        The name of an installed entry point, or a module or its name; the module need not be installed.

    Raises
    ------
    PluginLoadError
        There is neither an entry point nor a module of that name.
    """
    name = plugin if isinstance(plugin, str) else plugin.__name__
    installed = sorted(entry_points(group=GROUP), key=lambda entry: entry.name)
    for entry in (*(e for e in installed if e.name == name), *(e for e in installed if e.value == name)):
        distribution = entry.dist.metadata["Name"] if entry.dist is not None else ""
        return Candidate(name=entry.name, value=entry.value, distribution=distribution)
    if name in sys.modules or _is_module(name):
        return Candidate(name=name, value=name)
    raise PluginLoadError(
        f"there is no plugin {name!r}, and no module of that name",
        evidence=f"installed are {', '.join(entry.name for entry in installed) or 'none'}",
        remedy="give the name of an entry point, or that of a module that can be imported here",
        plugin=name,
    )


def _is_module(name: str) -> bool:
    if not all(part.isidentifier() for part in name.split(".")):
        return False
    try:
        return find_spec(name) is not None
    except Exception:  # noqa: BLE001 - the plugin border: the package above it is imported
        return False


def search_path() -> str:
    """Return this process's search path for another process that runs in another folder."""
    return os.pathsep.join(os.path.abspath(folder or os.getcwd()) for folder in sys.path)
