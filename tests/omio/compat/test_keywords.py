"""The lines that earlier scripts are made of, as they stand there; and what the names in them mean now."""

from __future__ import annotations

from pathlib import Path

import pytest

import omio
from omio_core.errors import AbsentPlanesWarning, ManyImagesError, MergeError, MetadataError, UnknownOptionError
from omio_core.policies import Policies
from tests.omio.folders import along_t, first, put


@pytest.fixture(autouse=True)
def _there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file, a folder of three with one that is smaller, and a stack of folders, where the lines run."""
    monkeypatch.chdir(tmp_path)
    put(Path("a.tif"), 3)
    for t in (8, 9, 10):
        put(Path("folder", f"T_{t}.tif"), t, (5 - (t == 9), 6))
        put(Path(f"FOV1_time{t:03}", "image.tif"), t)
        put(Path(f"FOV2_time{t:03}", "image.tif"), 90 + t)


def test_a_file() -> None:
    """Pixels and metadata."""
    import omio as om

    image, metadata = om.imread("a.tif")
    assert image.shape == (1, 1, 1, 5, 6)
    assert metadata["axes"] == "TZCYX"


def test_a_folder_as_lists() -> None:
    """One entry a file, in natural order."""
    import omio as om

    images, metadatas = om.imread("folder", return_list=True)
    assert first(images) == [8, 9, 10]
    assert [one["SizeY"] for one in metadatas] == [5, 4, 5]


def test_a_folder_merged() -> None:
    """Along T, filled up with zeros."""
    import omio as om

    with pytest.warns(AbsentPlanesWarning, match=r"padded with 0: 1 \(T_9\.tif: Y 4 to 5\)"):
        image, metadata = om.imread(
            "folder", merge_multiple_files_in_folder=True, merge_along_axis="T", zeropadding=True
        )
    assert image.shape == (3, 1, 1, 5, 6)
    assert along_t(image) == [8, 9, 10]
    assert image[1, 0, 0, 4].max() == 0
    assert [one["name"] for one in metadata["Annotations"]["omio/merge"]["inputs"]] == [
        "T_8.tif",
        "T_9.tif",
        "T_10.tif",
    ]


@pytest.mark.parametrize("name", ["imconvert", "convert_to_ometiff"])
def test_a_folder_converted(name: str) -> None:
    """One output an input."""
    import omio as om

    if name == "imconvert":
        om.imconvert("folder")
    else:
        om.convert_to_ometiff("folder")
    assert sorted(path.name for path in Path("folder").glob("*.ome.tif")) == [
        "T_10.ome.tif",
        "T_8.ome.tif",
        "T_9.ome.tif",
    ]
    images, _ = om.imread("folder", return_list=True)
    assert first(images) == [8, 9, 10]  # not twice


def test_a_folder_converted_to_one() -> None:
    """One merged."""
    with pytest.warns(AbsentPlanesWarning, match=r"padded with 0: 1 \(T_9\.tif: Y 4 to 5\)"):
        (path,) = omio.imconvert("folder", merge_multiple_files_in_folder=True, merge_along_axis="T", zeropadding=True)
    assert path.name == "folder_merged_T.ome.tif"
    assert along_t(omio.imread(path)[0]) == [8, 9, 10]


def test_a_stack_of_folders() -> None:
    """Its own family, and no other."""
    import omio as om

    image, metadata = om.imread("FOV1_time008", folder_stacks=True, merge_folder_stacks=True, merge_along_axis="T")
    assert along_t(image) == [8, 9, 10]
    assert metadata["SizeT"] == 3


def test_a_stack_as_lists() -> None:
    """Without a merge, the images of all its folders."""
    images, _ = omio.imread("FOV2_time008", folder_stacks=True, return_list=True)
    assert first(images) == [98, 99, 100]


def test_no_choice() -> None:
    """An error that lists the images, and both remedies."""
    with pytest.raises(ManyImagesError, match="3 images, and one is asked for") as caught:
        omio.imread("folder")
    assert [name in caught.value.evidence for name in ("T_8.tif", "T_9.tif", "T_10.tif")] == [True] * 3
    for remedy in ("return_list=True", 'merge="T"', 'merge_multiple_files_in_folder=True, merge_along_axis="T"'):
        assert remedy in caught.value.remedy


@pytest.mark.parametrize("said", [{}, {"zeropadding": False}])
def test_no_padding_is_strict(said: dict[str, bool]) -> None:
    """Left out or False: unequal sizes are an error that names the file."""
    with pytest.raises(MergeError, match=r"T_9\.tif"):
        omio.imread("folder", merge_multiple_files_in_folder=True, merge_along_axis="T", **said)


def test_the_axis_is_t_unless_it_is_named() -> None:
    """As it was."""
    with pytest.warns(AbsentPlanesWarning, match=r"padded with 0: 1 \(T_9\.tif: Y 4 to 5\)"):
        array, _ = omio.imread("folder", merge_multiple_files_in_folder=True, zeropadding=True)
    assert array.shape[0] == 3
    with pytest.warns(AbsentPlanesWarning, match=r"padded with 0: 1 \(T_9\.tif: Y 4 to 5\)"):
        array, _ = omio.imread("folder", merge_multiple_files_in_folder=True, merge_along_axis=None, zeropadding=True)
    assert array.shape[0] == 3


DOORS = {
    "imread": omio.imread,
    "imread of a list": lambda source, **stated: omio.imread(source, return_list=True, **stated),
    "imopen": omio.imopen,
    "plan": lambda source, **stated: omio.plan(source, "out", **stated),
    "plan to memory": lambda source, **stated: omio.plan(source, to="memory", **stated),
    "convert": lambda source, **stated: omio.convert_to_ometiff(source, "out", **stated),
    "imconvert": lambda source, **stated: omio.imconvert(source, "out", **stated),
}


SOURCES = ["a.tif", "folder", ["folder/T_8.tif", "folder/T_10.tif"], omio.Folder("folder")]


WITHOUT = [{"merge_along_axis": axis} for axis in ("T", "Z", "C", "Q", "")]
WITHOUT += [{"zeropadding": True}, {"merge_along_axis": "Z", "zeropadding": False}]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("stated", WITHOUT, ids=str)
def test_what_is_of_a_merge_is_an_error_without_one(door: str, stated: dict[str, object]) -> None:
    """It was ignored in silence; the source is not even looked at."""
    for source in [*SOURCES, "not there.tif"]:
        with pytest.raises(
            MergeError, match=f"{next(iter(stated))}= is of a merge, and no merge is asked for"
        ) as caught:
            DOORS[door](source, **stated)
        assert f"leave out {next(iter(stated))}=" in caught.value.remedy
    assert not Path("out").exists()


def test_both_remedies_work() -> None:
    with pytest.raises(MergeError) as caught:
        omio.imread(["folder/T_8.tif", "folder/T_10.tif"], merge_along_axis="Z")
    assert 'merge="Z" or merge_multiple_files_in_folder=True' in caught.value.remedy
    source = ["folder/T_8.tif", "folder/T_10.tif"]
    assert omio.imread(source, merge="Z")[0].shape[:2] == (1, 2)
    assert omio.imread(source, merge="Z", merge_along_axis="Z")[0].shape[:2] == (1, 2)
    assert omio.imread(source, merge_multiple_files_in_folder=True, merge_along_axis="Z")[0].shape[:2] == (1, 2)
    assert len(omio.imread(source, return_list=True)[0]) == 2


@pytest.mark.parametrize("flag", ["merge_multiple_files_in_folder", "merge_folder_stacks"])
def test_who_says_that_nothing_is_merged_may_name_the_rest(flag: str) -> None:
    """As scripts do that spell out every keyword with its default."""
    images, _ = omio.imread("folder", return_list=True, **{flag: False}, merge_along_axis="T", zeropadding=True)
    assert len(images) == 3
    assert omio.imread("a.tif", zeropadding=False)[0].shape == (1, 1, 1, 5, 6)  # nothing is lost


@pytest.mark.parametrize("door", DOORS)
def test_two_axes_to_merge_along(door: str) -> None:
    with pytest.raises(MergeError, match="two axes to merge along are named") as caught:
        DOORS[door]("folder", merge="T", merge_along_axis="Z")
    assert caught.value.remedy == "leave out merge_along_axis="


def test_doors_that_merge_nothing() -> None:
    """They have no such keyword, and say so."""
    for door in (
        lambda: omio.explain("a.tif", merge_along_axis="T"),
        lambda: omio.diff("a.tif", "a.tif", merge_along_axis="T"),
        lambda: omio.imwrite("b.ome.tif", omio.imread("a.tif")[0], merge_along_axis="T"),
    ):
        with pytest.raises(UnknownOptionError, match="merge_along_axis"):
            door()


def test_policies_of_merging_are_set_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where they are set for whatever comes, a file that is read alone is no error."""
    monkeypatch.setenv("OMIO_POLICIES", "shapes=pad,dtypes=promote,conflict=first")
    assert omio.imread("a.tif")[0].shape == (1, 1, 1, 5, 6)
    assert omio.imread("a.tif", policies=Policies(shapes="pad"))[0].shape == (1, 1, 1, 5, 6)


