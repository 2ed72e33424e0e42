"""What OMIO's own annotations in OME-XML state of each image; it reads no other part of the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from omio_core.parsing.xml import children_named

from .tree import OURS, annotations_of, document


def ome_records(xml: str | bytes) -> tuple[Mapping[str, Mapping[str, Any]], ...]:
    """Return the annotations of OMIO's namespaces for each image, from the namespace to the content.

    Parameters
    ----------
    xml
        OME-XML, as `parse_ome` takes it.

    Returns
    -------
    tuple
        One mapping per image in order; empty where OMIO recorded nothing of it.

    Raises
    ------
    CorruptFileError
        The text is no OME-XML.
    LimitExceededError
        There are more bytes or tags than the limits allow.

    Examples
    --------
    >>> ome_records('<OME><Image ID="Image:0"/></OME>')
    ({},)
    """
    tree = document(xml)
    return tuple(
        {name: content for name, content in annotations_of(tree, image).items() if name.startswith(OURS)}
        for image in children_named(tree.root, "Image")
    )
