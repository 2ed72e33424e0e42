"""The open RAW file: read a box of images by positioned reads; it does not know where the shape comes from.

Images that are contiguous in the file and in memory are read at once; a single image costs one read.
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

from omio_core.contract import (
    Box,
    Facts,
    ImageDescription,
    Level,
    Location,
    MappedLayout,
    MetadataWarning,
    Opened,
    PositionedFile,
    UnsupportedFeatureError,
    advise,
    warn,
)

from . import _experiment, _facts, _manual, _sidecar
from ._arrange import Arrangement, arrange
from ._attributes import Attributes
from ._names import why_no_image
from ._shape import ITEM

AXES = "TZCYX"
DTYPE = "<u2"
_SWAPPED = sys.byteorder == "big"
_SCRATCH = 1 << 20  # bytes of rows to read at once where only a part of each row is needed


@dataclass(frozen=True, slots=True, kw_only=True)
class _Interpretation:
    """An arrangement, and where the facts and the vendor's metadata come from."""

    arrangement: Arrangement
    kind: str
    notes: tuple[str, ...]
    facts: Callable[[], Facts]
    vendor: Callable[[], Any]
    warnings: tuple[str, ...] = ()


def open_raw(location: Location, sidecar: str | os.PathLike[str] | Location | None = None) -> RawImage:
    """Open a RAW file of ThorImageLS.

    Parameters
    ----------
    location
        The RAW file.
    sidecar
        An XML or YAML that describes it, instead of the files beside it.

    Raises
    ------
    UnsupportedFeatureError
        The file is no image, or was captured in a mode whose files are not known.
    AmbiguousSidecarError
        Several sidecars match equally well.
    MissingMetadataError
        There is no sidecar, or it lacks a value that the shape depends on.
    MetadataError
        The sidecar is malformed.
    CorruptFileError
        The file does not have the size that Experiment.xml states.
    MetadataConflictError
        The file does not have the size that a sidecar written by hand states.
    ReadError
        The file or its sidecar cannot be read.
    LimitExceededError
        The sidecar is too long.

    Warns
    -----
    MetadataWarning
        The run was stopped: the file has fewer time points than planned.
    """
    path = str(location)
    why = why_no_image(location.name)
    if why is not None and sidecar is None:
        raise UnsupportedFeatureError(
            f"{path} is {why}",
            evidence="its name",
            remedy=advise("name a sidecar with {sidecar}, if it is one", sidecar=None),
            path=path,
        )
    chosen = _sidecar.choose(location, sidecar)
    file = location.open()
    try:
        interpretation = _by_xml(chosen, path, file.size) if chosen.is_xml else _by_hand(chosen, location, file.size)
    except BaseException:
        file.close()
        raise
    return RawImage(location, file, chosen.location, interpretation)


def _by_xml(sidecar: _sidecar.Sidecar, path: str, size: int) -> _Interpretation:
    experiment = Attributes.of(sidecar.data, sidecar.title)
    shape = _experiment.shape_of(experiment, path)
    arrangement = arrange(shape, size, path)
    if arrangement.stopped:
        warn(f"{path}: {arrangement.stopped}", MetadataWarning, path=path)
    _, odd = _facts.pixel_sizes(experiment)
    averaged = _facts.increment_note(experiment)
    return _Interpretation(
        arrangement=arrangement,
        kind=shape.kind,
        notes=(*sidecar.notes, *arrangement.notes, *odd, *([averaged] if averaged else [])),
        facts=partial(_facts.facts, sidecar.data, sidecar.title, arrangement.shape, arrangement.flyback),
        vendor=partial(_facts.vendor, sidecar.data, sidecar.title),
        warnings=(experiment.flaw,) if experiment.flaw else (),
    )


def _by_hand(sidecar: _sidecar.Sidecar, location: Location, size: int) -> _Interpretation:
    path = str(location)
    values = _manual.read(sidecar.data, sidecar.title, location)
    shape = _manual.shape_of(values, sidecar.title, path, size)
    arrangement = arrange(shape, size, path, by_hand=True)
    return _Interpretation(
        arrangement=arrangement,
        kind=shape.kind,
        notes=(*sidecar.notes, *arrangement.notes),
        facts=partial(_manual.facts, values, sidecar.title),
        vendor=partial(_manual.vendor, sidecar.data, sidecar.title),
    )


