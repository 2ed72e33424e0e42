"""Which shapes a file of so many bytes could have; pure arithmetic, it knows no file.

A candidate is a mapping of T, Z, C, Y, X (and flyback, where there is one) to lengths whose product fills the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ._stated import ITEM, Stated

MOST = 8
# edges that ThorImageLS offers, and those of the cameras it drives: what people choose most, first
_EDGES = (512, 1024, 256, 2048, 128, 4096, 64, 800, 400, 600, 768, 384, 640, 480, 320, 192, 96, 32, 1536, 1000, 500)
_CAMERAS = ((1392, 1040), (696, 520), (1920, 1080), (2448, 2048), (1280, 1024))
_CHANNELS = (1, 2, 3, 4)

Candidate = Mapping[str, int]


def listed(candidates: Sequence[Candidate]) -> str:
    """Candidates in words."""
    return "; ".join(" ".join(f"{key}={n}" for key, n in one.items()) for one in candidates) or "none"


def shapes(size: int, known: Mapping[str, int] | None = None, most: int = MOST) -> list[dict[str, int]]:
    """Shapes that fill `size` bytes, with some of T, Z, C, Y, X known.

    Examples
    --------
    >>> listed(shapes(2 * 5 * 512 * 512 * 2, {"Y": 512, "X": 512}, 4))
    'T=10 Z=1 C=1 Y=512 X=512; T=5 Z=1 C=2 Y=512 X=512; T=1 Z=10 C=1 Y=512 X=512; T=1 Z=5 C=2 Y=512 X=512'
    """
    known = known or {}
    found: list[dict[str, int]] = []
    pixels, odd = divmod(size, ITEM)
    if odd or not pixels:
        return found
    planes = list(_planes(pixels, known))
    each = max(2, -(-most // max(1, len(planes))))
    for y, x in planes:
        fitting = [{"T": t, "Z": z, "C": c, "Y": y, "X": x} for t, z, c in _stacks(pixels // (x * y), known)]
        found += fitting[:each]
    return found[:most]


def _planes(pixels: int, known: Mapping[str, int]) -> Iterator[tuple[int, int]]:
    """Rows and columns that divide the pixels: squares first, then rectangles of whole ratios, then others."""
    ys, xs = ((known["Y"],) if "Y" in known else _EDGES), ((known["X"],) if "X" in known else _EDGES)
    pairs = [(y, x) for y in ys for x in xs]
    pairs.sort(key=lambda pair: max(pair) // min(pair) if max(pair) % min(pair) == 0 else max(pair))
    if not {"Y", "X"} & set(known):
        pairs += [(y, x) for x, y in _CAMERAS]
    return (pair for pair in pairs if pair[0] * pair[1] <= pixels and pixels % (pair[0] * pair[1]) == 0)


def _stacks(images: int, known: Mapping[str, int]) -> Iterator[tuple[int, int, int]]:
    """(T, Z, C) of so many images: as series and then as stacks, where neither is known."""
    counts = [c for c in ((known["C"],) if "C" in known else _CHANNELS) if images % c == 0]
    for series in (True, False):
        for rest, c in ((images // c, c) for c in counts):
            t = known.get("T", rest // known.get("Z", 1) if series or "Z" in known else 1)
            if not t:  # the known Z is more than there is
                continue
            z = known.get("Z", rest // t)
            if t * z == rest and (series or not {"T", "Z"} & set(known)) and (series or rest > 1):
                yield t, z, c


def near(stated: Stated, size: int, most: int = MOST) -> list[dict[str, int]]:
    """Shapes that fill `size` bytes and differ little from what a sidecar states: one length at a time, then any."""
    plane = {"Y": stated.y, "X": stated.x}
    c = stated.channels[0]
    found: list[dict[str, int]] = []
    images, rest = divmod(size, stated.image)
    if not rest and images:
        for channels in dict.fromkeys((*stated.channels, *_CHANNELS)):
            for flyback in dict.fromkeys((stated.flyback, 0)):
                volume = (stated.z + flyback) * channels
                if images % volume == 0:
                    more = {"flyback": flyback} if flyback else {}
                    found.append({"T": images // volume, "Z": stated.z, "C": channels, **plane, **more})
        if stated.t and images % (stated.t * c) == 0:
            found.append({"T": stated.t, "Z": images // (stated.t * c), "C": c, **plane})
        found += shapes(size, plane)
    elif stated.t:
        found += shapes(size, {"T": stated.t, "Z": stated.z, "C": c})
        found += shapes(size)
    unlike = [one for k, one in enumerate(found) if one not in found[:k]]
    return unlike[:most]
