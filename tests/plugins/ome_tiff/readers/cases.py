"""What the other readers are given: a list of cases, each a made picture and how it is written.

One more case is one more line of `CASES`: a name, and whatever differs from the defaults of `Case`. Expectations are
computed from the made pixels alone, never from what OMIO reads back.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import omio
from omio_core.images import writing
from omio_core.images.image import Image
from omio_core.metadata.from_dict import from_dict

TYPES = {
    "uint8": "uint8", "uint16": "uint16", "uint32": "uint32", "int8": "int8", "int16": "int16", "int32": "int32",
    "float32": "float", "float64": "double",
}  # fmt: skip
"""What numpy calls the types and what OME calls them; the two complex ones, which Bio-Formats refuses, aside."""

Sizes = Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A picture and how it is written.

    Parameters
    ----------
    name
        Of the file, its suffix aside.
    shape, axes, dtype
        Of the array that is given to OMIO; S stands last.
    stored
        The dtype in the file, where it is another.
    metadata
        The public dict that is given to OMIO, or a part of one.
    options
        Keyword arguments of `omio.imwrite`; of several images, options of the writer.
    also
        Further images of the file: their `shape`, `axes`, `dtype` and `metadata` count.
    levels
        Height and width of each reduced level of the first image.
    imagej
        Whether plain ImageJ can open the file: classic, in strips, a type and a compression that it has.
    """

    name: str
    shape: tuple[int, ...] = (2, 3, 2, 37, 50)
    axes: str = "TZCYX"
    dtype: str = "uint16"
    stored: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    also: tuple[Case, ...] = ()
    suffix: str = ".ome.tif"
    levels: tuple[tuple[int, int], ...] = ()
    imagej: bool = False

    @property
    def images(self) -> tuple[Case, ...]:
        """All images of the file."""
        return (self, *self.also)

    @property
    def sizes(self) -> Sizes:
        """The length along each of TZCYXS."""
        return {axis: self.shape[self.axes.index(axis)] if axis in self.axes else 1 for axis in "TZCYXS"}

    def given(self) -> NDArray[Any]:
        """The array that OMIO is given."""
        return made(self.shape, self.dtype)

    def pixels(self) -> NDArray[Any]:
        """The pixels that a reader must find: axes TZCYXS, in the stored dtype, little-endian."""
        dtype = np.dtype(self.stored or self.dtype).newbyteorder("<")
        given = self.given().astype(dtype)
        there = [axis for axis in "TZCYXS" if axis in self.axes]
        return given.transpose([self.axes.index(a) for a in there]).reshape(list(self.sizes.values()))

    def write(self, folder: Path) -> Path:
        """Write the file into `folder`."""
        path = folder / f"{self.name}{self.suffix}"
        if not self.also:
            return omio.imwrite(path, self.given(), self.metadata, axes=self.axes, **self.options)
        images = [_image(one) for one in self.images]
        written = writing.write(path, images, options=self.options)
        assert written is not None
        return written


def _image(case: Case) -> Image:
    plain = Image.of_array(case.given(), axes=case.axes)
    metadata = from_dict({"SamplesPerPixel": case.sizes["S"], **case.metadata}, plain.shape, str(plain.dtype))
    return Image.of_array(case.given(), axes=case.axes, metadata=metadata)


