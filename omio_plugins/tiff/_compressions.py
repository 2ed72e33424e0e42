"""The compressions of TIFF by name, for people; it decodes nothing.

Codes: TIFF 6.0, section 8 and later; Adobe's Photoshop TIFF Technical Notes (8); the registrations that libtiff's
``tiff.h`` lists (32946, 34925, 34926, 34927, 50000 and up); Aperio (33003, 33005), Hamamatsu (22610), Zeiss (34934).
"""

from __future__ import annotations

from ._structure import Structure

_NAMES = {
    1: "none", 2: "CCITT RLE", 3: "CCITT T.4", 4: "CCITT T.6", 5: "LZW", 6: "JPEG (old)", 7: "JPEG", 8: "zlib",
    22610: "JPEG XR", 32773: "PackBits", 32946: "zlib", 33003: "JPEG 2000", 33004: "JPEG 2000", 33005: "JPEG 2000",
    34712: "JPEG 2000", 34887: "LERC", 34892: "JPEG (lossy DNG)", 34925: "LZMA", 34926: "zstd", 34927: "WebP",
    34933: "PNG", 34934: "JPEG XR", 50000: "zstd", 50001: "WebP", 50002: "JPEG XL", 52546: "JPEG XL",
}  # fmt: skip


def name_of(structure: Structure) -> str:
    """The name of the compression of a page, with its predictor; its code where it has no name here."""
    name = _NAMES.get(structure.compression, f"TIFF compression {structure.compression}")
    return f"{name} with a predictor" if structure.predictor > 1 and name != "none" else name
