"""The values of a plan: what all of it needs and what forbids it follow from its outputs."""

from __future__ import annotations

import inspect
from dataclasses import FrozenInstanceError

import pytest

from omio.planning.values import Output, PlanValues, PreparedOutput, WriteOptions
from omio_core.errors import MergeError, WriteError
from omio_core.images import writing
from omio_core.images.overrides import Request


def test_memory_is_that_of_images_together_and_of_files_one_after_another() -> None:
    outputs = tuple(Output(inputs=(), memory=memory) for memory in (300, None, 200))
    assert PlanValues(outputs=outputs, request=Request()).memory == 500
    assert PlanValues(outputs=outputs, request=Request(), writing=WriteOptions()).memory == 300
    assert PlanValues(outputs=(), request=Request(), writing=WriteOptions()).memory == 0


def test_the_problems_of_a_plan_are_those_of_its_outputs() -> None:
    outputs = (Output(inputs=(), problem="no"), Output(inputs=()), Output(inputs=(), problem="nor this"))
    assert PlanValues(outputs=outputs, request=Request()).problems == ("no", "nor this")


def test_the_first_error_of_an_output_stays() -> None:
    """It is the problem that the plan states; the value that had none is not changed."""
    prepared = PreparedOutput(output=Output(inputs=()), files=(), images=())
    failed = prepared.failed(MergeError("sizes differ"))
    assert failed.output.problem == str(failed.error) == "sizes differ"
    assert failed.failed(WriteError("the name is taken")) is failed
    assert (prepared.error, prepared.output.problem) == (None, None)
    with pytest.raises(FrozenInstanceError):
        prepared.error = WriteError("no")  # type: ignore[misc]


def test_write_options_are_keywords_of_the_writer() -> None:
    assert set(WriteOptions().keywords) <= set(inspect.signature(writing.write).parameters)
