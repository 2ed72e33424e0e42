"""Plans that read folders which are one picture: what they record of them, and what they refuse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import omio
from omio.planning.plan import Plan
from omio_core.errors import FileChangedError, OmioError
from omio_core.plugins import catalogue as plugins
from omio_core.plugins.catalogue import catalogue
from tests.omio.folders import reasons

PIXELS = np.arange(60, dtype=np.uint8).reshape(3, 4, 5)
TOY = Path(__file__).parents[2] / "core" / "toy"


@pytest.fixture(autouse=True)
def _toy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The toy reader beside the installed ones: it knows a folder with an index as one picture."""
    monkeypatch.syspath_prepend(str(TOY))
    import omio_toy

    known = catalogue()
    with plugins.using(replace(known, readers=(*known.readers, omio_toy.READER))):
        yield


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A folder that is one picture: an index, which is its metadata document, and another file."""
    import omio_toy_read

    folder = tmp_path / "data" / "embryo.toys"
    folder.mkdir(parents=True)
    omio_toy_read.write_toy(folder / "index.toy", omio_toy_read.image(PIXELS, "ZYX"))
    (folder / "chunk").write_bytes(b"abc")
    return folder


def saved(plan: Plan) -> Plan:
    return Plan.from_json(plan.to_json())


def test_a_plan_names_the_folder(picture: Path) -> None:
    plan = omio.plan(picture)
    (source,) = plan.outputs[0].inputs
    assert source.path == str(picture)
    assert [member.location.name for member in source.members] == ["index.toy"]
    assert len(source.listing) == 32
    assert source.is_folder
    assert f"from {picture}  (a folder)" in str(plan)
    assert "index.toy  " not in str(plan)
    assert saved(plan) == plan
    assert [path.name for path in saved(plan).run()] == ["embryo.toys.ome.tif"]


def test_a_folder_without_documents_is_still_recorded(picture: Path) -> None:
    plan = omio.plan(picture)
    (output,) = plan.outputs
    bare = replace(plan, outputs=(replace(output, inputs=(replace(output.inputs[0], members=()),)),))
    assert saved(bare) == bare
    assert bare.outputs[0].inputs[0].is_folder
    nothing = replace(output.inputs[0], members=(), listing="")
    with pytest.raises(OmioError, match="no plan that OMIO can run"):
        saved(replace(plan, outputs=(replace(output, inputs=(nothing,)),)))


@pytest.mark.parametrize("reload", [saved, lambda plan: plan], ids=["saved", "at hand"])
@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "chunk").write_bytes(b"abcd"),
        lambda folder: (folder / "chunk").unlink(),
        lambda folder: (folder / "another").write_bytes(b""),
        lambda folder: (folder / "index.toy").write_bytes((folder / "index.toy").read_bytes() + b"x"),
    ],
    ids=["a file is longer", "a file is gone", "a file is new", "the document"],
)
def test_a_folder_that_changed_since_the_plan_is_refused(picture: Path, reload: Any, change: Any) -> None:
    plan = reload(omio.plan(picture))
    change(picture)
    with pytest.raises(FileChangedError, match="has changed since the plan was made") as caught:
        plan.run()
    assert caught.value.what == f"{picture} has changed since the plan was made"
    assert caught.value.path == str(picture)
    assert [path.name for path in picture.parent.iterdir()] == ["embryo.toys"], "nothing is written"


def test_nothing_is_written_into_a_folder_that_is_read(picture: Path, tmp_path: Path) -> None:
    inside = picture / "deep" / "x.ome.tif"
    for source in (picture, [picture, picture]):
        for out in (inside, picture):
            plan = omio.plan(source, out, merge="T" if isinstance(source, list) else None)
            assert all("cannot be written" in problem for problem in plan.problems)
            assert all("it would lie in" in problem for problem in plan.problems)
            assert plan.problems
    with pytest.raises(OmioError, match="cannot be written"):
        omio.convert_to_ometiff(picture, picture)
    plan = omio.plan(picture, picture / "index.toy.ome.tif", collision="overwrite")
    assert plan.problems
    assert {path.name for path in picture.iterdir()} == {"index.toy", "chunk"}
    assert not omio.plan(picture, tmp_path / "out").problems


def test_what_omio_wrote_from_a_folder_is_not_read_again(picture: Path) -> None:
    omio.convert_to_ometiff(picture)
    plan = omio.plan(picture.parent)
    assert reasons(plan) == {"embryo.toys.ome.tif": "written by OMIO from embryo.toys, which is among the inputs"}
    (picture / "chunk").write_bytes(b"other")  # another picture now: what was written from the first one is kept
    assert len(omio.plan(picture.parent).outputs) == 2


def test_a_file_inside_a_folder_counts_once(picture: Path) -> None:
    plan = omio.plan([picture / "index.toy", picture])
    assert [source.path for output in plan.outputs for source in output.inputs] == [str(picture)]
    assert reasons(plan) == {"index.toy": "of the set of embryo.toys"}


def test_the_record_names_the_folder_and_its_documents(picture: Path) -> None:
    image = omio.imopen(picture)
    folder, document = image.metadata.provenance["source"]
    assert folder == {"name": "embryo.toys", "listing": image.picture.stored.key.listing}
    assert (document["name"], document["bytes"]) == ("index.toy", (picture / "index.toy").stat().st_size)


def test_folders_merge(picture: Path) -> None:
    import omio_toy_read

    second = picture.with_name("next.toys")
    second.mkdir()
    omio_toy_read.write_toy(second / "index.toy", omio_toy_read.image(PIXELS + 1, "ZYX"))
    plan = omio.plan(picture.parent, merge="T")
    assert [source.location.name for source in plan.outputs[0].inputs] == ["embryo.toys", "next.toys"]
    assert str(plan).count("(a folder)") == 2
    (path,) = plan.run()
    assert np.array_equal(omio.imread(path)[0][:, :, 0], [PIXELS, PIXELS + 1])
