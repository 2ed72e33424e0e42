"""Scenes, indexes, what is missing, what stands twice: all told by the directory, and by nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from omio_core.contract import Box
from omio_core.errors import UnsupportedFeatureError

from .made import RAW, ZSTD0, Block, ramp, write


def blocks(*starts: dict[str, int], rows: int = 6, columns: int = 8, dtype: str = "u2") -> list[Block]:
    """A plane for each of the starts, of pixels of its own."""
    return [Block(pixels=ramp(rows, columns, dtype=dtype, start=k), at=at) for k, at in enumerate(starts)]


def test_axes_are_the_directory_s(tmp_path: Path, read, describe) -> None:
    made = blocks(*({"T": t, "C": c, "Z": z} for t in range(2) for c in range(2) for z in range(3)))
    path = write(tmp_path / "a.czi", made[::-1])
    (image,) = describe(path)
    assert (image.axes, image.levels[0].shape, image.dtype.str) == ("TCZYX", (2, 2, 3, 6, 8), "<u2")
    assert image.levels[0].present is None
    assert image.assumptions == ()
    wanted = np.stack([one.pixels for one in made]).reshape(2, 2, 3, 6, 8).swapaxes(1, 2)
    np.testing.assert_array_equal(read(path)[0], wanted)


@pytest.mark.parametrize("letter", "BVRIH")
def test_rotations_phases_and_the_like_fold_into_c(tmp_path: Path, read, describe, letter: str) -> None:
    made = blocks(*({letter: k, "C": c} for k in range(3) for c in range(2)))
    path = write(tmp_path / "a.czi", made)
    (image,) = describe(path)
    assert (image.axes, image.levels[0].shape) == (f"{letter}CYX", (3, 2, 6, 8))
    np.testing.assert_array_equal(read(path)[0][0, 0], np.stack([one.pixels for one in made]))


def test_all_folded_axes_at_once(tmp_path: Path, read, describe) -> None:
    made = blocks(*(dict(zip("VRIHTCZ", index, strict=True)) for index in np.ndindex(2, 2, 2, 2, 2, 2, 2)))
    path = write(tmp_path / "a.czi", made)
    (image,) = describe(path)
    assert image.axes == "VRIHTCZYX"
    wanted = np.stack([one.pixels for one in made]).reshape(2, 2, 2, 2, 2, 2, 2, 6, 8)
    np.testing.assert_array_equal(read(path)[0], wanted.transpose(4, 6, 0, 1, 2, 3, 5, 7, 8).reshape(2, 2, 32, 6, 8))


def test_scenes_of_unequal_size_and_length(tmp_path: Path, read, describe) -> None:
    first = blocks({"S": 0, "T": 0}, {"S": 0, "T": 1})
    second = [Block(pixels=ramp(3, 20, start=9), at={"S": 2, "X": -100, "Y": 40, "Z": z}) for z in range(3)]
    path = write(tmp_path / "a.czi", [second[1], first[0], second[0], first[1], second[2]])
    one, other = describe(path)
    assert (one.axes, one.levels[0].shape) == ("TYX", (2, 6, 8))
    assert (other.axes, other.levels[0].shape) == ("ZYX", (3, 3, 20))
    got = read(path)
    np.testing.assert_array_equal(got[0][:, 0, 0], np.stack([b.pixels for b in first]))
    np.testing.assert_array_equal(got[1][0, :, 0], np.stack([b.pixels for b in second]))


def test_indexes_need_not_begin_at_0(tmp_path: Path, read, describe) -> None:
    made = blocks(*({"T": t, "Z": -1, "C": 5} for t in (7, 8)))
    path = write(tmp_path / "a.czi", made)
    (image,) = describe(path)
    assert image.levels[0].shape == (2, 6, 8)
    assert image.assumptions == (
        "axis T (time) begins at 7 in the file; index 0 here is 7 there",
        "axis Z (depth) begins at -1 in the file; index 0 here is -1 there",
        "axis C (channel) begins at 5 in the file; index 0 here is 5 there",
    )
    scene = image.facts.args[1]
    assert (scene.t, scene.z, scene.channels) == ((7, 2), (-1, 1), (5,))
    np.testing.assert_array_equal(read(path)[0][:, 0, 0], np.stack([b.pixels for b in made]))


def test_missing_planes_keep_their_index(tmp_path: Path, read, describe) -> None:
    made = blocks({"T": 0, "Z": 0}, {"T": 1, "Z": 2}, {"T": 2, "Z": 1})
    path = write(tmp_path / "a.czi", made)
    (image,) = describe(path)
    assert image.levels[0].present == tuple(
        Box(((t, t + 1), (z, z + 1), (0, 6), (0, 8))) for t, z in ((0, 0), (1, 2), (2, 1))
    )
    got = read(path)[0]
    assert np.count_nonzero(got.any(axis=(2, 3, 4))) == 3
    np.testing.assert_array_equal(got[1, 2, 0], made[1].pixels)
    scene = image.facts.args[1]
    assert scene.planes[:, :, 0].tolist() == [[0, -1, -1], [-1, -1, 1], [-1, 2, -1]]


def test_a_missing_channel_keeps_its_index_in_every_scene(tmp_path: Path, read, describe) -> None:
    made = blocks({"S": 0, "C": 0}, {"S": 0, "C": 2}, {"S": 1, "C": 1}, {"S": 1, "C": 2})
    path = write(tmp_path / "a.czi", made)
    one, other = describe(path)
    assert one.levels[0].shape == other.levels[0].shape == (3, 6, 8)
    assert [box.spans[0] for box in one.levels[0].present] == [(0, 1), (2, 3)]
    assert [box.spans[0] for box in other.levels[0].present] == [(1, 3)]
    got = read(path)
    np.testing.assert_array_equal(got[0][0, 0, 2], made[1].pixels)
    np.testing.assert_array_equal(got[1][0, 0, 1:], np.stack([made[2].pixels, made[3].pixels]))


def test_of_duplicates_the_later_one_is_taken(tmp_path: Path, read, describe) -> None:
    made = blocks({"T": 0, "M": 0}, {"T": 1, "M": 0}, {"T": 0, "M": 0})
    path = write(tmp_path / "a.czi", made)
    (image,) = describe(path)
    assert image.assumptions == (
        "1 sub-blocks have the coordinates of another; the one later in the directory is taken",
    )
    got = read(path)[0][:, 0, 0]
    np.testing.assert_array_equal(got, np.stack([made[2].pixels, made[1].pixels]))


def test_a_line_scan(tmp_path: Path, read, describe) -> None:
    made = [Block(pixels=ramp(1, 32, start=t, dtype="u1"), at={"T": t}) for t in range(9)]
    path = write(tmp_path / "a.czi", made)
    (image,) = describe(path)
    assert (image.axes, image.levels[0].shape) == ("TYX", (9, 1, 32))
    np.testing.assert_array_equal(read(path)[0][:, 0, 0], np.stack([b.pixels for b in made]))


def test_channels_of_unequal_type_are_promoted_and_it_is_said(tmp_path: Path, read, describe) -> None:
    kinds = ("u1", "u2", "f4")
    made = [
        Block(pixels=ramp(5, 7, dtype=kind), at={"C": c}, compression=c % 2 * ZSTD0) for c, kind in enumerate(kinds)
    ]
    path = write(tmp_path / "a.czi", made)
    (image,) = describe(path)
    assert image.dtype == np.float32
    assert image.assumptions == (
        "channels are of unequal pixel type (Gray8, Gray16, Gray32Float); all are given as float32",
    )
    np.testing.assert_array_equal(read(path)[0][0, 0], np.stack([b.pixels.astype("f4") for b in made]))


def test_grey_beside_colour_is_given_as_equal_samples(tmp_path: Path, read, describe) -> None:
    grey, colour = ramp(5, 7, dtype="u1"), ramp(5, 7, 3, dtype="u1", start=4)
    path = write(tmp_path / "a.czi", [Block(pixels=grey, at={"C": 0}), Block(pixels=colour, at={"C": 1})])
    (image,) = describe(path)
    assert (image.axes, image.levels[0].shape) == ("CYXS", (2, 5, 7, 3))
    assert "grey is given as 3 equal samples" in image.assumptions[0]
    got = read(path)[0][0, 0]
    np.testing.assert_array_equal(got[:3], np.stack([grey] * 3))
    np.testing.assert_array_equal(got[3:], colour.transpose(2, 0, 1))


def test_entries_may_differ_in_their_dimensions(tmp_path: Path, read, describe) -> None:
    """Runs of entries are parsed at once; a change of the dimensions ends a run."""
    starts = [
        {"T": 0},
        {"T": 1, "Z": 0},
        {"T": 2, "Z": 0},
        {"C": 0, "T": 3},
        *({"T": t, "H": 0, "M": 0} for t in range(4, 90)),
    ]
    made = blocks(*starts, rows=2, columns=3)
    path = write(tmp_path / "a.czi", made)
    (image,) = describe(path)
    assert image.levels[0].shape == (90, 2, 3)
    np.testing.assert_array_equal(read(path)[0][:, 0, 0], np.stack([b.pixels for b in made]))


def test_a_file_that_is_not_done_says_so(tmp_path: Path, describe) -> None:
    (image,) = describe(write(tmp_path / "a.czi", blocks({}), pending=1))
    assert image.assumptions == ("the file says that its writer was not done with it",)


def test_parts_of_several_files_are_refused(tmp_path: Path, describe) -> None:
    with pytest.raises(UnsupportedFeatureError, match="spread over several files"):
        describe(write(tmp_path / "a.czi", blocks({}), file_part=1))
    other = Block(pixels=ramp(2, 2), at={"T": 1}, entry={"file_part": 2})
    with pytest.raises(UnsupportedFeatureError, match="one of several"):
        describe(write(tmp_path / "b.czi", [*blocks({}), other]))


def test_subblocks_of_several_planes_are_refused(tmp_path: Path, describe) -> None:
    made = Block(pixels=ramp(4, 4), at={"C": 0}, entry={"sizes": {"C": (2, 2)}})
    with pytest.raises(UnsupportedFeatureError, match="several planes"):
        describe(write(tmp_path / "a.czi", [made]))


def test_a_dimension_nobody_knows_is_refused_where_it_matters(tmp_path: Path, describe) -> None:
    assert len(describe(write(tmp_path / "a.czi", blocks({"K": 4, "T": 0}, {"K": 4, "T": 1})))) == 1
    with pytest.raises(UnsupportedFeatureError, match="not known"):
        describe(write(tmp_path / "b.czi", blocks({"K": 0}, {"K": 1})))


def test_pixels_of_unknown_type_are_refused(tmp_path: Path, describe) -> None:
    made = Block(pixels=ramp(4, 4), compression=RAW, entry={"pixel_type": 77})
    with pytest.raises(UnsupportedFeatureError, match="PixelType 77"):
        describe(write(tmp_path / "a.czi", [made]))


def test_many_scenes_are_named_by_the_xml(tmp_path: Path, describe) -> None:
    xml = b"""<ImageDocument><Metadata><Information><Image><Dimensions><S><Scenes>
        <Scene Index="0" Name="P1"/><Scene Index="1" Name="P2"/></Scenes></S></Dimensions></Image></Information>
        </Metadata></ImageDocument>"""
    images = describe(write(tmp_path / "a.czi", blocks({"S": 0}, {"S": 1}, {"S": 2}), xml=xml))
    assert [one.name for one in images] == ["P1", "P2", None]
