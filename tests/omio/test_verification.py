"""A written file is verified before it has its name: what differs from what was asked for is never left there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import omio
from omio_core.contract import WriteRequest, Written
from omio_core.errors import CorruptFileError, WriteError
from omio_core.files import temporaries
from omio_core.images import writing
from omio_core.images.image import Image
from omio_core.pixels import handles
from omio_plugins.ome_tiff import _write

PIXELS = np.arange(2 * 3 * 2 * 20 * 30, dtype=np.uint16).reshape(2, 3, 2, 20, 30)


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


def test_a_failed_check_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "compare", lambda *given: (_ for _ in ()).throw(CorruptFileError("spoiled")))
    with pytest.raises(CorruptFileError, match="spoiled"):
        omio.imwrite(tmp_path / "a.ome.tif", PIXELS, axes="TZCYX", verify="pixels")
    assert list(tmp_path.iterdir()) == []
    assert temporaries.tidy(tmp_path) == ()


def test_a_failed_verification_leaves_no_handle(tmp_path: Path) -> None:
    path = omio.imwrite(tmp_path / "a.ome.tif", PIXELS, axes="TZCYX")
    before = len(handles.HANDLES)
    with pytest.raises(CorruptFileError):
        writing.compare(str(path), [Image.of_array(PIXELS[:1], axes="TZCYX")], Written())
    assert len(handles.HANDLES) == before
