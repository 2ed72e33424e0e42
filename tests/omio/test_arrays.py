"""Arrays that are written: axes, metadata and types; what disagrees with the array raises and writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import pytest

import omio
from omio_core.errors import AmbiguousAxesError, MetadataError, NoWriterError, OmioError, UnknownOptionError, WriteError
from omio_core.metadata.facts import Facts, Planes
from omio_core.metadata.model import Metadata

SHAPE = (2, 3, 2, 16, 20)
PIXELS = np.arange(np.prod(SHAPE), dtype=np.uint16).reshape(SHAPE)

# --- axes and shape


@pytest.mark.parametrize(
    ("axes", "shape", "canonical"),
    [
        (None, (4, 6), (1, 1, 1, 4, 6)),
        (None, (2, 3, 4, 5, 6), (2, 3, 4, 5, 6)),
        ("ZYX", (3, 4, 6), (1, 3, 1, 4, 6)),
        ("zyx", (3, 4, 6), (1, 3, 1, 4, 6)),
        ("YXC", (4, 6, 2), (1, 1, 2, 4, 6)),
        ("XYZCT", (6, 4, 3, 2, 5), (5, 3, 2, 4, 6)),
        ("TYX", (1, 4, 6), (1, 1, 1, 4, 6)),
    ],
)
def test_axes(tmp_path: Path, axes: str | None, shape: tuple[int, ...], canonical: tuple[int, ...]) -> None:
    """Whatever the order, what is written is TZCYX with the same pixels."""
    pixels = np.arange(np.prod(shape), dtype=np.uint16).reshape(shape)
    array, _ = omio.imread(omio.imwrite(tmp_path / "a.ome.tif", pixels, axes=axes))
    assert array.shape == canonical
    order = [axes.upper().index(a) for a in "TZCYX" if a in axes.upper()] if axes else range(pixels.ndim)
    np.testing.assert_array_equal(array, pixels.transpose(order).reshape(canonical))


DISAGREE: dict[str, tuple[Any, dict[str, Any], type[OmioError]]] = {
    "nobody says what three axes are": (PIXELS[0, :, 0], {}, AmbiguousAxesError),
    "nobody says what one axis is": (PIXELS[0, 0, 0, 0], {}, AmbiguousAxesError),
    "too few letters": (PIXELS, {"axes": "ZYX"}, AmbiguousAxesError),
    "too many letters": (PIXELS[0, 0, 0], {"axes": "ZYX"}, AmbiguousAxesError),
    "a letter twice": (PIXELS[0, :, 0], {"axes": "YYX"}, AmbiguousAxesError),
    "no letters": (PIXELS[0, :, 0], {"axes": "1YX"}, AmbiguousAxesError),
    "the dict has other axes": (PIXELS, {"metadata": {"axes": "ZYX"}}, AmbiguousAxesError),
    "the dict has another shape": (PIXELS, {"metadata": {"shape": [2, 3, 2, 16, 21]}}, MetadataError),
    "the dict has another length": (PIXELS, {"metadata": {"SizeZ": 4}}, MetadataError),
    "too few channels": (PIXELS, {"metadata": {"Channels": [{"Name": "a"}]}}, MetadataError),
    "too few names": (PIXELS, {"channel_names": ["a"]}, MetadataError),
    "a table of another shape": (PIXELS, {"metadata": {"Planes": {"DeltaT": [[[0.0]]]}}}, MetadataError),
    "a key that is none": (PIXELS, {"metadata": {"PhysicalSizeT": 1.0}}, MetadataError),
    "a size of 0": (PIXELS, {"metadata": {"PhysicalSizeX": 0}}, MetadataError),
    "a size that is no number": (PIXELS, {"metadata": {"PhysicalSizeX": "0.1"}}, MetadataError),
    "a size in pixels": (PIXELS, {"metadata": {"PhysicalSizeX": 1, "PhysicalSizeXUnit": "pixel"}}, MetadataError),
    "an infinite size": (PIXELS, {"pixel_size": float("inf")}, MetadataError),
    "metadata that are no dict": (PIXELS, {"metadata": "FULL"}, MetadataError),
    "a shape that is a number": (PIXELS, {"metadata": {"shape": 5}}, MetadataError),
    "lengths that are true": (PIXELS[:, :, :1], {"metadata": {"SizeC": True}}, MetadataError),
    "an assumption that is a number": (
        PIXELS,
        {"metadata": {"Annotations": {"omio/assumptions": {"assumption": 5}}}},
        MetadataError,
    ),
    "bytes in an annotation": (PIXELS, {"metadata": {"Annotations": {"a": {"b": b"c"}}}}, MetadataError),
    "a Metadata with bytes in it": (
        PIXELS,
        {"metadata": Metadata(shape=SHAPE, dtype="uint16", facts=Facts(annotations={"a": {"b": b"c"}}))},
        MetadataError,
    ),
    "masked values": (np.ma.masked_equal(PIXELS, 5), {}, WriteError),
    "masked values in blocks": (da.from_array(np.ma.masked_equal(PIXELS, 5)), {}, WriteError),
    "blocks of unknown length": (da.from_array(PIXELS)[da.from_array(PIXELS[:, 0, 0, 0, 0]) > 0], {}, WriteError),
    "an axis without length": (PIXELS[:, :0], {}, OmioError),
    "level 10": (PIXELS, {"compression_level": 10}, OmioError),
    "level -1": (PIXELS, {"compression_level": -1}, OmioError),
    "a tile of 17": (PIXELS, {"tile": 17}, OmioError),
    "a policy that is none": (PIXELS, {"collision": "ask"}, OmioError),
    "an option that is none": (PIXELS, {"compresion_level": 1}, UnknownOptionError),
}


@pytest.mark.parametrize("case", DISAGREE)
def test_what_disagrees_writes_nothing(case: str, tmp_path: Path) -> None:
    """One error with a remedy; not even an empty file."""
    array, said, kind = DISAGREE[case]
    with pytest.raises(kind) as caught:
        omio.imwrite(tmp_path / "a.ome.tif", array, **said)
    assert caught.value.what
    assert caught.value.evidence or caught.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_a_table_of_planes_of_another_picture_is_told_before_a_pixel_is_asked_for(tmp_path: Path) -> None:
    """A `Metadata` is taken as it is, so the writer looks."""
    asked = []
    lazy = da.map_blocks(lambda block: asked.append(0) or block, da.from_array(PIXELS), dtype="uint16", meta=PIXELS[:0])
    planes = Planes(columns={"DeltaT": np.zeros((1, 1, 1))}, origin="caller")
    metadata = Metadata(shape=SHAPE, dtype="uint16", facts=Facts(planes=planes))
    with pytest.raises(MetadataError, match="do not fit"):
        omio.imwrite(tmp_path / "a.ome.tif", lazy, metadata)
    assert asked == []


def test_blocks_of_unknown_length_are_named(tmp_path: Path) -> None:
    """Dask has NaN for their length."""
    rows = da.from_array(PIXELS[0, 0, 0])
    with pytest.raises(WriteError, match="compute_chunk_sizes"):
        omio.imwrite(tmp_path / "a.ome.tif", rows[rows[:, 0] > 3])


def test_a_mask_that_masks_nothing_is_no_matter(tmp_path: Path) -> None:
    """Neither where there is none, nor where all of it is False."""
    for mask in (np.ma.nomask, np.zeros(SHAPE, bool)):
        array, _ = omio.imread(omio.imwrite(tmp_path / f"{np.ndim(mask)}.ome.tif", np.ma.array(PIXELS, mask=mask)))
        np.testing.assert_array_equal(array, PIXELS)


def test_namespaces_that_are_no_uri_come_back(tmp_path: Path) -> None:
    """Through a file, and through the file made of that file."""
    said = {name: {"a": "b"} for name in ("http://host:port/x", "//a:b:c", "a  b", "[1]", "100 %", "lab/stage")}
    path = omio.imwrite(tmp_path / "a.ome.tif", PIXELS, {"Annotations": said})
    (again,) = omio.convert_to_ometiff(path, tmp_path / "out")
    for written in (path, again):
        _, metadata = omio.imread(written)
        assert {k: v for k, v in metadata["Annotations"].items() if not k.startswith("omio/")} == said


def test_a_file_whose_namespace_is_no_uri_can_be_converted(tmp_path: Path) -> None:
    """The schema refuses it, and other writers write it."""
    path = omio.imwrite(tmp_path / "a.ome.tif", PIXELS, {"Annotations": {"lab.example/": {"a": "b"}}})
    raw = path.read_bytes()
    assert raw.count(b'"lab.example/"') == 1
    path.write_bytes(raw.replace(b'"lab.example/"', b'"//lab:stage/"'))
    (written,) = omio.convert_to_ometiff(path, tmp_path / "out")
    _, metadata = omio.imread(written)
    assert metadata["Annotations"]["//lab:stage/"] == {"a": "b"}


def test_the_error_names_the_length(tmp_path: Path) -> None:
    """A person sees which length is wrong."""
    with pytest.raises(MetadataError, match="SizeZ is 4, the array has 3"):
        omio.imwrite(tmp_path / "a.ome.tif", PIXELS, {"SizeZ": 4})


# --- metadata


FULL: dict[str, Any] = {
    "Name": "a < b & “c”",
    "PhysicalSizeX": 0.1,
    "PhysicalSizeY": 0.2,
    "PhysicalSizeZ": 1.5,
    "TimeIncrement": 2.5,
    "AcquisitionDate": "2024-02-29T12:34:56",
    "Objective": {"Model": "Plan-Apo 63x", "LensNA": 1.4, "Immersion": "Oil"},
    "Channels": [
        {"Name": "DAPI", "Color": 65535, "ExcitationWavelength": 405.0, "EmissionWavelength": 461.0, "Fluor": "DAPI"},
        {"Name": "GFP"},
    ],
    "Planes": {"DeltaT": np.arange(12.0).reshape(2, 3, 2).tolist()},
    "Annotations": {"my.lab/plan": {"mouse": "7", "note": "second day"}},
}


def test_a_dict_comes_back(tmp_path: Path) -> None:
    """Every key that was given, as it was given."""
    _, metadata = omio.imread(omio.imwrite(tmp_path / "a.ome.tif", PIXELS, FULL))
    for key in set(FULL) - {"Channels", "Annotations"}:
        assert metadata[key] == FULL[key], key
    for given, found in zip(FULL["Channels"], metadata["Channels"], strict=True):
        assert {key: value for key, value in found.items() if value is not None} == {**given, "SamplesPerPixel": 1}
    assert metadata["Annotations"]["my.lab/plan"] == FULL["Annotations"]["my.lab/plan"]


def test_what_imread_gives_imwrite_takes(stated: Path, tmp_path: Path) -> None:
    """The whole dict, and again: nothing drifts; where it came from becomes history."""
    array, metadata = omio.imread(stated)
    once = omio.imwrite(tmp_path / "1.ome.tif", array, metadata)
    again, first = omio.imread(once)
    twice, second = omio.imread(omio.imwrite(tmp_path / "2.ome.tif", again, first))
    np.testing.assert_array_equal(twice, array)
    for key in set(metadata) - {"Annotations"}:
        assert metadata[key] == first[key] == second[key], key
    history = second["Annotations"]["omio/provenance"]["history"]
    assert [isinstance(entry, dict) for entry in history] == [True] * len(history)
    assert stated.name in str(history)


def test_what_the_caller_says_wins_over_the_dict(tmp_path: Path) -> None:
    """By keyword, for this once; numpy's numbers are numbers."""
    said = {"pixel_size": (np.float32(0.5), 0.25, 2), "time_increment": np.int64(3), "channel_names": ["x", "y"]}
    _, metadata = omio.imread(omio.imwrite(tmp_path / "a.ome.tif", PIXELS, FULL, **said))
    assert [metadata[f"PhysicalSize{a}"] for a in "XYZ"] == [0.5, 0.25, 2.0]
    assert metadata["TimeIncrement"] == 3.0
    assert [channel["Name"] for channel in metadata["Channels"]] == ["x", "y"]
    assert metadata["Channels"][0]["EmissionWavelength"] == 461.0
    assert FULL["PhysicalSizeX"] == 0.1  # the dict is left alone


