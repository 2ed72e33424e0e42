"""PackBits, deflate, Zstandard: what stands behind a full strip is not judged; what is short or damaged is an error."""

from __future__ import annotations

import zlib

import imagecodecs
import numpy as np
import pytest

from omio_core.errors import CorruptFileError
from omio_plugins.tiff import _packbits

RNG = np.random.default_rng(5)
ARRAY = np.repeat(RNG.integers(0, 9, (6, 20), dtype="u1"), 3, axis=1)  # runs and literals
PACKED = imagecodecs.packbits_encode(ARRAY)


@pytest.mark.parametrize(
    "behind", [b"", b"\0", b"\x80", b"\x80\x80", b"\xff\x07", b"\x05\x01\x02", b"\x7f", b"\xff" * 99]
)
@pytest.mark.parametrize("fill_order", [1, 2])
def test_nothing_is_judged_once_the_strip_is_full(make, page, read, behind: bytes, fill_order: int) -> None:
    data = PACKED + behind
    if fill_order == 2:
        data = bytes(int(f"{byte:08b}"[::-1], 2) for byte in data)
    tags = page(60, 6, t259=(3, 32773), t266=(3, fill_order), t279=(4, len(data)))
    (pixels,) = read(make([tags], data=data))
    np.testing.assert_array_equal(pixels[0, 0, 0], ARRAY)


@pytest.mark.parametrize("rows", [1, 3, 5])
def test_a_last_strip_that_its_writer_filled_up(make, page, read, rows: int) -> None:
    tags = page(60, rows, t259=(3, 32773), t278=(3, 6), t279=(4, len(PACKED)))
    (pixels,) = read(make([tags], data=PACKED))
    np.testing.assert_array_equal(pixels[0, 0, 0], ARRAY[:rows])


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b"\xfd\7", [7, 7, 7]),
        (b"\xfd\7\xff\x80", [7, 7, 7]),
        (b"\x09abcdefghij", [97, 98, 99]),
        (b"\xff\7\xff\7\x7f", [7, 7, 7]),
    ],
)
def test_a_run_is_cut_where_the_strip_is_full(make, page, read, data: bytes, wanted: list[int]) -> None:
    (pixels,) = read(make([page(3, 1, t259=(3, 32773), t279=(4, len(data)))], data=data))
    assert pixels.ravel().tolist() == wanted


@pytest.mark.parametrize("cut", [1, 2, 30])
def test_a_strip_that_is_short_is_an_error(make, page, read, cut: int) -> None:
    data = PACKED[:-cut]
    with pytest.raises(CorruptFileError, match=r"page 0 of .* cannot be read"):
        read(make([page(60, 6, t259=(3, 32773), t279=(4, len(data)))], data=data))


@pytest.mark.parametrize("due", [1, 2, 57, 359, 360, 361])
def test_what_is_left_makes_what_is_due(due: int) -> None:
    assert imagecodecs.packbits_decode(_packbits.trim(PACKED, due)) == ARRAY.tobytes()[:due]


# --- deflate and Zstandard


@pytest.mark.parametrize("predictor", [1, 2])  # without one it is decoded by another way
def test_behind_deflate_anything_may_stand(make, page, read, predictor: int) -> None:
    stored = np.diff(ARRAY, axis=1, prepend=np.uint8(0)) if predictor == 2 else ARRAY
    data = zlib.compress(stored.tobytes()) + b"\xff\x00 anything"
    (pixels,) = read(make([page(60, 6, t259=(3, 8), t317=(3, predictor), t279=(4, len(data)))], data=data))
    np.testing.assert_array_equal(pixels[0, 0, 0], ARRAY)


@pytest.mark.parametrize("predictor", [1, 2])
@pytest.mark.parametrize("damage", ["the checksum is another", "the checksum is cut off"])
def test_the_checksum_of_deflate_is_judged(make, page, read, predictor: int, damage: str) -> None:
    data = zlib.compress(ARRAY.tobytes())
    data = data[:-4] + (bytes(4) if damage == "the checksum is another" else b"")
    with pytest.raises(CorruptFileError, match=r"page 0 of .* cannot be read"):
        read(make([page(60, 6, t259=(3, 8), t317=(3, predictor), t279=(4, len(data)))], data=data))


@pytest.mark.parametrize("compression", [8, 50000])
@pytest.mark.parametrize("predictor", [1, 2])
def test_a_last_strip_of_any_codec_that_its_writer_filled_up(
    make, page, read, compression: int, predictor: int
) -> None:
    stored = np.diff(ARRAY, axis=1, prepend=np.uint8(0)) if predictor == 2 else ARRAY
    encode = zlib.compress if compression == 8 else imagecodecs.zstd_encode
    strips = [encode(stored[:4].tobytes()), encode(np.concatenate([stored[4:], stored[:2]]).tobytes())]
    tags = page(
        60, 6, t259=(3, compression), t273=(4, (8, 8 + len(strips[0]))), t278=(3, 4),
        t279=(4, tuple(map(len, strips))), t317=(3, predictor),
    )  # fmt: skip
    (pixels,) = read(make([tags], data=b"".join(strips)))
    np.testing.assert_array_equal(pixels[0, 0, 0], ARRAY)
