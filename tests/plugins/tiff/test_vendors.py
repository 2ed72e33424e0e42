"""Flavours of vendors, made by hand: SVS, Micro-Manager, ScanImage, MetaMorph, NIH Image; samples and palettes."""

from __future__ import annotations

import json
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import omio
from omio_core.errors import CorruptFileError, ManyImagesError, UnsupportedFeatureError
from omio_plugins.tiff._scanimage import axes_of


def ramp(*shape: int, dtype: str = "u2") -> np.ndarray:
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


def shapes(image: Any) -> list[tuple[int, ...]]:
    return [one.shape for one in image.levels]


# --- SVS


APERIO = "Aperio Image Library v10.0\r\n640x480 (16x16) JPEG/RGB|AppMag = 20|MPP = 0.4990|Title = a slide"


def svs(path: Path, *, planes: int = 1, named: bool = True) -> tuple[Path, np.ndarray]:
    """A slide with two smaller resolutions, thumbnail, label and macro."""
    array = ramp(planes, 64, 96, 3, dtype="u1")
    tiled = {"tile": (16, 16), "photometric": "rgb", "metadata": None, "compression": "zlib"}
    striped = {"photometric": "rgb", "metadata": None, "rowsperstrip": 4}
    with tifffile.TiffWriter(path) as writer:
        writer.write(array[0], description=APERIO, **tiled)
        writer.write(array[0, ::3, ::3].copy(), description=APERIO.replace("640", "21"), **striped)
        for plane in array[1:]:
            writer.write(plane, description=APERIO, **tiled)
        for step in (2, 4):
            for plane in array:
                writer.write(plane[::step, ::step].copy(), description=APERIO, **tiled)
        for name, kind, size in (("label", 1, 11), ("macro", 9, 13)):
            description = f"Aperio Image Library v10.0\r\n{name} {size}x7" if named else "Aperio"
            writer.write(ramp(7, size, 3, dtype="u1"), description=description, subfiletype=kind, **striped)
    return path, array


@pytest.mark.parametrize("named", [True, False])
def test_svs(tmp_path: Path, named: bool, describe) -> None:
    path, array = svs(tmp_path / "a.svs", named=named)
    images = describe(path)
    assert [image.name for image in images] == ["baseline", "thumbnail", "label", "macro"]
    assert {image.kind for image in images} == {"SVS"}
    assert shapes(images[0]) == [(64, 96, 3), (32, 48, 3), (16, 24, 3)]
    assert [shapes(image) for image in images[1:]] == [[(22, 32, 3)], [(7, 11, 3)], [(7, 13, 3)]]
    with pytest.raises(ManyImagesError):
        omio.imopen(path)
    with omio.imopen(path, image="baseline") as image:
        np.testing.assert_array_equal(image[0, 0], array[0].transpose(2, 0, 1))
        np.testing.assert_array_equal(image.level(2)[0, 0], array[0, ::4, ::4].transpose(2, 0, 1))
        facts = image.metadata.facts
        assert (facts.physical_size_x.value, facts.physical_size_x.where) == (0.499, "SVS description: MPP")
        assert (facts.physical_size_y.value, facts.physical_size_y.origin) == (0.499, "file")
        assert facts.objective.value == {"NominalMagnification": 20.0}
        assert facts.annotations["aperio"]["Title"] == "a slide"
        assert image.level(1).metadata.facts.physical_size_x.value == pytest.approx(0.998)
    with omio.imopen(path, image="label") as image:
        np.testing.assert_array_equal(image[0, 0], ramp(7, 11, 3, dtype="u1").transpose(2, 0, 1))
        assert image.metadata.facts.physical_size_x is None


def test_svs_of_several_focal_planes(tmp_path: Path, describe) -> None:
    path, array = svs(tmp_path / "a.svs", planes=3)
    image = describe(path)[0]
    assert (image.axes, shapes(image)) == ("ZYXS", [(3, 64, 96, 3), (3, 32, 48, 3), (3, 16, 24, 3)])
    assert "focal planes" in image.assumptions[0]
    pixels, _ = omio.imread(path, image=0)
    np.testing.assert_array_equal(pixels[0], array.transpose(0, 3, 1, 2))


def test_a_name_in_the_description_alone_is_no_slide(tmp_path: Path, describe) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, ramp(8, 9), description=APERIO, metadata=None)
    assert [image.kind for image in describe(path)] == ["TIFF"]


