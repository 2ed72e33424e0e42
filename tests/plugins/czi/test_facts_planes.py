"""Facts a plane: from the sub-blocks' own XML, and from the attachment of time stamps."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from omio_core.contract import Facts, Planes
from omio_plugins.czi import _planes

from .made import Block, attach, ramp, write

BEGAN = "2016-02-12T09:41:02Z"


def tags(**said: object) -> bytes:
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in said.items())
    return f"<METADATA><Tags>{inner}</Tags><DataSchema /></METADATA>".encode()


def zen(t: int, z: int = 0, c: int = 0, *, x: float = 16977.153) -> bytes:
    """As ZEN blue writes it."""
    state = f'<CameraState Id="">\r\n  <ExposureTime>{(c + 1) * 10**8}</ExposureTime>\r\n</CameraState>'
    return tags(
        AcquisitionTime=f"2016-02-12T09:{47 + t}:1{z}.{c}715848Z",
        DetectorState=state.replace("<", "&lt;").replace(">", "&gt;"),
        StageXPosition=f"+{x:017.4f}",
        StageYPosition="-000000018621.4890",
        FocusPosition=f"+{1115 + 0.32 * z:017.4f}",
        RoiCenterOffsetX="+000000000000.0000",
    )


def document(began: str | None = BEGAN, channels: str = "") -> bytes:
    date = "" if began is None else f"<AcquisitionDateAndTime>{began}</AcquisitionDateAndTime>"
    image = f"<Image>{date}<Dimensions><Channels>{channels}</Channels></Dimensions></Image>"
    return f"<ImageDocument><Metadata><Information>{image}</Information></Metadata></ImageDocument>".encode()


def series(*metadata: bytes) -> list[Block]:
    """A time series, of the sub-blocks' XML."""
    return [Block(pixels=ramp(4, 5), at={"T": t}, metadata=one) for t, one in enumerate(metadata)]


def stamps(*seconds: float, size: int | None = None, count: int | None = None) -> bytes:
    """CZTIMS: size, count, seconds."""
    data = struct.pack(f"<{len(seconds)}d", *seconds)
    return struct.pack("<ii", len(data) + 8 if size is None else size, len(seconds) if count is None else count) + data


@pytest.fixture
def facts(tmp_path: Path, describe: Callable[..., list[Any]]) -> Callable[..., Facts]:
    """From sub-blocks, an XML and attachments to the facts of the first image."""

    def of(blocks: list[Block], xml: bytes | None = None, *attached: tuple[bytes, bytes], **odd: Any) -> Facts:
        path = write(tmp_path / "one.czi", blocks, xml=xml)
        return describe(attach(path, *attached, **odd) if attached else path)[0].facts()

    return of


@pytest.fixture
def table(facts: Callable[..., Facts]) -> Callable[..., Planes]:
    """As `facts`, its planes."""

    def of(*args: Any, **odd: Any) -> Planes:
        planes = facts(*args, **odd).planes
        assert planes is not None
        assert all(column.dtype == np.float64 for column in planes.columns.values())
        return planes

    return of


Table = Callable[..., Planes]
Facts_of = Callable[..., Facts]


def flat(planes: Planes, name: str) -> list[float]:
    """A column of a time series, rounded to tenths of a microsecond."""
    return [round(v, 7) for v in planes.columns[name].ravel().tolist()]


# --- sub-blocks


def test_all_that_a_sub_block_says(table: Table) -> None:
    blocks = [
        Block(pixels=ramp(4, 5), at={"T": t, "Z": z, "C": c}, metadata=zen(t, z, c))
        for z in (2, 0, 1)  # the order of the file is not that of the planes
        for c in (1, 0)
        for t in (0, 1)
    ]
    planes = table(blocks, document())
    assert set(planes.columns) == {"DeltaT", "ExposureTime", "PositionX", "PositionY", "PositionZ"}
    assert {column.shape for column in planes.columns.values()} == {(2, 3, 2)}
    t, z, c = np.indices((2, 3, 2))
    np.testing.assert_allclose(planes.columns["DeltaT"], 368.0715848 + 60 * t + z + 0.1 * c, atol=2e-6)
    np.testing.assert_allclose(planes.columns["ExposureTime"], 0.1 * (c + 1))
    np.testing.assert_array_equal(planes.columns["PositionX"], 16977.153)
    np.testing.assert_array_equal(planes.columns["PositionY"], -18621.489)
    np.testing.assert_allclose(planes.columns["PositionZ"], 1115 + 0.32 * z)
    assert (planes.origin, planes.where) == ("file", "CZI sub-blocks' METADATA/Tags")