def test_units_of_the_dict(tmp_path: Path, tell: Callable[[Path], Any]) -> None:
    """Any unit of OME's is understood, micrometres and seconds are written."""
    said = {"PhysicalSizeX": np.float64(250), "PhysicalSizeXUnit": "nm", "TimeIncrement": 20, "TimeIncrementUnit": "ms"}
    told = tell(omio.imwrite(tmp_path / "a.ome.tif", PIXELS, said))
    assert (told.at["PhysicalSizeX"], told.at["PhysicalSizeXUnit"]) == ("0.25", "µm")
    assert (float(told.at["TimeIncrement"]), told.at["TimeIncrementUnit"]) == (0.02, "s")


def test_text_that_xml_does_not_have(
    tmp_path: Path, xmllint: Callable[[str], None], tell: Callable[[Path], Any]
) -> None:
    """Control characters and markup cost neither the file nor the other metadata."""
    said = {"Name": "a\x00b\x1b<&>\"'\ud800é", "PhysicalSizeX": 0.1, "Annotations": {"n\x01s": {"k\x02": "v\x03]]>"}}}
    path = omio.imwrite(tmp_path / "a.ome.tif", PIXELS, said, channel_names=["<GFP>", "\x07bell"])
    xmllint(tell(path).xml)
    _, metadata = omio.imread(path)
    assert metadata["PhysicalSizeX"] == 0.1
    assert metadata["Channels"][0]["Name"] == "<GFP>"
    assert "<&>" in metadata["Name"]


