"""Checks of `sniff`: a reader knows its own files, and declines what is foreign with a reason; it knows no format."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from omio_core.files.probe import Probe
from omio_core.plugins.catalogue import catalogue
from omio_core.plugins.descriptions import Match, Verdict

from .sample import Subject

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x10\x00\x00\x00\x10\x08\x02\x00\x00\x00"  # RFC 2083, 3.1
TEXT = b"Dear colleague,\nthe measurements are in the folder of last week.\n" * 60


def foreign() -> Iterator[tuple[str, bytes]]:
    """Contents that belong to no microscope's format."""
    yield "an empty file", b""
    yield "a text", TEXT
    yield "one byte", b"\x00"
    yield "a PNG", PNG + bytes(64)
    for seed in range(4):
        yield f"random bytes ({seed})", random.Random(seed).randbytes(5000)


class Sniffing(Subject):
    """Whether the reader recognises what is its own, and nothing else."""

    def test_sniff_claims_its_own(self, tmp_path: Path) -> None:
        """Every sample is claimed, at least by its name, with a reason; twice the same."""
        for name, sample in self.each(tmp_path):
            said = self._verdict(Probe(sample.path), name)
            assert said.match >= Match.SUFFIX, f"{name}: declined, {said.why}"
            assert said == self._verdict(Probe(sample.path), name), f"{name}: another verdict the second time"

    def test_sniff_declines_with_a_reason(self, tmp_path: Path) -> None:
        """Foreign contents under a strange name are declined; under an own suffix the suffix is all that may count."""
        for what, data in foreign():
            said = self._verdict(Probe.of_bytes(data, "strange.omio-nobody"), what)
            assert said.match is Match.NO, f"{what} is claimed as {said.match.name}: {said.why}"
            for suffix in self.reader.suffixes:
                said = self._verdict(Probe.of_bytes(data, f"strange{suffix}"), f"{what} named *{suffix}")
                most = Match.SUFFIX if data else Match.NO
                assert said.match <= most, f"{what} named *{suffix} is claimed as {said.match.name}: {said.why}"

    def test_sniff_declines_a_folder(self, tmp_path: Path) -> None:
        """An empty folder is declined, whatever its name."""
        for suffix in ("", *self.reader.suffixes):
            folder = tmp_path / f"folder{suffix}"
            folder.mkdir()
            said = self._verdict(Probe(folder), f"an empty folder named *{suffix}")
            assert said.match is Match.NO, f"an empty folder named *{suffix} is claimed: {said.why}"

    def test_sniff_reads_content_before_names(self, tmp_path: Path) -> None:
        """A sample that is claimed by its content is claimed as well without its suffix and with a wrong one."""
        for name, sample in self.each(tmp_path):
            if sample.path.is_dir() or self._verdict(Probe(sample.path), name).match < Match.SIGNATURE:
                continue
            foreign = (suffix for one in catalogue().readers for suffix in one.suffixes)
            wrong = next((suffix for suffix in foreign if suffix not in self.reader.suffixes), ".other")
            for other in ("nameless", f"wrong{wrong}"):
                copy = tmp_path / other
                copy.write_bytes(sample.path.read_bytes())
                said = self._verdict(Probe(copy), f"{name} named {other}")
                assert said.match >= Match.SIGNATURE, f"{name} named {other} is not known by its content: {said.why}"

    def _verdict(self, probe: Probe, what: str) -> Verdict:
        said = self.reader.sniff(probe)
        assert isinstance(said, Verdict), f"{what}: the answer is {said!r}, no Verdict"
        assert isinstance(said.match, Match), f"{what}: {said.match!r} is no Match"
        assert said.why.strip(), f"{what}: {said.match.name} without a reason"
        return said