# --- Micro-Manager

SUMMARY = {
    "MicroManagerVersion": "1.4.22", "Channels": 2, "Slices": 3, "Frames": 2, "Positions": 2, "PixelSize_um": 0.65,
    "z-step_um": -1.5, "Interval_ms": 2500, "ChNames": ["DAPI", "FITC"], "ChColors": [-16776961, -16711936],
    "PixelType": "GRAY16", "InitialPositionList": [{"Label": "left"}, {"Label": "right"}], "Width": 9, "Height": 8,
}  # fmt: skip


def manager(
    path: Path, entries: list[tuple[int, int, int, int]], planes: np.ndarray, *, summary: Any = SUMMARY,
    description: bytes = b"", index: bool = True, wrong_offset: bool = False,
) -> Path:  # fmt: skip
    """A stack: header, summary, one IFD and one plane after the other, index map (channel, slice, frame, position)."""
    text = (json.dumps(summary) if isinstance(summary, dict) else summary).encode()
    text += b" " * (len(text) % 2)
    out = bytearray(40) + text
    height, width = planes.shape[1:]
    offsets = []
    for k, plane in enumerate(planes):
        offsets.append(len(out))
        tags = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 16), (259, 3, 1, 1), (262, 3, 1, 1)]
        extra = description if k == 0 else b""
        if extra:
            tags.append((270, 2, len(extra), len(out) + 2 + 12 * 10 + 4))
        data = len(out) + 2 + 12 * (9 + bool(extra)) + 4 + len(extra)
        tags += [(273, 4, 1, data), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, plane.nbytes)]
        following = data + plane.nbytes if k + 1 < len(planes) else 0
        out += struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags)
        out += struct.pack("<I", following) + extra + plane.astype("<u2").tobytes()
    at = len(out) if index else 0
    table = b"".join(
        struct.pack("<5I", *entry, offset + 4 * wrong_offset) for entry, offset in zip(entries, offsets, strict=True)
    )
    out += struct.pack("<2I", 3453623, len(entries)) + table
    out[:40] = struct.pack(
        "<2sHI8I", b"II", 42, offsets[0], 54773648, at, 483765892, 0, 99384722, 0, 2355492, len(text)
    )
    path.write_bytes(bytes(out))
    return path


EVERY = [(c, z, t, p) for t in range(2) for p in range(2) for z in range(3) for c in range(2)]


def test_micro_manager(tmp_path: Path, describe) -> None:
    planes = ramp(24, 8, 9)
    path = manager(tmp_path / "a_MMStack.tif", EVERY, planes)
    images = describe(path)
    assert [(i.kind, i.name, i.axes, shapes(i)) for i in images] == [
        ("Micro-Manager stack", name, "TZCYX", [(2, 3, 2, 8, 9)]) for name in ("left", "right")
    ]
    assert images[0].assumptions == ()
    expected = planes.reshape(2, 2, 3, 2, 8, 9)
    for position, name in enumerate(("left", "right")):
        pixels, metadata = omio.imread(path, image=name)
        np.testing.assert_array_equal(pixels, expected[:, position])
        assert (metadata["PhysicalSizeX"], metadata["PhysicalSizeZ"], metadata["TimeIncrement"]) == (0.65, 1.5, 2.5)
        assert [channel["Name"] for channel in metadata["Channels"]] == ["DAPI", "FITC"]
        assert metadata["Annotations"]["micromanager"]["MicroManagerVersion"] == "1.4.22"
    facts = pickle.loads(pickle.dumps(images[0])).facts()
    assert facts.channels[0].color.value == 0x0000FFFF  # opaque blue
    assert facts.physical_size_x.where == "Micro-Manager summary: PixelSize_um"


def test_micro_manager_comes_before_imagejs_comment(tmp_path: Path, describe) -> None:
    said = b"ImageJ=1.47f\nimages=24\nchannels=2\nslices=3\nframes=4\n\0"
    path = manager(tmp_path / "a.tif", EVERY, ramp(24, 8, 9), description=said)
    assert [i.kind for i in describe(path)] == ["Micro-Manager stack"] * 2


