"""What belongs to which image of an OME-XML document."""

from __future__ import annotations

from tests.core.ome.documents import rest


def test_what_only_another_image_has_is_not_kept() -> None:
    pixels = '<Pixels ID="P" DimensionOrder="XYZCT" Type="int8" SizeX="1" SizeY="1" SizeZ="1" SizeC="1" SizeT="1"/>'
    images = "".join(
        f'<Image ID="Image:{i}"><ExperimenterRef ID="E:{i}"/>{pixels}<ROIRef ID="ROI:{i}"/></Image>' for i in range(3)
    )
    each = "".join(
        f'<Experimenter ID="E:{i}" LastName="e{i}"/>'
        f'<Dataset ID="D:{i}" Name="d{i}"><ImageRef ID="Image:{i}"/></Dataset>'
        f'<ROI ID="ROI:{i}"><Union><Label ID="S:{i}" Text="r{i}" X="1" Y="1"/></Union></ROI>'
        f'<Project ID="Project:{i}" Name="p{i}"><DatasetRef ID="D:{i}"/></Project>'
        for i in range(3)
    )
    wells = "".join(
        f'<Well ID="W:{i}" Row="0" Column="{i}" Type="w{i}"><WellSample ID="WS:{i}" Index="0">'
        f'<ImageRef ID="Image:{i}"/></WellSample><AnnotationRef ID="A:{i}"/></Well>'
        for i in range(3)
    )
    tags = "".join(f'<TagAnnotation ID="A:{i}"><Value>t{i}</Value></TagAnnotation>' for i in range(3))
    text = (
        f'<OME>{each}<Plate ID="Plate:0" Rows="1">{wells}</Plate><Experimenter ID="E:9" LastName="nobody"/>{images}'
        f"<StructuredAnnotations>{tags}</StructuredAnnotations></OME>"
    )
    for i in range(3):
        found = rest(text, i)
        for letter in "edrpwt":
            assert [k for k in range(3) if f'"{letter}{k}"' in found or f">{letter}{k}<" in found] == [i], letter
        assert "nobody" in found
        assert 'Rows="1"' in found
        assert f'<ImageRef ID="Image:{i}" />' in found


def test_what_two_others_share_is_not_kept() -> None:
    pixels = '<Pixels ID="P" DimensionOrder="XYZCT" Type="int8" SizeX="1" SizeY="1" SizeZ="1" SizeC="1" SizeT="1"/>'
    of_each = ('<AnnotationRef ID="A:0"/>', "", '<AnnotationRef ID="A:0"/><AnnotationRef ID="A:1"/>')
    images = "".join(f'<Image ID="Image:{i}">{pixels}{references}</Image>' for i, references in enumerate(of_each))
    annotations = (
        '<TagAnnotation ID="A:0" Annotator="E:0"><Value>shared</Value></TagAnnotation>'
        '<TagAnnotation ID="A:1" Annotator="E:0"><Value>own</Value></TagAnnotation>'
    )
    text = (
        f'<OME><Experimenter ID="E:0" LastName="who"/>{images}'
        f"<StructuredAnnotations>{annotations}</StructuredAnnotations></OME>"
    )
    assert ['ID="A:0"' in rest(text, i) for i in range(3)] == [True, False, True]
    assert ['ID="A:1"' in rest(text, i) for i in range(3)] == [False, False, True]
    assert all('LastName="who"' in rest(text, i) for i in range(3))  # nothing refers to it by its ID
