"""The digests that a file states of its planes: those of the pixels in it, or none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tifffile

import omio
from omio_core.contract import WriteRequest
from omio_core.files.local import locate
from omio_core.images.image import Image
from omio_core.images.opening import open_source
from omio_core.pixels.digests import image_digests
from omio_plugins.ome_tiff import _write
from omio_plugins.tiff._read import open_tiff

from .made import ramp


def stated(path: Any, image: int = 0) -> tuple[str, ...] | None:
    opened = open_tiff(locate(path))
    try:
        return opened.digests(image)
    finally:
        opened.close()


def of_pixels(path: Any, image: int = 0) -> tuple[str, ...]:
    return tuple(image_digests(open_source(path).images[image]))


@pytest.mark.parametrize(
    ("axes", "shape", "dtype", "options"),
    [
        ("TZCYX", (2, 3, 2, 5, 7), "u2", {}),
        ("TZCYX", (2, 3, 2, 5, 7), "u2", {"order": "XYZTC"}),
        ("TYXS", (2, 5, 7, 3), "u1", {}),
        ("ZYX", (2, 96, 80), "u1", {"pyramid": 2, "tile": 32, "compression_level": 3}),
        ("CYX", (2, 5, 7), "bool", {}),
        ("YX", (5, 7), "f2", {}),
    ],
)
def test_what_omio_wrote_states_the_digests_of_its_pixels(
    tmp_path: Path, axes: str, shape: tuple[int, ...], dtype: str, options: dict[str, Any]
) -> None:
    """They are stored after the pixels, of the values as written."""
    path = omio.imwrite(tmp_path / "a.ome.tif", ramp(*shape, dtype=dtype), axes=axes, **options)
    found = stated(path)
    assert found is not None
    assert found == of_pixels(path)


def test_a_file_written_anew_without_digests_states_none_of_the_earlier_file(tmp_path: Path) -> None:
    first = omio.imwrite(tmp_path / "a.ome.tif", ramp(2, 5, 7), axes="ZYX")
    (second,) = omio.convert_to_ometiff(first, tmp_path / "b", verify="none")
    (third,) = omio.convert_to_ometiff(second, tmp_path / "c")
    assert stated(first) == stated(third) == of_pixels(third)
    assert stated(second) is None


def test_each_image_has_its_own(tmp_path: Path) -> None:
    path = tmp_path / "two.ome.tif"
    images = [Image.of_array(ramp(2, 5, 7), axes="ZYX"), Image.of_array(ramp(4, 9, dtype="u1") + 3, axes="YX")]
    _write.write(str(path), images, WriteRequest(name=path.name))
    assert [stated(path, k) for k in (0, 1)] == [of_pixels(path, k) for k in (0, 1)]
    assert stated(path, 0) != stated(path, 1)


def test_changed_pixels_show(tmp_path: Path) -> None:
    path = Path(omio.imwrite(tmp_path / "a.ome.tif", ramp(2, 5, 7), axes="ZYX", compression_level=0))
    with tifffile.TiffFile(path) as peer:
        at = peer.pages[1].dataoffsets[0]
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    before, now = stated(path), of_pixels(path)
    assert before is not None
    assert [a == b for a, b in zip(before, now, strict=True)] == [True, False]


def test_a_copy_of_a_part_states_none(tmp_path: Path) -> None:
    """Another program kept the annotation, and wrote one plane of two."""
    path = omio.imwrite(tmp_path / "a.ome.tif", ramp(2, 5, 7), axes="ZYX")
    with tifffile.TiffFile(path) as peer:
        text = str(peer.ome_metadata).replace('SizeZ="2"', 'SizeZ="1"').replace('PlaneCount="2"', 'PlaneCount="1"')
    tifffile.imwrite(
        tmp_path / "b.ome.tif", ramp(5, 7), description=text.encode(), metadata=None, photometric="minisblack"
    )
    assert open_source(tmp_path / "b.ome.tif").images[0].shape[1] == 1
    assert stated(tmp_path / "b.ome.tif") is None


def test_a_digest_of_all_digests_is_none_of_a_plane(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_write, "MOST_DIGESTS", 1)
    assert stated(omio.imwrite(tmp_path / "a.ome.tif", ramp(2, 5, 7), axes="ZYX")) is None


def test_files_of_other_programs_state_none(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.ome.tif", ramp(2, 5, 7), photometric="minisblack")
    tifffile.imwrite(tmp_path / "b.tif", ramp(2, 5, 7), imagej=True)
    assert stated(tmp_path / "a.ome.tif") is None
    assert stated(tmp_path / "b.tif") is None
