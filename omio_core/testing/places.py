"""Checks of where a reader reads from: other places than local files, folders that change; knows no format."""

from __future__ import annotations

import os
import pickle
import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from omio_core.errors import OmioError, ReadError
from omio_core.files.memory import MemoryLocation
from omio_core.pixels.digests import image_digests

from .sample import Sample, Subject, digest, native

FLIPS = 40
"""How many copies of a sample, each with one other byte, are tried."""


class PlaceChecks(Subject):
    """Checks whether the reader reads through its `Location`, and notices what has changed."""

    def test_other_places_read_the_same(self, tmp_path: Path) -> None:
        """A sample that is not a local file has the same pixels, or is refused by `local_path` if it needs one."""
        for name, sample in self.make_samples(tmp_path):
            expected = self._digests(sample)
            for location in _elsewhere(sample.path):
                where = f"{name}, in memory" + ("" if location.listable else ", in a folder that cannot be listed")
                try:
                    with self.handle(location, sample.options) as opened:
                        found = [digest(native(opened, index, 0)) for index in range(len(opened.images))]
                except ReadError as error:
                    if self.needs_local_file and "is not a local file" in str(error):
                        continue
                    if not location.listable:
                        continue  # it may need the names beside the file, and says so
                    raise AssertionError(
                        f"{where}: it cannot be read: {error}; read it through location.open(), or set "
                        "needs_local_file = True"
                    ) from error
                except Exception as error:  # the plugin border
                    raise AssertionError(
                        f"{where}: {type(error).__name__}: {error}; read it through location.open(), or ask for "
                        "location.local_path(), which says what to do"
                    ) from error
                assert found == expected, f"{where}: other pixels than those of the local file"

    def test_stamps_hold(self, tmp_path: Path) -> None:
        """The stamp is the same in two openings; that of a folder changes when a file is added."""
        for name, sample in self.make_samples(tmp_path):
            stamps = []
            for _ in range(2):
                with self.handle(sample.path, sample.options) as opened:
                    stamps.append(getattr(opened, "stamp", ""))
            assert all(isinstance(stamp, str) for stamp in stamps), f"{name}: the stamp {stamps[0]!r} is no text"
            assert stamps[0] == stamps[1], f"{name}: the stamp is another in the second opening"
            if sample.path.is_dir():
                self._check_folder(name, sample, tmp_path / "changed")

    def _check_folder(self, name: str, sample: Sample, copy: Path) -> None:
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(sample.path, copy / sample.path.name)
        folder = copy / sample.path.name
        with self.handle(folder, sample.options) as opened:
            before, members = getattr(opened, "stamp", ""), [str(member) for member in opened.members]
        others = [file for file in folder.rglob("*") if file.is_file() and str(file.resolve()) not in members]
        if not others and not before:
            return  # its members are all of it
        (folder / "added.omio-nobody").write_bytes(b"another file")
        with self.handle(folder, sample.options) as opened:
            after = getattr(opened, "stamp", "")
        assert after != before, f"{name}: the stamp of the folder is the same after a file was added"

    def test_a_missing_file_is_told(self, tmp_path: Path) -> None:
        """Opening what is no longer there raises FileNotFoundError or an OmioError."""
        for name, sample in self.make_samples(tmp_path):
            gone = tmp_path / "gone" / sample.path.name
            try:
                with self.handle(gone, sample.options):
                    pass
            except (FileNotFoundError, OmioError):
                continue
            except Exception as error:  # the plugin border
                raise AssertionError(f"{name}: for a missing file it raises {error!r}, no FileNotFoundError") from error
            raise AssertionError(f"{name}: it opens a file that does not exist")

    def test_damage_ends_in_an_error(self, tmp_path: Path) -> None:
        """A file with one other byte is read through the core, or ends in an OmioError; nothing else comes out."""
        for name, sample in self.make_samples(tmp_path):
            if sample.path.is_dir():
                continue
            for position, copy in _flipped(sample.path, tmp_path / "flipped"):
                try:
                    with self.source(replace(sample, path=copy)) as source:
                        for image in source.images:
                            _ = image.metadata, image.to_numpy()
                except (OmioError, FileNotFoundError):
                    continue
                except Exception as error:  # the plugin border
                    raise AssertionError(
                        f"{name} with another byte at {position}: {error!r} is no OmioError"
                    ) from error

    def test_digests_are_true(self, tmp_path: Path) -> None:
        """The digests that a file carries of its planes are those of its pixels."""
        for name, sample in self.make_samples(tmp_path):
            with self.source(sample) as source, self.handle(sample.path, sample.options) as opened:
                stored = getattr(opened, "digests", None)
                for index, image in enumerate(source.images):
                    given = None if stored is None else stored(index)
                    if given is not None:
                        actual = list(image_digests(image))
                        assert list(given) == actual, f"{name}, image {index}: the digests are not those of its planes"

    def _digests(self, sample: Sample) -> list[str]:
        with self.handle(sample.path, sample.options) as opened:
            return [digest(native(opened, index, 0)) for index in range(len(opened.images))]


def _elsewhere(path: Path) -> Iterator[MemoryLocation]:
    """Yield a sample in memory, with all that is beside it: in a folder that can be listed, and in one that cannot."""
    beside = path.parent
    contents = {
        f"/elsewhere/{file.relative_to(beside).as_posix()}": file.read_bytes()
        for file in beside.rglob("*")
        if file.is_file()
    }
    for listable in (True, False):
        location = MemoryLocation(f"/elsewhere/{path.name}", contents, listable)
        assert pickle.loads(pickle.dumps(location)) == location
        yield location


def _flipped(path: Path, folder: Path) -> Iterator[tuple[int, Path]]:
    """Yield copies of a file, each with one other byte; most of the bytes are near the beginning or the end."""
    data, choose = path.read_bytes(), random.Random(7)
    size = len(data)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(path.parent, folder)
    copy = folder / path.name
    near = [min(size - 1, choose.randrange(512)) for _ in range(FLIPS // 2)] if size else []
    far = [max(0, size - 1 - choose.randrange(512)) for _ in range(FLIPS // 4)] if size else []
    for position in dict.fromkeys((*near, *far, *(choose.randrange(size) for _ in range(FLIPS // 4) if size))):
        changed = bytearray(data)
        changed[position] ^= choose.choice((0x01, 0x80, 0xFF))
        copy.write_bytes(changed)
        yield position, copy
    os.unlink(copy)
