"""What written files are called: beside the source or where asked, by its name, its images or a template."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import omio
from omio.planning import filenames
from omio.planning.filenames import filled
from omio_core.errors import NoWriterError, WriteError
from tests.omio.folders import along_t, put

PIXELS = np.arange(2 * 3 * 2 * 20 * 30, dtype=np.uint16).reshape(2, 3, 2, 20, 30)


def test_names_wanted_by_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbered in order, past those that are wanted as such; each number is tried once, however many there are."""
    asked: list[Path] = []
    plain = filenames.key
    monkeypatch.setattr(filenames, "key", lambda path: (asked.append(path), plain(path))[1])
    taken: dict[str, int] = {}
    wanted = ["x_3.ome.tif", *["x.ome.tif"] * 500, "X.ome.tif", "x_3.ome.tif", "y.tif", "y.tif"]
    found = [filenames.unique(Path(name), taken).name for name in wanted]
    numbers = [n for n in range(2, 502) if n != 3]
    assert found[:501] == ["x_3.ome.tif", "x.ome.tif", *(f"x_{n}.ome.tif" for n in numbers)]
    assert found[501:] == ["X_502.ome.tif", "x_3_2.ome.tif", "y.tif", "y_2.tif"]
    assert len({plain(Path(name)) for name in found}) == len(found)
    assert len(asked) < 5 * len(wanted)


def test_beside_the_source(stated: Path) -> None:
    """Where nothing is said; the source is left alone."""
    before = stated.read_bytes()
    (path,) = omio.convert_to_ometiff(stated)
    assert path == stated.with_name("cells_hyperstack.ome.tif")
    assert stated.read_bytes() == before
    np.testing.assert_array_equal(omio.imread(path)[0], omio.imread(stated)[0])


def test_into_a_folder(stated: Path, tmp_path: Path) -> None:
    """One that is there, and one that is not, however deep."""
    (tmp_path / "there").mkdir()
    for folder in (tmp_path / "there", tmp_path / "not" / "yet", tmp_path / "with.dots"):
        assert omio.convert_to_ometiff(stated, folder) == [folder / "cells_hyperstack.ome.tif"]
        assert [p.name for p in folder.iterdir()] == ["cells_hyperstack.ome.tif"]


@pytest.mark.parametrize("name", ["new.ome.tif", "new.ome.tiff", "New.OME.TIF"])
def test_into_a_file(stated: Path, tmp_path: Path, name: str) -> None:
    """Its name is the one given; its folder is made."""
    assert omio.convert_to_ometiff(stated, str(tmp_path / "sub" / name)) == [tmp_path / "sub" / name]


def test_into_a_file_of_another_kind(stated: Path, tmp_path: Path) -> None:
    """A name such as new.tif is neither a folder nor an OME-TIFF: refused."""
    with pytest.raises(NoWriterError, match=r"end it in \.ome\.tif"):
        omio.convert_to_ometiff(stated, tmp_path / "new.tif")
    assert not (tmp_path / "new.tif").exists()


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("a.tif", "a.ome.tif"),
        ("a.TIFF", "a.ome.tif"),
        ("a.b.c.tif", "a.b.c.ome.tif"),
        ("sample_0.5um", "sample_0.5um.ome.tif"),
        ("a.ome.tiff", "a.ome.tif"),
        (".tif", ".tif.ome.tif"),
        ("ünï çødé µ.tif", "ünï çødé µ.ome.tif"),
        ("a.btf", "a.ome.tif"),
    ],
)
def test_the_stem(plane: Path, source: str, target: str) -> None:
    """Only the suffix of the format goes; other dots stay."""
    (path,) = omio.convert_to_ometiff(plane.rename(plane.with_name(source)))
    assert path.name == target


def test_several_images(several: Callable[..., Path], tmp_path: Path) -> None:
    """One file each, by its name, in file order, with its own pixels."""
    source = several("left eye", "right eye")
    paths = omio.convert_to_ometiff(source, tmp_path / "out")
    assert [p.name for p in paths] == ["several_left eye.ome.tif", "several_right eye.ome.tif"]
    for index, path in enumerate(paths):
        array, metadata = omio.imread(path)
        assert array.shape == (1, 1, 1, 8, 9)
        assert set(array.ravel()) == {index}
        assert metadata["Name"] == ("left eye", "right eye")[index]