@pytest.mark.parametrize(("interval", "seconds"), [(2.1, 0.0021), ("4.9", 0.0049), (0, None), ("NaN", None)])
def test_an_interval_of_milliseconds(tmp_path: Path, describe, interval: Any, seconds: float | None) -> None:
    path = manager(tmp_path / "a_MMStack.tif", EVERY, ramp(24, 8, 9), summary={**SUMMARY, "Interval_ms": interval})
    found = describe(path)[0].facts().time_increment
    assert (found and found.value) == seconds


def test_ome_comes_before_micro_manager(tmp_path: Path, describe) -> None:
    blocks = "".join(
        f'<TiffData FirstC="{c}" FirstZ="{z}" FirstT="{t}" IFD="{k}" PlaneCount="1"/>'
        for k, (c, z, t, p) in enumerate(EVERY[:6] + EVERY[12:18])
    )
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2013-06">'
        '<Image ID="Image:0" Name="left"><Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint16" SizeX="9" '
        f'SizeY="8" SizeZ="3" SizeC="2" SizeT="2" PhysicalSizeX="0.65">{blocks}</Pixels></Image></OME>'
    )
    planes = ramp(12, 8, 9)
    path = manager(tmp_path / "a.ome.tif", EVERY[:6] + EVERY[12:18], planes, description=xml.encode() + b"\0")
    (image,) = describe(path)
    assert (image.kind, image.name, image.axes) == ("OME-TIFF", "left", "TZCYX")
    pixels, metadata = omio.imread(path)
    np.testing.assert_array_equal(pixels, planes.reshape(2, 3, 2, 8, 9))
    assert metadata["PhysicalSizeX"] == 0.65


def test_planes_not_acquired_are_not_present(tmp_path: Path, describe) -> None:
    path = manager(tmp_path / "a.tif", EVERY[:15], ramp(15, 8, 9))
    first, second = describe(path)
    assert shapes(first) == shapes(second) == [(2, 3, 2, 8, 9)]
    assert sum(box.size for box in first.levels[0].present) == 9 * 72
    assert sum(box.size for box in second.levels[0].present) == 6 * 72
    assert "this file holds 15 planes" in first.assumptions[0]


def test_an_index_map_never_written(tmp_path: Path, describe) -> None:
    path = manager(tmp_path / "a.tif", EVERY, ramp(24, 8, 9), index=False)
    (image,) = describe(path)
    assert (image.kind, image.axes) == ("Micro-Manager stack", "QYX")
    assert "interrupted" in image.assumptions[0]
    assert image.facts().physical_size_x.value == 0.65


@pytest.mark.parametrize(
    "change",
    [
        {"wrong_offset": True},
        {"summary": "{"},
        {"summary": "[1]"},
        {"summary": '{"a":' * 5000},
        {"entries": [(0, 0, 0, 0)] * 24},
        {"entries": [*EVERY[:-1], (1, 2, 1 << 31, 1)]},
    ],
)
def test_stacks_that_contradict_themselves(tmp_path: Path, change: dict, describe) -> None:
    given = {"entries": EVERY, **change}
    path = manager(tmp_path / "a.tif", given.pop("entries"), ramp(24, 8, 9), **given)
    with pytest.raises(CorruptFileError, match="Micro-Manager"):
        describe(path)


def test_a_stack_cut_short_is_refused(tmp_path: Path, describe) -> None:
    path = manager(tmp_path / "a.tif", EVERY, ramp(24, 8, 9))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(CorruptFileError, match="index map"):
        describe(path)


# --- ScanImage

FAST = {"SI.hFastZ.enable": "true", "SI.hStackManager.numSlices": "3", "SI.hChannels.channelSave": "[1;2]"}
SLOW = {"SI.hStackManager.framesPerSlice": "4", "SI.hStackManager.numSlices": "3", "SI.hChannels.channelSave": "1"}


