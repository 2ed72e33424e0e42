"""Tags of MetaMorph that state nothing are no MetaMorph stack, and OME-XML comes before them and all such signs."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import omio
from omio_core.contract import Match, Probe
from omio_core.errors import CorruptFileError
from omio_plugins import lsm

from .made import binary_only, image, ome, placed, ramp, tiff
from .uic import EMPTY, plane, tagged

ORDERS = pytest.mark.parametrize("order", ["<", ">"])
ONE_IN_XML = '<TiffData IFD="0" PlaneCount="1"/>'


def assert_no_facts(image: Any) -> None:
    """Nothing of Prairie's block of UIC tags is a fact of the image."""
    facts = image.facts()
    assert (facts.physical_size_x, facts.physical_size_y, facts.physical_size_z) == (None, None, None)
    assert (facts.planes, facts.time_increment, image.name) == (None, None, None)
    assert "metamorph" not in facts.annotations


# --- no stack


@ORDERS
def test_a_page_of_which_uic2_states_nothing_is_plain(tmp_path: Path, order: str, describe) -> None:
    path = tagged(tmp_path / "a.tif", array := ramp(1, 8, 9), order=order, description="This is frame #0000")
    (one,) = describe(path)
    assert (one.kind, one.axes, one.assumptions) == ("TIFF", "YX", ())
    assert_no_facts(one)
    pixels, metadata = omio.imread(path)
    np.testing.assert_array_equal(pixels[0, 0], array)
    assert (metadata["PhysicalSizeX"], metadata["PhysicalSizeY"], metadata["Name"]) == (None, None, None)
    assert "Gattaca" not in str(metadata)
    assert "DeltaT" not in str(metadata)


@ORDERS
def test_all_pages_are_kept(tmp_path: Path, order: str, describe, read) -> None:
    path = tagged(tmp_path / "a.tif", array := ramp(3, 8, 9), order=order)
    (one,) = describe(path)
    assert (one.kind, one.axes, one.levels[0].shape) == ("TIFF", "QYX", (3, 8, 9))
    assert_no_facts(one)
    np.testing.assert_array_equal(read(path)[0][:, 0, 0], array)


def test_other_flavours_are_asked_then(tmp_path: Path, describe) -> None:
    said = "ImageJ=1.53t\nimages=3\nslices=3\n"
    (one,) = describe(tagged(tmp_path / "a.tif", ramp(3, 8, 9), description=said))
    assert (one.kind[:6], one.axes, one.assumptions) == ("ImageJ", "ZYX", ())
    assert_no_facts(one)


def test_a_page_may_be_compressed(tmp_path: Path, describe, read) -> None:
    for uic2, kind in ((EMPTY, "TIFF"), (plane(), "MetaMorph stack")):
        path = tagged(tmp_path / "a.tif", array := ramp(1, 8, 9), uic2=[uic2], packed=True)
        assert describe(path)[0].kind == kind
        np.testing.assert_array_equal(read(path)[0][0, 0], array)


def test_a_uic2_that_cannot_be_read_states_nothing(make, page, describe, read) -> None:
    path = make([page(t33629=(4, 1 << 20))], data=bytes(range(12)))
    assert describe(path)[0].kind == "TIFF"
    assert read(path)[0].ravel().tolist() == list(range(12))


@pytest.mark.parametrize("uic2", [plane(day=2459809), plane(day=0, distance=(5, 10)), plane(day=0)])
def test_one_plane_of_which_something_is_stated_is_a_stack(tmp_path: Path, uic2: tuple, describe) -> None:
    (one,) = describe(tagged(tmp_path / "a.stk", ramp(1, 8, 9), uic2=[uic2], calibration=(645, 1000), name=b"DAPI"))
    facts = one.facts()
    assert (one.kind, one.name, facts.physical_size_x.value) == ("MetaMorph stack", "DAPI", 0.645)
    assert one.assumptions == ()
    assert (facts.planes is None) == (uic2[2] == 0)


# --- stacks of which UIC2 states nothing, or not all


