"""The other process of the kit: it reads pickled images and says what their pixels are."""

from __future__ import annotations

import io
import pickle
from types import SimpleNamespace

import numpy as np
import omio_toy
from omio_toy_read import image, write_toy

from omio_core.files.probe import Probe
from omio_core.images.opening import open_source
from omio_core.plugins.catalogue import catalogue
from omio_core.plugins.descriptions import Match
from omio_core.testing import child
from omio_core.testing.sample import catalogue_of, digest
from tests.core.testing.kits import ramp


def test_nothing_is_recognised_there():
    assert child.declines(Probe.of_bytes(omio_toy.MAGIC, "a.toy")).match is Match.NO


def test_it_answers_with_digests(toy, tmp_path, monkeypatch):
    pixels = ramp(2, 4, 5)
    opened = open_source(write_toy(tmp_path / "a.toy", image(pixels, "TYX"), image(pixels + 1, "TYX")))
    asked = pickle.dumps((catalogue_of(toy), list(opened.images)))
    answer = io.BytesIO()
    before = catalogue()
    monkeypatch.setattr(child, "sys", SimpleNamespace(
        stdin=SimpleNamespace(buffer=io.BytesIO(asked)), stdout=SimpleNamespace(buffer=answer)
    ))  # fmt: skip
    child.main()
    wanted = [digest(np.ascontiguousarray((pixels + n)[:, None, None])) for n in (0, 1)]
    assert pickle.loads(answer.getvalue()) == wanted
    assert wanted[0] != wanted[1]
    assert catalogue() is before
