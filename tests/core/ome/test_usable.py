"""Flawed OME-XML: which images can be used, and what the user is told."""

from __future__ import annotations

import pytest

from omio_core.ome.read import ome_facts
from omio_core.ome.usable import LOST, usable_ome
from omio_core.settings import using

PIXELS = (
    '<Pixels DimensionOrder="XYZCT" Type="uint16" SizeX="20" SizeY="16" SizeZ="{z}" SizeC="1" SizeT="1" '
    'PhysicalSizeX="0.1"><Channel Name="a"/><TiffData IFD="{ifd}" PlaneCount="{z}"/></Pixels>'
)
NOTES = (
    '<StructuredAnnotations><CommentAnnotation ID="A:0"><Value>hi</Value></CommentAnnotation></StructuredAnnotations>'
)
ONE, TWO = (f'<Image ID="I:{k}">{PIXELS.format(z=3, ifd=3 * k)}<AnnotationRef ID="A:0"/></Image>' for k in range(2))
WHOLE = f'<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://x">{ONE}{TWO}{NOTES}</OME>'


def test_a_sound_document() -> None:
    usable = usable_ome(WHOLE)
    assert (usable.xml, usable.flaw, usable.has_all, usable.is_lost) == (WHOLE, "", True, False)


@pytest.mark.parametrize(
    ("text", "images", "has_all", "told"),
    [
        (WHOLE + "\x01", 2, True, "all of it stands before that, and is used"),
        ("\n" + WHOLE, 2, True, "all of it stands before that, and is used"),
        (WHOLE.replace("hi", "a & b"), 2, True, "annotations and regions behind it"),
        (WHOLE[: WHOLE.index(NOTES)], 2, False, "further images"),
        (WHOLE.replace("</Image><Struc", "\x01</Image><Struc"), 2, False, "the rest of OME/Image"),
        (WHOLE[: WHOLE.index(TWO) + 80], 1, False, "further images"),
        (WHOLE.replace('"a"', '"a\x01"', 1), 0, False, LOST),
        (WHOLE[:60], 0, False, LOST),
        (WHOLE.replace("<OME", "<!DOCTYPE OME><OME"), 0, False, LOST),
        (WHOLE.replace("UTF-8", "no-such"), 0, False, LOST),
        ("<other>" + WHOLE.partition("?>")[2] + "</other>", 0, False, LOST),
        (WHOLE.replace('SizeZ="3"', 'SizeZ="x"'), 0, False, LOST),
        (WHOLE.replace('SizeZ="3"', 'SizeZ="x"', 1), 1, False, "what that image says of its pages is not used"),
    ],
)
def test_what_stands_complete_before_the_flaw_is_used(text: str, images: int, has_all: bool, told: str) -> None:
    usable = usable_ome(text)
    assert (len(usable.document.images), usable.has_all, usable.is_lost) == (images, has_all, images == 0)
    assert told in usable.warning
    for image in usable.document.images:
        assert len(image.tiff_data) == 1
        size = ome_facts(usable.xml, image.index).physical_size_x
        assert size is not None
        assert size.value == 0.1


def test_an_image_behind_one_without_a_structure_keeps_its_index() -> None:
    assert [image.index for image in usable_ome(WHOLE.replace('SizeZ="3"', 'SizeZ="x"', 1)).document.images] == [1]


def test_a_document_that_is_too_long() -> None:
    with using(max_xml=100):
        usable = usable_ome(WHOLE + " ")  # another text than those that were read and kept
    assert usable.is_lost
    assert "at most 100" in usable.flaw


def test_the_file_of_the_set_is_known_before_the_flaw() -> None:
    usable = usable_ome('<OME><BinaryOnly MetadataFile="a.companion.ome" UUID="urn:uuid:1"/>&</OME>')
    assert usable.document.metadata_file == "a.companion.ome"
    assert not usable.is_lost