def test_a_missing_plane_is_unknown(table: Table) -> None:
    blocks = [Block(pixels=ramp(4, 5), at={"T": t, "C": c}, metadata=zen(t, 0, c)) for t, c in ((0, 0), (1, 1))]
    planes = table(blocks, document(channels='<Channel Id="Channel:0"><ExposureTime>5</ExposureTime></Channel>'))
    for column in planes.columns.values():
        np.testing.assert_array_equal(np.isnan(column[:, 0]), [[False, True], [True, False]])


def test_a_mosaic_has_its_first_tile(table: Table) -> None:
    blocks = [
        Block(pixels=ramp(4, 5), at={"X": 5 * m, "M": m}, metadata=tags(StageXPosition=100.5 + m)) for m in (0, 1, 2)
    ]
    assert table(blocks).columns["PositionX"].tolist() == [[[100.5]]]


def test_a_tile_of_its_own_has_its_own(tmp_path: Path, describe: Callable[..., list[Any]]) -> None:
    blocks = [Block(pixels=ramp(4, 5), at={"X": 5 * m, "M": m}, metadata=tags(StageXPosition=m)) for m in (0, 1)]
    described = describe(write(tmp_path / "one.czi", blocks), tiles=True)
    assert [one.facts().planes.columns["PositionX"].tolist() for one in described] == [[[[0.0]]], [[[1.0]]]]


@pytest.mark.parametrize(
    "metadata",
    [b"", b"<METADATA />", tags(RetilingId="bad1f440"), tags(StageXPosition=""), tags(stagexposition="1.5"),
     tags(StageXPosition="NaN"), tags(StageXPosition="INF"), tags(AcquisitionTime="yesterday"), b"<StageXPosition>",
     b"<StageXPosition>1.5", tags(DetectorState="&lt;ExposureTime&gt;0&lt;/ExposureTime&gt;"),
     tags(AcquisitionTime="0001-01-01T00:00:00Z"), tags(AcquisitionTime="0001-01-01T00:00:00")],
)  # fmt: skip
def test_sub_blocks_that_say_nothing(facts: Facts_of, metadata: bytes) -> None:
    assert facts(series(metadata, metadata)).planes is None


def test_spellings_of_many_kinds(table: Table) -> None:
    said = ["1.5", "+2.5", " 3.5 ", "-4.5", "5,5", "6.5e0", "", "NaN", "7.5\n", "8_5"]
    planes = table(series(*(tags(StageXPosition=one) for one in said)))
    wanted = [1.5, 2.5, 3.5, -4.5, np.nan, 6.5, np.nan, np.nan, 7.5, np.nan]
    np.testing.assert_array_equal(planes.columns["PositionX"].ravel(), wanted)


def test_texts_that_lie_differently(table: Table) -> None:
    """Of one length, with the tag elsewhere, with another tag, with another number of digits."""
    planes = table(
        series(
            tags(AAAA="12", StageXPosition="1.25"),
            tags(StageXPosition="1.50", AAAA="12"),
            tags(AA="1212.25", StageXPosition="3"),
            tags(BBBBBBBBBBBBBB="1.250", AAAA="12"),
            tags(AAAA="12", StageXPosition="x.25"),
            tags(AAAA="12", StageXPosition="4.25"),
        )
    )
    np.testing.assert_array_equal(planes.columns["PositionX"].ravel(), [1.25, 1.5, 3, np.nan, np.nan, 4.25])


@pytest.mark.parametrize(
    ("began", "moments", "wanted"),
    [
        (BEGAN, ("2016-02-12T09:41:02.5Z", "2016-02-12T09:41:03.5Z"), [0.5, 1.5]),
        (BEGAN, ("2016-02-12T10:41:02.5+01:00", "2016-02-12T09:41:03.5Z"), [0.5, 1.5]),
        (BEGAN, ("2016-02-12T09:41:02.5", "2016-02-12T09:41:03.5"), [0.5, 1.5]),
        (BEGAN, ("2016-02-12T09:41:03Z", "2016-13-12T09:41:04Z"), [1.0, np.nan]),
        (BEGAN, ("2016-02-12T09:41:03Z", "2016-02-12T09:\u0664:04Z"), [1.0, np.nan]),
        (BEGAN, ("2016-02-12T09:41:03.0000Z", "2016-02-12T09:41:04+01:0Z"), [1.0, np.nan]),
        (BEGAN, ("2016-02-12T09:41:03.0000Z", "2016-02-12T09:4Z:04.0000Z"), [1.0, np.nan]),
        (BEGAN, ("2016-02-12T09:41:00Z", "2016-02-12T09:41:03Z"), [0, 3]),  # before it began: from the first
        (None, ("2016-02-12T09:41:03.25Z", "2016-02-12T09:41:03Z"), [0.25, 0]),
        ("2016-02-12T10:41:02+01:00", ("2016-02-12T09:41:03Z", "2016-02-12T09:41:04Z"), [1, 2]),
        ("0001-01-01T00:00:00", ("2016-02-12T09:41:03Z", "0001-01-01T00:00:00Z"), [0, np.nan]),
    ],
)
def test_moments(table: Table, began: str | None, moments: tuple[str, ...], wanted: list[float]) -> None:
    planes = table(series(*(tags(AcquisitionTime=one) for one in moments)), document(began))
    np.testing.assert_allclose(planes.columns["DeltaT"].ravel(), wanted, atol=1e-6)


