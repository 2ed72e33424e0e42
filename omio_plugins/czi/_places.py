"""The position of a tile that is an image of its own; it reads nothing itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from omio_core.contract import Facts, Planes

from ._directory import Directory, Scene
from ._facts import facts

NAMESPACE = "zeiss/czi/tile"
"""Namespace of the annotation with the position of a tile, in pixels of the full resolution."""


def facts_of_tile(directory: Directory, scene: Scene) -> Facts:
    """The facts of a tile's image: those of its scene, its place in pixels as an annotation, and stage positions.

    Where the file states no stage position, the place times the pixel size is used, with the origin "derived": it is
    correct except for a shift that all tiles share.

    Raises
    ------
    FileChangedError
        The file is gone or has changed since it was opened.
    """
    scene_facts = facts(directory, scene)
    place = {"Tile": scene.tile, "X": scene.x[0], "Y": scene.y[0], "Width": scene.x[1], "Height": scene.y[1]}
    if scene.scene is not None:
        place["Scene"] = scene.scene
    scene_facts = replace(scene_facts, annotations={**scene_facts.annotations, NAMESPACE: place})
    if scene_facts.planes is not None or scene_facts.physical_size_x is None or scene_facts.physical_size_y is None:
        return scene_facts
    shape = scene.planes.shape
    columns = {
        "PositionX": np.full(shape, scene.x[0] * scene_facts.physical_size_x.value),
        "PositionY": np.full(shape, scene.y[0] * scene_facts.physical_size_y.value),
    }
    where = "CZI: first pixel of the tile times the pixel size"
    return replace(scene_facts, planes=Planes(columns=columns, origin="derived", where=where))
