"""The kit's checks of sniffs: a claim has a reason, and nothing foreign is claimed."""

from __future__ import annotations

import omio_toy_broken
import pytest

from tests.core.testing.kits import breaking


@pytest.mark.parametrize(
    ("sniff", "check", "words"),
    [
        ("claims", "test_sniff_declines_with_a_reason", "a text is claimed as SIGNATURE"),
        ("silent", "test_sniff_claims_its_own", "without a reason"),
        ("by_name", "test_sniff_declines_with_a_reason", "an empty folder"),
        ("by_name", "test_sniff_declines_with_a_reason", "an empty file named"),
    ],
)
def test_the_kit_catches_sniffs(tmp_path, sniff, check, words):
    kit = breaking("", sniff=getattr(omio_toy_broken, sniff))
    arguments = () if check == "test_sniff_declines_with_a_reason" else (tmp_path,)
    with pytest.raises(AssertionError, match=words):
        getattr(kit, check)(*arguments)
