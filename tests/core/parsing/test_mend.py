"""A flawed text: what stands complete before the flaw is used, and nothing behind it."""

from __future__ import annotations

import pytest

from omio_core.parsing.mend import mend_xml
from omio_core.settings import using

WHOLE = b'<?xml version="1.0"?><a><b k="1"/><c><d/><e>text</e></c></a>'


def test_a_sound_text_is_as_it_is() -> None:
    mended = mend_xml(WHOLE, containers=())
    assert (mended.xml, mended.flaw, mended.open_elements) == (WHOLE, "", ())


@pytest.mark.parametrize(
    ("spoiled", "left", "within"),
    [
        (WHOLE + b"\x01", b'<a><b k="1" /><c><d /><e>text</e></c></a>', ()),
        (WHOLE + b"<a/>", b'<a><b k="1" /><c><d /><e>text</e></c></a>', ()),
        (WHOLE.replace(b"text", b"te\x01t"), b'<a><b k="1" /><c><d /></c></a>', ("a", "c", "e")),
        (WHOLE.replace(b"text", b"a & b"), b'<a><b k="1" /><c><d /></c></a>', ("a", "c", "e")),
        (WHOLE.replace(b"text", b"&#0;"), b'<a><b k="1" /><c><d /></c></a>', ("a", "c", "e")),
        (WHOLE.replace(b"text", b"te\0t"), b'<a><b k="1" /><c><d /></c></a>', ("a", "c", "e")),
        (WHOLE[:-9], b'<a><b k="1" /><c><d /></c></a>', ("a", "c", "e")),
        (WHOLE[:-4], b'<a><b k="1" /><c><d /><e>text</e></c></a>', ("a",)),
        (WHOLE.replace(b'k="1"', b'k="\x01"'), b"<a />", ("a",)),
    ],
)
def test_what_is_open_at_the_flaw_is_left_out(spoiled: bytes, left: bytes, within: tuple[str, ...]) -> None:
    mended = mend_xml(spoiled, "note", containers=("a", "c"))
    assert (mended.xml, mended.open_elements) == (left, within)
    assert mended.flaw.startswith("the note is malformed (")


def test_an_element_that_is_no_container_goes_with_all_it_has() -> None:
    assert mend_xml(WHOLE.replace(b"text", b"&"), containers=("a",)).xml == b'<a><b k="1" /></a>'
    assert mend_xml(WHOLE.replace(b"text", b"&"), containers=()).xml == b""


@pytest.mark.parametrize("junk", [b"\n", b"\x01\x02", b" \r\n", b"\xef\xbb\xbf\n", b"\0"])
def test_bytes_before_the_declaration_are_passed(junk: bytes) -> None:
    mended = mend_xml(junk + WHOLE, containers=())
    assert mended.xml == WHOLE
    assert f"begins with {len(junk)} byte(s)" in mended.flaw


@pytest.mark.parametrize(
    "text",
    [
        b"<!DOCTYPE a><a><b/></a>",
        b'<!DOCTYPE a [<!ENTITY e "x">]><a><b/>&e;\x01</a>',
        b'<?xml version="1.0" encoding="no-such"?><a><b/></a>',
        b"no XML at all",
        b"",
    ],
)
def test_what_is_not_parsed(text: bytes) -> None:
    mended = mend_xml(text, containers=("a",))
    assert mended.xml == b""
    assert mended.flaw


def test_a_text_that_is_too_long_is_not_parsed() -> None:
    with using(max_xml=10):
        assert mend_xml(WHOLE, containers=("a",)).xml == b""


def test_utf_16() -> None:
    text = '<?xml version="1.0" encoding="utf-16"?><a>µ</a>'
    assert mend_xml(text.encode("utf-16"), containers=()).flaw == ""
    assert "µ".encode() in mend_xml((text + "&").encode("utf-16"), containers=()).xml


def test_a_tree_too_deep_to_write_gives_nothing() -> None:
    assert mend_xml("<a>" * 100_000, containers=("a",)).xml == b""
