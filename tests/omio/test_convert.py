"""`omio.convert`: the name or a word chooses the format, of files, folders, merges, several images, and back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr
from click.testing import Result

import omio
from omio_core.errors import ManyImagesError
from omio_core.settings import MIB
from tests.omio.folders import put

Cli = Callable[..., Result]


def names(paths: list[Path]) -> list[str]:
    return [path.name for path in paths]


def is_zarr(path: Path) -> bool:
    return path.is_dir() and zarr.open_group(str(path), mode="r").metadata.zarr_format == 3


def test_the_suffix_chooses_and_back(stated: Path, tmp_path: Path) -> None:
    (store,) = omio.convert(stated, tmp_path / "a.ome.zarr")
    (file,) = omio.convert(store, tmp_path / "b.ome.tif")
    assert is_zarr(store)
    assert file.read_bytes()[:2] == b"II"
    for each in (store, file):
        assert omio.diff(stated, each).equal
    assert omio.diff(store, file).equal
    array, metadata = omio.imread(stated)
    again, read = omio.imread(file)
    np.testing.assert_array_equal(again, array)
    assert {key: read[key] for key in metadata if key != "Annotations"} == {
        key: value for key, value in metadata.items() if key != "Annotations"
    }


@pytest.mark.parametrize("to", ["ome-zarr", "ome_zarr", "OME-Zarr", "OmeZarr", "ome zarr"])
def test_a_word_chooses(to: str, stated: Path, tmp_path: Path) -> None:
    assert names(omio.convert(stated, tmp_path / "out", to=to)) == [f"{stated.stem}.ome.zarr"]
    assert names(omio.convert(stated, to=to)) == [f"{stated.stem}.ome.zarr"]
    assert is_zarr(stated.with_name(f"{stated.stem}.ome.zarr"))
    assert names(omio.convert(stated, tmp_path / "x.zarr", to=to)) == ["x.zarr"]


def test_without_a_word_it_is_ome_tiff(stated: Path, tmp_path: Path) -> None:
    assert names(omio.convert(stated)) == [f"{stated.stem}.ome.tif"]
    (store,) = omio.convert(stated, tmp_path / "a.ome.zarr")
    assert names(omio.convert(store)) == ["a.ome.tif"]
    assert names(omio.convert(store, to="ome-tiff", collision="overwrite")) == ["a.ome.tif"]
    assert names(omio.convert_to_ometiff(stated, tmp_path / "b.ome.zarr")) == ["b.ome.zarr"], "as its suffix says"


def test_a_writer_needs_no_suffix(stated: Path, tmp_path: Path) -> None:
    (file,) = omio.convert(stated, tmp_path / "a.tif", writer="ome-tiff")
    assert file == tmp_path / "a.tif"
    assert file.is_file()
    (store,) = omio.convert(stated, tmp_path / "odd.ome.tif", writer="ome_zarr")
    assert is_zarr(store), "whatever the suffix"
    assert names(omio.convert(stated, tmp_path / "out", writer="ome_zarr")) == [f"{stated.stem}.ome.zarr"]
    assert omio.imwrite(tmp_path / "c.dat", np.zeros((3, 4), "u1"), writer="OME-TIFF").is_file()


def test_folders_and_merges(series: Path, tmp_path: Path) -> None:
    stores = omio.convert(series, tmp_path / "zarrs", to="ome-zarr")
    assert names(stores) == ["T_8.ome.zarr", "T_9.ome.zarr", "T_10.ome.zarr"]
    files = omio.convert(tmp_path / "zarrs", tmp_path / "tiffs")
    assert names(files) == ["T_8.ome.tif", "T_9.ome.tif", "T_10.ome.tif"]
    (merged,) = omio.convert(tmp_path / "zarrs", merge="T", to="ome-zarr")
    assert merged == tmp_path / "zarrs_merged_T.ome.zarr"
    (other,) = omio.convert(series, tmp_path / "m.ome.tif", merge="T")
    assert omio.imread(merged)[0][:, 0, 0, 0, 0].tolist() == [8, 9, 10]
    assert omio.diff(other, merged).images[0].pixels.verdict == "equal"


def test_several_images_of_a_file(several: Callable[..., Path], tmp_path: Path) -> None:
    source = several("left", "right")
    with pytest.raises(ManyImagesError, match="2 images cannot go into the one file"):
        omio.convert(source, tmp_path / "a.ome.zarr")
    (store,) = omio.convert(source, tmp_path / "a.ome.zarr", layout="one-file")
    assert [image.name for image in omio.diff(source, store).images] == ["image 0", "image 1"]
    assert omio.diff(source, store).equal
    (back,) = omio.convert(store, tmp_path / "b.ome.tif", layout="one-file")
    assert omio.diff(source, back).equal
    assert names(omio.convert(store, tmp_path / "out")) == ["a_left.ome.tif", "a_right.ome.tif"]
    (one,) = omio.convert(source, tmp_path / "one.ome.zarr", image="right")
    assert int(omio.imread(one)[0].max()) == 1


def test_a_plan_is_what_convert_does(series: Path, tmp_path: Path) -> None:
    plan = omio.plan(series, tmp_path / "out", to="OME-Zarr", max_memory="64 MiB", workers=1)
    assert plan.writing is not None
    assert (plan.writing.writer, plan.writing.max_memory) == ("ome_zarr", 64 * MIB)
    again = omio.Plan.from_json(plan.to_json())
    assert again == plan
    planned = [Path(output.path or "") for output in plan.outputs]
    assert again.run() == planned
    assert all(map(is_zarr, planned))
    assert omio.convert(series, tmp_path / "out", to="ome-zarr", collision="skip") == []
    assert omio.plan(series, to="files").outputs == omio.plan(series).outputs
    assert omio.plan(series / "T_8.tif", to="memory").writing is None


def test_on_the_command_line(cli: Cli, stated: Path, series: Path, tmp_path: Path) -> None:
    store, file = tmp_path / "a.ome.zarr", tmp_path / "b.ome.tif"
    assert f"{stated} -> {store}\n" in cli("convert", stated, "-o", store).stdout
    assert cli("convert", store, "-o", file).exit_code == 0
    for a, b in ((stated, store), (store, file), (stated, file)):
        assert cli("diff", a, b).exit_code == 0
    assert "OME-Zarr 0.5" in cli("info", store).stdout
    assert "reader ome_zarr" in cli("plan", store).stdout
    out = tmp_path / "out"
    assert cli("convert", series, "-o", out, "--to", "ome-zarr", "--max-memory", "64M", "--workers", "1").exit_code == 0
    assert sorted(names(list(out.iterdir()))) == ["T_10.ome.zarr", "T_8.ome.zarr", "T_9.ome.zarr"]
    assert cli("merge", series, "--along", "T", "--to", "OME-Zarr").exit_code == 0
    assert is_zarr(tmp_path / "series_merged_T.ome.zarr")
    assert "will be written" in cli("plan", series, "--to", "ome-zarr", "-o", tmp_path / "more").stdout
    assert "b.ome.zarr" in cli("convert", file, "--to", "ome-zarr", "--dry-run").stdout


def test_contradictions_on_the_command_line(cli: Cli, stated: Path, tmp_path: Path) -> None:
    done = cli("convert", stated, "-o", tmp_path / "a.ome.tif", "--to", "ome-zarr")
    assert done.exit_code == 1
    assert "--to ome-zarr contradict each other" in done.stderr
    assert "leave out --to, or write it under that name: --writer ome_zarr" in done.stderr
    assert cli("convert", stated, "--max-memory", "1X").exit_code == 2
    small = cli("convert", stated, "--max-memory", "1000")
    assert small.exit_code == 1
    assert "allow more: --max-memory" in small.stderr
    both = cli("convert", stated, stated, "-o", tmp_path / "a.ome.zarr", "--to", "ome-zarr")
    assert both.exit_code == 2
    assert "cannot go into the one file" in both.stderr


def test_files_of_a_set_that_a_shell_names_are_converted_once(cli: Cli, tmp_path: Path) -> None:
    first, second = pair_of_files(tmp_path / "set")
    alone = put(tmp_path / "set" / "z.tif", 9)
    out = tmp_path / "out"
    done = cli("convert", first, second, alone, "-o", out)
    assert done.exit_code == 0
    assert names(sorted(out.iterdir())) == ["t0.ome.tif", "z.ome.tif"]
    assert f"left out: {second}: of the set of t0.ome.tif" in done.stdout
    assert done.stdout.splitlines()[-1] == "2 written, 0 up to date, 1 left out, 0 failed"
    assert omio.imread(out / "t0.ome.tif")[0][:, 0, 0, 0, 0].tolist() == [1, 2]
    planned = cli("convert", first, second, "-o", tmp_path / "more", "--dry-run")
    assert planned.stdout.count("will be written") == 1


def pair_of_files(folder: Path) -> tuple[Path, Path]:
    """Two files that are one image of two time points."""
    ome = (
        '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:{}">'
        '<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" SizeX="6" SizeY="5" SizeZ="1" '
        'SizeC="1" SizeT="2"><Channel ID="Channel:0:0" SamplesPerPixel="1"/>'
        '<TiffData FirstT="0" IFD="0" PlaneCount="1"><UUID FileName="t0.ome.tif">urn:uuid:1</UUID></TiffData>'
        '<TiffData FirstT="1" IFD="0" PlaneCount="1"><UUID FileName="t1.ome.tif">urn:uuid:2</UUID></TiffData>'
        "</Pixels></Image></OME>"
    )
    folder.mkdir()
    paths = folder / "t0.ome.tif", folder / "t1.ome.tif"
    for t, path in enumerate(paths):
        tifffile.imwrite(path, np.full((5, 6), t + 1, "u2"), description=ome.format(t + 1), metadata=None)
    return paths
