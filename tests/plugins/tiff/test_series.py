"""Series of which only the first files list the others: any file gives the whole, and alone it is the plane it is."""

from __future__ import annotations

import itertools
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
from click.testing import CliRunner

import omio
from omio.cli.app import app
from omio_core.errors import AbsentDataError, AbsentPlanesWarning, CorruptFileError, MetadataWarning
from omio_core.files.local import LocalLocation
from omio_core.files.positioned import LocalFile
from omio_core.pixels.handles import HANDLES
from omio_plugins.tiff._series import first_names

from .made import ome, ramp, tiff
from .series import listed, name_of, pixels_xml, seconds, thor


@pytest.fixture(autouse=True)
def _let_go() -> Iterator[None]:
    """What the core keeps open for a next read is closed."""
    yield
    HANDLES.clear()


def alone(folder: Path, text: str, array: np.ndarray, name: str = "ChanB_0001_0001_0003_0002.tif", **options) -> Path:
    return tiff(folder / name, array, text, **options)


# --- the real series


@pytest.fixture(scope="session")
def real(data: Path) -> Path:
    """A Z-stack of two channels by ThorImageLS, with an ImageJ file and Experiment.xml beside it."""
    folder = data / "found" / "thorlabs_tiff" / "utils2p_mouse_kidney_z_stack"
    if not folder.is_dir():
        pytest.skip(f"there is no {folder}")
    return folder


@pytest.fixture(scope="session")
def single(data: Path) -> Path:
    """One file of another series of ThorImageLS."""
    path = data / "found" / "thorlabs_tiff_alone" / "ChanB_0001_0001_0003_0003.tif"
    if not path.is_file():
        pytest.skip(f"there is no {path}")
    return path


REAL = [f"Chan{c}_0001_0001_{z:04}_0001.tif" for c in "AB" for z in (1, 2, 3)]


def by_tifffile(folder: Path) -> np.ndarray:
    """The Z-stack put together from the first page of each file by its name, TZCYX."""
    stack = np.zeros((1, 3, 2, 128, 128), "u2")
    for c, z in itertools.product("AB", range(3)):
        with tifffile.TiffFile(folder / f"Chan{c}_0001_0001_{z + 1:04}_0001.tif") as file:
            stack[0, z, "AB".index(c)] = file.pages[0].asarray()
    return stack


@pytest.mark.parametrize("name", REAL)
def test_each_file_of_the_real_series_gives_the_whole(real: Path, tmp_path: Path, name: str) -> None:
    expected = by_tifffile(real)
    array, metadata = omio.imread(real / name)
    np.testing.assert_array_equal(array, expected)
    assert metadata["PhysicalSizeX"] == 0.593
    assert metadata["PhysicalSizeZ"] == 15.0
    times = [0.0, 0.384965, 0.772986]  # each stated by the file of the plane, and by no other
    assert metadata["Planes"]["DeltaT"] == [[[t, t] for t in times]]
    with omio.imopen(real / name) as image:
        np.testing.assert_array_equal(image[0, 2, 1], expected[0, 2, 1])
        assert image.picture.description.kind == "OME-TIFF set"
    (output,) = omio.plan(real / name, tmp_path).outputs
    assert output.shape == (1, 3, 2, 128, 128)
    (written,) = omio.convert_to_ometiff(real / name, tmp_path)
    again, about = omio.imread(written)
    np.testing.assert_array_equal(again, expected)
    assert about["Planes"]["DeltaT"] == metadata["Planes"]["DeltaT"]


@pytest.mark.parametrize("order", [1, -1])
def test_all_files_of_the_real_folder_are_two_images(real: Path, tmp_path: Path, order: int) -> None:
    files = sorted(real.glob("*.tif"))[::order]
    for source in (real, files):
        arrays, _ = omio.imread(source, return_list=True)
        whole = next(one for one in arrays if one.shape[2] == 2)
        np.testing.assert_array_equal(whole, by_tifffile(real))
        assert sorted(one.shape[:3] for one in arrays) == [(1, 3, 1), (1, 3, 2)]
    assert sorted(one.shape for one in omio.plan(files, tmp_path).outputs) == [(1, 3, 1, 128, 128), (1, 3, 2, 128, 128)]
    written = omio.convert_to_ometiff(files, tmp_path)
    assert len(written) == 2
    assert any(np.array_equal(omio.imread(path)[0], by_tifffile(real)) for path in written)


