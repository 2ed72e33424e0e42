"""Which version of OME-Zarr a group states, and whether it is read; it knows no array."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from omio_core.contract import UnsupportedFeatureError

from ._json import items, mapping, text

READ = ("0.4", "0.5", "0.6")
_DRAFT = re.compile(r"0\.6[.-]?(dev|rc|a|b)\d*")


def check_version(attributes: Mapping[str, Any], zarr: int, where: str) -> tuple[str, str]:
    """Return the version of the metadata in a group, and an assumption about it, or "".

    Parameters
    ----------
    attributes
        The attributes of the group that belong to OME-Zarr.
    zarr
        2 or 3, the format of the Zarr.
    where
        The path of the document.

    Raises
    ------
    UnsupportedFeatureError
        Another version is stated, or one that the format of the Zarr does not have.
    """
    stated = _stated(attributes)
    version = "0.6" if _DRAFT.fullmatch(stated) else stated
    if not stated and zarr == 2 and _is_04(attributes):
        return "0.4", "no version of OME-Zarr is stated: the metadata has the form of 0.4"
    if version in (("0.4",) if zarr == 2 else READ[1:]):
        return version, "" if version == stated else f"the version is {stated}, a draft; it is read as {version}"
    said = f"version {stated[:40]!r}" if stated else "no version"
    raise UnsupportedFeatureError(
        f"{where} is of a version of OME-Zarr that is not read",
        evidence=f"it states {said}, in Zarr {zarr}; 0.4 in Zarr 2, and {' and '.join(READ[1:])} in Zarr 3 are read",
        remedy="convert it with a tool that reads this version, such as ngff-zarr",
        path=where,
        version=stated,
    )


def _stated(attributes: Mapping[str, Any]) -> str:
    """0.5 and later state the version once, 0.4 in each of the objects."""
    multiscales = [mapping(one).get("version") for one in items(attributes.get("multiscales"))]
    others = [mapping(attributes.get(key)).get("version") for key in ("plate", "well")]
    labels = mapping(attributes.get("image-label")).get("version")
    candidates = (attributes.get("version"), *multiscales, *others, labels)
    return next((text(one) or str(one) for one in candidates if one is not None), "")


def _is_04(attributes: Mapping[str, Any]) -> bool:
    """Whether the parts have the form of 0.4: axes with names; plates and wells did not change."""
    multiscales = items(attributes.get("multiscales"))
    return all(
        items(mapping(one).get("axes")) and all(isinstance(axis, dict) for axis in mapping(one)["axes"])
        for one in multiscales
    )
