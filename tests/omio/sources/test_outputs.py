"""Files that OMIO wrote from others of a source are recognised by their records."""

from __future__ import annotations

from pathlib import Path

import omio
from omio.sources.collect import collect
from omio.sources.outputs import own_outputs
from omio_core.images.overrides import Request
from tests.omio.folders import put


def test_a_conversion_is_and_a_copy_of_something_else_is_not(tmp_path: Path) -> None:
    put(tmp_path / "a.tif", 1)
    omio.convert(tmp_path / "a.tif", tmp_path / "made")
    omio.imwrite(tmp_path / "own.ome.tif", omio.imread(tmp_path / "a.tif")[0])
    found = collect(omio.Folder(tmp_path, recursive=True), Request())
    assert own_outputs(found.files) == {}
    assert [Path(one.path).name for one in found.listing.skipped] == ["a.ome.tif"]
    assert [file.candidate.location.name for file in found.files] == ["a.tif", "own.ome.tif"]