# --- pixels


@pytest.mark.parametrize(
    "dtype",
    [
        "uint8",
        "int8",
        "uint16",
        "int16",
        "uint32",
        "int32",
        "float32",
        "float64",
        "complex64",
        "complex128",
        ">u2",
        ">f8",
    ],
)
def test_types_that_ome_has(tmp_path: Path, dtype: str) -> None:
    """Written as they are; the byte order of the array does not matter."""
    pixels = (np.arange(24).reshape(4, 6) * 5 - 3).astype(dtype)
    array, _ = omio.imread(omio.imwrite(tmp_path / "a.ome.tif", pixels))
    assert array.dtype == np.dtype(dtype).newbyteorder("=")
    np.testing.assert_array_equal(array[0, 0, 0], pixels)


@pytest.mark.parametrize(("dtype", "becomes"), [("bool", "uint8"), ("float16", "float32")])
def test_types_that_are_widened(tmp_path: Path, dtype: str, becomes: str) -> None:
    """The same values in a type that OME has, and the file says that it was done."""
    pixels = (np.arange(24).reshape(4, 6) % 5 > 2).astype(dtype)
    array, metadata = omio.imread(omio.imwrite(tmp_path / "a.ome.tif", pixels))
    assert array.dtype == becomes
    np.testing.assert_array_equal(array[0, 0, 0], pixels)
    assert dtype in str(metadata["Annotations"])