def test_an_exposure_of_the_channel_stands_in(table: Table) -> None:
    state = "&lt;ExposureTime&gt;10004210.526316&lt;/ExposureTime&gt;"
    channel = '<Channel Id="Channel:0"><ExposureTime>10000000</ExposureTime></Channel>'
    planes = table(series(tags(DetectorState=state), tags(A=1)), document(channels=channel))
    assert flat(planes, "ExposureTime") == [0.0100042, 0.01]
    assert planes.where == "CZI sub-blocks' METADATA/Tags, Channel/ExposureTime"


def test_exposures_are_scaled_as_decimals(table: Table) -> None:
    state = "&lt;ExposureTime&gt;2100000&lt;/ExposureTime&gt;"
    channel = '<Channel Id="Channel:0"><ExposureTime>8700000</ExposureTime></Channel>'
    planes = table(series(tags(DetectorState=state), tags(A=1)), document(channels=channel))
    assert planes.columns["ExposureTime"].ravel().tolist() == [0.0021, 0.0087]


def test_regular_moments_are_an_interval(facts: Facts_of) -> None:
    found = facts(series(*(tags(AcquisitionTime=f"2016-02-12T09:41:{n:02}Z") for n in (0, 10, 20)))).time_increment
    assert found is not None
    assert (found.value, found.origin) == (10.0, "derived")