@ORDERS
def test_a_stack_of_which_nothing_is_stated(tmp_path: Path, order: str, describe) -> None:
    path = tagged(tmp_path / "a.stk", array := ramp(3, 8, 9), order=order, uic2=[EMPTY] * 3, stacked=True)
    (one,) = describe(path)
    assert (one.kind, one.axes, one.levels[0].shape) == ("MetaMorph stack", "QYX", (3, 8, 9))
    assert [text[:58] for text in one.assumptions] == ["UIC2Tag states no distance and no time of creation of any "]
    assert_no_facts(one)
    pixels, metadata = omio.imread(path, axes="ZYX")
    np.testing.assert_array_equal(pixels[0, :, 0], array)
    assert (metadata["PhysicalSizeX"], metadata["Name"]) == (None, None)
    assert "Gattaca" not in str(metadata)
    assert "DeltaT" not in str(metadata)


def test_times_of_some_planes_are_no_axis(tmp_path: Path, describe) -> None:
    for at in range(3):
        uic2 = [plane(distance=(0, 0), time=1000 * k) for k in range(3)]
        uic2[at] = EMPTY
        (one,) = describe(tagged(tmp_path / f"{at}.stk", ramp(3, 8, 9), uic2=uic2, stacked=True))
        assert (one.axes, one.facts().planes, one.facts().physical_size_x.value) == ("QYX", None, 99)
        assert one.assumptions == ("neither distances nor times of creation tell the axis of the stack",)


def test_times_without_distances_are_an_axis(tmp_path: Path, describe) -> None:
    uic2 = [plane(distance=(0, 0), time=1000 * k) for k in range(3)]
    (one,) = describe(tagged(tmp_path / "a.stk", ramp(3, 8, 9), uic2=uic2, stacked=True))
    assert (one.axes, one.facts().planes.columns["DeltaT"].ravel().tolist()) == ("TYX", [0.0, 1.0, 2.0])
    assert "ZDistance" not in one.facts().annotations["metamorph"]


@pytest.mark.parametrize(("unknown", "axes", "step"), [((0,), "ZYX", 0.5), ((2,), "ZYX", 0.5), ((0, 1), "QYX", None)])
def test_a_distance_over_zero_is_no_distance(
    tmp_path: Path, unknown: tuple[int, ...], axes: str, step: float | None, describe
) -> None:
    uic2 = [plane(distance=(5, 0 if k in unknown else 10)) for k in range(3)]
    (one,) = describe(tagged(tmp_path / "a.stk", ramp(3, 8, 9), uic2=uic2, stacked=True))
    fact = one.facts().physical_size_z
    assert (one.axes, None if fact is None else fact.value) == (axes, step)
    assert one.facts().planes is None


def test_a_stack_whose_description_cannot_be_read_is_one(tmp_path: Path, describe) -> None:
    path = tagged(tmp_path / "a.stk", ramp(3, 8, 9), uic2=[plane()] * 3, stacked=True, description="a note")
    data = path.read_bytes()
    entry = struct.pack("<HHI", 270, 2, 7)
    at = data.index(entry) + 8
    path.write_bytes(data[:at] + struct.pack("<I", 1 << 30) + data[at + 4 :])
    assert describe(path)[0].kind == "MetaMorph stack"
    plain = tagged(tmp_path / "a.tif", ramp(1, 8, 9), description="a note")
    data = plain.read_bytes()
    at = data.index(entry) + 8
    plain.write_bytes(data[:at] + struct.pack("<I", 1 << 30) + data[at + 4 :])
    with pytest.raises(CorruptFileError):
        describe(plain)


# --- OME-XML before UIC tags


@ORDERS
@pytest.mark.parametrize("uic2", [[EMPTY], [plane(time=5)], [EMPTY] * 3, [plane()] * 3])
def test_ome_xml_comes_before_uic_tags(tmp_path: Path, order: str, uic2: list, describe) -> None:
    array = ramp(3, 8, 9)
    xml = ome(image(['<TiffData IFD="0" PlaneCount="3"/>'], array, name="mine", T=3)).replace(
        "<Pixels ", '<Pixels PhysicalSizeX="0.5" PhysicalSizeXUnit="µm" '
    )
    path = tagged(tmp_path / "a.ome.tif", array, order=order, uic2=uic2, description=xml)
    (one,) = describe(path)
    assert (one.kind, one.name, one.axes, one.assumptions) == ("OME-TIFF", "mine", "TYX", ())
    pixels, metadata = omio.imread(path)
    np.testing.assert_array_equal(pixels[:, 0, 0], array)
    assert (metadata["PhysicalSizeX"], metadata["PhysicalSizeY"]) == (0.5, None)
    assert "Gattaca" not in str(metadata)


CYCLES, TIMES, CHANNELS = 2, 2, 2


