"""How files are written by the face: verified, named from facts, several images in one, never over their own source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from click.testing import CliRunner
from numpy.typing import NDArray

import omio
from omio.cli.app import app
from omio.planning.filenames import filled
from omio_core.contract import WriteRequest, Written
from omio_core.errors import CorruptFileError, OmioError, WriteError
from omio_core.files import temporaries
from omio_core.images import writing
from omio_core.images.image import Image
from omio_plugins.ome_tiff import _write

PIXELS = np.arange(2 * 3 * 2 * 20 * 30, dtype=np.uint16).reshape(2, 3, 2, 20, 30)


@pytest.fixture
def several(tmp_path: Path) -> Path:
    """A file of three images, two of one name."""
    path = tmp_path / "plate.v1.2.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        for name, shape in (("A1", (2, 8, 9)), ("A1", (3, 8, 9)), (None, (4, 5))):  # tifffile calls it Image2
            metadata: dict[str, Any] = {"axes": "TYX"[-len(shape) :], "PhysicalSizeX": 0.25, "PhysicalSizeXUnit": "µm"}
            writer.write(np.full(shape, len(shape), np.uint8), metadata=metadata | ({"Name": name} if name else {}))
    return path


# --- verified


def spoiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that gives the digests of what it was given and writes one pixel wrongly."""
    honest = _write.write

    def write(path: str, images: list[Image], request: WriteRequest) -> Written:
        written = honest(path, images, request)
        wrong = images[0].to_numpy()
        wrong[1, 2, 1, 7, 7] += 1
        honest(path, [Image.of_array(wrong, axes="TZCYX")], request)
        return written

    monkeypatch.setattr(_write, "write", write)


@pytest.mark.parametrize("before", [b"", b"what stood there"])
def test_pixels_are_compared_before_the_file_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: bytes
) -> None:
    path = tmp_path / "a.ome.tif"
    if before:
        path.write_bytes(before)
    spoiled(monkeypatch)
    with pytest.raises(CorruptFileError, match="not what was asked for") as caught:
        omio.imwrite(path, PIXELS, axes="TZCYX", verify="pixels", collision="overwrite")
    assert "T=1 Z=2 C=1" in (caught.value.evidence or "")
    assert [p.name for p in tmp_path.iterdir()] == (["a.ome.tif"] if before else [])
    assert not before or path.read_bytes() == before


def test_structure_does_not_look_at_pixels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the test above: it is the pixels that are compared."""
    spoiled(monkeypatch)
    assert omio.imwrite(tmp_path / "a.ome.tif", PIXELS, axes="TZCYX").exists()


@pytest.mark.parametrize("dtype", ["uint16", "bool", "float16", "int64"])
@pytest.mark.parametrize("axes", ["TZCYX", "TZYXS"])
def test_what_is_sound_passes(tmp_path: Path, dtype: str, axes: str) -> None:
    array = PIXELS % 100
    array = array.astype(dtype) if axes == "TZCYX" else np.moveaxis(array, 2, -1)[..., [0, 1, 0]].astype(dtype)
    path = omio.imwrite(tmp_path / "a.ome.tif", array, axes=axes, verify="pixels", pyramid=1, tile=16)
    np.testing.assert_array_equal(omio.imread(path)[0], Image.of_array(array, axes=axes).to_numpy().astype(float))


def test_a_writer_without_digests_is_compared_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The source is read once more then."""
    honest = _write.write
    monkeypatch.setattr(_write, "write", lambda *given: Written(notes=honest(*given).notes))
    omio.imwrite(tmp_path / "a.ome.tif", PIXELS, axes="TZCYX", verify="pixels")
    spoiled(monkeypatch)
    with pytest.raises(CorruptFileError):
        omio.imwrite(tmp_path / "b.ome.tif", PIXELS, axes="TZCYX", verify="pixels")


