"""Hostile files end in an OmioError, at once, and never in a picture that is not there."""

from __future__ import annotations

import random
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile

from omio_core.contract import Box
from omio_core.errors import CorruptFileError, LimitExceededError, OmioError, UnsupportedFeatureError
from omio_core.files.local import locate
from omio_core.settings import using
from omio_plugins.tiff._read import open_tiff


def refused(path: Path, kind: type[OmioError] = CorruptFileError) -> OmioError:
    with pytest.raises(kind) as caught:
        open_tiff(locate(path))
    assert caught.value.path == str(path)
    assert caught.value.evidence
    return caught.value


def test_the_chain_loops(make, page) -> None:
    assert "comes back" in str(refused(make([page()], data=bytes(12), next_of_last=20)))
    assert "comes back" in str(refused(make([page()] * 3, data=bytes(12), next_of_last=20)))


def test_the_chain_leaves_the_file(make, page) -> None:
    assert "page 1" in str(refused(make([page()], data=bytes(12), next_of_last=1 << 30)))


def test_no_page_at_all(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(b"II*\0\0\0\0\0")
    refused(tmp_path / "a.tif")
    (tmp_path / "a.tif").write_bytes(b"II*\0\x08\0\0\0\0\0" + bytes(20))
    assert "0 tags" in str(refused(tmp_path / "a.tif"))


def test_tables_that_overlap(tmp_path: Path) -> None:
    """Each IFD begins a few bytes after the one before, inside its table."""
    entry = struct.pack("<HHII", 256, 3, 1, 4) + struct.pack("<HHII", 257, 3, 1, 3)
    entry += struct.pack("<HHII", 273, 4, 1, 8)
    number, step = 3000, 64
    body = bytearray(2_000_000)
    for k in range(number):
        at = 8 + step * k
        body[at : at + 2 + len(entry)] = struct.pack("<H", 3) + entry
        body[at + 38 : at + 42] = struct.pack("<I", at + step if k + 1 < number else 0)
    (tmp_path / "a.tif").write_bytes(b"II*\0\x08\0\0\0" + bytes(body[8:]))
    open_tiff(locate(tmp_path / "a.tif")).close()  # close together, but apart
    with using(max_pages=2999):
        assert "2999" in str(refused(tmp_path / "a.tif", LimitExceededError))


@pytest.mark.parametrize(
    "tags",
    [
        {"t256": (9, -4)},
        {"t257": (9, -1)},
        {"t256": (3, 0)},
        {"t256": (4, 0xFFFFFFFF)},
        {"t257": (4, 0xFFFFFFFF), "t278": (4, 0xFFFFFFFF)},
        {"t277": (3, 0)},
        {"t277": (3, 60000)},
        {"t278": (3, 0), "t273": (4, (8, 8)), "t279": (4, (8, 8))},
        {"t278": (3, 1)},
        {"t322": (3, 0), "t323": (3, 16)},
        {"t322": (4, 0x7FFFFFF0), "t323": (4, 0x7FFFFFF0), "t256": (4, 0x7FFFFFF0)},
        {"t256": (2, b"4\0")},
    ],
)
def test_sizes_that_cannot_be(make, page, tags: dict[str, tuple]) -> None:
    refused(make([page(**tags)], data=bytes(12)))


@pytest.mark.parametrize("description", [b'{"shape": [5, 3, 4]}\0', b"ImageJ=1\nimages=9\0", b"x\0"])
def test_a_negative_width_whatever_the_description(make, page, description: bytes) -> None:
    refused(make([page(t256=(9, -4), t270=(2, description))], data=bytes(12)))


def test_a_tag_of_four_billion_values(make, page) -> None:
    for code in (256, 258, 273, 279, 270):
        path = make([page(t270=(2, b"a description\0"))], data=bytes(12))
        data = bytearray(path.read_bytes())
        at = next(k for k in range(22, len(data), 12) if data[k : k + 2] == struct.pack("<H", code))
        data[at + 4 : at + 8] = b"\xff\xff\xff\xff"
        path.write_bytes(bytes(data))
        refused(path, OmioError)


@pytest.mark.parametrize(("bits", "kind"), [(83, 1), (48, 1), (0, 1), (12, 2), (8, 3), (16, 9), (64, 7)])
def test_types_that_are_not_read(make, page, bits: int, kind: int) -> None:
    refused(make([page(t258=(3, bits), t339=(3, kind))], data=bytes(120)), UnsupportedFeatureError)


def test_samples_that_differ(make, page) -> None:
    for tags in ({"t258": (3, (5, 6, 5))}, {"t258": (3, (8, 8, 8)), "t339": (3, (1, 2, 1))}, {"t32997": (4, 5)}):
        refused(make([page(t277=(3, 3), t279=(4, 36), **tags)], data=bytes(36)), UnsupportedFeatureError)


def test_every_truncation_is_an_error_or_reads_what_is_there(tmp_path: Path, read) -> None:
    path, cut = tmp_path / "a.tif", tmp_path / "b.tif"
    array = np.arange(3 * 20 * 30, dtype="u2").reshape(3, 20, 30)
    outcomes = set()
    for options in ({}, {"compression": "zlib"}, {"imagej": True}, {"ome": True, "metadata": {"axes": "ZYX"}}):
        tifffile.imwrite(path, array, photometric="minisblack", **options)
        whole = path.read_bytes()
        for n in [*range(20), *range(20, len(whole) - 1, 97), len(whole) - 1]:
            cut.write_bytes(whole[:n])
            try:
                (got,) = read(cut)
            except OmioError:
                outcomes.add("error")
                continue
            outcomes.add("whole")  # what was cut off were notes
            np.testing.assert_array_equal(got.ravel(), array.ravel())
    assert "error" in outcomes


@pytest.mark.parametrize("compression", [8, 32946, 7, 34712, 50000, 34925, 50001])
def test_noise_instead_of_pixels(make, page, compression: int) -> None:
    noise = random.Random(compression).randbytes(60)
    path = make([page(8, 8, t259=(3, compression), t278=(3, 8), t279=(4, 60))], data=noise)
    opened = open_tiff(locate(path))
    with pytest.raises(OmioError):
        opened.read_into(np.zeros((8, 8), "u1"), 0, Box.whole((8, 8)), 0)
    opened.close()


def test_errors_of_codecs_say_where(make, page) -> None:
    path = make([page(t259=(3, 8), t279=(4, 12))], data=b"no deflate!!")
    opened = open_tiff(locate(path))
    with pytest.raises(CorruptFileError) as caught:
        opened.read_into(np.zeros((3, 4), "u1"), 0, Box.whole((3, 4)), 0)
    opened.close()
    assert (caught.value.page, caught.value.segment, caught.value.path) == (0, 0, str(path))
    assert caught.value.__cause__ is not None


def test_a_compression_that_nobody_reads(make, page) -> None:
    opened = open_tiff(locate(make([page(t259=(3, 34676))], data=bytes(12))))
    with pytest.raises(UnsupportedFeatureError, match="not read"):
        opened.read_into(np.zeros((3, 4), "u1"), 0, Box.whole((3, 4)), 0)
    opened.close()


@pytest.mark.parametrize(("predictor", "length"), [(1, 60), (1, 5000), (2, 60), (2, 5000)])
def test_deflate_of_another_length(make, page, predictor: int, length: int) -> None:
    data = zlib.compress(bytes(length))
    path = make([page(30, 40, t259=(3, 8), t317=(3, predictor), t279=(4, len(data)))], data=data)
    opened = open_tiff(locate(path))
    with pytest.raises(CorruptFileError):
        opened.read_into(np.zeros((40, 30), "u1"), 0, Box.whole((40, 30)), 0)
    opened.close()


def test_a_bomb_that_is_declared_honestly(make, page) -> None:
    """1 GB from 1 MB of deflate is possible; what deflate cannot do, and what the settings do not allow, is refused."""
    data = zlib.compress(bytes(1 << 20))
    beyond = page(60_000, 60_000, t259=(3, 8), t279=(4, len(data)))
    assert "60000x60000" in str(refused(make([beyond], data=data)))
    generic = page(30_000, 30_000, t259=(3, 50000), t279=(4, len(data)))
    assert "OMIO_MAX_EXPANSION" in str(refused(make([generic], data=data), LimitExceededError))


def test_a_tile_larger_than_its_bytes_can_be(make, page) -> None:
    tags = page(8, 8, t259=(3, 50000), t322=(4, 1 << 20), t323=(4, 1 << 20), t324=(4, 8), t325=(4, 12))
    opened = open_tiff(locate(make([tags], data=bytes(12))))
    with pytest.raises(CorruptFileError, match="too short"):
        opened.read_into(np.zeros((8, 8), "u1"), 0, Box.whole((8, 8)), 0)
    opened.close()


@pytest.mark.parametrize("codec", ["jpeg", "jpeg2000", "png"])
def test_an_encoded_picture_that_declares_more_than_its_strip(make, page, codec: str) -> None:
    code, data = {
        "jpeg": (7, b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x11\x08" + struct.pack(">HHB", 65000, 65000, 3) + bytes(40)),
        "jpeg2000": (34712, b"\xff\x4f\xff\x51" + struct.pack(">HHIIII", 47, 0, 1 << 20, 1 << 20, 0, 0) + bytes(16)
                     + struct.pack(">H", 3) + bytes(40)),
        "png": (34933, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 1 << 20, 1 << 20) + bytes(40)),
    }[codec]  # fmt: skip
    opened = open_tiff(locate(make([page(t259=(3, code), t279=(4, len(data)))], data=data)))
    with pytest.raises(CorruptFileError, match="larger than itself"):
        opened.read_into(np.zeros((3, 4), "u1"), 0, Box.whole((3, 4)), 0)
    opened.close()


def test_strips_shorter_than_their_rows(make, page) -> None:
    for tags in (page(t279=(4, 5)), page(t278=(3, 2), t273=(4, (8, 16)), t279=(4, (8, 1)))):
        opened = open_tiff(locate(make([tags], data=bytes(40))))
        with pytest.raises(CorruptFileError, match="bytes"):
            opened.read_into(np.zeros((3, 4), "u1"), 0, Box.whole((3, 4)), 0)
        opened.close()


@pytest.mark.parametrize("options", [{}, {"compression": "lzw", "predictor": True, "tile": (16, 16)}, {"ome": True}])
def test_flipped_bytes_are_errors_or_pictures(tmp_path: Path, read, options: dict) -> None:
    path, broken = tmp_path / "a.tif", tmp_path / "b.tif"
    tifffile.imwrite(path, np.arange(2 * 20 * 30, dtype="u2").reshape(2, 20, 30), photometric="minisblack", **options)
    whole, dice = path.read_bytes(), random.Random(7)
    held = 0
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            data[dice.randrange(len(data))] = dice.choice((0, 1, 127, 128, 255, dice.randrange(256)))
        broken.write_bytes(bytes(data))
        try:
            read(broken)
        except OmioError:
            continue
        held += 1
    assert held > 0
