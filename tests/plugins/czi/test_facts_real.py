"""Facts of real CZI files of ZEN blue, ZEN black and pylibCZIrw, held against what was read from them by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from omio_core.contract import Facts, Planes
from omio_core.metadata.model import Metadata
from omio_core.ome import read, write
from omio_core.parsing.xml import first_named, local_name, parse_xml
from omio_plugins.czi import _facts
from omio_plugins.czi._facts import NAMESPACE
from omio_plugins.czi._tree import metadata

Describe = Callable[..., list[Any]]


def values(facts: Any, *slots: str) -> list[Any]:
    return [fact and fact.value for fact in (getattr(facts, slot) for slot in slots)]


def planes_of(facts: Facts) -> Planes:
    assert facts.planes is not None
    return facts.planes


def test_sizes_are_those_expected(data: Path, expected: dict[str, dict], describe: Describe) -> None:
    """Within a millionth; 0 in the file is unknown."""
    files = [name for name in expected if name.startswith("czi") and "pixel_size_um" in expected[name]]
    assert len(files) >= 20
    for name in files:
        sizes = expected[name]["pixel_size_um"]
        for described in describe(data / name):
            facts = described.facts()
            for axis in "XYZ":
                fact, size = getattr(facts, f"physical_size_{axis.lower()}"), sizes.get(axis)
                if size is None or size <= 1e-9:
                    assert fact is None, (name, axis)
                else:
                    assert fact.value == pytest.approx(size, rel=1e-6), (name, axis)


def test_the_text_is_kept_of_every_file(data: Path, describe: Describe) -> None:
    for path in sorted((data / "czi").glob("*.czi")):
        described = describe(path)[0]
        text = described.vendor()
        assert text.startswith("<ImageDocument>")
        assert text.rstrip().endswith("</ImageDocument>")
        assert text.encode() in path.read_bytes()
        assert described.facts().annotations == {NAMESPACE: {"Metadata": text}}


def test_nothing_used_is_left_out_before_parsing(data: Path, describe: Describe) -> None:
    """The lean tree has all that the whole document has of what is used."""

    def spelled(element: Any) -> list[Any]:
        return [(local_name(e), e.text, e.attrib) for e in element.iter()]

    for path in sorted((data / "czi").glob("*.czi")):
        xml = describe(path)[0].vendor().encode()
        whole, lean = first_named(parse_xml(xml), "Metadata"), metadata(xml)[0]
        assert whole is not None
        assert lean is not None
        for name in ("Information", "Scaling", "DisplaySetting"):
            a, b = first_named(whole, name), first_named(lean, name)
            assert (a is None) == (b is None)
            assert a is None or b is None or spelled(a) == spelled(b)


def test_zen_blue(data: Path, describe: Describe) -> None:
    (described,) = describe(data / "czi" / "CellDivision_T3_Z5_CH2_X240_Y170.czi")
    facts = described.facts()
    assert values(facts, "name", "acquisition_date", "time_increment") == [None, "2016-02-12T09:41:02.4915604Z", 60.075]
    assert values(facts, "objective")[0] == {
        "Model": "Plan-Apochromat 50x/1.2", "LensNA": 1.2, "NominalMagnification": 50.0, "WorkingDistance": 800.0,
        "WorkingDistanceUnit": "µm", "Immersion": "Water",
    }  # fmt: skip
    slots = ("name", "color", "excitation", "emission", "fluor")
    assert [values(c, *slots) for c in facts.channels] == [
        ["LED555", 0xFF7E00FF - (1 << 32), 553.0, 568.0, "Alexa Fluor 555"],
        ["LED470", 0x00FF33FF, 493.0, 517.0, "Alexa Fluor 488"],
    ]
    columns = planes_of(facts).columns
    assert {column.shape for column in columns.values()} == {(3, 5, 2)}
    # T0 Z2 C0 says 09:47:10.0715848
    assert columns["DeltaT"][0, 2, 0] == pytest.approx(367.5800244, abs=2e-6)
    assert columns["DeltaT"][1, 2, 0] == pytest.approx(427.5974572, abs=2e-6)
    np.testing.assert_allclose(columns["ExposureTime"], np.broadcast_to([0.1, 0.2], (3, 5, 2)))
    np.testing.assert_allclose(np.diff(columns["PositionZ"], axis=1), 0.32, atol=1e-9)
    assert columns["PositionX"][0, 2, 0] == 16977.153
    assert columns["PositionY"][0, 2, 0] == 18621.489


def test_scenes(data: Path, describe: Describe) -> None:
    several = [one.facts() for one in describe(data / "czi" / "S3_1Pos_2Mosaic_T2_Z3_CH2_sm.czi")]
    assert [values(one, "name", "time_increment") for one in several] == [[n, 33.412] for n in ("TR1", "P1", "TR2")]
    mosaic, single, last = (planes_of(one).columns for one in several)
    for columns in (mosaic, single, last):
        np.testing.assert_allclose(columns["DeltaT"], np.broadcast_to([[[0]], [[33.412]]], (2, 3, 2)), atol=2e-6)
        np.testing.assert_array_equal(columns["PositionZ"], np.broadcast_to([[[-1], [0], [1]]], (2, 3, 2)))
        np.testing.assert_allclose(columns["ExposureTime"], 0.002)
    assert mosaic["PositionX"][0, 0, 0] == 38397.296
    assert "PositionX" not in single  # its sub-blocks do not say
    assert last["PositionY"][0, 0, 0] == 13214.218


def test_wells(data: Path, describe: Describe) -> None:
    two = [one.facts() for one in describe(data / "czi" / "WellD6-7_S2.czi")]
    assert [values(one, "name") for one in two] == [["D6"], ["D7"]]
    delta = [planes_of(one).columns["DeltaT"].item() for one in two]
    assert delta == pytest.approx([0.3825374, 0.7684265], abs=2e-6)  # the attachment has 0.3825374 too
    assert [planes_of(one).columns["PositionX"].item() for one in two] == [49500, 58500]


def test_zen_black(data: Path, describe: Describe) -> None:
    (described,) = describe(data / "czi" / "LSM880_AiryScan.czi")
    facts = described.facts()
    assert values(facts, "acquisition_date", "time_increment") == [None, None]
    assert len(facts.channels) == 32 * 8
    assert values(facts.channels[8], "name", "excitation", "emission") == ["ChA-T1 H1", 633.0, 653.596769]
    assert values(facts.channels[4], "name", "excitation") == ["ChA-T1# H0", None]
    delta = planes_of(facts).columns["DeltaT"].reshape(32, 8)
    assert (delta[0] == 0).all()
    assert np.isnan(delta[1:, 4:]).all()  # the processed channels have one phase
    (tiles,) = describe(data / "czi" / "tiles.czi")
    assert [values(c, "name", "color") for c in tiles.facts().channels] == [["Ch1", 0x00FF00FF], ["T PMT", -1]]


def test_names_that_only_the_display_has(data: Path, describe: Describe) -> None:
    (described,) = describe(data / "czi" / "DAPI_GFP.czi")
    assert [values(c, "name", "color") for c in described.facts().channels] == [["DAPI", 0xFFFF], ["GFP", 0xFF00FF]]


def test_an_exposure_that_was_measured(data: Path, describe: Describe) -> None:
    columns = planes_of(describe(data / "czi" / "s_1_t_1_c_1_z_1.czi")[0].facts()).columns
    assert {name: column.item() for name, column in columns.items()} == pytest.approx(
        {"ExposureTime": 0.010004210526316, "PositionX": 43427.982, "PositionY": 42720.296, "PositionZ": 9801.29,
         "DeltaT": 0.4960496}, abs=2e-6,
    )  # fmt: skip


@pytest.mark.parametrize("part", [1 << 22, 100_000])
def test_the_text_goes_into_ome_xml_and_back(
    data: Path, describe: Describe, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    """Whole, once for all scenes; a long one as parts, to be joined."""
    monkeypatch.setattr(_facts, "PART", part)
    several = describe(data / "czi" / "WellD6-7_S2.czi")
    whole = [Metadata(shape=(1, 1, 1, 440, 544), dtype="uint16", facts=one.facts()) for one in several]
    xml = write.build_ome(whole, pixel_types=["uint16"] * 2, creator="test")
    write.check_ome(xml)
    text = several[0].vendor()
    assert len(text) < len(xml) < 1.5 * len(text)
    for index in (0, 1):
        kept = read.ome_facts(xml, index).annotations[NAMESPACE]["Metadata"]
        assert isinstance(kept, str if part > len(text) else list)
        assert "".join(kept) == text.replace("\r\n", "\n")  # as any XML parser reads it