def test_the_command_line_converts_the_real_folder(real: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["convert", str(real), "-o", str(tmp_path)])
    assert done.exit_code == 0, done.output
    names = ["ChanA_0001_0001_0001_0001.ome.tif", "z_stack.ome.tif"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    np.testing.assert_array_equal(omio.imread(tmp_path / names[0])[0], by_tifffile(real))


def test_a_real_file_alone_is_its_plane(single: Path, tmp_path: Path) -> None:
    words = r"ChanB_0001_0001_0003_0003\.tif: .* plane T2 Z2 C1 \(counted from 0\) .* T=3 Z=3 C=2 "
    with pytest.warns(MetadataWarning, match=words) as told:
        array, metadata = omio.imread(single)
    assert len(told) == 1
    with tifffile.TiffFile(single) as file:
        np.testing.assert_array_equal(array[0, 0, 0], file.pages[0].asarray())
    assert array.shape == (1, 1, 1, 128, 128)
    assert metadata["Planes"] == {"DeltaT": [[[4.72219]]]}
    assert (metadata["PhysicalSizeX"], metadata["PhysicalSizeZ"]) == (0.593, 15.0)
    assert "T2 Z2 C1" in metadata["Annotations"]["omio/assumptions"]["assumption"][0]
    with pytest.warns(MetadataWarning, match=words):
        (written,) = omio.convert_to_ometiff(single, tmp_path)
    again, about = omio.imread(written)
    np.testing.assert_array_equal(again, array)
    assert about["Planes"] == metadata["Planes"]
    assert any("T2 Z2 C1" in one for one in about["Annotations"]["omio/assumptions"]["assumption"])


# --- series made in code


@pytest.mark.parametrize("options", [{}, {"byteorder": ">", "compression": "zlib"}])
@pytest.mark.parametrize("shape", [(4, 1, 2, 5, 7), (2, 3, 1, 5, 7), (2, 2, 3, 5, 7)])
def test_any_file_gives_the_whole(tmp_path: Path, shape: tuple[int, ...], options: dict[str, str]) -> None:
    array = ramp(*shape) + 1
    files = thor(tmp_path, array, **options)
    times = [[[seconds(t, z, c) for c in range(shape[2])] for z in range(shape[1])] for t in range(shape[0])]
    for path in files.values():
        got, metadata = omio.imread(path)
        np.testing.assert_array_equal(got, array)
        assert metadata["Planes"]["DeltaT"] == times
    tiff(tmp_path / "other.tif", ramp(5, 7))
    arrays, _ = omio.imread(tmp_path, return_list=True)
    assert [one.shape for one in arrays] == [shape, (1, 1, 1, 5, 7)]


def test_the_members_are_all_files_of_the_series_and_no_other(tmp_path: Path, describe) -> None:
    files = thor(tmp_path, ramp(2, 2, 2, 5, 7))
    tiff(tmp_path / "ChanC_0001_0001_0001_0001.tif", ramp(5, 7), ome(""))
    with omio.imopen(files[1, 1, 1]) as image:
        members = [member.path for member in image.picture.key.members]
    assert members[0] == str(files[1, 1, 1])
    assert sorted(members) == sorted(map(str, files.values()))


def test_the_first_file_of_another_channel_lists_it_too(tmp_path: Path) -> None:
    array = ramp(3, 1, 2, 5, 7) + 1
    files = thor(tmp_path, array)
    files[0, 0, 1].unlink()
    with pytest.raises(AbsentDataError, match=r"ChanB_0001_0001_0001_0001\.tif"):
        omio.imread(files[2, 0, 1])
    array[0, 0, 1] = 0
    for at in ((0, 0, 0), (2, 0, 0), (2, 0, 1)):
        with pytest.warns(AbsentPlanesWarning):
            got, _ = omio.imread(files[at], absent_files="warn")
        np.testing.assert_array_equal(got, array)


def test_a_member_that_is_missing(tmp_path: Path) -> None:
    array = ramp(3, 1, 2, 5, 7) + 1
    files = thor(tmp_path, array)
    files[1, 0, 1].unlink()
    for source in (files[2, 0, 0], tmp_path):
        with pytest.raises(AbsentDataError, match=name_of(1, 0, 1)):
            omio.imread(source)
    array[1, 0, 1] = 0
    with pytest.warns(AbsentPlanesWarning, match="T1 Z0 C1"), pytest.warns(AbsentPlanesWarning, match=name_of(1, 0, 1)):
        got, metadata = omio.imread(tmp_path, absent_files="warn")
    np.testing.assert_array_equal(got, array)
    assert metadata["Planes"]["DeltaT"] == [[[0.0, 0.0]], [[2.0, None]], [[4.0, 4.0]]]


def test_without_the_first_files_each_is_its_own_plane(tmp_path: Path) -> None:
    array = ramp(2, 2, 2, 5, 7) + 1
    files = thor(tmp_path, array)
    for c in range(2):
        files.pop((0, 0, c)).unlink()
    for (t, z, c), path in files.items():
        with pytest.warns(MetadataWarning, match=f"{path.name}: .* plane T{t} Z{z} C{c} .* T=2 Z=2 C=2 "):
            got, metadata = omio.imread(path)
        np.testing.assert_array_equal(got, array[t, z, c][None, None, None])
        assert metadata["Planes"]["DeltaT"] == [[[seconds(t, z, c)]]]
    with pytest.warns(MetadataWarning, match="and 5 more of this kind") as told:
        arrays, _ = omio.imread(tmp_path, return_list=True)
    assert len(told) == 1
    assert len(arrays) == 6
    with pytest.raises(AbsentDataError, match="a part of a series"):
        omio.imread(files[1, 1, 0], absent_planes="raise")


def test_first_files_that_list_others_or_cannot_be_read(tmp_path: Path) -> None:
    array = ramp(2, 1, 2, 5, 7)
    files = thor(tmp_path, array)
    other = listed(array).replace("ChanB_0001_0001_0001_0002", "ChanB_0001_0001_0001_0009")
    tiff(files[0, 0, 0], array[0, 0, 0], pixels_xml(array, [(0, 0, 0)], other))
    files[0, 0, 1].write_bytes(b"II*\0\xff\xff\xff\xff")
    with pytest.warns(MetadataWarning, match="T1 Z0 C1"):
        assert omio.imread(files[1, 0, 1])[0].shape == (1, 1, 1, 5, 7)
    tiff(files[0, 0, 1], array[0, 0, 1], pixels_xml(array, [(0, 0, 1)], listed(array))[:-9])
    with pytest.warns(MetadataWarning, match="T1 Z0 C1"):
        assert omio.imread(files[1, 0, 1])[0].shape == (1, 1, 1, 5, 7)


def test_a_plane_that_a_member_misplaces_is_no_fact(tmp_path: Path) -> None:
    """TiffData place the pixels; what a file states of a plane that it does not hold is not taken over."""
    array = ramp(3, 1, 1, 5, 7)
    files = thor(tmp_path, array)
    tiff(files[1, 0, 0], array[1, 0, 0], pixels_xml(array, [(2, 0, 0)]).replace('"4.0"', '"9.0"'))
    for path in files.values():
        got, metadata = omio.imread(path)
        np.testing.assert_array_equal(got, array)
        assert metadata["Planes"]["DeltaT"] == [[[0.0]], [[None]], [[4.0]]]


# --- a file of several pages


NAMES = '<Channel ID="Channel:0:0" Name="green"/><Channel ID="Channel:0:1" Name="red" EmissionWavelength="610"/>'


@pytest.mark.parametrize("order", ["XYCZT", "XYZCT", "XYTCZ"])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_several_pages_are_the_planes_that_are_described(tmp_path: Path, order: str, byteorder: str) -> None:
    array = ramp(3, 4, 2, 5, 7)
    at = [(2, 1, 1), (1, 1, 1), (1, 2, 1), (2, 2, 1)]
    text = pixels_xml(array, at, channels=NAMES, order=order)
    path = alone(tmp_path, text, np.stack([array[one] for one in at]), byteorder=byteorder)
    with pytest.warns(MetadataWarning, match=r"4 planes, T1-2 Z1-2 C1 \(counted from 0\) .* T=3 Z=4 C=2 "):
        got, metadata = omio.imread(path)
    np.testing.assert_array_equal(got, array[1:3, 1:3, 1:2])
    assert metadata["Planes"]["DeltaT"] == [[[2.25], [2.5]], [[4.25], [4.5]]]
    (channel,) = metadata["Channels"]
    assert (channel["Name"], channel["EmissionWavelength"]) == ("red", 610.0)


def test_planes_between_those_that_are_described_are_absent(tmp_path: Path) -> None:
    array = ramp(1, 5, 2, 5, 7) + 1
    at = [(0, 1, 0), (0, 3, 1)]
    path = alone(tmp_path, pixels_xml(array, at), np.stack([array[one] for one in at]))
    part = pytest.warns(MetadataWarning, match="2 planes within T0 Z1-3 C0-1 ")
    with part, pytest.warns(AbsentPlanesWarning, match="T0 Z0 C1, T0 Z1 C0, T0 Z1 C1, T0 Z2 C0"):
        got, _ = omio.imread(path)
    expected = np.zeros((1, 3, 2, 5, 7), "u2")
    expected[0, 0, 0], expected[0, 2, 1] = array[0, 1, 0], array[0, 3, 1]
    np.testing.assert_array_equal(got, expected)


def test_colour_planes_count_channels_not_samples(tmp_path: Path) -> None:
    array = ramp(3, 5, 7, 3, dtype="u1")
    text = pixels_xml(np.zeros((3, 1, 3, 5, 7), "u1"), [(1, 0, 0)])
    path = alone(tmp_path, text, array[1], photometric="rgb")
    with pytest.warns(MetadataWarning, match="plane T1 Z0 C0 .* T=3 Z=1 C=1 "):
        got, metadata = omio.imread(path)
    np.testing.assert_array_equal(np.moveaxis(got[0, 0], 0, -1), array[1])
    assert metadata["SamplesPerPixel"] == 3


# --- what does not say which planes


@pytest.mark.parametrize(
    ("at", "evidence"),
    [
        ([(1, 0, 0), (1, 0, 0)], "several Plane elements are about T1 Z0 C0"),
        ([(0, 0, 0), (4, 0, 0)], "a Plane element is about T4 Z0 C0, of T=4 Z=3 C=2"),
        ([(0, 3, 0), (0, 0, 0)], "a Plane element is about T0 Z3 C0"),
        ([(0, 0, 2), (0, 0, 0)], "a Plane element is about T0 Z0 C2"),
    ],
)
def test_planes_twice_or_outside_are_a_contradiction(tmp_path: Path, at: list, evidence: str) -> None:
    array = ramp(4, 3, 2, 5, 7)
    path = alone(tmp_path, pixels_xml(array, at), ramp(2, 5, 7))
    with pytest.raises(CorruptFileError, match="cannot be told") as caught:
        omio.imread(path)
    assert evidence in str(caught.value)


@pytest.mark.parametrize("at", [[], [(3, 2, 1)], [(3, 2, 1), (3, 1, 1), (3, 0, 1)]])
def test_as_many_planes_as_pages_or_nothing_is_said(tmp_path: Path, at: list) -> None:
    """The pages are the first planes, as OME-TIFF has them without TiffData; the rest is absent, by the policy."""
    array = ramp(4, 3, 2, 5, 7) + 1
    path = alone(tmp_path, pixels_xml(array, at), array[0, 0])
    with pytest.warns(AbsentPlanesWarning, match="91.7 % of the pixels are absent, first in the planes T0 Z1 C0"):
        got, metadata = omio.imread(path)
    np.testing.assert_array_equal(got[0, 0], array[0, 0])
    assert not got[1:].any()
    assert not got[0, 1:].any()
    assert "nothing says which planes its 2 pages are" in str(metadata["Annotations"]["omio/assumptions"])
    with pytest.raises(AbsentDataError):
        omio.imread(path, absent_planes="raise")


@pytest.mark.parametrize("attribute", ["TheT", "TheZ", "TheC"])
@pytest.mark.parametrize("value", [None, "", "-1", "1.0", "one", "9" * 30])
def test_a_plane_that_does_not_say_where(tmp_path: Path, attribute: str, value: str | None) -> None:
    array = ramp(4, 3, 2, 5, 7) + 1
    text = pixels_xml(array, [(1, 1, 1)])
    said = "" if value is None else f' {attribute}="{value}"'
    path = alone(tmp_path, text.replace(f' {attribute}="1"', said), array[1, 1, 1])
    with pytest.warns(AbsentPlanesWarning):
        assert omio.imread(path)[0].shape == array.shape


def test_the_file_that_lists_it_tells_where_it_does_not(tmp_path: Path) -> None:
    array = ramp(2, 2, 1, 5, 7) + 1
    files = thor(tmp_path, array)
    for text in (pixels_xml(array, []), pixels_xml(array, [(0, 9, 0)])):
        tiff(files[1, 1, 0], array[1, 1, 0], text)
        np.testing.assert_array_equal(omio.imread(files[1, 1, 0])[0], array)


def test_a_file_that_has_all_its_planes_is_read_as_ever(tmp_path: Path, describe) -> None:
    array = ramp(2, 1, 1, 5, 7)
    path = alone(tmp_path, pixels_xml(array, [(1, 0, 0), (0, 0, 0)]), array[:, 0, 0])
    (one,) = describe(path)
    assert (one.axes, one.part_of, one.assumptions) == ("TYX", "", ())
    np.testing.assert_array_equal(omio.imread(path)[0], array)


# --- how a series is found


def test_names_of_first_files() -> None:
    assert list(first_names("a.tif")) == []
    assert list(first_names("s_T01.ome.tif")) == ["s_T00.ome.tif"]
    assert list(first_names("s_2_3.tif")) == ["s_2_1.tif", "s_1_1.tif", "s_2_0.tif", "s_0_0.tif"]
    found = list(first_names("ChanB_0001_0001_0003_0002.tif"))
    assert found[:2] == ["ChanB_0001_0001_0003_0001.tif", "ChanB_0001_0001_0001_0001.tif"]
    assert "ChanA_0001_0001_0001_0001.tif" in found
    assert len(list(first_names("ChanA" + "_1" * 1000 + ".tif"))) <= 60


@pytest.mark.parametrize("first", [True, False])
def test_a_folder_is_planned_without_reading_it_for_each_file(
    tmp_path: Path, first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opened files grow with the files of the folder, not with their square; no folder is listed for each file."""
    opened: list[str] = []
    listed: list[str] = []
    names = LocalLocation.names
    begin = LocalFile.__init__

    def counted(self: LocalFile, path: str) -> None:
        opened.append(path)
        begin(self, path)

    files = thor(tmp_path, ramp(40, 1, 2, 5, 7))
    if not first:
        for c in range(2):
            files.pop((0, 0, c)).unlink()
    monkeypatch.setattr(LocalFile, "__init__", counted)
    monkeypatch.setattr(LocalLocation, "names", lambda self: (listed.append(str(self)), names(self))[1])
    outputs = omio.plan(list(files.values())).outputs
    assert len(outputs) == (1 if first else 78)
    assert len(opened) <= 3 * len(files)  # a probe opens each once
    assert len(listed) <= 2  # for the record of what lay beside the sources


def test_a_series_moved_to_a_folder_of_a_link(tmp_path: Path) -> None:
    array = ramp(2, 1, 1, 5, 7)
    thor(tmp_path / "there", array)
    try:
        (tmp_path / "here").symlink_to(tmp_path / "there", target_is_directory=True)
    except OSError as error:
        pytest.skip(f"no symbolic links here: {error}")
    np.testing.assert_array_equal(omio.imread(tmp_path / "here" / name_of(1, 0, 0))[0], array)


def test_a_first_file_that_is_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    array = ramp(2, 1, 1, 5, 7)
    files = thor(tmp_path / "series", array)
    outside = shutil.move(files[0, 0, 0], tmp_path / "first.tif")
    try:
        files[0, 0, 0].symlink_to(outside)
    except OSError as error:
        pytest.skip(f"no symbolic links here: {error}")
    with pytest.warns(MetadataWarning, match="T1 Z0 C0"):
        assert omio.imread(files[1, 0, 0])[0].shape == (1, 1, 1, 5, 7)


def test_nothing_is_warned_of_a_whole_series(tmp_path: Path) -> None:
    files = thor(tmp_path, ramp(2, 1, 2, 5, 7))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        omio.imread(files[1, 0, 1])
