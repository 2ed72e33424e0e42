"""Fixtures of all plugins: a file that is not on this machine is read as the local one is."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from omio_core.errors import OmioError
from omio_core.files.local import locate
from omio_core.files.location import Location
from omio_core.files.memory import MemoryLocation
from omio_core.images.opening import open_source
from omio_core.images.overrides import Request
from omio_core.pixels.handles import HANDLES
from omio_core.policies import Policies

ROOT = "/data"


def _in_memory(folder: Path, listable: bool) -> MemoryLocation:
    """All files of a folder and its folders."""
    files = (path for path in folder.rglob("*") if path.is_file())
    contents = {f"{ROOT}/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in files}
    return MemoryLocation(ROOT, contents, listable)


@pytest.fixture(scope="session")
def in_memory() -> Callable[[Path, bool], MemoryLocation]:
    """From a folder on disk, and whether it can be listed, to the same files in memory."""
    return _in_memory


def _outcome(location: Location, root: str, reader: str | None) -> list[Any]:
    """What opening and reading gives: the pixels, facts and members of each image, or the error."""
    request = Request(reader=reader, policies=Policies(absent_files="warn", absent_planes="warn"))
    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            images = open_source(location, request).images
            found: list[Any] = [_facts(image, root) for image in images]
            found += [np.asarray(image[...]) for image in images]
        return [sorted(str(one.message).replace(root, ROOT) for one in warned), *found]
    except OmioError as error:
        return [type(error), str(error).replace(root, ROOT)]
    finally:
        HANDLES.clear()


def _facts(image: Any, root: str) -> tuple[Any, ...]:
    description = image.picture.description
    levels = [(level.shape, level.blocks, level.existing(), level.unmapped) for level in description.levels]
    raws = [level.raw for level in description.levels]
    raw = [one and (str(one.location).replace(root, ROOT), one.offset, one.strides) for one in raws]
    facts = image.metadata.to_dict()
    members = facts["Annotations"].pop("omio/provenance")["source"]
    for member in members:
        member.pop("mtime_ns", None)
        member.pop("modified", None)
    return facts, members, description.kind, description.axes, description.not_kept, levels, raw, image.vendor


@pytest.fixture(scope="session")
def assert_same_in_memory() -> Callable[..., None]:
    """A check that a file gives the same from disk as from memory, in folders that can be listed and that cannot."""

    def check(
        folder: Path, *names: str, memory: tuple[MemoryLocation, ...] | None = None, reader: str | None = None
    ) -> None:
        places = memory or tuple(_in_memory(folder, listable) for listable in (True, False))
        for name in names:
            local = _outcome(locate(folder).child(name), str(folder), reader)
            assert reader or isinstance(local[0], list), f"{name} cannot be read: {local}"  # real files may be damaged
            for place in places:
                elsewhere = _outcome(place.child(name), ROOT, reader)
                assert len(local) == len(elsewhere), name
                for mine, theirs in zip(local, elsewhere, strict=True):
                    if isinstance(mine, np.ndarray):
                        np.testing.assert_array_equal(theirs, mine, err_msg=name)
                        assert mine.dtype == theirs.dtype
                    else:
                        assert theirs == mine, name

    return check
