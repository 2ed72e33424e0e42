"""Every pixel type and compression gives the pixels that were put in, red first."""

from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from omio_core.contract import Box, locate
from omio_core.errors import CorruptFileError, UnsupportedFeatureError
from omio_plugins.czi._read import open_czi
from omio_plugins.czi._zstd import content_size

from .made import JPEG, JPEGXR, RAW, TYPES, ZSTD0, ZSTD1, Block, blue_first, hi_lo, ramp, write


def one_pixel_type(kind: str, samples: int) -> np.ndarray:
    shape = (33, 47) if samples == 1 else (33, 47, samples)
    return (ramp(*shape, dtype="u2") * 3 - 100 * (kind[0] in "if")).astype(kind)


@pytest.mark.parametrize(("kind", "samples"), TYPES)
@pytest.mark.parametrize("compression", [RAW, ZSTD0, ZSTD1])
def test_types(tmp_path: Path, kind: str, samples: int, compression: int, read, describe) -> None:
    pixels = one_pixel_type(kind, samples)
    path = write(tmp_path / "a.czi", [Block(pixels=pixels, compression=compression)])
    (image,) = describe(path)
    assert (image.axes, image.dtype) == ("YX" if samples == 1 else "YXS", np.dtype(kind))
    wanted = pixels[None] if samples == 1 else pixels.transpose(2, 0, 1)
    np.testing.assert_array_equal(read(path)[0][0, 0], wanted)


@pytest.mark.parametrize(("kind", "samples"), [("u1", 1), ("u2", 1), ("f4", 1), ("u2", 3)])
def test_jpegxr(tmp_path: Path, kind: str, samples: int, read) -> None:
    pytest.importorskip("aicspylibczi")
    pixels = ramp(33, 47, samples, dtype=kind).squeeze()
    path = write(tmp_path / "a.czi", [Block(pixels=pixels, compression=JPEGXR, at={"T": t}) for t in range(3)])
    wanted = pixels[None] if samples == 1 else pixels.transpose(2, 0, 1)
    np.testing.assert_array_equal(read(path)[0][:, 0], np.stack([wanted] * 3))


def test_jpegxr_of_bgr24(tmp_path: Path, read) -> None:
    """ZEN writes its pixel format as 24bppBGR, imagecodecs as 24bppRGB: the same stream, other memory."""
    pytest.importorskip("aicspylibczi")
    pixels = one_pixel_type("u1", 3)
    data = imagecodecs.jpegxr_encode(pixels)
    rgb = bytes.fromhex("24c3dd6f034efe4bb1853d77768dc90d")
    assert data.count(rgb) == 1
    path = write(
        tmp_path / "a.czi", [Block(pixels=pixels, compression=JPEGXR, data=data.replace(rgb, rgb[:-1] + b"\x0c"))]
    )
    np.testing.assert_array_equal(read(path)[0][0, 0], pixels.transpose(2, 0, 1))
    with pytest.raises(UnsupportedFeatureError, match="sub-block 0"):
        read(write(tmp_path / "b.czi", [Block(pixels=pixels, compression=JPEGXR, data=data)]))


