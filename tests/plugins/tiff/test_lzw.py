"""LZW that would kill a decoder is found out before; what stands behind the last byte of a strip is not judged."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import imagecodecs
import numpy as np
import pytest

import omio
from omio_core.contract import Box
from omio_core.errors import CorruptFileError, OmioError
from omio_core.files.local import locate
from omio_plugins.tiff import _lzw
from omio_plugins.tiff._read import open_tiff

RNG = np.random.default_rng(3)


def literals(values: bytes, *, old: bool = False) -> list[str]:
    """Codes of literals only, a clear before them and an END behind, as bits; no more than the table holds.

    Before TIFF 6.0 widths changed one code later.
    """
    coded = []
    for k, value in enumerate([256, *values, 257]):
        known = max(258 + k - 2, 258) + (not old)
        coded.append(f"{value:0{9 + (known >= 512) + (known >= 1024) + (known >= 2048)}b}")
    return coded


def packed(codes: list[str], *, old: bool = False, fill: str = "0") -> bytes:
    """Codes as bytes; before TIFF 6.0 from the other end of each."""
    bits = "".join(reversed(codes)) if old else "".join(codes)
    more = fill * (-len(bits) % 8)
    bits = more + bits if old else bits + more
    return int(bits, 2).to_bytes(len(bits) // 8, "little" if old else "big")


@pytest.mark.parametrize("most", [1, 2, 5, 256])
@pytest.mark.parametrize("length", [1, 9, 300, 4_000, 100_000])
def test_whatever_is_sound_passes(most: int, length: int) -> None:
    encoded = imagecodecs.lzw_encode(RNG.integers(0, most, length, dtype="u1").tobytes())
    assert _lzw.trim(encoded) == (encoded, "")
    damaged = bytearray(encoded)
    damaged[1] |= 0x7F  # the first code after the clear becomes one of no entry
    cut, why = _lzw.trim(bytes(damaged))
    assert why.endswith("at bit 9, where the table ends with 255")
    assert imagecodecs.lzw_decode(cut) == b""


def test_the_style_before_tiff_6(make, page, read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_lzw, "needs_check", lambda: True)
    values = bytes(RNG.integers(0, 200, 900, dtype="u1"))
    data = packed(literals(values, old=True), old=True)
    (array,) = read(make([page(30, 30, t259=(3, 5), t279=(4, len(data)))], data=data))
    assert array.tobytes() == values


def test_a_table_that_is_never_cleared() -> None:
    codes = [f"{256:09b}", f"{0:09b}" * 254, f"{0:010b}" * 512, f"{0:011b}" * 1024, f"{0:012b}" * 6000]
    cut, why = _lzw.trim(packed(codes))
    assert "table ends" in why
    assert imagecodecs.lzw_decode(cut, out=3800) == bytes(3800)  # a strip that was full before is right


def test_nothing_but_clears_is_given_up() -> None:
    """Each of them costs a look at a whole table: a megabyte took minutes."""
    cut, why = _lzw.trim(packed([f"{256:09b}"] * 80_000))
    assert why == "1471 clears in 1654 bytes"
    assert imagecodecs.lzw_decode(cut) == b""
    few = packed([f"{256:09b}"] * 64 + [f"{7:09b}", f"{257:09b}"])
    assert _lzw.trim(few) == (few, "")


@pytest.mark.parametrize("fill_order", [1, 2])
def test_damaged_strips_are_errors_or_pictures(make, page, fill_order: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_lzw, "needs_check", lambda: True)
    array = RNG.integers(0, 9, (60, 50), dtype="u1")
    sound = imagecodecs.lzw_encode(array.tobytes())
    tags = page(50, 60, t259=(3, 5), t279=(4, len(sound)), t266=(3, fill_order))
    errors = 0
    for k in range(120):
        data = bytearray(sound)
        if k:
            data[int(RNG.integers(len(data)))] = int(RNG.integers(256))
        if fill_order == 2:
            data = bytearray(int(f"{byte:08b}"[::-1], 2) for byte in data)
        opened = open_tiff(locate(make([tags], data=bytes(data))))
        out = np.zeros(array.shape, array.dtype)
        try:
            opened.read_into(out, 0, Box.whole(array.shape), 0)
        except OmioError:
            errors += 1
        finally:
            opened.close()
        if k == 0:
            np.testing.assert_array_equal(out, array)
    assert errors > 0


# literals before the END: its width is 9 and 10, 10 and 11, 11 and 12 around these numbers, and far from them
LENGTHS = [1, 8, 252, 253, 254, 255, 256, 764, 765, 766, 767, 768, 1788, 1789, 1790, 1791, 1792, 3000]


def endings(codes: list[str], old: bool) -> dict[str, bytes]:
    """The same codes with all that writers put in the place of the END, or behind it."""
    *sound, end = codes

    def with_end(text: str) -> list[str]:
        return [*sound, text]

    return {
        "sound": packed(codes, old=old),
        "one bit short": packed(with_end(f"{257:0{max(len(end) - 1, 9)}b}"), old=old),
        "one bit long": packed(with_end(f"{257:0{len(end) + 1}b}"), old=old),
        "nothing": packed(sound, old=old),
        "ones": packed(sound, old=old, fill="1") + b"\xff" * 3,
        "zeros": packed(sound, old=old) + b"\0" * 3,
        "behind the END": packed(codes, old=old) + b"\xff\x00\x55" * 9,
    }


@pytest.fixture(params=[True, False], ids=["checked", "as the decoder is"])
def _checked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with a decoder that must not see damaged data, and with the one at hand."""
    if request.param:
        monkeypatch.setattr(_lzw, "needs_check", lambda: True)


