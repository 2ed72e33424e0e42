"""The hooks: which there are, with which arguments, and that a specification itself answers nothing."""

from __future__ import annotations

import inspect

import pluggy
import pytest

from omio_core import hookspecs
from omio_core.plugins.descriptions import hookimpl

HOOKS = {
    "omio_policies": (),
    "omio_readers": (),
    "omio_writers": (),
    "omio_annotate": ("metadata", "source"),
}


def test_the_hooks_and_their_arguments():
    manager = pluggy.PluginManager("omio")
    manager.add_hookspecs(hookspecs)
    found = {name: getattr(hookspecs, name) for name in vars(manager.hook) if name.startswith("omio_")}
    assert {name: tuple(inspect.signature(hook).parameters) for name, hook in found.items()} == HOOKS


@pytest.mark.parametrize("name", HOOKS)
def test_a_specification_answers_nothing(name):
    with pytest.raises(NotImplementedError):
        getattr(hookspecs, name)(*HOOKS[name])


def test_an_implementation_may_leave_out_arguments_and_not_add_any():
    class Short:
        @hookimpl
        def omio_annotate(self, source):
            return {"source": source}

    class Long:
        @hookimpl
        def omio_annotate(self, metadata, source, more):
            return {}

    manager = pluggy.PluginManager("omio")
    manager.add_hookspecs(hookspecs)
    manager.register(Short())
    assert manager.hook.omio_annotate(metadata=None, source="a") == [{"source": "a"}]
    with pytest.raises(pluggy.PluginValidationError, match="more"):
        manager.register(Long())
