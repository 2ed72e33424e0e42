"""When and where the parts of a merge were taken: begins, steps, gaps, overlaps."""

from __future__ import annotations

import numpy as np
import pytest

from omio_core.errors import MetadataConflictError
from omio_core.merging.merge import merge
from tests.core.merging.stating import frames, of, record, told


def times(image):
    table = image.metadata.facts.planes.columns["DeltaT"]
    return [None if np.isnan(v) else v for v in table[:, 0, 0]]


def test_delta_t_counts_from_the_first_begin():
    a = frames(3, "10:00:00", 10.0, delta_t=[0, 10, 20.5])
    b = frames(2, "10:00:30", 10.0, delta_t=[0.25, 10])
    merged = merge([a, b], "T")
    assert told(merged) == []
    assert times(merged) == [0, 10, 20.5, 30.25, 40]
    facts = merged.metadata.facts
    assert facts.acquisition_date.value == "2024-05-01T10:00:00"
    assert facts.time_increment.value == 10.0
    assert facts.planes.origin == "derived"
    assert "AcquisitionDate" in facts.planes.where
    assert record(merged)["inputs"][1]["stated"]["AcquisitionDate"] == "2024-05-01T10:00:30"


def test_delta_t_without_dates_is_unknown_not_wrong():
    merged = merge([frames(2, increment=5.0, delta_t=[0, 5]), frames(2, increment=5.0, delta_t=[0, 5])], "T")
    assert told(merged) == []
    assert times(merged) == [0, 5, None, None]
    assert merged.metadata.facts.time_increment is None
    increment, delta = record(merged)["notes"]
    assert increment.startswith("TimeIncrement, 5 s in the inputs, is unknown of the whole: nothing says how much time")
    assert delta.startswith("DeltaT of 1 of 2 inputs is unknown")
    assert record(merged)["inputs"][1]["stated"] == {"TimeIncrement": 5.0, "DeltaT": [[[0.0]], [[5.0]]]}, "not lost"


@pytest.mark.parametrize("date", ["2024-05-01", "yesterday at 10:00", "2024-05-01T10:00:30Z"])
def test_dates_that_cannot_be_compared(date):
    """No time of day; no date; one with a time zone and one without."""
    merged = merge([frames(1, "10:00:00", delta_t=[1]), of(delta_t=[1], acquisition_date=date)], "T")
    assert times(merged) == [1, None]


def test_time_zones_are_understood():
    a = of(delta_t=[0], acquisition_date="2024-05-01T10:00:00+02:00")
    b = of(delta_t=[0], acquisition_date="2024-05-01T08:00:07Z")
    assert times(merge([a, b], "T")) == [0, 7]


def test_the_first_date_is_never_anothers():
    merged = merge([frames(1), frames(1, "10:00:00")], "T")
    assert merged.metadata.facts.acquisition_date is None
    assert record(merged)["inputs"][1]["stated"] == {"AcquisitionDate": "2024-05-01T10:00:00"}


def test_a_gap_is_told():
    merged = merge([frames(3, "10:00:00", 10.0), frames(2, "10:02:00", 10.0), frames(2, "10:02:20", 10.0)], "T")
    (said,) = told(merged)
    assert "gap between input 0 (an array in memory) and input 1 (an array in memory)" in said
    assert "a step of 100 s, 10 s is usual" in said
    (gap,) = record(merged)["gaps"]
    assert (gap["kind"], gap["at"], gap["step"], gap["usual"], gap["unit"]) == ("gap", 3, 100.0, 10.0, "s")
    assert merged.metadata.facts.time_increment is None
    assert "1 of the steps between inputs" in record(merged)["notes"][0]


def test_an_overlap_is_told():
    merged = merge([frames(3, "10:00:00", 10.0), frames(3, "10:00:10", 10.0)], "T")
    (said,) = told(merged)
    assert "overlap between" in said
    assert "a step of -10 s" in said
    assert merged.metadata.facts.time_increment is None
    backwards = merge([frames(1, "10:00:10"), frames(1, "10:00:00")], "T")
    assert "overlap" in told(backwards)[0]


def test_a_gap_without_a_stated_increment():
    """One-plane files that only have dates: three equal steps and a long one."""
    dates = ["10:00:00.0", "10:00:05.0", "10:00:10.0", "10:00:15.0", "10:01:00.0"]
    merged = merge([frames(1, date) for date in dates], "T")
    assert "a step of 45 s, 5 s is usual" in told(merged)[0]
    assert times(merged) == [0, 5, 10, 15, 60], "a plane's date is its time"
    assert merged.metadata.facts.time_increment is None, "nobody stated one"


