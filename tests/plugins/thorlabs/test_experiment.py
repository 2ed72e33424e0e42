"""Z, T and C from Experiment.xml, held against the size of the file; what does not fit is refused with the sums."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import omio
from omio_core.errors import (
    AmbiguousAxesError,
    CorruptFileError,
    LimitExceededError,
    MetadataWarning,
    MissingMetadataError,
    OmioError,
    UnsupportedFeatureError,
)

from .made import fast, flown, pixels, write, xml


def read(path: Path, **options: Any) -> np.ndarray:
    return omio.imread(path, **options)[0]


@pytest.mark.parametrize("name", ["Image_001_001.raw", "Image_0001_0001.RAW", "Image_scan_1_region_2.raw", "mouse.raw"])
def test_streaming(tmp_path: Path, name: str) -> None:
    """T from the frames, channels interleaved a frame."""
    array = pixels(7, 1, 2, 4, 5)
    assert np.array_equal(read(write(tmp_path, array, xml(Streaming={"frames": 7}), name)), array)


def test_fast_z_with_flyback(tmp_path: Path) -> None:
    """Flyback images are at the end of each volume, and are dropped."""
    array = pixels(3, 4, 2, 4, 5)
    image = omio.imopen(write(tmp_path, flown(array, 2), fast(3, 4, 2)))
    assert np.array_equal(image.to_numpy(), array)
    assert np.array_equal(image[1:, 2:, 1], array[1:, 2:, 1])
    assert any("2 flyback" in said for said in image.metadata.assumptions)


@pytest.mark.parametrize("in_file", [13, 12])
def test_fast_z_with_an_unfinished_volume(tmp_path: Path, in_file: int) -> None:
    """The frames are no multiple of the volume: volumes are rounded down, whether or not the rest is in the file."""
    array = pixels(13, 1, 2, 4, 5)
    path = write(tmp_path, array[:in_file], fast(4, 2, 1, Streaming={"frames": 13}))
    image = omio.imopen(path)
    assert np.array_equal(image.to_numpy(), array[:12].reshape(4, 3, 2, 4, 5)[:, :2])
    assert any("unfinished volume" in said for said in image.metadata.assumptions) is (in_file == 13)


def test_streaming_with_stale_z(tmp_path: Path) -> None:
    """Steps of the stage count only where fast-Z is on: 53 steps, 6 frames, T=6."""
    array = pixels(6, 1, 2, 4, 5)
    text = xml(ZStage={"steps": 53}, Streaming={"frames": 6, "flybackFrames": 3, "zFastMode": 1})
    image = omio.imopen(write(tmp_path, array, text))
    assert np.array_equal(image.to_numpy(), array)
    assert image.metadata.facts.physical_size_z is None


@pytest.mark.parametrize(("enable", "z"), [(1, 3), (None, 3), (0, 1)])
def test_time_points_with_stale_streaming(tmp_path: Path, enable: int | None, z: int) -> None:
    """Capture mode 0 ignores all of Streaming; without the switch, the stage is on."""
    array = pixels(4, z, 2, 4, 5)
    text = xml(
        CaptureMode={"mode": 0},
        ZStage={"steps": 3, "enable": enable},
        Timelapse={"timepoints": 4, "intervalSec": 30},
        Streaming={"enable": 0, "zFastEnable": 1, "flybackFrames": 3, "frames": 12000},
    )
    image = omio.imopen(write(tmp_path, array, text))
    assert np.array_equal(image.to_numpy(), array)
    assert image.metadata.facts.time_increment.value == 30


@pytest.mark.parametrize(("enable", "t"), [(1, 5), (0, 2), (None, 2)])
def test_without_a_capture_mode(tmp_path: Path, enable: int | None, t: int) -> None:
    """Old versions: the switch of Streaming decides."""
    array = pixels(t, 1, 2, 4, 5)
    text = xml(CaptureMode=None, Streaming={"enable": enable, "frames": 5}, Timelapse={"timepoints": 2})
    assert np.array_equal(read(write(tmp_path, array, text)), array)


@pytest.mark.parametrize("mask", [1, 2, 4, 8])
@pytest.mark.parametrize("only", [0, 1, None])
def test_one_enabled_channel_is_stored_alone(tmp_path: Path, mask: int, only: int | None) -> None:
    """Whatever the flag says."""
    array = pixels(3, 1, 1, 4, 5)
    image = omio.imopen(
        write(tmp_path, array, xml(mask=mask, Streaming={"frames": 3}, RawData={"onlyEnabledChannels": only}))
    )
    assert np.array_equal(image.to_numpy(), array)
    assert [one.name.value for one in image.metadata.channels] == [f"Chan{'ABCD'[mask.bit_length() - 1]}"]


@pytest.mark.parametrize(
    ("mask", "count", "names"),
    [
        (0b0011, 2, ["ChanA", "ChanB"]), (0b1001, 2, ["ChanA", "ChanD"]), (0b0111, 3, ["ChanA", "ChanB", "ChanC"]),
        (0b1111, 4, ["ChanA", "ChanB", "ChanC", "ChanD"]),
    ],
)  # fmt: skip
def test_enabled_channels(tmp_path: Path, mask: int, count: int, names: list[str]) -> None:
    """As many as the mask has bits; with their names, or those of their bits."""
    array = pixels(2, 1, count, 4, 5)
    for wavelengths in (names, []):
        image = omio.imopen(write(tmp_path, array, xml(mask=mask, wavelengths=wavelengths, Streaming={"frames": 2})))
        assert np.array_equal(image.to_numpy(), array)
        assert [one.name.value for one in image.metadata.channels] == names


@pytest.mark.parametrize(
    ("mask", "count", "names"),
    [
        (0b0011, 4, ["ChanA", "ChanB", "ChanC", "ChanD"]), (0b0011, 3, ["ChanA", "ChanB", "ChanC"]),
        (0b1010, 4, ["ChanA", "GCaMP", "ChanC", "red"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("flag", [{"onlyEnabledChannels": 0}, None])
def test_all_slots_are_written(
    tmp_path: Path, mask: int, count: int, names: list[str], flag: dict[str, int] | None
) -> None:
    """Slots are bits: four, or three of hardware with two channels, as the size of the file tells."""
    array = pixels(5, 1, count, 4, 5)
    waves = ["GCaMP", "red"] if mask == 0b1010 else ["ChanA", "ChanB"]
    image = omio.imopen(
        write(tmp_path, array, xml(mask=mask, wavelengths=waves, Streaming={"frames": 5}, RawData=flag))
    )
    assert np.array_equal(image.to_numpy(), array)
    assert [one.name.value for one in image.metadata.channels] == names
    assert any("all slots" in said for said in image.metadata.assumptions)


def test_channels_without_a_mask(tmp_path: Path) -> None:
    """The elements are counted, and that is said; without those, the size decides, if only one number fits."""
    array = pixels(5, 1, 3, 4, 5)
    image = omio.imopen(write(tmp_path, array, xml(mask=None, wavelengths=["a", "b", "c"], Streaming={"frames": 5})))
    assert np.array_equal(image.to_numpy(), array)
    assert any("Wavelength" in said for said in image.metadata.assumptions)
    image = omio.imopen(write(tmp_path, array, xml(mask=None, wavelengths=[], Streaming={"frames": 5})))
    assert image.shape == array.shape
    assert any("from its size" in said for said in image.metadata.assumptions)


def test_a_number_of_channels_is_never_guessed(tmp_path: Path) -> None:
    """Twelve images of a stopped run, with three slots or four: both fit."""
    text = xml(RawData=None, Streaming={"frames": 50}, ExperimentStatus={"value": "Stopped"})
    with pytest.raises(AmbiguousAxesError, match="several would fit") as told:
        omio.imopen(write(tmp_path, pixels(12, 1, 1, 4, 5), text))
    assert [(one["T"], one["C"]) for one in told.value.candidates] == [(3, 4), (4, 3)]


def test_a_stopped_run(tmp_path: Path) -> None:
    """T from the size of the file, and it is said: in a warning, and with the metadata."""
    array = pixels(4, 1, 2, 4, 5)
    path = write(tmp_path, array, xml(Streaming={"frames": 10}, ExperimentStatus={"value": "Stopped"}))
    with pytest.warns(MetadataWarning, match=r"stopped: T=4 is taken .* states T=10"):
        image = omio.imopen(path)
    assert np.array_equal(image.to_numpy(), array)
    assert any("T=4" in said for said in image.metadata.assumptions)


@pytest.mark.parametrize("images", range(1, 17))
@pytest.mark.parametrize("cut", [0, 7])
@pytest.mark.filterwarnings("ignore::omio_core.errors.OmioWarning")
def test_a_run_stopped_within_a_volume(tmp_path: Path, images: int, cut: int) -> None:
    """Every volume that was begun counts; what it lacks is absent, flyback is no loss."""
    array = pixels(2, 3, 2, 4, 5)
    stored = flown(array, 1).reshape(-1, 4, 5)
    path = write(tmp_path, stored[:images], fast(5, 3, 1, ExperimentStatus={"value": "Stopped"}))
    with path.open("ab") as file:
        file.write(bytes(cut))
    volumes, begun = divmod(images, 8)
    wanted = array[: volumes + bool(begun)].copy()
    if begun:
        wanted[-1].reshape(6, 4, 5)[begun:] = 0
    image = omio.imopen(path)
    assert np.array_equal(image.to_numpy(), wanted)
    assert (image.picture.present is None) is (begun in (0, 6, 7))
    assert any("cut off" in said for said in image.metadata.assumptions) is bool(cut)


def test_a_run_stopped_before_it_began(tmp_path: Path) -> None:
    """Not one image: nothing is made up."""
    path = write(tmp_path, pixels(3), fast(5, 3, 1, ExperimentStatus={"value": "Stopped"}))
    with pytest.raises(CorruptFileError, match="does not have the size"):
        omio.imopen(path)


def test_a_stopped_run_that_is_whole(tmp_path: Path) -> None:
    """The file may have been made at full length: that is said."""
    array = pixels(4, 1, 2, 4, 5)
    text = xml(Streaming={"frames": 4}, ExperimentStatus={"value": "Stopped"})
    image = omio.imopen(write(tmp_path, array, text))
    assert np.array_equal(image.to_numpy(), array)
    assert any("has all 4 time point" in said for said in image.metadata.assumptions)


@pytest.mark.parametrize("element", ["Streaming", "Timelapse"])
def test_t_from_the_size_where_it_is_not_stated(tmp_path: Path, element: str) -> None:
    """Every attribute may be missing."""
    array = pixels(6, 1, 2, 4, 5)
    text = xml(Streaming={"frames": None}, Timelapse=None, CaptureMode={"mode": int(element == "Streaming")})
    image = omio.imopen(write(tmp_path, array, text))
    assert np.array_equal(image.to_numpy(), array)
    assert any("T=6 is taken from the size" in said for said in image.metadata.assumptions)


def test_a_wrong_size_shows_the_arithmetic(tmp_path: Path) -> None:
    """What was stated, what is there, what would fit, and what to do."""
    path = write(tmp_path, pixels(6, 1, 2, 4, 5), fast(3, 4, 1))
    with pytest.raises(CorruptFileError) as told:
        omio.imopen(path)
    said = str(told.value)
    assert "T 3 x (Z 4 + flyback 1) x C 2 x Y 4 x X 5 x 2 bytes = 1200 bytes, 30 image(s)" in said
    assert "the file has 480 bytes, which is 12 image(s) of 40 bytes" in said
    assert "Streaming/@frames / (steps + flybackFrames)" in said
    assert {"T": 3, "Z": 4, "C": 1, "Y": 4, "X": 5} in told.value.candidates
    assert "omio sidecar" in told.value.remedy
    for one in told.value.candidates:
        flyback = one.get("flyback", 0)
        assert one["T"] * (one["Z"] + flyback) * one["C"] * one["Y"] * one["X"] * 2 == 480


@pytest.mark.parametrize("size", range(0, 480, 48))
@pytest.mark.parametrize("status", ["Complete", "Stopped"])
@pytest.mark.filterwarnings("ignore::omio_core.errors.OmioWarning")
def test_truncations(tmp_path: Path, size: int, status: str) -> None:
    """At every tenth: refused, or of a stopped run the images that are whole."""
    array = pixels(6, 1, 2, 4, 5)
    path = write(tmp_path, array, xml(Streaming={"frames": 6}, ExperimentStatus={"value": status}))
    with path.open("r+b") as file:
        file.truncate(size)
    if status == "Complete" or size < 40:
        with pytest.raises(OmioError):
            omio.imopen(path)
        return
    found = read(path)
    assert found.shape[0] == -(-(size // 40) // 2)
    assert np.array_equal(found.reshape(-1, 4, 5)[: size // 40], array.reshape(-1, 4, 5)[: size // 40])


def test_a_camera(tmp_path: Path) -> None:
    """Its own width and height, and no size of a pixel: what it states is of the chip."""
    array = pixels(2, 1, 1, 6, 7)
    text = xml(
        mask=1, Camera={"width": 7, "height": 6, "pixelSizeUM": 6.45}, Modality={"primaryDetectorType": 0},
        Streaming={"frames": 2},
    )  # fmt: skip
    image = omio.imopen(write(tmp_path, array, text))
    assert np.array_equal(image.to_numpy(), array)
    assert image.metadata.facts.physical_size_x is None
    text = text.replace('<Modality primaryDetectorType="0"/>', '<LightPath GalvoGalvo="0" Camera="1"/>')
    assert read(write(tmp_path, array, text)).shape == array.shape


def test_a_tiff_series_is_said_to_be_there(tmp_path: Path) -> None:
    """The XML says TIFF, a RAW file is there and fits: it is read, and that is said."""
    image = omio.imopen(write(tmp_path, pixels(3, 1, 2, 4, 5), xml(Streaming={"frames": 3, "rawData": 0})))
    assert any("TIFF series" in said for said in image.metadata.assumptions)


@pytest.mark.parametrize(
    ("elements", "error", "words"),
    [
        ({"CaptureMode": {"mode": 3}}, UnsupportedFeatureError, "bleaching"),
        ({"CaptureMode": {"mode": 4}}, UnsupportedFeatureError, "hyperspectral"),
        ({"CaptureMode": {"mode": 17}}, UnsupportedFeatureError, "capture mode 17"),
        ({"LSM": {"NumberOfPlanes": 2}}, UnsupportedFeatureError, "2 planes"),
        ({"LSM": None}, MissingMetadataError, "LSM/@pixelY"),
        ({"LSM": {"pixelX": 0}}, CorruptFileError, "LSM/@pixelX"),
        ({"LSM": {"pixelX": -5}}, CorruptFileError, "LSM/@pixelX"),
        ({"LSM": {"pixelX": "5.5"}}, CorruptFileError, "LSM/@pixelX"),
        ({"LSM": {"pixelX": "9" * 18}}, CorruptFileError, "LSM/@pixelX"),
        ({"LSM": {"pixelX": "9" * 5000}}, CorruptFileError, "LSM/@pixelX"),
        ({"Streaming": {"frames": "many"}}, CorruptFileError, "Streaming/@frames"),
        ({"Streaming": {"frames": 0}}, CorruptFileError, "Streaming/@frames"),
        ({"Streaming": {"zFastEnable": 1, "frames": 4}, "ZStage": None}, MissingMetadataError, "ZStage/@steps"),
        ({"Streaming": {"zFastEnable": 1, "frames": 4}, "ZStage": {"steps": 9}}, CorruptFileError, "no whole volume"),
        ({"Streaming": {"zFastEnable": 1, "flybackFrames": -1}}, CorruptFileError, "flybackFrames"),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_refused(
    tmp_path: Path, elements: dict[str, Any], error: type[OmioError], words: str
) -> None:
    path = write(tmp_path, pixels(4, 1, 2, 4, 5), xml(**elements))
    with pytest.raises(error) as told:
        omio.imopen(path)
    assert words in str(told.value)
    assert str(path) in str(told.value)


@pytest.mark.parametrize(
    "text",
    [
        "", "<", "<OME/>", "<ThorImageExperiment>", "<ThorImageExperiment/>", "no XML at all",
        '<!DOCTYPE a [<!ENTITY b "c">]><ThorImageExperiment/>', "<a/>" * 1000,
        "<ThorImageExperiment>" + "<a>" * 50_000 + "</a>" * 50_000 + "</ThorImageExperiment>",
    ],
)  # fmt: skip
def test_malformed_xml_is_refused(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, pixels(4, 1, 2, 4, 5), text)
    with pytest.raises(OmioError):
        omio.imopen(path)


def test_an_xml_that_is_too_long_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, pixels(4, 1, 2, 4, 5), xml() + " " * (3 << 20))
    with pytest.raises(LimitExceededError, match="too long for a sidecar"):
        omio.imopen(path)
