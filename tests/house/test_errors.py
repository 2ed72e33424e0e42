"""The tree of errors: shape, words, facts, and that each survives a pickle and a copy."""

from __future__ import annotations

import ast
import copy
import inspect
import pickle
import re
from typing import Any

import pytest

from omio_core import errors

# From each class to its parents; this is the promise to whoever catches them.
TREE: dict[str, tuple[str, ...]] = {
    "OmioError": ("Exception",),
    "PluginError": ("OmioError",),
    "PluginLoadError": ("PluginError",),
    "PluginContractError": ("PluginError",),
    "MissingDependencyError": ("PluginError", "ImportError"),
    "DispatchError": ("OmioError", "ValueError"),
    "NoReaderError": ("DispatchError",),
    "NoWriterError": ("DispatchError",),
    "UnknownReaderError": ("DispatchError",),
    "AmbiguousReaderError": ("DispatchError",),
    "UnknownOptionError": ("DispatchError",),
    "ReadError": ("OmioError", "OSError"),
    "CorruptFileError": ("ReadError",),
    "AbsentDataError": ("ReadError",),
    "UnsupportedFeatureError": ("ReadError",),
    "LimitExceededError": ("ReadError",),
    "FileChangedError": ("ReadError",),
    "MetadataError": ("OmioError", "ValueError"),
    "MissingMetadataError": ("MetadataError",),
    "MetadataConflictError": ("MetadataError",),
    "AmbiguousAxesError": ("MetadataError",),
    "AmbiguousSidecarError": ("MetadataError",),
    "ManyImagesError": ("OmioError", "ValueError"),
    "MergeError": ("OmioError", "ValueError"),
    "WriteError": ("OmioError", "OSError"),
    "CacheError": ("OmioError",),
    "BatchError": ("OmioError",),
    "OmioWarning": ("UserWarning",),
    "PluginLoadWarning": ("OmioWarning",),
    "MetadataWarning": ("OmioWarning",),
    "AssumedAxesWarning": ("OmioWarning",),
    "AbsentPlanesWarning": ("OmioWarning",),
}
CLASSES = {
    name: value
    for name, value in vars(errors).items()
    if inspect.isclass(value) and value.__module__ == errors.__name__
}
ERRORS = sorted(name for name, kind in CLASSES.items() if issubclass(kind, errors.OmioError))
WARNINGS = sorted(name for name, kind in CLASSES.items() if issubclass(kind, Warning))
# `path`, `name`, `errno` and `filename` are also attributes that ImportError or OSError bring along
FACTS = {
    "path": "a µm.tif", "reader": "tiff", "name": "image 0", "errno": 28, "filename": "b.tif",
    "verdicts": {"tiff": "no"}, "images": ("a", "b"),
}  # fmt: skip


def test_the_tree_is_the_promised_one() -> None:
    """No class too many, none too few, each below the parents it was promised to have."""
    assert {name: tuple(base.__name__ for base in kind.__bases__) for name, kind in CLASSES.items()} == TREE
    assert set(ERRORS) | set(WARNINGS) == set(TREE)


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_says_what_evidence_and_remedy(name: str) -> None:
    """Three parts, in that order, in the message and as attributes; parts that are not known leave no trace."""
    error = CLASSES[name]("it broke", evidence="3 bytes of 8", remedy="copy it again", **FACTS)
    assert str(error).splitlines() == ["it broke", "  evidence: 3 bytes of 8", "  remedy: copy it again"]
    assert (error.what, error.evidence, error.remedy) == ("it broke", "3 bytes of 8", "copy it again")
    assert str(CLASSES[name]("it broke")) == "it broke"


@pytest.mark.parametrize("fact", FACTS)
@pytest.mark.parametrize("name", ERRORS)
def test_a_fact_is_an_attribute(name: str, fact: str) -> None:
    """Whatever the built-in parents call their own."""
    error = CLASSES[name]("it broke", **FACTS)
    assert getattr(error, fact) == FACTS[fact]
    with pytest.raises(AttributeError, match="no_such_fact"):
        _ = error.no_such_fact


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_survives_pickle_and_copy(name: str) -> None:
    """As it goes through a worker process: class, message, parts and facts."""
    error = CLASSES[name]("it broke", evidence="3 bytes of 8", remedy="copy it again", **FACTS)
    twins = [pickle.loads(pickle.dumps(error, protocol)) for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)]
    for twin in (*twins, copy.copy(error), copy.deepcopy(error)):
        assert type(twin) is type(error)
        assert str(twin) == str(error)
        assert (twin.what, twin.evidence, twin.remedy, twin.facts) == (
            error.what, error.evidence, error.remedy, error.facts,
        )  # fmt: skip
        assert {fact: getattr(twin, fact) for fact in FACTS} == FACTS


@pytest.mark.parametrize("name", WARNINGS)
def test_a_warning_survives_pickle_and_copy(name: str) -> None:
    """Class, message, and the file it is about."""
    warning = CLASSES[name]("the plugin x is left out", path="/data/x.tif")
    for twin in (pickle.loads(pickle.dumps(warning)), copy.copy(warning), copy.deepcopy(warning)):
        assert type(twin) is type(warning)
        assert str(twin) == "the plugin x is left out"
        assert twin.path == "/data/x.tif"
    assert CLASSES[name]("the plugin x is left out").path is None


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_a_class_is_documented(name: str, reference: dict[str, str]) -> None:
    """In its own docstring, and on the page of errors."""
    own = CLASSES[name].__dict__.get("__doc__") or ""
    assert own.strip().splitlines()[0].endswith((".", ";")) or own.strip().partition("\n\n")[0].endswith(".")
    assert re.search(rf"`(omio_core\.errors\.)?{name}`", reference["errors.md"]), f"{name} is not in errors.md"


def test_only_those_are_raised(modules: tuple[Any, ...]) -> None:
    """Whatever the packages raise is an OmioError, or one of the few built-ins that mean the same everywhere.

    A private module of a plugin may tell its own neighbours of a wrong value: what leaves a plugin, the core wraps.
    """
    ordinary = {
        "FileNotFoundError", "FileExistsError", "AttributeError", "NotImplementedError", "TypeError", "KeyError",
        "IndexError", "StopIteration", "KeyboardInterrupt", "AssertionError",
    }  # fmt: skip
    wrong = []
    for module in modules:
        if module.name.startswith("omio.cli"):  # click has exits of its own
            continue
        asked = [f for f in ast.walk(module.tree) if isinstance(f, ast.FunctionDef) and f.name == "__array__"]
        protocol = {id(node) for f in asked for node in ast.walk(f)}  # numpy asks for a ValueError there
        for node in ast.walk(module.tree):
            if id(node) in protocol:
                continue
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                raised = getattr(node.exc.func, "attr", getattr(node.exc.func, "id", ""))
                if raised == "OSError" and module.name.startswith("omio_core.files."):
                    continue  # like those of the system itself: writing reports both as a WriteError
                if raised == "ValueError" and module.package == "omio_plugins" and module.path.stem.startswith("_"):
                    continue
                if raised[:1].isupper() and raised not in CLASSES and raised not in ordinary:
                    wrong.append(f"{module.file}:{node.lineno} raises {raised}")
    assert not wrong, "\n".join(wrong)
