"""A caller's own function between reading and writing: found by its name, called with pixels, written whole or not."""

from __future__ import annotations

import hashlib
import inspect
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from omio.arrays import image_of
from omio.planning.values import WRITES
from omio_core.errors import BatchError, OmioError
from omio_core.images import writing
from omio_core.images.image import Image
from omio_core.images.overrides import Overrides

from .values import Job

Function = Callable[[Any, dict[str, Any], Any], Any]


def load(reference: str | Function) -> Function:
    """Return a function that is named ``"package.module:function"``, or given itself.

    Raises
    ------
    BatchError
        It cannot be imported, or is no function.
    """
    function: Any = reference
    if isinstance(reference, str):
        module, _, name = reference.partition(":")
        try:
            function = import_module(module)
            for part in name.split("."):
                function = getattr(function, part)
        except (ImportError, AttributeError) as error:
            raise BatchError(
                f"the function {reference!r} cannot be imported", evidence=str(error),
                remedy='name it "package.module:function", in a module that can be imported here',
            ) from error  # fmt: skip
    if not callable(function):
        raise BatchError(f"{reference!r} is no function", remedy="give a function, or its name")
    return function  # type: ignore[no-any-return]


def name_of(reference: str | Function) -> str:
    """Return what a record says of a function: its name, and a digest of its source where there is one."""
    function = load(reference)
    name = f"{getattr(function, '__module__', '')}:{getattr(function, '__qualname__', type(function).__name__)}"
    try:
        source = inspect.getsource(function)
    except (OSError, TypeError):
        return name
    return f"{name} {hashlib.blake2b(source.encode('utf-8', 'surrogatepass'), digest_size=8).hexdigest()}"


def run(job: Job, function: Function) -> None:
    """Read the images of a job, call the function for each, and write what it returns.

    Raises
    ------
    BatchError
        The function raises an error of another library, or does not return an image and metadata.
    OmioError
        Reading or writing fails.
    """
    plan, options = job.plan, job.plan.writing
    assert options is not None
    outputs = [output for output in plan.outputs if output.action in WRITES]
    reading = tuple(replace(output, action="read", path=None, wanted=None, stands=None) for output in outputs)
    images = iter(replace(plan, outputs=reading, writing=None).run())
    for output in outputs:
        count = 1 if output.along is not None else len(output.inputs)
        changed = [_call(job, function, image) for image in _next(images, count)]
        path = Path(output.path or "")
        os.makedirs(path.parent, exist_ok=True)
        writing.write(
            path, changed, collision="raise" if output.action == "write" else "overwrite", writer=options.writer,
            max_memory=options.max_memory, conversion=output.conversion, stands=output.stands, **options.keywords,
        )  # fmt: skip


def _next(images: Iterator[Any], count: int) -> list[Image]:
    return [next(images) for _ in range(count)]


def _call(job: Job, function: Function, image: Image) -> Image:
    """Call the function for one image.

    Raises
    ------
    BatchError
        As `run`.
    """
    name = getattr(function, "__qualname__", type(function).__name__)
    with image:
        array, metadata = image.to_numpy(), image.metadata.to_dict()
    try:
        answer = function(array, metadata, job.record)
    except OmioError:
        raise
    except Exception as error:  # the border to a caller's own function
        raise BatchError(
            f"the function {name} failed for {job.source}", evidence=f"{type(error).__name__}: {error}",
            remedy="mend the function, and run the batch again", path=job.source,
        ) from error  # fmt: skip
    if not isinstance(answer, tuple) or len(answer) not in (2, 3):
        raise BatchError(
            f"the function {name} returned no image and metadata", evidence=f"it returned {type(answer).__name__}",
            remedy="end it with: return image, metadata", path=job.source,
        )  # fmt: skip
    return image_of(answer[0], answer[1], Overrides())
