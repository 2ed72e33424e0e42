"""Keywords of the first OMIO's calls, as what they mean today; it opens nothing."""

from __future__ import annotations

from typing import Any

from omio.request import Dict, Sizes
from omio.sources.kinds import File, Files, Folder, FolderStack, SourceLike
from omio_core.errors import MergeError, MetadataError
from omio_core.images.overrides import Overrides
from omio_core.metadata.units import micrometres
from omio_core.wording import Keyword, advise, either

_EARLIER = (
    "folder_stacks", "merge_along_axis", "merge_folder_stacks", "merge_multiple_files_in_folder", "physicalsize_xyz",
    "pixelunit", "recursive", "zeropadding",
)  # fmt: skip


def by_earlier_names(
    source: SourceLike, merge: str | None, pixel_size: Sizes | None, others: Dict
) -> tuple[SourceLike, str | None, Sizes | None, Dict]:
    """What names of earlier versions mean: the source, the axis, the sizes, and the other keywords without them."""
    if others.keys().isdisjoint(_EARLIER):
        return source, merge, pixel_size, others
    old = {name: others[name] for name in _EARLIER if name in others}
    others = {name: value for name, value in others.items() if name not in _EARLIER}
    if "zeropadding" in old:
        others.setdefault("shapes", "pad" if old["zeropadding"] else "strict")
    merge = _axis_by_earlier_names(merge, old)
    recursive = bool(old.get("recursive"))
    if not isinstance(source, File | Files | Folder | FolderStack | list | tuple):
        path: Any = source
        if old.get("folder_stacks") or old.get("merge_folder_stacks"):
            source = FolderStack(path, recursive=recursive)
        elif recursive:
            source = Folder(path, recursive=True)
    if old.get("physicalsize_xyz") is not None and pixel_size is None:
        unit, sizes = old.get("pixelunit") or "um", Overrides(pixel_size=old["physicalsize_xyz"]).sizes()
        if micrometres(1.0, unit) is None:
            raise MetadataError(f"pixelunit={unit!r} is no length", remedy='give one such as "um" or "nm"')
        pixel_size = {axis: micrometres(size, unit) or 0.0 for axis, size in sizes.items()}
    return source, merge, pixel_size, others


_MERGES = ("merge_multiple_files_in_folder", "merge_folder_stacks")


def _axis_by_earlier_names(merge: str | None, old: Dict) -> str | None:
    """The axis to merge along by names of earlier versions, T where they name none; None where nothing is merged.

    Raises
    ------
    MergeError
        The axis of a merge is named, or its padding, and no merge is asked for; or two axes are named.
    """
    axis = old.get("merge_along_axis")
    if merge is not None and axis not in (None, merge):
        raise MergeError(
            "two axes to merge along are named",
            evidence=f"merge={merge!r} and merge_along_axis={axis!r}",
            remedy=advise("leave out {merge_along_axis}", merge_along_axis=None),
            axis=merge,
        )
    if merge is not None or any(old.get(name) for name in _MERGES):
        return merge if merge is not None else "T" if axis is None else axis
    # who says that nothing is merged, as scripts do that name every keyword, has an axis for nothing; he knows it
    if (axis is not None or old.get("zeropadding")) and not any(name in old for name in _MERGES):
        name = "zeropadding" if axis is None else "merge_along_axis"
        raise MergeError(
            f"{name}= is of a merge, and no merge is asked for",
            evidence=f"{name}={old[name]!r}, and neither merge= nor {' nor '.join(f'{one}=' for one in _MERGES)}",
            remedy=either(
                advise(
                    "merge with {merge} or {}", Keyword.of("merge_multiple_files_in_folder", True), merge=axis or "T"
                ),
                advise("leave out {}", Keyword.of(name)),
            ),
            axis=axis,
        )
    return None
