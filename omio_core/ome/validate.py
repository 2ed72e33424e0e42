"""Check OME-XML against the 2016-06 schema and the model of ome-types; it knows no picture."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from omio_core.errors import MetadataError, MissingDependencyError

from .tree import document

if TYPE_CHECKING:
    from ome_types import OME

NAMESPACE = "http://www.openmicroscopy.org/Schemas/OME/2016-06"


def check_ome(xml: str | bytes) -> None:
    """Check a document against the 2016-06 schema, which comes from the installed ome-types.

    Raises
    ------
    CorruptFileError
        The document is not well-formed, contains a DOCTYPE, or is not OME-XML.
    LimitExceededError
        There are more bytes or tags than the limits allow.
    MetadataError
        The document does not fit the schema; the first problems are the evidence.
    MissingDependencyError
        The installed ome-types does not contain the schema.
    """
    from lxml import etree

    document(xml)
    data = xml.encode("utf-8") if isinstance(xml, str) else xml
    schema = _schema()
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    tree = etree.fromstring(data, parser)
    if schema.validate(tree):
        return
    problems = [f"line {e.line}: {e.message.replace('{' + NAMESPACE + '}', '')}" for e in schema.error_log][:3]
    raise MetadataError(
        "the OME-XML does not fit the schema of 2016-06",
        evidence="; ".join(problems),
        problems=tuple(problems),
    )


@cache
def _schema() -> Any:
    import importlib.util
    from pathlib import Path

    from lxml import etree

    spec = importlib.util.find_spec("ome_types")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    path = next((p for f in folders if (p := Path(f, "ome-2016-06.xsd")).is_file()), None)
    if path is None:
        raise MissingDependencyError(
            "the OME schema is not installed",
            evidence="ome-types does not hold ome-2016-06.xsd",
            remedy='pip install "ome-types[lxml]"',
        )
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    tree = etree.parse(str(path), parser)
    # the schema imports xml.xsd from w3.org but uses nothing of it; without the import there is no network access
    for element in tree.getroot().findall("{http://www.w3.org/2001/XMLSchema}import"):
        tree.getroot().remove(element)
    return etree.XMLSchema(tree)


def model(xml: str | bytes) -> OME:
    """Convert a document to the typed model of ome-types, which first upgrades older schemas to 2016-06.

    Raises
    ------
    CorruptFileError
        The document is not well-formed, contains a DOCTYPE, or is not OME-XML.
    LimitExceededError
        There are more bytes or tags than the limits allow.
    MetadataError
        The document does not fit the model.
    """
    document(xml)
    from ome_types import from_xml

    try:
        return from_xml(xml.encode("utf-8") if isinstance(xml, str) else xml)
    except Exception as error:  # the border to ome-types, whose parsers raise exceptions of many classes
        raise MetadataError("the OME-XML does not fit the model of ome-types", evidence=str(error)) from error
