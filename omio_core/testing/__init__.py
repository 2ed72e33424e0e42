"""The conformance kit for authors of readers; it knows no format, and pytest is imported at first use only.

A plugin's test suite subclasses `ReaderContract`, names the reader and makes a few small files; every rule of
`omio_core.contract` that can be seen from outside is then checked by pytest::

    from omio_core.testing import ReaderContract, Sample
    from omio_myformat import READER

    class TestMyFormat(ReaderContract):
        reader = READER

        def samples(self, folder):
            return {"plain": make_file(folder / "plain.myf")}

It is imported by who wants it, and is no pytest plugin: installing OMIO changes nobody's test run.
"""

from omio_core.lazy import attach

_HOMES = {"ReaderContract": "reader", "Sample": "sample"}

__getattr__, __dir__ = attach(__name__, {name: f"{__name__}.{home}" for name, home in _HOMES.items()})
__all__ = sorted(_HOMES)
