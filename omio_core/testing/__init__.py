"""The conformance kit for authors of plugins; knows no format, and imports pytest only at first use.

A plugin's test suite subclasses the contracts of what it offers: `PluginContract` for the module, `ReaderContract`
with a few small files, `WriterContract`, `PolicyContract`. pytest then checks every rule of `omio_core.contract` that
is visible from outside::

    from omio_core.testing import PluginContract, ReaderContract, Sample, WriterContract
    from omio_myformat import READER, WRITER

    class TestPlugin(PluginContract):
        plugin = "omio_myformat"

    class TestMyFormat(ReaderContract):
        reader = READER

        def samples(self, folder):
            return {"plain": make_file(folder / "plain.myf")}

    class TestMyWriter(WriterContract):
        writer, reader = WRITER, READER

What needs no samples is also checked without pytest: ``check("omio_myformat")``, or ``omio plugins check`` on the
command line.

The kit is not a pytest plugin: installing OMIO does not change any test run that does not import it.
"""

from typing import TYPE_CHECKING

from omio_core.lazy import attach

if TYPE_CHECKING:
    from omio_core.files.memory import MemoryLocation

    from .checking import Report, check
    from .contracts import PluginContract, PolicyContract, WriterContract
    from .findings import Finding
    from .reader import ReaderContract
    from .sample import Sample

_HOMES = {
    "Finding": f"{__name__}.findings",
    "MemoryLocation": "omio_core.files.memory",
    "PluginContract": f"{__name__}.contracts",
    "PolicyContract": f"{__name__}.contracts",
    "ReaderContract": f"{__name__}.reader",
    "Report": f"{__name__}.checking",
    "Sample": f"{__name__}.sample",
    "WriterContract": f"{__name__}.contracts",
    "check": f"{__name__}.checking",
}

__getattr__, __dir__ = attach(__name__, _HOMES)
__all__ = [
    "Finding",
    "MemoryLocation",
    "PluginContract",
    "PolicyContract",
    "ReaderContract",
    "Report",
    "Sample",
    "WriterContract",
    "check",
]
