"""What OMIO's own annotations in OME-XML state of each image; it reads no other part of the document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from omio_core.parsing.xml import children_named

from .tree import OURS, annotations_of, decode, document

_IMAGE = re.compile(r"<Image ID=.*?</Image>", re.DOTALL)
_REFERENCE = re.compile(r'<AnnotationRef ID="([^"]*)"/>')
_ANNOTATION = re.compile(r'<MapAnnotation ID="([^"]*)" Namespace="(omio/[^"]*)"><Value>(.*?)</Value>', re.DOTALL)
_PAIR = re.compile(r'<M K="([^"]*)">([^<]*)</M>')
_ENTITIES = (("&quot;", '"'), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


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


def scan_records(xml: str) -> tuple[Mapping[str, Mapping[str, Any]], ...]:
    """Return the same as `ome_records` for a document that `build_ome` made and nothing has changed: much faster.

    Parameters
    ----------
    xml
        The document. Whoever calls this knows that it is OMIO's, byte by byte: by a digest.

    Examples
    --------
    >>> scan_records('<OME><Image ID="Image:0"><Pixels/></Image></OME>')
    ({},)
    """
    contents = {
        identity: (namespace, {_plain(key): decode(_plain(text)) for key, text in _PAIR.findall(inside)})
        for identity, namespace, inside in _ANNOTATION.findall(xml)
    }
    return tuple(
        dict(contents[identity] for identity in _REFERENCE.findall(image) if identity in contents)
        for image in _IMAGE.findall(xml)
    )


def _plain(text: str) -> str:
    if "&" in text:
        for entity, character in _ENTITIES:
            text = text.replace(entity, character)
    return text