def prairie(folder: Path, order: str) -> tuple[list[Path], np.ndarray]:
    """A set as Prairie View writes it: a file a plane, the metadata in the first, and UIC tags in each."""
    array = ramp(CYCLES, TIMES, CHANNELS, 5, 7)
    names = {at: f"S_Cycle{at[0] + 1:05}_Ch{at[2] + 1}_{at[1] + 1:06}.ome.tif" for at in np.ndindex(array.shape[:3])}
    urns = {at: k for k, at in enumerate(names)}
    images = [
        image(
            [placed(names[n, t, c], urns[n, t, c], T=t, C=c) for t in range(TIMES) for c in range(CHANNELS)],
            array, name=f"Sequence:{n + 1}", order="XYZCT", T=TIMES, C=CHANNELS,
        )
        for n in range(CYCLES)
    ]  # fmt: skip
    first = names[0, 0, 0]
    return [
        tagged(
            folder / name, array[at][None], order=order,
            description=ome("".join(images) if name == first else binary_only(first, 0), urns[at]),
        )
        for at, name in names.items()
    ], array[:, :, None]  # fmt: skip


@ORDERS
def test_a_set_with_uic_tags_opens_from_any_member(tmp_path: Path, order: str, describe) -> None:
    paths, array = prairie(tmp_path, order)
    for path in paths:
        found = describe(path)
        assert [(one.kind, one.name) for one in found] == [("OME-TIFF set", f"Sequence:{n + 1}") for n in range(CYCLES)]
        arrays, dicts = omio.imread(path, return_list=True)
        np.testing.assert_array_equal(arrays, array)
        assert [(m["PhysicalSizeX"], m["Name"]) for m in dicts] == [(None, "Sequence:1"), (None, "Sequence:2")]
        opened = omio.imopen(path, image="Sequence:2")
        np.testing.assert_array_equal(opened.to_numpy(), array[1])


@pytest.mark.parametrize("whole_folder", [True, False])
def test_a_set_with_uic_tags_is_planned_and_converted_once(tmp_path: Path, whole_folder: bool) -> None:
    paths, array = prairie(tmp_path / "in", "<")
    source = tmp_path / "in" if whole_folder else paths[-1]
    assert len(omio.plan(source).outputs) == CYCLES
    made = omio.convert_to_ometiff(source, tmp_path / "out")
    assert len(made) == CYCLES
    np.testing.assert_array_equal([omio.imread(path)[0] for path in made], array)


def test_a_member_without_its_set_has_no_facts_of_uic_tags(tmp_path: Path, describe) -> None:
    paths, _ = prairie(tmp_path, "<")
    paths[0].unlink()
    (one,) = describe(paths[1])
    assert (one.kind, one.absent_files) == ("OME-TIFF set", (paths[0].name,))
    assert_no_facts(one)


# --- OME-XML before the signs of others

NIH, LSM, UIC2 = (43314, 1, 512, bytes(512), True), (34412, 7, 512, bytes(512), True), (33629, 5, 3, (1,) * 6, True)


@pytest.mark.parametrize(
    "options",
    [
        {"software": "SI.LINE_FORMAT_VERSION = 1\nSI.hChannels.channelSave = [1;2]"},
        {"extratags": [NIH]}, {"extratags": [LSM]}, {"extratags": [LSM], "bigtiff": True}, {"extratags": [UIC2]},
        {"extratags": [NIH, LSM, UIC2], "software": "SI.VERSION_MAJOR = 5"},
    ],
)  # fmt: skip
def test_ome_xml_comes_before_every_vendors_sign(tmp_path: Path, options: dict) -> None:
    array = ramp(8, 9)
    xml = ome(image([ONE_IN_XML], array, name="mine"))
    path = tiff(tmp_path / "a.ome.tif", array, xml, **options)
    opened = omio.imopen(path)
    assert (opened.name, "OME-TIFF" in str(omio.explain(path))) == ("mine", True)
    np.testing.assert_array_equal(opened.to_numpy()[0, 0, 0], array)
    verdict = lsm.sniff(Probe(path))
    assert verdict.match is Match.NO


