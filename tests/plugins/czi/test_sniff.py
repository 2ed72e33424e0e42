"""A CZI is known by its first bytes, whatever it is called."""

from __future__ import annotations

from pathlib import Path

import omio
from omio_core.contract import Match, Probe
from omio_plugins.czi import sniff

from .made import Block, ramp, write


def test_the_first_segment_decides(tmp_path: Path) -> None:
    data = write(tmp_path / "a.czi", [Block(pixels=ramp(3, 4))]).read_bytes()
    assert sniff(Probe.of_bytes(data, "a.czi")).match is Match.EXACT
    said = sniff(Probe.of_bytes(data, "a.TIF"))
    assert (said.match, said.why) == (Match.EXACT, "ZISRAWFILE segment of a Zeiss CZI although the name ends in .tif")
    assert "no suffix" in sniff(Probe.of_bytes(data, "a")).why
    for other in (b"", b"ZISRAW", b"ZISRAWDIRECTORY", b"II*\0"):
        assert sniff(Probe.of_bytes(other, "a.czi")).match is Match.NO


def test_through_the_front_door(tmp_path: Path) -> None:
    """Found by content, with the reader's option, by anyone who imports omio."""
    pixels = ramp(8, 9)
    path = write(tmp_path / "strange.name", [Block(pixels=pixels, at={"M": m, "X": 9 * m}) for m in range(2)])
    array, metadata = omio.imread(path)
    assert array.shape == (1, 1, 1, 8, 18)
    assert metadata["SizeX"] == 18
    tile, _ = omio.imread(path, image="tile 1", tiles=True)
    assert (tile[0, 0, 0] == pixels).all()
