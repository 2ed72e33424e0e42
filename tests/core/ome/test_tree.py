"""The tree of an OME-XML document: read once, and annotations as plain values."""

from __future__ import annotations

from omio_core.ome import read, tree
from tests.core.ome.documents import document


def test_many_planes_are_read_once() -> None:
    text = document(
        "".join(f'<TiffData IFD="{i}" FirstZ="{i}" PlaneCount="1"/>' for i in range(10_000)),
        sizes='SizeX="4" SizeY="3" SizeZ="10000" SizeC="1" SizeT="1"',
    )
    assert [d.ifd for d in read.parse_ome(text).images[0].tiff_data] == list(range(10_000))
    assert tree.document(text) is tree.document(text)


def test_annotations() -> None:
    rest = """<StructuredAnnotations>
      <MapAnnotation ID="A:0" Namespace="ns"><Description>about</Description>
        <Value><M K="a">1</M><M K="b">x</M><M K="b">y</M><M K="b">z</M><M K="e"/></Value></MapAnnotation>
      <MapAnnotation ID="A:1" Namespace="ns"><Value><M K="a">2</M></Value></MapAnnotation>
      <MapAnnotation ID="A:2" Namespace="omio/x"><Value><M K="n">[1, 2.5]</M><M K="s">plain</M></Value></MapAnnotation>
      <XMLAnnotation ID="A:3"><Value><p xmlns="http://p">q<r/></p></Value></XMLAnnotation>
      <LongAnnotation ID="A:4"><Value>7</Value></LongAnnotation>
      <FileAnnotation ID="A:5"><BinaryFile FileName="f" Size="3"/></FileAnnotation>
      <MapAnnotation ID="A:6" Namespace="elsewhere"><Value><M K="a">2</M></Value></MapAnnotation>
      <TagAnnotation ID="A:7"><Value>of a channel</Value></TagAnnotation>
      <ListAnnotation ID="A:8"><AnnotationRef ID="A:9"/></ListAnnotation>
      <TagAnnotation ID="A:9" Namespace="listed"><Value>of a list</Value></TagAnnotation>
    </StructuredAnnotations>"""
    text = document(
        '<Channel ID="C:0"><AnnotationRef ID="A:7"/></Channel>',
        rest=rest + "<Project ID='P:0'><AnnotationRef ID='A:6'/></Project>",
    ).replace("</Pixels>", "</Pixels><AnnotationRef ID='A:1'/><AnnotationRef ID='A:none'/><AnnotationRef ID='A:1'/>")
    found = read.ome_facts(text, 0).annotations
    assert found["ns"] == {"a": "2"}  # this image's own come first
    assert found["ns (2)"] == {"a": "1", "b": ["x", "y", "z"], "e": "", "Description": "about"}
    assert found["omio/x"] == {"n": [1, 2.5], "s": "plain"}
    assert "http://p" in found["XMLAnnotation"]["XMLAnnotation"]
    assert found["LongAnnotation"] == {"LongAnnotation": "7"}
    assert found["FileAnnotation"] == {"FileName": "f", "Size": "3"}
    assert found["TagAnnotation"] == {"TagAnnotation": "of a channel"}
    assert found["listed"] == {"TagAnnotation": "of a list"}
    assert "elsewhere" not in found


def test_deep_annotation_is_text() -> None:
    deep = "<a>" * 50_000 + "core" + "</a>" * 50_000
    rest = (
        f'<StructuredAnnotations><XMLAnnotation ID="A:0"><Value>{deep}</Value></XMLAnnotation></StructuredAnnotations>'
    )
    assert read.ome_facts(document(rest=rest), 0).annotations == {"XMLAnnotation": {"XMLAnnotation": "core"}}
