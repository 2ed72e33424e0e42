"""The conformance kit as a whole: a sound reader passes every check."""

from __future__ import annotations

import numpy as np
import omio_toy
from omio_toy_read import image, write_toy

from omio_core.testing import ReaderContract, Sample
from tests.core.testing.kits import ramp


class TestToy(ReaderContract):
    """How a plugin author uses the kit: name the reader, make small files that differ, say what is in them."""

    reader = omio_toy.READER
    needs_local_file = True  # it opens the path

    def samples(self, folder):
        movie = ramp(3, 2, 2, 5, 7)
        rgb = ramp(4, 6, 3, dtype="u1")
        gaps = ramp(2, 3, 4, 5, dtype="f4")
        boxes = [[[0, 1], [0, 2], [0, 4], [0, 5]], [[1, 2], [1, 2], [0, 2], [0, 5]]]
        seen = np.zeros_like(gaps)
        seen[0, :2], seen[1, 1, :2] = gaps[0, :2], gaps[1, 1, :2]
        stated = {"physical_size_x": 0.25, "physical_size_y": 0.5, "time_increment": 3, "channels": ["a", "b"]}
        home = folder / "home"
        home.mkdir()
        write_toy(home / "index.toy", image(ramp(4, 5, dtype="u1"), "YX"))
        return {
            "movie": Sample(
                path=write_toy(folder / "movie.toy", image(movie, "TZCYX", blocks=(1, 1, 2, 2, 7), facts=stated)),
                arrays={0: movie},
                sizes={0: {"PhysicalSizeX": 0.25, "PhysicalSizeY": 0.5, "TimeIncrement": 3}},
            ),
            "rgb": Sample(
                path=write_toy(folder / "rgb.toy", image(rgb, "YXS", levels=2)),
                arrays={0: rgb.transpose(2, 0, 1)[None, None]},
            ),
            "gaps": Sample(
                path=write_toy(folder / "gaps.toy", image(gaps, "TZYX", present=boxes, absent_files=["gaps2.toy"])),
                arrays={0: seen[:, :, None]},
            ),
            "several": write_toy(
                folder / "several.toy",
                image(ramp(5, 4, 6), "QYX", name="first", assumptions=["the stage was still"]),
                image(ramp(2, 3, 5, 4, dtype="c8"), "VXYC", name="second", facts={"name": "mine"}),
                image(ramp(3, 3, dtype="f8") * np.nan, "YX"),
            ),
            "options": Sample(
                path=write_toy(folder / "options.toy", image(ramp(2, 2), "YX")),
                arrays={0: ramp(2, 2)[None, None, None] + np.uint16(5)},
                options={"add": 5},
            ),
            "folder": home,
        }
