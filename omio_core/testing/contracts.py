"""`PluginContract`, `WriterContract` and `PolicyContract`: the kit's findings as base classes for pytest.

Each check is a function elsewhere that needs no pytest; the classes here only name them.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from omio_core.plugins.descriptions import Policy, Reader, Writer

from .annotating import annotate_findings
from .attempts import WriterSubject
from .candidate import Candidate, Offer, candidate
from .conduct import damage_findings, repeat_findings, stop_findings, work_findings
from .deciding import policy_findings
from .findings import refuse
from .importing import import_findings
from .registering import answer_findings, description_findings, hook_findings, name_findings
from .writing import accept_findings, round_trip_findings


class PluginContract:
    """The conformance tests of a plugin as a whole; subclass it under a name that begins with Test.

    Examples
    --------
    ::

        class TestPlugin(PluginContract):
            plugin = "omio_myformat"  # its module, or the name of its entry point
    """

    plugin: str | types.ModuleType
    """The plugin under test: its module, the name of its module, or that of its entry point."""

    def sources(self, folder: Path) -> Sequence[Path]:
        """Make files or folders for which `omio_annotate` has something to say, in an empty folder.

        Its answers are checked for these and for images that the kit makes, about which it may be silent.
        """
        return ()

    def _candidate(self) -> tuple[Candidate, Any]:
        found = candidate(self.plugin)
        return found, found.entry.load()

    def test_importing_is_light(self) -> None:
        """Importing the plugin loads no array library, starts nothing, prints nothing and writes nothing."""
        refuse(import_findings(candidate(self.plugin)))

    def test_hooks_are_spelled_and_marked(self) -> None:
        """`OMIO_API` is right, every hook has its name, its mark and its arguments."""
        refuse(hook_findings(*self._candidate()))

    def test_hooks_answer(self) -> None:
        """Every hook returns what it must."""
        refuse(answer_findings(*self._candidate()))

    def test_names_are_free(self) -> None:
        """Every name is one word, and no other installed plugin has it."""
        found, module = self._candidate()
        refuse(name_findings(found, Offer.of(module)))

    def test_descriptions_are_complete(self) -> None:
        """Suffixes, texts, options, references and revisions of readers and writers are well formed."""
        found, module = self._candidate()
        offer = Offer.of(module)
        for description in offer.descriptions:
            refuse(description_findings(found, description))

    def test_policies_decide(self) -> None:
        """Every policy of the plugin is a pure function that answers every case of its kind."""
        for policy in Offer.of(self._candidate()[1]).policies:
            refuse(policy_findings(policy))

    def test_annotations_are_plain(self, tmp_path: Path) -> None:
        """`omio_annotate` returns plain values for every image, and for those of `sources`."""
        refuse(annotate_findings(*self._candidate(), sources=self.sources(tmp_path)))


class PolicyContract:
    """The conformance tests of policies; subclass it under a name that begins with Test.

    Examples
    --------
    ::

        class TestPolicies(PolicyContract):
            policies = POLICIES
    """

    policies: Sequence[Policy]
    """The policies under test."""

    def test_policies_decide(self) -> None:
        """Every policy is a pure function that answers every case of its kind."""
        assert self.policies, "there must be a policy, or nothing is tried"
        for policy in self.policies:
            refuse(policy_findings(policy))


class WriterContract:
    """The conformance tests of a writer of files or folders; subclass it under a name that begins with Test.

    The kit makes the pictures: every type of pixel, RGB, five axes, absent planes, smaller levels, unknown sizes, names
    that are not ASCII. Those that `accepts` or `refuse` decline are left out.

    Examples
    --------
    ::

        class TestMyWriter(WriterContract):
            writer = WRITER
            reader = READER
    """

    writer: Writer
    """The writer under test."""

    reader: Reader | None = None
    """The reader that reads its files back; None for the installed one that recognises them."""

    reproducible = True
    """Whether the same picture becomes the same bytes; a format that stores a date or a random number cannot."""

    options: Mapping[str, Any] = types.MappingProxyType({})
    """The writer's options for all checks."""

    def _subject(self) -> WriterSubject:
        return WriterSubject(writer=self.writer, reader=self.reader, options=dict(self.options))

    def test_accepts_decides_without_pixels(self) -> None:
        """`accepts` answers every picture with a reason and reads no pixel."""
        refuse(accept_findings(self._subject()))

    def test_pictures_come_back(self, tmp_path: Path) -> None:
        """Pixels and facts are read back as written, or a note says what is lost; only at the place given."""
        refuse(round_trip_findings(self._subject(), tmp_path))

    def test_work_is_bounded(self, tmp_path: Path) -> None:
        """Few planes are read at once, in the core's threads, and progress counts the bytes."""
        refuse(work_findings(self._subject(), tmp_path))

    def test_it_can_be_stopped(self, tmp_path: Path) -> None:
        """An exception of the progress callback or of the source comes through, and no file stays open."""
        refuse(stop_findings(self._subject(), tmp_path))

    def test_damage_is_seen(self, tmp_path: Path) -> None:
        """`check` refuses what is damaged."""
        refuse(damage_findings(self._subject(), tmp_path))

    def test_the_same_bytes_are_made_again(self, tmp_path: Path) -> None:
        """The same picture becomes the same bytes, unless `reproducible` is False."""
        if self.reproducible:
            refuse(repeat_findings(self._subject(), tmp_path))
