"""``python -m omio_core``: the version, every plugin in a line, and a status that tells of one left out."""

from __future__ import annotations

from omio_core import __main__ as program
from omio_core.contract import Match, Reader, Verdict, Writer
from omio_core.errors import PluginLoadError
from omio_core.metadata.namespaces import omio_version
from omio_core.plugins import catalogue as plugins
from omio_core.plugins.catalogue import Catalogue, Plugin

READER = Reader(name="a", title="A", suffixes=(".a",), sniff=lambda probe: Verdict(Match.NO, "never"), open="a:open")
WRITER = Writer(
    name="b", title="B", suffixes=(".b",), accepts=lambda images: Verdict(Match.EXACT, "all"), write="b:write"
)
GOOD = Plugin(name="good", distribution="omio-good", version="2", readers=(READER,), writers=(WRITER,))


def test_every_plugin_is_listed(capsys):
    with plugins.using(Catalogue(plugins=(GOOD,))):
        assert program.main() == 0
    assert capsys.readouterr().out == f"omio-core {omio_version()}\n  good (omio-good 2): reader a, writer b\n"


def test_a_plugin_that_is_left_out_is_told(capsys):
    bad = Plugin(name="bad", distribution="omio-bad", version="1", error=PluginLoadError("it is broken"))
    with plugins.using(Catalogue(plugins=(GOOD, bad))):
        assert program.main() == 1
    assert capsys.readouterr().out.splitlines()[2] == "  bad (omio-bad 1): LEFT OUT: it is broken"