def test_recursive() -> None:
    """Folders in the folder, too."""
    put(Path("folder", "below", "b.tif"), 77)
    assert first(omio.imread("folder", recursive=True, return_list=True)[0]) == [77, 8, 9, 10]
    written = omio.imconvert("folder", "out", recursive=True)
    assert [path.as_posix() for path in written] == [
        "out/below/b.ome.tif", "out/T_8.ome.tif", "out/T_9.ome.tif", "out/T_10.ome.tif",
    ]  # fmt: skip


def test_sizes() -> None:
    """In the unit said; micrometres where none is."""
    metadata = omio.imread("a.tif", physicalsize_xyz=(250, 250, 1500), pixelunit="nm")[1]
    assert [metadata[f"PhysicalSize{axis}"] for axis in "XYZ"] == [0.25, 0.25, 1.5]
    assert metadata["Annotations"]["omio/origins"]["PhysicalSizeX"].startswith("caller")
    assert omio.imread("a.tif", physicalsize_xyz=(0.5, 0.25, 2), pixelunit="micron")[1]["PhysicalSizeX"] == 0.5
    assert omio.imread("a.tif", physicalsize_xyz=(0.5, 0.25, 2))[1]["PhysicalSizeZ"] == 2
    with pytest.raises(MetadataError, match="pixelunit='parsnip' is no length"):
        omio.imread("a.tif", physicalsize_xyz=(1, 1, 1), pixelunit="parsnip")
