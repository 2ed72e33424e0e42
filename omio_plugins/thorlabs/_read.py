"""The open RAW file: from a box of images to positioned reads; it does not know what stated the shape.

Images that lie together, in the file and in memory, are read at once; one image costs one read.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omio_core.contract import Box, Facts, ImageDescription, Level, MappedLayout
from omio_core.errors import MetadataWarning, UnsupportedFeatureError, warn
from omio_core.files.positioned import PositionedFile
from omio_core.wording import advise

from . import _experiment, _facts, _manual, _sidecar
from ._arrange import Arrangement, arrange
from ._attributes import Attributes
from ._names import no_image
from ._stated import ITEM

AXES = "TZCYX"
DTYPE = "<u2"
_SWAPPED = sys.byteorder == "big"
_SCRATCH = 1 << 20  # bytes of rows that are read to take part of each


@dataclass(frozen=True, slots=True, kw_only=True)
class _Understood:
    """An arrangement, and where the facts and the vendor's metadata come from."""

    arrangement: Arrangement
    kind: str
    notes: tuple[str, ...]
    facts: Callable[[], Facts]
    vendor: Callable[[], Any]


def open_raw(path: str, sidecar: str | os.PathLike[str] | None = None) -> RawImage:
    """Open a RAW file of ThorImageLS.

    Parameters
    ----------
    path
        Of the RAW file.
    sidecar
        An XML or YAML that describes it, instead of what lies beside it.

    Raises
    ------
    UnsupportedFeatureError
        It is no image, or captured in a way whose files are not known.
    AmbiguousSidecarError, MissingMetadataError, MetadataError
        No one sidecar tells its shape.
    CorruptFileError
        It does not have the size that Experiment.xml states.
    MetadataConflictError
        It does not have the size that a sidecar written by hand states.
    ReadError, LimitExceededError
        It, or its sidecar, cannot be read.

    Warns
    -----
    MetadataWarning
        The run was stopped: the time points are those that the file has, not those that were planned.
    """
    path = os.fspath(path)
    why = no_image(os.path.basename(path))
    if why is not None and sidecar is None:
        raise UnsupportedFeatureError(
            f"{path} is {why}",
            evidence="its name",
            remedy=advise("name a sidecar with {sidecar}, if it is one", sidecar=None),
            path=path,
        )
    chosen = _sidecar.choose(path, sidecar)
    file = PositionedFile(path)
    try:
        understood = _by_xml(chosen, path, file.size) if chosen.is_xml else _by_hand(chosen, path, file.size)
    except BaseException:
        file.close()
        raise
    return RawImage(file, chosen.path, understood)


def _by_xml(chosen: _sidecar.Sidecar, path: str, size: int) -> _Understood:
    experiment = Attributes.of(chosen.data, chosen.title)
    stated = _experiment.stated(experiment, path)
    found = arrange(stated, size, path)
    if found.stopped:
        warn(f"{path}: {found.stopped}", MetadataWarning, path=path)
    _, odd = _facts.pixel_sizes(experiment)
    averaged = _facts.increment_note(experiment)
    return _Understood(
        arrangement=found,
        kind=stated.kind,
        notes=(*chosen.notes, *found.notes, *odd, *([averaged] if averaged else [])),
        facts=partial(_facts.facts, chosen.data, chosen.title, found.shape, found.flyback),
        vendor=partial(_facts.vendor, chosen.data, chosen.title),
    )


def _by_hand(chosen: _sidecar.Sidecar, path: str, size: int) -> _Understood:
    given = _manual.read(chosen.data, chosen.title, path)
    stated = _manual.stated(given, chosen.title, path, size)
    found = arrange(stated, size, path, by_hand=True)
    return _Understood(
        arrangement=found,
        kind=stated.kind,
        notes=(*chosen.notes, *found.notes),
        facts=partial(_manual.facts, given, chosen.title),
        vendor=partial(_manual.vendor, chosen.data, chosen.title),
    )


