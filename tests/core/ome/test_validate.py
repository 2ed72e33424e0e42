"""The check against the schema: what is wrong is named, and other programs agree."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from omio_core.errors import CorruptFileError, MetadataError
from omio_core.metadata.facts import Facts
from omio_core.ome import validate, write
from tests.core.ome.written import RICH, built, fact, metadata


def test_check_names_what_is_wrong() -> None:
    good = built(metadata())
    write.check_ome(good)
    write.check_ome(good.encode())
    with pytest.raises(MetadataError) as caught:
        write.check_ome(good.replace("uint16", "uint64"))
    assert "uint64" in (caught.value.evidence or "")
    assert caught.value.problems
    for bad in ("<OME", "<!DOCTYPE OME [<!ENTITY a 'b'>]>" + good.partition("\n")[2]):
        with pytest.raises(CorruptFileError):
            write.check_ome(bad)
        with pytest.raises(CorruptFileError):
            write.model(bad)


def test_model() -> None:
    found = write.model(built(metadata(RICH, (2, 3, 2, 3, 4))))
    pixels = found.images[0].pixels
    assert (pixels.size_x, pixels.size_t, pixels.dimension_order.value) == (4, 2, "XYZCT")
    assert (pixels.physical_size_x, pixels.physical_size_x_unit.value) == (0.1, "µm")
    assert pixels.channels[0].name == "GFP"
    with pytest.raises(MetadataError, match="model"):
        write.model(built(metadata()).replace('Type="uint16"', 'Type="nonesuch"'))


def test_xmllint_agrees(tmp_path: Path, data: Path) -> None:
    xmllint = shutil.which("xmllint")
    if xmllint is None:
        pytest.skip("xmllint is not installed")
    # the schema imports xml.xsd from w3.org and uses nothing of it
    schema = (data / "ome-xml" / "xsd-2016-06" / "ome.xsd").read_text(encoding="utf-8")
    patched = re.sub("<xsd:import [^>]*/>", "", schema)
    assert patched != schema
    (tmp_path / "ome.xsd").write_text(patched, encoding="utf-8")
    odd = Facts(
        name=fact("\0\ud800<µ>"),
        acquisition_date=fact("2020-01-02"),
        objective=fact({"Immersion": "Silicone", "Model": "M"}),
        annotations={"a b [%]": {"k": "\x01"}, "": {"": ""}, "x:y:z": {"a": [1]}, ":": {"a": "b"}},
    )
    documents = [
        metadata(RICH, (2, 3, 2, 3, 4)),
        metadata(),
        metadata(odd),
        metadata(shape=(1, 1, 4, 3, 4), samples=4, assumptions=("a",), provenance={"p": [1, "x"]}),
    ]
    for index, document in enumerate(documents):
        (tmp_path / f"{index}.xml").write_text(built(document), encoding="utf-8")
    (tmp_path / "all.xml").write_text(built(*documents), encoding="utf-8")
    (tmp_path / "one.xml").write_text(write.one(documents[0]), encoding="utf-8")
    files = [str(p) for p in sorted(tmp_path.glob("*.xml"))]
    done = subprocess.run(
        [xmllint, "--nonet", "--noout", "--schema", str(tmp_path / "ome.xsd"), *files],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("validates") == len(files) == 6


def test_schema_is_the_published_one(data: Path) -> None:
    import importlib.util

    spec = importlib.util.find_spec("ome_types")
    assert spec is not None
    assert spec.submodule_search_locations
    shipped = Path(spec.submodule_search_locations[0], "ome-2016-06.xsd").read_bytes()
    assert shipped == (data / "ome-xml" / "xsd-2016-06" / "ome.xsd").read_bytes()
    assert validate._schema() is validate._schema()