@pytest.mark.parametrize(
    ("keys", "pages", "axes", "lead"),
    [
        ({}, 7, "TC", (7, 1)),
        ({"SI.hChannels.channelSave": "[1;2;4]"}, 12, "TC", (4, 3)),
        ({"SI.hChannels.channelSave": "[1;2]"}, 7, "Q", (7,)),
        (FAST, 12, "TZC", (2, 3, 2)),
        (FAST, 14, "Q", (14,)),
        (FAST | {"SI.hFastZ.numDiscardFlybackFrames": "1", "SI.hFastZ.numVolumes": "2"}, 12, "TZC", (2, 3, 2)),
        (FAST | {"SI.hFastZ.numDiscardFlybackFrames": "1", "SI.hFastZ.numVolumes": "2"}, 16, "TZC", (2, 4, 2)),
        (FAST | {"SI.hFastZ.numDiscardFlybackFrames": "1", "SI.hFastZ.numVolumes": "Inf"}, 24, "Q", (24,)),
        (SLOW, 12, "ZTC", (3, 4, 1)),
        (SLOW, 11, "Q", (11,)),
        (SLOW | {"SI.hScan2D.logAverageFactor": "4"}, 3, "ZTC", (3, 1, 1)),
        (SLOW | {"SI.hStackManager.enable": "false"}, 11, "TC", (11, 1)),
        (SLOW | {"SI.hStackManager.framesPerSlice": "Inf"}, 11, "Q", (11,)),
    ],
)
def test_axes_of_scanimage(keys: dict[str, str], pages: int, axes: str, lead: tuple[int, ...]) -> None:
    found = axes_of(keys, pages)
    assert found[:2] == (axes, lead)
    assert bool(found[2]) == (axes == "Q" or (axes == "TZC" and lead[1] == 4))


def scanimage(path: Path, keys: dict[str, str], planes: np.ndarray, *, header: bool) -> Path:
    """A BigTIFF with the frame data in its header, or in the Software tag."""
    text = "\n".join(f"{key} = {value}" for key, value in keys.items())
    software = None if header else text
    with tifffile.TiffWriter(path, bigtiff=True) as writer:
        for plane in planes:
            writer.write(plane, metadata=None, software=software, description="frameNumbers = 1", contiguous=False)
    if header:
        data = path.read_bytes()
        head = struct.pack("<4I", 117637889, 4, len(text) + 1, 1) + text.encode() + b"\0\0"
        head += bytes(-len(head) % 16)
        path.write_bytes(_shifted(data, head))
    return path


def _shifted(data: bytes, head: bytes) -> bytes:
    """A BigTIFF with `head` behind its sixteen bytes and every offset moved."""
    by = len(head)
    out = bytearray(data)
    (at,) = struct.unpack_from("<Q", out, 8)
    struct.pack_into("<Q", out, 8, at + by)
    while at:
        (n,) = struct.unpack_from("<Q", out, at)
        for k in range(n):
            entry = at + 8 + 20 * k
            code, kind, count, value = struct.unpack_from("<HHQQ", out, entry)
            size = {2: 1, 3: 2, 4: 4, 5: 8, 16: 8}[kind] * count
            if size > 8 or code == 273:
                struct.pack_into("<Q", out, entry + 12, value + by)
        (following,) = struct.unpack_from("<Q", out, at + 8 + 20 * n)
        if following:
            struct.pack_into("<Q", out, at + 8 + 20 * n, following + by)
        at = following
    return bytes(out[:16]) + head + bytes(out[16:])


@pytest.mark.parametrize("header", [True, False])
def test_scanimage(tmp_path: Path, header: bool, describe) -> None:
    planes = ramp(12, 8, 9, dtype="i2")
    keys = FAST | {
        "SI.hRoiManager.scanVolumeRate": "4", "SI.hStackManager.actualStackZStepSize": "-2.5",
        "SI.hScan2D.logAverageFactor": "1",
    }  # fmt: skip
    path = scanimage(tmp_path / "a.tif", {"SI.LINE_FORMAT_VERSION": "1", **keys}, planes, header=header)
    (image,) = describe(path)
    assert (image.kind, image.axes, image.assumptions) == ("ScanImage TIFF", "TZCYX", ())
    pixels, metadata = omio.imread(path)
    np.testing.assert_array_equal(pixels, planes.reshape(2, 3, 2, 8, 9))
    assert (metadata["PhysicalSizeZ"], metadata["TimeIncrement"]) == (2.5, 0.25)
    assert "SI.hFastZ.enable = true" in metadata["Annotations"]["scanimage"]["FrameData"]


def test_scanimage_of_frames_only(tmp_path: Path, describe) -> None:
    keys = {"SI.hChannels.channelSave": "1", "SI.hRoiManager.scanFramePeriod": "0.033"}
    path = scanimage(tmp_path / "a.tif", keys, ramp(5, 8, 9, dtype="i2"), header=False)
    (image,) = describe(path)
    assert image.axes == "TYX"
    fact = image.facts().time_increment
    assert (fact.value, fact.where) == (0.033, "ScanImage SI.hRoiManager.scanFramePeriod")


