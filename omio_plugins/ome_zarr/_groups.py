"""The groups of a store and their attributes; it knows no image and no array."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omio_core.contract import CorruptFileError

from ._json import mapping, parse_json
from ._store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group.

    Parameters
    ----------
    path
        Its path in the store; "" for the root.
    zarr
        2 or 3, the format of the Zarr.
    document
        The name of its metadata in the store.
    attributes
        Those of OME-Zarr: in Zarr 3 what stands under ``ome``.
    text
        The document itself.
    """

    path: str
    zarr: int
    document: str
    attributes: Mapping[str, Any]
    text: str


class Groups:
    """Reads the groups of a store, and remembers which documents it read."""

    def __init__(self, store: Store):
        self.store = store
        self.documents: dict[str, None] = {}
        self.consolidated: Mapping[str, Any] = {}

    def read(self, path: str) -> Group | None:
        """Read the group at `path`; None if there is none.

        Raises
        ------
        CorruptFileError
            Its metadata is no JSON, or that of something else.
        """
        start = f"{path}/" if path else ""
        for name, zarr in ((f"{start}zarr.json", 3), (f"{start}.zattrs", 2)):
            data = self.store.read(name)
            if data is None:
                continue
            document = parse_json(data, self.store.where(name))
            self.documents[name] = None
            attributes = self._attributes(document, zarr, name)
            text = data.decode("utf-8", "replace")
            return Group(path=path, zarr=zarr, document=name, attributes=attributes, text=text)
        return None

    def root(self) -> Group:
        """Read the group at the root, and its copies of other documents.

        Raises
        ------
        CorruptFileError
            There is none.
        """
        found = self.read("")
        if found is None:
            raise CorruptFileError(
                f"{self.store.location} is no Zarr",
                evidence="it has neither zarr.json nor .zattrs",
                path=str(self.store.location),
            )
        self.consolidated = self._copies(found)
        return found

    def _attributes(self, document: Any, zarr: int, name: str) -> Mapping[str, Any]:
        if zarr == 2:
            return mapping(document)
        values = mapping(document)
        if values.get("zarr_format") != 3 or values.get("node_type") != "group":
            raise CorruptFileError(
                f"{self.store.where(name)} is no valid metadata",
                evidence=f"zarr_format is {values.get('zarr_format')!r}, node_type {values.get('node_type')!r}; "
                "a group of Zarr 3 is expected"[:200],
                path=self.store.where(name),
            )
        return mapping(mapping(values.get("attributes")).get("ome"))

    def _copies(self, root: Group) -> Mapping[str, Any]:
        """Documents of arrays in the consolidated metadata: ``.zmetadata`` of Zarr 2, a field of the root in Zarr 3."""
        if root.zarr == 2:
            data = self.store.read(".zmetadata")
            return {} if data is None else mapping(mapping(parse_json(data, ".zmetadata")).get("metadata"))
        if '"consolidated_metadata"' not in root.text:
            return {}
        whole = mapping(mapping(parse_json(root.text.encode(), root.document)).get("consolidated_metadata"))
        return {f"{path}/zarr.json": copy for path, copy in mapping(whole.get("metadata")).items()}


def joined(group: str, path: Any, where: str) -> str:
    """The path in the store of what a group names.

    Raises
    ------
    CorruptFileError
        It is no relative path, or leads out of the group.

    Examples
    --------
    >>> joined("B/03", "0", "zarr.json")
    'B/03/0'
    """
    parts = path.strip("/").split("/") if isinstance(path, str) else [".."]
    if any(part in ("", ".", "..") or "\0" in part or "\\" in part for part in parts):
        raise CorruptFileError(
            f"{where} names a path that leads nowhere",
            evidence=f"{str(path)[:80]!r} is no path in its group",
            path=where,
        )
    return "/".join([*([group] if group else []), *parts])