def test_a_few_decide_whether_all_are_read(table: Table, facts: Facts_of, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand sub-blocks that say nothing cost nothing; what a few say is read of all."""
    monkeypatch.setattr(_planes, "FEW", 2)
    silent, says = tags(A=1), tags(StageXPosition="1.5")
    assert facts(series(silent, says, silent, silent)).planes is None
    planes = table(series(says, silent, says, says))
    np.testing.assert_array_equal(planes.columns["PositionX"].ravel(), [1.5, np.nan, 1.5, 1.5])


def test_batches(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_planes, "_BATCH", 3)
    planes = table(series(*(tags(StageXPosition=n) for n in range(8))))
    assert flat(planes, "PositionX") == list(range(8))


def test_a_text_longer_than_the_others(table: Table) -> None:
    long = tags(A="a" * 5000, StageXPosition="7")
    blocks = series(*([tags(StageXPosition="1")] * 40))
    blocks[33] = Block(pixels=ramp(4, 5), at={"T": 33}, metadata=long)
    planes = table(blocks)
    assert flat(planes, "PositionX") == [7.0 if t == 33 else 1.0 for t in range(40)]


@pytest.mark.parametrize(
    ("offset", "value"),
    [
        (0, struct.pack("<16s", b"DELETED")),
        (32, struct.pack("<i", -1)),
        (32, struct.pack("<i", 0)),
        (32, struct.pack("<i", 2**31 - 1)),
        (32, struct.pack("<i", 1 << 20)),
        (76, struct.pack("<i", -1)),
        (76, struct.pack("<i", 2**31 - 1)),
    ],
)
def test_a_damaged_sub_block_costs_its_facts(
    tmp_path: Path, describe: Callable[..., list[Any]], offset: int, value: bytes
) -> None:
    """Id, MetadataSize and DimensionCount of the first of two."""
    path = write(tmp_path / "one.czi", series(tags(StageXPosition="1"), tags(StageXPosition="2")))
    described = describe(path)[0]
    data = bytearray(path.read_bytes())
    data[544 + offset : 544 + offset + len(value)] = value
    path.write_bytes(data)
    planes = described.facts().planes
    assert planes is not None
    np.testing.assert_array_equal(planes.columns["PositionX"].ravel(), [np.nan, 2])


# --- time stamps


def test_time_stamps_are_of_all_planes_of_a_time_point(facts: Facts_of) -> None:
    blocks = [Block(pixels=ramp(4, 5), at={"T": t, "Z": z, "C": c}) for t in (0, 1) for z in (0, 1) for c in (0, 1)]
    found = facts(blocks, document(), (b"CZEVL", b"\0" * 8), (b"CZTIMS", stamps(360.5, 420.5)))
    assert found.planes is not None
    assert set(found.planes.columns) == {"DeltaT"}
    assert found.planes.columns["DeltaT"].tolist() == [[[360.5] * 2] * 2, [[420.5] * 2] * 2]
    assert found.planes.where == "CZI attachment TimeStamps"
    assert found.time_increment is not None
    assert (found.time_increment.value, found.time_increment.origin) == (60.0, "derived")


def test_time_stamps_without_a_date_count_from_the_first(table: Table) -> None:
    """ZEN black counts from when it was started, and states no date."""
    planes = table(series(b"", b""), None, (b"CZTIMS", stamps(7947.5, 7950.0)))
    assert flat(planes, "DeltaT") == [0, 2.5]


def test_a_negative_time_stamp_counts_from_the_first(table: Table) -> None:
    assert flat(table(series(b"", b""), document(), (b"CZTIMS", stamps(-5, 5))), "DeltaT") == [0, 10]


def test_moments_of_the_sub_blocks_go_before_time_stamps(table: Table) -> None:
    moments = series(*(tags(AcquisitionTime=f"2016-02-12T09:41:0{n}Z") for n in (3, 4)))
    planes = table(moments, document(), (b"CZTIMS", stamps(10, 20)))
    assert flat(planes, "DeltaT") == [1, 2]
    assert planes.where == "CZI sub-blocks' METADATA/Tags"


@pytest.mark.parametrize("size", [12, 16, 0, -1, 2**31 - 1])
def test_the_size_in_the_time_stamps_is_not_believed(table: Table, size: int) -> None:
    """Files of different makers count it differently."""
    assert flat(table(series(b"", b""), document(), (b"CZTIMS", stamps(1, 2, size=size))), "DeltaT") == [1, 2]


def test_a_scene_has_the_time_stamps_of_its_indices(tmp_path: Path, describe: Callable[..., list[Any]]) -> None:
    blocks = [Block(pixels=ramp(4, 5), at={"X": 9 * s, "S": s, "T": t}) for s, t in ((0, 0), (1, 1), (1, 2))]
    path = attach(write(tmp_path / "one.czi", blocks, xml=document()), (b"CZTIMS", stamps(1, 2, 4)))
    tables = [one.facts().planes for one in describe(path)]
    assert [planes.columns["DeltaT"].ravel().tolist() for planes in tables] == [[1], [2, 4]]


@pytest.mark.parametrize("given", [(5.0, 6.0), (0.0, 1.0, 2.0, 5.0, 6.0)])
def test_time_points_that_do_not_begin_at_0(table: Table, given: tuple[float, ...]) -> None:
    """A part of a series may have been saved with its own time stamps, or with all."""
    blocks = [Block(pixels=ramp(4, 5), at={"T": t}) for t in (3, 4)]
    assert flat(table(blocks, document(), (b"CZTIMS", stamps(*given))), "DeltaT") == [5, 6]


@pytest.mark.parametrize(
    "data",
    [stamps(1), stamps(1, 2, 3), stamps(1, 2, count=3), stamps(1, 2, count=0), stamps(1, 2, count=-2),
     stamps(1, 2, count=2**31 - 1), stamps(1, np.nan), stamps(1, np.inf), stamps(1, 2)[:-1], stamps(1, 2)[:9],
     stamps()[:7], b""],
)  # fmt: skip
def test_time_stamps_that_are_not_those_of_the_planes(facts: Facts_of, data: bytes) -> None:
    found = facts(series(b"", b""), document(), (b"CZTIMS", data))
    assert (found.planes, found.time_increment) == (None, None)


@pytest.mark.parametrize(
    "odd",
    [{"count": 0}, {"count": -1}, {"offset": 0}, {"offset": -1}, {"offset": 1 << 60}, {"size": -1}, {"size": 1 << 30},
     {"directory": 1 << 60}, {"directory": 544}, {"directory": -1}],
)  # fmt: skip
def test_damaged_attachments_cost_their_facts(facts: Facts_of, odd: dict[str, int]) -> None:
    assert facts(series(b"", b""), document(), (b"CZTIMS", stamps(1, 2)), **odd).planes is None


def test_a_directory_that_promises_more_has_what_it_has(table: Table) -> None:
    planes = table(series(b"", b""), document(), (b"CZTIMS", stamps(1, 2)), count=2**31 - 1)
    assert flat(planes, "DeltaT") == [1, 2]