# --- MetaMorph


def stk(
    path: Path, planes: np.ndarray, *, distances: list[float], times: list[int], waves: list[int] | None = None,
    units: bytes = b"um", lacking: int = 0, compression: int = 1,
) -> Path:  # fmt: skip
    """N planes behind one IFD, and UIC tags; `lacking` bytes of the last plane are not there."""
    n, height, width = planes.shape
    uic2 = b"".join(
        struct.pack("<6I", round(d * 1000), 1000, 2451576, t, 2451576, t) for d, t in zip(distances, times, strict=True)
    )
    uic3 = b"".join(struct.pack("<2I", w, 1) for w in waves or [520] * n)
    out = bytearray(struct.pack("<2sHI", b"II", 42, 0))

    def put(data: bytes) -> int:
        at = len(out)
        out.extend(data + bytes(len(data) % 2))
        return at

    calibration, name = put(struct.pack("<2I", 645, 1000)), put(struct.pack("<I", 6) + b"stack\0")
    unit = put(struct.pack("<I", len(units) + 1) + units + b"\0")
    codes = [(3, 1), (4, calibration), (5, calibration), (6, unit), (7, name), (0, 1)]
    uic1 = put(b"".join(struct.pack("<2I", *pair) for pair in codes))
    at2, at3 = put(uic2), put(uic3)
    tags = [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 16), (259, 3, 1, compression), (262, 3, 1, 1),
        (273, 4, 1, 0), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, planes[0].nbytes),
        (33628, 4, len(codes), uic1), (33629, 5, n, at2), (33630, 5, n, at3),
    ]  # fmt: skip
    ifd = len(out)
    data = ifd + 2 + 12 * len(tags) + 4
    tags[5] = (273, 4, 1, data)
    out += struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4)
    out += planes.astype("<u2").tobytes()
    out[4:8] = struct.pack("<I", ifd)
    path.write_bytes(bytes(out[: len(out) - lacking]))
    return path


def test_metamorph_along_z(tmp_path: Path, describe) -> None:
    planes = ramp(4, 8, 9)
    path = stk(tmp_path / "a.stk", planes, distances=[0.5] * 4, times=[0, 1000, 2000, 3000])
    (image,) = describe(path)
    assert (image.kind, image.axes, image.name) == ("MetaMorph stack", "ZYX", "stack")
    pixels, metadata = omio.imread(path)
    np.testing.assert_array_equal(pixels[0, :, 0], planes)
    assert metadata["PhysicalSizeX"] == metadata["PhysicalSizeY"] == 0.645
    assert metadata["PhysicalSizeZ"] == 0.5
    assert metadata["Annotations"]["metamorph"]["Wavelengths"] == [520.0]
    with tifffile.TiffFile(path) as file:
        np.testing.assert_array_equal(file.series[0].asarray(), planes)


def test_metamorph_along_t(tmp_path: Path, describe) -> None:
    path = stk(tmp_path / "a.stk", ramp(4, 8, 9), distances=[0] * 4, times=[500, 1500, 2501, 3500])
    (image,) = describe(path)
    assert (image.axes, image.assumptions) == ("TYX", ())
    facts = image.facts()
    assert (facts.time_increment.value, facts.time_increment.origin) == (1.0, "derived")
    assert facts.planes.columns["DeltaT"].ravel().tolist() == [0.0, 1.0, 2.001, 3.0]


def test_times_of_metamorph_are_scaled_as_decimals(tmp_path: Path, describe) -> None:
    path = stk(tmp_path / "a.stk", ramp(4, 8, 9), distances=[0] * 4, times=[7, 107, 207, 307])
    (image,) = describe(path)
    facts = image.facts()
    assert facts.time_increment.value == 0.1
    assert facts.planes.columns["DeltaT"].ravel().tolist() == [0.0, 0.1, 0.2, 0.3]


@pytest.mark.parametrize(
    "said",
    [
        {"distances": [0] * 4, "times": [0] * 4},
        {"distances": [0, 0.5, 0, 0.5], "times": [0, 1, 2, 3]},
        {"distances": [0] * 4, "times": [0, 1, 2, 3], "waves": [520, 620, 520, 620]},
    ],
)
def test_metamorph_along_what_nobody_knows(tmp_path: Path, said: dict, describe) -> None:
    (image,) = describe(stk(tmp_path / "a.stk", ramp(4, 8, 9), **said))
    assert image.axes == "QYX"
    assert image.assumptions


