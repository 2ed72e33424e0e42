"""`ReaderContract`: all checks that a reader must pass, as one base class for pytest; knows no format."""

from __future__ import annotations

from pathlib import Path
from weakref import WeakKeyDictionary

import pytest

# the checks are plain asserts in an installed package: without this, a failure shows no values
_ROOMS = ("sniffing", "describing", "pixels", "manners", "places")
pytest.register_assert_rewrite(*(f"{__package__}.{room}" for room in _ROOMS))

from .describing import DescriptionChecks  # noqa: E402 - must follow the line above to take effect
from .manners import MannersChecks  # noqa: E402
from .pixels import PixelChecks  # noqa: E402
from .places import PlaceChecks  # noqa: E402
from .premises import premise_fault  # noqa: E402
from .sniffing import SniffChecks  # noqa: E402

__all__ = ["ReaderContract"]

_FAULTS: WeakKeyDictionary[type, str] = WeakKeyDictionary()
"""From each class of checks to the fault on which nearly all of them would fail; "" if there is none."""


class ReaderContract(SniffChecks, DescriptionChecks, PixelChecks, MannersChecks, PlaceChecks):
    """The conformance tests of a reader; subclass it in a test module, under a name that begins with Test.

    If a sample cannot be opened, or a description has a wrong field, `test_samples_are_described` fails and names it,
    and the checks that would fail for the same reason are skipped.

    The subclass defines `reader` and `samples`, and optionally `truncated_is_shorter` and `needs_local_file`. The
    samples should be few, small (some kilobytes) and varied: every layout of the format, with missing planes if the
    format allows them, one sample that states sizes and one that states none. They are made anew for each check.

    Examples
    --------
    ::

        class TestMyFormat(ReaderContract):
            reader = READER

            def samples(self, folder):
                ramp = np.arange(60, dtype="u2").reshape(1, 3, 1, 4, 5)
                sized = write(folder / "sized.myf", ramp, pixel_size=0.25)
                return {
                    "plain": write(folder / "plain.myf", ramp),
                    "sized": Sample(
                        path=sized,
                        arrays={0: ramp},
                        sizes={0: {"PhysicalSizeX": 0.25, "PhysicalSizeY": 0.25}},
                    ),
                }
    """

    def test_samples_are_described(self, tmp_path: Path) -> None:
        """Every sample opens, and its descriptions can be used; if not, the other checks are skipped."""
        fault = premise_fault(self, tmp_path)
        assert not fault, fault

    @pytest.fixture(autouse=True)
    def the_samples_must_be_described(
        self, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        """Skip a check that would fail only because `test_samples_are_described` does."""
        name, kind = request.function.__name__, type(self)
        if name not in _CHECKS:  # those of sniff, and the author's own tests
            return
        if kind not in _FAULTS:
            _FAULTS[kind] = premise_fault(self, tmp_path_factory.mktemp("described"))
        if _FAULTS[kind]:
            pytest.skip(f"test_samples_are_described fails: {_FAULTS[kind]}")


_CHECKS = frozenset(
    name
    for room in (DescriptionChecks, PixelChecks, MannersChecks, PlaceChecks)
    for name in vars(room)
    if name.startswith("test_")
)
"""The checks that rest on descriptions."""