def test_no_verification_takes_no_digests(tmp_path: Path) -> None:
    path = omio.imwrite(tmp_path / "a.ome.tif", PIXELS, axes="TZCYX", verify="none")
    provenance = omio.imread(path)[1]["Annotations"]
    assert "digests" not in str(provenance)
    np.testing.assert_array_equal(omio.imread(path)[0], PIXELS)


def test_verifications_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="verify"):
        omio.imwrite(tmp_path / "a.ome.tif", PIXELS, axes="TZCYX", verify="all")
    assert list(tmp_path.iterdir()) == []


# --- named


def test_names_from_facts(several: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    written = omio.convert_to_ometiff(several, out, name="{stem}_{image}_T{SizeT:03d}_{PhysicalSizeX:.2f}um")
    assert [p.name for p in written] == [
        "plate.v1.2_A1_T002_0.25um.ome.tif",
        "plate.v1.2_A1_T003_0.25um.ome.tif",
        "plate.v1.2_Image2_T001_0.25um.ome.tif",
    ]


def test_names_that_come_out_alike_are_told_apart(several: Path, tmp_path: Path) -> None:
    written = omio.convert_to_ometiff(several, tmp_path / "out", name="x")
    assert [p.name for p in written] == ["x.ome.tif", "x_2.ome.tif", "x_3.ome.tif"]


@pytest.mark.parametrize(
    ("template", "made"),
    [
        ("{stem}", "a.b"),
        ("{channels}", "G_F_P+b"),
        ("{AcquisitionDate}", "unknown"),
        ("{{{index}}}", "{7}"),
        ("../{stem}", "_a.b"),
        ("", "a.b"),
        ("{Name}/..", "unknown_"),
    ],
)
def test_templates(template: str, made: str) -> None:
    from omio import arrays as convert
    from omio_core.images.overrides import Overrides

    image = convert.image_of(PIXELS, None, Overrides(axes="TZCYX", channel_names=["G/F/P", "b"]))
    assert filled(template, "a.b", 7, image) == made


@pytest.mark.parametrize("template", ["{size}", "{stem", "{SizeT:x^y^z}", "{stem!r}", "{0}", "{stem.upper}", "{}"])
def test_templates_that_cannot_be_filled(template: str, several: Path, tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="cannot be filled") as caught:
        omio.convert_to_ometiff(several, tmp_path / "out", name=template)
    assert caught.value.evidence
    assert not (tmp_path / "out").exists()


def test_a_name_and_a_file_are_one_too_many(several: Path, tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="is a name already"):
        omio.convert_to_ometiff(several, tmp_path / "x.ome.tif", image=0, name="{stem}")


# --- several images in one


@pytest.mark.parametrize("out", [None, "folder", "all.ome.tif"])
def test_all_images_in_one_file(several: Path, tmp_path: Path, out: str | None) -> None:
    (path,) = omio.convert_to_ometiff(several, tmp_path / out if out else None, layout="one-file", verify="pixels")
    assert path.name == (
        "all.ome.tif" if out == "all.ome.tif" else "plate.v1.2.ome.tif" if out else "plate.v1.2-1.ome.tif"
    )
    arrays, dicts = omio.imread(path, return_list=True)
    before, _ = omio.imread(several, return_list=True)
    assert [d["Name"] for d in dicts] == ["A1", "A1", "Image2"]
    for a, b in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_layouts_that_are_none(several: Path) -> None:
    with pytest.raises(WriteError, match="layout"):
        omio.convert_to_ometiff(several, layout="one")


# --- never over the source


def test_a_source_is_not_overwritten(tmp_path: Path) -> None:
    path = omio.imwrite(tmp_path / "a.ome.tif", PIXELS, axes="TZCYX", compression_level=0)
    before = path.read_bytes()
    with pytest.raises(WriteError, match="being read"):
        omio.convert_to_ometiff(path, path, collision="overwrite")
    part = omio.imopen(path).at(T=1)
    with pytest.raises(WriteError, match="being read"):
        omio.imwrite(path, part, collision="overwrite")
    link = tmp_path / "b.ome.tif"
    link.hardlink_to(path)
    with pytest.raises(WriteError, match="being read"):
        omio.imwrite(link, part, collision="overwrite")
    assert path.read_bytes() == before


def test_an_array_mapped_from_the_file_is_a_source(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    np.save(tmp_path / "a.npy", PIXELS)
    (tmp_path / "a.npy").rename(path)
    mapped: NDArray[Any] = np.load(path, mmap_mode="r")
    with pytest.raises(WriteError, match="being read"):
        omio.imwrite(path, mapped, axes="TZCYX", collision="overwrite")
    del mapped


def test_a_failed_check_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "compare", lambda *given: (_ for _ in ()).throw(CorruptFileError("spoiled")))
    with pytest.raises(CorruptFileError, match="spoiled"):
        omio.imwrite(tmp_path / "a.ome.tif", PIXELS, axes="TZCYX", verify="pixels")
    assert list(tmp_path.iterdir()) == []
    assert temporaries.tidy(tmp_path) == ()


# --- from arrays that are not in memory


@pytest.mark.parametrize("kind", ["zarr", "dask", "merge"])
def test_what_is_not_in_memory_is_written_by_the_block(tmp_path: Path, kind: str) -> None:
    import dask.array
    import zarr

    largest: list[int] = []
    if kind == "zarr":
        source: Any = zarr.create_array(tmp_path / "a.zarr", shape=PIXELS.shape, chunks=(1, 1, 1, 10, 30), dtype="u2")
        source[...] = PIXELS
    elif kind == "dask":
        blocks = dask.array.from_array(PIXELS, chunks=(1, 1, 1, 10, 30))
        source = blocks.map_blocks(lambda block: largest.append(block.nbytes) or block, dtype="u2")
    else:
        parts = [omio.imwrite(tmp_path / f"{t}.ome.tif", PIXELS[t], axes="ZCYX") for t in range(2)]
        source = omio.imopen(parts, merge="T")
    path = omio.imwrite(tmp_path / "b.ome.tif", source,
                        axes=None if kind == "merge" else "TZCYX", verify="pixels", pyramid=1, tile=16)  # fmt: skip
    np.testing.assert_array_equal(omio.imread(path)[0], PIXELS)
    assert all(size <= 600 for size in largest)


# --- by the command line


def test_options_of_the_command_line(several: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = CliRunner().invoke(
        app,
        ["convert", str(several), "-o", str(out), "--image", "1", "--name", "{stem}-{SizeT}", "--compression", "zstd",
         "--predictor", "--tile", "16", "--pyramid", "1", "--order", "XYCTZ", "--bigtiff", "--verify", "pixels"],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    path = out / "plate.v1.2-3.ome.tif"
    with tifffile.TiffFile(path) as tif:
        page = tif.pages[0]
        assert (tif.is_bigtiff, page.compression, page.predictor, page.tilewidth) == (True, 50000, 2, 16)
        assert len(tif.series[0].levels) == 2
        assert 'DimensionOrder="XYCTZ"' in page.description


@pytest.mark.parametrize("given", [["--level", "auto"], ["--pyramid", "auto"], ["--layout", "one-file"]])
def test_words_of_the_command_line(several: Path, tmp_path: Path, given: list[str]) -> None:
    done = CliRunner().invoke(app, ["convert", str(several), "-o", str(tmp_path / "out"), *given])
    assert done.exit_code == 0, done.output
    assert len(list((tmp_path / "out").iterdir())) == (1 if "one-file" in given else 3)


@pytest.mark.parametrize("given", [["--level", "10"], ["--level", "fast"], ["--pyramid", "-1"], ["--tile", "-16"]])
def test_numbers_of_the_command_line_that_are_none(several: Path, given: list[str]) -> None:
    assert CliRunner().invoke(app, ["convert", str(several), *given]).exit_code == 2


def test_an_option_that_no_writer_has(several: Path) -> None:
    with pytest.raises(OmioError, match="compresion"):
        omio.convert_to_ometiff(several, compresion="zstd")
