"""OME-XML checked: against the schema of 2016-06 and against the model of ome-types; it knows no picture."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from omio_core.errors import MetadataError, MissingDependencyError

from .tree import document

if TYPE_CHECKING:
    from ome_types import OME

NAMESPACE = "http://www.openmicroscopy.org/Schemas/OME/2016-06"


def check(xml: str | bytes) -> None:
    """Hold a document against the 2016-06 schema, which is read from the installed ome-types.

    Raises
    ------
    CorruptFileError
        Not well-formed, or a DOCTYPE.
    MetadataError
        It does not fit the schema; the first problems are the evidence.
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

    found = importlib.util.find_spec("ome_types")
    folders = list(found.submodule_search_locations or ()) if found else []
    path = next((p for f in folders if (p := Path(f, "ome-2016-06.xsd")).is_file()), None)
    if path is None:
        raise MissingDependencyError(
            "the OME schema is not installed",
            evidence="ome-types does not hold ome-2016-06.xsd",
            remedy='pip install "ome-types[lxml]"',
        )
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    tree = etree.parse(str(path), parser)
    # the schema imports xml.xsd from w3.org and uses nothing of it; without the import nothing asks the network
    for element in tree.getroot().findall("{http://www.w3.org/2001/XMLSchema}import"):
        tree.getroot().remove(element)
    return etree.XMLSchema(tree)


def model(xml: str | bytes) -> OME:
    """The document as the typed model of ome-types; older schemas are brought to 2016-06 first.

    Raises
    ------
    CorruptFileError
        Not well-formed, or a DOCTYPE.
    MetadataError
        It does not fit the model.
    """
    document(xml)
    from ome_types import from_xml

    try:
        return from_xml(xml.encode("utf-8") if isinstance(xml, str) else xml)
    except Exception as error:  # the border to ome-types, whose parsers raise of every kind
        raise MetadataError("the OME-XML does not fit the model of ome-types", evidence=str(error)) from error
