"""Every encoding that XML is found in."""

from __future__ import annotations

import pytest

from omio_core.parsing.decoding import decode_xml

TEXT = '<?xml version="1.0"?><a b="µm"/>'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_a_text_in_any_encoding(encoding: str) -> None:
    assert decode_xml(TEXT.encode(encoding)) == TEXT


def test_the_declared_encoding_decides_where_it_is_not_utf_8() -> None:
    text = '<?xml version="1.0" encoding="shift_jis"?><a>細胞</a>'
    assert decode_xml(text.encode("shift_jis")) == text
    unknown = text.replace("shift_jis", "no-such")
    assert decode_xml(unknown.encode("shift_jis")) == unknown.encode("shift_jis").decode("latin-1")
