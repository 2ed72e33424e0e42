"""The shapes that a file of a given size can have; pure arithmetic, it knows no file.

A candidate is a mapping of T, Z, C, Y, X (and flyback, if there is one) to lengths whose product fills the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ._shape import ITEM, StatedShape

MOST = 8
# edges that ThorImageLS offers, and those of the cameras it drives; the most common first
_EDGES = (512, 1024, 256, 2048, 128, 4096, 64, 800, 400, 600, 768, 384, 640, 480, 320, 192, 96, 32, 1536, 1000, 500)
_CAMERAS = ((1392, 1040), (696, 520), (1920, 1080), (2448, 2048), (1280, 1024))
_CHANNELS = (1, 2, 3, 4)

Candidate = Mapping[str, int]


def in_words(candidates: Sequence[Candidate]) -> str:
    """The text of some candidates."""
    return "; ".join(" ".join(f"{key}={n}" for key, n in candidate.items()) for candidate in candidates) or "none"


def shapes(size: int, known: Mapping[str, int] | None = None, most: int = MOST) -> list[dict[str, int]]:
    """Shapes that fill `size` bytes; some of T, Z, C, Y, X may be known.

    Examples
    --------
    >>> in_words(shapes(2 * 5 * 512 * 512 * 2, {"Y": 512, "X": 512}, 4))
    'T=10 Z=1 C=1 Y=512 X=512; T=5 Z=1 C=2 Y=512 X=512; T=1 Z=10 C=1 Y=512 X=512; T=1 Z=5 C=2 Y=512 X=512'
    """
    known = known or {}
    candidates: list[dict[str, int]] = []
    pixels, odd = divmod(size, ITEM)
    if odd or not pixels:
        return candidates
    planes = list(_planes(pixels, known))
    share = max(2, -(-most // max(1, len(planes))))
    for y, x in planes:
        matches = [{"T": t, "Z": z, "C": c, "Y": y, "X": x} for t, z, c in _stacks(pixels // (x * y), known)]
        candidates += matches[:share]
    return candidates[:most]


def _planes(pixels: int, known: Mapping[str, int]) -> Iterator[tuple[int, int]]:
    """Rows and columns that divide the pixels: squares first, then rectangles with integer ratios, then others."""
    ys, xs = ((known["Y"],) if "Y" in known else _EDGES), ((known["X"],) if "X" in known else _EDGES)
    pairs = [(y, x) for y in ys for x in xs]
    pairs.sort(key=lambda pair: max(pair) // min(pair) if max(pair) % min(pair) == 0 else max(pair))
    if not {"Y", "X"} & set(known):
        pairs += [(y, x) for x, y in _CAMERAS]
    return (pair for pair in pairs if pair[0] * pair[1] <= pixels and pixels % (pair[0] * pair[1]) == 0)


def _stacks(images: int, known: Mapping[str, int]) -> Iterator[tuple[int, int, int]]:
    """(T, Z, C) for a number of images: first as series, then as stacks, if neither T nor Z is known."""
    counts = [c for c in ((known["C"],) if "C" in known else _CHANNELS) if images % c == 0]
    for series in (True, False):
        for rest, c in ((images // c, c) for c in counts):
            t = known.get("T", rest // known.get("Z", 1) if series or "Z" in known else 1)
            if not t:  # the known Z exceeds the number of images
                continue
            z = known.get("Z", rest // t)
            if t * z == rest and (series or not {"T", "Z"} & set(known)) and (series or rest > 1):
                yield t, z, c


def near_shapes(shape: StatedShape, size: int, most: int = MOST) -> list[dict[str, int]]:
    """Shapes that fill `size` bytes and are close to the stated one: first with one length changed, then any."""
    plane = {"Y": shape.y, "X": shape.x}
    c = shape.channels[0]
    candidates: list[dict[str, int]] = []
    images, rest = divmod(size, shape.image)
    if not rest and images:
        for channels in dict.fromkeys((*shape.channels, *_CHANNELS)):
            for flyback in dict.fromkeys((shape.flyback, 0)):
                volume = (shape.z + flyback) * channels
                if images % volume == 0:
                    flyback_entry = {"flyback": flyback} if flyback else {}
                    candidates.append({"T": images // volume, "Z": shape.z, "C": channels, **plane, **flyback_entry})
        if shape.t and images % (shape.t * c) == 0:
            candidates.append({"T": shape.t, "Z": images // (shape.t * c), "C": c, **plane})
        candidates += shapes(size, plane)
    elif shape.t:
        candidates += shapes(size, {"T": shape.t, "Z": shape.z, "C": c})
        candidates += shapes(size)
    unique = [candidate for k, candidate in enumerate(candidates) if candidate not in candidates[:k]]
    return unique[:most]
