"""Fixtures of the viewer: napari where it is installed, files made in code, and pictures that count what is read."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import omio
from omio_core.geometry.box import Box
from omio_core.images.image import Image
from omio_core.metadata.facts import Channel, Fact, Facts
from omio_core.metadata.model import Metadata
from omio_core.pixels.picture import PictureBase


class Counted(PictureBase):
    """Pixels of uint16 with the value of their index along T, Z and C; counts what is read."""

    def __init__(self, shape: tuple[int, ...], blocks: tuple[int, ...], smaller: tuple[Counted, ...] = ()):
        self.shape, self.blocks, self.dtype = shape, blocks, np.dtype("uint16")
        self.present, self.smaller, self.read = None, smaller, []

    @property
    def levels(self) -> tuple[tuple[int, ...], ...]:
        """The shapes of all resolutions."""
        return (self.shape, *(picture.shape for picture in self.smaller))

    def at_level(self, level: int) -> Counted:
        """One of them."""
        return (self, *self.smaller)[level]

    def read_into(self, out: np.ndarray, box: Box) -> None:
        """Remember the box."""
        self.read.append(box)
        t, z, c = (np.arange(*box.spans[axis]) for axis in (0, 1, 2))
        out[...] = (100 * t[:, None, None] + 10 * z[:, None] + c)[..., None, None]


@pytest.fixture
def counted() -> type[Counted]:
    """The class of pictures that count."""
    return Counted


def _fact(value: Any) -> Any:
    return None if value is None else Fact(value, "file")


@pytest.fixture
def image() -> Callable[..., Image]:
    """A function that makes an image of a picture, with channels and sizes."""

    def make(
        picture: Any, *, names: tuple[str | None, ...] = (), colors: tuple[int | None, ...] = (), **facts: Any
    ) -> Image:
        colors = colors or (None,) * len(names)
        channels = tuple(
            Channel(name=_fact(name), color=_fact(color)) for name, color in zip(names, colors, strict=True)
        )
        facts = {key: value if key == "annotations" else _fact(value) for key, value in facts.items()}
        metadata = Metadata(
            shape=picture.shape,
            dtype=str(picture.dtype),
            samples=picture.samples,
            facts=Facts(channels=channels, **facts),
        )
        return Image(picture, metadata)

    return make


@pytest.fixture
def cells(tmp_path: Path) -> Path:
    """A file of two channels, T 3, Z 4, with all sizes; pixels of 12 bits in uint16."""
    pixels = np.random.default_rng(1).integers(0, 4096, (3, 4, 2, 40, 48)).astype(np.uint16)
    return omio.imwrite(
        tmp_path / "cells.ome.tif",
        pixels,
        {
            "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.25, "PhysicalSizeZ": 2.0, "TimeIncrement": 30.0,
            "Channels": [{"Name": "LED555", "Color": 0xFF8000FF}, {"Name": "LED470", "Color": 0x00FF00FF}],
        },
    )  # fmt: skip


@pytest.fixture(scope="session")
def napari() -> Any:
    """The viewer's package; the test is skipped where it is absent."""
    if importlib.util.find_spec("napari") is None:
        pytest.skip("napari is not installed; .ci/run tests with it, in environments of their own")
    import napari
    import napari.components
    import npe2

    npe2.PluginManager.instance().discover()
    return napari


@pytest.fixture
def viewer(napari: Any) -> Any:
    """A viewer without a window."""
    return napari.components.ViewerModel()
