"""Tiles composed in the order of M, gaps that are not present, tiles on their own, and pyramids."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from omio_core.contract import Box, locate
from omio_core.errors import CorruptFileError
from omio_core.geometry.box import Present
from omio_plugins.czi._places import NAMESPACE
from omio_plugins.czi._read import open_czi

from .made import RAW, ZSTD0, ZSTD1, Block, ramp, write

SCALED = b"""<ImageDocument><Metadata><Scaling><Items><Distance Id="X"><Value>5e-7</Value></Distance>
<Distance Id="Y"><Value>2.5e-7</Value></Distance></Items></Scaling></Metadata></ImageDocument>"""


def composed(tiles: list[Block], shape: tuple[int, int], origin: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """What the picture is to be, and where there is any; tiles are drawn as they come."""
    picture, there = np.zeros(shape, "u2"), np.zeros(shape, bool)
    for tile in tiles:
        y, x = tile.at["Y"] - origin[0], tile.at["X"] - origin[1]
        rows, columns = tile.pixels.shape
        picture[y : y + rows, x : x + columns] = tile.pixels
        there[y : y + rows, x : x + columns] = True
    return picture, there


def covered(boxes: tuple[Box, ...], shape: tuple[int, ...]) -> np.ndarray:
    """How often each pixel is in a box."""
    count = np.zeros(shape, int)
    for box in boxes:
        count[tuple(slice(a, b) for a, b in box.spans)] += 1
    return count


@pytest.mark.parametrize("compression", [RAW, ZSTD0, ZSTD1])
@pytest.mark.parametrize("seed", range(4))
def test_any_mosaic(tmp_path: Path, compression: int, seed: int, read, describe) -> None:
    """Overlap, gaps and origins anywhere; the directory in any order."""
    dice = random.Random(seed)
    tiles = [
        Block(
            pixels=ramp(dice.randint(1, 30), dice.randint(1, 30), start=m + 1),
            at={"X": dice.randint(-60, 10), "Y": dice.randint(-20, 40), "M": m},
            compression=compression,
        )
        for m in range(dice.randint(1, 12))
    ]
    left, top = (min(tile.at[letter] for tile in tiles) for letter in "XY")
    wide = max(tile.at["X"] + tile.pixels.shape[1] for tile in tiles) - left
    high = max(tile.at["Y"] + tile.pixels.shape[0] for tile in tiles) - top
    path = write(tmp_path / "a.czi", dice.sample(tiles, len(tiles)))
    (image,) = describe(path)
    assert image.levels[0].shape == (high, wide)
    picture, there = composed(tiles, (high, wide), (top, left))
    np.testing.assert_array_equal(read(path)[0][0, 0, 0], picture)
    if image.levels[0].present is None:
        assert there.all()
    else:
        np.testing.assert_array_equal(covered(image.levels[0].present, (high, wide)), there)
    _parts(path, picture, Present(image.levels[0].present or (Box.whole((high, wide)),)), dice)


def _parts(path: Path, picture: np.ndarray, present: Present, dice: random.Random) -> None:
    """Regions of what is present are those of the picture, whatever the memory they are read into."""
    opened = open_czi(locate(path))
    for box in present:
        for _ in range(3):
            spans = tuple(tuple(sorted((dice.randint(a, b - 1), dice.randint(a + 1, b)))) for a, b in box.spans)
            if any(a == b for a, b in spans):
                continue
            part = Box(spans)
            for order in "CF":
                out = np.full(part.shape, 7, "u2", order=order)
                opened.read_into(out, 0, part, 0)
                np.testing.assert_array_equal(out, picture[part.within(Box.whole(picture.shape))])
    opened.close()


def grid(*, overlap: int = 2, size: int = 10, across: int = 3, **at: int) -> list[Block]:
    step = size - overlap
    return [
        Block(pixels=ramp(size, size, start=m), at={"X": m % across * step, "Y": m // across * step, **at, "M": m})
        for m in range(across * 2)
    ]


def test_a_regular_mosaic_is_all_present(tmp_path: Path, describe) -> None:
    made = [tile for t in range(3) for tile in grid(T=t)]
    (image,) = describe(write(tmp_path / "a.czi", made))
    assert image.levels[0].present is None
    assert image.levels[0].shape == (3, 18, 26)
    assert image.levels[0].blocks == (1, 10, 10)
    assert image.kind == "Zeiss CZI mosaic"


def test_a_gap_in_one_plane_is_told_of_that_plane(tmp_path: Path, describe) -> None:
    made = [tile for t in range(4) for tile in grid(T=t, overlap=0) if (t, tile.at["M"]) != (2, 1)]
    (image,) = describe(write(tmp_path / "a.czi", made))
    count = covered(image.levels[0].present, (4, 20, 30))
    wanted = np.ones((4, 20, 30), int)
    wanted[2, :10, 10:20] = 0
    np.testing.assert_array_equal(count, wanted)


def test_scenes_are_composed_each_on_its_own(tmp_path: Path, read) -> None:
    first, second = grid(S=0), [Block(pixels=one.pixels + 1, at={**one.at, "S": 1}) for one in grid(S=1)]
    one, other = read(write(tmp_path / "a.czi", [tile for pair in zip(first, second, strict=True) for tile in pair]))
    np.testing.assert_array_equal(one + 1, other)


def test_tiles_on_their_own(tmp_path: Path, read, describe) -> None:
    made = [tile for c in range(2) for tile in grid(C=c, S=4)]
    path = write(tmp_path / "a.czi", made, xml=SCALED)
    images = describe(path, tiles=True)
    assert [one.name for one in images] == [f"scene 4 tile {m}" for m in range(6)]
    assert all(one.levels[0].shape == (2, 10, 10) and one.levels[0].present is None for one in images)
    for m, array in enumerate(read(path, tiles=True)):
        np.testing.assert_array_equal(array[0, 0], np.stack([made[m].pixels, made[m + 6].pixels]))
    facts = images[4].facts()
    assert facts.annotations[NAMESPACE] == {"Tile": 4, "X": 8, "Y": 8, "Width": 10, "Height": 10, "Scene": 4}
    assert facts.planes.origin == "derived"
    np.testing.assert_allclose(facts.planes.columns["PositionX"], 4.0)
    np.testing.assert_allclose(facts.planes.columns["PositionY"], 2.0)


def test_tiles_without_m_are_told_apart_by_their_place(tmp_path: Path, read, describe) -> None:
    made = [
        Block(pixels=ramp(4, 5, start=k), at={"X": x, "Y": 0, "T": t})
        for k, (x, t) in enumerate([(5, 0), (0, 0), (0, 1), (5, 1)])
    ]
    path = write(tmp_path / "a.czi", made)
    assert [one.name for one in describe(path, tiles=True)] == ["tile 0", "tile 1"]
    got = read(path, tiles=True)
    np.testing.assert_array_equal(got[0][:, 0, 0], np.stack([made[1].pixels, made[2].pixels]))
    np.testing.assert_array_equal(got[1][:, 0, 0], np.stack([made[0].pixels, made[3].pixels]))


# --- pyramids


def shrunk(tile: Block, factor: int, **change: int) -> Block:
    """A sub-block of a pyramid above a tile."""
    rows, columns = tile.pixels.shape
    return Block(
        pixels=tile.pixels[::factor, ::factor], at={**tile.at, **change}, covers=(rows, columns), pyramid_type=2
    )


def test_a_pyramid_of_one_picture(tmp_path: Path, whole) -> None:
    full = [Block(pixels=ramp(97, 130, start=t), at={"T": t}) for t in range(2)]
    made = [shrunk(one, factor) for factor in (4, 2) for one in full]
    opened = open_czi(locate(write(tmp_path / "a.czi", [*made, *full])))
    (image,) = opened.images
    assert [level.shape for level in image.levels] == [(2, 97, 130), (2, 49, 65), (2, 25, 33)]
    assert all(level.present is None for level in image.levels)
    for level, factor in enumerate((1, 2, 4)):
        wanted = np.stack([one.pixels[::factor, ::factor] for one in full])
        np.testing.assert_array_equal(whole(opened, 0, level)[:, 0, 0], wanted)
    opened.close()


def test_a_pyramid_of_a_mosaic_with_a_negative_origin(tmp_path: Path, whole) -> None:
    tiles = [
        Block(pixels=ramp(64, 64, start=m), at={"X": -96 + 64 * (m % 2), "Y": -32 + 64 * (m // 2), "M": m, "S": 1})
        for m in range(4)
    ]
    small = [shrunk(tile, 2, M=9 - k) for k, tile in enumerate(tiles[:3])]
    opened = open_czi(locate(write(tmp_path / "a.czi", [*tiles, *small])))
    (image,) = opened.images
    assert [level.shape for level in image.levels] == [(128, 128), (64, 64)]
    assert covered(image.levels[1].present, (64, 64)).sum() == 3 * 32 * 32
    full = whole(opened)[0, 0, 0]
    got = whole(opened, 0, 1)[0, 0, 0]
    np.testing.assert_array_equal(got[:32], full[::2, ::2][:32])
    assert not got[32:, 32:].any()
    opened.close()


def test_small_tiles_at_the_edge_belong_to_the_level_of_the_large_ones(tmp_path: Path, describe) -> None:
    full = Block(pixels=ramp(256, 259), at={"M": 0})
    large = Block(pixels=ramp(64, 64), at={"M": 1}, covers=(256, 256), pyramid_type=2)
    edge = Block(pixels=ramp(64, 1), at={"M": 2, "X": 256}, covers=(256, 3), pyramid_type=2)
    corner = Block(pixels=ramp(1, 1), at={"M": 3, "X": 256, "Y": 253}, covers=(3, 3), pyramid_type=2)
    (image,) = describe(write(tmp_path / "a.czi", [full, large, edge, corner]))
    assert [level.shape for level in image.levels] == [(256, 259), (64, 65)]


def test_what_is_of_no_resolution_is_left_out(tmp_path: Path, describe) -> None:
    full = Block(pixels=ramp(64, 64))
    odd = Block(pixels=ramp(64, 16), covers=(64, 64), pyramid_type=2)
    larger = Block(pixels=ramp(64, 64), covers=(32, 32))
    (image,) = describe(write(tmp_path / "a.czi", [full, odd, larger]))
    assert [level.shape for level in image.levels] == [(64, 64)]
    with pytest.raises(CorruptFileError, match="no pixels of full resolution"):
        describe(write(tmp_path / "b.czi", [Block(pixels=ramp(8, 8), covers=(16, 16), pyramid_type=2)]))


def test_a_pyramid_above_all_scenes_makes_no_image(tmp_path: Path, describe) -> None:
    made = [Block(pixels=ramp(64, 64), at={"S": s, "X": 64 * s}) for s in range(2)]
    above = Block(pixels=ramp(32, 64), covers=(64, 128), pyramid_type=2)
    assert [len(one.levels) for one in describe(write(tmp_path / "a.czi", [*made, above]))] == [1, 1]
