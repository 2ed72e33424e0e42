"""The report on a plugin: what was checked, what was found, as plain values with a version."""

from __future__ import annotations

import json

import pytest

from omio_core.testing import check
from tests.core.testing.planting import plant, uproot


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A function that makes a module of a text."""
    monkeypatch.syspath_prepend(tmp_path)
    made = []

    def make(name, text):
        (tmp_path / f"{name}.py").write_text(text)
        made.append(name)
        return name

    yield make
    for name in made:
        uproot(name)


def test_a_plugin_that_cannot_be_imported_is_one_finding(module):
    report = check(module("omio_kit_broken", "import a_package_of_1998"))
    (finding,) = report.findings
    assert finding.rule == "import"
    assert "a_package_of_1998" in finding.sentence
    assert report.checked == ("import",)


def test_a_module_that_ends_the_process_is_one_finding(module):
    (finding,) = check(module("omio_kit_exit", "import os; os._exit(7)")).findings
    assert "the process ends with 7" in finding.sentence


def test_the_report_is_plain_values_with_a_version(module):
    report = check(module("omio_kit_empty", "OMIO_API = 1"))
    plain = json.loads(json.dumps(report.to_dict()))
    assert plain["omio_plugin_check"] == 1
    assert set(plain) == {"omio_plugin_check", "plugin", "module", "distribution", "checked", "findings"}
    assert [finding["rule"] for finding in plain["findings"]] == ["hooks"]
    assert "offers nothing" in plain["findings"][0]["sentence"]


def test_a_fault_of_a_writer_is_in_the_report(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    plant(tmp_path, "omio_kit_faulty", "writing.py", "    data = pixels", "    data = pixels[..., ::-1]")
    try:
        report = check("omio_kit_faulty")
    finally:
        uproot("omio_kit_faulty")
    assert {finding.subject for finding in report.findings} == {"writer good_file", "writer good_folder"}
    assert any("come back with another value" in finding.sentence for finding in report.findings)