@pytest.mark.parametrize("dtype", ["int64", "uint64"])
def test_64_bits(tmp_path: Path, dtype: str) -> None:
    """Exact in 32 bits, or refused by name: never clipped, never wrapped."""
    pixels = np.arange(24, dtype=dtype).reshape(4, 6)
    array, metadata = omio.imread(omio.imwrite(tmp_path / "fits.ome.tif", pixels))
    assert array.dtype.itemsize == 4
    np.testing.assert_array_equal(array[0, 0, 0], pixels)
    assert dtype in str(metadata["Annotations"])
    pixels[3, 5] = 2**40
    with pytest.raises(OmioError, match=dtype):
        omio.imwrite(tmp_path / "large.ome.tif", pixels)
    assert [p.name for p in tmp_path.iterdir()] == ["fits.ome.tif"]


@pytest.mark.parametrize("array", [np.array([["a", "b"]]), np.zeros((2, 2), "datetime64[s]"), np.zeros((2, 2), object)])
def test_what_are_no_pixels(tmp_path: Path, array: Any) -> None:
    """Text, times and objects are refused."""
    with pytest.raises(NoWriterError):
        omio.imwrite(tmp_path / "a.ome.tif", array)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("samples", [3, 4])
def test_rgb(tmp_path: Path, tell: Callable[[Path], Any], samples: int) -> None:
    """S folds into C, is written beside each other, and comes back, by its dict too."""
    pixels = np.random.default_rng(3).integers(0, 255, (2, 12, 14, samples), np.uint8)
    path = omio.imwrite(tmp_path / "a.ome.tif", pixels, axes="ZYXS", channel_names=["stain"])
    told = tell(path)
    assert [channel["SamplesPerPixel"] for channel in told.channels] == [str(samples)]
    array, metadata = omio.imread(path)
    assert array.shape == (1, 2, samples, 12, 14)
    assert metadata["SamplesPerPixel"] == samples
    assert [channel["Name"] for channel in metadata["Channels"]] == ["stain"]
    np.testing.assert_array_equal(array[0], pixels.transpose(0, 3, 1, 2))
    again, _ = omio.imread(omio.imwrite(tmp_path / "b.ome.tif", array, metadata))
    np.testing.assert_array_equal(again, array)
    assert tell(tmp_path / "b.ome.tif").channels[0]["SamplesPerPixel"] == str(samples)


