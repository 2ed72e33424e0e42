"""Translate keywords of the first OMIO's calls to what they mean today; opens nothing."""

from __future__ import annotations

from typing import Any

from omio.request import Dict, Sizes
from omio.sources.kinds import File, Files, Folder, FolderStack, SourceLike
from omio_core.errors import MergeError, MetadataError
from omio_core.images.overrides import Overrides
from omio_core.metadata.units import micrometres
from omio_core.wording import Keyword, advise, either

EARLIER_NAMES = (
    "folder_stacks", "merge_along_axis", "merge_folder_stacks", "merge_multiple_files_in_folder", "physicalsize_xyz",
    "pixelunit", "recursive", "zeropadding",
)  # fmt: skip
"""The keywords of the first OMIO's calls that are translated."""


def translate_keywords(
    source: SourceLike, merge: str | None, pixel_size: Sizes | None, others: Dict
) -> tuple[SourceLike, str | None, Sizes | None, Dict]:
    """Return what earlier keywords mean today: the source, the axis, the sizes, and the other keywords without them.

    Raises
    ------
    MergeError
        The axis or the padding of a merge is named without a merge, or two axes are named.
    MetadataError
        ``pixelunit`` is no unit of length, or the sizes are no sizes.
    """
    if others.keys().isdisjoint(EARLIER_NAMES):
        return source, merge, pixel_size, others
    earlier = {name: others[name] for name in EARLIER_NAMES if name in others}
    others = {name: value for name, value in others.items() if name not in EARLIER_NAMES}
    if "zeropadding" in earlier:
        others.setdefault("shapes", "pad" if earlier["zeropadding"] else "strict")
    merge = _merge_axis(merge, earlier)
    recursive = bool(earlier.get("recursive"))
    if not isinstance(source, File | Files | Folder | FolderStack | list | tuple):
        path: Any = source
        if earlier.get("folder_stacks") or earlier.get("merge_folder_stacks"):
            source = FolderStack(path, recursive=recursive)
        elif recursive:
            source = Folder(path, recursive=True)
    if earlier.get("physicalsize_xyz") is not None and pixel_size is None:
        unit, sizes = earlier.get("pixelunit") or "um", Overrides(pixel_size=earlier["physicalsize_xyz"]).sizes()
        if micrometres(1.0, unit) is None:
            raise MetadataError(f"pixelunit={unit!r} is no length", remedy='give one such as "um" or "nm"')
        pixel_size = {axis: micrometres(size, unit) or 0.0 for axis, size in sizes.items()}
    return source, merge, pixel_size, others


_MERGES = ("merge_multiple_files_in_folder", "merge_folder_stacks")


def _merge_axis(merge: str | None, earlier: Dict) -> str | None:
    """Return the axis to merge along, T where earlier keywords name none; None where nothing is merged.

    Raises
    ------
    MergeError
        The axis or the padding of a merge is named without a merge, or two axes are named.
    """
    axis = earlier.get("merge_along_axis")
    if merge is not None and axis not in (None, merge):
        raise MergeError(
            "two axes to merge along are named",
            evidence=f"merge={merge!r} and merge_along_axis={axis!r}",
            remedy=advise("leave out {merge_along_axis}", merge_along_axis=None),
            axis=merge,
        )
    if merge is not None or any(earlier.get(name) for name in _MERGES):
        return merge if merge is not None else "T" if axis is None else axis
    # scripts that name every keyword switch the merge off and still name an axis: that is no error
    if (axis is not None or earlier.get("zeropadding")) and not any(name in earlier for name in _MERGES):
        name = "zeropadding" if axis is None else "merge_along_axis"
        raise MergeError(
            f"{name}= is of a merge, and no merge is asked for",
            evidence=f"{name}={earlier[name]!r}, and neither merge= nor {' nor '.join(f'{flag}=' for flag in _MERGES)}",
            remedy=either(
                advise(
                    "merge with {merge} or {}", Keyword.of("merge_multiple_files_in_folder", True), merge=axis or "T"
                ),
                advise("leave out {}", Keyword.of(name)),
            ),
            axis=axis,
        )
    return None
