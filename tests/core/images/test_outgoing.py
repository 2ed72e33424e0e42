"""An image on its way to a writer: its record says who writes it, and what reading found absent."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
from omio_toy_late import READER, late, write_late

from omio_core.contract import Match, Verdict, Writer, Written, pull
from omio_core.errors import AbsentPlanesWarning
from omio_core.geometry.box import Box
from omio_core.images import writing
from omio_core.images.image import Image
from omio_core.images.opening import open_source
from omio_core.images.outgoing import OutgoingImage, found_absent
from omio_core.merging.merge import merge
from omio_core.pixels import stream

SHAPE = (3, 2, 4, 5)
GONE = [[[1, 2], [0, 1], [0, 4], [0, 5]]]


def accepts(images):
    return Verdict(Match.EXACT, "anything")


WRITER = Writer(name="w", title="", suffixes=(".w",), accepts=accepts, write="m:f", version="9", revision=3)


@pytest.fixture
def make(catalogue, tmp_path):
    """A function that opens a file of images that are read late."""
    catalogue(READER, writers=[WRITER])
    return lambda *images, name="a.late": open_source(write_late(tmp_path / name, *images)).images


def test_the_record_names_the_writer_and_its_revision():
    image = Image.of_array(np.zeros((2, 3), "u1"), axes="YX")
    outgoing = OutgoingImage(image, WRITER)
    record = outgoing.metadata.provenance
    assert (record["writer"], record["writer_version"], record["writer_revision"]) == ("w", "9", 3)
    assert "absent" not in record
    assert "writer" not in image.metadata.provenance, "the image itself is as it was"
    assert (outgoing.name, outgoing.samples, outgoing.vendor) == (image.name, image.samples, image.vendor)
    assert isinstance(outgoing, Image)
    assert np.array_equal(pickle.loads(pickle.dumps(outgoing)).to_numpy(), image.to_numpy())


def test_what_the_writer_found_absent_is_in_its_record_and_the_notes(make, monkeypatch, tmp_path, caplog):
    seen = []
    caplog.set_level("INFO", "omio")

    def write(path, images, request):
        before = images[0].metadata.provenance
        for image in images:
            for _ in pull(image.picture, [Box.whole(image.shape)]):
                pass
        seen.append((before, [image.metadata.provenance.get("absent") for image in images]))
        return Written(notes=("rounded",))

    monkeypatch.setattr(writing, "load", lambda reference: write)
    land, results = writing.atomic.land, []

    def landed(target, make_file, **more):
        results.append(land(target, make_file, **more))
        return results[-1]

    monkeypatch.setattr(writing.atomic, "land", landed)
    first = make(late(SHAPE, late=GONE))[0]
    second = make(late(SHAPE, late=GONE), name="b.late")[0]
    whole = merge([second, second.at(T=1)], "T")
    with pytest.warns(AbsentPlanesWarning):
        writing.write(tmp_path / "a.w", [first, whole, Image.of_array(np.zeros((2, 3), "u1"), axes="YX")])
    ((before, absent),) = seen
    assert "absent" not in before, "nothing was read yet"
    words = "pixels were found absent in the planes T1 Z0 C0"
    assert absent == [words, f"{words}, T3 Z0 C0", None], "in the indices of what is written"
    assert results[0].notes == ("rounded", f"image 0: {words}", f"image 1: {words}, T3 Z0 C0")
    said = [record.message for record in caplog.records]
    assert said == [f"{tmp_path / 'a.w'}: rounded"], "what was found absent is a warning already"


def test_what_a_function_says_is_absent_is_recorded_when_it_was_asked(make):
    one = make(late(SHAPE, ask=[[[0, 1], [0, 2], [0, 4], [0, 5]]]))[0]
    assert found_absent(one) == ""
    with pytest.warns(AbsentPlanesWarning):
        stream.fill(one.picture, np.empty(one.shape, one.dtype))
    words = "pixels were found absent in the planes T1 Z0 C0, T1 Z1 C0, T2 Z0 C0, T2 Z1 C0"
    assert OutgoingImage(one, WRITER).metadata.provenance["absent"] == words
    assert found_absent(one.at(T=0)) == ""


def test_what_the_file_says_and_what_is_found_stand_together(make):
    one = make(late(SHAPE, late=GONE))[0]
    stated = replace(one.metadata, provenance={"absent": "half of it"})
    image = Image(one.picture, stated)
    with pytest.warns(AbsentPlanesWarning):
        image.to_numpy()
    words = "half of it; pixels were found absent in the planes T1 Z0 C0"
    assert OutgoingImage(image, WRITER).metadata.provenance["absent"] == words