def test_increments_that_differ_are_not_true_of_the_whole():
    images = [frames(2, "10:00:00", 10.0), frames(2, "10:00:20", 20.0)]
    for policy in ("careful", "first", "null"):
        merged = merge(images, "T", conflict=policy)
        assert "TimeIncrement (now unknown)" in told(merged)[0]
        assert merged.metadata.facts.time_increment is None
    with pytest.raises(MetadataConflictError, match="TimeIncrement is"):
        merge(images, "T", conflict="raise").metadata  # noqa: B018, the question is what is tested
    along_c = merge(images, "C", conflict="first")
    assert len(told(along_c)) == 1
    assert along_c.metadata.facts.time_increment.value == 10.0
    careful = merge(images, "C")
    assert len(told(careful)) == 1
    assert careful.metadata.facts.time_increment is None


def test_single_frames_that_state_an_increment():
    merged = merge([frames(1, increment=5.0) for _ in range(4)], "T")
    assert merged.metadata.facts.time_increment.value == 5.0
    assert merged.metadata.assumptions == (
        "TimeIncrement 5 s: each input is one time point and states it; they are taken to follow each other",
    )
    some = merge([frames(1, increment=5.0), frames(1)], "T")
    assert some.metadata.facts.time_increment is None
    assert "nothing says" in record(some)["notes"][0]
    silent = merge([frames(2, "10:00:00", 5.0), frames(2, "10:00:10")], "T")
    assert silent.metadata.facts.time_increment is None


def test_the_date_of_a_series_in_each_of_its_files():
    """Equal dates are one date: DeltaT counts from it already, and files without DeltaT do not overlap."""
    merged = merge([frames(1, "10:00:00", 5.0, delta_t=[5 * i]) for i in range(4)], "T")
    assert told(merged) == []
    assert times(merged) == [0, 5, 10, 15]
    assert merged.metadata.facts.time_increment.value == 5.0
    assert merged.metadata.facts.planes.origin == "file", "nothing was computed"
    bare = merge([frames(1, "10:00:00", 5.0) for _ in range(4)], "T")
    assert told(bare) == []
    assert bare.metadata.facts.planes is None
    assert bare.metadata.facts.time_increment.value == 5.0


def test_coarse_dates_tell_no_step():
    """Dates to the second cannot tell half a second; a long gap they can."""
    merged = merge([frames(2, "10:00:00", 0.5), frames(2, "10:00:01", 0.5)], "T")
    assert told(merged) == []
    assert merged.metadata.facts.time_increment is None
    assert "gap" in told(merge([frames(2, "10:00:00", 0.5), frames(2, "10:00:09", 0.5)], "T"))[0]


def test_times_of_channels_taken_one_after_another():
    a = of((2, 1, 1, 2, 3), delta_t=[0, 1], acquisition_date="2024-05-01T10:00:00")
    b = of((2, 1, 1, 2, 3), delta_t=[0, 1], acquisition_date="2024-05-01T10:05:00")
    merged = merge([a, b], "C")
    assert "AcquisitionDate" in told(merged)[0]
    table = merged.metadata.facts.planes.columns["DeltaT"]
    assert table[:, 0].tolist() == [[0, 300], [1, 301]]


def stack(heights, **more):
    table = np.array(heights, float).reshape(1, -1, 1)
    return of((1, len(heights), 1, 2, 3), planes={"PositionZ": table}, physical_size_z=2.0, **more)


def test_stacks_that_follow_each_other():
    merged = merge([stack([0, 2]), stack([4, 6])], "Z")
    assert told(merged) == []
    assert merged.metadata.facts.planes.columns["PositionZ"][0, :, 0].tolist() == [0, 2, 4, 6]
    assert merged.metadata.facts.planes.origin == "file"
    assert told(merge([stack([6, 4]), stack([2, 0])], "Z")) == [], "downward"


def test_stacks_that_do_not():
    assert "gap between" in told(merge([stack([0, 2]), stack([9, 11])], "Z"))[0]
    merged = merge([stack([0, 2, 4]), stack([2, 4, 6])], "Z")
    assert "overlap between" in told(merged)[0]
    assert record(merged)["gaps"][0]["unit"] == "µm"
    assert merged.metadata.facts.physical_size_z.value == 2.0, "true inside each stack"
    assert told(merge([stack([5, 5]), stack([5, 5])], "Z")) == [], "where the stage stood says nothing of planes"
