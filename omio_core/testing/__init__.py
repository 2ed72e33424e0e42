"""The conformance kit for authors of readers; knows no format, and imports pytest only at first use.

A plugin's test suite subclasses `ReaderContract`, names the reader and writes a few small files. pytest then checks
every rule of `omio_core.contract` that is visible from outside::

    from omio_core.testing import ReaderContract, Sample
    from omio_myformat import READER

    class TestMyFormat(ReaderContract):
        reader = READER

        def samples(self, folder):
            return {"plain": make_file(folder / "plain.myf")}

The kit is not a pytest plugin: installing OMIO does not change any test run that does not import it.
"""

from omio_core.lazy import attach

_HOMES = {"ReaderContract": "reader", "Sample": "sample"}

__getattr__, __dir__ = attach(__name__, {name: f"{__name__}.{home}" for name, home in _HOMES.items()})
__all__ = sorted(_HOMES)