@pytest.mark.usefixtures("_checked")
@pytest.mark.parametrize("old", [False, True], ids=["TIFF 6", "before TIFF 6"])
@pytest.mark.parametrize("length", LENGTHS)
def test_nothing_is_judged_once_the_strip_is_full(make, page, read, length: int, old: bool) -> None:
    values = bytes(RNG.integers(0, 200, length, dtype="u1"))
    for name, data in endings(literals(values, old=old), old).items():
        (array,) = read(make([page(length, 1, t259=(3, 5), t279=(4, len(data)))], data=data))
        assert array.tobytes() == values, name


@pytest.mark.usefixtures("_checked")
@pytest.mark.parametrize("old", [False, True], ids=["TIFF 6", "before TIFF 6"])
@pytest.mark.parametrize("length", LENGTHS)
def test_a_strip_that_is_short_is_an_error(make, page, read, length: int, old: bool) -> None:
    """Its last byte is missing, whatever stands there: nothing is made up."""
    found = endings(literals(bytes(RNG.integers(0, 200, length - 1, dtype="u1")), old=old), old)
    # the bits of the others can be those of a byte 0, and before TIFF 6 ones can be the code of the last entry
    for name in ("sound", "nothing", "behind the END") if old else ("sound", "nothing", "behind the END", "ones"):
        data = found[name]
        with pytest.raises(CorruptFileError, match=r"page 0 of .* cannot be read"):
            read(make([page(length, 1, t259=(3, 5), t279=(4, len(data)))], data=data))


@pytest.mark.usefixtures("_checked")
@pytest.mark.parametrize("lost", [1, 2, 3])
def test_half_a_code_is_no_code(make, page, read, lost: int) -> None:
    """Data that end inside the code of the last bytes: the old decoder takes any bits for the rest of it."""
    values = bytes(RNG.integers(0, 3, 600, dtype="u1"))
    sound = imagecodecs.lzw_encode(values)
    data = sound[: -2 - lost]  # an END and the rest of a byte take no more than two
    with pytest.raises(CorruptFileError):
        read(make([page(600, 1, t259=(3, 5), t279=(4, len(data)))], data=data))


def wide(values: np.ndarray, end: str = "1" * 12) -> bytes:
    """Rows as LZW of literals, with ones instead of an END."""
    return packed([*literals(values.tobytes())[:-1], end])


@pytest.mark.usefixtures("_checked")
@pytest.mark.parametrize("fill_order", [1, 2])
@pytest.mark.parametrize("predictor", [1, 2])
def test_strips_with_a_predictor_and_a_shorter_last(make, page, read, predictor: int, fill_order: int) -> None:
    array = RNG.integers(0, 200, (7, 50), dtype="u1")
    stored = np.diff(array, axis=1, prepend=np.uint8(0)) if predictor == 2 else array
    strips = [wide(stored[:4]), wide(stored[4:])]
    filled = wide(np.concatenate([stored[4:], stored[:1]]))  # a last strip that its writer filled up
    for last in (strips[1], filled):
        first, second = strips[0], last
        if fill_order == 2:
            first, second = (bytes(int(f"{b:08b}"[::-1], 2) for b in data) for data in (first, second))
        tags = page(
            50, 7, t259=(3, 5), t266=(3, fill_order), t273=(4, (8, 8 + len(first))), t278=(3, 4),
            t279=(4, (len(first), len(second))), t317=(3, predictor),
        )  # fmt: skip
        (pixels,) = read(make([tags], data=first + second))
        np.testing.assert_array_equal(pixels[0, 0, 0], array)


@pytest.mark.usefixtures("_checked")
def test_tiles_and_packed_bits(make, page, read) -> None:
    array = RNG.integers(0, 200, (16, 32), dtype="u1")
    tiles = [wide(np.ascontiguousarray(array[:, at : at + 16])) for at in (0, 16)]
    tags = page(32, 16, t259=(3, 5), t322=(3, 16), t323=(3, 16))
    tags |= {324: (4, (8, 8 + len(tiles[0]))), 325: (4, tuple(map(len, tiles)))}
    del tags[273], tags[278], tags[279]
    (pixels,) = read(make([tags], data=b"".join(tiles)))
    np.testing.assert_array_equal(pixels[0, 0, 0], array)
    bits = RNG.integers(0, 2, (9, 40), dtype="u1")
    data = wide(np.packbits(bits, axis=1))
    (pixels,) = read(make([page(40, 9, t258=(3, 1), t259=(3, 5), t279=(4, len(data)))], data=data))
    np.testing.assert_array_equal(pixels[0, 0, 0], bits)


@pytest.mark.parametrize("name", ["lzw_old_eoi.tif", "lzw_noeoi_ones.tif"])
def test_real_files_whose_end_is_short_or_missing(data: Path, name: str) -> None:
    wanted = json.loads((data / "found/FOUND.json").read_text())[name]["plane"]
    array, _ = omio.imread(data / "found" / name)
    assert hashlib.sha256(array[0, 0, 0].tobytes()).hexdigest() == wanted
