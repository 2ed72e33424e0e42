"""Checks of `sniff`: a reader recognises its own files, and declines others with a reason; knows no format."""

from __future__ import annotations

from pathlib import Path

from omio_core.files.probe import Probe
from omio_core.plugins.catalogue import catalogue
from omio_core.plugins.descriptions import Match, Verdict

from .findings import refuse
from .foreign import sniff_findings, verdict
from .sample import Subject


class SniffChecks(Subject):
    """Checks whether the reader recognises its own files, and no others."""

    def test_sniff_claims_its_own(self, tmp_path: Path) -> None:
        """Every sample is claimed, at least by its name, with a reason, and a second sniff has the same result."""
        for name, sample in self.make_samples(tmp_path):
            verdict = self._verdict(Probe(sample.path), name)
            assert verdict.match >= Match.SUFFIX, f"{name}: declined, {verdict.why}"
            assert verdict == self._verdict(Probe(sample.path), name), f"{name}: another verdict the second time"

    def test_sniff_declines_with_a_reason(self) -> None:
        """Foreign contents are declined with a reason, under its own suffix too, and so is an empty folder."""
        refuse(sniff_findings(self.reader))

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
        answer = verdict(self.reader, probe)
        assert isinstance(answer, Verdict), f"{what}: {answer}"
        return answer
