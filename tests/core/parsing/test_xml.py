"""Guarded XML: no DOCTYPE, bounded length and tags, every encoding, errors with their line."""

from __future__ import annotations

import pytest

from omio_core.errors import CorruptFileError, LimitExceededError
from omio_core.metadata.facts import Fact
from omio_core.ome import read
from omio_core.parsing import xml
from omio_core.settings import using
from tests.core.ome.documents import document


def test_malformed_says_where() -> None:
    with pytest.raises(CorruptFileError) as caught:
        read.parse_ome("<OME>\n  <Image></OME>")
    assert caught.value.line == 2
    assert "line 2, column 11" in (caught.value.evidence or "")


BOMB = "<!DOCTYPE OME [" + "".join(
    f'<!ENTITY e{i} "{f"&e{i - 1};" * 10 if i else "x" * 100}">' for i in range(12)
) + "]>\n"  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "<!DOCTYPE OME><OME/>",
        BOMB + "<OME>&e11;</OME>",
        "\n<!-- " + "x" * 200_000 + " -->" + BOMB + "<OME/>",
        ('<?xml version="1.0" encoding="utf-16"?>' + BOMB + "<OME/>").encode("utf-16"),
        '<!DOCTYPE OME SYSTEM "file:///etc/passwd"><OME/>',
    ],
)
@pytest.mark.parametrize("function", [read.parse_ome, lambda text: read.ome_facts(text, 0)])
def test_doctype_is_refused(text: str | bytes, function) -> None:
    with pytest.raises(CorruptFileError, match="DOCTYPE"):
        function(text)


def test_doctype_in_an_annotation_is_text() -> None:
    rest = (
        '<StructuredAnnotations><CommentAnnotation ID="A:1"><Value><![CDATA[<!DOCTYPE html>]]></Value>'
        "</CommentAnnotation></StructuredAnnotations>"
    )
    assert read.ome_facts(document(rest=rest), 0).annotations == {
        "CommentAnnotation": {"CommentAnnotation": "<!DOCTYPE html>"}
    }


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    text = document("<TiffData/>" * 20) + " " * 40
    with using(max_xml=len(text) - 1), pytest.raises(LimitExceededError, match="too long"):
        read.parse_ome(text)
    monkeypatch.setattr(xml, "MOST_TAGS", 10)
    with pytest.raises(LimitExceededError, match="too long"):
        read.parse_ome(text + " ")


def test_encodings_and_the_end_of_a_tag() -> None:
    text = document(attributes='PhysicalSizeX="2" PhysicalSizeXUnit="µm"')
    for given in (text, text + "\0\0", text.encode(), text.encode() + b"\0", ("\ufeff" + text).encode()):
        assert read.ome_facts(given, 0).physical_size_x == Fact(2.0, "file", "OME-XML Pixels/@PhysicalSizeX", unit="µm")
    declared = ('<?xml version="1.0" encoding="utf-16"?>' + text).encode("utf-16")
    assert read.ome_facts(declared, 0).physical_size_x is not None
    latin = ('<?xml version="1.0" encoding="ISO-8859-1"?>' + text).encode("latin-1")
    assert read.ome_facts(latin, 0).physical_size_x is not None
    # the text of a tag was decoded already, whatever it declares
    assert read.ome_facts('<?xml version="1.0" encoding="utf-16"?>' + text, 0).physical_size_x is not None
