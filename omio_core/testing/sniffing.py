"""Checks of `sniff`: a reader recognises its own files, and declines others with a reason; knows no format."""

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
    """Yield contents that belong to no microscope format."""
    yield "an empty file", b""
    yield "a text", TEXT
    yield "one byte", b"\x00"
    yield "a PNG", PNG + bytes(64)
    for seed in range(4):
        yield f"random bytes ({seed})", random.Random(seed).randbytes(5000)


class SniffChecks(Subject):
    """Checks whether the reader recognises its own files, and no others."""

    def test_sniff_claims_its_own(self, tmp_path: Path) -> None:
        """Every sample is claimed, at least by its name, with a reason, and a second sniff has the same result."""
        for name, sample in self.make_samples(tmp_path):
            verdict = self._verdict(Probe(sample.path), name)
            assert verdict.match >= Match.SUFFIX, f"{name}: declined, {verdict.why}"
            assert verdict == self._verdict(Probe(sample.path), name), f"{name}: another verdict the second time"

    def test_sniff_declines_with_a_reason(self, tmp_path: Path) -> None:
        """Foreign contents are declined under an unknown suffix; under the reader's, only the suffix may count."""
        for what, data in foreign():
            verdict = self._verdict(Probe.of_bytes(data, "strange.omio-nobody"), what)
            assert verdict.match is Match.NO, f"{what} is claimed as {verdict.match.name}: {verdict.why}"
            for suffix in self.reader.suffixes:
                verdict = self._verdict(Probe.of_bytes(data, f"strange{suffix}"), f"{what} named *{suffix}")
                most = Match.SUFFIX if data else Match.NO
                assert verdict.match <= most, (
                    f"{what} named *{suffix} is claimed as {verdict.match.name}: {verdict.why}"
                )

    def test_sniff_declines_a_folder(self, tmp_path: Path) -> None:
        """An empty folder is declined, whatever its name."""
        for suffix in ("", *self.reader.suffixes):
            folder = tmp_path / f"folder{suffix}"
            folder.mkdir()
            verdict = self._verdict(Probe(folder), f"an empty folder named *{suffix}")
            assert verdict.match is Match.NO, f"an empty folder named *{suffix} is claimed: {verdict.why}"

    def test_sniff_reads_content_before_names(self, tmp_path: Path) -> None:
        """A sample that is claimed by its content is also claimed without its suffix and with a wrong one."""
        for name, sample in self.make_samples(tmp_path):
            if sample.path.is_dir() or self._verdict(Probe(sample.path), name).match < Match.SIGNATURE:
                continue
            foreign_suffixes = (suffix for reader in catalogue().readers for suffix in reader.suffixes)
            wrong_suffix = next((suffix for suffix in foreign_suffixes if suffix not in self.reader.suffixes), ".other")
            for file_name in ("nameless", f"wrong{wrong_suffix}"):
                copy = tmp_path / file_name
                copy.write_bytes(sample.path.read_bytes())
                verdict = self._verdict(Probe(copy), f"{name} named {file_name}")
                assert verdict.match >= Match.SIGNATURE, (
                    f"{name} named {file_name} is not known by its content: {verdict.why}"
                )

    def _verdict(self, probe: Probe, what: str) -> Verdict:
        verdict = self.reader.sniff(probe)
        assert isinstance(verdict, Verdict), f"{what}: the answer is {verdict!r}, no Verdict"
        assert isinstance(verdict.match, Match), f"{what}: {verdict.match!r} is no Match"
        assert verdict.why.strip(), f"{what}: {verdict.match.name} without a reason"
        return verdict
