"""Whole projects by the first OMIO's names: their keywords become rules; `omio.batching` does the work."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omio.batching.rules import RuleLike, Rules
from omio.batching.run import Batch
from omio_core.errors import BatchError

from .keywords import translate_keywords

if TYPE_CHECKING:
    from omio.batching.values import BatchReport

__all__ = ["bids_batch_convert", "convert_bids_batch_to_ometiff"]

_MODES = {"startswith": "prefix:", "contains": "contains:", "exact": "exact:", "regex": r"re:\A(?:"}


def convert_bids_batch_to_ometiff(
    fname: str | os.PathLike[str],
    sub: RuleLike = "sub-",
    exp: RuleLike | None = "",
    *,
    exp_match_mode: str | None = None,
    levels: Sequence[RuleLike] = (),
    tagfolder: RuleLike | None = None,
    merge_tagfolders: bool = False,
    merge_multiple_files_in_folder: bool = False,
    merge_along_axis: str = "T",
    subject_ids: Sequence[str] | None = None,
    image_patterns: str | Sequence[str] = (),
    exclude: RuleLike = (),
    out: str | os.PathLike[str] | None = None,
    **others: Any,
) -> list[Path]:
    """Convert a project of subjects and experiments to OME-TIFF.

    Parameters
    ----------
    fname
        The folder of the project.
    sub
        The folders in it that are subjects: their names start with this text; or a rule, see `omio.Rules`.
    exp
        The folders in a subject that are experiments: their names contain this text; or a rule. None: the images lie in
        the folders of the subjects.
    exp_match_mode
        What `exp` is instead: ``"startswith"``, ``"contains"``, ``"exact"``, or ``"regex"`` (from the start of the
        name).
    levels
        Further levels of folders below the experiments, each a rule: the names contain the text.
    tagfolder
        The folders in an experiment that hold parts of it: their names start with this text; or a rule. An experiment
        without such folders is taken as it is.
    merge_tagfolders
        Whether the tag folders of an experiment become one image, in the order of their numbers.
    merge_multiple_files_in_folder
        Whether the files of a folder become one image.
    merge_along_axis
        The axis to merge along: T, Z or C.
    subject_ids
        Only the subjects of these names.
    image_patterns
        Shell patterns of the files, such as ``"*.czi"``.
    exclude
        Folders and files whose names contain this text are left out; or a rule.
    out
        The folder for what is written, in which the folders of the project are repeated; ``omio_converted`` in the
        project where None, which is never searched.
    **others
        As for `omio.convert`; also ``zeropadding``, ``physicalsize_xyz`` and ``pixelunit``.

    Returns
    -------
    list of pathlib.Path
        The files written, in the order of the project.

    Raises
    ------
    FileNotFoundError
        There is no such folder.
    BatchError
        No image is found, or two would have one name; then nothing is written. Or some jobs failed: the others are
        done, and the error has ``failed``, from source to error, and ``written``.

    Examples
    --------
    >>> convert_bids_batch_to_ometiff(
    ...     "project_root", sub="sub-", exp="TP", tagfolder="TAG_", merge_tagfolders=True
    ... )  # doctest: +SKIP
    """
    merges = [
        name for name, chosen in (("files", merge_multiple_files_in_folder), ("tags", merge_tagfolders)) if chosen
    ]
    rules = Rules(
        subjects=sub,
        experiments=_by_mode(exp, exp_match_mode),
        levels=levels,
        tags=tagfolder,
        subject_ids=subject_ids,
        patterns=image_patterns or (),
        exclude=exclude or (),
        merges=merges,
        along=merge_along_axis,
    )
    return _written(_convert(fname, rules, out, None, others))


def bids_batch_convert(
    fname: str | os.PathLike[str],
    sub: str,
    exp: str,
    exp_match_mode: str = "startswith",
    tagfolder: str | None = None,
    merge_multiple_files_in_folder: bool = False,
    merge_tagfolders: bool = False,
    merge_along_axis: str = "T",
    *,
    zeropadding: bool = True,
    relative_path: str | None = "omio_converted",
    return_fnames: bool = False,
    **others: Any,
) -> list[Path] | None:
    """Convert a project as the first OMIO does: what is written lies in a folder of each folder of images.

    Parameters
    ----------
    fname, sub, exp, exp_match_mode, tagfolder, merge_multiple_files_in_folder, merge_tagfolders, merge_along_axis
        As for `convert_bids_batch_to_ometiff`; here `exp` is the start of the name.
    zeropadding
        Whether images of a merge that are too small are padded with zeros.
    relative_path
        The name of the folder for what is written; None: beside the images.
    return_fnames
        Whether to return the files written.
    **others
        As for `omio.convert`. The first OMIO's ``zarr_store``, ``reuse_disk_cache``, ``cleanup_cache``,
        ``collapse_ome_multifile_series``, ``recursive=False``, ``overwrite`` and ``verbose`` have no effect: nothing is
        copied on the way, series of files are always one image, and what changed is written again.

    Returns
    -------
    list of pathlib.Path or None
        The files written; None unless asked for.

    Raises
    ------
    FileNotFoundError, BatchError
        As for `convert_bids_batch_to_ometiff`.
    """
    if others.get("recursive"):
        raise BatchError(
            "recursive=True is not possible here", evidence="the rules say which folders are searched",
            remedy="name the levels below the experiments: convert_bids_batch_to_ometiff(..., levels=[...])",
        )  # fmt: skip
    others = {name: value for name, value in others.items() if name not in _NO_EFFECT}
    if others.get("physicalsize_xyz") is None:
        others = {name: value for name, value in others.items() if name not in ("physicalsize_xyz", "pixelunit")}
    merges = ["files"] if merge_multiple_files_in_folder and tagfolder is None else []
    merges += ["tags"] if merge_tagfolders else []
    rules = Rules(
        subjects=f"prefix:{sub}",
        experiments=_by_mode(exp, exp_match_mode),
        tags=None if tagfolder is None else f"prefix:{tagfolder}",
        merges=merges,
        along=merge_along_axis,
    )
    written = _written(_convert(fname, rules, None, relative_path or "", {"zeropadding": zeropadding, **others}))
    return written if return_fnames else None


_NO_EFFECT = (
    "zarr_store", "reuse_disk_cache", "cleanup_cache", "collapse_ome_multifile_series", "recursive", "overwrite",
    "verbose",
)  # fmt: skip


def _by_mode(exp: RuleLike | None, mode: str | None) -> RuleLike | None:
    """Return a rule of the first OMIO's mode.

    Raises
    ------
    BatchError
        There is no such mode.
    """
    if mode is None or exp is None:
        return exp
    if mode not in _MODES:
        raise BatchError(f"there is no exp_match_mode={mode!r}", remedy=f"choose one of {', '.join(_MODES)}")
    ending = ")" if mode == "regex" else ""
    return [f"{_MODES[mode]}{text}{ending}" for text in ([exp] if isinstance(exp, str) else exp)]


def _convert(
    fname: str | os.PathLike[str],
    rules: Rules,
    out: str | os.PathLike[str] | None,
    beside: str | None,
    others: Mapping[str, Any],
) -> BatchReport:
    keywords = dict(others)
    if "zeropadding" in keywords:
        keywords.setdefault("shapes", "pad" if keywords["zeropadding"] else "strict")
        del keywords["zeropadding"]
    _, _, size, keywords = translate_keywords("", None, keywords.pop("pixel_size", None), keywords)
    if size is not None:
        keywords["pixel_size"] = size
    return Batch.of(fname, rules, out=out, beside=beside, keywords=keywords).run()


def _written(report: BatchReport) -> list[Path]:
    error = report.error()
    if error is not None:
        raise error
    return report.written
