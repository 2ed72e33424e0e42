"""`ReaderContract`: all checks that a reader must pass, as one base class for pytest; knows no format."""

from __future__ import annotations

import pytest

# the checks are plain asserts in an installed package: without this, a failure shows no values
_ROOMS = ("sniffing", "describing", "pixels", "manners", "places")
pytest.register_assert_rewrite(*(f"{__package__}.{room}" for room in _ROOMS))

from .describing import DescriptionChecks  # noqa: E402 - must follow the line above to take effect
from .manners import MannersChecks  # noqa: E402
from .pixels import PixelChecks  # noqa: E402
from .places import PlaceChecks  # noqa: E402
from .sniffing import SniffChecks  # noqa: E402

__all__ = ["ReaderContract"]


class ReaderContract(SniffChecks, DescriptionChecks, PixelChecks, MannersChecks, PlaceChecks):
    """The conformance tests of a reader; subclass it in a test module, under a name that begins with Test.

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
