"""Errors: three parts in the message, every fact an attribute, whatever else the class inherits from."""

from __future__ import annotations

import pickle

import pytest

from omio_core import errors
from omio_core.errors import MissingDependencyError, OmioError, OmioWarning

KINDS = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, OmioError)]


@pytest.mark.parametrize("kind", KINDS)
def test_the_three_parts(kind):
    error = kind("it broke", evidence="two bytes", remedy="mend it", path="a.tif", name="a", count=2)
    assert str(error) == "it broke\n  evidence: two bytes\n  remedy: mend it"
    assert (error.what, error.evidence, error.remedy) == ("it broke", "two bytes", "mend it")
    assert (error.path, error.name, error.count) == ("a.tif", "a", 2), "no base class hides a fact"
    assert error.facts == {"path": "a.tif", "name": "a", "count": 2}


@pytest.mark.parametrize("kind", KINDS)
def test_parts_may_be_left_out(kind):
    assert str(kind("it broke")) == "it broke"
    assert str(kind("it broke", remedy="mend it")) == "it broke\n  remedy: mend it"
    with pytest.raises(AttributeError, match="has no attribute 'weather'"):
        _ = kind("it broke").weather


def test_pickling_keeps_all_of_it():
    error = MissingDependencyError("x is not installed", remedy="pip install x", path="a.czi")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is MissingDependencyError
    assert (str(again), again.path, again.remedy) == (str(error), "a.czi", "pip install x")


def test_old_code_catches_them():
    assert issubclass(errors.ReadError, OSError)
    assert issubclass(errors.WriteError, OSError)
    assert issubclass(errors.MetadataError, ValueError)
    assert issubclass(errors.DispatchError, ValueError)
    assert issubclass(errors.MissingDependencyError, ImportError)
    assert issubclass(errors.MergeError, ValueError)
    assert issubclass(OmioWarning, UserWarning)


def test_the_cause_of_a_read_error_is_kept():
    error = errors.CorruptFileError("cut")
    error.__cause__ = EOFError("end")
    assert isinstance(error.__cause__, EOFError)
    assert error.errno is None


def test_a_missing_package_is_installed_by_the_command_that_the_plugin_states():
    missing = ModuleNotFoundError("No module named 'zfp'", name="zfp")
    remedies = [
        errors.missing_package(missing, "reader a", None).remedy,
        errors.missing_package(missing, "reader a", "fast").remedy,
        errors.missing_package(missing, "reader a", "fast", install="pip install omio-a[zfp]", path="x").remedy,
    ]
    assert remedies == ["install zfp", "pip install 'omio-core[fast]'", "pip install omio-a[zfp]"]
