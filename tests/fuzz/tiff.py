"""Small sound files of each flavour of TIFF, made in code, and where their structure lies; it damages nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile

import omio
from tests.plugins.tiff.uic import plane, tagged

from .flavours import Sound, Spans, steps

_SET = {name: f"urn:uuid:5e7{name * 5}-f78c-11ea-8b96-1c1b0d65d910" for name in "abcd"}
_UUID = re.compile(rb"urn:uuid:(?!5e7)[0-9a-f-]{36}")
_SEAL = re.compile(rb'(<M K="seal">tiff-[0-9a-f]+-)[0-9a-f]{32}')  # over the UUID, too
_SAME = b"urn:uuid:6a71d83a-f78c-11ea-8b96-1c1b0d65d910"
_IMAGEJ = {
    "imagej": True,
    "metadata": {"axes": "TZCYX", "unit": "um", "spacing": 0.5, "finterval": 2.0, "Labels": ["a"] * 12},
}
_SIGNED = (
    "ImageJ=1.53t\nimages=3\nslices=3\ncf=0\nc0=-32768.0\nc1=1.0\nvunit=Gray Value\nunit=cm\nzunit=nm\nspacing=3.0\n"
)
_SAMPLES = "ImageJ=\nhyperstack=true\nimages=12\nchannels=6\nslices=2\nframes=1"  # as Bio-Formats counts RGB
_OME = {"SignificantBits": 10, "PhysicalSizeX": 0.1, "PhysicalSizeXUnit": "µm", "Channel": {"Name": ["a", "b"]}}


def _tifffile(array: np.ndarray, **options: Any) -> Callable[[Path], None]:
    if array.ndim == 2 or not options.get("photometric"):
        options = {"photometric": "minisblack", **options}
    return lambda path: tifffile.imwrite(path, array, **options)


def _pages(path: Path) -> None:
    with tifffile.TiffWriter(path) as writer:
        for k in range(4):
            writer.write(steps(9, 11) + np.uint16(k), photometric="minisblack", metadata=None, description=f"page {k}")


def _stk(path: Path) -> None:
    uic2 = [plane(distance=(5, 10), time=1000 * k) for k in range(3)]
    tagged(path, steps(3, 9, 10), uic2=uic2, stacked=True, description="Exposure: 200 ms")


def _ome_of_omio(path: Path) -> None:
    omio.imwrite(
        path, steps(2, 3, 2, 12, 10), axes="TZCYX", pixel_size={"X": 0.1, "Y": 0.1, "Z": 0.5}, channel_names=["a", "b"]
    )


def _pyramid(path: Path) -> None:
    with tifffile.TiffWriter(path, ome=True) as writer:
        writer.write(steps(40, 48), subifds=1, tile=(16, 16), photometric="minisblack", metadata={"axes": "YX", **_OME})
        writer.write(steps(40, 48)[::2, ::2], subfiletype=1, tile=(16, 16), photometric="minisblack")


def _makers() -> Mapping[str, tuple[str, Callable[[Path], None]]]:
    """From a flavour to its suffix and what writes it."""
    small, rgb = steps(20, 24), steps(20, 24, 3, dtype="u1")
    found: dict[str, tuple[str, Callable[[Path], None]]] = {
        "plain": (".tif", _tifffile(small, metadata=None)),
        "bilevel": (".tif", _tifffile(small % 2 == 0, metadata=None)),
        "float": (".tif", _tifffile(steps(20, 24, dtype="f4"), compression="zlib", predictor=3, metadata=None)),
        "strips": (".tif", _tifffile(steps(40, 24), rowsperstrip=7, metadata=None)),
        "pages": (".tif", _pages),
        "stk": (".stk", _stk),
        "imagej": (".tif", _tifffile(steps(2, 3, 2, 9, 10), **_IMAGEJ)),
        "imagej-signed": (".tif", _tifffile(steps(3, 9, 10), metadata=None, description=_SIGNED, resolution=(5, 7, 3))),
        "imagej-rgb": (
            ".tif", _tifffile(steps(4, 9, 10, 3, dtype="u1"), photometric="rgb", metadata=None, description=_SAMPLES),
        ),
        "ome": (".ome.tif", _tifffile(steps(2, 2, 3, 9, 10), ome=True, metadata={"axes": "TCZYX", **_OME})),
        "ome-zlib": (".ome.tif", _tifffile(steps(4, 9, 10), ome=True, metadata={"axes": "ZYX"}, compression="zlib")),
        "ome-rgb": (".ome.tif", _tifffile(rgb, ome=True, photometric="rgb", metadata={"axes": "YXS"})),
        "ome-pyramid": (".ome.tif", _pyramid),
        "ome-omio": (".ome.tif", _ome_of_omio),
        "shaped": (".tif", _tifffile(steps(2, 3, 9, 10), metadata={"axes": "TZYX"})),
        "rgb": (".tif", _tifffile(rgb, photometric="rgb", metadata=None)),
        "planar": (".tif", _tifffile(steps(3, 20, 24), photometric="rgb", planarconfig="separate", metadata=None)),
        "tiled": (".tif", _tifffile(steps(40, 48), tile=(16, 16), metadata=None)),
        "zlib": (".tif", _tifffile(steps(40, 48), compression="zlib", predictor=2, rowsperstrip=16, metadata=None)),
        "lzw": (".tif", _tifffile(steps(40, 48), compression="lzw", predictor=2, rowsperstrip=16, metadata=None)),
        "lzw-tiled": (".tif", _tifffile(steps(40, 48, dtype="u1"), compression="lzw", tile=(16, 16), metadata=None)),
        "packbits": (".tif", _tifffile(steps(20, 24, dtype="u1") // 9, compression="packbits", metadata=None)),
        "zstd": (".tif", _tifffile(steps(20, 24), compression="zstd", metadata=None)),
        "bigtiff": (".btf", _tifffile(steps(3, 9, 10), bigtiff=True, compression="zlib")),
        "big-endian": (".tif", _tifffile(steps(3, 9, 10), byteorder=">", metadata=None)),
        "big-endian-zlib": (".tif", _tifffile(steps(20, 24), byteorder=">", compression="zlib", metadata=None)),
    }  # fmt: skip
    if imagecodecs.JPEG8.available:
        found["jpeg"] = (".tif", _tifffile(rgb, photometric="rgb", compression="jpeg", metadata=None))
        grey = steps(32, 32, dtype="u1")
        found["jpeg-tiled"] = (".tif", _tifffile(grey, compression="jpeg", tile=(16, 16), metadata=None))
    return found


def sound(folder: Path) -> tuple[Sound, ...]:
    """Every flavour, written in a folder and read back as bytes; the same bytes each time."""
    return (*(_made(folder, name, *maker) for name, maker in _makers().items()), *_sets(folder), *_series(folder))


def _made(folder: Path, name: str, suffix: str, write: Callable[[Path], None]) -> Sound:
    path = folder / f"{name}{suffix}"
    write(path)
    path.write_bytes(_SEAL.sub(rb"\g<1>" + b"0" * 32, _UUID.sub(_SAME, path.read_bytes())))
    structure, entries = _structure(path)
    data = path.read_bytes()
    path.unlink()
    return Sound(name=name, stands_as=f"case{suffix}", data=data, structure=structure, entries=entries)


def _sets(folder: Path) -> tuple[Sound, ...]:
    """Two sets of two files, a plane along Z in each: one with OME-XML in both, one with a companion.

    A file that is damaged has another name by then, and is known by its UUID; but not the companion of a file that is
    opened, which is looked for by its name.
    """

    def xml(uuid: str, files: str) -> str:
        data = "".join(
            f'<TiffData IFD="0" FirstZ="{z}" PlaneCount="1">'
            f'<UUID FileName="set-{one}.ome.tif">{_SET[one]}</UUID></TiffData>'
            for z, one in enumerate(files)
        )
        return (
            f'<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" '
            f'UUID="{uuid}"><Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" SizeX="11" '
            f'SizeY="9" SizeZ="2" SizeC="1" SizeT="1"><Channel ID="Channel:0:0"/>{data}</Pixels></Image></OME>'
        )

    def member(name: str, text: str) -> Sound:
        return _made(folder, name, ".ome.tif", _tifffile(steps(9, 11), metadata=None, description=text))

    first, second = (member(f"set-{one}", xml(_SET[one], "ab")) for one in "ab")
    only = '<OME UUID="{}"><BinaryOnly MetadataFile="set.companion.ome" UUID="{}"/></OME>'
    third, fourth = (member(f"set-{one}", only.format(_SET[one], _SAME.decode())) for one in "cd")
    companion = xml(_SAME.decode(), "cd").encode()
    others = (("set.companion.ome", companion), ("set-d.ome.tif", fourth.data))
    members = (("set-c.ome.tif", third.data), *others[1:])
    text = Sound.everywhere(name="", stands_as="", data=companion, beside=members)
    return (
        replace(first, beside=(("set-b.ome.tif", second.data),)),
        replace(third, beside=others),
        replace(text, name="companion", stands_as="case.companion.ome"),
        replace(text, name="companion-of-open", stands_as="set.companion.ome", opened="set-c.ome.tif"),
    )


def _series(folder: Path) -> tuple[Sound, ...]:
    """A file of a series that its first file lists, and one of two pages that no file lists."""

    def xml(places: str, data: str = "") -> str:
        each = "".join(f'<Plane TheT="{t}" TheZ="{z}" TheC="0" DeltaT="{z}.5"/>' for t, z in places.split())
        return (
            '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2010-06"><Image ID="Image:0">'
            '<Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint16" SizeX="11" SizeY="9" SizeZ="3" SizeC="1" '
            f'SizeT="2"><Channel ID="Channel:0:0"/>{each}{data}</Pixels></Image></OME>'
        )

    names = [(t, z, f"case_{z + 1:04}_{t + 1:04}.tif") for t in range(2) for z in range(3)]
    data = "".join(f'<TiffData FirstT="{t}" FirstZ="{z}"><UUID FileName="{name}"/></TiffData>' for t, z, name in names)
    sounds = [
        _made(
            folder,
            "series",
            name.removeprefix("case"),
            _tifffile(steps(9, 11), metadata=None, description=xml(f"{t}{z}", "" if t or z else data)),
        )
        for t, z, name in names
    ]
    beside = tuple((one.stands_as, one.data) for one in sounds[:-1])
    part = _tifffile(steps(2, 9, 11), metadata=None, description=xml("01 12"))
    return replace(sounds[-1], beside=beside), _made(folder, "series-part", ".tif", part)


def _structure(path: Path) -> tuple[Spans, Spans]:
    """Where what is no pixel lies, by tifffile."""
    with tifffile.TiffFile(path) as file:
        number, entry = (8, 20) if file.is_bigtiff else (2, 12)
        structure, entries = [(0, 16 if file.is_bigtiff else 8)], []
        pages = [page for first in file.pages for page in (first, *(first.pages or ()))]
        for page in pages:
            structure.append((page.offset, page.offset + number + entry * len(page.tags) + file.tiff.offsetsize))
            for tag in page.tags:
                entries.append((tag.offset, tag.offset + entry))
                structure.append((tag.valueoffset, tag.valueoffset + tag.valuebytecount))
    return tuple(structure), tuple(entries)