def made(shape: tuple[int, ...], dtype: str) -> NDArray[Any]:
    """Values over all of the type's range, signs and fractions among them, that compress and tell planes apart."""
    steps = np.arange(math.prod(shape)) // 3 % 251
    kind = np.dtype(dtype)
    if kind.kind == "b":
        found: NDArray[Any] = steps % 2 == 1
    elif kind.kind == "c":
        found = steps / 7 - 1j * steps[::-1]
    elif kind.kind == "f":
        found = steps / 7 - 11
    elif kind.itemsize == 8:  # as much as fits 32 bits
        found = steps * (2**31 // 251) - (2**30 if kind.kind == "i" else 0)
    else:
        least, most = np.iinfo(kind).min, np.iinfo(kind).max
        found = steps * ((most - least) // 250) + least
    return found.astype(kind).reshape(shape)


def dimension_order(xml: str, index: int = 0) -> str:
    """What the OME-XML calls the order of an image's planes."""
    return re.findall(r'DimensionOrder="(\w+)"', xml)[index]


def pages(case: Case, xml: str) -> Iterator[NDArray[Any]]:
    """Every page that the file must have, (Y, X) or (Y, X, S), in the order that its own OME-XML states."""
    for index, one in enumerate(case.images):
        pixels, order = one.pixels(), dimension_order(xml, index)
        slowest = order[:1:-1]
        for at in np.ndindex(*(one.sizes[axis] for axis in slowest)):
            where = dict(zip(slowest, at, strict=True))
            page = pixels[where["T"], where["Z"], where["C"]]
            yield page if one.sizes["S"] > 1 else page[..., 0]


RICH: dict[str, Any] = {
    "Name": "näme µ 日本 a&b <c>",
    "PhysicalSizeX": 0.325,
    "PhysicalSizeY": 0.25,
    "PhysicalSizeZ": 2.0,
    "TimeIncrement": 0.5,
    "AcquisitionDate": "2024-02-29T12:34:56",
    "Channels": [
        {
            "Name": "GFP ä",
            "Color": 16711935,
            "ExcitationWavelength": 488.0,
            "EmissionWavelength": 509.5,
            "Fluor": "dye",
        },
        {"Name": "RFP", "Color": -16776961},
    ],
    "Planes": {
        "DeltaT": (np.arange(12) * 0.25).reshape(2, 3, 2).tolist(),
        "ExposureTime": (np.arange(12) * 0.5 + 0.125).reshape(2, 3, 2).tolist(),
        "PositionX": np.full((2, 3, 2), -12.5).tolist(),
        "PositionZ": (np.arange(12) * 2.0).reshape(2, 3, 2).tolist(),
    },
    "Annotations": {"example.org/ns": {"kéy": "välue", "n": 3}},
}

_RGB = Case(name="rgb", shape=(4, 33, 47, 3), axes="ZYXS", dtype="uint8")

CASES: tuple[Case, ...] = (
    *(Case(name=dtype, dtype=dtype) for dtype in TYPES),
    *(Case(name=f"{dtype}-raw", dtype=dtype, options={"compression_level": 0}) for dtype in TYPES),
    *(Case(name=f"{dtype}-tiles", dtype=dtype, options={"tile": 16}) for dtype in TYPES),
    Case(name="complex64", dtype="complex64"),
    Case(name="complex128-raw", dtype="complex128", options={"compression_level": 0}),
    Case(name="bool", dtype="bool", stored="uint8"),
    Case(name="float16", dtype="float16", stored="float32"),
    Case(name="int64", dtype="int64", stored="int32"),
    Case(name="uint64", dtype="uint64", stored="uint32", options={"compression_level": 0}),
    Case(name="tiles-raw", options={"tile": 32, "compression_level": 0}),
    Case(name="tiles-exact", shape=(1, 2, 2, 64, 96), options={"tile": 32}),
    Case(name="tile-larger-than-the-plane", shape=(3, 2, 2, 5, 7), options={"tile": 64}),
    Case(name="level-9", dtype="float32", options={"compression_level": 9}),
    Case(name="big", options={"bigtiff": True, "compression_level": 0}),
    Case(name="big-tiles", options={"bigtiff": True, "tile": 16}, dtype="float32"),
    Case(name="big-by-name", suffix=".ome.btf"),
    Case(name="long-suffix", suffix=".ome.tiff"),
    Case(name="one-pixel", shape=(1, 1), axes="YX", dtype="uint8"),
    Case(name="one-plane", shape=(37, 50), axes="YX"),
    Case(name="one-row", shape=(3, 1, 1000), axes="TYX"),
    Case(name="one-column", shape=(3, 700, 1), axes="ZYX", dtype="uint8"),
    Case(name="time", shape=(7, 21, 13), axes="TYX", dtype="uint8"),
    Case(name="depth", shape=(7, 21, 13), axes="ZYX", dtype="float32"),
    Case(name="channels", shape=(5, 21, 13), axes="CYX", dtype="int16"),
    Case(name="many-strips", shape=(1, 1, 2, 1200, 700), dtype="uint16"),
    Case(name="many-strips-raw", shape=(1, 1, 2, 1200, 700), dtype="uint16", options={"compression_level": 0}),
    _RGB,
    Case(name="rgb-raw", shape=(4, 33, 47, 3), axes="TYXS", dtype="uint8", options={"compression_level": 0}),
    Case(name="rgb-tiles", shape=(4, 33, 47, 3), axes="ZYXS", dtype="uint8", options={"tile": 16}),
    Case(name="rgb-uint16", shape=(2, 33, 47, 3), axes="ZYXS", dtype="uint16"),
    Case(name="rgb-two-channels", shape=(2, 2, 33, 47, 3), axes="ZCYXS", dtype="uint8"),
    Case(name="rgba", shape=(33, 47, 4), axes="YXS", dtype="uint8"),
    Case(name="rich", metadata=RICH),
    *(
        Case(name=f"rich-{order}", metadata=RICH, options={"order": order})
        for order in ("XYZCT", "XYZTC", "XYCTZ", "XYCZT", "XYTCZ", "XYTZC")
    ),
    Case(name="rich-rgb", shape=(3, 2, 33, 47, 3), axes="TCYXS", dtype="uint8", options={"order": "XYTCZ"},
         metadata={"Planes": {"DeltaT": [[[0.0, 0.5]], [[1.0, 1.5]], [[2.0, 2.5]]]}}),
    Case(name="rich-in-part", shape=(2, 3, 21, 13), axes="TZYX",
         metadata={"Planes": {"DeltaT": [[[None], [None], [None]], [[None], [4.5], [None]]]}}),
    Case(name="rich-pyramid", shape=(2, 2, 100, 75), axes="ZCYX", options={"pyramid": 1, "tile": 32},
         levels=((50, 37),), metadata={"Planes": {"PositionZ": [[[0.0, 0.25], [1.0, 1.25]]]}}),
    Case(name="rich-several", shape=(3, 2, 11, 23), axes="TCYX", options={"order": "XYZTC"},
         metadata={"Planes": {"DeltaT": [[[0.0, 0.5]], [[1.0, 1.5]], [[2.0, 2.5]]]}},
         also=(Case(name="second", shape=(2, 3, 9, 8), axes="ZTYX", dtype="uint8",
                    metadata={"Planes": {"ExposureTime": [[[1.0], [2.0]], [[3.0], [4.0]], [[5.0], [6.0]]]}}), _RGB)),
    Case(name="rich-tiles-big", metadata=RICH, options={"tile": 16, "bigtiff": True}),
    Case(name="names", metadata={"Name": "ä µ Ω 日本 😀", "Channels": [{"Name": "é"}, {"Name": "\u00b5"}]}),
    Case(name="sizes", metadata={k: RICH[k] for k in ("PhysicalSizeX", "PhysicalSizeY", "PhysicalSizeZ")}),
    Case(name="several", dtype="uint8", also=(Case(name="second", shape=(3, 11, 23), axes="ZYX"), _RGB)),
    *(
        Case(name=f"{codec}-{dtype}", dtype=dtype, options={"compression": codec})
        for codec in ("none", "lzw", "zstd", "packbits")
        for dtype in ("uint8", "uint16", "float32")
    ),
    Case(name="lzw-many-strips", shape=(1, 1, 2, 1200, 700), options={"compression": "lzw"}),
    Case(name="zstd-tiles", options={"compression": "zstd", "tile": 32}),
    Case(name="zstd-rgb", shape=(33, 47, 3), axes="YXS", dtype="uint8", options={"compression": "zstd"}),
    Case(name="lzma", options={"compression": "lzma"}),
    Case(name="png", options={"compression": "png"}),
    Case(name="jpeg2000", options={"compression": "jpeg2000"}),
    Case(name="jpegxl", options={"compression": "jpegxl"}),
    Case(name="webp", shape=(33, 47, 3), axes="YXS", dtype="uint8", options={"compression": "webp"}),
    *(
        Case(name=f"predicted-{codec}-{dtype}", dtype=dtype, options={"compression": codec, "predictor": True})
        for codec in ("zlib", "lzw", "zstd")
        for dtype in ("uint8", "uint16", "int32", "float32", "float64")
    ),
    Case(name="predicted-tiles", options={"predictor": True, "tile": 16}),
    Case(name="predicted-rgb", shape=(33, 47, 3), axes="YXS", dtype="uint8", options={"predictor": True, "tile": 16}),
    *(
        Case(name=f"order-{order}", options={"order": order})
        for order in ("XYZCT", "XYZTC", "XYCTZ", "XYCZT", "XYTCZ", "XYTZC")
    ),
    Case(name="order-of-rgb", shape=(2, 3, 2, 33, 47, 3), axes="TZCYXS", dtype="uint8", options={"order": "XYTZC"}),
    Case(name="pyramid", shape=(2, 2, 100, 75), axes="ZCYX", options={"pyramid": 2, "tile": 32},
         levels=((50, 37), (25, 18))),
    Case(name="pyramid-big", shape=(2, 100, 75), axes="TYX", dtype="float32",
         options={"pyramid": 1, "tile": 16, "bigtiff": True}, levels=((50, 37),)),
    Case(name="pyramid-rgb", shape=(120, 90, 3), axes="YXS", dtype="uint8", levels=((60, 45), (30, 22)),
         options={"pyramid": 2, "tile": 32, "pyramid_method": "nearest"}),
    *(
        Case(name=f"imagej-{dtype}-{level}", dtype=dtype, options={"compression_level": level}, imagej=True,
             metadata={"PhysicalSizeX": 0.325, "PhysicalSizeY": 0.25, "PhysicalSizeZ": 2.0, "TimeIncrement": 0.5})
        for dtype in ("uint8", "uint16", "int16", "float32")
        for level in (0, 3)
    ),
    *(
        Case(name=f"fiji-{dtype}-{level}", dtype=dtype, imagej=True,
             options={"compression_level": level, "profile": "fiji"},
             metadata={"PhysicalSizeX": 0.325, "PhysicalSizeY": 0.25, "PhysicalSizeZ": 2.0, "TimeIncrement": 0.5})
        for dtype in ("uint8", "uint16", "int16", "float32")
        for level in (0, 3)
    ),
    Case(name="fiji-signed-strips", shape=(2, 1200, 700), axes="ZYX", dtype="int16", imagej=True,
         options={"profile": "fiji"}),
    Case(name="fiji-signed-lzw", shape=(3, 700, 300), axes="CYX", dtype="int16", imagej=True,
         options={"profile": "fiji", "compression": "lzw"}),
    Case(name="fiji-signed-packbits", dtype="int16", imagej=True,
         options={"profile": "fiji", "compression": "packbits"}),
    *(
        Case(name=f"fiji-{axes}", shape=shape, axes=axes, options={"profile": "fiji"}, imagej=True,
             metadata={"PhysicalSizeX": 0.325, "PhysicalSizeY": 0.25})
        for axes, shape in (("YX", (33, 47)), ("CYX", (3, 33, 47)), ("ZYX", (4, 33, 47)), ("TYX", (5, 33, 47)))
    ),
)  # fmt: skip


def some(
    *,
    dtypes: str = " ".join(TYPES),
    samples: tuple[int, ...] = (1,),
    several: bool = True,
    codecs: str = "",
    float_predictor: bool = True,
) -> list[Case]:
    """The cases that a program knows.

    Parameters
    ----------
    dtypes, samples
        Of the pixels in the file.
    several
        Whether it can tell images of several sizes apart.
    codecs
        Compressions besides none, zlib, lzw and packbits, which all know.
    float_predictor
        Whether it knows the predictor 3, that of floating point.
    """
    kinds, known = dtypes.split(), {"none", "zlib", "lzw", "packbits", *codecs.split()}

    def is_known(case: Case, one: Case) -> bool:
        stored = one.stored or one.dtype
        predicted = bool(case.options.get("predictor")) and np.dtype(stored).kind == "f"
        return stored in kinds and one.sizes["S"] in samples and (float_predictor or not predicted)

    return [
        case
        for case in CASES
        if all(is_known(case, one) for one in case.images)
        and case.options.get("compression", "zlib") in known
        and (several or not case.also)
    ]