@pytest.mark.parametrize(
    ("names", "parts"),
    [
        (("a", "a", "a"), ("a", "a_2", "a_3")),
        (("a", "A"), ("a", "A_2")),
        (("a", "a_2", "a"), ("a", "a_2", "a_3")),
        (("x/y\\z", "../up"), ("x_y_z", "_up")),
        (("con", "a:b?*"), ("con_", "a_b_")),
        (("dot.", " space "), ("dot", "space")),
        (("?", "..."), ("_", "image1")),
        (("n" * 300, "b"), ("n" * 120, "b")),
        (("é", "e\u0301"), ("é", "é_2")),
    ],
)
def test_odd_names(several: Callable[..., Path], names: tuple[str, ...], parts: tuple[str, ...]) -> None:
    """Safe on any system, no two alike even where case does not count, and none outside the folder."""
    source = several(*names)
    paths = omio.convert_to_ometiff(source)
    assert [p.name for p in paths] == [f"several_{part}.ome.tif" for part in parts]
    assert {p.parent for p in paths} == {source.parent}
    assert all(p.is_file() for p in paths)


def test_one_of_several(several: Callable[..., Path], tmp_path: Path) -> None:
    """By index, also from the end, and by name; its file still says which it is."""
    source = several("left", "right")
    for image, name in ((0, "left"), (-1, "right"), ("right", "right")):
        (path,) = omio.convert_to_ometiff(source, tmp_path / f"{image}", image=image)
        assert path.name == f"several_{name}.ome.tif"
    (path,) = omio.convert_to_ometiff(source, tmp_path / "one.ome.tif", image="left")
    assert omio.imread(path)[1]["Name"] == "left"


def test_names_from_facts(plate: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    written = omio.convert_to_ometiff(plate, out, name="{stem}_{image}_T{SizeT:03d}_{PhysicalSizeX:.2f}um")
    assert [p.name for p in written] == [
        "plate.v1.2_A1_T002_0.25um.ome.tif",
        "plate.v1.2_A1_T003_0.25um.ome.tif",
        "plate.v1.2_Image2_T001_0.25um.ome.tif",
    ]


def test_names_that_come_out_alike_are_told_apart(plate: Path, tmp_path: Path) -> None:
    written = omio.convert_to_ometiff(plate, tmp_path / "out", name="x")
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
def test_templates_that_cannot_be_filled(template: str, plate: Path, tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="cannot be filled") as caught:
        omio.convert_to_ometiff(plate, tmp_path / "out", name=template)
    assert caught.value.evidence
    assert not (tmp_path / "out").exists()


def test_a_name_and_a_file_are_one_too_many(plate: Path, tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="is a name already"):
        omio.convert_to_ometiff(plate, tmp_path / "x.ome.tif", image=0, name="{stem}")


@pytest.mark.parametrize("name", ["x.png", "x.JPG", "x.h5", "x.mrc", "x.nii.gz", "x.tif"])
def test_a_name_of_another_format_is_no_folder(plane: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(NoWriterError, match="no writer writes files named like") as caught:
        omio.convert_to_ometiff(plane, tmp_path / name)
    assert ".ome.tif" in caught.value.remedy
    assert not (tmp_path / name).exists()


def test_a_folder_that_is_there_may_have_any_name(plane: Path, tmp_path: Path) -> None:
    (tmp_path / "x.png").mkdir()
    (path,) = omio.convert_to_ometiff(plane, tmp_path / "x.png")
    assert path.parent.name == "x.png"


def test_the_converted_name_of_a_wrong_one(stated: Path) -> None:
    """A suffix that no reader knows is part of the name, and stays."""
    path = Path(shutil.copy(stated, stated.with_name("stack.v2")))
    (written,) = omio.convert_to_ometiff(path)
    assert written.name == "stack.v2.ome.tif"


def test_a_folder_converted(series: Path, tmp_path: Path) -> None:
    """One output an input beside it; in a folder asked for, below it the folders of the source; or one merged."""
    assert [p.relative_to(tmp_path).as_posix() for p in omio.convert_to_ometiff(series)] == [
        f"series/T_{t}.ome.tif" for t in (8, 9, 10)
    ]
    put(series / "below" / "T_8.tif", 7)
    done: list[tuple[int, int]] = []
    written = omio.convert_to_ometiff(
        omio.Folder(series, recursive=True), tmp_path / "out", progress=lambda *now: done.append(now)
    )
    assert [p.relative_to(tmp_path).as_posix() for p in written] == [
        "out/below/T_8.ome.tif", "out/T_8.ome.tif", "out/T_9.ome.tif", "out/T_10.ome.tif",
    ]  # fmt: skip
    assert done[-1] == (240, 240)
    assert [now for now, _ in done] == sorted(now for now, _ in done)
    (merged,) = omio.convert_to_ometiff(series, merge="T")
    assert merged == tmp_path / "series_merged_T.ome.tif"
    assert along_t(omio.imread(merged)[0]) == [8, 9, 10]
    (named,) = omio.convert_to_ometiff(series, tmp_path / "out", merge="T", name="{stem}_of_{SizeT}")
    assert named == tmp_path / "out" / "series_of_3.ome.tif"
    (listed,) = omio.convert_to_ometiff([series / "T_9.tif", series / "T_8.tif"], merge="Z")
    assert listed == series / "T_9_merged_Z.ome.tif"
