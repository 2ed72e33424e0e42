"""What the tests of hostile TIFFs share: a child bounded in time and memory, and OME-TIFFs made by hand."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fuzz.bounded import ALL, Answer, Bounded

OWN = "urn:uuid:6a71d83a-f78c-11ea-8b96-1c1b0d65d910"
OTHER = "urn:uuid:00000000-f78c-11ea-8b96-1c1b0d65d910"


@pytest.fixture(scope="session")
def child() -> Iterator[Bounded]:
    """The process that reads; 10 s and 1 GiB of growth for a file."""
    with Bounded() as bounded:
        yield bounded


@pytest.fixture
def ask(child: Bounded) -> Callable[..., Answer]:
    """What comes of a file; whatever no file may bring about fails the test."""

    def asked(path: Path, steps: tuple[str, ...] = ALL, **options: Any) -> Answer:
        return child.ask(path, steps, **options).sound()

    return asked


@pytest.fixture
def refused(ask: Callable[..., Answer]) -> Callable[..., Answer]:
    """Ask for a file that must end in one of these errors; in any OmioError where none is named."""

    def asked(path: Path, *kinds: str, **options: Any) -> Answer:
        answer = ask(path, **options)
        assert answer.error is not None, f"{path.name} is read: {answer.described}"
        assert not kinds or answer.error.kind in kinds, answer.error.message
        return answer

    return asked


@pytest.fixture
def shape_of(ask: Callable[..., Answer]) -> Callable[[Path], tuple[int, ...]]:
    """Ask for a file of one image that must be read, and give its TZCYX shape."""

    def asked(path: Path) -> tuple[int, ...]:
        answer = ask(path)
        assert answer.error is None, answer.error.message
        assert answer.pictures is not None
        assert len(answer.pictures) == 1
        return answer.pictures[0].shape

    return asked


def _pixels(inside: str = "", **sizes: object) -> str:
    stated = {"SizeX": 4, "SizeY": 3, "SizeZ": 1, "SizeC": 1, "SizeT": 1, "Type": "uint8", **sizes}
    attributes = " ".join(f'{name}="{value}"' for name, value in stated.items())
    return f'<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" {attributes}>{inside}</Pixels></Image>'


@pytest.fixture(scope="session")
def pixels() -> Callable[..., str]:
    """An Image element over 3x4 pages of 8 bits; sizes by their names in OME-XML."""
    return _pixels


@pytest.fixture(scope="session")
def elsewhere() -> Callable[..., str]:
    """Two planes along Z: the first in the file's own first page, the second in another file."""

    def images(name: str, uuid: str = OTHER) -> str:
        name = name.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
        planes = ((0, OWN, "own.ome.tif"), (1, uuid, name))
        inside = "".join(
            f'<TiffData IFD="0" FirstZ="{z}" PlaneCount="1"><UUID FileName="{file}">{one}</UUID></TiffData>'
            for z, one, file in planes
        )
        return _pixels(inside, SizeZ=2)

    return images


@pytest.fixture
def ome(make: Callable[..., Path], page: Callable[..., dict]) -> Callable[..., Path]:
    """Write an OME-TIFF of 3x4 pages, the k-th of which is full of k + 1; `xml` is what stands inside OME, or all."""

    def write(xml: str | bytes, number: int = 1, *, name: str = "own.ome.tif", uuid: str = OWN, **tags: Any) -> Path:
        if isinstance(xml, str):
            xml = f'<?xml version="1.0" encoding="UTF-8"?><OME UUID="{uuid}">{xml}</OME>'.encode()
        pages = [page(t273=(4, 8 + 12 * k), **tags) for k in range(number)]
        pages[0][270] = (2, xml + b"\0")
        return make(pages, data=b"".join(bytes([(k + 1) % 256] * 12) for k in range(number)), name=name)

    return write


@pytest.fixture
def within(ask: Callable[..., Answer], ome: Callable[..., Path]) -> Callable[[Path], Answer]:
    """Ask for a file and hold that nothing outside its folder is opened or listed.

    What the child loads at first use is loaded by a good file before.
    """

    def asked(path: Path) -> Answer:
        good = ome(_pixels(), name="good.ome.tif")
        assert ask(good).outcome == "pixels"
        good.unlink()
        answer = ask(path, watch=True)
        folder = Path(os.path.realpath(path.parent))
        assert path.resolve() in answer.opened, "the watch sees nothing"
        outside = [str(one) for one in answer.opened if one != folder and folder not in one.parents]
        assert not outside, f"opened outside {folder}: {outside}"
        return answer

    return asked
