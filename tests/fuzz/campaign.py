"""A run of many mutations: what came of each, which are faults, and the table of it all; it knows no format."""

from __future__ import annotations

import heapq
import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from .bounded import Answer, Bounded
from .flavours import Sound
from .mutate import mutated

SLOWEST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One damaged file: its number in the run, the flavour it was made of, and what came of it."""

    number: int
    flavour: str
    answer: Answer
    unchanged: bool  # the pixels are those of the sound file

    @property
    def outcome(self) -> str:
        """One word, in which pixels are told apart by whether they are still the same."""
        if self.answer.outcome != "pixels":
            return self.answer.outcome
        return "pixels as before" if self.unchanged else "other pixels"


@dataclass(slots=True)
class Tally:
    """The sum of a run; it grows with every case."""

    seed: int
    count: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    flavours: Counter[tuple[str, bool]] = field(default_factory=Counter)
    slowest: list[tuple[float, int, str]] = field(default_factory=list)
    faults: list[Case] = field(default_factory=list)

    def add(self, case: Case) -> None:
        """Count a case."""
        self.count += 1
        self.outcomes[case.outcome.partition(":")[0]] += 1
        self.flavours[case.flavour, case.answer.error is None and case.answer.died is None] += 1
        heapq.heappush(self.slowest, (case.answer.seconds, case.number, case.flavour))
        if len(self.slowest) > SLOWEST:
            heapq.heappop(self.slowest)
        if case.answer.fault is not None:
            self.faults.append(case)

    def table(self) -> str:
        """All of it, for people."""
        lines = [f"{self.count} mutations, seed {self.seed}", "", "outcome                     files   share"]
        lines += [f"{name:26.26} {n:6}  {n / self.count:6.1%}" for name, n in self.outcomes.most_common()]
        lines += ["", "flavour                      read  refused"]
        names = dict.fromkeys(name for name, _ in self.flavours)
        lines += [
            f"{name:26.26} {self.flavours[name, True]:6}  {self.flavours[name, False]:7}" for name in sorted(names)
        ]
        lines += ["", "slowest"]
        lines += [f"{seconds:7.2f} s  case {number}, {name}" for seconds, number, name in sorted(self.slowest)[::-1]]
        lines += ["", f"faults: {len(self.faults)}"]
        lines += [
            f"case {one.number}, {one.flavour}: {one.answer.path}\n  {(one.answer.fault or '')[:400]}"
            for one in self.faults
        ]
        return "\n".join(lines) + "\n"


def run(
    sounds: tuple[Sound, ...],
    numbers: Iterable[int],
    *,
    seed: int,
    folder: Path,
    child: Bounded,
    told: Callable[[Case], None] = lambda case: None,
) -> Tally:
    """Damage files, one a number, and read them.

    Parameters
    ----------
    sounds
        The flavours; the number of a case chooses among them.
    numbers
        Of the cases: each is the same in every run of the same seed.
    folder
        Where the files are written, each in a folder of its own; those with a fault stay there.
    told
        Called with each case.

    Raises
    ------
    AssertionError
        A sound file is not read.
    """
    before = {sound.name: untouched(sound, folder, child).pictures for sound in sounds}
    tally = Tally(seed)
    for number in numbers:
        sound = sounds[number % len(sounds)]
        data = mutated(sound, seed, number)
        answer = tried(sound, data, folder / f"{seed}-{number}-{sound.name}", child)
        unchanged = answer.pictures == before[sound.name]
        case = Case(number=number, flavour=sound.name, answer=answer, unchanged=unchanged)
        tally.add(case)
        told(case)
    return tally


def tried(sound: Sound, data: bytes, folder: Path, child: Bounded) -> Answer:
    """What comes of bytes in place of those of a sound file; the new folder stays where that is a fault."""
    answer = child.ask(sound.put(data, folder))
    if answer.fault is None:
        shutil.rmtree(folder)
    return answer


def untouched(sound: Sound, folder: Path, child: Bounded) -> Answer:
    """What comes of a sound file.

    Raises
    ------
    AssertionError
        It is not read.
    """
    answer = tried(sound, sound.data, folder / f"sound-{sound.name}", child).sound()
    assert answer.outcome == "pixels", f"the sound file {sound.name} is not read: {answer.error}"
    return answer
