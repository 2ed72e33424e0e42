"""What a caller's own function is told of the image that it works on; a value, it reads nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .discover import Leaf


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchImageRecord:
    """Where an image lies in a project.

    Parameters
    ----------
    subject_id
        The name of the subject's folder.
    tag_folders
        The names of the folders from the subject to where it lies.
    image_path
        The file; of several that are merged, the first.
    scan_dir
        The folder in which it was found; of folders that are merged, the one that holds them.
    output_scope_dir
        The folder of the lowest level in which it lies.
    input_kind
        ``"file"``, or ``"folder_stack"``: folders that are merged.
    folder_stack_tag
        What the names of these folders begin with; None for a file.
    folder_stack_paths
        These folders, in order.
    """

    subject_id: str
    tag_folders: tuple[str, ...]
    image_path: Path
    scan_dir: Path
    output_scope_dir: Path
    input_kind: str = "file"
    folder_stack_tag: str | None = None
    folder_stack_paths: tuple[Path, ...] = ()

    @classmethod
    def of(cls, leaf: Leaf, image: str, tag: str | None = None) -> BatchImageRecord:
        """Return the record of a file of a leaf, or of the first file of a merge."""
        stack = len(leaf.parts) > 1 or leaf.parts[0].name != leaf.folders[-1]
        home = leaf.parts[0].parent if stack else leaf.parts[0]
        return cls(
            subject_id=leaf.subject,
            tag_folders=leaf.folders[1:],
            image_path=Path(image),
            scan_dir=Path(str(home)),
            output_scope_dir=Path(str(home)),
            input_kind="folder_stack" if stack else "file",
            folder_stack_tag=tag if stack else None,
            folder_stack_paths=tuple(Path(str(part)) for part in leaf.parts) if stack else (),
        )