@pytest.mark.parametrize("samples", [1, 3])
def test_jpeg(tmp_path: Path, samples: int, read) -> None:
    rows, columns = np.mgrid[:40, :56]
    smooth = (100 + 2 * rows - columns).astype("u1")
    pixels = smooth if samples == 1 else np.stack([smooth, smooth // 2, 255 - smooth], axis=-1)
    path = write(tmp_path / "a.czi", [Block(pixels=pixels, compression=JPEG)])
    wanted = pixels[None] if samples == 1 else pixels.transpose(2, 0, 1)
    assert np.abs(read(path)[0][0, 0].astype(int) - wanted).max() < 12


@pytest.mark.parametrize("compression", [2, 3, 100, 1000])
def test_other_compressions_are_refused(tmp_path: Path, compression: int, describe, read) -> None:
    path = write(tmp_path / "a.czi", [Block(pixels=ramp(4, 5), compression=compression)])
    assert len(describe(path)) == 1
    with pytest.raises(UnsupportedFeatureError, match="compression is not read"):
        read(path)


@pytest.mark.parametrize("kind", ["f8", "i4", "c8"])
def test_jpegxr_of_other_types_is_refused(tmp_path: Path, kind: str, read) -> None:
    path = write(tmp_path / "a.czi", [Block(pixels=ramp(4, 5, dtype=kind), compression=JPEGXR, data=b"II\xbc\1")])
    with pytest.raises(UnsupportedFeatureError, match="JPEG-XR of Gray"):
        read(path)


# --- what is stored is not what is due


def damaged(tmp_path: Path, read, data: bytes, compression: int, kind: str = "u2") -> str:
    path = write(tmp_path / "a.czi", [Block(pixels=ramp(20, 30, dtype=kind), compression=compression, data=data)])
    with pytest.raises(CorruptFileError) as caught:
        read(path)
    assert caught.value.subblock == 0
    return f"{caught.value}"


def test_zstd_of_another_size(tmp_path: Path, read) -> None:
    for nbytes in (20 * 30 * 2 - 2, 20 * 30 * 2 + 2, 1 << 28):
        data = imagecodecs.zstd_encode(bytes(nbytes))
        assert content_size(memoryview(data)) == nbytes
        assert f"declares {nbytes} bytes where 1200 are due" in damaged(tmp_path, read, data, ZSTD0)


def test_zstd_that_lies_about_its_size_or_does_not_say(tmp_path: Path, read) -> None:
    """A frame of raw and run-length blocks, written by hand (RFC 8878, 3.1.1): without a size, or with a wrong one."""

    def frame(blocks: list[int], size: int | None) -> bytes:
        head = b"\x28\xb5\x2f\xfd" + (b"\0\x58" if size is None else b"\xa0" + size.to_bytes(4, "little"))
        last = len(blocks) - 1
        return head + b"".join(
            ((n << 3) | 2 | (k == last)).to_bytes(3, "little") + b"\x55" for k, n in enumerate(blocks)
        )

    path = write(tmp_path / "b.czi", [Block(pixels=ramp(20, 30), compression=ZSTD0, data=frame([1200], None))])
    assert (read(path)[0] == 0x5555).all()
    for blocks, size in (([1 << 17] * 64, None), ([1200, 1], None), ([1199], None), ([1201], 1200), ([1000], 1200)):
        assert "sub-block 0" in damaged(tmp_path, read, frame(blocks, size), ZSTD0)


def test_zstd1_with_a_strange_header(tmp_path: Path, read) -> None:
    good = imagecodecs.zstd_encode(hi_lo(ramp(20, 30).tobytes()))
    for head in (b"", b"\0", b"\2", b"\3", b"\3\2\1", b"\4\1\1\1"):
        assert "zstd" in damaged(tmp_path, read, head + good, ZSTD1)
    data = b"\3\1\1" + imagecodecs.zstd_encode(bytes(600))
    assert "hi-lo packing of samples of 1 bytes" in damaged(tmp_path, read, data, ZSTD1, "u1")
    plain = b"\3\1\0" + imagecodecs.zstd_encode(ramp(20, 30).tobytes())
    path = write(tmp_path / "b.czi", [Block(pixels=ramp(20, 30), compression=ZSTD1, data=plain)])
    np.testing.assert_array_equal(read(path)[0][0, 0, 0], ramp(20, 30))


def test_raw_that_is_too_short(tmp_path: Path, read) -> None:
    assert "1199 bytes for 20x30 pixels" in damaged(tmp_path, read, bytes(1199), RAW)


def test_raw_that_is_too_long_is_read(tmp_path: Path, read) -> None:
    pixels = ramp(20, 30)
    path = write(tmp_path / "a.czi", [Block(pixels=pixels, data=pixels.tobytes() + bytes(50))])
    np.testing.assert_array_equal(read(path)[0][0, 0, 0], pixels)


def test_pictures_of_another_size_are_never_decoded(tmp_path: Path, read) -> None:
    for compression, encode in ((JPEGXR, imagecodecs.jpegxr_encode), (JPEG, imagecodecs.jpeg_encode)):
        data = encode(ramp(40, 30, dtype="u1"))
        assert "declares 30x40" in damaged(tmp_path, read, data, compression, "u1")
    data = bytearray(imagecodecs.jpegxr_encode(ramp(20, 30, dtype="u1")))
    at = data.index(b"WMPHOTO\0")
    data[at + 12 : at + 14] = b"\xff\xff"
    assert "65536" in damaged(tmp_path, read, bytes(data), JPEGXR, "u1")
    for data in (
        b"",
        b"II\xbc\1",
        b"II\xbc\1\xff\xff\xff\xff",
        b"nonsense" * 9,
        b"\xff\xd8\xff",
        b"\xff\xd8" + b"\xff" * 99,
    ):
        assert "no JPEG" in damaged(tmp_path, read, data, JPEGXR, "u1")
        assert "no JPEG" in damaged(tmp_path, read, data, JPEG, "u1")


# --- how much is read


def test_a_band_of_a_raw_plane_reads_its_rows_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = ramp(1000, 500)
    opened = open_czi(locate(write(tmp_path / "a.czi", [Block(pixels=pixels)])))
    asked: list[int] = []
    read_into, read = opened._file.read_into, opened._file.read
    monkeypatch.setattr(opened._file, "read_into", lambda view, at: (asked.append(len(view)), read_into(view, at)))
    monkeypatch.setattr(opened._file, "read", lambda at, n: (asked.append(n), read(at, n))[1])
    out = np.empty((10, 500), "u2")
    opened.read_into(out, 0, Box(((900, 910), (0, 500))), 0)
    np.testing.assert_array_equal(out, pixels[900:910])
    assert asked[-1] == 10 * 500 * 2
    assert sum(asked[:-1]) < 600  # the header of the sub-block
    asked.clear()
    opened.read_into(np.empty((3, 7), "u2"), 0, Box(((5, 8), (100, 107))), 0)
    assert sum(asked) <= 3 * 500 * 2
    opened.close()


def test_a_part_of_a_compressed_tile_is_decoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = ramp(100, 80)
    opened = open_czi(locate(write(tmp_path / "a.czi", [Block(pixels=pixels, compression=ZSTD1)])))
    decoded: list[int] = []
    own = opened._decoder._decode_subblock
    monkeypatch.setattr(opened._decoder, "_decode_subblock", lambda index: (decoded.append(index), own(index))[1])
    for top in range(0, 100, 20):
        out = np.empty((20, 80), "u2")
        opened.read_into(out, 0, Box(((top, top + 20), (0, 80))), 0)
        np.testing.assert_array_equal(out, pixels[top : top + 20])
    assert decoded == [0]
    opened.close()


def test_what_is_hidden_is_not_read(tmp_path: Path, read) -> None:
    """The lower of two duplicates is damaged, and nobody minds."""
    made = [
        Block(pixels=ramp(9, 9), compression=ZSTD0, data=b"nothing"),
        Block(pixels=ramp(9, 9, start=5), compression=ZSTD0),
    ]
    np.testing.assert_array_equal(read(write(tmp_path / "a.czi", made))[0][0, 0, 0], made[1].pixels)


def test_blue_is_first_in_the_file() -> None:
    assert blue_first(np.array([[[1, 2, 3]]])).tolist() == [[[3, 2, 1]]]
