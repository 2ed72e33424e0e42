"""Pixels that are neither grey nor RGB: as stored, said in words, and written as no RGB."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import omio
from omio_core.files.local import locate
from omio_plugins.tiff._read import open_tiff

from .made import image, ome, ramp, tiff

CMYK = "four samples are CMYK (PhotometricInterpretation 5), kept as stored; they are no RGB, but channels"
INKS = ["Cyan", "Magenta", "Yellow", "Black"]
LAB = ["L*", "a*", "b*"]

MODELS: dict[str, tuple[int, str, list[str | None]]] = {  # samples, words, names
    "separated": (4, CMYK, list(INKS)),
    "cielab": (3, "CIE L*a*b* (PhotometricInterpretation 8)", list(LAB)),
    "icclab": (3, "ICC L*a*b* (PhotometricInterpretation 9)", list(LAB)),
    "ycbcr": (3, "YCbCr (PhotometricInterpretation 6)", ["Y", "Cb", "Cr"]),
    "linear_raw": (3, "LinearRaw (PhotometricInterpretation 34892)", [None] * 3),
    "logluv": (3, "LogLuv (PhotometricInterpretation 32845)", [None] * 3),
}


def write(path: Path, array: np.ndarray, **options: Any) -> Path:
    raw = options.get("photometric") == "linear_raw"  # of which versions of tifffile make pictures of several shapes
    tifffile.imwrite(path, array, metadata=None, **{**options, **({"photometric": "rgb"} if raw else {})})
    if raw:
        with tifffile.TiffFile(path, mode="r+") as file:
            file.pages.first.tags[262].overwrite(34892)
    return path


@pytest.mark.parametrize("stored", [{}, {"compression": "zlib"}, {"planarconfig": "separate"}, {"tile": (16, 16)}])
@pytest.mark.parametrize("model", MODELS)
def test_samples_of_other_colours_are_channels(tmp_path: Path, model: str, stored: dict[str, Any]) -> None:
    samples, words, names = MODELS[model]
    array = ramp(20, 30, samples, dtype="f4" if model == "logluv" else "u1")
    planar = "planarconfig" in stored
    apart = np.ascontiguousarray(array.transpose(2, 0, 1))
    path = write(tmp_path / "a.tif", apart if planar else array, photometric=model, **stored)
    with omio.imopen(path) as one:
        assert one.picture.description.axes == ("CYX" if planar else "YXC")
        assert (one.shape, one.samples) == ((1, 1, samples, 20, 30), 1)
        assert np.array_equal(one.to_numpy()[0, 0], apart)
        assert np.array_equal(one[0, 0, 1, 3:9, 5:], apart[1, 3:9, 5:])  # one of them alone, which samples never are
        (said,) = one.metadata.assumptions
        assert words in said
        assert "kept as stored; they are no RGB, but channels" in said
        assert [c.name and c.name.value for c in one.metadata.channels] == names
        out = omio.imwrite(tmp_path / "out.ome.tif", one)
    with tifffile.TiffFile(out) as file:
        assert [page.photometric.name for page in file.pages] == ["MINISBLACK"] * samples
        assert file.pages.first.samplesperpixel == 1
    with omio.imopen(out) as back:
        assert back.metadata.assumptions == (said,)
        assert np.array_equal(back.to_numpy()[0, 0], apart)
        assert [c.name and c.name.value for c in back.metadata.channels] == names


def test_signs_are_told_of_lab_alone(tmp_path: Path) -> None:
    """TIFF 6.0, section 23: a* and b* are in two's complement, which tags do not say."""
    for model, dtype, signed in (("cielab", "u1", True), ("icclab", "u1", False), ("cielab", "f4", False)):
        path = write(tmp_path / "a.tif", ramp(6, 7, 3, dtype=dtype), photometric=model)
        with omio.imopen(path) as one:
            assert one.metadata.assumptions[0].endswith("signed numbers") is signed


def test_further_samples_are_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", ramp(6, 7, 5, dtype="u1"), photometric="separated", extrasamples=["unspecified"])
    with omio.imopen(path) as one:
        assert "five samples are CMYK and 1 further (PhotometricInterpretation 5)" in one.metadata.assumptions[0]
        assert [c.name and c.name.value for c in one.metadata.channels] == [*INKS, None]


def test_inks_that_are_no_cmyk(tmp_path: Path) -> None:
    """Tag InkSet 2, TIFF 6.0, section 16."""
    tags = [(332, 3, 1, 2, True)]
    path = write(tmp_path / "a.tif", ramp(6, 7, 4, dtype="u1"), photometric="separated", extratags=tags)
    with omio.imopen(path) as one:
        assert "four samples are inks other than CMYK (Photo" in one.metadata.assumptions[0]
        assert [c.name for c in one.metadata.channels] == [None] * 4


