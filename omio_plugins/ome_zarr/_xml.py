"""The OME-XML of a store: which images it describes, with which sizes; it knows no group and no array.

bioformats2raw writes it to ``OME/METADATA.ome.xml`` (https://ngff.openmicroscopy.org/0.5, "bioformats2raw.layout").
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from omio_core.contract import (
    OmeImage,
    OmioError,
    children_named,
    decode_xml,
    first_named,
    micrometres,
    parse_xml,
    seconds,
    usable_ome,
)

_MEASURES = {"X": "PhysicalSizeX", "Y": "PhysicalSizeY", "Z": "PhysicalSizeZ", "T": "TimeIncrement"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Xml:
    """The OME-XML of a store.

    Parameters
    ----------
    text
        The document.
    images
        The structure of its images.
    sizes
        For each image, from the letter of an axis to its size in micrometres or seconds, as far as they are stated.
    """

    text: str
    images: tuple[OmeImage, ...]
    sizes: tuple[Mapping[str, float], ...]


def read_xml(data: bytes | None) -> tuple[Xml | None, str]:
    """Read the document, or what stands in it before a flaw; and in words what is wrong, and unknown for it."""
    if data is None:
        return None, ""
    try:
        usable = usable_ome(decode_xml(data))
        root = parse_xml(usable.xml) if usable.document.images else None
    except OmioError as error:
        return None, f"the OME-XML of the store cannot be read, and its facts are left out: {error}"[:300]
    if root is None and usable.flaw:
        return None, f"the OME-XML of the store cannot be read, and its facts are left out: {usable.flaw}"[:300]
    problem = f"the OME-XML of the store: {usable.warning}" if usable.flaw else ""
    sizes = []
    for image in children_named(root, "Image") if root is not None else ():
        pixels = first_named(image, "Pixels")
        sizes.append({} if pixels is None else _sizes(pixels.attrib))
    # an image without a structure ends those that groups can be matched with: they are in order
    images = tuple(image for place, image in enumerate(usable.document.images) if image.index == place)
    return Xml(text=usable.xml, images=images, sizes=tuple(sizes)), problem


def _sizes(attributes: Mapping[str, str]) -> dict[str, float]:
    found = {}
    for letter, name in _MEASURES.items():
        try:
            value = float(attributes.get(name, ""))
        except ValueError:
            continue
        unit = attributes.get(f"{name}Unit", "s" if letter == "T" else "µm")
        size = (seconds if letter == "T" else micrometres)(value, unit) if math.isfinite(value) else None
        if size is not None and size > 0:
            found[letter] = size
    return found
