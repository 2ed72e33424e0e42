"""How a TIFF is known: by content, whatever the name; and why something is none."""

from __future__ import annotations

import io
import subprocess
import sys

import numpy as np
import pytest
import tifffile

from omio_core.contract import Match, Probe
from omio_plugins.tiff import READER, omio_readers, sniff


def data(**options: object) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, np.zeros((4, 5), "u2"), **options)
    return buffer.getvalue()


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("bigtiff", [False, True])
def test_a_tiff_is_known_by_its_header(byteorder: str, bigtiff: bool) -> None:
    verdict = sniff(Probe.of_bytes(data(byteorder=byteorder, bigtiff=bigtiff), "a.tif"))
    assert verdict.match is Match.SIGNATURE
    assert (
        verdict.why == f"{'BigTIFF' if bigtiff else 'TIFF'} header ({'little' if byteorder == '<' else 'big'}-endian)"
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a.czi", "although the name ends in .czi"),
        ("a", "although the name has no suffix"),
        ("A.TIF", ""),
        ("a.ome.btf", ""),
    ],
)
def test_content_decides_and_the_name_is_told(name: str, said: str) -> None:
    verdict = sniff(Probe.of_bytes(data(), name))
    assert verdict.match is Match.SIGNATURE
    assert verdict.why.endswith(said or "(little-endian)")


def test_an_lsm_file_is_told_wherever_its_ifd_lies() -> None:
    plain = data(extratags=[(34412, 7, 4, b"abcd", True)])
    verdict = sniff(Probe.of_bytes(plain, "a.lsm"))
    assert verdict.match is Match.SIGNATURE
    assert "34412" in verdict.why


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty file"),
        (b"hello, world", "begins with b'hell'"),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "begins with b'\\x89PNG', not with II or MM"),
        (b"II*\0\x08", "too short"),
        (b"II+\0\x08\0\0\0\x10\0\0", "too short"),
        (b"MM\0\x2b\0\x07\0\0" + bytes(8), "without its constants"),
        (b"IIII" + bytes(12), "not by 42 or 43"),
    ],
)
def test_a_no_brings_its_reason(content: bytes, why: str) -> None:
    verdict = sniff(Probe.of_bytes(content, "a.tif"))
    assert verdict.match is Match.NO
    assert why in verdict.why


@pytest.mark.parametrize(
    "text",
    [
        "<OME>",
        '<?xml version="1.0"?>\n<!-- a -- comment --><!--> --> <OME:OME UUID="a">',
        " \n<OME/>",
        "<!-- " + "x" * 2000 + "--><OME\n>",
        "<!DOCTYPE OME><OME/>",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_ome_xml_is_known_by_its_root(text: str, encoding: str) -> None:
    verdict = sniff(Probe.of_bytes(text.encode(encoding), "a.companion.ome"))
    assert (verdict.match, verdict.why) == (Match.SIGNATURE, "OME-XML, the companion of an OME-TIFF set")
    assert sniff(Probe.of_bytes(text.encode(encoding), "a.xml")).why.endswith("although the name ends in .xml")


@pytest.mark.parametrize(
    "text",
    [
        "<OMELET>", "<ome>", "<a><OME>", "OME", "<!-- <OME> ", "<?xml <OME>", "<!--" * 1000, "<?" * 2000, " " * 4096,
        "<!-- --" * 500, "<OME",
    ],
)  # fmt: skip
def test_other_xml_is_none(text: str) -> None:
    assert sniff(Probe.of_bytes(text.encode(), "a.companion.ome")).match is Match.NO


def test_a_folder_is_none(tmp_path) -> None:
    assert sniff(Probe(tmp_path)).match is Match.NO


def test_every_cut_of_a_header_is_survived() -> None:
    whole = data(bigtiff=True)
    verdicts = [sniff(Probe.of_bytes(whole[:n], "a.tif")).match for n in range(len(whole))]
    assert set(verdicts[:16]) == {Match.NO}
    assert set(verdicts[16:]) == {Match.SIGNATURE}


def test_the_reader_is_registered_and_light() -> None:
    assert omio_readers() == [READER]
    assert list(READER.suffixes).index(".ome.tif") < list(READER.suffixes).index(".tif")
    code = (
        "import omio_plugins.tiff, sys; print(sorted({'numpy', 'tifffile', 'zarr', 'imagecodecs'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
