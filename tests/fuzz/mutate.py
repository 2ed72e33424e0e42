"""Damage to a file, drawn by a seed; it knows bytes, and where a file's structure lies, and no format."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator

from .flavours import Sound, Spans

STRUCTURAL = 0.7  # of the mutations hit header, tables and texts
MOST = 4  # mutations of one file
_NUMBERS = (
    0, 1, 2, 3, 4, 7, 8, 9, 12, 16, 17, 255, 256, 32767, 32768, 65535, 65536, 1 << 24, (1 << 31) - 1, 1 << 31,
    (1 << 31) + 1, (1 << 32) - 1, (1 << 32) - 2, (1 << 32) - 16,
)  # fmt: skip
# and numbers as texts have them; a parser of numbers knows some that a reader does not think of
_SPELLED = (
    b"0", b"1", b"2", b"3", b"7", b"12", b"-1", b"+2", b"007", b"0.5", b"-0.0", b"1e3", b"1e9", b"1e-9", b"1e999",
    b"nan", b"inf", b"", b" ", b"a", b"~", b"0x10", b"1_0", b"1,5", b"65535", b"65536", b"2147483648", b"4294967296",
    b"9" * 20,
)  # fmt: skip
_WRITTEN = re.compile(rb"[0-9][0-9.]*")
_NEAR = 16  # bytes on both sides, which tell a text

Change = Callable[[bytearray, int, random.Random], None]


def mutated(sound: Sound, seed: int, number: int) -> bytes:
    """The damaged bytes of one case: the same for the same seed and number.

    Parameters
    ----------
    sound
        What is damaged.
    seed, number
        Of the run, and of the case in it.
    """
    dice = random.Random(f"{seed}:{number}")
    data = bytearray(sound.data)
    for _ in range(dice.choices(range(1, MOST + 1), weights=(8, 4, 2, 1))[0]):
        if data:
            at = _place(data, sound, dice)
            changes = _IN_TEXT if _is_text(data, at) else _CHANGES
            change = dice.choices(tuple(changes), weights=tuple(changes.values()))[0]
            change(data, at, dice)
    return bytes(data)


def cuts(sound: Sound) -> Iterator[bytes]:
    """The file, cut short at every tenth of its length."""
    for tenth in range(10):
        yield sound.data[: len(sound.data) * tenth // 10]


def _place(data: bytearray, sound: Sound, dice: random.Random) -> int:
    """Where to damage: most often in the structure, and there as often in an entry of a table as anywhere else."""
    at = dice.randrange(len(data))
    if dice.random() < STRUCTURAL:
        at = _within(dice.choice((sound.structure, sound.entries)), dice)
    return min(at, len(data) - 1)


def _within(spans: Spans, dice: random.Random) -> int:
    start, stop = dice.choice(spans)
    return dice.randrange(start, max(stop, start + 1))


def _is_text(data: bytearray, at: int) -> bool:
    return all(0x20 <= byte < 0x7F or byte in b"\t\r\n" for byte in data[max(at - _NEAR, 0) : at + _NEAR])


def _flip(data: bytearray, at: int, dice: random.Random) -> None:
    data[at] ^= 1 << dice.randrange(8)


def _replace(data: bytearray, at: int, dice: random.Random) -> None:
    n = dice.randint(1, min(32, len(data) - at))
    data[at : at + n] = dice.randbytes(n)


def _number(data: bytearray, at: int, dice: random.Random) -> None:
    """Two, four or eight bytes that mean much, in either order."""
    size = dice.choice((2, 4, 4, 4, 8))
    value = dice.choice((*_NUMBERS, len(data), dice.randrange(len(data))))
    if size == 8 and dice.random() < 0.5:
        value = dice.choice(((1 << 63) - 1, 1 << 63, (1 << 64) - 1, 1 << 32, 1 << 40))
    at = max(0, min(at & ~1, len(data) - size))
    data[at : at + size] = (value % (1 << 8 * size)).to_bytes(size, dice.choice(("little", "big")))[: len(data) - at]


def _spelled(data: bytearray, at: int, dice: random.Random) -> None:
    """Another number in a text; in half of the cases of as many bytes, so that what follows stays where it was."""
    found = _WRITTEN.search(data, at) or _WRITTEN.search(data)
    if found is not None:
        start, stop = found.span()
        value = dice.choice(_SPELLED)
        data[start:stop] = value[: stop - start].rjust(stop - start, b"0") if dice.random() < 0.5 else value


def _cut(data: bytearray, at: int, dice: random.Random) -> None:
    del data[at if dice.random() < 0.5 else dice.randrange(len(data)) :]


def _duplicate(data: bytearray, at: int, dice: random.Random) -> None:
    """Put a block in once more: over what is there, or before it."""
    block = data[at : at + dice.choice((2, 4, 12, 20, 64, 200))]
    to = dice.randrange(len(data))
    data[to : to + (len(block) if dice.random() < 0.7 else 0)] = block


def _swap(data: bytearray, at: int, dice: random.Random) -> None:
    size = dice.choice((2, 4, 12, 12, 20, 64))
    first, second = sorted((at, dice.randrange(len(data))))
    size = min(size, second - first, len(data) - second)
    one, other = data[first : first + size], data[second : second + size]
    data[first : first + size], data[second : second + size] = other, one


def _no_xml(data: bytearray, at: int, dice: random.Random) -> None:
    """What makes XML malformed and is found in the field; `flaws` has each as a class of its own."""
    written = dice.choice((b"&", b"\x01", b"\0", b"&#0;", b"\xff"))
    data[at : at + len(written)] = written


_CHANGES: dict[Change, int] = {_flip: 4, _replace: 4, _number: 6, _cut: 1, _duplicate: 2, _swap: 2}
# most of the others a parser refuses, and nobody sees what the text says
_IN_TEXT: dict[Change, int] = {
    _spelled: 14,
    _no_xml: 3,
    _flip: 3,
    _replace: 2,
    _number: 1,
    _cut: 1,
    _duplicate: 2,
    _swap: 2,
}
