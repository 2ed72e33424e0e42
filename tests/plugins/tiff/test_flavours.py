"""What axes a file has: plain, tifffile's own, ImageJ."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

from omio_core.contract import Box
from omio_core.errors import AmbiguousAxesError, CorruptFileError
from omio_core.files.local import locate
from omio_core.geometry.axes import layout
from omio_plugins.tiff._read import open_tiff


def ramp(*shape: int, dtype: str = "u2") -> np.ndarray:
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


# --- plain


def test_pages_that_look_alike_are_one_image(tmp_path: Path, describe, read) -> None:
    path = tmp_path / "a.tif"
    gray, other, rgb = ramp(3, 8, 9), ramp(5, 6), ramp(8, 9, 3, dtype="u1")
    with tifffile.TiffWriter(path) as writer:
        for picture in (gray[0], rgb, gray[1], other, gray[2]):
            writer.write(picture, metadata=None, photometric="rgb" if picture is rgb else "minisblack")
    images = describe(path)
    assert [(i.axes, i.levels[0].shape) for i in images] == [("QYX", (3, 8, 9)), ("YXS", (8, 9, 3)), ("YX", (5, 6))]
    arrays = read(path)
    np.testing.assert_array_equal(arrays[0][:, 0, 0], gray)
    np.testing.assert_array_equal(arrays[1][0, 0], rgb.transpose(2, 0, 1))
    np.testing.assert_array_equal(arrays[2][0, 0, 0], other)


@pytest.mark.parametrize("bigtiff", [False, True])
@pytest.mark.parametrize("odd", [0, 1, 20, 199, 299])
@pytest.mark.parametrize("shape", [(4, 8), (32, 96)], ids=["IFDs close together", "IFDs far apart"])
def test_the_one_page_that_differs_is_found_among_many(
    tmp_path: Path, describe, read, shape: tuple[int, int], odd: int, bigtiff: bool
) -> None:
    path = tmp_path / "a.tif"
    planes = [ramp(*shape) + k for k in range(300)]
    planes[odd] = planes[odd].reshape(shape[::-1])  # as many bytes: its IFD lies where the others let expect it
    with tifffile.TiffWriter(path, bigtiff=bigtiff) as writer:
        for plane in planes:
            writer.write(plane, metadata=None, software=False)
    shapes = sorted(image.levels[0].shape for image in describe(path))
    assert shapes == sorted([(299, *shape), shape[::-1]])
    arrays = sorted(read(path), key=len)
    np.testing.assert_array_equal(arrays[0].squeeze(), planes[odd])
    np.testing.assert_array_equal(arrays[1].squeeze(), np.stack(planes[:odd] + planes[odd + 1 :]))


def test_thumbnails_and_masks_are_no_images(make, page, describe) -> None:
    small = page(2, 2, t254=(4, 1))
    mask = page(4, 3, t254=(4, 4), t262=(3, 4))
    images = describe(make([small, page(), mask], data=bytes(12)))
    assert [i.levels[0].shape for i in images] == [(3, 4)]
    assert [i.levels[0].shape for i in describe(make([small], data=bytes(12)))] == [(2, 2)]


def test_pages_whose_tables_differ_in_notes_only(make, page, read) -> None:
    pages = [page(t305=(2, b"x" * (k + 1) + b"\0"), t273=(4, 8 + 12 * k)) for k in range(6)]
    del pages[3][305]
    data = bytes(range(72))
    (array,) = read(make(pages, data=data))
    assert array.ravel().tolist() == list(data)


# --- tifffile's own


@pytest.mark.parametrize(
    ("shape", "axes", "native"),
    [
        ((2, 3, 4, 8, 9), "TZCYX", "TZCYX"),
        ((2, 1, 4, 8, 9), "TZCYX", "TCYX"),
        ((4, 8, 9), "ZYX", "ZYX"),
        ((4, 8, 9), None, "QYX"),
        ((8, 9), None, "YX"),
        ((5, 4, 8, 9), "IZYX", "QZYX"),
        ((4, 8, 3), "YXC", "YXC"),
        ((4, 8, 9, 1), None, "QYX"),
    ],
)
def test_shaped(tmp_path: Path, shape: tuple[int, ...], axes: str | None, native: str, describe, read) -> None:
    array = ramp(*shape)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, array, metadata={"axes": axes} if axes else {}, photometric="minisblack")
    (image,) = describe(path)
    assert image.axes == native
    if "Q" not in native or native == "QYX":
        (read_back,) = read(path)
        assert read_back.size == array.size
    if native == "TZCYX":
        np.testing.assert_array_equal(read_back, array)
    if native == "YXC":
        np.testing.assert_array_equal(read_back[0, 0], array.transpose(2, 0, 1))


def test_part_of_an_axis_that_stands_side_by_side(tmp_path: Path) -> None:
    array = ramp(8, 9, 3, dtype="u1")
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, array, metadata={"axes": "YXC"}, photometric="rgb")
    opened = open_tiff(locate(path))
    assert opened.images[0].axes == "YXC"
    out = np.empty((8, 9, 1), "u1")
    opened.read_into(out, 0, Box(((0, 8), (0, 9), (1, 2))), 0)
    opened.close()
    np.testing.assert_array_equal(out, array[:, :, 1:2])


def test_two_unlabelled_axes_are_left_to_the_core(tmp_path: Path, describe) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, ramp(2, 3, 8, 9), photometric="minisblack")
    (image,) = describe(path)
    assert image.axes == "QQYX"
    with pytest.raises(AmbiguousAxesError):
        layout(image.axes, image.levels[0].shape)


def test_several_shaped_images_in_one_file(tmp_path: Path, describe, read) -> None:
    path = tmp_path / "a.tif"
    first, second = ramp(3, 8, 9), ramp(2, 5, 6, 3, dtype="u1")
    with tifffile.TiffWriter(path) as writer:
        writer.write(first, photometric="minisblack", metadata={"axes": "ZYX", "name": "one"})
        writer.write(second, photometric="rgb", metadata={"axes": "TYXS"})
    assert [(i.axes, i.name) for i in describe(path)] == [("ZYX", "one"), ("TYXS", None)]
    arrays = read(path)
    np.testing.assert_array_equal(arrays[0][0, :, 0], first)
    np.testing.assert_array_equal(arrays[1][:, 0], second.transpose(0, 3, 1, 2))


@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_planes_behind_one_ifd(tmp_path: Path, byteorder: str, describe, read) -> None:
    path = tmp_path / "a.tif"
    array = ramp(5, 8, 9)
    with tifffile.TiffWriter(path, byteorder=byteorder) as writer:
        writer.write(array, photometric="minisblack", metadata={"axes": "ZYX"}, truncate=True)
    with tifffile.TiffFile(path) as file:
        assert len(file.pages) == 1
    np.testing.assert_array_equal(read(path)[0][0, :, 0], array)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CorruptFileError, match="fewer planes"):
        describe(path)


def test_a_shape_that_is_of_another_picture_is_left_out(make, page, describe) -> None:
    stale = json.dumps({"shape": [7, 100, 100]}).encode() + b"\0"
    (image,) = describe(make([page(t270=(2, stale))], data=bytes(12)))
    assert image.axes == "YX"
    assert "[7, 100, 100]" in image.assumptions[0]


# --- ImageJ


@pytest.mark.parametrize(
    ("shape", "axes", "native"),
    [
        ((2, 3, 4, 8, 9), "TZCYX", "TZCYX"),
        ((3, 4, 8, 9), "ZCYX", "ZCYX"),
        ((4, 8, 9), "TYX", "TYX"),
        ((8, 9), "YX", "YX"),
        ((2, 8, 9, 3), "ZYXS", "ZYXS"),
    ],
)
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_imagej(tmp_path: Path, shape: tuple[int, ...], axes: str, native: str, byteorder: str, describe, read) -> None:
    array = ramp(*shape, dtype="u1" if "S" in axes else "u2")
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, array, imagej=True, metadata={"axes": axes}, byteorder=byteorder)
    (image,) = describe(path)
    assert image.axes == native
    (read_back,) = read(path)
    if native == "TZCYX":
        np.testing.assert_array_equal(read_back, array)
    elif "S" in native:
        np.testing.assert_array_equal(read_back[0], array.transpose(0, 3, 1, 2))
    else:
        np.testing.assert_array_equal(read_back.ravel(), array.ravel())


def imagej(**keys: object) -> tuple[int, bytes]:
    lines = ["ImageJ=1.54f", *(f"{k}={v}" for k, v in keys.items())]
    return 2, "\n".join(lines).encode() + b"\0"


def test_a_stack_without_dimensions_is_unlabelled(make, page, describe) -> None:
    pages = [page(t270=imagej(images=3)), page(), page()]
    (image,) = describe(make(pages, data=bytes(12)))
    assert (image.axes, image.levels[0].shape) == ("QYX", (3, 3, 4))
    assert image.assumptions == ()


def test_dimensions_that_do_not_multiply_are_told(make, page, describe) -> None:
    pages = [page(t270=imagej(images=3, slices=2)), page(), page()]
    (image,) = describe(make(pages, data=bytes(12)))
    assert (image.axes, image.levels[0].shape) == ("QYX", (3, 3, 4))
    assert "slices 2" in image.assumptions[0]


@pytest.mark.parametrize("keys", [{"images": 6, "slices": 3, "channels": 2}, {"slices": 3, "channels": 2}])
def test_more_images_than_ifds_lie_together(make, page, describe, read, keys: dict[str, int]) -> None:
    data = bytes(range(72))
    (image,) = describe(path := make([page(t270=imagej(**keys))], data=data))
    assert image.axes == "ZCYX"
    (array,) = read(path)
    assert array.ravel().tolist() == list(data)


def test_fewer_planes_than_declared_is_no_picture(make, page, describe) -> None:
    tags = page(t270=imagej(images=600, slices=600))
    with pytest.raises(CorruptFileError, match="fewer planes"):
        describe(make([tags], data=bytes(24)))
    apart = [page(t270=imagej(images=3, slices=3)), page(t273=(4, 32))]
    (image,) = describe(make(apart, data=bytes(100)))  # but two pages that are whole are two pages
    assert (image.axes, image.levels[0].shape[0]) == ("QYX", 2)
    assert "3 images, the file has 2 pages" in image.warnings[0]


@pytest.mark.parametrize("keys", [{"images": -3}, {"slices": 0}, {"frames": "many"}, {"channels": 10**12}])
def test_dimensions_that_are_none(make, page, describe, keys: dict[str, object]) -> None:
    (image,) = describe(make([page(t270=imagej(**keys))], data=bytes(12)))
    assert image.levels[0].shape == (3, 4)
    assert "none of its counts is used" in image.warnings[0]


def test_samples_declared_as_channels(make, page, describe) -> None:
    tags = page(t270=imagej(channels=3), t277=(3, 3), t262=(3, 2), t279=(4, 36), t258=(3, (8, 8, 8)))
    (image,) = describe(make([tags], data=bytes(36)))
    assert image.axes == "YXS"


@pytest.mark.parametrize("axes", ["ABC", "ZAB", "TCZ"])
def test_letters_without_y_and_x_are_no_axes_of_a_picture(tmp_path: Path, axes: str, describe, read) -> None:
    """What the description says is left out, and it is said; the pixels are those of the pages."""
    path, array = tmp_path / "a.tif", ramp(5, 6, 7)
    tifffile.imwrite(path, array, metadata={"axes": axes}, photometric="minisblack")
    (image,) = describe(path)
    assert (image.axes, image.levels[0].shape) == ("QYX", (5, 6, 7))
    assert image.assumptions == (f"the description names the axes {axes}, without Y and X; its letters are left out",)
    np.testing.assert_array_equal(read(path)[0][:, 0, 0], array)


def test_a_line_scan_has_one_of_them(tmp_path: Path, describe) -> None:
    tifffile.imwrite(tmp_path / "a.tif", ramp(6, 7), metadata={"axes": "TX"}, photometric="minisblack")
    (image,) = describe(tmp_path / "a.tif")
    assert (image.axes, image.assumptions) == ("TX", ())
