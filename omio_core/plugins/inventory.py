"""What is installed, as plain values for programs: plugins, readers, writers, policies; it makes no decision.

Each document has a version: a key that is documented stays and keeps its meaning as long as the version is the same;
new keys may come.
"""

from __future__ import annotations

from typing import Any

from omio_core.metadata.namespaces import omio_version
from omio_core.policies import ACTIONS, KINDS, Policies

from .cases import CASES
from .catalogue import Catalogue, Plugin
from .descriptions import OMIO_API, Reader, Writer

PLUGINS_FORM = 1
"""Version of `plugins_dict`."""

POLICIES_FORM = 1
"""Version of `policies_dict`."""


def plugins_dict(known: Catalogue) -> dict[str, Any]:
    """Return every plugin of a catalogue and what it offers, or why it is left out, as values that JSON can hold."""
    return {
        "omio_plugins": PLUGINS_FORM,
        "omio": omio_version(),
        "api": OMIO_API,
        "plugins": [_plugin(plugin) for plugin in known.plugins],
    }


def policies_dict(known: Catalogue, chosen: Policies | None = None) -> dict[str, Any]:
    """Return every policy of a catalogue as values that JSON can hold.

    Parameters
    ----------
    known
        The catalogue.
    chosen
        The choices in force; the defaults if None.
    """
    in_force, default = (chosen or Policies()).to_dict(), Policies().to_dict()
    brought_by = {(policy.kind, policy.name): plugin.name for plugin in known.plugins for policy in plugin.policies}
    return {
        "omio_policies": POLICIES_FORM,
        "omio": omio_version(),
        "kinds": [
            {
                "kind": kind,
                "default": default[kind],
                "in_force": in_force[kind],
                "case": CASES[kind].__name__,
                "actions": list(ACTIONS[kind]),
                "policies": [
                    {"name": policy.name, "summary": policy.summary, "plugin": brought_by.get((kind, policy.name))}
                    for policy in known.policies
                    if policy.kind == kind
                ],
            }
            for kind in KINDS
        ],
    }


def _plugin(plugin: Plugin) -> dict[str, Any]:
    return {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "readers": [_reader(reader) for reader in plugin.readers],
        "writers": [_writer(writer) for writer in plugin.writers],
        "policies": [f"{policy.kind}={policy.name}" for policy in plugin.policies],
        "annotates": plugin.annotators > 0,
        "error": None if plugin.error is None else str(plugin.error),
    }


def _reader(reader: Reader) -> dict[str, Any]:
    return {**_common(reader), "sidecar": reader.template is not None}


def _writer(writer: Writer) -> dict[str, Any]:
    return {**_common(writer), "makes": writer.makes}


def _common(described: Reader | Writer) -> dict[str, Any]:
    return {
        "name": described.name,
        "title": described.title,
        "suffixes": list(described.suffixes),
        "options": dict(described.options),
        "revision": described.revision,
        "version": described.version,
    }