def test_metamorph_in_units_that_are_none(tmp_path: Path, describe) -> None:
    path = stk(tmp_path / "a.stk", ramp(2, 8, 9), distances=[1, 1], times=[0, 1], units=b"pixels")
    facts = describe(path)[0].facts()
    assert facts.physical_size_x is None
    assert facts.physical_size_z is None


def test_metamorph_too_short(tmp_path: Path, describe) -> None:
    path = stk(tmp_path / "a.stk", ramp(4, 8, 9), distances=[0] * 4, times=[0, 1, 2, 3], lacking=1)
    with pytest.raises(CorruptFileError, match="fewer planes"):
        describe(path)


def test_metamorph_compressed(tmp_path: Path, describe) -> None:
    path = stk(tmp_path / "a.stk", ramp(4, 8, 9), distances=[0] * 4, times=[0, 1, 2, 3], compression=5)
    with pytest.raises(UnsupportedFeatureError, match="MetaMorph"):
        describe(path)


def test_metamorph_tags_that_point_nowhere(make, page, describe) -> None:
    with pytest.raises(CorruptFileError):
        describe(make([page(t33629=(4, (1, 2, 3, 4, 5, 6)))], data=bytes(12)))
    with pytest.raises(CorruptFileError):
        describe(make([page(t33629=(5, tuple([1] * 100)))], data=bytes(12 * 50)))


# --- NIH Image


def test_nih_image_stacks_are_not_one_plane(make, page, describe, read) -> None:
    data = bytearray(600 + 5 * 12)
    data[508:510] = struct.pack(">h", 5)  # at byte 516 of the file
    data[600:] = bytes(range(60))
    nih = page(t43314=(1, bytes(512)), t273=(4, 8 + 600))
    path = make([nih], data=bytes(data), order=">")
    (image,) = describe(path)
    assert (image.kind, image.axes, shapes(image)) == ("NIH Image stack", "QYX", [(5, 3, 4)])
    assert read(path)[0].ravel().tolist() == list(range(60))
    packed = page(t43314=(1, bytes(512)), t273=(4, 8 + 600), t259=(3, 32773))
    with pytest.raises(UnsupportedFeatureError, match="NIH Image"):
        describe(make([packed], data=bytes(data), order=">"))


# --- samples beyond three, palettes, orientation


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("samples", [4, 5])
@pytest.mark.parametrize("stored", [{}, {"compression": "zlib"}, {"tile": (16, 16)}])
def test_extra_samples(tmp_path: Path, planar: str, samples: int, stored: dict, describe, read) -> None:
    path = tmp_path / "a.tif"
    shape = (20, 24, samples) if planar == "contig" else (samples, 20, 24)
    array = ramp(*shape)
    extra = ["unassalpha"] if samples == 4 else ["unassalpha", "unspecified"]
    tifffile.imwrite(path, array, photometric="rgb", planarconfig=planar, extrasamples=extra, metadata=None, **stored)
    (image,) = describe(path)
    assert image.axes == ("YXS" if planar == "contig" else "SYX")
    expected = array.transpose(2, 0, 1) if planar == "contig" else array
    np.testing.assert_array_equal(read(path)[0][0, 0], expected)


def test_a_palette_stays_indices_and_its_map_is_kept(tmp_path: Path, describe, read) -> None:
    path = tmp_path / "a.tif"
    indices = ramp(8, 9, dtype="u1")
    colors = (ramp(3, 256) * 85).astype("u2")
    tifffile.imwrite(path, indices, photometric="palette", colormap=colors, metadata=None)
    (image,) = describe(path)
    np.testing.assert_array_equal(read(path)[0][0, 0, 0], indices)
    kept = image.facts().annotations["tiff"]["ColorMap"]
    assert bytes.fromhex(kept) == colors.astype(">u2").tobytes()


def test_an_orientation_is_told_and_not_applied(make, page, describe, read) -> None:
    path = make([page(t274=(3, 3))], data=bytes(range(12)))
    assert describe(path)[0].facts().annotations["tiff"]["Orientation"] == 3
    assert read(path)[0].ravel().tolist() == list(range(12))
