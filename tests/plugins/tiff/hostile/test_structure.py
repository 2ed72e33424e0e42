"""Tables that loop, overlap and lie about their sizes; pictures that cannot be; files that change."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fuzz.bounded import Answer

Ask = Callable[..., Answer]
Make = Callable[..., Path]
Page = Callable[..., dict]
ShapeOf = Callable[[Path], tuple[int, ...]]

FIRST = 8 + 12  # where `make` puts the first table behind 12 bytes of pixels


def big(path: Path, entries: list[tuple[int, int, int, bytes]], *, at: int = 16, following: int = 0) -> Path:
    """Write a BigTIFF of one table: (code, type, count, 8 bytes) each."""
    table = b"".join(struct.pack("<HHQ", *entry[:3]) + entry[3].ljust(8, b"\0") for entry in sorted(entries))
    with open(path, "wb") as file:
        file.write(b"II" + struct.pack("<HHHQ", 43, 8, 0, at))
        file.seek(at)
        file.write(struct.pack("<Q", len(entries)) + table + struct.pack("<Q", following))
    return path


def entries(offset: int, **other: tuple[int, int, bytes]) -> list[tuple[int, int, int, bytes]]:
    """Entries of a 3x4 picture of 8 bits at `offset`; `t256=(type, count, value)` sets another one."""
    made = {
        256: (3, 1, b"\4"), 257: (3, 1, b"\3"), 258: (3, 1, b"\x08"), 259: (3, 1, b"\1"), 262: (3, 1, b"\1"),
        273: (16, 1, struct.pack("<Q", offset)), 277: (3, 1, b"\1"), 278: (3, 1, b"\3"), 279: (16, 1, b"\x0c"),
    }  # fmt: skip
    made |= {int(name.removeprefix("t")): value for name, value in other.items()}
    return [(code, *value) for code, value in made.items()]


# --- a width below zero


@pytest.mark.parametrize("code", [256, 257])
@pytest.mark.parametrize("kind", [6, 8, 9])
@pytest.mark.parametrize(
    "description", [b'{"shape": [5, 3, 4]}\0', b'{"shape": [5, 3, -4]}\0', b"ImageJ=1\nimages=9\0"]
)
def test_a_negative_size_with_a_description(
    code: int, kind: int, description: bytes, make: Make, page: Page, refused: Ask
) -> None:
    """SBYTE, SSHORT and SLONG; the description says how many planes there are."""
    path = make([page(t270=(2, description))], data=bytes(200))
    data = bytearray(path.read_bytes())
    at = next(k for k in range(8 + 200 + 2, len(data), 12) if data[k : k + 2] == struct.pack("<H", code))
    data[at + 2 : at + 12] = struct.pack("<HIi", kind, 1, -4)
    path.write_bytes(bytes(data))
    refused(path, "CorruptFileError")


def test_a_negative_size_of_eight_bytes(tmp_path: Path, refused: Ask) -> None:
    wide = struct.pack("<q", -(1 << 62))
    refused(big(tmp_path / "a.btf", entries(16, t256=(17, 1, wide))), "CorruptFileError")


# --- tables that loop


@pytest.mark.parametrize("number", [1, 2, 7, 1000])
def test_a_chain_that_comes_back(number: int, make: Make, page: Page, refused: Ask) -> None:
    refused(make([page()] * number, data=bytes(12), next_of_last=FIRST), "CorruptFileError")


def test_a_chain_that_comes_back_into_its_middle(make: Make, page: Page, refused: Ask) -> None:
    step = 2 + 12 * len(page()) + 4
    refused(make([page()] * 30, data=bytes(12), next_of_last=FIRST + 17 * step), "CorruptFileError")


@pytest.mark.parametrize("kind", [4, 13])
@pytest.mark.parametrize("target", [FIRST, 0, 8, 1 << 30, 0xFFFFFFFF])
def test_a_sub_ifd_that_is_none(kind: int, target: int, make: Make, page: Page, ask: Ask) -> None:
    """Its own page, none, pixels, and beyond the file; the picture itself is sound."""
    path = make([page(t330=(4, target))], data=bytes(12))
    path.write_bytes(path.read_bytes().replace(struct.pack("<HHI", 330, 4, 1), struct.pack("<HHI", 330, kind, 1)))
    assert ask(path).outcome in ("pixels", "CorruptFileError")


def test_sub_ifds_that_hold_each_other(make: Make, page: Page, ask: Ask) -> None:
    tables = [page(), page()]
    step = 2 + 12 * (len(tables[0]) + 1) + 4
    tables[0][330], tables[1][330] = (4, FIRST + step), (4, FIRST)
    assert ask(make(tables, data=bytes(12))).outcome in ("pixels", "CorruptFileError")


@pytest.mark.parametrize("target", [FIRST, 1 << 30])
def test_a_million_sub_ifds(target: int, make: Make, page: Page, ask: Ask) -> None:
    """All of them the same."""
    path = make([page(t330=(4, (target,) * 1_000_000))], data=bytes(12))
    assert ask(path).outcome in ("pixels", "CorruptFileError", "LimitExceededError")


def test_sub_ifds_nested_without_end(make: Make, page: Page, ask: Ask) -> None:
    """Each page of the chain is the SubIFD of the one before, too."""
    step = 2 + 12 * (len(page()) + 1) + 4
    tables = [page(t330=(4, FIRST + step * (k + 1))) for k in range(2000)]
    assert ask(make(tables, data=bytes(12)), ("describe", "metadata")).outcome in ("described", "CorruptFileError")


@pytest.mark.parametrize(
    "tags",
    [
        {"t256": (4, 100_000), "t257": (4, 100_000), "t278": (4, 100_000)},
        {"t256": (3, 400), "t257": (3, 300), "t278": (3, 300), "t259": (3, 8)},
        {"t258": (3, 16)},
        {"t256": (3, 2), "t257": (3, 1), "t258": (3, 83)},
        {"t256": (3, 2), "t257": (3, 1), "t277": (3, 3)},
        {"t256": (3, 0)},
        {"t256": (3, 2), "t257": (3, 1), "t273": (4, 1 << 30)},
        {"t256": (3, 2), "t257": (3, 1), "t322": (4, 1 << 31), "t323": (4, 1 << 31)},
    ],
    ids=lambda tags: ",".join(f"{k}={v[1]}" for k, v in tags.items()),
)
def test_a_level_that_cannot_be(tags: dict, make: Make, page: Page, ask: Ask) -> None:
    """Larger than the picture, of another type, of no type, empty: no level at all, or an error."""
    tables = [page(t330=(4, FIRST + 2 + 12 * (len(page()) + 1) + 4)), page(t254=(4, 1), **tags)]
    path = make(tables, data=bytes(12))
    data = bytearray(path.read_bytes())
    following = FIRST + 2 + 12 * (len(page()) + 1)
    data[following : following + 4] = bytes(4)  # so that the second table is no page of the chain
    path.write_bytes(bytes(data))
    answer = ask(path)
    assert answer.outcome in ("pixels", "CorruptFileError", "LimitExceededError", "UnsupportedFeatureError")
    for one in answer.pictures or ():
        assert one.shape[3] <= 3
        assert one.shape[4] <= 4


# --- tables that are too long, or not there


def test_a_table_of_a_million_tags(tmp_path: Path, refused: Ask) -> None:
    """BigTIFF counts them in eight bytes."""
    many = [(65000, 3, 1, b"")] * 1_000_000
    refused(big(tmp_path / "a.btf", entries(16) + many), "CorruptFileError", "LimitExceededError")


@pytest.mark.parametrize("number", [1 << 32, (1 << 63) - 1, (1 << 64) - 1, 0])
def test_a_table_that_says_it_has_more_tags_than_bytes(number: int, tmp_path: Path, refused: Ask) -> None:
    path = big(tmp_path / "a.btf", entries(16))
    data = bytearray(path.read_bytes())
    data[16:24] = struct.pack("<Q", number)
    path.write_bytes(bytes(data))
    refused(path, "CorruptFileError")


def test_tables_that_overlap(tmp_path: Path, refused: Ask) -> None:
    """4,000 tables of 4,000 tags in 100 kB: each begins one tag behind the one before, 190 MB to go through."""
    tags = 4000
    tagged = [(256, 4), (257, 3), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, 3), (279, 12)]
    # the number of tags stands in the two bytes that a SHORT leaves of its field, right before the next entry
    entry = [struct.pack("<HHIHH", code, 3, 1, value, tags) for code, value in tagged]
    body = b"".join(entry[k % 9] for k in range(tags))
    start = 8 + 10
    pointers = b"".join(struct.pack("<I", start + 12 * (k + 1)).ljust(12, b"\0") for k in range(tags - 20))
    path = tmp_path / "a.tif"
    head = b"II*\0" + struct.pack("<I", start) + bytes(10) + struct.pack("<H", tags)
    path.write_bytes(head + body + pointers + bytes(12 * tags))
    # the k-th table begins at start + 12 k, and its pointer is the k-th
    assert struct.unpack_from("<I", path.read_bytes(), start + 2 + 12 * tags)[0] == start + 12
    answer = refused(path, "CorruptFileError", "LimitExceededError")
    assert "overlap" in answer.error.message or "too many" in answer.error.message


@pytest.mark.parametrize("code", [256, 257, 258, 259, 262, 273, 277, 278, 279, 270, 282, 320, 330, 339, 34412])
@pytest.mark.parametrize("count", [0xFFFFFFFF, 0x80000000, 0x10000, 0])
def test_counts_of_tags(code: int, count: int, make: Make, page: Page, ask: Ask) -> None:
    """Four billion values of each tag; and none."""
    others = {"t270": (2, b"a description\0"), "t282": (5, (1, 2)), "t320": (3, (1,) * 768), "t330": (4, 0)}
    path = make([page(**others, t339=(3, 1), t34412=(1, (1,) * 20))], data=bytes(12))
    data = bytearray(path.read_bytes())
    at = next(k for k in range(FIRST + 2, len(data), 12) if data[k : k + 2] == struct.pack("<H", code))
    data[at + 4 : at + 8] = struct.pack("<I", count)
    path.write_bytes(bytes(data))
    assert ask(path).outcome in ("pixels", "CorruptFileError", "LimitExceededError", "UnsupportedFeatureError")


# --- pictures that cannot be


@pytest.mark.parametrize(
    "tags",
    [
        {"t322": (4, 1 << 31), "t323": (4, 1 << 31)},
        {"t322": (4, 1 << 31), "t323": (4, 1 << 31), "t324": (4, 8), "t325": (4, 12)},
        {"t322": (4, 0x7FFFFFF0), "t323": (4, 16), "t324": (4, 8), "t325": (4, 12), "t259": (3, 8)},
        {"t322": (4, 16), "t323": (4, 0xFFFFFFF0), "t324": (4, 8), "t325": (4, 12), "t259": (3, 5)},
        {"t322": (4, 16), "t323": (4, 0)},
        {"t256": (4, 1 << 31), "t257": (4, 1 << 31)},
        {"t256": (4, 0xFFFFFFFF), "t257": (4, 0xFFFFFFFF), "t277": (3, 65535), "t258": (3, 64)},
        {"t256": (3, 0)},
        {"t257": (3, 0)},
        {"t277": (3, 0)},
        {"t277": (3, 65535)},
    ],
    ids=lambda tags: ",".join(f"{k}={v[1]}" for k, v in tags.items()),
)
@pytest.mark.parametrize("description", [None, b'{"shape": [0, 3, 4]}\0', b'{"shape": [9999999999, 3, 4]}\0'])
def test_sizes_that_cannot_be(tags: dict, description: bytes | None, make: Make, page: Page, refused: Ask) -> None:
    """Among them empty pictures."""
    more = {} if description is None else {"t270": (2, description)}
    refused(make([page(**tags, **more)], data=bytes(12)))


@pytest.mark.parametrize("rows", [0, 3, 4, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF])
def test_rows_per_strip_beyond_the_picture(rows: int, make: Make, page: Page, shape_of: ShapeOf) -> None:
    """4294967295 is the default, and means: all of them (TIFF 6.0, section 8)."""
    assert shape_of(make([page(t278=(4, rows))], data=bytes(12))) == (1, 1, 1, 3, 4)


@pytest.mark.parametrize("rows", [1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 1])
def test_rows_per_strip_of_eight_bytes(rows: int, tmp_path: Path, shape_of: ShapeOf) -> None:
    path = big(tmp_path / "a.btf", entries(16, t278=(16, 1, struct.pack("<Q", rows))))
    assert shape_of(path) == (1, 1, 1, 3, 4)


@pytest.mark.parametrize("code", [273, 279])
@pytest.mark.parametrize("value", [(1 << 64) - 1, 1 << 63, (1 << 63) - 1, 1 << 62])
@pytest.mark.parametrize("compression", [1, 8, 5])
def test_offsets_and_lengths_of_eight_bytes(code: int, value: int, compression: int, tmp_path: Path, ask: Ask) -> None:
    """Where they are added up they must not turn negative."""
    wide = {f"t{code}": (16, 1, struct.pack("<Q", value)), "t259": (3, 1, bytes([compression]))}
    answer = ask(big(tmp_path / "a.btf", entries(16, **wide)))
    # rows that are not compressed are all there, whatever the length of their strip says
    assert answer.outcome == "CorruptFileError" or (answer.outcome, code, compression) == ("pixels", 279, 1)


@pytest.mark.parametrize("bits", [0, 33, 65, 83, 127, 255, 32768, 65535])
@pytest.mark.parametrize("kind", [1, 2, 3, 5, 6, 99])
@pytest.mark.parametrize("compression", [1, 8])
def test_bits_that_nobody_has(bits: int, kind: int, compression: int, make: Make, page: Page, refused: Ask) -> None:
    refused(make([page(t258=(3, bits), t339=(3, kind), t259=(3, compression))], data=bytes(120)))


@pytest.mark.parametrize(
    "compression", [0, 2, 3, 4, 6, 7, 9, 99, 32771, 32809, 34661, 34676, 34712, 34933, 50000, 65000]
)
@pytest.mark.parametrize("predictor", [0, 2, 3, 34892, 65535])
def test_zeros_in_every_compression(compression: int, predictor: int, make: Make, page: Page, ask: Ask) -> None:
    path = make([page(t259=(3, compression), t317=(3, predictor))], data=bytes(12))
    assert ask(path).outcome in ("pixels", "CorruptFileError", "UnsupportedFeatureError")


# --- files that change, and files that are long


@pytest.mark.parametrize("left", [0, 7, 21, 100])
@pytest.mark.parametrize("compression", [1, 8])
def test_a_file_that_shrinks_after_it_was_described(
    left: int, compression: int, make: Make, page: Page, refused: Ask
) -> None:
    path = make([page(t259=(3, compression))], data=bytes(12))
    answer = refused(path, "FileChangedError", steps=("describe", "shrink", "read"), shrink_to=left)
    assert answer.step == "read"
    assert answer.described == (((1, 1, 1, 3, 4), "uint8"),)


@pytest.mark.parametrize("at", [5_000_000_000, 4_294_967_296, 16])
def test_a_table_at_the_end_of_five_gigabytes(at: int, tmp_path: Path, ask: Ask) -> None:
    """The file has holes; what lies before its last few bytes is never looked at."""
    path = tmp_path / "a.btf"
    big(path, entries(at - 16 if at > 100 else 400), at=at)
    with open(path, "r+b") as file:
        file.truncate(5_000_001_000)
    if getattr(path.stat(), "st_blocks", 0) > 1 << 16:
        pytest.skip("files have no holes here")
    answer = ask(path)
    assert answer.error is None, answer.error.message
    assert [one.shape for one in answer.pictures] == [(1, 1, 1, 3, 4)]
    assert answer.bounded or not Path("/proc/self/status").exists()


def test_a_picture_of_five_gigabytes_of_holes_is_described(tmp_path: Path, ask: Ask) -> None:
    """Its pixels are all there, as zeros; describing takes none of them."""
    path = tmp_path / "a.btf"
    side = {"t256": (4, 1, struct.pack("<I", 70_000)), "t257": (4, 1, struct.pack("<I", 70_000))}
    length = struct.pack("<Q", 4_900_000_000)
    big(path, entries(400, **side, t278=(4, 1, struct.pack("<I", 70_000)), t279=(16, 1, length)))
    with open(path, "r+b") as file:
        file.truncate(5_000_000_000)
    if getattr(path.stat(), "st_blocks", 0) > 1 << 16:
        pytest.skip("files have no holes here")
    answer = ask(path, ("describe", "metadata"))
    assert answer.described == (((1, 1, 1, 70_000, 70_000), "uint8"),)