def test_the_tag_of_zeiss_is_enough_without_ome_xml(tmp_path: Path) -> None:
    array = ramp(8, 9)
    for k, said in enumerate(("", "a", "<", "<?xml version='1.0'?><MetaData/>", "a text that is long enough")):
        path = tiff(tmp_path / f"{k}.lsm", array, said, extratags=[LSM])
        assert lsm.sniff(Probe(path)).match is Match.EXACT
    path = tiff(tmp_path / "a.lsm", array, ome(image([ONE_IN_XML], array)), extratags=[LSM])
    assert lsm.sniff(Probe(path)).why == "an OME-TIFF that has kept tag 34412 (CZ_LSMINFO)"


# --- real files


def first_page(path: Path) -> np.ndarray:
    """The pixels of a page as tifffile reads it; its series and its UIC tags fail on an empty UIC2Tag."""
    with tifffile.TiffFile(path) as file:
        return file.pages.first.asarray()


@pytest.fixture(scope="module")
def found(data: Path) -> Path:
    """Files that public reports of faults led to."""
    if not (data / "found" / "prairie").is_dir():
        pytest.skip(f"no files of Prairie View in {data / 'found'}")
    return data / "found"


def test_real_time_series_of_prairie_view(found: Path, tmp_path: Path) -> None:
    folder = found / "prairie" / "TSeries-camp-005"
    expected = np.array([
        [[first_page(folder / f"{folder.name}_Cycle{n:05}_Ch{c}_{t:06}.ome.tif") for c in (1, 2)]
         for t in range(1, 5)]
        for n in (1, 2, 3)
    ])[:, :, None]  # fmt: skip
    paths = sorted(folder.glob("*.ome.tif"))
    assert len(paths) == 24
    for path in paths:
        arrays, dicts = omio.imread(path, return_list=True)
        np.testing.assert_array_equal(arrays, expected)
        assert [(m["Name"], m["PhysicalSizeX"], m["PhysicalSizeY"]) for m in dicts] == [
            (f"Sequence:{n}", 4.05296, 4.05296) for n in (1, 2, 3)
        ]
        assert dicts[2]["AcquisitionDate"] == "2022-01-25T01:09:25"
        assert np.ravel(dicts[0]["Planes"]["DeltaT"])[[0, 1, 2, 7]].tolist() == [0, 0, 1.31503, 3.94508]
    for source in (folder, paths[0], paths[13], paths[-1]):
        assert len(omio.plan(source).outputs) == 3
    made = omio.convert_to_ometiff(folder, tmp_path)
    np.testing.assert_array_equal([omio.imread(path)[0] for path in made], expected)


def test_real_line_scan_of_prairie_view(found: Path, tmp_path: Path) -> None:
    folder = found / "prairie" / "LineScan-06092017-1414-621"
    paths = sorted(folder.glob("*.ome.tif"))
    expected = np.array([first_page(path) for path in paths])[None, None]
    for path in paths:
        pixels, metadata = omio.imread(path)
        np.testing.assert_array_equal(pixels, expected)
        assert (metadata["PhysicalSizeX"], [c["Name"] for c in metadata["Channels"]]) == (0.294118, ["Ch1", "Ch2"])
    assert len(omio.plan(folder).outputs) == 3  # the set, and two sources
    made = omio.convert_to_ometiff(folder, tmp_path)
    assert [omio.imread(path)[0].shape for path in made] == [(1, 1, 1, 256, 256)] * 2 + [(1, 1, 2, 1000, 131)]


def test_real_plain_files_of_prairie_view(found: Path) -> None:
    scan = found / "prairie" / "LineScan-06092017-1414-621"
    paths = [*scan.glob("*Source.tif"), *scan.glob("References/*.tif"), found / "prairie_ch1source_gattaca.tif"]
    assert len(paths) == 7
    for path in paths:
        pixels, metadata = omio.imread(path)
        expected = first_page(path)
        np.testing.assert_array_equal(
            pixels[0, 0], expected[None] if expected.ndim == 2 else expected.transpose(2, 0, 1)
        )
        assert (metadata["PhysicalSizeX"], metadata["PhysicalSizeY"], metadata["Name"]) == (None, None, None)
        assert "Gattaca" not in str(metadata)
        assert "DeltaT" not in str(metadata)


def test_a_real_stack_of_metamorph_keeps_its_facts(found: Path, describe) -> None:
    (one,) = describe(found / "real_movie.stk")
    facts = one.facts()
    assert (one.kind, one.name, one.axes) == ("MetaMorph stack", "Temporary Timelapse Image", "TYX")
    assert (one.assumptions, facts.physical_size_x) == ((), None)
    assert facts.planes.columns["DeltaT"].ravel().tolist() == [0.0, 0.864]
