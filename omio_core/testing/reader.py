"""`ReaderContract`: every check a reader has to pass, as one base class for pytest; it knows no format."""

from __future__ import annotations

import pytest

# the checks are plain asserts in an installed package: without this, a failure would show no values
pytest.register_assert_rewrite(*(f"{__package__}.{room}" for room in ("sniffing", "describing", "pixels", "manners")))

from .describing import Describing  # noqa: E402 - after the line above, or it comes too late
from .manners import Manners  # noqa: E402
from .pixels import Pixels  # noqa: E402
from .sniffing import Sniffing  # noqa: E402

__all__ = ["ReaderContract"]


class ReaderContract(Sniffing, Describing, Pixels, Manners):
    """The conformance tests of a reader; subclass it in a test module, under a name that begins with Test.

    The subclass gives `reader` and `samples`; it may give `truncated_is_shorter`. The samples should be few, small
    (some kilobytes) and unlike: every layout the format knows, with planes missing where it can, one that states
    sizes and one that states none. They are made anew for each check.

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
