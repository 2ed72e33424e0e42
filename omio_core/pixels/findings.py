"""Findings: what turns out to be absent in a source that is open, and what a policy makes of it; knows no format.

A reader may state late which pixels exist: by a function in `Level.present`, which is asked at the first read, or by
an AbsentDataError for a part of what it reads. The policy ``absent_planes`` that the caller chose decides about both.
All pictures of an opened source share one `Findings`, so that the user is warned once. It travels with the pictures
into other processes.
"""

from __future__ import annotations

import os
import threading
import uuid
from collections import deque
from collections.abc import Sequence
from typing import Any, NoReturn
from weakref import WeakSet, WeakValueDictionary

from numpy.typing import NDArray

from omio_core.errors import AbsentDataError, AbsentPlanesWarning, PluginContractError, warn
from omio_core.geometry.box import Box, Present
from omio_core.plugins import rules
from omio_core.plugins.border import reader_border
from omio_core.plugins.cases import AbsentPlanesCase
from omio_core.plugins.fields import Place, check_present_boxes
from omio_core.wording import advise

from .absence import Plane, absent_planes, describe_absence, planes_in_words
from .protocol import StoredPicture

_KEPT = 64  # sources that came into this process by pickling, and are known by the next task too


class Findings:
    """What is found absent in one opened source, in this process.

    Parameters
    ----------
    path, reader
        The source, and the name of its reader.
    policy
        The name of the policy ``absent_planes`` that was chosen when the source was opened.
    """

    def __init__(self, *, path: str, reader: str, policy: str = "warn"):
        self.path, self.reader, self.policy = path, reader, policy
        self._token = ""  # made when it is pickled: most never are
        self._warned = False
        self._asked: dict[tuple[int, int], Present | None] = {}
        self._planes: dict[tuple[int, int], set[Plane]] = {}
        self._lock = threading.RLock()
        _all.add(self)

    def __reduce__(self) -> tuple[Any, ...]:
        with self._lock:
            if not self._token:
                self._token = uuid.uuid4().hex
                _known[self._token] = self
        return _findings, (self._token, self.path, self.reader, self.policy, self._warned)

    # -- what a function says, before anything is read ---------------------------------------------------------------

    def ask(self, picture: StoredPicture) -> Present | None:
        """Return the boxes that exist, TZCYX, where the reader has a function for it; None if all pixels exist.

        The function is called once per level and process. The policy is applied before the answer is returned.

        Raises
        ------
        AbsentDataError
            Pixels are absent, and the policy forbids it.
        CorruptFileError, PluginContractError
            The function fails, or does not return disjoint boxes inside the level.
        """
        at = (picture.index, picture.level)
        with self._lock:
            if at not in self._asked:
                self._asked[at] = self._call(picture)
            present = self._asked[at]
        if words := describe_absence(present, picture.shape):
            self._apply(picture, words)
        return present

    def _call(self, picture: StoredPicture) -> Present | None:
        level = picture.description.levels[picture.level]
        answer: Any = level.present
        if callable(answer):
            with reader_border(self.reader, self.path, "described"):
                answer = level.present()  # type: ignore[operator,misc]
        place = Place(self.reader, self.path, picture.index, picture.level)
        boxes = check_present_boxes(answer, level, picture.description.axes, place)
        if boxes is None:
            return None
        present = Present(box for native in boxes for box in picture.layout.canonical(native))
        return None if present.covers(Box.whole(picture.shape)) else present

    # -- what a read finds -------------------------------------------------------------------------------------------

    def fill(self, picture: StoredPicture, view: NDArray[Any], native: Box, error: AbsentDataError) -> None:
        """Fill what a reader found absent in the box that it read, and apply the policy.

        Parameters
        ----------
        picture
            The picture that is read.
        view
            The pixels of `native`, with native axes; the reader has filled what exists.
        native
            The box that was read.
        error
            What the reader raised; its `boxes` say what is absent.

        Raises
        ------
        AbsentDataError
            The policy forbids it.
        PluginContractError
            The error has no boxes, or boxes outside of `native`.
        """
        boxes = error.facts.get("boxes")
        if not isinstance(boxes, tuple) or not boxes or not all(_is_inside(box, native) for box in boxes):
            self._refuse(picture, native, boxes, error)
        value = picture.description.levels[picture.level].fill
        for box in boxes:
            view[box.within(native)] = value
        found = [box for absent in boxes for box in picture.layout.canonical(absent)]
        planes = {plane for box in found for plane in absent_planes([box])}
        with self._lock:
            self._planes.setdefault((picture.index, picture.level), set()).update(planes)
        words = f"pixels are absent, first in the planes {planes_in_words(sorted(planes))}"
        self._apply(picture, words, error)

    def _refuse(self, picture: StoredPicture, native: Box, boxes: Any, error: AbsentDataError) -> NoReturn:
        raise PluginContractError(
            f"the reader {self.reader} does not say which pixels of {self.path} are absent",
            evidence=f"it raised AbsentDataError with boxes={boxes!r} while it read {native.spans}",
            remedy="report it to the reader's author: boxes= is a tuple of boxes inside the box that is read",
            reader=self.reader,
            path=self.path,
            image=picture.index,
            level=picture.level,
        ) from error

    # -- what becomes of it ------------------------------------------------------------------------------------------

    def _apply(self, picture: StoredPicture, words: str, cause: AbsentDataError | None = None) -> None:
        words = f"image {picture.index}: {words}" + (f" of level {picture.level}" if picture.level else "")
        absent = {picture.index: words}
        action = rules.decide("absent_planes", self.policy, AbsentPlanesCase(path=self.path, absent=absent))
        if action == "raise":
            raise AbsentDataError(
                f"{self.path} does not hold all its planes",
                evidence=words,
                remedy=advise("choose the policy {absent_planes} to have the fill value there", absent_planes="warn"),
                path=self.path,
                absent=absent,
            ) from cause
        if action == "warn":
            with self._lock:
                if not self._warned:
                    fill = picture.description.levels[picture.level].fill
                    more = "what else is absent in it is filled without another warning"
                    warn(f"{self.path}: {words}; filled with {fill}; {more}", AbsentPlanesWarning, path=self.path)
                    self._warned = True

    def planes(self, picture: StoredPicture) -> Sequence[Plane]:
        """Return the planes (T, Z, C) of which pixels were found absent so far, in this process; sorted."""
        at = (picture.index, picture.level)
        with self._lock:
            found = set(self._planes.get(at, ()))
            present = self._asked.get(at)
        if present is not None:
            found.update(absent_planes([Box.whole(picture.shape)], present))
        return sorted(found)


def _is_inside(box: Any, outer: Box) -> bool:
    return isinstance(box, Box) and len(box.spans) == len(outer.spans) and box & outer == box


_all: WeakSet[Findings] = WeakSet()
_known: WeakValueDictionary[str, Findings] = WeakValueDictionary()  # by token: those that came or went by pickling
_kept: deque[Findings] = deque(maxlen=_KEPT)  # between two tasks of a worker process, nothing else keeps them


def _findings(token: str, path: str, reader: str, policy: str, warned: bool) -> Findings:
    """Return the findings of a source in this process: each task that is sent to it brings a copy."""
    findings = _known.get(token)
    if findings is None:
        findings = Findings(path=path, reader=reader, policy=policy)
        findings._token, findings._warned = token, warned
        findings = _known.setdefault(token, findings)
        _kept.append(findings)
    return findings


def _after_fork() -> None:
    # a child process must not wait for a lock that a thread of its parent holds
    for findings in list(_all):
        findings._lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
