"""The contracts as an author subclasses them: for a plugin, its writers, and its policies."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from omio_core.contract import Policy, WriteError
from omio_core.lazy import load
from omio_core.testing import PluginContract, PolicyContract, WriterContract
from tests.core.testing.planting import plant, uproot


@pytest.fixture
def good(tmp_path_factory, monkeypatch):
    """The sound plugin."""
    folder = tmp_path_factory.mktemp("good")
    monkeypatch.syspath_prepend(folder)
    yield plant(folder, "omio_good_contract")
    uproot("omio_good_contract")


class TestPlugin(PluginContract):
    """Of a module that is not installed."""

    @pytest.fixture(autouse=True)
    def _plugin(self, good):
        type(self).plugin = good


class TestFileWriter(WriterContract):
    """Of a writer that makes a file."""

    @pytest.fixture(autouse=True)
    def _writer(self, good):
        type(self).writer, type(self).reader = good.WRITER, good.READER


class TestFolderWriter(WriterContract):
    """Of a writer that makes a folder."""

    @pytest.fixture(autouse=True)
    def _writer(self, good):
        type(self).writer, type(self).reader = good.FOLDER_WRITER, good.FOLDER_READER


class TestPolicies(PolicyContract):
    """Of policies alone."""

    policies = (Policy(kind="axes", name="never", decide=lambda case: "raise", summary="Every case is an error."),)


def test_a_finding_fails_with_its_sentence():
    contract = PolicyContract()
    contract.policies = (Policy(kind="axes", name="never", decide=lambda case: "pad", summary="Every case is padded."),)
    with pytest.raises(AssertionError, match="policy axes=never: decide returns 'pad'"):
        contract.test_policies_decide()


def test_no_policy_at_all_is_not_a_success():
    contract = PolicyContract()
    contract.policies = ()
    with pytest.raises(AssertionError, match="there must be a policy"):
        contract.test_policies_decide()


def test_options_reach_the_writer(good, tmp_path):
    contract = WriterContract()
    contract.writer, contract.reader, contract.options = good.FOLDER_WRITER, good.FOLDER_READER, {"speed": 3}
    contract.writer = replace(good.FOLDER_WRITER, write=f"{good.__name__}.writing:write_strictly")
    load(f"{good.__name__}.writing:write_folder")
    sys.modules[f"{good.__name__}.writing"].write_strictly = _strictly
    with pytest.raises(AssertionError, match="there is no option 'speed'"):
        contract.test_pictures_come_back(tmp_path)


def _strictly(path, images, request):
    raise WriteError(f"there is no option {next(iter(request.options))!r}")
