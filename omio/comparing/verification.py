"""The results of a verification as values: what is wrong with a file, or what proves it; reads nothing itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from omio.reports import failure, head
from omio.sources.walk import Skipped
from omio_core.errors import OmioError
from omio_core.images.explain import printable

FORM = 1
"""Version of `Verification.to_dict`: as long as it is the same, documented keys stay and keep their meaning."""

Verdict = Literal["ok", "damaged", "different", "unproved", "unreadable"]

VERDICTS: tuple[Verdict, ...] = ("ok", "damaged", "different", "unproved", "unreadable")
"""Proved; contradicts its own record; is not what its source holds; nothing to hold it against; cannot be opened."""

_FEW = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """One thing that is wrong with a file.

    Parameters
    ----------
    what
        What is wrong, in words.
    image, level
        The index of the image, and of its resolution; None where it is about the whole file.
    plane
        The indices T, Z and C; None where it is not about one plane.
    """

    what: str
    image: int | None = None
    level: int | None = None
    plane: tuple[int, int, int] | None = None

    def __str__(self) -> str:
        places = [f"image {self.image}"] if self.image is not None else []
        places += [f"level {self.level}"] if self.level else []
        places += [" ".join(f"{axis}={n}" for axis, n in zip("TZC", self.plane, strict=True))] if self.plane else []
        return printable(f"{', '.join(places)}: {self.what}" if places else self.what)

    def to_dict(self) -> dict[str, Any]:
        """Return every field, JSON-able, the plane with its axes spelled."""
        plane = None if self.plane is None else dict(zip("TZC", self.plane, strict=True))
        return {"what": self.what, "image": self.image, "level": self.level, "plane": plane}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileVerification:
    """The verification of one file or folder that is one picture.

    Parameters
    ----------
    path
        The file.
    verdict
        One of `VERDICTS`.
    why
        What proves it, or what is missing for a proof; in words.
    flaws
        What is wrong: of many damaged planes of an image, the first ten.
    images, planes, levels
        How many images, planes and smaller resolutions were read.
    source
        The files it was held against, if `against` was given.
    error
        Why it cannot be opened, if that is so.
    """

    path: str
    verdict: Verdict
    why: str = ""
    flaws: tuple[Flaw, ...] = ()
    images: int = 0
    planes: int = 0
    levels: int = 0
    source: tuple[str, ...] = ()
    error: OmioError | OSError | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return every field, JSON-able."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "error"}
        return values | {"flaws": [flaw.to_dict() for flaw in self.flaws], "source": list(self.source)}

    def __str__(self) -> str:
        return self.text(self.path)

    def text(self, path: str) -> str:
        """Return text for people, with the file named as `path`: one line, and one more for each flaw."""
        word = self.verdict if self.verdict == "ok" else self.verdict.upper()
        return "\n".join((f"{printable(path)}: {word}, {printable(self.why)}", *(f"  {flaw}" for flaw in self.flaws)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The verification of files: ``str()`` is for people, `to_dict` for programs, `ok` for an ``if``.

    Parameters
    ----------
    files
        One entry per file, in order.
    skipped
        What lies in the folders and is no image.
    """

    files: tuple[FileVerification, ...]
    skipped: tuple[Skipped, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there is a file, and every file is proved to be what was written."""
        return bool(self.files) and all(file.verdict == "ok" for file in self.files)

    @property
    def counts(self) -> dict[str, int]:
        """How many files have each verdict, and how many paths are left out."""
        found = Counter(file.verdict for file in self.files)
        return {verdict: found[verdict] for verdict in VERDICTS} | {"left out": len(self.skipped)}

    def summary(self) -> str:
        """Return one line that counts."""
        return summary(self.counts)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able dict; its keys are documented and have a version."""
        return {
            **head("verify", ok=self.ok, counts=self.counts, failed=self._failed(), left_out=self.skipped),
            "omio_verification": FORM,
            "files": [file.to_dict() for file in self.files],
        }

    def _failed(self) -> Iterator[dict[str, Any]]:
        for file in self.files:
            if file.error is not None:
                yield failure(file.path, file.error)
            elif file.verdict != "ok":
                yield {"path": file.path, "error": None, "what": f"{file.verdict}: {file.why}", "evidence": None,
                       "remedy": None}  # fmt: skip

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield from map(str, self.files)
        yield self.summary()


def summary(counts: dict[str, int]) -> str:
    """Return counts as one line: what is ok, and whatever else there is."""
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count or word == "ok")


def few(flaws: Iterator[Flaw]) -> tuple[Flaw, ...]:
    """Return the first ten flaws, and one that says so where there are more; the rest is not looked for."""
    found: list[Flaw] = []
    for flaw in flaws:
        if len(found) == _FEW:
            return (*found, Flaw(what="there are more; the search ends here", image=flaw.image, level=flaw.level))
        found.append(flaw)
    return tuple(found)
