"""OME-XML that declares too much, expands, or is built to hurt a parser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fuzz.bounded import Answer

Ask = Callable[..., Answer]
Ome = Callable[..., Path]
Images = Callable[..., str]

MODULO = "http://www.openmicroscopy.org/Schemas/Additions/2011-09"


@pytest.mark.parametrize("inside", ["", "<TiffData/>", '<TiffData IFD="0" PlaneCount="1"/>'])
def test_six_kilobytes_that_declare_a_billion_planes(inside: str, make, page, pixels: Images, refused: Ask) -> None:
    """The one page there is 64x64; reading what is declared would take 4 TB."""
    xml = f'<?xml version="1.0"?><OME>{pixels(inside, SizeX=64, SizeY=64, SizeZ=1000, SizeC=1000, SizeT=1000)}</OME>'
    path = make([page(64, 64, t270=(2, xml.encode() + b"\0"))], data=bytes(4096), name="a.ome.tif")
    assert path.stat().st_size < 6000
    refused(path, "LimitExceededError", "AbsentDataError", "CorruptFileError")


def test_a_billion_planes_can_be_described(make, page, pixels: Images, ask: Ask) -> None:
    """Looking at the file costs nothing, whatever it declares."""
    xml = f'<?xml version="1.0"?><OME>{pixels(SizeX=64, SizeY=64, SizeZ=1000, SizeC=1000, SizeT=1000)}</OME>'
    path = make([page(64, 64, t270=(2, xml.encode() + b"\0"))], data=bytes(4096), name="a.ome.tif")
    assert ask(path, ("describe",)).outcome in ("described", "LimitExceededError")


@pytest.mark.parametrize("axis", "ZCT")
@pytest.mark.parametrize(
    ("start", "step", "end"),
    [("0", "1", "1000000000000"), ("0", "1e-12", "1"), ("0", "0", "9"), ("0", "-1", "-1e12"), ("nan", "inf", "5")],
)
def test_a_modulo_annotation_without_end(
    axis: str, start: str, step: str, end: str, ome: Ome, pixels: Images, shape_of: Callable[[Path], tuple[int, ...]]
) -> None:
    """A note about the axes: it makes no picture larger, and none unreadable."""
    note = (
        '<StructuredAnnotations xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><XMLAnnotation '
        'ID="Annotation:0" Namespace="openmicroscopy.org/omero/dimension/modulo"><Value>'
        f'<Modulo namespace="{MODULO}"><ModuloAlong{axis} Type="lifetime" Unit="ps" Start="{start}" Step="{step}" '
        f'End="{end}"/></Modulo></Value></XMLAnnotation></StructuredAnnotations>'
    )
    assert shape_of(ome(pixels(SizeZ=2) + note, 2)) == (1, 2, 1, 3, 4)


@pytest.mark.parametrize("name", ["SizeX", "SizeY", "SizeZ", "SizeC", "SizeT"])
@pytest.mark.parametrize(
    "value", ["0", "-1", "", "1e3", "0x4", "4294967296", "9" * 30, "9" * 6000, "NaN", "1.5", " 9 9"]
)
def test_sizes_that_are_none(name: str, value: str, ome: Ome, pixels: Images, ask: Ask) -> None:
    """The pages decide, and the user is warned; among them the empty picture."""
    answer = ask(ome(pixels(**{name: value})))
    assert answer.error is None, answer.error.message
    assert answer.described == (((1, 1, 1, 3, 4), "uint8"),)
    assert answer.warnings == ("MetadataWarning",)


@pytest.mark.parametrize("attribute", ["IFD", "PlaneCount", "FirstZ", "FirstC", "FirstT"])
@pytest.mark.parametrize("value", ["-1", "", "one", "4294967296", "9" * 6000, "1e9"])
def test_numbers_of_tiff_data(attribute: str, value: str, ome: Ome, pixels: Images, ask: Ask) -> None:
    path = ome(pixels(f'<TiffData {attribute}="{value}"/>', SizeZ=2), 2)
    assert ask(path).outcome in ("pixels", "CorruptFileError", "LimitExceededError", "AbsentDataError")


ENTITIES = '<!DOCTYPE OME [<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{k} "{f"&a{k - 1};" * 10}">' for k in range(1, 12))


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE OME>",
        '<!DOCTYPE OME SYSTEM "http://127.0.0.1:9/ome.dtd">',
        '<!DOCTYPE OME [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE OME [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>',
        f"{ENTITIES}]>",
        '<!DOCTYPE OME [<!ATTLIST Pixels SizeZ CDATA "9">]>',
    ],
    ids=["empty", "remote", "external", "parameter", "expanding", "attributes"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_doctype_is_not_parsed(doctype: str, encoding: str, ome: Ome, pixels: Images, within: Ask) -> None:
    """Whatever it says; it is the only way for XML to expand or to fetch. The pages are read, with a warning."""
    used = "&a11;" if doctype.startswith(ENTITIES) else "&e;" if "ENTITY e " in doctype else "it"
    xml = f'<?xml version="1.0"?>{doctype}<OME>{pixels()}<Description>{used}</Description></OME>'
    answer = within(ome(xml.encode(encoding)))
    assert answer.outcome == "pixels"
    assert "MetadataWarning" in answer.warnings


@pytest.mark.parametrize(
    "xml",
    [
        pytest.param("<a>" * 100_000, id="deep and open"),
        pytest.param("<a>" * 100_000 + "</a>" * 100_000, id="deep"),
        pytest.param('<a b="' + "x" * 10_000_000 + '"/>', id="a long attribute"),
        pytest.param("<a " + " ".join(f'b{k}="1"' for k in range(100_000)) + "/>", id="many attributes"),
        pytest.param("".join(f'<a xmlns:n{k}="u{k}"/>' for k in range(50_000)), id="many namespaces"),
        pytest.param("<Channel/>" * 100_000, id="many of one element"),
        pytest.param("&#0;", id="a NUL"),
        pytest.param("&#xD800;", id="half a character"),
        pytest.param("&undeclared;", id="an entity that is none"),
        pytest.param("<![CDATA[" + "]]" * 1_000_000 + "]]>", id="much CDATA"),
        pytest.param("<!--" + "- " * 1_000_000 + "-->", id="a long comment"),
    ],
)
@pytest.mark.parametrize("where", ["OME", "Pixels"])
def test_xml_that_is_built_to_hurt(xml: str, where: str, ome: Ome, pixels: Images, ask: Ask) -> None:
    inside = pixels() + xml if where == "OME" else pixels(xml)
    assert ask(ome(inside)).outcome in ("pixels", "CorruptFileError", "LimitExceededError")


def test_many_images_of_one_page(ome: Ome, pixels: Images, ask: Ask) -> None:
    """Five thousand pictures that all are the same page."""
    answer = ask(ome(pixels('<TiffData IFD="0"/>') * 5_000), ("describe",))
    assert answer.outcome in ("described", "CorruptFileError", "LimitExceededError")


@pytest.mark.parametrize("bom", [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b" \n\t", b"\xc0\x80"])
def test_what_stands_before_the_xml(bom: bytes, ome: Ome, pixels: Images, ask: Ask) -> None:
    xml = bom + f'<?xml version="1.0"?><OME>{pixels()}</OME>'.encode()
    assert ask(ome(xml)).outcome in ("pixels", "CorruptFileError")