class RawImage(Opened):
    """The one image of an open RAW file."""

    def __init__(self, location: Location, file: PositionedFile, sidecar: Location, interpretation: _Interpretation):
        self._file = file
        self._shape, self._strides = interpretation.arrangement.shape, interpretation.arrangement.strides
        self._flyback = interpretation.arrangement.flyback
        level = Level(
            shape=self._shape,
            blocks=(1, 1, 1, *self._shape[3:]),
            present=interpretation.arrangement.present,
            raw=MappedLayout(location=location, offset=0, strides=self._strides, dtype=DTYPE),
        )
        self._images = (
            ImageDescription(
                axes=AXES,
                dtype=np.dtype(np.uint16),
                levels=(level,),
                facts=interpretation.facts,
                kind=interpretation.kind,
                compression="none",
                assumptions=interpretation.notes,
                warnings=interpretation.warnings,
                not_kept=interpretation.arrangement.not_shown,
                vendor=interpretation.vendor,
            ),
        )
        self._members = (location, sidecar)

    @property
    def images(self) -> tuple[ImageDescription, ...]:
        """The one image."""
        return self._images

    @property
    def members(self) -> tuple[Location, ...]:
        """The RAW file, and the file that describes it."""
        return self._members

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def read_into(self, out: NDArray[Any], image: int, box: Box, level: int) -> None:
        """Fill `out` with `box`; see `omio_core.contract.Opened`.

        Raises
        ------
        CorruptFileError
            The file ends too soon.
        ReadError
            The file cannot be read.
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
        """Yield parts of `out`, whole images, that are contiguous in the file, and the offset of each."""
        (t, t_end), (z, z_end), (c, c_end) = box.spans[:3]
        _, depth, channels = self._shape[:3]
        offset = self._at(t, z, c)
        if (z, z_end, c, c_end, self._flyback) == (0, depth, 0, channels, 0) or (t_end - t, z_end - z) == (1, 1):
            yield out, offset
        elif (c, c_end) == (0, channels):
            for k in range(t_end - t):
                yield out[k], offset + k * self._strides[0]
        else:
            for k in range(t_end - t):
                for j in range(z_end - z):
                    yield out[k, j], offset + k * self._strides[0] + j * self._strides[1]

    def _planes(self, out: NDArray[Any], box: Box) -> Iterator[tuple[NDArray[Any], int]]:
        """Yield planes of `out`, and the offset of their first row in the file."""
        y = box.spans[3][0] * self._strides[3]
        lead = [range(a, b) for a, b in box.spans[:3]]
        for k, t in enumerate(lead[0]):
            for j, z in enumerate(lead[1]):
                for i, c in enumerate(lead[2]):
                    yield out[k, j, i], self._at(t, z, c) + y

    def _at(self, t: int, z: int, c: int) -> int:
        return t * self._strides[0] + z * self._strides[1] + c * self._strides[2]

    def _rows(self, plane: NDArray[Any], first: int, columns: tuple[int, int]) -> None:
        """Fill part of a plane whose rows are contiguous in the file."""
        start, stop = columns
        row = self._strides[3]
        if stop - start == self._shape[4] and plane.flags.c_contiguous:
            self._file.read_into(plane.reshape(-1).view(np.uint8).data, first)
            return
        band = max(1, _SCRATCH // row)
        scratch = np.empty((min(band, len(plane)), self._shape[4]), np.uint16)
        for top in range(0, len(plane), band):
            part = plane[top : top + band]
            # read from the first to the last requested pixel: the last row may end with the file
            count = (len(part) - 1) * row + (stop - start) * ITEM
            flat = scratch.reshape(-1)[: count // ITEM]
            self._file.read_into(flat.view(np.uint8).data, first + top * row + start * ITEM)
            for k in range(len(part)):
                at = k * self._shape[4]
                part[k] = flat[at : at + stop - start]
