"""Axis strings: from the axes of a file to TZCYX; pure, and it knows no file.

A picture always has five axes. Samples (S) and every axis that is none of TZCYX are folded into C, outermost letter
first and S last. One unlabelled axis (Q) becomes T; two are never guessed. Each of these steps is an assumption, stated
in a sentence, unless the caller named the axes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from omio_core.errors import AmbiguousAxesError
from omio_core.wording import advise, worded

from .box import Box, Span
from .letters import CANONICAL as CANONICAL  # most modules import it from here
from .letters import UNLABELLED, example, labelled, refuse, text

if TYPE_CHECKING:
    import numpy as np

NAMES = {
    "T": "time", "Z": "depth", "C": "channel", "Y": "row", "X": "column", "S": "sample", "Q": "unlabelled",
    "A": "angle", "B": "block", "D": "lifetime", "E": "wavelength", "F": "phase", "G": "group", "H": "phase",
    "I": "illumination", "L": "exposure", "M": "tile", "P": "position", "R": "rotation", "U": "detector", "V": "view",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How the native axes of a file map to TZCYX.

    Attributes
    ----------
    native
        The native axes as interpreted, one letter each, in the file's order.
    lengths
        The lengths of the native axes.
    folded
        The native axes that are folded into C, outermost first, S last.
    assumptions
        The assumptions that were made, in sentences.
    """

    native: str
    lengths: tuple[int, ...]
    folded: str
    assumptions: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """The TZCYX shape."""
        return tuple(math.prod(self._radices) if a == "C" else self._length(a) for a in CANONICAL)

    @property
    def samples(self) -> int:
        """Samples per pixel: 3 for RGB, 1 if there is no S axis."""
        return self._length("S")

    @property
    def _radices(self) -> tuple[int, ...]:
        return tuple(self._length(a) for a in self.folded)

    def _length(self, axis: str) -> int:
        index = self.native.find(axis)
        return self.lengths[index] if index >= 0 else 1

    def at(self, lengths: Sequence[int]) -> Layout:
        """The layout of the same axes with other lengths (another resolution)."""
        return Layout(native=self.native, lengths=tuple(lengths), folded=self.folded, assumptions=self.assumptions)

    def blocks(self, native: Sequence[int]) -> tuple[int, ...]:
        """The TZCYX shape of a native block; along C, the longest run of indices inside one block."""
        sizes = dict(zip(self.native, native, strict=True))
        along_c = 1
        for axis in reversed(self.folded):
            along_c *= sizes.get(axis, 1)
            if sizes.get(axis, 1) < self._length(axis):
                break
        return tuple(along_c if a == "C" else sizes.get(a, 1) for a in CANONICAL)

    def canonical(self, native: Box) -> tuple[Box, ...]:
        """The TZCYX boxes of a native box; several if the box takes only a part of folded axes."""
        spans = dict(zip(self.native, native.spans, strict=True))
        ranges = fold(tuple(spans.get(a, (0, 1)) for a in self.folded), self._radices)
        return tuple(Box(tuple(along_c if a == "C" else spans.get(a, (0, 1)) for a in CANONICAL)) for along_c in ranges)

    def unfold(self, box: Box) -> list[tuple[Box, Box]]:
        """Cut a TZCYX box into pairs (canonical box, native box) of whole pixels.

        Along C a canonical box may be larger than the requested one, because a pixel is read with all its samples.
        """
        along_t, along_z, (start, stop), along_y, along_x = box.spans
        s = self.samples
        start, stop = start // s * s, -(-stop // s) * s
        pairs = []
        for spans in unfold(start, stop, self._radices):
            pieces = fold(spans, self._radices)
            assert len(pieces) == 1  # every box from unfold is one run along C
            native = dict(zip(self.folded, spans, strict=True))
            native.update({"T": along_t, "Z": along_z, "Y": along_y, "X": along_x})
            pairs.append(
                (
                    Box((along_t, along_z, pieces[0], along_y, along_x)),
                    Box(tuple(native[a] for a in self.native)),
                )
            )
        return pairs

    def view(self, out: np.ndarray[Any, Any], native: Box) -> np.ndarray[Any, Any]:
        """View `out`, the TZCYX array of one pair of `unfold`, with the native axes; never a copy."""
        spans = dict(zip(self.native, native.spans, strict=True))
        letters = "TZ" + self.folded + "YX"
        lengths = [spans[a][1] - spans[a][0] if a in spans else 1 for a in letters]
        split = out.reshape(lengths)  # splitting an axis does not copy
        reduced = split[tuple(slice(None) if a in spans else 0 for a in letters)]
        letters_left = [a for a in letters if a in spans]
        return reduced.transpose([letters_left.index(a) for a in self.native])

    def seen(self, part: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """View an array with native axes as TZCYX, the inverse of `view`; a copy only if folding into C needs one."""
        present = [a for a in "TZ" + self.folded + "YX" if a in self.native]
        transposed = part.transpose([self.native.index(a) for a in present])
        lengths = dict(zip(present, transposed.shape, strict=True))
        along_c = math.prod(lengths.get(a, 1) for a in self.folded)
        return transposed.reshape([along_c if a == "C" else lengths.get(a, 1) for a in CANONICAL])


def fold(spans: Sequence[Span], radices: Sequence[int]) -> list[Span]:
    """The runs of flat indices that a box over `radices` covers, in C order.

    Examples
    --------
    >>> fold(((0, 2), (1, 3)), (2, 3))
    [(1, 3), (4, 6)]
    """
    runs: list[Span] = [(0, 1)]
    for (start, stop), radix in zip(spans, radices, strict=True):
        if (start, stop) == (0, radix):
            runs = [(a * radix, b * radix) for a, b in runs]
        else:
            runs = [(i * radix + start, i * radix + stop) for a, b in runs for i in range(a, b)]
    return runs


def unfold(start: int, stop: int, radices: Sequence[int]) -> list[tuple[Span, ...]]:
    """Cut a run of flat indices into boxes over `radices`, each of which is one run.

    Examples
    --------
    >>> unfold(1, 6, (2, 3))
    [((0, 1), (1, 3)), ((1, 2), (0, 3))]
    """
    if len(radices) <= 1:
        return [((start, stop),) * len(radices)]
    inner = math.prod(radices[1:])
    pieces: list[tuple[Span, ...]] = []
    while start < stop:
        index, within = divmod(start, inner)
        if within == 0 and stop - start >= inner:
            last = stop // inner
            pieces.append(((index, last), *((0, n) for n in radices[1:])))
            start = last * inner
        else:
            end = min(stop, (index + 1) * inner)
            rest = unfold(within, end - index * inner, radices[1:])
            pieces.extend(((index, index + 1), *spans) for spans in rest)
            start = end
    return pieces


def layout(axes: str, shape: Sequence[int], *, caller: str | None = None) -> Layout:
    """Interpret the native axes of a file.

    Parameters
    ----------
    axes, shape
        As in `omio_core.contract.ImageDescription`.
    caller
        The caller's letters for the axes: one per native axis, or one per axis longer than 1. They must include Y and
        X, unless the file has neither.

    Raises
    ------
    AmbiguousAxesError
        Two axes are unlabelled, a letter occurs twice, or the caller's letters do not fit the shape.

    Examples
    --------
    >>> layout("QYX", (5, 8, 9)).shape
    (5, 1, 1, 8, 9)
    >>> layout("QYX", (5, 8, 9), caller="ZYX").shape
    (1, 5, 1, 8, 9)
    """
    assumptions: list[str] = []
    native = axes.upper()
    if caller is not None:
        letters = _letters_of_caller(native, shape, text(caller))
        missing = [a for a in "YX" if a in native and a not in letters]
        refuse(letters, shape, caller=caller, lost=missing, example=labelled(native))
        native = letters
    else:
        if UNLABELLED in native:
            native = _label_axes(native, shape, assumptions)
        refuse(native, shape)
    others = "".join(a for a in native if a not in CANONICAL + "S")
    for axis in others:
        length = shape[native.index(axis)]
        if length > 1 and caller is None:
            assumptions.append(f"axis {axis} ({axis_name(axis)}, length {length}) is folded into C")
    folded = others + ("C" if "C" in native else "") + ("S" if "S" in native else "")
    return Layout(native=native, lengths=tuple(shape), folded=folded, assumptions=tuple(assumptions))


def of_array(axes: Any, shape: Sequence[int]) -> Layout:
    """Interpret the axes of an array as the caller names them: one letter per axis, including Y and X.

    Raises
    ------
    AmbiguousAxesError
        The letters are not valid, or their number is not that of the array's axes.

    Examples
    --------
    >>> of_array("zyx", (2, 3, 4)).shape
    (1, 2, 1, 3, 4)
    """
    letters = text(axes).upper()
    refuse(letters, shape, caller=axes, lost=[a for a in "YX" if a not in letters], example=example(len(shape)))
    return layout(letters, shape, caller=letters)


def axis_name(axis: str) -> str:
    """The meaning of an axis letter, for users."""
    return NAMES.get(axis, f"axis {axis}")


def _label_axes(native: str, shape: Sequence[int], assumptions: list[str]) -> str:
    unlabelled = [i for i, a in enumerate(native) if a == UNLABELLED and shape[i] > 1]
    dropped = [i for i, a in enumerate(native) if a == UNLABELLED and shape[i] == 1]
    letters = list(native)
    time = native.find("T")
    if unlabelled and time >= 0 and shape[time] == 1:
        dropped.append(time)  # a T of length 1 cannot contradict the unlabelled axis
        time = -1
    if len(unlabelled) > 1 or (unlabelled and time >= 0):
        raise AmbiguousAxesError(
            "the file does not say what its axes are",
            evidence=f"axes {native} of shape {tuple(shape)}; Q is unlabelled",
            remedy=advise("name them yourself: {axes}, one letter an axis", axes=labelled(native)),
            axes=native,
            shape=tuple(shape),
        )
    if unlabelled:
        letters[unlabelled[0]] = "T"
        assumptions.append(f"the one unlabelled axis, of length {shape[unlabelled[0]]}, is taken for T (time)")
    spare = iter("GBPAMLJKNOW")  # letters that fold into C; an axis of length 1 changes nothing there
    for index in dropped:
        letters[index] = next(a for a in spare if a not in letters)
    return "".join(letters)


def _letters_of_caller(native: str, shape: Sequence[int], caller: str) -> str:
    long = [i for i, n in enumerate(shape) if n > 1]
    original, caller = caller, caller.upper()
    if len(caller) == len(native):
        return caller
    if len(caller) == len(long):
        letters = ["" if a in caller or a == UNLABELLED else a for a in native]
        for index, letter in zip(long, caller, strict=True):
            letters[index] = letter
        spare = iter(a for a in "GBPAMLJKNOW" if a not in letters and a not in caller)
        return "".join(a or next(spare) for a in letters)
    fewer = f", or {len(long)} for the axes longer than 1" if 1 < len(long) < len(native) else ""
    raise AmbiguousAxesError(
        worded("{axes!r} does not fit the file", axes=original),
        evidence=f"the file has axes {native} of shape {tuple(shape)}",
        remedy=advise("give {} letters{}, such as {axes}", len(native), fewer, axes=labelled(native)),
        axes=native,
        shape=tuple(shape),
    )
