"""What an image explains: origins, and what is unknown."""

from __future__ import annotations


def test_explain_names_origins_and_what_is_unknown(of_file):
    lines = of_file().explain().splitlines()
    (size,) = (line for line in lines if "PhysicalSizeX" in line)
    (name,) = (line for line in lines if "GFP" in line)
    assert "unknown" in size
    assert "file" in name
    assert "header: channels" in name