def test_arrays_of_every_kind(stated: Path, tmp_path: Path) -> None:
    """numpy of any strides, nested lists, dask, and an Image with its metadata."""
    array, _ = omio.imread(stated)
    strided = np.asfortranarray(array)[:, ::-1]
    given = {
        "strided": strided,
        "dask": da.from_array(strided, chunks=(1, 2, 1, 50, 60)),
        "frozen": np.lib.stride_tricks.as_strided(strided, writeable=False),
    }
    for name, pixels in given.items():
        back, _ = omio.imread(omio.imwrite(tmp_path / f"{name}.ome.tif", pixels))
        np.testing.assert_array_equal(back, strided, err_msg=name)
    back, _ = omio.imread(omio.imwrite(tmp_path / "list.ome.tif", [[1.5, 2.5], [3.5, 4.5]]))
    assert back.tolist() == [[[[[1.5, 2.5], [3.5, 4.5]]]]]
    with omio.imopen(stated) as image:
        path = omio.imwrite(tmp_path / "image.ome.tif", image.at(T=2), channel_names=["a", "b"])
    back, metadata = omio.imread(path)
    np.testing.assert_array_equal(back, array[2:3])
    assert metadata["PhysicalSizeZ"] == 1.5
    assert [channel["Name"] for channel in metadata["Channels"]] == ["a", "b"]


def test_lazy_pixels_are_written_without_being_held(stated: Path, tmp_path: Path) -> None:
    """What `imread` gives lazily, `imwrite` takes."""
    lazy, metadata = omio.imread(stated, lazy=True)
    array, _ = omio.imread(stated)
    back, _ = omio.imread(omio.imwrite(tmp_path / "a.ome.tif", lazy, metadata))
    np.testing.assert_array_equal(back, array)