@pytest.mark.parametrize("compression", ["jpeg", "webp"])
def test_what_a_codec_makes_rgb_of_stays_rgb(tmp_path: Path, compression: str) -> None:
    array = np.full((16, 16, 3), (200, 90, 30), "u1")
    written = "rgb" if compression == "jpeg" else "ycbcr"  # what tifffile is given; either way the file has YCbCr
    path = write(tmp_path / "a.tif", array, photometric=written, compression=compression)
    with tifffile.TiffFile(path) as file:
        assert file.pages.first.photometric.name == "YCBCR"
    with omio.imopen(path) as one:
        assert (one.picture.description.axes, one.samples, one.metadata.assumptions) == ("YXS", 3, ())
        assert np.abs(one.to_numpy()[0, 0, :, 0, 0].astype(int) - (200, 90, 30)).max() < 6


@pytest.mark.parametrize(("photometric", "samples"), [("rgb", 3), ("rgb", 4), ("minisblack", 3), ("minisblack", 1)])
def test_grey_and_rgb_are_as_they_were(tmp_path: Path, photometric: str, samples: int) -> None:
    array = ramp(6, 7, *([samples] * (samples > 1)), dtype="u1")
    path = write(tmp_path / "a.tif", array, photometric=photometric, planarconfig="contig")
    with omio.imopen(path) as one:
        assert (one.samples, one.metadata.assumptions) == (samples, ())


def test_zero_is_white(tmp_path: Path) -> None:
    array = ramp(6, 7, dtype="u1")
    with omio.imopen(write(tmp_path / "a.tif", array, photometric="miniswhite")) as one:
        assert np.array_equal(one.to_numpy()[0, 0, 0], array)
        (said,) = one.metadata.assumptions
    assert said.startswith("0 is white (PhotometricInterpretation 0): pixels are kept as stored")
    assert said.endswith("shows the negative")


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("xml", [True, False])
def test_indices_of_a_palette(tmp_path: Path, bits: int, xml: bool) -> None:
    """Indices stay; the map is kept where it is small, whatever else the file says of itself."""
    array = ramp(6, 7, dtype=f"u{bits // 8}")
    colors = np.arange(3 * 2**bits).reshape(3, -1).astype("u2")
    path = tiff(
        tmp_path / "a.tif", array, ome(image(["<TiffData/>"], array)) if xml else "", photometric="palette",
        colormap=colors,
    )  # fmt: skip
    with omio.imopen(path) as one:
        assert np.array_equal(one.to_numpy()[0, 0, 0], array)
        (said,) = one.metadata.assumptions
        kept = one.metadata.facts.annotations.get("tiff", {}).get("ColorMap")
    assert said.startswith("pixels are indices of a palette (PhotometricInterpretation 3), kept as stored")
    assert said.endswith("not applied" if bits == 8 else "not applied and not kept")
    assert kept == (colors.astype(">u2").tobytes().hex() if bits == 8 else None)


@pytest.mark.parametrize(
    ("photometric", "words"),
    [
        (32803, "a mosaic of filters of several colours, a CFA (PhotometricInterpretation 32803)"),
        (32844, "LogL (PhotometricInterpretation 32844)"),
        (34892, "LinearRaw (PhotometricInterpretation 34892)"),
        (60000, "of an unknown kind (PhotometricInterpretation 60000)"),
    ],
)
def test_one_sample_of_another_kind(make, page, photometric: int, words: str) -> None:
    with omio.imopen(make([page(t262=(3, photometric))], data=bytes(range(12)))) as one:
        assert one.to_numpy().ravel().tolist() == list(range(12))
        assert one.metadata.assumptions[0].startswith(f"pixels are {words}, kept as stored")


def test_channels_of_the_xml_are_told_of_each(tmp_path: Path) -> None:
    """One Channel of four samples is four channels; what is known of a plane is known of each."""
    array = ramp(6, 7, 4, dtype="u1")
    xml = ome(
        '<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint8" SizeX="7" SizeY="6" SizeZ="1" '
        'SizeC="4" SizeT="1"><Channel ID="Channel:0" SamplesPerPixel="4" EmissionWavelength="500"/><TiffData/>'
        '<Plane TheZ="0" TheC="0" TheT="0" DeltaT="2.5"/></Pixels></Image>'
    )
    with omio.imopen(tiff(tmp_path / "a.ome.tif", array, xml, photometric="separated")) as one:
        assert one.metadata.assumptions == (CMYK,)
        assert [c.emission.value for c in one.metadata.channels] == [500.0] * 4
        assert [c.name.value for c in one.metadata.channels] == INKS
        assert one.metadata.facts.planes.columns["DeltaT"].tolist() == [[[2.5] * 4]]


def test_samples_beside_channels_stay_samples(tmp_path: Path) -> None:
    """C is taken: there is no second axis of channels, so words alone say it."""
    array = ramp(2, 6, 7, 4, dtype="u1")
    tifffile.imwrite(tmp_path / "a.tif", array, photometric="separated", metadata={"axes": "CYXS"})
    opened = open_tiff(locate(tmp_path / "a.tif"))
    opened.close()
    assert opened.images[0].axes == "CYXS"
    assert opened.images[0].assumptions == (CMYK.removesuffix(", but channels"),)
