"""Import modules at the first use of a name (PEP 562); it knows no module by name."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def attach(module: str, names: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Make ``__getattr__`` and ``__dir__`` for a package whose public names are defined in other modules.

    Parameters
    ----------
    module
        ``__name__`` of the package.
    names
        From each public name to the module that defines it.
    """

    def __getattr__(name: str) -> Any:  # noqa: N807 - it becomes the package's __getattr__
        if name not in names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        value = getattr(import_module(names[name]), name)
        if module in sys.modules:
            setattr(sys.modules[module], name, value)  # the next use finds it without asking here
        return value

    def __dir__() -> list[str]:  # noqa: N807
        return sorted(names)

    return __getattr__, __dir__


def load(reference: str) -> Any:
    """Import and return the object that ``"package.module:name"`` names."""
    module, _, name = reference.partition(":")
    return getattr(import_module(module), name)