class RawImage:
    """The one image of an open RAW file; an `omio_core.contract.Opened`."""

    def __init__(self, file: PositionedFile, sidecar: str, understood: _Understood):
        self._file = file
        self._shape, self._strides = understood.arrangement.shape, understood.arrangement.strides
        self._flyback = understood.arrangement.flyback
        level = Level(
            shape=self._shape,
            blocks=(1, 1, 1, *self._shape[3:]),
            present=understood.arrangement.present,
            raw=MappedLayout(path=file.path, offset=0, strides=self._strides, dtype=DTYPE),
        )
        self.images = (
            ImageDescription(
                axes=AXES,
                dtype=np.dtype(np.uint16),
                levels=(level,),
                facts=understood.facts,
                kind=understood.kind,
                assumptions=understood.notes,
                vendor=understood.vendor,
            ),
        )
        self.members = (file.path, sidecar)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def read_into(self, out: NDArray[Any], image: int, box: Box, level: int) -> None:
        """Fill `out` with `box`; see `omio_core.contract.Opened`.

        Raises
        ------
        CorruptFileError, ReadError
            The file ends too soon, or cannot be read.
        """
        if out.flags.c_contiguous and box.spans[3:] == ((0, self._shape[3]), (0, self._shape[4])):
            for part, first in self._runs(out, box):
                self._file.read_into(part.reshape(-1).view(np.uint8).data, first)
        else:
            for plane, first in self._planes(out, box):
                self._rows(plane, first, box.spans[4])
        if _SWAPPED:
            out.byteswap(inplace=True)

    def _runs(self, out: NDArray[Any], box: Box) -> Iterator[tuple[NDArray[Any], int]]:
        """Parts of `out`, whole images, that are one run of the file, and where each begins."""
        (t, t_end), (z, z_end), (c, c_end) = box.spans[:3]
        _, depth, channels = self._shape[:3]
        begin = self._at(t, z, c)
        if (z, z_end, c, c_end, self._flyback) == (0, depth, 0, channels, 0) or (t_end - t, z_end - z) == (1, 1):
            yield out, begin
        elif (c, c_end) == (0, channels):
            for k in range(t_end - t):
                yield out[k], begin + k * self._strides[0]
        else:
            for k in range(t_end - t):
                for j in range(z_end - z):
                    yield out[k, j], begin + k * self._strides[0] + j * self._strides[1]

    def _planes(self, out: NDArray[Any], box: Box) -> Iterator[tuple[NDArray[Any], int]]:
        """Planes of `out`, and where the first of their rows begins in the file."""
        y = box.spans[3][0] * self._strides[3]
        lead = [range(a, b) for a, b in box.spans[:3]]
        for k, t in enumerate(lead[0]):
            for j, z in enumerate(lead[1]):
                for i, c in enumerate(lead[2]):
                    yield out[k, j, i], self._at(t, z, c) + y

    def _at(self, t: int, z: int, c: int) -> int:
        return t * self._strides[0] + z * self._strides[1] + c * self._strides[2]

    def _rows(self, plane: NDArray[Any], first: int, columns: tuple[int, int]) -> None:
        """Fill part of a plane whose rows follow one another in the file."""
        start, stop = columns
        row = self._strides[3]
        if stop - start == self._shape[4] and plane.flags.c_contiguous:
            self._file.read_into(plane.reshape(-1).view(np.uint8).data, first)
            return
        band = max(1, _SCRATCH // row)
        scratch = np.empty((min(band, len(plane)), self._shape[4]), np.uint16)
        for top in range(0, len(plane), band):
            part = plane[top : top + band]
            # from the first to the last pixel asked for: rows in part, of which the last may end with the file
            count = (len(part) - 1) * row + (stop - start) * ITEM
            flat = scratch.reshape(-1)[: count // ITEM]
            self._file.read_into(flat.view(np.uint8).data, first + top * row + start * ITEM)
            for k in range(len(part)):
                at = k * self._shape[4]
                part[k] = flat[at : at + stop - start]
