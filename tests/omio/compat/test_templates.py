"""Sidecars for a whole project."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import omio
from tests.plugins.thorlabs import made


def test_a_sidecar_for_each_file_that_lacks_one(tmp_path: Path) -> None:
    """Those that can be read have none; one that exists stays unless it is to be replaced."""
    raw = np.zeros((2, 1, 2, 4, 5), np.uint16).tobytes()
    for name, text in (("ID1", None), ("ID2", made.by_hand()), ("ID3", "Y: broken")):
        folder = tmp_path / name / "TP1"
        folder.mkdir(parents=True)
        (folder / "scan.raw").write_bytes(raw)
        if text is not None:
            (folder / "scan.yaml").write_text(text)
    result = omio.batch_create_thorlabs_raw_yaml_templates(tmp_path, verbose=False)
    assert [record.yaml_path for record in result.created] == [tmp_path / "ID1" / "TP1" / "scan.yaml"]
    readable, taken = result.skipped
    assert (readable.raw_path.parent.parent.name, readable.reason) == ("ID2", "it can be read")
    assert "exists already" in taken.reason
    assert (tmp_path / "ID3" / "TP1" / "scan.yaml").read_text() == "Y: broken"
    replaced = omio.batch_create_thorlabs_raw_yaml_templates(tmp_path, subject_ids=["ID3"], overwrite_existing=True)
    assert len(replaced.created) == 1
